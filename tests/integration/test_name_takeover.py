"""A release, and with it the name, goes to no tag that nobody has built while the name has an owner."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.git import FIRST_SECOND, commit, git, make_bare
from tests.support.history import History, setuptools_project
from tests.support.history_index import Index
from tests.support.long_form import each_value
from tests.support.old_index import add_archive

pytestmark = pytest.mark.usefixtures("forked_commands")

NOTHING = {"README": "nothing builds here\n"}


@pytest.fixture
def other(tmp_path: Path) -> History:
    """A repository of somebody else, beside that of the fixture ``history``."""
    made = History(tmp_path / "other")
    made.release("zzz", "1.0")
    return made


@pytest.fixture
def both(history: History, other: History, commands: Commands) -> Index:
    return Index(history, commands, other.url)


def withdrawn(report: dict, key: str = "yanked") -> list[tuple[str, str]]:
    return [(each["project"], each["version"]) for each in report[key]]


def of_project(index: Index, name: str) -> list[str]:
    return [path.rpartition("-")[2].removesuffix(".tar.gz") for path in index.files if f"/{name}-" in path]


@pytest.mark.parametrize(
    ("gone", "content"), each_value(("1.0", "1.1"), (NOTHING, setuptools_project("payroll", "1.0")))
)
def test_the_tag_of_a_withdrawn_version_takes_nothing_over(
    both: Index, other: History, gone: str, content: dict[str, str]
) -> None:
    for version in ("1.0", "1.1", "1.2"):
        both.history.release("payroll", version)
    both.run()
    both.history.delete(f"payroll/tags/{gone}")
    assert withdrawn(both.run()) == [("payroll", gone)]
    other.add_tag("payroll", gone, content)
    report = both.run()
    assert (report["restored"], report["warnings"], len(report["failed"])) == ([], [], 1)
    other.release("payroll", "9.0")
    assert "belongs to the folder payroll" in both.failures()["payroll 9.0"]
    both.history.release("payroll", "1.3")
    assert both.failures() == {}
    assert of_project(both, "payroll") == ["1.0", "1.1", "1.2", "1.3"]


@pytest.mark.parametrize("deleted_tags", ["yank", "remove"])
def test_in_the_run_that_withdraws_it_it_takes_nothing_over_either(
    both: Index, other: History, deleted_tags: str
) -> None:
    options = ("--deleted-tags", deleted_tags)
    for version in ("1.0", "1.1"):
        both.history.release("payroll", version)
    both.run(*options)
    both.history.delete("payroll/tags/1.0")
    other.add_tag("payroll", "1.0", NOTHING)
    report = both.run(*options)
    assert withdrawn(report) == [("payroll", "1.0")], "it waits for the tag to build"
    other.release("payroll", "9.0")
    assert list(both.failures(*options)) == ["payroll 9.0"]


@pytest.mark.parametrize(("is_one_run", "options"), each_value((True, False), ((), ("--ignore", "foo"))))
def test_a_name_from_metadata_is_not_passed_on_while_its_owner_is_there(
    both: Index, other: History, is_one_run: bool, options: tuple[str, ...]
) -> None:
    for version in ("1.0", "1.1"):
        both.history.release("payroll", version, dist="acme-payroll")
    both.run()
    both.history.delete("payroll/tags/1.0")
    if not is_one_run:
        both.run()
    other.add_tag("payroll", "1.0", NOTHING)
    both.run()
    both.run(*options)
    other.release("payroll", "9.0", dist="acme-payroll")
    both.history.release("payroll", "1.2", dist="acme-payroll")
    assert list(both.failures(*options)) == ["payroll 9.0"]
    assert of_project(both, "acme_payroll") == ["1.0", "1.1", "1.2"]


@pytest.mark.parametrize("is_left", [True, False])
def test_a_namesake_restores_nothing(both: Index, other: History, is_left: bool) -> None:
    both.history.release("client", "1.0")
    both.history.release("client", "1.1")
    both.run()
    both.history.delete("client/tags/1.0" if is_left else "client")
    both.run()
    other.release("client", "1.0", dist="team-b-client")
    report = both.run()
    assert (report["restored"], report["failed"]) == ([], [])
    assert of_project(both, "team_b_client") == ["1.0"]


def test_a_fork_gets_no_release_that_its_origin_withdraws(tmp_path: Path, commands: Commands) -> None:
    root = tmp_path / "repositories"
    upstream, fork = make_bare(root / "upstream/payroll.git"), root / "forks/payroll.git"
    for number, version in enumerate(("1.0", "1.1", "1.2")):
        commit(upstream, setuptools_project("payroll", version), seconds=FIRST_SECOND + number)
        git(upstream, "tag", version, "main")
    fork.parent.mkdir()
    arguments = ("--repository", f"git+{root.as_uri()}", "--destination", "index")
    commands.report(*arguments)
    git(root, "clone", "-q", "--bare", str(upstream), str(fork))
    assert len(commands.report(*arguments)["failed"]) == 3
    git(upstream, "tag", "-d", "1.0")
    report = commands.report(*arguments)
    assert withdrawn(report) == [("payroll", "1.0")]
    commit(fork, setuptools_project("payroll", "9.0"), seconds=FIRST_SECOND + 9)
    git(fork, "tag", "9.0", "main")
    (failed,) = commands.report(*arguments)["failed"]
    assert "belongs to the folder upstream/payroll" in failed["reason"]
    # Once it is gone, the fork has its tags.
    upstream.rename(tmp_path / "gone")
    report = commands.report(*arguments, "--retry-failed")
    assert (report["failed"], withdrawn(report, "restored")) == ([], [("payroll", "1.0")])
    assert [each["version"] for each in report["published"]] == ["9.0"]


def test_a_folder_of_the_same_name_and_version_holds_another_project(both: Index, other: History) -> None:
    both.history.release("client", "1.0")
    both.run()
    other.release("client", "1.0", dist="team-b-client")
    report = both.run()
    assert [each["filename"] for each in report["published"]] == ["team_b_client-1.0.tar.gz"]
    other.release("client", "2.0", dist="team-b-client")
    both.history.release("client", "2.0")
    assert len(both.run()["published"]) == 2, "in one run, too"
    assert of_project(both, "client") == of_project(both, "team_b_client") == ["1.0", "2.0"]


def test_what_two_repositories_have_is_built_once_and_published_of_the_first(
    both: Index, other: History
) -> None:
    both.history.release("payroll", "1.0")
    both.run()
    other.release("payroll", "1.0")
    assert [each["url"] for each in both.run("--dry-run")["to_build"]] == [f"{other.url}/payroll/tags/1.0"]
    report = both.run()
    assert (report["published"], report["failed"], report["warnings"]) == ([], [], [])
    reason = f"published as payroll-1.0.tar.gz from {both.history.url}/payroll/tags/1.0, which is still there"
    assert reason in {each["reason"] for each in report["skipped"]}
    again = both.run("--dry-run", "--retry-failed")
    assert again["to_build"] == []
    assert reason in {each["reason"] for each in again["skipped"]}
    # It may be another project now.
    other.delete("payroll/tags/1.0")
    other.release("payroll", "1.0", dist="team-b-payroll")
    assert [each["name"] for each in both.run()["published"]] == ["team-b-payroll"]


@pytest.fixture
def index(history: History, commands: Commands) -> Index:
    return Index(history, commands)


def test_an_archive_that_was_taken_over_gives_no_name_to_another_project(index: Index) -> None:
    index.history.release("payroll", "1.0")
    add_archive(index.folder / "payroll/payroll-0.1.tar.gz", "payroll", "0.1")
    index.run()
    index.history.add_tag("sandbox/payroll", "0.1", NOTHING)
    assert list(index.failures()) == ["payroll 0.1"]
    index.history.release("sandbox/payroll", "9.0", dist="payroll")
    assert "belongs to the folder payroll" in index.failures()["payroll 9.0"]
    # The owner's tag is found whenever it comes.
    index.history.release("payroll", "0.1")
    assert index.run()["published"] == []
    assert of_project(index, "payroll") == ["0.1", "1.0"]


def test_without_the_catalog_the_project_whose_builds_are_in_the_index_has_the_name(index: Index) -> None:
    index.history.release("payroll", "1.0")
    index.history.release("payroll", "1.1")
    index.run()
    for folder in ("aaa/payroll", "bbb/payroll"):
        index.history.release(folder, "1.0", dist="payroll")
    index.history.add_tag("bbb/payroll", "1.1", NOTHING)
    refused, before = sorted(each["tag"] for each in index.run()["failed"]), index.files
    index.lose_catalog()
    report = index.run()
    assert sorted(each["tag"] for each in report["failed"]) == refused == ["1.0", "1.0", "1.1"]
    # They are built once more, which gives the same bytes.
    assert [(each["version"], each["warnings"]) for each in report["published"]] == [("1.0", []), ("1.1", [])]
    index.history.release("aaa/payroll", "9.0", dist="payroll")
    index.history.release("payroll", "1.2")
    assert "belongs to the folder payroll" in index.failures()["payroll 9.0"]
    assert index.files == sorted([*before, "payroll/payroll-1.2.tar.gz"])


def test_of_several_projects_that_build_what_was_taken_over_the_one_with_the_oldest_tag_gets_it(
    index: Index,
) -> None:
    add_archive(index.folder / "payroll/payroll-1.0.tar.gz", "payroll", "1.0")
    index.history.release("users/payroll", "1.0", dist="payroll")
    index.history.release("sandbox/payroll", "1.0", dist="payroll")
    failures = index.failures()
    assert len(failures) == 1
    assert "payroll-1.0.tar.gz was published from" in failures["payroll 1.0"]
    assert "belongs to the folder users/payroll" in failures["payroll 1.0"]


def test_without_the_catalog_a_copy_of_a_project_gets_nothing_that_has_an_owner(index: Index) -> None:
    for version in ("1.0", "1.1"):
        index.history.release("payroll", version)
    index.history.release("aaa/other", "1.0", dist="other")
    index.run()
    index.copy("payroll", "aaa/payroll")
    assert len(index.run()["failed"]) == 2
    index.history.delete("payroll/tags/1.0")
    assert withdrawn(index.run()) == [("payroll", "1.0")]
    index.lose_catalog()
    report = index.run()
    assert report["restored"] == []
    assert [(each["url"], each["version"]) for each in report["published"]] == [
        (f"{index.history.url}/payroll/tags/1.1", "1.1")
    ]
    index.history.release("aaa/payroll", "9.0", dist="payroll")
    index.history.release("payroll", "1.2")
    assert "belongs to the folder payroll" in index.failures()["payroll 9.0"]
    assert of_project(index, "payroll") == ["1.0", "1.1", "1.2"]


def test_a_guest_keeps_its_releases_without_the_catalog_and_gets_no_others(index: Index) -> None:
    index.history.release("payroll", "1.0")
    index.history.release("payroll", "1.1")
    index.history.release("aaa", "9.0", dist="payroll")
    index.run("--other-names", "aaa payroll")
    index.copy("payroll/tags/1.0", "aaa/tags/1.0")
    index.history.delete("payroll/tags/1.0")
    index.run()
    index.lose_catalog()
    report = index.run()
    assert ([each["tag"] for each in report["failed"]], report["restored"]) == (["1.0"], [])
    assert of_project(index, "payroll") == ["1.0", "1.1", "9.0"]
