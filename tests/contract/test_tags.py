"""What the protocol ``vcs.Repository`` promises, run over each backend, a plug-in and a fake."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import NoReturn
from urllib.parse import quote

import pytest

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.model import Tag, tag_path
from sdistmaker_recipe.vcs import PreviousScan, ReleaseTag, Repository, ScanResult, open_repository
from sdistmaker_recipe.vcs.subversion.repository import SubversionRepository
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.contract.conftest import BACKENDS
from tests.support import folders
from tests.support.folders import FolderServer
from tests.support.git import GitServer
from tests.support.memory_repository import MemoryRepository
from tests.support.mercurial import HgTagServer
from tests.support.requirements import need
from tests.support.subversion import create
from tests.support.tag_servers import Known, RefTagServer, SubversionServer, TagServer

URL = "https://vcs.example.com/all"
FILTER = TagFilter(URL)
LIBRARY, TOOL, SPARE = "group/library", "tool", "group/spare"


def in_memory(history: MemoryRepository, path: str) -> Repository:
    head = history.head()
    return SubversionRepository(lambda: history.open(path), head=head)


def on_disk(folder: Path, backend: str) -> Callable[[MemoryRepository, str], Repository]:
    """Opens a real repository with the history, made anew for each revision."""
    made: dict[str, str] = {}

    def open_at(history: MemoryRepository, path: str) -> Repository:
        head = history.head()
        if head not in made:
            made[head] = create(folder / head, history)
        return open_repository(f"{made[head]}/{quote(path)}".rstrip("/"), backend)

    return open_at


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example plug-in as pip installs it."""
    folder = tmp_path_factory.mktemp("plugin")
    folders.install(folder)
    return folder


@pytest.fixture(params=["refs", "memory", "plug-in", *BACKENDS, "git", "hg"])
def server(
    request: pytest.FixtureRequest, tmp_path: Path, user: Path, monkeypatch: pytest.MonkeyPatch
) -> TagServer:
    """A server with two projects, of which one has tags, and one of these names no release."""
    made: TagServer
    if request.param == "refs":
        made = RefTagServer()
    elif request.param == "plug-in":
        monkeypatch.syspath_prepend(request.getfixturevalue("plugin"))
        made = FolderServer(tmp_path / "folders")
    elif request.param == "git":
        made = GitServer(tmp_path / "git")
    elif request.param == "hg":
        need("hg")
        request.getfixturevalue("quick_hg")
        made = HgTagServer(tmp_path / "hg")
    elif request.param == "memory":
        made = SubversionServer(in_memory)
    else:
        if request.param == "subversion-cli":
            need("svn")
        made = SubversionServer(on_disk(tmp_path, request.param))
    made.add_project(LIBRARY)
    made.add_project(TOOL)
    for name in ("1.0", "1.1", "library-2.0", "latest"):
        made.put_tag(LIBRARY, name)
    return made


def scan(server: TagServer, tag_filter: TagFilter = FILTER) -> Known:
    with server.open() as repository:
        return Known(repository.all_tags(tag_filter))


def changes(server: TagServer, known: Known, tag_filter: TagFilter = FILTER) -> ScanResult | None:
    with server.open() as repository:
        return repository.changed_tags(known.previous(), tag_filter)


def follow(server: TagServer, known: Known) -> None:
    """Bring up to date what is known, and compare it with all that is there."""
    found = changes(server, known)
    assert found is not None
    known.apply(found)
    fresh = scan(server)
    assert known.tags == fresh.tags
    assert known.rows == fresh.rows
    assert known.checkpoint == fresh.checkpoint


def tag_of(repository: Repository, project: str, found: ReleaseTag) -> Tag:
    path = tag_path(project, found.name)
    origin = f"{repository.identity()}/{path}"
    return Tag(URL, project, found.name, path, found.version, found.revision, found.time, origin)


def files(folder: Path) -> Mapping[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


# who it is


def test_the_identity_stays_the_same_and_begins_with_that_of_the_repository(server: TagServer) -> None:
    with server.open() as repository:
        identity = repository.identity()
    server.put_tag(TOOL, "1.0")
    with server.open() as repository, server.open(f"{LIBRARY}/tags/1.0") as tag:
        assert repository.identity() == identity
        assert tag.identity() == f"{identity}/{LIBRARY}/tags/1.0"
        assert identity
        assert not identity.endswith("/")


def test_what_it_says_of_its_connections_costs_no_question(server: TagServer) -> None:
    with server.open() as repository:
        assert repository.url
        assert repository.connections >= 0
        assert not (repository.is_local and repository.connections)


def test_head_is_the_one_that_was_asked_for_first(server: TagServer) -> None:
    with server.open() as repository:
        head = repository.head()
        known = Known(repository.all_tags(FILTER))
        server.put_tag(LIBRARY, "3.0")
        assert repository.head() == head == known.checkpoint.revision
    with server.open() as repository:
        assert repository.head() != head


def test_a_check_asks_whether_what_the_url_names_is_there(server: TagServer) -> None:
    with server.open(f"{LIBRARY}/tags/1.0") as repository:
        repository.check(repository.head())
    with server.open(f"{LIBRARY}/tags/9.9") as repository, pytest.raises(RepositoryError):
        repository.check(repository.head())


# all tags


def test_all_tags_are_those_that_name_releases(server: TagServer) -> None:
    known = scan(server)
    assert known.names == {LIBRARY: ["1.0", "1.1", "library-2.0"], TOOL: []}
    found = known.tags[LIBRARY]["library-2.0"]
    assert isinstance(found, ReleaseTag)
    assert found.version == "2.0"
    assert found.revision
    assert found.time.utcoffset() == timedelta(0)


def test_the_filter_decides_which_projects_and_tags_are_found(server: TagServer) -> None:
    assert scan(server, replace(FILTER, exclude=("group/*",))).names == {TOOL: []}
    assert scan(server, replace(FILTER, include=("group/*",))).names.keys() == {LIBRARY}
    only = replace(FILTER, tag_pattern=r"(?P<version>1\.1)")
    assert scan(server, only).names == {LIBRARY: ["1.1"], TOOL: []}


# changes


def test_nothing_is_changed_and_no_row_is_read_where_there_is_nothing_new(server: TagServer) -> None:
    def refuse() -> NoReturn:
        raise AssertionError("rows were read")

    known = scan(server)
    with server.open() as repository:
        found = repository.changed_tags(PreviousScan(known.checkpoint, refuse), FILTER)
    assert found == ScanResult(known.checkpoint)


def test_a_tag_that_is_new_moves_goes_and_comes_back(server: TagServer) -> None:
    known = scan(server)
    server.put_tag(LIBRARY, "3.0")
    follow(server, known)
    assert "3.0" in known.names[LIBRARY]
    before = known.tags[LIBRARY]["3.0"]
    server.put_tag(LIBRARY, "3.0")
    follow(server, known)
    assert known.tags[LIBRARY]["3.0"] != before
    server.delete_tag(LIBRARY, "3.0")
    follow(server, known)
    assert "3.0" not in known.names[LIBRARY]
    server.put_tag(LIBRARY, "3.0")
    follow(server, known)
    assert "3.0" in known.names[LIBRARY]


def test_a_project_that_is_new_goes_and_is_replaced(server: TagServer) -> None:
    known = scan(server)
    server.add_project(SPARE)
    server.put_tag(SPARE, "7.0")
    follow(server, known)
    assert known.names[SPARE] == ["7.0"]
    server.replace_project(LIBRARY, SPARE)
    follow(server, known)
    assert known.names[LIBRARY] == ["7.0"]
    server.delete_project(SPARE)
    follow(server, known)
    assert SPARE not in known.names


def test_a_change_that_touches_no_tag_changes_none(server: TagServer) -> None:
    known = scan(server)
    server.commit_elsewhere(LIBRARY)
    found = changes(server, known)
    assert found is not None
    assert found.checkpoint != known.checkpoint
    assert not any(project.tags or project.deleted for project in found.projects)
    assert found.gone_projects == ()


def test_of_another_history_it_cannot_tell_the_changes(server: TagServer) -> None:
    known = scan(server)
    known.checkpoint = known.checkpoint._replace(last_change="1")
    server.put_tag(LIBRARY, "3.0")
    assert changes(server, known) is None


def test_any_changes_are_followed(server: TagServer) -> None:
    random = Random(0)
    known = scan(server)
    there = {LIBRARY: {"1.0", "1.1"}, TOOL: set[str]()}
    for _ in range(12):
        project = random.choice([LIBRARY, TOOL, SPARE])
        if project not in there:
            server.add_project(project)
            there[project] = set()
        elif random.random() < 0.15 and len(there) > 1:
            server.delete_project(project)
            del there[project]
        elif there[project] and random.random() < 0.4:
            name = random.choice(sorted(there[project]))
            server.delete_tag(project, name)
            there[project].remove(name)
        else:
            name = random.choice(["1.0", "2.0", "3.0"])
            server.put_tag(project, name)
            there[project].add(name)
        if random.random() < 0.5:
            follow(server, known)
    follow(server, known)


# one commit


def touches(server: TagServer, revision: str, known: Known) -> bool:
    with server.open() as repository:
        return repository.touches_tags(revision, known.previous(), FILTER)


def test_a_commit_touches_tags_or_none(server: TagServer) -> None:
    known = scan(server)
    assert not touches(server, server.commit_elsewhere(LIBRARY), known)
    assert touches(server, server.put_tag(LIBRARY, "3.0"), known)
    assert touches(server, server.put_tag(LIBRARY, "1.0"), known)
    assert touches(server, server.delete_tag(LIBRARY, "1.1"), known)
    assert not touches(server, server.commit_elsewhere(TOOL), known)
    assert touches(server, server.delete_project(LIBRARY), known)


def test_a_commit_must_exist(server: TagServer) -> None:
    with pytest.raises(RepositoryError, match="999999"):
        touches(server, "999999", scan(server))


# tags that are not found


def test_a_tag_is_there_or_gone_whatever_the_filter_says(server: TagServer) -> None:
    server.delete_tag(LIBRARY, "1.1")
    paths = [f"{LIBRARY}/tags/1.0", f"{LIBRARY}/tags/1.1", f"{LIBRARY}/tags/latest", "nowhere/tags/1.0"]
    with server.open() as repository:
        assert repository.presence(paths) == dict(zip(paths, ("there", "gone", "there", "gone"), strict=True))
        assert repository.presence([]) == {}


def test_the_revision_in_which_a_tag_went_is_its_own_or_not_known(server: TagServer) -> None:
    with server.open() as repository:
        last = repository.head()
    went = server.delete_tag(LIBRARY, "1.1")
    server.commit_elsewhere(LIBRARY)
    path = f"{LIBRARY}/tags/1.1"
    with server.open() as repository:
        assert repository.deletions({path: last}) in ({path: went}, {})
        assert repository.deletions({}) == {}


# one tag


def test_a_url_of_a_tag_names_it(server: TagServer) -> None:
    path = f"{LIBRARY}/tags/library-2.0"
    tag_filter = TagFilter(f"{URL}/{path}")
    with server.open(path) as repository:
        tag = repository.tag_at_url(tag_filter)
        assert tag.origin == repository.identity()
    found = scan(server).tags[LIBRARY]["library-2.0"]
    assert isinstance(found, ReleaseTag)
    assert (tag.name, tag.version, tag.revision, tag.time) == found
    assert (tag.repository, tag.project_path, tag.path) == (f"{URL}/{path}", "", "")


@pytest.mark.parametrize("server", ["git", "hg"], indirect=True)
def test_a_url_of_a_tag_may_be_quoted(server: TagServer) -> None:
    path = f"{LIBRARY}/tags/library-2.0"
    with server.open(path) as repository:
        tag = repository.tag_at_url(TagFilter(f"{URL}/{LIBRARY}/tags/library-2%2E0"))
    assert (tag.name, tag.version) == ("library-2.0", "2.0")


def test_a_url_of_no_tag_is_an_error(server: TagServer) -> None:
    path = f"{LIBRARY}/tags/9.9"
    with server.open(path) as repository, pytest.raises(PathNotFoundError):
        repository.tag_at_url(TagFilter(f"{URL}/{path}"))


@pytest.mark.parametrize("server", ["git", "hg"], indirect=True)
def test_the_error_for_a_url_of_no_tag_names_a_tag_that_may_be_meant(server: TagServer) -> None:
    path = f"{LIBRARY}/tags/1.2"
    with server.open(path) as repository, pytest.raises(PathNotFoundError) as caught:
        repository.tag_at_url(TagFilter(f"{URL}/{path}"))
    assert "1.0" in (caught.value.hint or "")


def test_the_files_of_a_tag_are_exported(server: TagServer, tmp_path: Path) -> None:
    found = scan(server).tags[LIBRARY]["1.0"]
    assert isinstance(found, ReleaseTag)
    with server.open() as repository:
        repository.export(tag_of(repository, LIBRARY, found), repository.head(), tmp_path / "out")
    assert files(tmp_path / "out") == {"setup.py": "setup()\n"}
    path = f"{LIBRARY}/tags/1.0"
    with server.open(path) as repository:
        tag = repository.tag_at_url(TagFilter(f"{URL}/{path}"))
        repository.export(tag, repository.head(), tmp_path / "single")
    assert files(tmp_path / "single") == {"setup.py": "setup()\n"}


def test_an_export_writes_a_new_folder_or_nothing(server: TagServer, tmp_path: Path) -> None:
    found = scan(server).tags[LIBRARY]["1.0"]
    assert isinstance(found, ReleaseTag)
    (tmp_path / "there").mkdir()
    with server.open() as repository:
        tag, head = tag_of(repository, LIBRARY, found), repository.head()
        with pytest.raises(FileExistsError):
            repository.export(tag, head, tmp_path / "there")
        with pytest.raises(FileNotFoundError):
            repository.export(tag, head, tmp_path / "no/parent")
        missing = tag._replace(name="9.9", path=f"{LIBRARY}/tags/9.9", revision="0" * 40)
        with pytest.raises(PathNotFoundError):
            repository.export(missing, head, tmp_path / "out")
    assert not (tmp_path / "out").exists()


# connections


def test_a_connection_that_was_closed_for_now_is_opened_again(server: TagServer) -> None:
    with server.open() as repository:
        identity = repository.identity()
        repository.disconnect()
        assert repository.identity() == identity
        repository.close()
        repository.close()
