"""Releases of real public projects, imported as tags, come out as their authors published them.

SDISTMAKER_LONG=1 takes all releases of the table below, otherwise two of each project.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.support.commands import Commands
from tests.support.history import History
from tests.support.public_sdists import PublicSdist, fetch

RELEASES = {
    "zest.releaser": "6.20.0 6.22.0 7.0.0 7.2.0 8.0.0 9.1.0 9.2.0 9.4.0 9.6.0 9.9.1",
    "build": "0.9.0 1.0.0 1.1.1 1.2.0 1.3.0",
    "hatchling": "1.5.0 1.9.0 1.27.0 1.30.0 1.32.0",
    "poetry-core": "1.6.1 1.8.1 1.9.1 2.1.3 2.3.2",
}
EVERY = bool(os.environ.get("SDISTMAKER_LONG"))


@dataclass(frozen=True)
class Row:
    """How one release came out beside the original."""

    project: str
    version: str
    made: str
    missing: frozenset[str]
    added: frozenset[str]

    def __str__(self) -> str:
        files = (
            f"-{sorted(self.missing)} +{sorted(self.added)}" if self.missing | self.added else "same files"
        )
        return f"{self.project:15} {self.version:8} {self.made:28} {files}"


@pytest.mark.parametrize("project", RELEASES)
def test_releases_come_out_as_they_were_published(
    project: str, history: History, own_index: Commands, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    versions = RELEASES[project].split()
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    sdists = fetch(project, versions if EVERY else versions[::4], downloads)
    for sdist in sdists:
        history.add_tag(project, sdist.version, sdist.files(), executables=sdist.executables())
    report = own_index.report("--repository", history.url, "--destination", "index")
    made = {each["version"]: each for each in report["published"]}
    failed = {each["version"]: each["reason"] for each in report["failed"]}
    rows = [_row(sdist, made, failed, own_index.folder / "index") for sdist in sdists]
    with capsys.disabled():
        print("", *rows, sep="\n")
    assert failed == {}
    for row in rows:
        assert row.made == f"{canonicalize_name(project)} {row.version}"
        assert {name for name in row.missing if not _is_made_by_a_build(name)} == set()
        assert {name for name in row.added if not _is_made_by_a_build(name)} == set()


def _row(sdist: PublicSdist, made: dict, failed: dict, index: Path) -> Row:
    if sdist.version not in made:
        return Row(
            sdist.name, sdist.version, f"failed: {failed.get(sdist.version)}", frozenset(), frozenset()
        )
    release = made[sdist.version]
    path = index / canonicalize_name(release["name"]) / release["filename"]
    ours = PublicSdist(path, release["name"], release["version"])
    before, after = sdist.names(), ours.names()
    name_and_version = f"{canonicalize_name(release['name'])} {release['version']}"
    return Row(
        sdist.name, sdist.version, name_and_version, frozenset(before - after), frozenset(after - before)
    )


def _is_made_by_a_build(path: str) -> bool:
    """Whether building makes the file: its presence is the backend's version's choice, not the tag's."""
    return ".egg-info/" in path or path in ("PKG-INFO", "setup.cfg")
