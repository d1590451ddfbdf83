"""What goes wrong around a run: it is killed or interrupted, a tag cannot be read, the disk is full."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from tests.support.commands import WITHOUT_WHEELS, Commands, index_files, program
from tests.support.history import History, setuptools_project
from tests.support.svndump import Change

pytestmark = pytest.mark.usefixtures("forked_commands")

SLOW = "import time\ntime.sleep(600)\n"
ARGUMENTS = ("--destination", "index", "--jobs", "1")


def start(commands: Commands, *arguments: str, before: Sequence[str] = ()) -> subprocess.Popen[str]:
    """Start ``before`` and the command in a session of their own; the output is in the file output."""
    with (commands.folder / "output").open("w") as output:
        return subprocess.Popen(
            [*before, program("sdists_from_tags"), *arguments, *WITHOUT_WHEELS],
            cwd=commands.folder,
            env=dict(commands.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def processes_in(folder: Path) -> list[str]:
    """The command lines of all processes that have this folder in their environment or arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = str(folder).encode()
            if path.name != str(os.getpid()) and where in (path / "environ").read_bytes() + command.encode():
                found.append(command)
        except OSError:
            continue
    return found


def is_published(commands: Commands, filename: str) -> bool:
    """Whether the catalog has the release; its file is there a moment sooner."""
    catalog = commands.folder / "index-state/catalog.sqlite3"
    with closing(sqlite3.connect(f"{catalog.as_uri()}?mode=ro", uri=True)) as connection:
        query = "SELECT 1 FROM release WHERE filename = ?"
        return connection.execute(query, [filename]).fetchone() is not None


@pytest.fixture
def temporary() -> Iterator[Path]:
    """An empty folder with a short path, for sockets are in it."""
    with tempfile.TemporaryDirectory(prefix="t") as folder:
        yield Path(folder)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_run_that_is_ended_leaves_nothing_behind_and_the_next_one_repairs(
    history: History, commands: Commands, temporary: Path, number: signal.Signals
) -> None:
    commands = Commands(commands.folder, {**commands.environment, "TMPDIR": str(temporary)})
    history.release("aa", "1.0")
    assert commands.sdists_from_tags("--repository", history.url, *ARGUMENTS).status == 0
    history.release("aa", "1.1")
    history.add_tag("aa", "1.2", {"setup.py": SLOW})
    process = start(commands, "--repository", history.url, *ARGUMENTS)
    # aa 1.1 is published and its page is still to come, for another tag of the project is being built.
    wait_for(lambda: is_published(commands, "aa-1.1.tar.gz"))
    wait_for(lambda: len(processes_in(commands.folder.parent)) > 2)
    os.kill(process.pid, number)
    begun = time.monotonic()
    assert process.wait(30) == (-9 if number is signal.SIGKILL else 130)
    assert time.monotonic() - begun < 15
    wait_for(lambda: not processes_in(commands.folder.parent), 20)

    history.delete("aa/tags/1.2")
    again = commands.report("--repository", history.url, *ARGUMENTS)
    assert again["published"] == []
    assert "aa-1.1.tar.gz" in (commands.folder / "index/aa/index.html").read_text()
    assert list(commands.folder.glob("index/**/.*")) == []
    # Compiled templates are kept for all runs.
    assert [path.name for path in temporary.iterdir() if "jinja2-cache" not in path.name] == []


def test_a_first_run_that_is_killed_leaves_no_page_whose_links_lead_nowhere(
    history: History, commands: Commands
) -> None:
    history.release("aa", "1.0")
    history.add_tag("bb", "1.0", {"setup.py": SLOW})
    process = start(commands, "--repository", history.url, *ARGUMENTS)
    page = commands.folder / "index/aa/about.html"
    wait_for(page.exists)
    process.kill()
    process.wait(30)
    links = set(re.findall(r'(?:href|src)="(\.\./[^"#?]*|[^"#?:]+\.tar\.gz)', page.read_text("utf-8")))
    assert len(links) > 3
    missing = [link for link in links if not (page.parent / link / "index.html").exists()]
    assert [link for link in missing if not (page.parent / link).is_file()] == []


@pytest.mark.parametrize("name", ["HUP", "INT", "TERM"])
def test_a_signal_that_is_ignored_ends_nothing(history: History, commands: Commands, name: str) -> None:
    history.release("aa", "1.0")
    slow = setuptools_project("bb", "1.0")
    history.add_tag("bb", "1.0", {**slow, "setup.py": f"import time\ntime.sleep(2)\n{slow['setup.py']}"})
    # As nohup does it, and a shell for what it runs behind &.
    ignoring = ["sh", "-c", f'trap "" {name}; exec "$@"', "sh"]
    process = start(commands, "--repository", history.url, *ARGUMENTS, before=ignoring)
    wait_for((commands.folder / "index/aa/index.html").exists)
    # To all processes, as a terminal does it.
    os.killpg(process.pid, getattr(signal, f"SIG{name}"))
    assert process.wait(60) == 0, (commands.folder / "output").read_text()
    assert index_files(commands.folder / "index") == ["aa/aa-1.0.tar.gz", "bb/bb-1.0.tar.gz"]


def test_a_tag_that_cannot_be_exported_stops_no_other(history: History, commands: Commands) -> None:
    history.release("good", "1.0")
    history.release("bad", "1.0")
    history.commit(
        [Change("change", "bad/tags/1.0", "dir", properties={"svn:externals": "^/nowhere external"})]
    )
    report = commands.report("--repository", history.url, *ARGUMENTS)
    assert [each["project"] for each in report["published"]] == ["good"]
    assert "external" in report["failed"][0]["reason"]
    assert (commands.folder / "index-apache.conf").exists()


def test_a_failure_that_may_pass_is_tried_each_time_and_told_once(
    history: History, commands: Commands
) -> None:
    history.add_tag("flaky", "1.0", {"setup.py": "import os\nos.kill(os.getpid(), 9)\n"})
    arguments = ("--repository", history.url, *ARGUMENTS)
    first = commands.sdists_from_tags(*arguments)
    assert (first.status, "ended by signal 9" in first.output) == (1, True)
    again = commands.sdists_from_tags(*arguments, "--quiet")
    assert (again.status, again.output) == (0, "")
    assert "failed again flaky 1.0" in commands.sdists_from_tags(*arguments).output
    assert commands.sdists_from_tags(*arguments, "--strict").status == 1


def test_names_stay_private_while_any_tag_may_be_of_that_name(history: History, commands: Commands) -> None:
    history.add_tag("t1/foo", "1.0", {"setup.py": "1 / 0\n"})
    history.release("t2/foo", "1.0", dist="bar")
    history.add_tag("solo", "1.0", {"setup.py": "1 / 0\n"})
    history.release("solo", "2.0", dist="solo-ng")
    history.release("renamed", "1.0", dist="other")
    commands.report("--repository", history.url, *ARGUMENTS)
    folders = {path.name for path in (commands.folder / "index").iterdir() if path.is_dir()}
    assert folders == {"foo", "bar", "solo", "solo-ng", "other"}


def test_which_of_two_tags_wins_a_name_is_no_matter_of_speed(history: History, commands: Commands) -> None:
    wait = "import time\ntime.sleep(2)\n"
    slow = setuptools_project("same", "1.0")
    history.add_tag("same1", "1.0", {**slow, "setup.py": wait + slow["setup.py"]})
    history.release("same2", "1.0", dist="same")
    history.release("late", "1.0")
    history.add_tag("early", "1.0", setuptools_project("late", "2.0"))
    history.release("late", "2.0")
    report = commands.report("--repository", history.url, "--destination", "index", "--jobs", "2")
    assert {(each["project"], each["filename"]) for each in report["published"]} == {
        ("same1", "same-1.0.tar.gz"),
        ("late", "late-1.0.tar.gz"),
        ("late", "late-2.0.tar.gz"),
    }
    assert [each["project"] for each in report["failed"]] == ["same2", "early"]


@pytest.mark.parametrize("option", [[], ["--verify"], ["--dry-run"]])
def test_what_is_no_folder_is_told_before_any_work(
    history: History, commands: Commands, option: list[str]
) -> None:
    history.release("pkg", "1.0")
    index = commands.folder / "index"
    index.write_text("something else")
    done = commands.sdists_from_tags("--repository", history.url, *ARGUMENTS, *option)
    assert (done.status, done.stdout) == (3, "")
    assert done.stderr.splitlines()[0] == f"error: {index}: is not a folder"
    assert index.read_text() == "something else"


def test_a_repository_without_release_tags_is_warned_of(history: History, commands: Commands) -> None:
    history.release("pkg", "1.0")
    report = commands.report("--repository", f"{history.url}/pkg/tags", *ARGUMENTS)
    assert "no release tag of any project is there" in report["warnings"][0]


@pytest.mark.parametrize("option", [(), ("--allow-empty",)])
def test_a_repository_without_release_tags_is_warned_of_once(
    history: History, commands: Commands, option: tuple[str, ...]
) -> None:
    def run(*more: str, how: str = "--quiet") -> str:
        done = commands.sdists_from_tags("--repository", history.url, *ARGUMENTS, how, *option, *more)
        assert done.status == 0, done.output
        return done.output

    warning = "no release tag of any project is there"
    history.release("pkg", "1.0")
    if not option:
        run()
    history.delete("pkg/tags/1.0")
    assert warning in run("--dry-run")
    assert warning in run()
    assert [run(), run("--full-scan")] == ["", ""]
    assert warning in run("--layout", "releases/{tag}")
    assert warning in run()
    assert warning in run(how="-v")
    history.release("pkg", "1.1")
    assert run() == ""
    history.delete("pkg/tags/1.1")
    assert warning in run()
    assert run() == ""


def test_an_interpreter_that_is_not_there_is_told_once_and_blamed_on_no_tag(
    history: History, commands: Commands
) -> None:
    history.release("pkg", "1.0")
    done = commands.sdists_from_tags("--repository", history.url, *ARGUMENTS, "--python", "/nowhere/python")
    assert done.status == 3
    assert "/nowhere/python: no such Python" in done.stderr
    assert index_files(commands.folder / "index") == []


def test_environments_that_cannot_be_written_are_told_with_the_option(
    history: History, commands: Commands
) -> None:
    history.release("pkg", "1.0")
    done = commands.sdists_from_tags(
        "--repository", history.url, *ARGUMENTS, "--environments", "/proc/nowhere"
    )
    assert done.status == 3
    assert "/proc/nowhere" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_loses_no_tag(history: History, commands: Commands) -> None:
    history.release("pkg", "1.0")
    index = commands.folder / "index"
    index.mkdir()
    mounted = commands.run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", index)
    if mounted.status:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr}")
    try:
        filler = index / "filler"
        filler.write_bytes(b"x" * 252 * 1024)
        more = ("--use-existing-folder", "true")
        full = commands.sdists_from_tags("--repository", history.url, *ARGUMENTS, *more)
        assert full.status == 3, full.output
        assert "No space left on device" in full.stderr
        filler.unlink()
        assert commands.sdists_from_tags("--repository", history.url, *ARGUMENTS).status == 0
        assert index_files(index) == ["pkg/pkg-1.0.tar.gz"]
    finally:
        commands.run("umount", index)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_temporary_folder_is_no_fault_of_a_tag(
    history: History, commands: Commands, temporary: Path
) -> None:
    for version in ("1.0", "1.1", "1.2"):
        history.release("pkg", version)
    mounted = commands.run("mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", temporary)
    if mounted.status:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr}")
    commands = Commands(commands.folder, {**commands.environment, "TMPDIR": str(temporary)})
    try:
        filler = temporary / "filler"
        filler.write_bytes(b"x" * ((20 << 20) - (64 << 10)))
        full = commands.sdists_from_tags("--repository", history.url, *ARGUMENTS)
        assert full.status == 3, full.output
        assert "No space left on device" in full.stderr
        assert "TMPDIR" in full.stderr
        assert "failed" not in full.stdout
        filler.unlink()
        report = commands.report("--repository", history.url, *ARGUMENTS)
        assert len(report["published"]) == 3
        files = json.loads((commands.folder / "index/pkg/index.json").read_text("utf-8"))["files"]
        # As in a first run: those of the tags.
        assert all(file["upload-time"] < f"{datetime.now(timezone.utc):%Y-%m-%d}" for file in files)
    finally:
        commands.run("umount", temporary)


def test_nobody_who_stops_reading_stops_the_work(history: History, commands: Commands) -> None:
    for version in ("1.0", "1.1", "1.2"):
        history.release("pkg", version)
    command = f"{program('sdists_from_tags')} --repository {history.url} --destination index | true"
    done = commands.run("sh", "-c", command)
    assert done.stderr == ""
    assert len(index_files(commands.folder / "index")) == 3


def test_a_terminal_without_letters_stops_nothing(history: History, commands: Commands) -> None:
    history.release("müll", "1.0", dist="muell")
    poor = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = commands.run(
        program("sdists_from_tags"), "--repository", history.url, *ARGUMENTS, environment=poor
    )
    assert done.status == 0, done.output
    assert index_files(commands.folder / "index") == ["muell/muell-1.0.tar.gz"]
