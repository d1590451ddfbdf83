"""What reruns are measured on: a repository with many tags, an index that holds them all, and servers."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.index_packages import METADATA, REQUIRES_PYTHON
from benchmarks.large_repository import SETUP, make_large_repository
from benchmarks.programs import FailedError, program, said_by, timed
from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.index.layout import project_folder, sdist_filename
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Built, ProjectDetails, Site, Tag
from sdistmaker_recipe.stages import pages
from sdistmaker_recipe.stages.publish import Index, publish
from sdistmaker_recipe.stages.scan import Source, scan
from sdistmaker_recipe.vcs import open_repository
from tests.support.httpd import MODULES, make_passable
from tests.support.process import LOOPBACK
from tests.support.proxy import Proxy
from tests.support.requirements import find
from tests.support.subversion import dav, make_certificate, svnserve

FILE, SVN, HTTPS = "file", "svn", "https"
WAYS = {FILE: "file://", SVN: "svn://, {delay} ms", HTTPS: "https://, {delay} ms"}
"""How the repository is read, and how to call that."""


@dataclass(frozen=True, slots=True)
class Size:
    """So many projects with so many tags each; of these tags so many projects share a commit."""

    projects: int
    tags: int
    together: int = 1


@dataclass(frozen=True, slots=True)
class Course:
    """What all share: the repository "main" below ``repositories``, and ``filled``, an index of it all.

    ``environments`` are those that builds need, ``environment`` the variables of every program.
    """

    size: Size
    repositories: Path
    filled: Path
    environments: Path
    environment: Mapping[str, str]

    @property
    def url(self) -> str:
        """The repository's own URL."""
        return (self.repositories / "main").as_uri()

    @property
    def tags(self) -> int:
        """How many tags there were before any was added."""
        return self.size.projects * self.size.tags

    @property
    def projects(self) -> tuple[str, ...]:
        """The names of all projects, which are their paths too."""
        return tuple(f"acme.part{number:05}" for number in range(self.size.projects))


@dataclass(frozen=True, slots=True)
class Way:
    """How the repository is read: its URL, the proxy on the way, and variables that programs need for it."""

    key: str
    url: str
    proxy: Proxy | None = None
    variables: Mapping[str, str] | None = None


def make_course(size: Size, folder: Path, environment: Mapping[str, str]) -> Course:
    """Make what is not in the folder from an earlier time."""
    course = Course(size, folder / "repositories", folder / "filled", folder / "environments", environment)
    if not (course.repositories / "main").exists():
        course.repositories.mkdir(parents=True, exist_ok=True)
        unfinished = course.repositories / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        make_large_repository(unfinished, size.projects, size.tags, size.together)
        unfinished.rename(course.repositories / "main")
    if not course.filled.exists():
        unfinished = folder / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        fill(course.url, unfinished)
        unfinished.rename(course.filled)
    return course


def fill(url: str, folder: Path) -> None:
    """Publish every tag of the repositories by our own stages, with a few bytes for its archive, as after a
    run. The index is in the new folder.
    """
    state = folder / "out-state"
    state.mkdir(parents=True)
    store = IndexStore(folder / "out")
    with open_catalog(state / "catalog.sqlite3") as catalog, open_repository(url) as repository:
        shown = pages.PageWriter(store, catalog, Site())
        store.prepare()
        shown.mark_empty_index_current()
        last, source = ScanState(catalog), Source(url, repository)
        tags = last.tags(scan(source, Configuration(), last, "benchmark", full=True))
        index = Index(store, catalog, state)
        with catalog.batch():
            for tag in tags:
                publish(_built(tag), index, tag.time, Configuration())
        shown.write_all()
        catalog.index_state.set_folders(store.folders())


def settle(course: Course, url: str = "") -> None:
    """Run once where nothing is timed, which builds the tags that an earlier measurement added.

    ``url`` is that of the repositories, the course's own if it is not given.
    """
    timed(command(url or course.url, course.filled, course.environments), course.filled, course.environment)
    with open_catalog(course.filled / "out-state" / "catalog.sqlite3") as catalog:
        ScanState(catalog).keep_only([])


def command(url: str, folder: Path, environments: Path) -> list[str]:
    """The command as a user would type it, with the index in the folder."""
    start = [program("sdists_from_tags"), "--quiet", "--repository", url]
    return [*start, "--destination", str(folder / "out"), "--environments", str(environments)]


def copy_filled(course: Course, folder: Path) -> None:
    """The filled index as a new folder; files that are only ever replaced are links."""
    shutil.copytree(course.filled, folder, copy_function=_link_or_copy)


def add_tag(course: Course, folder: Path) -> str:
    """Commit some work to one project's trunk, and copy that as a new tag; gives the tag's name.

    Raises ``MissingError`` where Subversion's programs are not on this machine.
    """
    name = _growing(course)
    listed = said_by(["svn", "list", f"{course.url}/{name}/tags"], course.environment).split()
    version = f"1.{len(listed)}"
    (folder / "setup.py").write_text(SETUP.format(name=name, version=version), "utf-8")
    trunk = f"{course.url}/{name}/trunk"
    work = ["svnmucc", "--message", "Work", "put", str(folder / "setup.py"), f"{trunk}/setup.py"]
    said_by(work, course.environment)
    copy = ["svn", "copy", "--quiet", "--message", "Tag"]
    said_by([*copy, trunk, f"{course.url}/{name}/tags/{version}"], course.environment)
    return version


def check_scanned(course: Course, folder: Path) -> None:
    """Raise ``FailedError`` unless the last run with the index in the folder has seen all tags there are."""
    with open_catalog(folder / "out-state" / "catalog.sqlite3") as catalog:
        ((found,),) = catalog.rows("SELECT count(*) FROM seen_tag")
    if found < course.tags:
        raise FailedError(f"{found} tags were found of {course.tags}")


def check_published(course: Course, folder: Path, version: str) -> None:
    """Raise ``FailedError`` unless the index in the folder has the tag that was added, on a page."""
    project = folder / "out" / project_folder(_growing(course))
    filename = sdist_filename(_growing(course), version)
    if not (project / filename).exists() or filename not in (project / "index.html").read_text("utf-8"):
        raise FailedError(f"{filename} was not published")


@contextmanager
def open_ways(keys: Sequence[str], course: Course, folder: Path, delay: float) -> Iterator[list[Way]]:
    """The ways with these keys; servers are behind proxies that delay by so many seconds each way.

    Raises ``MissingError`` where a server is not on this machine.
    """
    with ExitStack() as stack:
        ways = []
        for key in keys:
            if key == FILE:
                ways.append(Way(FILE, course.url))
            elif key == SVN:
                ways.append(_svn_way(course, folder, delay, stack))
            else:
                ways.append(_https_way(course, folder, delay, stack))
        yield ways


def missing_for(key: str) -> str:
    """What of this machine a way lacks, "" for nothing."""
    programs = {FILE: [], SVN: ["svnserve"], HTTPS: ["apache2", "openssl"]}[key]
    absent = [each for each in programs if find(each) is None]
    if key == HTTPS and not (MODULES / "mod_dav_svn.so").exists():
        absent.append("mod_dav_svn")
    return f"no {' and no '.join(absent)}" if absent else ""


def _growing(course: Course) -> str:
    """The project that gets new tags."""
    return course.projects[len(course.projects) // 2]


def _svn_way(course: Course, folder: Path, delay: float, stack: ExitStack) -> Way:
    scratch = folder / "svnserve"
    scratch.mkdir()
    server = stack.enter_context(svnserve(course.repositories, scratch))
    proxy = stack.enter_context(Proxy(server.port, delay=delay))
    return Way(SVN, f"svn://{LOOPBACK}:{proxy.port}/main", proxy)


def _https_way(course: Course, folder: Path, delay: float, stack: ExitStack) -> Way:
    scratch = folder / "apache"
    scratch.mkdir()
    make_passable(course.repositories)
    certificate = make_certificate(scratch)
    httpd = stack.enter_context(dav(course.repositories, scratch, certificate))
    proxy = stack.enter_context(Proxy(httpd.port, delay=delay))
    variables = {"SSL_CERT_FILE": str(certificate.authority)}
    return Way(HTTPS, f"https://localhost:{proxy.port}/open/main", proxy, variables)


def _built(tag: Tag) -> Built:
    name, version = tag.project_path, tag.version
    archive = f"{sdist_filename(name, version)}\n".encode() * 20
    summary = "Keeps a part of the company"
    metadata = METADATA.format(
        name=name, version=version, summary=summary, requires_python=REQUIRES_PYTHON, description="A part.\n"
    )
    return Built(
        tag=tag,
        name=name,
        version=version,
        archive=archive,
        sha256=hashlib.sha256(archive).hexdigest(),
        size=len(archive),
        metadata=metadata.encode(),
        requires_python=REQUIRES_PYTHON,
        toolchain="declared",
        details=ProjectDetails(summary=summary, description="A part.\n"),
    )


def _link_or_copy(source: str, target: str) -> None:
    """SQLite writes into its file; all else is written anew under its name."""
    if ".sqlite3" in Path(source).name:
        shutil.copy(source, target)
    else:
        os.link(source, target)
