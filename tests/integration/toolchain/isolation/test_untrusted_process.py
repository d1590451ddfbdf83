"""Programs that are not trusted: run to their end or to the end of their time, with all they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.isolation import untrusted_process
from sdistmaker_recipe.toolchain.isolation.untrusted_process import FinishedProcess, read_log

LIMIT = 256 * 1024
SOON = 3.0
"""So many seconds are enough for a shell to start, also on a busy machine."""


@pytest.fixture
def run(tmp_path):
    """Run a shell script in an empty folder with an empty environment."""

    def start(script: str, timeout: float = 30, environment: dict[str, str] | None = None) -> FinishedProcess:
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        command = ["/bin/sh", "-c", script]
        return untrusted_process.run(
            command, cwd=work, environment=environment or {}, timeout=timeout, log=tmp_path / "log"
        )

    return start


class Witness:
    """A named pipe: the kernel knows whether any process still has it open for writing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self._reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def close(self) -> None:
        os.close(self._reader)

    def read_to_the_end(self) -> bytes:
        """All that was written, once every writer is gone; fails when one stays alive."""
        deadline = time.monotonic() + 10
        found = b""
        while time.monotonic() < deadline:
            try:
                block = os.read(self._reader, 4096)
            except BlockingIOError:
                time.sleep(0.01)
                continue
            if not block:
                return found
            found += block
        pytest.fail("a process is still alive")


@pytest.fixture
def witness(tmp_path):
    made = Witness(tmp_path / "pipe")
    yield made
    made.close()


class TestRun:
    def test_gives_status_and_all_output(self, run):
        assert run("echo one; echo two >&2; exit 3") == FinishedProcess(3, "one\ntwo\n")

    def test_gives_a_negative_status_for_a_signal(self, run):
        assert run("kill -TERM $$").status == -signal.SIGTERM

    def test_works_in_the_folder_given(self, run, tmp_path):
        assert run("pwd").output == f"{(tmp_path / 'work').resolve()}\n"

    def test_gives_the_program_the_environment_given_and_nothing_of_ours(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SVN_PASSWORD", "hunter2")
        code = "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))"
        finished = untrusted_process.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            environment={"A": "1"},
            timeout=30,
            log=tmp_path / "log",
        )
        assert finished.output == "['A']\n"

    def test_gives_the_program_nothing_to_read(self, run):
        assert run("cat; echo end") == FinishedProcess(0, "end\n")

    def test_never_passes_a_command_through_a_shell(self, tmp_path):
        finished = untrusted_process.run(
            ["/bin/echo", "$(id)", "; exit 1", "*"],
            cwd=tmp_path,
            environment={},
            timeout=30,
            log=tmp_path / "log",
        )
        assert finished == FinishedProcess(0, "$(id) ; exit 1 *\n")

    def test_adds_to_the_log(self, run):
        run("echo one")
        assert run("echo two").output == "one\ntwo\n"

    def test_shows_output_that_is_not_utf_8(self, run):
        assert run(r"printf 'Z\344hler'").output == "Z\ufffdhler"

    def test_fails_at_once_where_there_is_no_such_program(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            untrusted_process.run(
                ["/no/such/program"], cwd=tmp_path, environment={}, timeout=30, log=tmp_path / "log"
            )


class TestTimeout:
    def test_has_no_status_but_what_was_printed_by_then(self, run):
        begin = time.monotonic()
        assert run("echo begun; exec sleep 60", timeout=SOON) == FinishedProcess(None, "begun\n")
        assert time.monotonic() - begin < 50

    def test_ends_grandchildren_too(self, run, witness):
        script = f"exec 9> {witness.path}; sh -c 'echo grandchild >&9; sleep 20; echo more >&9' & wait"
        assert run(script, timeout=SOON).status is None
        assert witness.read_to_the_end() == b"grandchild\n"

    def test_ends_programs_that_will_not_be_told(self, run, witness):
        script = f"exec 9> {witness.path}; trap '' TERM INT HUP; echo stubborn >&9; sleep 20; sleep 20"
        assert run(script, timeout=SOON).status is None
        assert witness.read_to_the_end() == b"stubborn\n"

    def test_is_none_for_a_program_that_ends_in_time(self, run):
        assert run("sleep 0.05", timeout=30).status == 0


class TestLeftBehind:
    def test_children_end_with_their_program(self, run, witness):
        begin = time.monotonic()
        assert run(f"exec 9> {witness.path}; sleep 20 & echo begun >&9").status == 0
        assert witness.read_to_the_end() == b"begun\n"
        assert time.monotonic() - begin < 15

    def test_children_end_when_waiting_is_interrupted(self, run, witness, monkeypatch):
        wait = subprocess.Popen.wait

        def interrupted(self: subprocess.Popen[bytes], timeout: float | None = None) -> int:
            if timeout is not None:
                time.sleep(0.2)
                raise KeyboardInterrupt
            return wait(self)

        monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(f"exec 9> {witness.path}; sleep 20 & sleep 20")
        assert witness.read_to_the_end() == b""


class TestLog:
    def test_that_is_long_is_cut_in_the_middle(self, run):
        output = run("echo first; head -c 600000 /dev/zero | tr '\\0' x; echo; echo last").output
        assert output.startswith("first\nxxx")
        assert output.endswith("xxx\nlast\n")
        assert f"\n... {600_012 - LIMIT} bytes left out ...\n" in output
        assert len(output) < LIMIT + 100

    def test_that_just_fits_is_whole(self, tmp_path):
        path = tmp_path / "log"
        path.write_bytes(b"x" * LIMIT)
        assert read_log(path) == "x" * LIMIT
        path.write_bytes(b"x" * (LIMIT + 1))
        assert "... 1 bytes left out ..." in read_log(path)

    def test_that_is_cut_within_a_character_is_still_text(self, tmp_path):
        path = tmp_path / "log"
        path.write_bytes(b"x" + "ä".encode() * LIMIT)
        assert "bytes left out" in read_log(path)
