"""A name belongs to the folder that first published it, or whose own name it is; through the command."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.history import History, setuptools_project
from tests.support.history_index import Index
from tests.support.long_form import each_value
from tests.support.old_index import add_archive

pytestmark = pytest.mark.usefixtures("forked_commands")

LINE = "set other-names = aaa payroll"
BROKEN = {"setup.py": "raise RuntimeError('no such luck')\n"}


@pytest.fixture
def index(history: History, commands: Commands) -> Index:
    return Index(history, commands)


@pytest.mark.parametrize(
    ("name", "is_later"), each_value(("payroll", "PayRoll", "PAY.ROLL", "pay_roll"), (False, True))
)
def test_a_name_is_that_of_the_folder_called_so(index: Index, name: str, is_later: bool) -> None:
    own = "pay-roll" if name in ("PAY.ROLL", "pay_roll") else "payroll"
    index.history.release(own, "1.0")
    if is_later:
        index.run()
    index.history.release("aaa", "1.0")
    index.history.release("aaa", "9.0", dist=name)
    index.history.release(own, "1.1")
    failures = index.failures()
    assert list(failures) == ["aaa 9.0"]
    assert f"its metadata says {name}, and that name belongs to the folder {own}." in failures["aaa 9.0"]
    assert failures["aaa 9.0"].endswith(f"set other-names = aaa {own}")
    stem = own.replace("-", "_")
    assert index.files == ["aaa/aaa-1.0.tar.gz", f"{own}/{stem}-1.0.tar.gz", f"{own}/{stem}-1.1.tar.gz"]
    assert f"other-names = aaa {own}" in (index.folder / "failed.html").read_text("utf-8")
    explained = index.commands.sdists_from_tags(*index.arguments, "--explain", "aaa 9.0").stdout
    assert f"that name belongs to the folder {own}" in explained
    assert index.run()["failed"] == []

    assert index.run("--other-names", f"aaa {name}")["published"][0]["version"] == "9.0"
    explained = index.commands.sdists_from_tags(
        *index.arguments, "--other-names", f"a* {name}", "--explain", "aaa 9.0"
    ).stdout
    assert f"name: {own}; other-names = a* {name} allows it" in explained
    index.history.release("aaa", "9.1", dist=name)
    assert list(index.failures()) == ["aaa 9.1"], "the option is not set any more"


def test_a_name_of_no_folder_is_that_of_the_first_who_publishes_it(index: Index) -> None:
    index.history.release("tool", "1.0", dist="acme.tool")
    assert index.run()["failed"] == []
    index.history.release("aaa", "2.0", dist="Acme_Tool")
    index.history.release("tool", "2.0", dist="acme.tool")
    index.history.release("acme-tool", "3.0")
    failures = index.failures()
    assert list(failures) == ["aaa 2.0", "acme-tool 3.0"]
    assert all("belongs to the folder tool." in reason for reason in failures.values())
    assert index.run("--other-names", "acme-tool acme-tool")["published"][0]["version"] == "3.0"
    explained = index.commands.sdists_from_tags(*index.arguments, "--explain", "tool 2.0").stdout
    assert "name: acme-tool; it belongs to this folder" in explained


@pytest.mark.parametrize("filename", ["acme_tool-1.0.0.tar.gz", "acme_tool-1.0.zip"])
def test_a_version_of_another_folder_is_refused_once(index: Index, filename: str) -> None:
    index.history.release("acme-tool", "1.0" if filename.endswith(".zip") else "1.0.0")
    if filename.endswith(".zip"):
        add_archive(index.folder / "acme-tool" / filename, "acme-tool", "1.0")
    index.run()
    index.history.release("aaa", "1.0", dist="acme-tool")
    assert index.failures()["aaa 1.0"].startswith(f"{filename} was published from {index.history.url}/")
    again = index.run()
    assert [again[key] for key in ("exit_status", "failed")] == [0, []]
    assert [each["tag"] for each in again["still_failing"]] == ["1.0"]


def test_a_folder_of_which_nothing_is_published_keeps_its_name(index: Index) -> None:
    index.history.add_tag("payroll", "1.0", BROKEN)
    index.history.release("aaa", "9.0", dist="payroll")
    assert LINE in index.failures()["aaa 9.0"]
    index.history.delete("payroll")
    index.history.release("aaa", "9.1", dist="payroll")
    # Its marker is left.
    reason = index.failures()["aaa 9.1"]
    assert "belongs to another project, which this index had before" in reason
    assert LINE in reason
    index.lose_catalog()
    assert set(index.failures()) == {"aaa 9.0", "aaa 9.1"}
    assert index.files == []


@pytest.mark.parametrize("mode", ["yank", "keep", "remove"])
def test_a_project_without_tags_keeps_its_name(index: Index, mode: str) -> None:
    options = ("--deleted-tags", mode)
    for version in ("1.0", "1.1"):
        index.history.release("payroll", version)
        index.history.release("tool", version, dist="acme-tool")
    index.run(*options)
    for path in ("payroll/tags/1.0", "payroll/tags/1.1", "tool"):
        index.history.delete(path)
    other = {"setup.py": setuptools_project("payroll", "1.1")["setup.py"], "payroll.py": "stolen = 1\n"}
    index.history.add_tag("aaa", "1.1", other)
    index.history.release("aaa", "9.0", dist="payroll")
    index.history.release("aaa", "9.1", dist="acme_tool")
    assert set(index.failures(*options)) == {"aaa 1.1", "aaa 9.0", "aaa 9.1"}
    index.history.release("aaa", "9.2", dist="payroll")
    assert set(index.failures(*options)) == {"aaa 9.2"}
    # The folder itself goes on.
    index.history.release("payroll", "1.2")
    assert index.failures(*options) == {}
    assert "payroll/payroll-1.2.tar.gz" in index.files


def test_a_project_that_moves_takes_its_name_along(index: Index) -> None:
    for version in ("1.9", "1.10"):
        index.history.release("payroll", version)
        index.history.release("tool", version, dist="acme-tool")
    index.run()
    index.move("payroll", "wages")
    index.move("tool", "bench")
    index.history.release("wages", "1.11", dist="payroll")
    index.history.release("bench", "1.0", dist="acme-tool")
    index.history.release("aaa", "9.0", dist="acme-tool")
    index.history.release("aaa", "9.1", dist="payroll")
    assert set(index.failures()) == {"aaa 9.0", "aaa 9.1"}
    assert {"payroll/payroll-1.11.tar.gz", "acme-tool/acme_tool-1.0.tar.gz"} < set(index.files)
    index.history.release("wages", "2.0", dist="payroll")
    index.history.release("wages", "2.1")
    assert index.failures() == {}


def test_a_project_that_is_copied_before_it_is_deleted_gets_the_name_then(index: Index) -> None:
    index.history.release("tool", "1.0", dist="acme-tool")
    index.run()
    url = index.history.url
    subprocess.run(["svn", "copy", "-q", "-m", "", f"{url}/tool", f"{url}/bench"], check=True)
    index.know("tool", "bench")
    index.history.release("bench", "2.0", dist="acme-tool")
    assert set(index.failures()) == {"bench 1.0", "bench 2.0"}
    index.history.delete("tool")
    assert index.failures() == {}
    assert "acme-tool/acme_tool-2.0.tar.gz" in index.files


def test_of_two_folders_of_one_name_the_first_owns_it(index: Index) -> None:
    index.history.release("b/payroll", "1.0", dist="payroll")
    index.run()
    index.history.release("a/payroll", "2.0", dist="payroll")
    reason = index.failures()["payroll 2.0"]
    assert reason.endswith(
        "belongs to the folder b/payroll. If this project may publish under it too, set"
        " other-names = a/payroll payroll"
    )
    index.move("b", "c")
    index.history.release("a/payroll", "2.1", dist="payroll")
    assert set(index.failures()) == {"payroll 2.0", "payroll 2.1"}
    assert index.run("--other-names", "a/payroll payroll")["failed"] == []


def test_a_lost_catalog_changes_no_owner(index: Index) -> None:
    for version in ("1.9", "1.10"):
        index.history.release("tool", version, dist="acme-tool")
    index.history.release("payroll", "1.0")
    index.history.release("aaa", "9.0", dist="payroll")
    index.run("--other-names", "aaa payroll")
    index.history.release("aaa", "1.9", dist="acme-tool")
    index.history.release("aaa", "3.0", dist="acme-tool")
    index.history.release("aaa", "9.1", dist="payroll")
    refused = set(index.failures())
    assert refused == {"aaa 1.9", "aaa 3.0", "aaa 9.1"}
    before = index.files
    index.lose_catalog()
    index.history.release("tool", "1.11", dist="acme-tool")
    assert set(index.failures()) == refused
    assert index.files == sorted([*before, "acme-tool/acme_tool-1.11.tar.gz"])


def test_a_mixed_history_stays_and_is_told_once(index: Index) -> None:
    index.history.release("payroll", "1.0")
    index.history.release("aaa", "9.0", dist="payroll")
    assert index.run("--other-names", "aaa payroll")["warnings"] == []
    before = index.files
    (told,) = index.run()["warnings"]
    assert told.startswith(
        "payroll: releases of the folder aaa have this name, which belongs to the folder payroll"
    )
    assert told.endswith(LINE)
    index.history.release("payroll", "1.1")
    (index.folder / "payroll/payroll-9.0.tar.gz").unlink()
    again = index.run()
    assert (again["warnings"], again["failed"]) == ([], [])
    assert index.files == sorted([*before, "payroll/payroll-1.1.tar.gz"])


def test_a_version_is_not_handed_over_to_another_project(index: Index) -> None:
    index.history.add_tag("payroll", "2.0b1", setuptools_project("payroll", "2.0"))
    options = ("--version-mismatch", "publish-final", "--hand-over", "payroll==2.0")
    index.run(*options)
    before = (index.folder / "payroll/payroll-2.0.tar.gz").read_bytes()
    index.history.release("aaa", "2.0", dist="payroll")
    reason = index.failures(*options)["aaa 2.0"]
    assert "payroll-2.0.tar.gz was published from" in reason
    assert LINE in reason
    assert (index.folder / "payroll/payroll-2.0.tar.gz").read_bytes() == before


def test_a_project_whose_build_failed_at_first_has_its_name(index: Index) -> None:
    # The name is in its metadata, but the version is refused.
    index.history.add_tag("tool", "1.0b1", setuptools_project("acme-tool", "1.0"))
    index.run()
    index.history.release("tool", "1.1", dist="acme-tool")
    index.history.release("aaa", "2.0", dist="acme-tool")
    assert set(index.failures()) == {"aaa 2.0"}


def test_another_uuid_changes_no_owner(index: Index) -> None:
    index.history.release("tool", "1.0", dist="acme-tool")
    index.history.release("payroll", "1.0")
    index.run()
    subprocess.run(["svnadmin", "setuuid", index.history.folder], check=True)
    index.history.release("tool", "1.1", dist="acme-tool")
    index.history.release("payroll", "1.1")
    index.history.release("aaa", "2.0", dist="acme-tool")
    index.history.release("aaa", "2.1", dist="payroll")
    assert set(index.failures()) == {"aaa 2.0", "aaa 2.1"}


def test_setup_cfg_can_take_no_name(index: Index) -> None:
    index.history.release("payroll", "1.0")
    index.history.add_tag(
        "aaa",
        "9.0",
        {
            "setup.py": "from setuptools import setup\nsetup()\n",
            "setup.cfg": "[metadata]\nname = payroll\nversion = 9.0\n",
        },
    )
    assert LINE in index.failures()["aaa 9.0"]


def test_json_has_the_options_line(index: Index) -> None:
    index.history.release("payroll", "1.0")
    index.history.release("aaa", "9.0", dist="payroll")
    (failed,) = index.run()["failed"]
    log = Path(failed["log"]).read_text("utf-8")
    assert LINE in failed["reason"]
    assert LINE in log
    assert json.dumps(failed)
