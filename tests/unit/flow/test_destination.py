"""A folder that must not become an index is refused, and an index that is there goes on."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.declaration import Door
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.configuration.parsing import Layer, configure
from sdistmaker_recipe.errors import ConfigurationError
from sdistmaker_recipe.flow import destination
from sdistmaker_recipe.flow.destination import dangers, overlap
from tests.support.old_index import add_archive


def configuration(path: Path | str, base: Path = Path("/srv"), **more: str) -> Configuration:
    options = {"--destination": str(path), **{f"--{name.replace('_', '-')}": more[name] for name in more}}
    return configure([Layer("command line", Door.FLAG, options)], base)


def refusal(path: Path | str, base: Path = Path("/srv"), buildout: Path | None = None, **more: str) -> str:
    """The message that refuses a destination, "" if it is not refused."""
    try:
        destination.check(configuration(path, base, **more), buildout)
    except ConfigurationError as error:
        found = error
    else:
        return ""
    (problem,) = found.problems
    assert (found.exit_status, problem.option) == (2, "destination")
    return problem.message


def make_index(folder: Path) -> Path:
    folder.mkdir(parents=True)
    state = folder.with_name(f"{folder.name}-state")
    state.mkdir()
    (state / "catalog.sqlite3").touch()
    return folder


def file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    return path


class TestAPlace:
    @pytest.mark.parametrize(
        "path",
        [
            "/etc",
            "/etc/x",
            "x/../../etc/x",
            "../etc",
            "/srv/",
            "/usr/lib/x",
            "/proc/self/cwd/x",
            "/bin",
            "/home",
        ],
    )
    def test_of_the_system_is_refused(self, path):
        assert "a folder of the system. Choose" in refusal(path)

    @pytest.mark.parametrize("path", ["new", "/opt/new", "/var/www/new", "~/new"])
    def test_below_a_folder_for_such_things_is_not(self, path):
        assert refusal(path) == ""

    def test_behind_a_link_is_refused(self, tmp_path):
        (tmp_path / "etc").symlink_to("/etc")
        (tmp_path / "link").symlink_to("etc/new")
        assert "is in /etc, a folder of the system" in refusal(tmp_path / "link")
        assert "is in /etc, a folder of the system" in refusal(tmp_path / "etc/new/index")

    def test_is_refused_with_the_option_too(self):
        assert "is /etc" in refusal("/etc", use_existing_folder="true")

    def test_that_is_a_home_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        assert "is the home folder of an account. Choose a new folder" in refusal(tmp_path)
        assert "home folder" in refusal("~")
        assert refusal("~/packages") == ""

    @pytest.mark.parametrize("find", ["getpwuid", "getpwnam"])
    def test_that_is_the_home_of_another_account_is_refused(self, tmp_path, monkeypatch, find):
        account = pwd.struct_passwd(("alice", "x", 1, 1, "", str(tmp_path / "alice"), "/bin/sh"))
        monkeypatch.setattr(pwd, find, lambda _: account)
        (tmp_path / "alice").mkdir()
        assert "home folder" in refusal(tmp_path / "alice")

    @pytest.mark.skipif(os.getuid() != 0, reason="only root may look into its home")
    def test_that_is_the_home_of_root_is_refused(self):
        assert "home folder" in refusal("/root")

    def test_with_secrets_of_an_account_is_refused(self, tmp_path):
        assert "secrets" in refusal(tmp_path / ".ssh/packages")

    def test_in_another_index_or_its_state_is_refused(self, tmp_path):
        make_index(tmp_path / "one")
        assert f"is in {tmp_path}/one, another index" in refusal(tmp_path / "one/two")
        assert "is the state folder of an index" in refusal(tmp_path / "one-state")
        assert f"is in {tmp_path}/one-state, the state folder" in refusal(tmp_path / "one-state/aside/two")

    def test_that_is_a_link_to_another_index_is_refused(self, tmp_path):
        make_index(tmp_path / "one")
        (tmp_path / "two").symlink_to("one")
        assert "another index" in refusal(tmp_path / "two")

    def test_around_another_index_is_refused(self, tmp_path):
        make_index(tmp_path / "all/of/one")
        for path in ("all", "all/of"):
            assert f"holds another index, {tmp_path}/all/of/one" in refusal(tmp_path / path)

    def test_beside_another_index_is_not(self, tmp_path):
        make_index(tmp_path / "one")
        assert refusal(tmp_path / "two") == ""

    def test_in_a_repository_is_refused(self, tmp_path):
        for name in ("format", "db/x", "hooks/x", "conf/x"):
            file(tmp_path / "svn" / name)
        assert "repository of version control" in refusal(tmp_path / "svn/index")
        assert "folder of version control" in refusal(tmp_path / "work/.git/index")

    def test_linked_into_its_own_state_is_refused(self, tmp_path):
        (tmp_path / "index").symlink_to("index-state/files")
        assert "is in its own state folder" in refusal(tmp_path / "index")

    def test_with_its_state_linked_into_it_is_refused(self, tmp_path):
        (tmp_path / "index-state").symlink_to("index/state")
        assert "holds its own state folder" in refusal(tmp_path / "index")

    def test_with_its_state_linked_into_the_system_is_refused(self, tmp_path):
        (tmp_path / "index-state").symlink_to("/etc/state")
        assert "has a state folder beside it that is in /etc" in refusal(tmp_path / "index")

    @pytest.mark.parametrize(("index", "environments"), [("x", "x/y"), ("x/y", "x"), ("x", "x")])
    def test_that_mixes_with_build_environments_is_refused(self, tmp_path, index, environments):
        found = refusal(tmp_path / index, environments=str(tmp_path / environments))
        assert "in one another" in found

    @pytest.mark.parametrize("path", [".", "..", "../buildout"])
    def test_that_holds_the_buildout_is_refused(self, tmp_path, path):
        folder = tmp_path / "buildout"
        folder.mkdir()
        assert f"holds the buildout, {folder}" in refusal(path, folder, buildout=folder)
        assert refusal("var/private", folder, buildout=folder) == ""


class TestWhatAFolderHolds:
    def test_makes_it_refused_if_it_is_no_index(self, tmp_path):
        file(tmp_path / "index/backup/db.sql")
        found = refusal(tmp_path / "index")
        assert "such as backup/db.sql, and no source distribution" in found
        assert "set use-existing-folder = true" in found
        assert refusal(tmp_path / "index", use_existing_folder="true") == ""

    def test_is_taken_over_if_there_are_archives(self, tmp_path):
        file(tmp_path / "index/notes.txt")
        add_archive(tmp_path / "index/Plain/Plain-1.0.tar.gz", "Plain", "1.0")
        assert refusal(tmp_path / "index") == ""

    def test_counts_in_a_document_root_even_with_archives(self, tmp_path):
        root = tmp_path / "htdocs"
        add_archive(root / "Plain/Plain-1.0.tar.gz", "Plain", "1.0")
        assert refusal(root) == ""
        file(root / "welcome.html")
        assert "is a document root of a web server, and holds files" in refusal(root)
        assert refusal(root, use_existing_folder="true") == ""

    @pytest.mark.parametrize("name", [".git", ".svn", ".hg", "buildout.cfg", "setup.py"])
    def test_may_be_a_working_copy_or_sources(self, tmp_path, name):
        add_archive(tmp_path / "index/dist/plain-1.0.tar.gz", "plain", "1.0")
        file(tmp_path / "index" / name)
        assert f"it holds {name}" in refusal(tmp_path / "index")
        assert refusal(tmp_path / "index", use_existing_folder="true") == ""

    def test_may_be_nothing(self, tmp_path):
        (tmp_path / "index").mkdir()
        assert refusal(tmp_path / "index") == ""

    def test_that_cannot_be_read_is_told_by_the_run(self, tmp_path):
        assert refusal(file(tmp_path / "index")) == ""


class TestAnIndex:
    def test_goes_on_wherever_it_is(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path / "index"))
        file(make_index(tmp_path / "index") / "passwords.txt")
        assert refusal(tmp_path / "index") == ""
        (warning,) = dangers(configuration(tmp_path / "index"))
        assert "is the home folder of an account. The index goes on" in warning

    def test_goes_on_after_its_catalog_was_damaged(self, tmp_path):
        file(make_index(tmp_path / "index") / "passwords.txt")
        state = tmp_path / "index-state"
        (state / "catalog.sqlite3").rename(state / "catalog-20260101T000000Z-damaged.sqlite3")
        assert refusal(tmp_path / "index") == ""

    def test_in_an_ordinary_place_is_no_danger(self, tmp_path):
        file(make_index(tmp_path / "index") / ".git/config")
        assert dangers(configuration(tmp_path / "index")) == ()

    def test_below_a_document_root_shows_its_state(self, tmp_path):
        (warning,) = dangers(configuration(make_index(tmp_path / "htdocs/index")))
        assert f"are below {tmp_path}/htdocs, a document root" in warning
        assert dangers(configuration("/var/www/packages")) == ()


@pytest.fixture
def at(tmp_path: Path) -> Callable[[str], Path]:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    return tmp_path.joinpath


@pytest.mark.parametrize(
    ("mine", "other", "how"),
    [
        ("link", "real", "is that"),
        ("link/a", "real/a", "is that"),
        ("real/a", "real", "is in the index"),
        ("real", "link/a", "holds the index"),
        ("real-state", "real", "is in the state folder"),
        ("real/a-state/b", "link/a", "is in the state folder"),
        ("real", "real-state", "has a state folder that is, or holds, the index"),
        ("real", "real-state/b", "has a state folder that is, or holds, the index"),
        ("real", "real-2", ""),
        ("link/a", "real/b", ""),
    ],
)
def test_two_destinations_are_in_each_others_way(at, mine, other, how):
    assert overlap(at(mine), at(other)) == how
