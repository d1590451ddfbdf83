"""Tags of git whose build asks version control give what a build in a real checkout of the tag gives.

The samples are those of docs/reference/version-control-backends.rst, which also lists the differences.
"""

from __future__ import annotations

import json
import os
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.pip_settings import uv_variables
from tests.support.commands import Commands, program
from tests.support.git import git
from tests.support.requirements import need

SAMPLES = json.loads((Path(__file__).parents[1] / "samples/version_control.json").read_text("utf-8"))

SAME = (
    "hatch-vcs-build-hook",
    "pdm-backend-2.5-scm-write_to",
    "poetry-dynamic-versioning",
    "setuptools-scm-8.3.1",
    "uv-dynamic-versioning",
    "versioningit-hatch",
)
VERSIONED = {"docs/index.txt", "sample/data.txt", "sample/more.txt", "tools/run.sh"}
"""What the option include-versioned-files adds where MANIFEST.in leaves it out."""

DIFFERENT = {
    # sample: only in the checkout's, only in ours, with other content
    "pbr-build": ({"AUTHORS", "ChangeLog", "sample.egg-info/pbr.json"}, set(), set()),
    "setuptools-scm-10-version_file": (
        {"sample.egg-info/scm_file_list.json", "sample.egg-info/scm_version.json"},
        set(),
        {"sample/_version.py"},
    ),
    "versioningit-setuptools": (set(), VERSIONED, set()),
}
SOURCES = "sample.egg-info/SOURCES.txt"


class Builds:
    """The members of both archives of a sample's tag: from a checkout, and from us."""

    def __init__(self, name: str, commands: Commands, folder: Path) -> None:
        self.commands = commands
        index = uv_variables("", {**os.environ, **commands.environment}, Path(sys.prefix))
        self.environment = {**commands.environment, **index}
        repository = folder / "repository"
        repository.mkdir()
        git(repository, "init", "-q")
        self.tag(repository, {**SAMPLES["common"], **SAMPLES["samples"][name]["files"]}, "v1.2.2")
        self.tag(repository, {"sample/more.py": "", "sample/more.txt": "more\n"}, "v1.2.3")
        self.tag(repository, {"sample/later.py": ""}, "later")
        checkout = folder / "checkout"
        git(folder, "clone", "-q", "--branch", "v1.2.3", str(repository), str(checkout))
        self.run(program("uv"), "build", "--sdist", "--quiet", "--out-dir", folder / "theirs", checkout)
        url = f"git+{repository.as_uri()}/tags/v1.2.3"
        self.run(program("make_sdist"), url, folder / "ours")
        (self.theirs,) = (folder / "theirs").glob("*.tar.gz")
        (self.ours,) = (folder / "ours").rglob("*.tar.gz")

    def tag(self, repository: Path, files: Mapping[str, str], name: str) -> None:
        for path, text in files.items():
            (repository / path).parent.mkdir(parents=True, exist_ok=True)
            (repository / path).write_text(text)
        git(repository, "add", "--force", ".")
        git(repository, "commit", "-q", "-m", name)
        git(repository, "tag", "-a", "-m", name, name)

    def run(self, *command: str | Path) -> None:
        done = self.commands.run(*command, environment=self.environment)
        assert done.status == 0, done.output


def members(archive: Path) -> dict[str, tuple[bool, bytes]]:
    """The files of an archive, and whether they are executable."""
    with tarfile.open(archive) as opened:
        files = [member for member in opened.getmembers() if member.isfile()]
        return {
            member.name.partition("/")[2]: (bool(member.mode & 0o100), opened.extractfile(member).read())
            for member in files
        }


@pytest.mark.parametrize("name", [*SAME, *DIFFERENT])
def test_an_archive_is_that_of_a_checkout(name: str, own_index: Commands, tmp_path: Path) -> None:
    need("git")
    made = Builds(name, own_index, tmp_path)
    assert made.ours.name == made.theirs.name
    theirs, ours = members(made.theirs), members(made.ours)
    only_theirs, only_ours, other = DIFFERENT.get(name, (set(), set(), set()))
    assert theirs.keys() - ours.keys() == only_theirs
    assert ours.keys() - theirs.keys() == only_ours
    listed = {SOURCES} if only_theirs or only_ours else set()
    changed = {path for path in theirs.keys() & ours.keys() if theirs[path] != ours[path]}
    assert changed == {*other, *listed}
