"""Releases of real public projects, imported as tags, come out as their authors published them.

SDISTMAKER_LONG=1 takes all releases of the table in tests/support/public_projects.py, otherwise some of each
kind. What the machine lacks of old Pythons is skipped by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from sdistmaker_recipe.toolchain.interpreters import find_interpreters
from sdistmaker_recipe.toolchain.ladder import Interpreter
from tests.support.commands import Commands
from tests.support.history import History
from tests.support.long_form import IS_LONG
from tests.support.public_projects import PROJECTS, Project
from tests.support.public_sdists import PublicSdist, fetch
from tests.support.sdist_comparison import Comparison, compare

PROJECTS_AT_A_TIME = 10


def chosen(project: Project) -> list[str]:
    """The versions to build of a project."""
    return (project.versions if IS_LONG else project.short).split()


CHOSEN = [(name, version) for name, project in PROJECTS.items() for version in chosen(project)]


@dataclass(frozen=True)
class Row:
    """How one release came out beside the original."""

    original: PublicSdist
    toolchain: str = ""
    comparison: Comparison | None = None
    failure: str = ""

    def __str__(self) -> str:
        date = self.original.date
        start = f"{self.original.name:27}{self.original.version:11}{date.year if date else '':6}"
        if not self.comparison:
            return f"{start} failed: {self.failure}"
        files = "same files" if not self.comparison.files else " ".join(self.comparison.files)
        metadata = "; ".join(self.comparison.metadata) or "same metadata"
        return f"{start} {self.toolchain:16} {files:12} {metadata}"


@pytest.fixture(scope="module")
def rows(
    own_index_of_module: Commands, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[tuple[str, str], Row]:
    """All chosen releases, built."""
    names = [name for name, project in PROJECTS.items() if chosen(project)]
    found: dict[tuple[str, str], Row] = {}
    for start in range(0, len(names), PROJECTS_AT_A_TIME):
        folder = tmp_path_factory.mktemp("projects")
        for row in build(names[start : start + PROJECTS_AT_A_TIME], folder, own_index_of_module):
            found[row.original.name, row.original.version] = row
    return found


def build(names: Iterable[str], folder: Path, commands: Commands) -> Iterator[Row]:
    """Import the chosen releases of these projects as tags, and build them in one run."""
    history = History(folder / "repository")
    sdists = [sdist for name in names for sdist in fetch(name, chosen(PROJECTS[name]), folder)]
    for sdist in sdists:
        project = PROJECTS[sdist.name]
        files = sdist.as_tag((*project.made, *project.gone), markers=project.markers)
        history.add_tag(sdist.name, sdist.version, files, sdist.executables(), date=sdist.date)
    report = commands.report("--repository", history.url, "--destination", folder / "index")
    assert report["errors"] == []
    yield from _rows(sdists, report, folder / "index")


def _rows(sdists: Sequence[PublicSdist], report: Mapping[str, list[dict]], index: Path) -> Iterator[Row]:
    made = {(each["project"], each["tag"]): each for each in report["published"]}
    failed = {(each["project"], each["tag"]): each["reason"] for each in report["failed"]}
    for sdist in sdists:
        tag = (sdist.name, sdist.version)
        if tag in made:
            yield _compared(sdist, made[tag], index)
        else:
            yield Row(sdist, failure=failed.get(tag, "no word of it"))


def _compared(sdist: PublicSdist, release: Mapping[str, str], index: Path) -> Row:
    path = index / canonicalize_name(release["name"]) / release["filename"]
    ours = PublicSdist(path, release["name"], release["version"])
    project = PROJECTS[sdist.name]
    comparison = compare(sdist, ours, project.made, project.gone)
    return Row(sdist, release["toolchain"], comparison)


@pytest.fixture(scope="module")
def python2(own_index_of_module: Commands) -> Interpreter | None:
    """The Python 2 that the command finds, if any."""
    found = find_interpreters((), tuple(sorted(own_index_of_module.environment.items())))
    return next((each for each in found if each.version < (3, 0)), None)


@pytest.mark.parametrize(("name", "version"), CHOSEN)
def test_a_release_comes_out_as_it_was_published(
    name: str, version: str, rows: Mapping[tuple[str, str], Row], python2: Interpreter | None
) -> None:
    project, row = PROJECTS[name], rows[name, version]
    only_python2 = version in project.python2.split()
    if only_python2 and not python2:
        pytest.skip("no interpreter here for python2.7")
    assert row.failure == ""
    if only_python2:
        assert row.toolchain == python2.label
    where, _ = project.differs.get(version, ("", ""))
    assert (row.comparison.files == ()) is (where != "files"), row
    assert {each.partition(":")[0] for each in row.comparison.metadata} == {where} - {"", "files"}, row


def test_every_release_is_built(
    rows: Mapping[tuple[str, str], Row],
    python2: Interpreter | None,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("table", "\n".join([*sorted(map(str, rows.values()), key=str.lower), *_summary(rows)]))
    failed = {(name, version) for (name, version), row in rows.items() if row.failure}
    without = () if python2 else PROJECTS.items()
    assert failed <= {(name, version) for name, project in without for version in project.python2.split()}


def _summary(rows: Mapping[tuple[str, str], Row]) -> Iterator[str]:
    failed = [row for row in rows.values() if row.failure]
    compared = [row.comparison for row in rows.values() if row.comparison]
    yield (
        f"{len(rows)} releases of {len({name for name, _ in rows})} projects:"
        f" {len(compared)} built, {len(failed)} failed;"
        f" {sum(not each.files for each in compared)} with the same files,"
        f" {sum(not each.metadata for each in compared)} with the same metadata."
    )
    for (name, version), row in rows.items():
        if row.comparison and (row.comparison.files or row.comparison.metadata):
            what, why = PROJECTS[name].differs.get(version, ("", "nobody knows why"))
            yield f"{name} {version} differs in {what}: {why}."


def test_the_table_is_large_enough() -> None:
    assert sum(len(project.versions.split()) for project in PROJECTS.values()) >= 60
    assert len(PROJECTS) >= 12
    for name, project in PROJECTS.items():
        known = {*project.short.split(), *project.python2.split(), *project.differs}
        assert known <= set(project.versions.split()), name
