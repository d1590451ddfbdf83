"""Builds in memory: the same archives as on disk, and what does not fit goes to the disk."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from sdistmaker_recipe.model import Built, BuiltWheel, Failed
from sdistmaker_recipe.toolchain import build_folder
from sdistmaker_recipe.toolchain.isolation.sandbox import SHARED_MEMORY
from tests.support.builds import Builder
from tests.support.history import History, setuptools_project
from tests.support.requirements import need

SAYS_WHERE = """\
import os
from setuptools import setup
for folder in (os.getcwd(), os.environ["TMPDIR"]):
    open(os.path.join(folder, "file"), "w").close()
open("where.txt", "w").write("%s\\n%s\\n" % (os.getcwd(), os.listdir("/dev/shm")))
open("/dev/shm/left", "w").close()
setup(name="pkg", version="1.0", py_modules=["pkg"], data_files=[("", ["where.txt"])])
"""
FILLS = """\
from setuptools import setup
with open("big", "wb") as file:
    for _ in range(30):
        file.write(bytes(1 << 20))
setup(name="pkg", version="1.0", py_modules=["pkg"])
"""
IN_MEMORY = """\
import os, subprocess, sys
from setuptools import setup
if os.getcwd().startswith("/dev/shm") and %s in sys.argv:
    %s
if "sdist" in sys.argv:
    open("where.txt", "w").write(os.getcwd())
setup(name="pkg", version="1.0", py_modules=["pkg"], data_files=[("", ["where.txt"])])
"""
SLOW = """\
import os, subprocess, time
from setuptools import setup
subprocess.Popen(["sleep", "98765"], preexec_fn=os.setsid)
time.sleep(1)
open("where.txt", "w").write(os.getcwd())
setup(name="pkg", version="1.0", py_modules=["pkg"], data_files=[("", ["where.txt"])])
"""
NO_SPACE = "raise OSError(28, os.strerror(28))"


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in memory. How much of it this machine has left at the moment does not count."""
    monkeypatch.setattr(build_folder, "_LEAST_BYTES_IN_MEMORY", 0)
    if not SHARED_MEMORY.is_dir():
        pytest.skip("this system has no file system in memory")
    folder = SHARED_MEMORY / f"sdistmaker-test-{uuid4().hex}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture
def builder(history: History, tmp_path: Path, cache: Path) -> Builder:
    return Builder(history, tmp_path / "builds", cache / "environments")


def text_in(built: Built, name: str) -> str:
    """The text of a file in an archive."""
    command = ["tar", "xzOf", str(built.archive), f"{built.name}-{built.version}/{name}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("mode", ["bubblewrap", "none"])
def test_archives_and_wheels_are_the_same_as_on_disk(
    history: History, builder: Builder, memory: Path, mode: str
) -> None:
    if mode == "bubblewrap":
        need("bwrap")
    history.release("pkg", "1.0")
    found = []
    for place in (memory, None):
        settings = builder.settings(sandbox=mode, memory=place, wheels="pure")
        built = builder.build("pkg", "1.0", settings=settings)
        assert isinstance(built, Built), built
        assert isinstance(built.wheel, BuiltWheel), built.wheel
        found.append((built.sha256, built.wheel.sha256))
    assert found[0] == found[1]


def test_a_build_sees_only_its_own_folder(history: History, builder: Builder, memory: Path) -> None:
    need("bwrap")
    history.add_tag("pkg", "1.0", {"setup.py": SAYS_WHERE, "pkg.py": ""})
    for _ in range(2):
        built = builder.build("pkg", "1.0", settings=builder.settings(memory=memory))
        assert isinstance(built, Built), built
        where, shared = text_in(built, "where.txt").splitlines()
        assert where.startswith(str(builder.folder / "scratch"))
        # Nothing of the build before, and no other folder of this machine.
        assert shared == "[]"
    assert [list(folder.iterdir()) for folder in memory.iterdir()] == [[], []]
    # The folder by which builds know theirs is in their sandbox only.
    assert list((builder.folder / "scratch").iterdir()) == []


@pytest.mark.parametrize("sizes", [(17 << 20,), (9 << 20, 9 << 20)], ids=["file", "files"])
def test_a_large_tag_is_built_on_disk(
    history: History, builder: Builder, memory: Path, sizes: tuple[int, ...]
) -> None:
    files = {f"data{number}": os.urandom(size) for number, size in enumerate(sizes)}
    setup = 'import os\nopen("where.txt", "w").write(os.getcwd())\n'
    project = setuptools_project("pkg", "1.0")
    manifest = {"MANIFEST.in": "include where.txt\n"}
    history.add_tag("pkg", "1.0", {**project, **files, **manifest, "setup.py": setup + project["setup.py"]})
    settings = builder.settings(memory=memory, sandbox="none")
    built = builder.build("pkg", "1.0", settings=settings)
    assert isinstance(built, Built), built
    assert text_in(built, "where.txt").startswith(str(builder.folder / "scratch"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_build_that_fills_the_memory_is_repeated_on_disk(
    history: History, builder: Builder, memory: Path
) -> None:
    history.add_tag("pkg", "1.0", {"setup.py": FILLS, "pkg.py": ""})
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", memory], check=False)
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        built = builder.build("pkg", "1.0", settings=builder.settings(memory=memory))
        assert isinstance(built, Built), built
    finally:
        subprocess.run(["umount", "-l", memory], check=True)


@pytest.mark.parametrize(
    "trouble",
    [
        NO_SPACE,
        "os.kill(os.getpid(), 9)",
        f"subprocess.check_call([sys.executable, '-c', 'import os; {NO_SPACE}'])",
    ],
    ids=["full", "killed", "printed"],
)
def test_a_build_that_lacked_room_in_memory_is_repeated_on_disk(
    history: History, builder: Builder, memory: Path, trouble: str
) -> None:
    # The build that filled the memory may be gone by now.
    history.add_tag("pkg", "1.0", {"setup.py": IN_MEMORY % ("'sdist'", trouble), "pkg.py": ""})
    built = builder.build("pkg", "1.0", settings=builder.settings(memory=memory, sandbox="none"))
    assert isinstance(built, Built), built
    assert text_in(built, "where.txt").startswith(str(builder.folder / "scratch"))


def test_so_is_that_of_a_wheel(history: History, builder: Builder, memory: Path) -> None:
    history.add_tag("pkg", "1.0", {"setup.py": IN_MEMORY % ("'bdist_wheel'", NO_SPACE), "pkg.py": ""})
    settings = builder.settings(memory=memory, sandbox="none", wheels="pure")
    built = builder.build("pkg", "1.0", settings=settings)
    assert isinstance(built, Built), built
    # The sdist was built in memory.
    assert text_in(built, "where.txt").startswith("/dev/shm")
    assert isinstance(built.wheel, BuiltWheel), built.wheel


def test_other_failures_in_memory_are_failures(history: History, builder: Builder, memory: Path) -> None:
    trouble = "raise OSError(2, os.strerror(2))"
    history.add_tag("pkg", "1.0", {"setup.py": IN_MEMORY % ("'sdist'", trouble), "pkg.py": ""})
    failed = builder.build("pkg", "1.0", settings=builder.settings(memory=memory, sandbox="none"))
    assert isinstance(failed, Failed)


@pytest.mark.parametrize("mode", ["bubblewrap", "none"])
@pytest.mark.parametrize("python", ["", "python2.7"])
def test_no_build_in_memory_takes_it_from_others(
    history: History,
    builder: Builder,
    memory: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    python: str,
) -> None:
    if mode == "bubblewrap":
        need("bwrap")
    if python:
        need(python)
    history.add_tag("pkg", "1.0", {"setup.py": SLOW, "pkg.py": ""})
    asked = []

    def little() -> int:
        asked.append(list(memory.glob("worker-*/*/tree")))
        return 1 << 29

    monkeypatch.setattr(build_folder, "_LEAST_BYTES_IN_MEMORY", 1 << 30)
    monkeypatch.setattr(build_folder, "available_memory", little)
    settings = builder.settings(memory=memory, sandbox=mode)
    built = builder.build("pkg", "1.0", settings=settings, pin=(python,) if python else ())
    assert isinstance(built, Built), built
    # It was ended in memory, and not disturbed on the disk.
    assert len(asked) == 1
    assert asked[0]
    assert not list(memory.glob("worker-*/*"))
    assert text_in(built, "where.txt").startswith(str(builder.folder / "scratch"))
    assert "sleep\x0098765" not in "".join(commands())


def commands() -> Iterator[str]:
    """The commands of all processes of this machine."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            yield file.read_text("utf-8", "replace")
