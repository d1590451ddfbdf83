"""Import releases of public projects as tags, build them, and compare them with the originals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from sdistmaker_recipe.toolchain.interpreters import find_interpreters
from sdistmaker_recipe.toolchain.ladder import Interpreter
from tests.support.commands import Commands
from tests.support.git_import import GitHistory
from tests.support.history import History
from tests.support.long_form import IS_LONG
from tests.support.public_projects import Project
from tests.support.public_sdists import PublicSdist, fetch
from tests.support.sdist_comparison import Comparison, compare

PROJECTS_AT_A_TIME = 10


def chosen(project: Project) -> list[str]:
    """The versions to build of a project."""
    return (project.versions if IS_LONG else project.short).split()


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


def build_all(
    projects: Mapping[str, Project],
    folder: Path,
    commands: Commands,
    make_history: Callable[[Path], History | GitHistory] = History,
) -> Mapping[tuple[str, str], Row]:
    """All chosen releases of these projects by name and version, some projects in each run.

    ``make_history`` makes the repository of each run.
    """
    names = [name for name, project in projects.items() if chosen(project)]
    found: dict[tuple[str, str], Row] = {}
    for start in range(0, len(names), PROJECTS_AT_A_TIME):
        some = {name: projects[name] for name in names[start : start + PROJECTS_AT_A_TIME]}
        below = folder / str(start)
        below.mkdir()
        for row in build(some, below, commands, make_history(below / "repository")):
            found[row.original.name, row.original.version] = row
    return found


def build(
    projects: Mapping[str, Project], folder: Path, commands: Commands, history: History | GitHistory
) -> Iterator[Row]:
    """Import the chosen releases of these projects as tags, and build them in one run."""
    sdists = [sdist for name, project in projects.items() for sdist in fetch(name, chosen(project), folder)]
    for sdist in sdists:
        project = projects[sdist.name]
        files = sdist.as_tag((*project.made, *project.gone), markers=project.markers)
        name = f"{project.prefix}{sdist.version}"
        history.add_tag(sdist.name, name, files, sdist.executables(), date=sdist.date)
    report = commands.report("--repository", history.url, "--destination", folder / "index")
    assert report["errors"] == []
    yield from _rows(sdists, report, projects, folder / "index")


def _rows(
    sdists: Sequence[PublicSdist],
    report: Mapping[str, list[dict]],
    projects: Mapping[str, Project],
    index: Path,
) -> Iterator[Row]:
    made = {(each["project"], each["tag"]): each for each in report["published"]}
    failed = {(each["project"], each["tag"]): each["reason"] for each in report["failed"]}
    for sdist in sdists:
        tag = (sdist.name, f"{projects[sdist.name].prefix}{sdist.version}")
        if tag in made:
            yield _compared(sdist, made[tag], projects[sdist.name], index)
        else:
            yield Row(sdist, failure=failed.get(tag, "no word of it"))


def _compared(sdist: PublicSdist, release: Mapping[str, str], project: Project, index: Path) -> Row:
    path = index / canonicalize_name(release["name"]) / release["filename"]
    ours = PublicSdist(path, release["name"], release["version"])
    comparison = compare(sdist, ours, project.made, project.gone)
    return Row(sdist, release["toolchain"], comparison)


def find_python2(commands: Commands) -> Interpreter | None:
    """The Python 2 that the command finds, if any."""
    found = find_interpreters((), tuple(sorted(commands.environment.items())))
    return next((each for each in found if each.version < (3, 0)), None)


def check_row(row: Row, version: str, project: Project, python2: Interpreter | None) -> None:
    """Fail unless the release came out as the table of projects says."""
    only_python2 = version in project.python2.split()
    if only_python2 and not python2:
        pytest.skip("no interpreter here for python2.7")
    assert row.failure == ""
    if only_python2:
        assert row.toolchain == python2.label
    where, _ = project.differs.get(version, ("", ""))
    assert (row.comparison.files == ()) is (where != "files"), row
    assert {each.partition(":")[0] for each in row.comparison.metadata} == {where} - {"", "files"}, row


def may_fail(projects: Mapping[str, Project], python2: Interpreter | None) -> set[tuple[str, str]]:
    """The releases that need a Python 2 if there is none."""
    without = () if python2 else projects.items()
    return {(name, version) for name, project in without for version in project.python2.split()}


def table(rows: Mapping[tuple[str, str], Row], projects: Mapping[str, Project]) -> str:
    """All rows as text, with a summary, and why the others differ."""
    return "\n".join([*sorted(map(str, rows.values()), key=str.lower), *_summary(rows, projects)])


def _summary(rows: Mapping[tuple[str, str], Row], projects: Mapping[str, Project]) -> Iterable[str]:
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
            what, why = projects[name].differs.get(version, ("", "nobody knows why"))
            yield f"{name} {version} differs in {what}: {why}."
