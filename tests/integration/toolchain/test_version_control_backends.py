"""Tags whose build asks version control get the tag's version, by variables or a throw-away git repository.

The samples are those of docs/reference/version-control-backends.rst. SDISTMAKER_LONG=1 builds all of them,
otherwise one of each kind is built.
"""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from datetime import datetime, timezone
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import ToolchainError
from sdistmaker_recipe.model import Built, Failed
from sdistmaker_recipe.toolchain import git_repository
from sdistmaker_recipe.toolchain.interpreters import find_interpreter
from tests.support.builds import Builder
from tests.support.history import History
from tests.support.long_form import IS_LONG
from tests.support.requirements import need

SAMPLES = json.loads((Path(__file__).parents[2] / "samples/version_control.json").read_text("utf-8"))
COMMON, BY_NAME = SAMPLES["common"], SAMPLES["samples"]
VERSION = "1.2.3"
DATE = datetime(2022, 3, 13, 7, 6, 40, tzinfo=timezone.utc)
SHORT_FORM = (
    "git-describe-PKG-INFO",
    "git-describe-unknown",
    "meson-python-ignored",
    "pbr-build",
    "pdm-backend-2.5-scm",
    "poetry-dynamic-versioning",
    "poetry-dynamic-versioning-0.17.1-core-1.0.8",
    "poetry-dynamic-versioning-old-backend",
    "setuptools-git-versioning-enabled",
    "uv-dynamic-versioning",
    "versioningit-hatch",
)
GIT = " with a git repository"


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Builder:
    """One repository with all samples that are built."""
    need("git")
    folder = tmp_path_factory.mktemp("samples")
    history = History(folder / "repository")
    for name in BY_NAME if IS_LONG else SHORT_FORM:
        history.add_tag(name, VERSION, {**COMMON, **BY_NAME[name]["files"]}, date=DATE)
    return Builder(history, folder / "builds", cache / "environments")


@pytest.mark.parametrize("name", BY_NAME if IS_LONG else SHORT_FORM)
def test_a_sample(name: str, builder: Builder) -> None:
    sample = BY_NAME[name]
    if "requires" in sample:
        _need_python(sample["python"])
        options = {"pin": (sample["python"],), "requires": tuple(sample["requires"])}
    else:
        options = {}
    outcome = builder.build(name, VERSION, **options)
    if "failure" in sample:
        assert isinstance(outcome, Failed), outcome
        assert sample["failure"] in outcome.reason
        return
    assert isinstance(outcome, Built), (outcome.reason, outcome.log)
    assert (outcome.name, outcome.version) == ("sample", sample.get("version", VERSION))
    assert outcome.toolchain.endswith(GIT) is (sample["by"] == "git")
    with tarfile.open(outcome.archive) as archive:
        names = [member.name.split("/")[1:] for member in archive.getmembers()]
    assert not any(".git" in parts for parts in names)
    assert list(outcome.left_out) == sample.get("left_out", [])


def _need_python(version: str) -> None:
    try:
        find_interpreter(version, tuple(os.environ.items()))
    except ToolchainError:
        pytest.skip(f"there is no Python {version}")


# A backend that puts all files of its folder into the archive, and takes the version from git.
GREEDY = """\
import io, os, subprocess, tarfile

def build_sdist(directory, config_settings=None):
    if os.path.exists("PKG-INFO"):
        version = open("PKG-INFO").read().partition("\\nVersion: ")[2].strip()
    else:
        version = subprocess.check_output(["git", "describe"], text=True).strip()
    stem = "asks-" + version
    with tarfile.open(os.path.join(directory, stem + ".tar.gz"), "w:gz") as archive:
        archive.add(".", stem)
        text = ("Metadata-Version: 1.2\\nName: asks\\nVersion: " + version + "\\n").encode()
        member = tarfile.TarInfo(stem + "/PKG-INFO")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return stem + ".tar.gz"
"""
READS_PKG_INFO = """\
import os, subprocess
from setuptools import setup
if os.path.exists("PKG-INFO"):
    version = open("PKG-INFO").read().partition("\\nVersion: ")[2].partition("\\n")[0]
else:
    version = subprocess.check_output(["git", "describe"]).decode().strip()
setup(name="asks", version=version, py_modules=["asks"])
"""
FALLS_BACK = """\
import os, subprocess
from setuptools import setup
try:
    version = subprocess.check_output(["git", "describe"]).decode().strip()
except subprocess.CalledProcessError:
    version = {fallback!r}
setup(name="asks", version=version, py_modules=["asks"])
"""


@pytest.fixture
def own(tmp_path: Path, cache: Path) -> Builder:
    """A builder for tags of the test's own."""
    need("git")
    return Builder(History(tmp_path / "repository"), tmp_path / "builds", cache / "environments")


def add(builder: Builder, setup_py: str, name: str = "2.0", **files: str | bytes) -> None:
    all_files = {"setup.py": setup_py, "asks.py": "", **files}
    builder.history.add_tag("asks", name, all_files, date=DATE)


def built(builder: Builder, name: str = "2.0", **job: object) -> Built:
    outcome = builder.build("asks", name, **job)
    assert isinstance(outcome, Built), (outcome.reason, outcome.log)
    return outcome


def failed(builder: Builder, name: str = "2.0", **job: object) -> Failed:
    outcome = builder.build("asks", name, **job)
    assert isinstance(outcome, Failed), outcome
    return outcome


def test_the_repository_is_never_in_the_archive(own: Builder) -> None:
    pyproject = '[build-system]\nrequires=[]\nbuild-backend="greedy"\nbackend-path=["."]\n'
    files = {"pyproject.toml": pyproject, "greedy.py": GREEDY, ".gitignore": "*.log\n", "kept.log": "kept\n"}
    own.history.add_tag("asks", "2.0", files, date=DATE)
    outcome = built(own)
    with tarfile.open(outcome.archive) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    assert names == {"PKG-INFO", *files}


def test_the_same_tag_gives_the_same_commit_and_bytes(own: Builder) -> None:
    text = READS_PKG_INFO.replace(
        "setup(name", 'open("asks.py", "w").write(os.popen("git rev-parse HEAD").read())\nsetup(name'
    )
    add(own, text)
    assert built(own).sha256 == built(own, sandbox="none").sha256


@pytest.mark.parametrize("fallback", ["unknown", "0.0.0", "0.0.1", "1.9"])
def test_a_fallback_is_never_published(own: Builder, fallback: str) -> None:
    add(own, FALLS_BACK.format(fallback=fallback))
    assert "It has to build without a repository too" in failed(own).reason


def test_a_version_of_the_project_itself_is_published_as_before(own: Builder) -> None:
    text = (
        "import os\nfrom setuptools import setup\n"
        'hash = os.popen("git rev-parse HEAD").read()\nopen("asks.py", "w").write("# " + hash)\n'
        'setup(name="asks", version="1.9", py_modules=["asks"])\n'
    )
    add(own, text)
    outcome = built(own)
    assert (outcome.version, outcome.toolchain) == ("1.9", "declared")
    with tarfile.open(outcome.archive) as archive:
        assert archive.extractfile("asks-1.9/asks.py").read() == b"# "


def test_without_git_the_attempt_says_so(own: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_repository.shutil, "which", lambda *arguments, **keywords: None)
    add(own, READS_PKG_INFO)
    outcome = failed(own)
    assert "program git, which would make a repository" in outcome.reason
    assert "apt install git" in outcome.reason


def test_a_repository_in_the_tag_itself_is_not_used(own: Builder) -> None:
    add(own, READS_PKG_INFO, **{".git/config": "[core]\nfsmonitor = touch /tmp/never\n"})
    assert "has a file or folder .git of its own" in failed(own).reason


@pytest.mark.parametrize("sandbox", ["auto", "none"])
def test_a_checkout_around_the_temporary_folder_is_not_seen(
    own: Builder, tmp_path: Path, sandbox: str
) -> None:
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "outer"], check=True)
    subprocess.run([*git, "tag", "-a", "-m", "outer", "9.9.9"], check=True)
    (tmp_path / ".gitignore").write_text("*.txt\n")
    add(own, READS_PKG_INFO)
    assert built(own, sandbox=sandbox).version == "2.0"
    pyproject = (
        '[build-system]\nrequires=["hatchling"]\nbuild-backend="hatchling.build"\n'
        '[project]\nname="sees"\nversion="1.0"\n[tool.hatch.build.targets.wheel]\npackages=["sees"]\n'
    )
    files = {"pyproject.toml": pyproject, "sees/__init__.py": "", "sees/words.txt": "words\n"}
    own.history.add_tag("sees", "1.0", files, date=DATE)
    outcome = own.build("sees", "1.0", sandbox=sandbox)
    assert isinstance(outcome, Built)
    assert outcome.left_out == ()
