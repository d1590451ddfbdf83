"""Folders that must not become an index are refused before anything is written; an index goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import Commands, index_files
from tests.support.history import History, tree
from tests.support.kept_index import KeptIndex
from tests.support.old_index import add_archive

pytestmark = pytest.mark.usefixtures("forked_commands")

PART = """\
[buildout]
parts = {parts}

[sdists]
recipe = sdistmaker_recipe
repository = {url}
destination = {destination}

[more]
recipe = sdistmaker_recipe
repository = {url}
script = more_sdists
destination = {more}
"""
ARCHIVE = "acme-greeting/acme_greeting-1.0.tar.gz"


@pytest.fixture
def released(history: History) -> History:
    """A history with one release."""
    history.release("acme.greeting", "1.0")
    return history


@pytest.mark.parametrize("more", [(), ("--dry-run",), ("--use-existing-folder", "true")])
@pytest.mark.parametrize("destination", ["/etc/packages", "link", "~"])
def test_a_folder_of_others_is_refused_by_every_run(
    released: History, commands: Commands, destination: str, more: tuple[str, ...]
) -> None:
    (commands.folder / "link").symlink_to("/etc")
    before = tree(commands.folder.parent)
    done = commands.sdists_from_tags("--repository", released.url, "--destination", destination, *more)
    assert done.status == 2, done.output
    assert done.stderr.startswith("error: options: destination = '")
    assert "Choose a" in done.stderr
    assert tree(commands.folder.parent) == before
    assert not Path("/etc/packages-state").exists()


def test_a_folder_with_other_files_is_taken_with_an_option(released: History, commands: Commands) -> None:
    index = KeptIndex(commands, released)
    index.folder.mkdir()
    (index.folder / "passwords.txt").write_text("secret")
    refused = commands.sdists_from_tags(*index.options)
    assert refused.status == 2, refused.output
    assert "such as passwords.txt" in refused.stderr
    assert "set use-existing-folder = true" in refused.stderr
    assert not index.state.exists()
    assert index.run("--use-existing-folder", "true")["exit_status"] == 0
    assert (index.folder / "passwords.txt").read_text() == "secret"
    # From now on it is an index.
    assert index.run()["exit_status"] == 0


def test_the_output_of_sdistmaker_1_4_needs_no_option(released: History, commands: Commands) -> None:
    index = KeptIndex(commands, released)
    add_archive(index.folder / "acme.greeting/acme.greeting-0.9.tar.gz", "acme.greeting", "0.9")
    (index.folder / "README").write_text("All our releases.")
    report = index.run()
    assert (report["exit_status"], report["warnings"]) == (0, [])
    assert len(report["adopted"]) == 1


def test_an_index_in_a_dangerous_place_goes_on_and_is_told_once(
    released: History, commands: Commands
) -> None:
    index = KeptIndex(commands, released)
    assert index.run()["warnings"] == []
    # As a version that did not look at the place left it.
    index.query("DELETE FROM note WHERE name = 'destination'")
    commands = Commands(commands.folder, {**commands.environment, "HOME": str(index.folder)})
    index = KeptIndex(commands, released)
    released.release("acme.greeting", "1.1")
    (index.folder / "passwords.txt").write_text("secret")
    first, second = index.run(), index.run()
    (warning,) = first["warnings"]
    assert "is the home folder of an account. The index goes on" in warning
    assert len(first["published"]) == 1
    assert (second["exit_status"], second["warnings"]) == (0, [])


@pytest.mark.parametrize("destination", [".", "/etc/packages", "bin"])
def test_buildout_refuses_and_writes_no_script(
    released: History, commands: Commands, destination: str
) -> None:
    config = PART.format(parts="sdists", url=released.url, destination=destination, more="other")
    done = commands.buildout(config)
    assert done.status == 1
    assert "destination = " in done.output
    assert "An internal error" not in done.output
    assert not (commands.folder / "bin/sdists_from_tags").exists()


@pytest.mark.parametrize(
    ("more", "how"),
    [
        ("./var/../var/index", "have the same destination"),
        ("var/link", "is that of"),
        ("var/index/more", "index of"),
        ("var/index-state", "state folder"),
    ],
)
def test_buildout_refuses_two_parts_in_each_others_way(
    released: History, commands: Commands, more: str, how: str
) -> None:
    (commands.folder / "var").mkdir()
    (commands.folder / "var/link").symlink_to("index")
    config = PART.format(parts="sdists more", url=released.url, destination="var/index", more=more)
    done = commands.buildout(config)
    assert done.status == 1, done.output
    assert how in done.output
    assert "An internal error" not in done.output
    assert not (commands.folder / "var/index").exists()


def test_buildout_takes_a_folder_with_other_files_with_the_option(
    released: History, commands: Commands
) -> None:
    (commands.folder / "index").mkdir()
    (commands.folder / "index/notes.txt").write_text("mine")
    config = PART.format(parts="sdists", url=released.url, destination="index", more="other")
    assert "set use-existing-folder = true" in commands.buildout(config).output
    done = commands.buildout(config.replace("= index\n", "= index\nuse-existing-folder = true\n"))
    assert done.status == 0, done.output
    assert index_files(commands.folder / "index") == [ARCHIVE]
