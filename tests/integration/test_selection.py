"""Which release a client takes: by date, hash, yanked state and Python, and when one of ours appears."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import pytest

from tests.support.clients import commands_of_user
from tests.support.commands import Commands, Done, program
from tests.support.history import SETUP
from tests.support.httpd import Httpd, make_passable
from tests.support.process import LOOPBACK
from tests.support.sites import PrivateIndex

YEARS = {"1.0": 2020, "2.0": 2022, "3.0": 2024}
BETWEEN = "2023-01-01T00:00:00Z"
WITHDRAWN = "Loses <data>"
FUTURE = "python_requires='>=3.99'"


def tag_files(name: str, version: str, more: str = "") -> dict[str, str]:
    """A project of one module, whose metadata say all that a client wants to know (PEP 643)."""
    setup = SETUP.format(name=name, version=version, module=name, requires=[])
    return {"setup.py": setup.replace(")\n", f", {more})\n", 1) if more else setup, f"{name}.py": ""}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, cache: Path, public: str) -> PrivateIndex:
    """Three projects with a release that is not for everybody."""
    made = PrivateIndex.below(
        tmp_path_factory.mktemp("private"), cache, public, "--yank", f"hasty==1.1 {WITHDRAWN}"
    )
    for version, year in YEARS.items():
        date = datetime(year, 5, 1, tzinfo=timezone.utc)
        made.history.add_tag("ledger", version, tag_files("ledger", version), date=date)
    for version, more in (("1.0", ""), ("2.0", FUTURE)):
        made.history.add_tag("modern", version, tag_files("modern", version, more))
    for version in ("1.0", "1.1"):
        made.history.add_tag("hasty", version, tag_files("hasty", version))
    made.update()
    return made


@pytest.fixture(scope="module")
def url(index: PrivateIndex, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of that index, served by Apache."""
    with index.apache(tmp_path_factory.mktemp("apache")) as server:
        yield server.url


@pytest.fixture
def user(tmp_path: Path, url: str) -> Commands:
    """Runs programs for somebody who uses that index."""
    return commands_of_user(tmp_path, url)


Choose = Callable[..., Done]


def pip(commands: Commands, index: str, *arguments: str | Path) -> Done:
    """Have pip say what it would install."""
    # pip keeps pages that came by plain http only where it is told to trust the host.
    options = ("--trusted-host", LOOPBACK, "--dry-run", "--index-url", f"{index}/")
    pip_for = (program("pip"), "--python", environment(commands))
    return commands.run(*pip_for, "install", *options, *arguments)


def uv(commands: Commands, index: str, *arguments: str | Path) -> Done:
    """Have uv say what it would install."""
    options = ("--dry-run", "--python", environment(commands), "--default-index", f"{index}/")
    return commands.run(program("uv"), "pip", "install", *options, *arguments)


def uv_configured(commands: Commands, configuration: Path, *arguments: str | Path) -> Done:
    """The same, with the index in a configuration file."""
    options = ("--dry-run", "--python", environment(commands), "--config-file", configuration)
    return commands.run(program("uv"), "pip", "install", *options, *arguments)


def environment(commands: Commands) -> Path:
    """The Python of an environment with nothing in it, made once."""
    python = commands.folder / "environment/bin/python"
    return python if python.exists() else commands.clean_python("environment")


BOTH = pytest.mark.parametrize("choose", [pip, uv])


def chosen(done: Done) -> list[str]:
    """What a client would install, as NAME-VERSION."""
    assert done.status == 0, done.output
    said = re.search("^Would install (.*-.*)$", done.stdout, re.MULTILINE)
    if said:
        return said[1].split()
    return [
        f"{name}-{version}" for name, version in re.findall(r"^ \+ (\S+)==(\S+)$", done.stderr, re.MULTILINE)
    ]


@BOTH
def test_the_newest_release_is_taken(choose: Choose, user: Commands, url: str) -> None:
    assert chosen(choose(user, url, "ledger")) == ["ledger-3.0"]


def test_pip_takes_what_was_uploaded_before_a_time(user: Commands, url: str) -> None:
    assert chosen(pip(user, url, "--uploaded-prior-to", BETWEEN, "ledger")) == ["ledger-2.0"]


def test_uv_takes_what_was_uploaded_before_a_time(user: Commands, url: str) -> None:
    assert chosen(uv(user, url, "--exclude-newer", BETWEEN, "ledger")) == ["ledger-2.0"]


@BOTH
def test_nothing_is_taken_that_was_uploaded_later(choose: Choose, user: Commands, url: str) -> None:
    option = "--uploaded-prior-to" if choose is pip else "--exclude-newer"
    done = choose(user, url, option, "2019-01-01T00:00:00Z", "ledger")
    assert done.status != 0
    assert "ledger" in done.output


@BOTH
def test_a_hash_that_is_required_is_met(
    choose: Choose, user: Commands, url: str, index: PrivateIndex
) -> None:
    page = json.loads((index.folder / "ledger/index.json").read_text("utf-8"))
    (digest,) = (file["hashes"]["sha256"] for file in page["files"] if "-2.0" in file["filename"])
    requirements = user.folder / "requirements.txt"
    requirements.write_text(f"ledger==2.0 --hash=sha256:{digest}\n", "utf-8")
    assert chosen(choose(user, url, "--require-hashes", "-r", requirements)) == ["ledger-2.0"]


@BOTH
def test_another_hash_is_refused(choose: Choose, user: Commands, url: str) -> None:
    requirements = user.folder / "requirements.txt"
    requirements.write_text(f"ledger==2.0 --hash=sha256:{'0' * 64}\n", "utf-8")
    done = choose(user, url, "--require-hashes", "-r", requirements)
    assert done.status != 0
    assert re.search("hash", done.output, re.IGNORECASE)


@BOTH
def test_a_yanked_release_is_taken_only_by_its_version(choose: Choose, user: Commands, url: str) -> None:
    assert chosen(choose(user, url, "hasty")) == ["hasty-1.0"]
    done = choose(user, url, "hasty==1.1")
    assert chosen(done) == ["hasty-1.1"]
    assert WITHDRAWN in done.output


@BOTH
def test_a_release_for_another_python_is_passed_over(choose: Choose, user: Commands, url: str) -> None:
    assert chosen(choose(user, url, "modern")) == ["modern-1.0"]
    refused = choose(user, url, "modern==2.0")
    assert refused.status != 0
    assert "3.99" in refused.output


# A private project appears where the public one was used

KEPT = """
<VirtualHost *>
    DocumentRoot "{folder}"
    Header set Cache-Control "max-age=1"
    <Location "/simple/stranger/">
        Header set Cache-Control "max-age=600"
    </Location>
</VirtualHost>
"""
"""Clients may keep the page of one project for a second, of the other for ten minutes."""
UV_TOLD = '[[index]]\nurl = "{url}/"\ndefault = true\ncache-control = {{ api = "no-cache" }}\n'


@dataclass(frozen=True)
class User:
    """Somebody with a cache, who asks one index."""

    choose: Choose
    commands: Commands
    index: str | Path

    def takes(self, *arguments: str) -> list[str]:
        return chosen(self.choose(self.commands, self.index, *arguments))


@pytest.fixture(scope="module")
def users(
    tmp_path_factory: pytest.TempPathFactory, cache: Path, public_folder: Path
) -> Iterator[dict[str, User]]:
    """Users who took two projects from the public index by way of ours, which has them itself since then."""
    folder = tmp_path_factory.mktemp("taken-over")
    files, public_server, server, *homes = (folder / name for name in ("files", "public", "apache", *"abc"))
    shutil.copytree(public_folder, files)
    for each in (public_server, server, *homes):
        each.mkdir()
    make_passable(files)
    with Httpd(public_server, KEPT.format(folder=files), ["headers"]) as public:
        # The repository has no release yet.
        index = PrivateIndex.below(folder, cache, f"{public.url}/simple", "--allow-empty")
        index.update()
        with index.apache(server) as apache:
            pip_user, uv_user, told = (commands_of_user(home, apache.url) for home in homes)
            configuration = told.folder / "uv.toml"
            configuration.write_text(UV_TOLD.format(url=apache.url), "utf-8")
            every = {
                "pip": User(pip, pip_user, apache.url),
                "uv": User(uv, uv_user, apache.url),
                "uv with cache-control": User(uv_configured, told, configuration),
            }
            for user in every.values():
                assert user.takes("shared", "stranger") == ["shared-9.0", "stranger-9.0"]
            index.history.release("shared", "1.0")
            index.history.release("stranger", "1.0")
            index.update()
            time.sleep(1.1)
            yield every


@pytest.mark.parametrize("client", ["pip", "uv with cache-control"])
def test_the_private_project_is_taken_at_once(client: str, users: dict[str, User]) -> None:
    assert users[client].takes("shared", "stranger") == ["shared-1.0", "stranger-1.0"]


def test_uv_takes_the_private_project_when_the_public_page_is_stale(users: dict[str, User]) -> None:
    assert users["uv"].takes("shared") == ["shared-1.0"]


def test_uv_keeps_the_public_page_as_long_as_it_may(users: dict[str, User]) -> None:
    """If it no longer does, docs/how-to/serve-with-apache.rst says too much."""
    assert users["uv"].takes("stranger") == ["stranger-9.0"]
    assert users["uv"].takes("--refresh-package", "stranger", "stranger") == ["stranger-1.0"]
