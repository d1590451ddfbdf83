"""A fork of the package's programs does what the program does, and only where it can."""

from __future__ import annotations

import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.commands import Commands, program
from tests.support.forked_commands import NAMES, ForkServer, can_fork
from tests.support.history import History
from tests.support.process import LOOPBACK

FORKED = str(program("sdists_from_tags"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "arguments", [("--version",), ("--help",), ("--nonsense",), ("file:///nowhere", "x")]
)
def test_a_fork_prints_and_returns_what_the_program_does(
    forks: ForkServer, commands: Commands, name: str, arguments: tuple[str, ...]
) -> None:
    started = commands.run(program(name), *arguments)
    words = [str(program(name)), *arguments]
    forked = forks.run(words, commands.folder, commands.environment, commands.timeout)
    assert (forked.returncode, forked.stdout, forked.stderr) == (
        started.status,
        started.stdout,
        started.stderr,
    )


def test_a_fork_has_the_folder_and_the_environment_that_it_is_given(
    forks: ForkServer, commands: Commands, history: History, tmp_path: Path
) -> None:
    history.release("ledger", "1.0")
    environment = {**commands.environment, "XDG_CACHE_HOME": str(tmp_path / "own cache")}
    words = [FORKED, "--repository", history.url, "--destination", "index", "--wheels", "none"]
    done = forks.run(words, commands.folder, environment, commands.timeout)
    assert done.returncode == 0, done.stderr
    assert (commands.folder / "index/ledger/ledger-1.0.tar.gz").exists()
    assert (tmp_path / "own cache").is_dir()


def test_what_python_or_a_build_could_see_starts_the_program(commands: Commands) -> None:
    usual = commands.environment
    assert can_fork([FORKED], usual)
    assert not can_fork([str(program("pip"))], usual)
    assert not can_fork(["/elsewhere/sdists_from_tags"], usual)
    for more in ({"TZ": "Asia/Kathmandu"}, {"PYTHONPATH": "x"}, {"SVN_SECRET": "x"}, {"LANG": "C"}):
        assert not can_fork([FORKED], {**usual, **more}), more


def test_a_fork_that_takes_too_long_is_ended(forks: ForkServer, commands: Commands) -> None:
    with socket.socket() as silent:
        silent.bind((LOOPBACK, 0))
        silent.listen()
        url = f"svn://{LOOPBACK}:{silent.getsockname()[1]}/x"
        words = [FORKED, "--repository", url, "--destination", "index"]
        with pytest.raises(subprocess.TimeoutExpired):
            forks.run(words, commands.folder, commands.environment, timeout=2)
        silent.setblocking(False)
        # On a busy machine it may have been ended before it connected.
        with suppress(BlockingIOError):
            peer, _ = silent.accept()
            with peer:
                peer.settimeout(60)
                while peer.recv(1 << 16):
                    pass
