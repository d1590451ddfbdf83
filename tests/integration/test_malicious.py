"""Tags that mean harm: each is contained and reported, and the next tag is none the worse for it."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import ToolchainError
from sdistmaker_recipe.toolchain.interpreters import find_interpreter
from tests.support.commands import WITHOUT_WHEELS, Commands, index_files, program
from tests.support.history import History, setuptools_project
from tests.support.requirements import need

SECRET = "hunter2-of-the-environment"
HIDDEN = "hunter2-of-the-home"

WRITES = """\
import os
for path in {paths!r}:
    try:
        open(os.path.join(path, 'planted'), 'w').close()
    except (IOError, OSError):
        pass
raise SystemExit('tried to write')
"""
READS = """\
import os
for name in sorted(os.environ):
    print(name + '=' + os.environ[name])
for path in {paths!r}:
    try:
        print(open(path).read())
    except (IOError, OSError) as error:
        print(error)
raise SystemExit('tried to read')
"""
CONNECTS = """\
import socket
socket.create_connection(('127.0.0.1', {port}), 5).sendall(b'here is what I found')
raise SystemExit('connected')
"""
LEAVES_A_DAEMON = """\
import os, time
if not os.fork():
    os.setsid()
    if not os.fork():
        while True:
            open('still-alive', 'a').close()
            time.sleep(0.05)
    os._exit(0)
time.sleep(0.3)
raise SystemExit('left a daemon')
"""
FILLS_MEMORY = "everything = bytearray(64 << 30)\nraise SystemExit('has all memory')\n"
PRINTS_A_GIGABYTE = (
    "for _ in range(1 << 10):\n    print('x' * (1 << 20))\nraise SystemExit('printed it all')\n"
)
NEVER_ENDS = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True:\n    pass\n"
CHANGES_ITS_WORLD = """\
import builtins, os, sys, tempfile
os.environ['PYTHONPATH'] = '/planted'
os.umask(0o777)
sys.modules['setuptools'] = None
builtins.open = None
open_ = os.open('../../planted', os.O_CREAT)
os.chmod('..', 0)
raise SystemExit('changed its world')
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder of these tests alone, so that other tests meet nothing that they leave there."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A loopback port that notes who connects."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


@pytest.fixture(params=["bubblewrap", "none"])
def mode(request: pytest.FixtureRequest) -> str:
    """What holds the builds."""
    if request.param == "bubblewrap":
        need("bwrap")
    return str(request.param)


def samples(commands: Commands, tmp_path: Path, port: int) -> dict[str, str]:
    home = Path(commands.environment["HOME"])
    outside = [str(path) for path in (home, tmp_path, commands.folder, "/tmp", "/var/tmp", "/")]
    return {
        "a-writes": WRITES.format(paths=outside),
        "b-reads": READS.format(paths=[str(home / "planted-secret"), "/etc/shadow"]),
        "c-connects": CONNECTS.format(port=port),
        "d-daemon": LEAVES_A_DAEMON,
        "e-memory": FILLS_MEMORY,
        "f-gigabyte": PRINTS_A_GIGABYTE,
        "g-endless": NEVER_ENDS,
        "h-world": CHANGES_ITS_WORLD,
    }


def test_every_harm_is_contained(
    history: History, commands: Commands, listener: socket.socket, mode: str, tmp_path: Path
) -> None:
    home = Path(commands.environment["HOME"])
    (home / "planted-secret").write_text(HIDDEN)
    sources = samples(commands, tmp_path, listener.getsockname()[1])
    good = setuptools_project("good", "1.0")
    for name, source in sources.items():
        history.add_tag(name, "1.0", {"setup.py": source})
    # Built after all of them, in the worker that ran them.
    history.add_tag("z-good", "1.0", good)
    options = ("--destination", "index", "--jobs", "1", "--timeout", "15", "--sandbox", mode)
    # One toolchain is enough to see it.
    options += ("--toolchain", f"* {sys.executable}")
    before = set(Path("/").glob("planted")) | set(Path("/var/tmp").glob("planted"))
    report = commands.run(
        program("sdists_from_tags"),
        *("--json", "--repository", history.url, *options, *WITHOUT_WHEELS),
        environment={"SECRET": SECRET},
    )
    assert report.status == 1, report.output
    time.sleep(0.3)

    assert index_files(commands.folder / "index") == ["good/good-1.0.tar.gz"]
    logs = {
        path.name.rpartition("-1.0-")[0]: path for path in (commands.folder / "index-state/logs").iterdir()
    }
    assert set(logs) == set(sources)
    for path in logs.values():
        text = path.read_text()
        assert SECRET not in text
        assert len(text) < 4 << 20
    assert "MemoryError" in logs["e-memory"].read_text()
    assert "took longer than 15 seconds" in logs["g-endless"].read_text()
    assert not still_alive(Path(commands.environment["XDG_CACHE_HOME"]))
    if mode == "bubblewrap":
        assert HIDDEN not in logs["b-reads"].read_text()
        assert "root:" not in logs["b-reads"].read_text()
        planted = {*Path("/").glob("planted"), *Path("/var/tmp").glob("planted"), *tmp_path.rglob("planted")}
        assert planted == before
        with pytest.raises(TimeoutError):
            listener.accept()

    alone = History(tmp_path / "alone")
    for _ in sources:
        alone.commit([])
    alone.add_tag("z-good", "1.0", good)
    commands.report("--repository", alone.url, "--destination", "second", "--sandbox", mode)
    first, second = (commands.folder / name / "good/good-1.0.tar.gz" for name in ("index", "second"))
    assert first.read_bytes() == second.read_bytes()


LEAVES_A_DAEMON_TO_PYTHON_2 = """\
import os, sys
read, write = os.pipe()
if not os.fork():
    os.setsid()
    if not os.fork():
        os.write(write, str(os.getpid()).encode())
        os.closerange(0, 20)
        os.execvp('sleep', ['sleep', '60'])
    os._exit(0)
raise SystemExit('left ' + os.read(read, 20).decode())
"""


def test_python_2_leaves_no_daemon_either(history: History, own_index: Commands, mode: str) -> None:
    try:
        find_interpreter("2.7", tuple(own_index.environment.items()))
    except ToolchainError:
        pytest.skip("no Python 2.7 here")
    history.add_tag("evil", "1.0", {"setup.py": LEAVES_A_DAEMON_TO_PYTHON_2})
    options = ("--destination", "index", "--sandbox", mode, "--toolchain", "* 2.7")
    (failed,) = own_index.report("--repository", history.url, *options)["failed"]
    left = failed["reason"].removeprefix("SystemExit: left ")
    # In the sandbox it has another number, and ended with that.
    assert left.isdecimal()
    assert mode == "bubblewrap" or not Path("/proc", left).exists()


def still_alive(cache: Path) -> list[str]:
    """Processes that run hooks in an environment below this cache; a daemon looks like the one it left."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_text(errors="replace")
        except OSError:
            continue
        if "hook_runner.py" in command and str(cache) in command:
            found.append(command)
    return found
