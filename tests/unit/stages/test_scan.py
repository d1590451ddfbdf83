"""A scan that looks only at what changed knows what a scan of everything would know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sdistmaker_recipe.catalog.scan_state import GoneTag, Scan, ScanState
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.stages import scan
from sdistmaker_recipe.stages.scan import Source
from tests.support.memory_repository import Folder, MemoryRepository
from tests.support.random_history import CONFIGURATION
from tests.support.scans import VERSION, subversion_source, two_scan_states


class Scanner:
    """Scans a repository of 30 projects with three tags each, which it makes, and lists what was asked."""

    def __init__(self, last: ScanState) -> None:
        self.last = last
        self.history = MemoryRepository()
        self.history.commit({f"group/p{number}/trunk/setup.py": "" for number in range(30)})
        tags = {f"group/p{n}/tags/1.{tag}": f"group/p{n}/trunk" for n in range(30) for tag in range(3)}
        self.history.commit(copies=tags)

    def scan(self, configuration: Configuration = CONFIGURATION, *, full: bool = False) -> Scan:
        self.history.calls.clear()
        return scan.scan(subversion_source(self.history), configuration, self.last, VERSION, full=full)

    def is_touched(
        self, revision: str, configuration: Configuration = CONFIGURATION, others: Sequence[Source] = ()
    ) -> bool:
        self.history.calls.clear()
        sources = [subversion_source(self.history), *others]
        return scan.is_touched(sources, revision, configuration, self.last, VERSION)

    @property
    def asked(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path, _revision in self.history.calls if method != "changes"]

    @property
    def walked(self) -> bool:
        return len(self.asked) > 30


@pytest.fixture
def scanner():
    with two_scan_states() as (last, _other):
        made = Scanner(last)
        made.last.settle(made.scan(), "dealt with")
        assert made.walked
        assert len(last.tags(made.scan())) == 90
        yield made


class TestAskedOfTheRepository:
    def test_is_nothing_while_there_is_no_new_revision(self, scanner):
        scanner.scan()
        assert scanner.history.calls == []

    def test_is_one_question_near_by_and_no_folder_is_recalled_for_it(self, scanner, monkeypatch):
        before = scanner.scan()
        scanner.history._url = "file:///srv/svn"
        monkeypatch.setattr(scanner.last, "rows", None)
        monkeypatch.setattr(scanner.last, "change", None)
        assert scanner.scan() == before
        assert [method for method, *_rest in scanner.history.calls] == ["changes"]

    def test_is_little_where_a_commit_touches_no_tag(self, scanner):
        scanner.history.commit(
            {"group/p7/trunk/setup.py": "new", "group/p7/trunk/more": "", "group/p8": None}
        )
        scanner.history.commit({"group/p7/trunk/more": None})
        scanner.scan()
        assert scanner.asked == [("entries", "group")]
        scanner.history.commit({"group/p7/trunk/setup.py": "newer"})
        scanner.scan()
        assert [method for method, *_rest in scanner.history.calls] == ["changes"]

    @pytest.mark.parametrize(
        "changed",
        [{"ignore": ("p7",)}, {"exclude": ("group/p7",)}, {"stop_indicators": ("tags",)}],
        ids=lambda changed: next(iter(changed)),
    )
    def test_is_nothing_where_an_option_keeps_us_from_looking(self, scanner, changed):
        other = Configuration(**changed)
        scanner.scan(other)
        for path in ("trunk/more/file", "tags/1.0/more/file", "branches/more/file", "trunk/setup.py"):
            scanner.history.commit({f"group/p7/{path.partition('/')[0]}/more": Folder()})
            scanner.scan(other)
            scanner.history.commit({f"group/p7/{path}": "new"})
            assert not scanner.is_touched(scanner.history.head(), other)
            scanner.scan(other)
            assert scanner.asked == []

    def test_is_the_folder_above_one_that_was_not_there_to_be_seen(self, scanner):
        scanner.history.hidden = frozenset(["group/p7"])
        found = scanner.scan(full=True)
        scanner.history.commit(copies={"group/p7/tags/2.0": "group/p7/trunk"})
        assert len(scanner.last.tags(scanner.scan())) == 87
        assert scanner.asked == []
        scanner.history.hidden = frozenset()
        assert scanner.is_touched(scanner.history.commit({"group/p7/trunk/setup.py": "new"}))
        assert len(scanner.last.tags(scanner.scan())) == 91
        assert [path for _method, path in scanner.asked] == ["group", "group/p7", "group/p7/tags"]
        assert found.forbidden_paths == ()

    def test_is_a_folder_that_may_not_be_read_whenever_we_come_to_it(self, scanner):
        scanner.history.forbidden = frozenset(["group/p7/tags"])
        for full in (True, False):
            found = scanner.scan(full=full)
            assert (found.forbidden_paths, len(scanner.last.tags(found))) == (("group/p7/tags",), 87)
            scanner.history.commit({"group/p7/tags/1.0/setup.py": str(full)})
        scanner.history.forbidden = frozenset()
        found = scanner.scan()
        assert (found.forbidden_paths, len(scanner.last.tags(found))) == ((), 90)

    def test_a_folder_that_may_no_longer_be_read_is_gone_and_its_tags_are_in_doubt(self, scanner):
        scanner.history.forbidden = frozenset(["group/p7"])
        scanner.history.commit(copies={"group/p7/tags/2.0": "group/p7/trunk"})
        scanner.history.commit({"group/p7/new": Folder()})
        found = scanner.scan()
        assert found.forbidden_paths == ("group/p7",)
        assert {each.project for each in scanner.last.gone_tags(found)} == {"group/p7"}
        assert not [path for path in scanner.last.rows(found) if path.startswith("group/p7")]

    def test_are_the_tags_of_the_project_that_has_a_new_one(self, scanner):
        scanner.history.commit(copies={"group/p7/tags/2.0": "group/p7/trunk"})
        found = scanner.scan()
        assert scanner.asked == [("entries", "group/p7/tags")]
        assert scanner.last.pending_projects(found) == ["group/p7"]

    def test_is_a_copied_project_but_no_other(self, scanner):
        scanner.history.commit(copies={"group/copy": "group/p7"})
        scanner.scan()
        assert [path for _method, path in scanner.asked] == ["group", "group/copy", "group/copy/tags"]

    def test_a_project_stays_pending_until_a_run_has_dealt_with_it(self, scanner):
        scanner.history.commit(copies={"group/p7/tags/2.0": "group/p7/trunk"})
        scanner.scan()
        scanner.history.commit(copies={"group/p9/tags/2.0": "group/p9/trunk"})
        found = scanner.scan()
        assert scanner.last.pending_projects(found) == ["group/p7", "group/p9"]
        scanner.last.settle(found, "dealt with")
        assert scanner.last.pending_projects(found) == []

    def test_a_deleted_tag_is_gone_until_a_run_has_dealt_with_it(self, scanner):
        before = scanner.history.head()
        scanner.history.commit({"group/p7/tags/1.0": None, "group/p8": None})
        scanner.scan()
        scanner.history.commit(copies={"group/p9/tags/2.0": "group/p9/trunk"})
        found = scanner.scan()
        wanted = [
            GoneTag(*each, before)
            for each in (("group/p7", "1.0"), *(("group/p8", f"1.{n}") for n in range(3)))
        ]
        assert scanner.last.gone_tags(found) == wanted
        scanner.last.settle(found, "dealt with", wanted[1:2])
        assert scanner.last.gone_tags(found) == wanted[1:2]
        scanner.last.settle(scanner.scan(), "dealt with")
        assert scanner.last.gone_tags(found) == []

    def test_a_tag_that_is_there_again_is_not_gone(self, scanner):
        scanner.history.commit({"group/p7": None})
        scanner.scan()
        scanner.history.commit(copies={"group/p7": ("group/p7", int(scanner.history.head()) - 1)})
        assert scanner.last.gone_tags(scanner.scan()) == []


class TestARevision:
    def test_touches_nothing_where_it_changed_no_tag(self, scanner):
        revision = scanner.history.commit({"group/p7/trunk/setup.py": "new"})
        assert not scanner.is_touched(revision)
        assert [method for method, *_rest in scanner.history.calls] == ["changes_in"]

    @pytest.mark.parametrize(
        "change",
        [
            {"copies": {"group/p7/tags/2.0": "group/p7/trunk"}},
            {"copies": {"elsewhere": "group/p7"}},
            {"changes": {"group/p7/tags/1.0": None}},
            {"changes": {"group/p7": None}},
            {"changes": {"group/p7/tags/1.0/setup.py": "new"}},
        ],
    )
    def test_touches_tags_that_come_go_or_change(self, scanner, change):
        assert scanner.is_touched(scanner.history.commit(**change))

    def test_is_looked_at_alone(self, scanner):
        scanner.history.commit(copies={"group/p7/tags/2.0": "group/p7/trunk"})
        assert not scanner.is_touched(scanner.history.commit({"group/p7/trunk/setup.py": "new"}))

    def test_of_a_repository_not_scanned_so_before_touches_all(self, scanner):
        revision = scanner.history.commit({"group/p7/trunk/setup.py": "new"})
        assert scanner.is_touched(revision, replace(CONFIGURATION, exclude=("x",)))

    def test_must_exist_in_one_of_the_repositories(self, scanner):
        with pytest.raises(RepositoryError, match="no revision 99"):
            scanner.is_touched("99")
        longer = MemoryRepository()
        for _ in range(100):
            longer.commit({"a": "b"})
        other = subversion_source(longer, url="memory://example.com/other")
        scanner.last.settle(scan.scan(other, CONFIGURATION, scanner.last, VERSION, full=False), "dealt with")
        assert not scanner.is_touched("99", others=[other])


class TestEverythingIsLookedAt:
    def test_when_told_so(self, scanner):
        scanner.scan(full=True)
        assert scanner.walked

    @pytest.mark.parametrize(
        "changed",
        [
            {"include": ("group/*",)},
            {"exclude": ("group/p7",)},
            {"ignore": ("p7",)},
            {"stop_indicators": ("setup.py",)},
            {"tag_pattern": r"(?P<version>1\.\d)"},
        ],
        ids=lambda changed: next(iter(changed)),
    )
    def test_when_an_option_decides_what_is_found(self, scanner, changed):
        other = Configuration(**changed)
        scanner.scan(other)
        assert scanner.walked
        scanner.scan(other)
        assert not scanner.walked

    def test_when_the_repository_is_another(self, scanner):
        scanner.history._identity = "11111111-0000-4000-8000-000000000000"
        scanner.scan()
        assert scanner.walked

    def test_when_the_newest_revision_is_older_than_before(self, scanner):
        scanner.history.commit({"group/p7/tags/1.0": None})
        scanner.scan()
        scanner.history.revisions.pop()
        found = scanner.scan()
        assert scanner.walked
        assert len(scanner.last.tags(found)) == 90

    def test_when_a_restored_repository_went_on_in_another_way(self, scanner):
        scanner.history.commit({"group/p7/tags/1.0": None})
        scanner.scan()
        last = scanner.history.revisions.pop()
        scanner.history.commit({"group/p8/tags/1.0": None}, time=last.time.replace(minute=7))
        scanner.history.commit({"group/p9/trunk/setup.py": "new"})
        scanner.scan()
        assert scanner.walked

    def test_when_a_restored_repository_near_by_came_as_far_in_another_way(self, scanner):
        scanner.history._url = "file:///srv/svn"
        scanner.history.commit({"group/p7/tags/1.0": None})
        scanner.scan()
        last = scanner.history.revisions.pop()
        scanner.history.commit({"group/p8/tags/1.0": None}, time=last.time.replace(minute=7))
        found = scanner.scan()
        assert scanner.walked
        assert {tag.project_path for tag in scanner.last.tags(found) if tag.name == "1.0"} >= {"group/p7"}

    def test_when_the_system_cannot_tell_what_was_changed(self, scanner, monkeypatch):
        monkeypatch.setattr(scanner.history, "changes", lambda _seen, _revision: None)
        scanner.history.commit(copies={"group/p7/tags/2.0": "group/p7/trunk"})
        assert len(scanner.last.tags(scanner.scan())) == 91
        assert scanner.walked
