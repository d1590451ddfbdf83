"""The password is out of reach of builds that run without a sandbox, and logs are for the account only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.executors import private_process
from tests.support.commands import Commands
from tests.support.history import History
from tests.support.requirements import need

SECRET = "hunter2-of-the-repository"
LOOKS_FOR_IT = """\
import glob, os
found, read = [], 0
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        with open(path, "rb") as file:
            content = file.read()
    except (IOError, OSError):
        continue
    read += 1
    if b"hunter2-of-the-" b"repository" in content:
        with open(path.replace("environ", "cmdline")) as file:
            found.append(file.read())
raise SystemExit("the password is in %s of %s" % (found, min(read, 1)))
"""


@pytest.mark.parametrize("tags", [1, 3])
@pytest.mark.parametrize("vcs", ["subversion", "subversion-cli"])
def test_no_build_finds_the_password_in_an_environment(
    history: History, commands: Commands, tags: int, vcs: str
) -> None:
    for number in range(tags):
        history.add_tag("evil", f"1.{number}", {"setup.py": LOOKS_FOR_IT})
    logs = commands.folder / "index-state" / "logs"
    logs.mkdir(parents=True)
    old = logs / "of-an-older-version.log"
    old.touch()
    logs.chmod(0o755)
    done = commands.run(
        *(Path(sys.executable).with_name("sdists_from_tags"), "--repository", history.url, "--vcs", vcs),
        *("--destination", "index", "--sandbox", "none", "--jobs", "2", "--pythons", sys.executable),
        *("--username", "builder", "--password-variable", "SVN_SECRET"),
        environment={"SVN_SECRET": SECRET},
    )
    written = [path.read_text() for path in logs.glob("*.log") if path != old]
    assert len(written) == tags, done.output
    assert all("SystemExit: the password is in [] of 1\n" in text for text in written), written
    assert SECRET not in done.output
    assert logs.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in logs.glob("evil-*.log")} == {0o600}


SHOWS = """\
exec(compile(open({module!r}).read(), "private_process", "exec"))
for name in ("SECRET", "SECRET_OF_ANOTHER"):
    erase_initial_value(name)
shown = open("/proc/self/environ", "rb").read()
print(b"hunter2" in shown, b"SECRET_NOT=kept" in shown, b"Z==SECRET=x" in shown)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows it")
def test_an_erased_variable_is_no_longer_shown() -> None:
    environment = {"A": "1", "SECRET": "hunter2", "SECRET_NOT": "kept", "Z": "=SECRET=x"}
    code = SHOWS.format(module=private_process.__file__)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False True True\n"


@pytest.fixture
def hidden() -> Iterator[int]:
    """The number of a process of an ordinary user that is hidden."""
    need("/usr/bin/python3", "setpriv")
    code = Path(private_process.__file__).read_text("utf-8")
    code += "\nhide_process()\nprint(os.getpid(), flush=True)\nsys.stdin.read()\n"
    command = [*as_nobody(), "/usr/bin/python3", "-I", "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/") as process:
        yield int(process.stdout.readline())
        process.stdin.close()


def as_nobody() -> list[str]:
    """What to put before a command, for it to be of an ordinary user."""
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")
def test_a_hidden_process_cannot_be_read_by_the_same_account(hidden: int) -> None:
    for name in ("environ", "mem", "fd", "cwd"):
        done = subprocess.run(
            [*as_nobody(), "/bin/ls", f"/proc/{hidden}/{name}/"]
            if name in ("fd", "cwd")
            else [*as_nobody(), "/bin/cat", f"/proc/{hidden}/{name}"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Permission denied" in done.stderr, name
