"""What is said of a repository without release tags, and of single paths: folders and options named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sdistmaker_recipe.vcs import PreviousScan
from sdistmaker_recipe.vcs.subversion.repository import SubversionRepository
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.support.memory_repository import Folder, MemoryRepository

URL = "https://svn.example.com/svn"
FILTER = TagFilter(URL, ignore=(".attic",))
FOLDER = Folder()


def nothing_found(
    history: MemoryRepository, tag_filter: TagFilter = FILTER, path: str = ""
) -> tuple[str, str]:
    """What is looked at, and the hint, after a scan that found nothing."""
    repository = SubversionRepository(lambda: history.open(path))
    found = repository.all_tags(tag_filter)
    assert not any(project.tags for project in found.projects)
    rows = {**dict(found.rows), **{project.path: "project" for project in found.projects}}
    return tuple(repository.nothing_found(PreviousScan(found.checkpoint, lambda: rows), tag_filter))


def with_folders(*paths: str) -> MemoryRepository:
    history = MemoryRepository()
    history.commit(dict.fromkeys(paths, FOLDER))
    return history


class TestNothingFound:
    def test_counts_folders_of_which_none_is_trunk(self):
        history = with_folders("a/b", "c/d/e", "f", "g")
        looked_at, hint = nothing_found(history)
        assert looked_at == "7 folders, none named trunk"
        assert "A project is a folder that holds trunk" in hint

    @pytest.mark.parametrize(
        ("files", "said"), [({}, "the folder is empty"), ({"README": ""}, "no folder is there")]
    )
    def test_of_a_repository_without_folders_says_so(self, files, said):
        history = MemoryRepository()
        history.commit(files)
        assert nothing_found(history)[0] == said

    def test_names_a_folder_that_is_almost_called_trunk(self):
        looked_at, _ = nothing_found(with_folders("acme/Trunk"))
        assert looked_at == "2 folders, none named trunk; there is acme/Trunk"

    @pytest.mark.parametrize(
        ("inside", "shorter"),
        [
            ("acme/tags", "acme"),
            ("acme/trunk", "acme"),
            ("acme/tags/1.0", "acme"),
            ("acme/branches/tags/x", "acme/branches"),
        ],
    )
    def test_names_the_url_of_the_project_where_the_url_leads_into_it(self, inside, shorter):
        history = with_folders("acme/trunk", "acme/tags/1.0/src", "acme/branches/tags/x")
        _, hint = nothing_found(history, replace(FILTER, url=f"{URL}/{inside}"), inside)
        without = inside.removeprefix(f"{shorter}/")
        assert f"Set repository = {URL}/{shorter} (without /{without})." in hint

    def test_says_that_the_folder_of_tags_is_empty_and_how_to_make_one(self):
        looked_at, hint = nothing_found(with_folders("proj/trunk", "proj/tags"))
        assert looked_at == "proj has trunk, its tags folder is empty"
        assert hint == f"Make a release: svn copy {URL}/proj/trunk {URL}/proj/tags/1.0"

    def test_of_a_project_at_the_url_itself_names_it_by_the_url(self):
        history = with_folders("proj/trunk", "proj/tags")
        looked_at, hint = nothing_found(history, replace(FILTER, url=f"{URL}/proj"), "proj")
        assert looked_at == "proj has trunk, its tags folder is empty"
        assert hint == f"Make a release: svn copy {URL}/proj/trunk {URL}/proj/tags/1.0"

    def test_says_that_the_folder_of_tags_has_another_name(self):
        looked_at, _ = nothing_found(with_folders("proj/trunk", "proj/releases/1.0"))
        assert looked_at == "proj has trunk, but no folder named tags (beside trunk there is releases)"

    def test_names_folders_that_the_pattern_does_not_match(self):
        looked_at, hint = nothing_found(with_folders("proj/trunk", "proj/tags/final", "proj/tags/old"))
        assert looked_at == (
            "proj has trunk, its tags folder has 2 folders (final, old), and tag-pattern matches none"
        )
        assert "Set the option tag-pattern" in hint

    def test_says_that_tags_are_files(self):
        history = with_folders("proj/trunk")
        history.commit({"proj/tags/1.0": "a file"})
        assert nothing_found(history)[0] == "proj has trunk, its tags folder holds only files"

    def test_names_three_projects_and_counts_the_others(self):
        history = with_folders(*(f"p{number}/trunk" for number in range(5)))
        looked_at, _ = nothing_found(history)
        assert looked_at.startswith("p0 has trunk, but no folder named tags; p1 has")
        assert looked_at.endswith("; and 2 more projects")

    def test_says_that_options_leave_out_all_projects(self):
        history = with_folders("one/trunk", "one/tags/1.0", "two/trunk")
        looked_at, hint = nothing_found(history, replace(FILTER, include=("acme.*",)))
        assert looked_at == "2 projects, and include and exclude leave out all (one, two)"
        assert "include and exclude" in hint

    def test_says_what_other_options_leave_out(self):
        history = with_folders(".attic/a/trunk", "b/stop-here/trunk")
        looked_at, _ = nothing_found(history, replace(FILTER, stop_indicators=("stop-*",)))
        assert "the option ignore leaves out .attic" in looked_at
        assert "the option stop-indicators leaves out b" in looked_at

    def test_says_that_the_folder_itself_is_stopped(self):
        history = with_folders("obsolete", "a/trunk")
        looked_at, hint = nothing_found(history, replace(FILTER, stop_indicators=("obsolete",)))
        assert looked_at == "the folder holds obsolete, so it is not looked into"
        assert "stop-indicators, which has obsolete" in hint

    def test_says_that_the_folder_of_tags_may_not_be_read(self):
        history = with_folders("proj/trunk", "proj/tags/1.0")
        repository = history.open("")
        repository.forbidden = frozenset({"proj/tags"})
        opened = SubversionRepository(lambda: repository)
        found = opened.all_tags(FILTER)
        previous = PreviousScan(found.checkpoint, lambda: {"": "folder", "proj": "project"})
        looked_at, _ = opened.nothing_found(previous, FILTER)
        assert looked_at == "the server does not let us read the tags folder of proj"


class TestExplain:
    FILTER = TagFilter(
        URL,
        include=("acme*", "group/*", "tags"),
        exclude=("acme-old",),
        ignore=(".attic",),
        stop_indicators=("STOP",),
    )

    @pytest.fixture
    def repository(self) -> SubversionRepository:
        history = with_folders(
            *("acme/trunk", "acme/tags/1.0/src", "acme/tags/final", "acme/branches/x", "acme-old/trunk"),
            *("acme-old/tags/1.0", "other/trunk", ".attic/acme/trunk", "stopped/acme/trunk", "group/one"),
        )
        history.commit({"stopped/STOP": "", "group/file": "", "acme/tags/2.0": ""})
        return SubversionRepository(lambda: history)

    @pytest.mark.parametrize(
        ("path", "reason"),
        [
            ("acme/tags/1.0", "acme/tags/1.0 is a release tag: tag-pattern finds version 1.0"),
            ("acme/tags/1.0/src", "acme/tags/1.0 is a release tag: tag-pattern finds version 1.0"),
            (
                "acme/tags/final",
                "acme/tags/final names no release: the option tag-pattern does not match final",
            ),
            ("acme/tags/2.0", "acme/tags/2.0 is a file; a tag is a folder"),
            ("acme/branches/x", "acme/branches is not looked into, because it is a part of a project"),
            ("acme", "the option tag-pattern does not match 1 of them (final)"),
            (
                "acme-old/tags/1.0",
                "acme-old is a project, because it holds trunk; the option exclude leaves it out by acme-old",
            ),
            (
                "other",
                "other is a project, because it holds trunk; no line of the option include matches other",
            ),
            (".attic/acme", ".attic is not looked into: the option ignore has .attic"),
            ("stopped/acme", "stopped is not looked into: it holds STOP, and stop-indicators has STOP"),
            ("group/one", "group/one is no project, because it holds no folder named trunk"),
            ("", "the URL is no project, because it holds no folder named trunk"),
        ],
    )
    def test_names_the_option_that_decides(self, repository, path, reason):
        found = repository.explain(path, self.FILTER)
        assert found.is_there
        assert found.reasons[-1] == reason

    @pytest.mark.parametrize(
        ("path", "reason"),
        [
            ("nowhere", "nowhere is not there"),
            ("acme/tags/9.0", "acme/tags/9.0 is not there"),
            ("group/file", "group/file is a file, not a folder"),
        ],
    )
    def test_says_what_is_not_there(self, repository, path, reason):
        assert repository.explain(path, self.FILTER) == (False, (reason,))
