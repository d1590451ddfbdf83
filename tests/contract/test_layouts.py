"""What the protocol ``vcs.Repository`` promises, in each layout of a Subversion repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.model import Tag, project_and_path, project_origin, tag_origin
from sdistmaker_recipe.vcs import PROJECT, PreviousScan, ReleaseTag, Repository, ScanResult
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.contract.conftest import BACKENDS
from tests.contract.test_tags import URL, files, in_memory, on_disk
from tests.support.memory_repository import MemoryRepository
from tests.support.requirements import need

ACME, OTHER, SPARE = "acme", "other", "spare"
SETUP = "setup()\n"


@dataclass(frozen=True)
class Layout:
    """Lines of the option layout, and where such a repository has the trunk and the tags of a project."""

    lines: tuple[str, ...]
    trunk: str
    tags: tuple[str, ...]
    ignore: tuple[str, ...] = ()

    def path(self, project: str, name: str) -> str:
        """The path of a tag; some projects have their tags in the second place, if there are two."""
        place = self.tags[sum(map(ord, project)) % len(self.tags)]
        return place.replace("PROJECT", project).replace("NAME", name)


LAYOUTS = {
    "beside-trunk": Layout(("{project}/releases/{tag}",), "PROJECT/trunk", ("PROJECT/releases/NAME",)),
    "by-project": Layout(("tags/{project}/{tag}",), "trunk/PROJECT", ("tags/PROJECT/NAME",)),
    "one-folder": Layout(("tags/{project}-{tag}",), "trunk/PROJECT", ("tags/PROJECT-NAME",)),
    "by-tag": Layout(("tags/{tag}/{project}",), "trunk/PROJECT", ("tags/NAME/PROJECT",)),
    "subfolder": Layout(("{project}/tags/{tag}/src",), "PROJECT/trunk/src", ("PROJECT/tags/NAME/src",)),
    "branches": Layout(("{project}/*/tags/{tag}",), "PROJECT/3.x/trunk", ("PROJECT/3.x/tags/NAME",)),
    "main": Layout(
        ("**/{project}/tags/{tag}",), "group/PROJECT/main", ("group/PROJECT/tags/NAME",), ignore=("main",)
    ),
    "several": Layout(
        ("{project}/tags/{tag}", "tags/{project}/{tag}"),
        "PROJECT/trunk",
        ("PROJECT/tags/NAME", "tags/PROJECT/NAME"),
    ),
}


class Server:
    """A repository in one of the layouts."""

    def __init__(self, layout: Layout, open_at: Callable[[MemoryRepository, str], Repository]) -> None:
        self.layout, self.history, self._open_at = layout, MemoryRepository(), open_at

    @property
    def tag_filter(self) -> TagFilter:
        return TagFilter(URL, layout=self.layout.lines, ignore=self.layout.ignore)

    def add_project(self, project: str) -> str:
        return self.history.commit({f"{self._trunk(project)}/setup.py": SETUP})

    def put_tag(self, project: str, name: str) -> str:
        path = self.layout.path(project, name)
        if path in self.history.revisions[-1].tree:
            return self.history.commit({f"{path}/moved-{self.history.head()}": ""})
        return self.history.commit(copies={path: self._trunk(project)})

    def delete_tag(self, project: str, name: str) -> str:
        return self.history.commit({self.layout.path(project, name): None})

    def commit_elsewhere(self, project: str) -> str:
        return self.history.commit({f"{self._trunk(project)}/file-{self.history.head()}": ""})

    def open(self, path: str = "") -> Repository:
        return self._open_at(self.history, path)

    def _trunk(self, project: str) -> str:
        return self.layout.trunk.replace("PROJECT", project)


class Known:
    """What the results of scans say when they are applied one after the other: tags by their paths."""

    def __init__(self, found: ScanResult) -> None:
        self.tags: dict[str, dict[str, ReleaseTag]] = {}
        self.rows: dict[str, str] = {}
        self.apply(found)

    def apply(self, found: ScanResult) -> None:
        self.checkpoint = found.checkpoint
        for path in found.gone_projects:
            del self.tags[path]
        for key in found.dropped_rows:
            del self.rows[key]
        for project in found.projects:
            tags = self.tags.setdefault(project.path, {})
            assert project.deleted is not None
            assert not {tag.name for tag in project.tags} & {*project.deleted}
            for name in project.deleted:
                del tags[project.path_of(name) or f"{project.path}/tags/{name}"]
            for tag in project.tags:
                tags[project.path_of(tag.name) or f"{project.path}/tags/{tag.name}"] = tag
        self.rows.update(found.rows)

    def previous(self) -> PreviousScan:
        assert not self.rows.keys() & self.tags.keys()
        rows = {**self.rows, **dict.fromkeys(self.tags, PROJECT)}
        return PreviousScan(self.checkpoint, lambda: rows)

    @property
    def projects(self) -> dict[str, list[str]]:
        """The names of the tags of each project that has some, by its name."""
        return {
            path.rpartition("/")[2]: sorted(tag.name for tag in tags.values())
            for path, tags in self.tags.items()
            if tags
        }


@pytest.fixture(params=["memory", *BACKENDS])
def open_at(
    request: pytest.FixtureRequest, tmp_path: Path, user: Path
) -> Callable[[MemoryRepository, str], Repository]:
    if request.param == "memory":
        return in_memory
    if request.param == "subversion-cli":
        need("svn")
    return on_disk(tmp_path, request.param)


@pytest.fixture(params=LAYOUTS)
def server(request: pytest.FixtureRequest, open_at: Callable[[MemoryRepository, str], Repository]) -> Server:
    """A repository of two projects with tags, one of which names no release."""
    made = Server(LAYOUTS[request.param], open_at)
    for project in (ACME, OTHER):
        made.add_project(project)
    for name in ("1.0", "v1.1", "final"):
        made.put_tag(ACME, name)
    made.put_tag(OTHER, "1.0")
    return made


def scan(server: Server, tag_filter: TagFilter | None = None) -> Known:
    with server.open() as repository:
        return Known(repository.all_tags(tag_filter or server.tag_filter))


def follow(server: Server, known: Known) -> None:
    """Bring up to date what is known, and compare it with all that is there."""
    with server.open() as repository:
        found = repository.changed_tags(known.previous(), server.tag_filter)
    assert found is not None
    known.apply(found)
    fresh = scan(server)
    assert known.tags == fresh.tags
    assert known.rows == fresh.rows
    assert known.checkpoint == fresh.checkpoint


def test_all_tags_are_those_that_name_releases(server: Server) -> None:
    known = scan(server)
    assert known.projects == {ACME: ["1.0", "v1.1"], OTHER: ["1.0"]}
    paths = {path for tags in known.tags.values() for path in tags}
    wanted = [(ACME, "1.0"), (ACME, "v1.1"), (OTHER, "1.0")]
    assert paths == {server.layout.path(project, name) for project, name in wanted}
    assert {tag.version for tags in known.tags.values() for tag in tags.values()} == {"1.0", "1.1"}


def test_the_filter_decides_which_projects_and_tags_are_found(server: Server) -> None:
    assert scan(server, replace(server.tag_filter, exclude=("*acme",))).projects == {OTHER: ["1.0"]}
    assert scan(server, replace(server.tag_filter, include=("*acme",))).projects.keys() == {ACME}
    only = replace(server.tag_filter, tag_pattern=r"v(?P<version>.*)")
    assert scan(server, only).projects == {ACME: ["v1.1"]}


def test_a_tag_that_is_new_moves_goes_and_comes_back(server: Server) -> None:
    known = scan(server)
    for change in (server.put_tag, server.put_tag, server.delete_tag, server.put_tag):
        before = deepcopy(known.tags)
        change(OTHER, "3.0")
        follow(server, known)
        assert known.tags != before
        assert ("3.0" in known.projects[OTHER]) == (change != server.delete_tag)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_changes_are_followed(layout: str) -> None:
    random = Random(0)
    server = Server(LAYOUTS[layout], in_memory)
    server.history.commit({"readme": ""})
    known = scan(server)
    there: dict[str, set[str]] = {}
    for project in (ACME, OTHER, SPARE):
        server.add_project(project)
    for _ in range(40):
        project = random.choice([ACME, OTHER, SPARE])
        names = there.setdefault(project, set())
        if names and random.random() < 0.5:
            name = random.choice(sorted(names))
            server.delete_tag(project, name)
            names.remove(name)
        else:
            name = random.choice(["1.0", "2.0", "3.0"])
            server.put_tag(project, name)
            names.add(name)
        if random.random() < 0.6:
            follow(server, known)
    follow(server, known)
    assert known.projects == {project: sorted(names) for project, names in there.items() if names}


def test_a_commit_touches_tags_or_none(server: Server) -> None:
    known = scan(server)

    def touches(revision: str) -> bool:
        with server.open() as repository:
            return repository.touches_tags(revision, known.previous(), server.tag_filter)

    assert not touches(server.commit_elsewhere(ACME))
    assert touches(server.put_tag(ACME, "3.0"))
    assert touches(server.put_tag(ACME, "1.0"))
    assert touches(server.delete_tag(ACME, "v1.1"))
    assert not touches(server.commit_elsewhere(OTHER))
    with pytest.raises(RepositoryError, match="999999"):
        touches("999999")


def test_nothing_is_read_where_there_is_nothing_new(server: Server) -> None:
    known = scan(server)
    with server.open() as repository:
        found = repository.changed_tags(known.previous(), server.tag_filter)
    assert found == ScanResult(known.checkpoint)


def test_a_tag_is_there_or_gone_whatever_the_layout_says_now(server: Server) -> None:
    """Of a release only the origin of its tag is known."""
    origins = {}
    with server.open() as repository:
        identity, last = repository.identity(), repository.head()
    for project, tags in scan(server).tags.items():
        for path, tag in tags.items():
            origins[project, tag.name] = tag_origin(identity, project, tag.name, path)
            assert project_origin(origins[project, tag.name]) == f"{identity}/{project}"
    assert len({*origins.values()}) == 3
    went = server.delete_tag(ACME, "v1.1")
    with server.open() as repository:
        for (project, name), origin in origins.items():
            found = project_and_path(origin, identity)
            assert found is not None
            path = found[1]
            assert found[0] == project
            presence = "gone" if name == "v1.1" else "there"
            assert repository.presence([path]) == {path: presence}
            if presence == "gone":
                assert repository.deletions({path: last}) == {path: went}


def test_a_url_of_a_tag_names_it(server: Server, tmp_path: Path) -> None:
    path = server.layout.path(ACME, "v1.1")
    tag_filter = replace(server.tag_filter, url=f"{URL}/{path}", include=("none",))
    with server.open(path) as repository:
        tag = repository.tag_at_url(tag_filter)
        assert (tag.project, tag.name, tag.version) == (ACME, "v1.1", "1.1")
        assert tag.url == f"{URL}/{path}"
        repository.export(tag, repository.head(), tmp_path / "out")
    assert files(tmp_path / "out") == {"setup.py": SETUP}
    (found,) = [tag for tags in scan(server).tags.values() for at, tag in tags.items() if at == path]
    assert (tag.name, tag.version, tag.revision, tag.time) == found
    with server.open(server.layout.path(ACME, "9.9")) as repository, pytest.raises(PathNotFoundError):
        repository.tag_at_url(replace(tag_filter, url=f"{URL}/{server.layout.path(ACME, '9.9')}"))


def test_the_files_of_a_tag_are_exported(server: Server, tmp_path: Path) -> None:
    project, (path, found) = next(
        (project, item)
        for project, tags in scan(server).tags.items()
        for item in tags.items()
        if project.endswith(ACME)
    )
    with server.open() as repository:
        origin = tag_origin(repository.identity(), project, found.name, path)
        tag = Tag(URL, project, found.name, path, found.version, found.revision, found.time, origin)
        repository.export(tag, repository.head(), tmp_path / "out")
    assert files(tmp_path / "out") == {"setup.py": SETUP}
    assert tag.url == f"{URL}/{path}"


def explain(server: Server, path: str, **options: tuple[str, ...]) -> str:
    with server.open() as repository:
        found = repository.explain(path, replace(server.tag_filter, **options))  # type: ignore[arg-type]
    return found.reasons[-1] if found.is_there else "not there"


def test_a_path_is_explained(server: Server) -> None:
    path = server.layout.path
    assert "is a release tag of acme by layout = " in explain(server, path(ACME, "v1.1"))
    assert explain(server, path(ACME, "v1.1")).endswith("tag-pattern finds version 1.1")
    assert "is a release tag of acme" in explain(server, f"{path(ACME, '1.0')}/setup.py")
    assert explain(server, path(ACME, "9.9")) == "not there"
    assert "the option tag-pattern does not match final" in explain(server, path(ACME, "final"))
    tag = path(ACME, "1.0")
    assert "the option exclude leaves it out by *acme" in explain(server, tag, exclude=("*acme",))
    assert "no line of the option include matches" in explain(server, tag, include=("other",))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_repository_without_release_tags_is_described(layout: str) -> None:
    server = Server(LAYOUTS[layout], in_memory)
    server.add_project(ACME)
    server.put_tag(ACME, "final")
    known = scan(server)
    with server.open() as repository:
        looked_at, hint = repository.nothing_found(known.previous(), server.tag_filter)
    assert "tag-pattern does not match" in looked_at
    assert "final" in looked_at
    assert hint == "Set the option tag-pattern to a pattern that matches the names of tags."


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_repository_that_is_not_like_the_layout_is_described(layout: str) -> None:
    server = Server(LAYOUTS[layout], in_memory)
    server.history.commit({"one/two/three": "", "four": ""})
    known = scan(server)
    with server.open() as repository:
        looked_at, hint = repository.nothing_found(known.previous(), server.tag_filter)
    assert f"none holds tags by layout = {server.layout.lines[0]}" in looked_at
    assert "docs/how-to/repository-layouts.rst" in hint


def paths_of(tags: Mapping[str, Mapping[str, ReleaseTag]]) -> set[str]:
    return {path for each in tags.values() for path in each}


def test_a_hint_names_the_layout_that_leads_to_tags(server: Server) -> None:
    """Of a repository in each layout that is read with the default one."""
    if server.layout.lines[0] == "{project}/tags/{tag}":
        return
    standard = TagFilter(URL)
    with server.open() as repository:
        found = repository.all_tags(standard)
        rows = {**dict(found.rows), **{project.path: PROJECT for project in found.projects}}
        hint = repository.nothing_found(PreviousScan(found.checkpoint, lambda: rows), standard).hint
    if server.layout.lines == ("{project}/tags/{tag}/src",):
        return
    pattern = hint.partition("Set layout = ")[2]
    assert pattern, hint
    wanted = paths_of(scan(server).tags)
    assert paths_of(scan(server, replace(standard, layout=(pattern,))).tags) == wanted, pattern
