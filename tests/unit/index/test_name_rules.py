"""Whose a name is: the first publisher's, or that of the folder called so."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.configuration.option_types import other_names
from sdistmaker_recipe.index.name_rules import (
    Folder,
    NameUse,
    Publisher,
    allowing_line,
    folder_of,
    foreign_publishers,
    line_for,
    may_inherit,
    owner_before,
    owner_of,
    refusal,
    refused_name,
    verdict,
)
from tests.unit.values import a_tag


def folder(path: str, uuid: str = "u") -> Folder:
    return Folder(f"{uuid}/{path}", path.rpartition("/")[2], path)


def publisher(path: str, uuid: str = "u", **changes: bool) -> Publisher:
    return Publisher(folder(path, uuid), **{"is_live": True, "is_there": True, **changes})


def name_use(*publishers: Publisher, **changes: object) -> NameUse:
    return NameUse("payroll", publishers, repositories=frozenset({"u"}), is_private=True)._replace(**changes)


def may_publish(path: str, use: NameUse, uuid: str = "u", **changes: bool) -> bool:
    facts = {"is_moved": False, "has_known_version": False, "is_last": True, **changes}
    return verdict(folder(path, uuid), use, **facts).is_allowed


class TestOwner:
    @pytest.mark.parametrize(
        ("publishers", "owner"),
        [
            (["tool", "aaa"], "tool"),
            (["aaa", "payroll"], "payroll"),
            (["aaa", "x/Payroll", "payroll"], "x/Payroll"),
        ],
    )
    def test_is_the_folder_called_so_or_else_the_first(self, publishers, owner):
        assert owner_of(name_use(*map(publisher, publishers))).folder.path == owner

    def test_is_who_is_known_to_be_the_first(self):
        use = name_use(publisher("payroll"), publisher("tool"), claimant="u/tool")
        assert owner_of(use).folder.path == "tool"

    def test_is_no_guest(self):
        assert owner_of(name_use(publisher("aaa", is_guest=True))) is None

    def test_is_one_that_has_tags_if_another_has_none(self):
        assert owner_of(name_use(publisher("tool", is_live=False), publisher("bench"))).folder.path == "bench"
        gone = publisher("payroll", is_live=False)
        assert owner_of(name_use(publisher("aaa"), gone)).folder.path == "payroll"
        left = publisher("payroll", is_live=False, is_there=False)
        assert owner_of(name_use(left, publisher("wages"))).folder.path == "wages"


class TestVerdict:
    def test_allows_the_owner_and_nobody_else(self):
        use = name_use(publisher("tool"))
        assert may_publish("tool", use)
        assert not may_publish("aaa", use)
        assert not may_publish("payroll", use), "the other was the first"

    def test_allows_a_namesake_that_has_published_before(self):
        use = name_use(publisher("a/payroll"), publisher("b/payroll"))
        assert may_publish("b/payroll", use)
        assert not may_publish("c/payroll", use)

    def test_keeps_the_name_for_the_folder_called_so(self):
        use = name_use(folders=("u/payroll",))
        assert may_publish("payroll", use)
        assert not may_publish("aaa", use)
        assert verdict(folder("aaa"), use, is_moved=False, has_known_version=True, is_last=False) == (
            False,
            "u/payroll",
            False,
        )

    def test_keeps_a_private_name_for_who_had_it_first(self):
        assert may_publish("aaa", name_use(is_private=False))
        assert not may_publish("aaa", name_use())
        assert not may_publish("aaa", name_use(claimant="u/tool"))
        assert may_publish("aaa", name_use(claimant="u/aaa"))

    def test_lets_guests_take_nothing(self):
        use = name_use(publisher("aaa", is_guest=True))
        assert may_publish("payroll", use)
        assert not may_publish("bbb", use)

    def test_lets_a_project_move(self):
        gone = name_use(publisher("payroll", is_live=False, is_there=False))
        assert may_publish("elsewhere/payroll", gone)
        assert may_publish("wages", gone, is_moved=True)
        assert not may_publish("wages", name_use(publisher("payroll")), is_moved=True), "it is a copy"
        assert not may_publish("wages", gone)
        retired = name_use(publisher("payroll", is_live=False))
        assert not may_publish("elsewhere/payroll", retired)

    def test_waits_while_the_owner_may_have_moved(self):
        gone = name_use(publisher("tool", is_live=False))
        facts = {"is_moved": False, "has_known_version": False}
        assert verdict(folder("bench"), gone, is_last=False, **facts).may_change
        assert not verdict(folder("bench"), name_use(publisher("tool")), is_last=False, **facts).may_change

    def test_knows_releases_without_a_tag_by_their_version(self):
        use = name_use(has_unknown=True)
        assert may_publish("tool", use, has_known_version=True)
        assert not may_publish("tool", use, has_known_version=True, is_last=False)
        assert not may_publish("tool", use)

    def test_waits_while_another_folder_of_the_name_may_build_what_was_taken_over(self):
        use = name_use(has_unknown=True, folders=("u/payroll", "u/x/payroll"))
        facts = {"is_moved": True, "has_known_version": True, "has_known_file": True}
        assert verdict(folder("payroll"), use, is_last=False, **facts) == (False, "", True)
        assert may_publish("payroll", use)
        assert may_publish("payroll", use._replace(folders=("u/payroll",)), is_last=False)

    def test_gives_a_known_file_to_who_builds_it_but_not_to_a_second_folder_of_that_name(self):
        use = name_use(publisher("payroll"))
        assert may_publish("aaa", use, has_known_file=True)
        assert not may_publish("x/payroll", use, has_known_file=True)
        gone = name_use(publisher("payroll", is_live=False))
        assert may_publish("x/payroll", gone, has_known_file=True)

    def test_knows_a_project_in_a_repository_with_another_uuid(self):
        use = name_use(publisher("tool", uuid="before"))
        assert may_publish("tool", use)
        assert not may_publish("aaa", use)
        assert not may_publish("tool", use._replace(repositories=frozenset({"u", "before"})))

    def test_takes_no_repository_of_one_project_for_another_such_that_is_read_no_more(self):
        left = Publisher(Folder("before", "payroll", ""), is_live=False, is_there=False)
        facts = {"is_moved": False, "has_known_version": False, "is_last": True}
        assert not verdict(Folder("u", "tool", ""), name_use(left), **facts).is_allowed
        assert verdict(Folder("u", "payroll", ""), name_use(left), **facts).is_allowed

    def test_takes_other_spellings_of_a_folder_for_the_same_but_for_its_own_name(self):
        assert may_publish("my-tool", name_use(publisher("My Tool")))
        assert not may_publish("PayRoll", name_use(publisher("payroll")))


class TestInheritance:
    @staticmethod
    def may_inherit(path: str, former: str, use: NameUse, line: str = "") -> bool:
        return may_inherit(folder(path), f"u/{former}", use, other_names(line) if line else ())

    def test_is_of_a_name_that_was_its_own(self):
        left = publisher("payroll", is_live=False, is_there=False)
        assert self.may_inherit("new/payroll", "payroll", name_use(left, publisher("aaa")))
        assert owner_before("u/payroll", name_use(left, publisher("aaa"))).folder.path == "payroll"

    def test_is_of_no_name_of_a_third_project_that_is_there(self):
        left, owner = publisher("aaa", is_live=False, is_there=False), publisher("payroll")
        assert not self.may_inherit("new/payroll", "aaa", name_use(left, owner))
        assert self.may_inherit("new/payroll", "aaa", name_use(left, owner), "new/payroll payroll")
        assert self.may_inherit("new/payroll", "aaa", name_use(left, owner._replace(is_there=False)))
        assert self.may_inherit("payroll", "aaa", name_use(left, owner)), "it is its own name"


class TestOption:
    @pytest.mark.parametrize(
        "line", ["aaa payroll", "a* pay*", "group/* PAYROLL", "group/aaa *", "aaa pay[r]oll"]
    )
    def test_allows(self, line):
        assert allowing_line(folder("group/aaa"), "payroll", other_names(line))

    @pytest.mark.parametrize("line", ["aab payroll", "payroll aaa", "aaa pay", "group payroll"])
    def test_allows_no_other(self, line):
        assert not allowing_line(folder("group/aaa"), "payroll", other_names(line))

    def test_compares_normalised_names(self):
        assert allowing_line(folder("My Tool"), "acme-tool", other_names("My Tool Acme_Tool"))

    @pytest.mark.parametrize(
        ("path", "line"),
        [("group/aaa", "aaa payroll"), ("b/payroll", "b/payroll payroll"), ("My Tool", "my-tool payroll")],
    )
    def test_is_told(self, path, line):
        reason = refusal(folder(path), "PayRoll", "payroll", "u/a/payroll")
        assert reason == (
            "its metadata says PayRoll, and that name belongs to the folder a/payroll. If this project may "
            f"publish under it too, set other-names = {line}"
        )
        assert refused_name(reason) == "payroll"
        assert allowing_line(folder(path), "payroll", other_names(line))

    def test_is_told_for_any_folder(self):
        for name in ("[a]", "#1", "a;b", "x*"):
            line = line_for(folder(name), "payroll", "u/payroll")
            assert allowing_line(folder(name), "payroll", other_names(line))


def test_another_reason_names_no_name():
    assert refused_name("payroll-1.0.tar.gz was published from https://svn; the first stays.") == ""


def test_a_tag_is_of_a_folder():
    assert folder_of(a_tag(project="group/ledger"))[1:] == ("ledger", "group/ledger")


def test_foreign_publishers_are_those_that_are_refused_from_now_on():
    use = name_use(publisher("payroll"), publisher("aaa"), publisher("bbb", is_live=False))
    assert [each.folder.path for each in foreign_publishers(use)] == ["aaa"]
    assert foreign_publishers(name_use(publisher("a/payroll"), publisher("b/payroll"))) == []
