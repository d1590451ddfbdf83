"""A catalog that was lost or damaged is made again of the index and the repository; little is built."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.support.commands import Commands
from tests.support.history import History, setuptools_project, tree
from tests.support.kept_index import KeptIndex
from tests.support.old_index import add_archive

pytestmark = pytest.mark.usefixtures("forked_commands")

BROKEN = {"setup.py": "raise RuntimeError('no such luck')\n"}
STATIC = """\
[build-system]
requires = ["flit_core"]
build-backend = "flit_core.buildapi"
[project]
name = "{name}"
version = "{version}"
description = "Told once"
requires-python = ">=3.8"
"""
OPTIONS = (
    *("--browse-url", "https://svn.example.com/browse/{path}?rev={revision}"),
    *("--index-url", "https://packages.example.com/", "--yank", "flitted==0.9 too early"),
)


def flit_project(name: str, version: str) -> dict[str, str]:
    """A project whose metadata may be served: nothing in it is dynamic."""
    return {
        "pyproject.toml": STATIC.format(name=name, version=version),
        f"{name}.py": '"""It."""\n',
        "PKG-INFO": "",
    }


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, commands_of_module: Commands) -> KeptIndex:
    """Several projects: dotted names, metadata files, archives of 1.4, tags that failed or are gone."""
    history = History(tmp_path_factory.mktemp("history") / "repository")
    index = KeptIndex(commands_of_module, history, OPTIONS)
    history.release("Acme.Greeting", "1.0")
    history.release("acme_tools", "1.0")
    history.release("acme_tools", "1.1")
    history.add_tag("flitted", "0.9", flit_project("flitted", "0.9"))
    history.add_tag("flitted", "1.0", flit_project("flitted", "1.0"))
    history.add_tag("Acme.Greeting", "2.0", BROKEN)
    history.add_tag("hopeless", "1.0", BROKEN)
    add_archive(index.folder / "Acme.Greeting/Acme.Greeting-0.9.zip", "Acme.Greeting", "0.9")
    add_archive(index.folder / "Old_Times/Old_Times-0.1.tar.gz", "Old_Times", "0.1")
    assert len(index.run()["published"]) == 5
    history.release("acme_tools", "1.2")
    assert len(index.run()["published"]) == 1
    return index


@pytest.fixture
def index(original: KeptIndex, commands: Commands) -> KeptIndex:
    """A copy of it that a test can do away with."""
    return original.copied_to(commands)


def lose_file(index: KeptIndex) -> None:
    index.catalog.unlink()


def lose_folder(index: KeptIndex) -> None:
    shutil.rmtree(index.state)


def overwrite(index: KeptIndex) -> None:
    index.catalog.write_bytes(b"<html>This is no database at all.</html>" * 100)


def overwrite_pages(index: KeptIndex) -> None:
    content = bytearray(index.catalog.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    index.catalog.write_bytes(content)


def overwrite_a_time(index: KeptIndex) -> None:
    index.query("UPDATE release_file SET upload_time = 'once' WHERE project = 'flitted'")


def drop_a_table(index: KeptIndex) -> None:
    index.query("DROP TABLE seen_folder")


def damage_the_schema(index: KeptIndex) -> None:
    content = index.catalog.read_bytes()
    assert content.count(b"CREATE TABLE failure") == 1
    index.catalog.write_bytes(content.replace(b"CREATE TABLE failure", b"CREATE TABL\xc3\x28failure"))


DAMAGE = [overwrite, overwrite_pages, overwrite_a_time, drop_a_table, damage_the_schema]


@pytest.mark.parametrize("harm", [lose_file, lose_folder, *DAMAGE])
def test_the_index_is_as_it_was(index: KeptIndex, harm: Callable[[KeptIndex], None]) -> None:
    before, times = tree(index.folder), index.times()
    harm(index)
    report = index.run("--full-scan")
    assert report["published"] == []
    assert sorted(each["tag"] for each in report["failed"]) == ["1.0", "2.0"]
    assert len(report["adopted"]) == 8
    assert (report["left_alone"], report["yanked"], report["restored"]) == ([], [], [])
    assert tree(index.folder) == before
    assert index.times() == times

    again = index.run()
    assert (again["adopted"], again["published"], again["failed"]) == ([], [], [])
    assert len(again["still_failing"]) == 2
    assert tree(index.folder) == before


def test_what_the_pages_list_is_built_again_where_something_else_is_there(index: KeptIndex) -> None:
    before = tree(index.folder)
    path = "acme-tools/acme_tools-1.1.tar.gz"
    add_archive(index.folder / path, "acme_tools", "1.1")
    changed = (index.folder / path).read_bytes()
    lose_folder(index)
    dry = index.run("--full-scan", "--dry-run")
    assert [each["tag"] for each in dry["to_build"] if each["project"] == "acme_tools"] == ["1.1"]
    assert (index.folder / path).read_bytes() == changed
    report = index.run("--full-scan")
    (left,) = report["left_alone"]
    assert left["file"] == path
    assert f"is not what acme-tools/index.json lists; is moved to {index.aside / path}" in left["reason"]
    (published,) = report["published"]
    assert (published["filename"], published["warnings"]) == ("acme_tools-1.1.tar.gz", [])
    assert (index.aside / path).read_bytes() == changed
    now = tree(index.folder)
    # The release is as new as its tag again.
    pages = {"acme-tools/index.json", "acme-tools/about.html", "acme-tools/about-1.1.html"}
    pages |= {"about.html", "releases.atom"}
    assert {each for each in before.keys() | now.keys() if before.get(each) != now.get(each)} <= pages
    assert index.run("--adopt")["left_alone"] == []


def test_what_no_tag_builds_again_is_not_taken_over_for_what_the_pages_list(index: KeptIndex) -> None:
    path = "old-times/old_times-0.1.tar.gz"
    for name in (path, "Old_Times/Old_Times-0.1.tar.gz"):
        add_archive(index.folder / name, "Old_Times", "0.1", more="Author: another\n")
    lose_folder(index)
    assert len(index.run("--full-scan")["left_alone"]) == 2
    assert not (index.folder / "old-times/index.json").exists()
    assert index.run("--adopt")["adopted"] == []
    assert (index.folder / "old-times").is_dir()


@pytest.mark.parametrize("harm", DAMAGE)
def test_a_damaged_catalog_is_kept_and_told_of(index: KeptIndex, harm: Callable[[KeptIndex], None]) -> None:
    harm(index)
    damaged = index.catalog.read_bytes()
    dry = index.run("--dry-run")
    assert "a run would move it aside" in dry["warnings"][0]
    assert len(dry["adopted"]) == 8
    assert index.catalog.read_bytes() == damaged

    done = index.commands.sdists_from_tags(*index.options, "--full-scan")
    assert f"warning: {index.catalog}: " in done.stdout
    assert "it is moved to" in done.stdout
    (aside,) = index.state.glob("catalog-*-damaged.sqlite3")
    # A run works with a catalog until it notices.
    assert harm is overwrite_a_time or aside.read_bytes() == damaged
    assert "moved" not in index.commands.sdists_from_tags(*index.options).stdout


@pytest.mark.parametrize("value", ["'never'", "X'ff'", "7"])
def test_damage_of_what_the_last_scan_saw_is_recognised(index: KeptIndex, value: str) -> None:
    index.run()
    index.query(f"UPDATE seen_tag SET time = {value}")
    dry = index.run("--dry-run")
    assert "a run would move it aside" in dry["warnings"][0]
    assert len(dry["adopted"]) == 8


def test_a_catalog_of_a_newer_version_is_left_where_it_is(index: KeptIndex) -> None:
    index.query("PRAGMA user_version = 1000")
    before = index.catalog.read_bytes()
    done = index.commands.sdists_from_tags(*index.options)
    assert (done.status, "A newer sdistmaker_recipe wrote it" in done.stderr) == (3, True)
    assert index.catalog.read_bytes() == before


def test_a_catalog_that_is_in_use_is_left_where_it_is(index: KeptIndex) -> None:
    with closing(sqlite3.connect(index.catalog)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        done = index.commands.sdists_from_tags(*index.options)
    assert (done.status, "locked" in done.stderr, "Try again later." in done.stderr) == (3, True, True)
    assert list(index.state.glob("*damaged*")) == []


def test_a_release_whose_tag_is_gone_stays_withdrawn_until_it_is_back(index: KeptIndex) -> None:
    index.history.delete("acme_tools/tags/1.0")
    assert [each["reason"] for each in index.run()["yanked"]] == ["tag deleted in r9"]
    before = (index.folder / "acme-tools/index.json").read_bytes()
    lose_folder(index)
    report = index.run()
    assert (report["yanked"], report["restored"]) == ([], [])
    assert (index.folder / "acme-tools/index.json").read_bytes() == before

    index.history.add_tag("acme_tools", "1.0", setuptools_project("acme_tools", "1.0"))
    report = index.run()
    assert [each["reason"] for each in report["restored"]] == ["its tag is there again"]
    assert report["published"] == []


def test_names_that_were_private_stay_so(index: KeptIndex) -> None:
    assert (index.folder / "hopeless").is_dir()
    lose_folder(index)
    index.run()
    assert (index.folder / "hopeless").is_dir()


def test_a_repository_with_another_uuid_is_the_same(index: KeptIndex) -> None:
    index.run()
    before, times = tree(index.folder), index.times()
    subprocess.run(["svnadmin", "setuuid", index.history.folder], check=True)
    failing = [each["tag"] for each in index.run("--dry-run")["to_build"]]
    assert sorted(failing) == ["1.0", "2.0"], "as for the first time"
    report = index.run()
    assert (report["published"], report["yanked"]) == ([], [])
    told = [line for line in report["warnings"] if "another UUID" in line]
    assert len(told) == 1
    assert "6 of its 6 releases were" in told[0]
    feed = "releases.atom"  # whose entries are known by origins
    assert {**tree(index.folder), feed: before[feed]} == before
    assert {path for path, time in index.times().items() if time != times[path]} == {str(index.folder / feed)}
    assert index.run()["warnings"] == []

    index.history.delete("acme_tools/tags/1.0")
    index.history.add_tag("acme_tools", "1.3", setuptools_project("acme_tools", "1.3"))
    report = index.run()
    assert [each["version"] for each in report["yanked"]] == ["1.0"]
    assert [each["version"] for each in report["published"]] == ["1.3"]


def test_a_tag_whose_folder_is_named_other_than_its_project_is_built_once_more(index: KeptIndex) -> None:
    index.history.release("renamed", "1.0", dist="another.name")
    index.run()
    before, times = tree(index.folder), index.times()
    lose_folder(index)
    done = index.commands.sdists_from_tags(*index.options)
    assert "kept another_name-1.0.tar.gz from renamed 1.0" in done.stdout
    assert "0 published, 1 kept, " in done.stdout
    assert tree(index.folder) == before
    assert index.times() == times
    assert index.run()["published"] == []
