"""What is compared: each contender writes an index, or adds a release to one, in a new folder each time."""

from __future__ import annotations

import json
import os
import pickle
import resource
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import index_work
from benchmarks.index_packages import Package, added, built_of, line_for_dumb_pypi, packages, release_of
from benchmarks.programs import FailedError, program, said_by, timed
from benchmarks.table import Requirement
from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.index.layout import ABOUT_PAGE, ROOT_FILES
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Site
from sdistmaker_recipe.stages.pages import PageWriter
from sdistmaker_recipe.toolchain.pip_settings import uv_variables

DUMB_PYPI = "dumb-pypi==1.15"
ALL, RENDERED, DUMB, LEAN = "all", "rendered", "dumb", "lean"
ADD, ADD_RENDERED, DUMB_ADD, DUMB_AGAIN = "add", "add-rendered", "dumb-add", "dumb-again"

NAMES = {
    DUMB: "all: dumb-pypi",
    LEAN: "all: dumb-pypi --no-per-release-json",
    ALL: "all: ours, descriptions kept",
    RENDERED: "all: ours, descriptions rendered",
    DUMB_AGAIN: "add: dumb-pypi without previous list",
    DUMB_ADD: "add: dumb-pypi with previous list",
    ADD: "add: ours, description as before",
    ADD_RENDERED: "add: ours, description rendered",
}

REQUIRED = (Requirement(DUMB, ALL, 3), Requirement(DUMB_ADD, ADD, 10))


@dataclass(frozen=True, slots=True)
class Course:
    """What all contenders share.

    ``one`` is the release to add, ``other`` the same with a description of its own, ``kept`` a folder for
    what is kept between rounds, ``environment`` the variables of every program.
    """

    listed: tuple[Package, ...]
    one: Package
    other: Package
    kept: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Contender:
    """One of those compared: ``prepare`` makes what it works on in a new folder, ``command`` is timed.

    ``check`` raises ``FailedError`` unless the folder holds what it should.
    """

    key: str
    tool: str
    prepare: Callable[[Path], None]
    command: Callable[[Path], Sequence[str]]
    check: Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds from the start of a program to its end, and those for which it had a processor."""

    seconds: float
    processor: float


def make_course(projects: int, releases: int, kept: Path, environment: Mapping[str, str]) -> Course:
    """So many projects and releases, and one to add."""
    listed = packages(projects, releases)
    one, other = (added(listed, described_anew=anew) for anew in (False, True))
    return Course(listed, one, other, kept, environment)


def measure(contender: Contender, folder: Path, environment: Mapping[str, str]) -> Spent:
    """What one run in the new folder takes, of which nothing stays; raises ``FailedError``."""
    folder.mkdir()
    contender.prepare(folder)
    # What others wrote must not be waited for by who syncs.
    os.sync()
    before = _processor_time()
    seconds = timed(contender.command(folder), folder, environment)
    spent = Spent(seconds, _processor_time() - before)
    contender.check(folder)
    shutil.rmtree(folder)
    return spent


def ours(course: Course) -> list[Contender]:
    """This package; a catalog and an index are made beforehand, as after a run."""
    fresh, written = course.kept / "fresh", course.kept / "written"
    _record(course, fresh)
    _linked(fresh, written)
    timed(_our_command(written, "all"), course.kept, course.environment)
    _check_ours(written, course.listed)
    unwritten = course.kept / "unwritten"
    _linked(fresh, unwritten)
    shutil.copy(written / "state" / "catalog.sqlite3", unwritten / "state")
    tool = said_by([program("sdists_from_tags"), "--version"], course.environment)

    def writes(key: str, base: Path) -> Contender:
        return Contender(
            key,
            tool,
            lambda folder: _linked(base, folder),
            lambda folder: _our_command(folder, "all"),
            lambda folder: _check_ours(folder, course.listed),
        )

    def adds(key: str, one: Package) -> Contender:
        def prepare(folder: Path) -> None:
            _linked(written, folder)
            archive = folder / "state" / "incoming.tar.gz"
            archive.write_bytes(one.archive)
            (folder / "built").write_bytes(pickle.dumps(built_of(one, archive)))

        def command(folder: Path) -> Sequence[str]:
            return [*_our_command(folder, "add"), str(folder / "built"), one.upload_time.isoformat()]

        return Contender(
            key, tool, prepare, command, lambda folder: _check_ours(folder, (*course.listed, one))
        )

    return [
        writes(ALL, unwritten),
        writes(RENDERED, fresh),
        adds(ADD, course.one),
        adds(ADD_RENDERED, course.other),
    ]


def dumb_pypi(course: Course) -> list[Contender]:
    """The program dumb-pypi in an environment of its own; raises ``MissingError``."""
    command = _dumb_command(course)
    before, after = course.kept / "before.json", course.kept / "after.json"
    for path, some in ((before, course.listed), (after, (*course.listed, course.one))):
        path.write_text("".join(f"{line_for_dumb_pypi(each)}\n" for each in some), "utf-8")
    said = said_by([*_python_of(course), "-c", VERSIONS], course.environment)
    tool = f"{DUMB_PYPI.replace('==', ' ')} ({said})"
    written = course.kept / "dumb-written"
    written.mkdir()
    timed([*command(before), "--output-dir", str(written / "out")], course.kept, course.environment)

    def contender(key: str, base: Path | None, lists: Path, *options: str) -> Contender:
        some = course.listed if lists == before else (*course.listed, course.one)

        def prepare(folder: Path) -> None:
            if base is not None:
                _linked(base / "out", folder / "out")

        def run(folder: Path) -> Sequence[str]:
            return [*command(lists), *options, "--output-dir", str(folder / "out")]

        return Contender(key, tool, prepare, run, lambda folder: _check_dumb(folder, some))

    return [
        contender(DUMB, None, before),
        contender(LEAN, None, before, "--no-per-release-json"),
        contender(DUMB_AGAIN, written, after),
        contender(DUMB_ADD, written, after, "--previous-package-list-json", str(before)),
    ]


CONTENDERS: Mapping[str, Callable[[Course], list[Contender]]] = {"dumb-pypi": dumb_pypi, "ours": ours}
"""What prepares the contenders of each program."""

VERSIONS = (
    "import jinja2, platform; from importlib.metadata import version; "
    "print('Python %s, Jinja2 %s' % (platform.python_version(), version('jinja2')))"
)


def _processor_time() -> float:
    """Of all programs that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _record(course: Course, folder: Path) -> None:
    """An index with archives and no pages, and a catalog of them in which all pages are owed."""
    (folder / "state").mkdir(parents=True)
    store = IndexStore(folder / "out")
    with open_catalog(folder / "state" / "catalog.sqlite3") as catalog:
        PageWriter(store, catalog, Site()).mark_empty_index_current()
        with catalog.batch():
            for each in course.listed:
                release = release_of(each)
                path = folder / "out" / release.project / release.filename
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(each.archive)
                catalog.releases.publish(release, {release.sha256: each.metadata})


def _linked(base: Path, folder: Path) -> None:
    """A copy in which only the catalog is another file; all others are replaced by writers, never changed."""
    shutil.copytree(base, folder, copy_function=os.link, dirs_exist_ok=True)
    catalog = Path("state") / "catalog.sqlite3"
    if (base / catalog).exists():
        (folder / catalog).unlink()
        shutil.copy(base / catalog, folder / catalog)


def _our_command(folder: Path, action: str) -> list[str]:
    return [sys.executable, index_work.__file__, action, str(folder / "out"), str(folder / "state")]


@contextmanager
def _missing_files() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise FailedError(f"{error.filename} is missing") from error


@_missing_files()
def _check_ours(folder: Path, some: Sequence[Package]) -> None:
    """All pages are there, and name all files."""
    out = folder / "out"
    wanted = {each.filename for each in some}
    projects = {each.tag.name for each in some}
    root = json.loads((out / "index.json").read_text("utf-8"))
    found: set[str] = set()
    for project in (each["name"] for each in root["projects"]):
        files = json.loads((out / project / "index.json").read_text("utf-8"))["files"]
        page, about = ((out / project / name).read_text("utf-8") for name in ("index.html", ABOUT_PAGE))
        names = {each["filename"] for each in files}
        if not all(name in page and name in about and (out / project / name).is_file() for name in names):
            raise FailedError(f"the pages of {project} do not name all of its files")
        if 'id="description"' not in about:
            raise FailedError(f"{project}'s page has no description")
        found |= names
    listing = (out / ABOUT_PAGE).read_text("utf-8")
    _compare(found, wanted)
    if not all((out / name).is_file() for name in ROOT_FILES):
        raise FailedError("a file of the root is missing")
    if not all(f'href="{project}/{ABOUT_PAGE}"' in listing for project in projects):
        raise FailedError("the root does not name all projects")


@_missing_files()
def _check_dumb(folder: Path, some: Sequence[Package]) -> None:
    out = folder / "out"
    lines = (out / "packages.json").read_text("utf-8").splitlines()
    _compare({json.loads(line)["filename"] for line in lines}, {each.filename for each in some})
    pages = {path.parent.name: path.read_text("utf-8") for path in out.glob("simple/*/index.html")}
    for each in some:
        if f">{each.filename}<" not in pages.get(each.tag.name, ""):
            raise FailedError(f"no page of dumb-pypi names {each.filename}")


def _compare(found: set[str], wanted: set[str]) -> None:
    if found != wanted:
        lost, strange = sorted(wanted - found), sorted(found - wanted)
        raise FailedError(f"{len(found)} files of {len(wanted)}; missing {lost[:3]}, strange {strange[:3]}")


def _python_of(course: Course) -> list[str]:
    return [str(course.kept / "dumb-pypi" / "bin" / "python")]


def _dumb_command(course: Course) -> Callable[[Path], list[str]]:
    environment = uv_variables("", course.environment, Path(sys.prefix))
    uv, home = program("uv"), course.kept / "dumb-pypi"
    said_by([uv, "venv", "--quiet", "--no-project", "--python", sys.executable, str(home)], environment)
    install = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--compile-bytecode",
        "--python",
        *_python_of(course),
        DUMB_PYPI,
    ]
    said_by(install, environment)
    start = [str(home / "bin" / "dumb-pypi"), "--packages-url", "../../pool", "--package-list-json"]
    return lambda packages: [*start, str(packages)]
