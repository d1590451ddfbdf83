"""Names of projects of which nothing is published are kept private, as web servers see it."""

from __future__ import annotations

import http.client
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.history import SETUP, History
from tests.support.process import LOOPBACK
from tests.support.sites import SERVERS, PrivateIndex
from tests.support.svndump import Change

pytestmark = pytest.mark.usefixtures("forked_commands")

NO_VERSION = "from setuptools import setup\nsetup(name='Acme.Versionless', py_modules=['m'])\n"
LACKING = "open('needed')\n" + SETUP.format(name="Acme.Lacking", version="1.0", module="m", requires=[])
OTHER_VERSION = SETUP.format(name="Acme.Secret", version="1.0", module="m", requires=[])
BROKEN = "raise SystemExit(1)\n"
PRIVATE = {"secret", "acme-secret", "versionless", "acme-versionless", "lacking", "acme-lacking"}
PRIVATE |= {"my-tool", "under", "tool", "planned", "undecided"}
OPTIONS = ("--version-mismatch", "refuse", "--include-versioned-files", "never", "--verify-builds", "always")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, cache: Path, public: str) -> PrivateIndex:
    """Tags that build, and of which nothing is published all the same; and projects without a release tag."""
    made = PrivateIndex.below(tmp_path_factory.mktemp("private"), cache, public, *OPTIONS)
    tags = {"secret": OTHER_VERSION, "versionless": NO_VERSION, "lacking": LACKING}
    tags |= dict.fromkeys(["My Tool", "_under", "tool_"], BROKEN)
    for project, setup in tags.items():
        made.history.add_tag(project, "2.0", {"setup.py": setup, "m.py": "", "needed": ""})
    made.history.commit([Change("add", path, "dir") for path in ("planned", "planned/trunk")])
    made.history.add_tag("undecided", "snapshot", {"setup.py": BROKEN})
    made.update(status=1)
    return made


def test_names_of_folders_and_those_that_metadata_told_have_markers(index: PrivateIndex) -> None:
    assert {path.name for path in index.folder.iterdir() if path.is_dir()} == PRIVATE


@pytest.mark.parametrize("server", SERVERS)
def test_servers_redirect_no_such_name(server: str, index: PrivateIndex, tmp_path: Path) -> None:
    with SERVERS[server](index, tmp_path) as running:
        statuses = {name: _status(running.port, name) for name in (*PRIVATE, "stranger")}
    assert statuses == {**dict.fromkeys(PRIVATE, 404), "stranger": 302}


def test_a_guess_from_a_folder_is_taken_back_once_metadata_says_another_name(
    history: History, commands: Commands
) -> None:
    arguments = ("--repository", history.url, "--destination", "index")
    history.add_tag("My Tool", "1.0", {"setup.py": BROKEN})
    (failed,) = commands.report(*arguments)["failed"]
    assert failed["project"] == "My Tool"
    index = commands.folder / "index"
    assert (index / "my-tool").is_dir()
    assert 'id="project-my-tool"' in (index / "failed.html").read_text("utf-8")
    # That one is settled does not settle the other of the same name.
    history.release("my-tool", "1.0", dist="acme-tool")
    commands.report(*arguments)
    assert {path.name for path in index.iterdir() if path.is_dir()} == {"acme-tool", "my-tool"}
    history.delete("My Tool/tags/1.0")
    history.release("My Tool", "1.1", dist="acme-tool")
    commands.report(*arguments)
    assert {path.name for path in index.iterdir() if path.is_dir()} == {"acme-tool"}


def _status(port: int, name: str) -> int:
    with closing(http.client.HTTPConnection(LOOPBACK, port, timeout=10)) as connection:
        connection.request("GET", f"/{name}/")
        return connection.getresponse().status
