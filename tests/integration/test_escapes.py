"""Tags that put links in the place of what the program uses next, to reach out of the sandbox by it."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import pytest

from tests.support.commands import Commands, index_files, program
from tests.support.history import History
from tests.support.requirements import as_ordinary_user, need

PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
BACKEND = """\
import os, tarfile

tree = os.getcwd()
scratch = os.path.dirname(os.path.dirname(tree))
own = os.path.dirname(scratch)
victim = {victim!r}

def swap(path, target):
    if os.path.lexists(path):
        os.rename(path, path + "-before")
    os.symlink(target, path)

def first():
{first}

def second(folder):
{second}

def get_requires_for_build_sdist(config_settings=None):
    first()
    # So that another worker is started, with another sandbox.
    return ["flit_core"]

def build_sdist(folder, config_settings=None):
    with tarfile.open(os.path.join(folder, "evil-1.0.tar.gz"), "w:gz") as archive:
        for name in ("PKG-INFO", "pyproject.toml", "backend.py"):
            archive.add(name, "evil-1.0/" + name)
    second(folder)
    return "evil-1.0.tar.gz"
"""
SETUP = """\
import os
scratch = os.path.dirname(os.path.dirname(os.getcwd()))
log = os.path.join(scratch, "build.log")
if not os.path.islink(log):
    os.rename(log, log + "-before")
    os.symlink({secret!r}, log)
print("written by a tag")
from setuptools import setup
setup(name="evil", version="1.0", py_modules=[], setup_requires=[])
"""
METADATA = "Metadata-Version: 2.2\nName: evil\nVersion: 1.0\n"
SECRET = "a secret of the user"
A_LINK = "The build replaced the folder "

HARMS = {
    "shared-memory": (
        "swap(os.path.join(own, 'shm'), victim)",
        "open('/dev/shm/planted', 'w').close()",
        "",
    ),
    "scratch": ("swap(scratch, victim)", "pass", A_LINK),
    "tree": ("os.chdir('/'); swap(tree, victim)", "pass", A_LINK),
    "folder-of-the-tree": ("os.chdir('/'); swap(os.path.dirname(tree), victim)", "pass", A_LINK),
    "output": ("pass", "swap(folder, victim)", A_LINK),
    "log": (
        "swap(os.path.join(scratch, 'build.log'), os.path.join(victim, 'secret')); raise ValueError",
        "pass",
        "",
    ),
    "result": (
        "swap(os.path.join(scratch, 'build_sdist.json'), os.path.join(victim, 'secret'))",
        "pass",
        "",
    ),
    "pipe": (
        "os.unlink(os.path.join(scratch, 'build.log')); os.mkfifo(os.path.join(scratch, 'build.log')); 1 / 0",
        "pass",
        "",
    ),
}


# What pip and uv would run to install this, and they are in no sandbox.
OTHER_PROJECT = """\
import os
from setuptools import setup
try:
    open(os.path.join({victim!r}, "planted"), "w").close()
except IOError:
    pass
setup(name="planted", version="1.0")
"""
LEGACY = """\
import json, os
# setup_requires
result = os.path.join(os.path.dirname(os.path.dirname(os.getcwd())), "legacy.json")
json.dump({"requires": [os.getcwd() + "/planted"], "read": []}, open(result, "w"))
os._exit(0)
"""
ASKS = 'return ["planted @ file://" + tree + "/planted"]'


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A folder of the user's, with an archive that looks like one that was built."""
    folder = tmp_path / "victim"
    folder.mkdir()
    (folder / "secret").write_text(SECRET)
    (folder / "evil-1.0.tar.gz").write_bytes(b"an archive of the user's")
    return folder


def untouched(victim: Path) -> bool:
    names = sorted(path.name for path in victim.iterdir())
    return names == ["evil-1.0.tar.gz", "secret"] and (victim / "secret").read_text() == SECRET


def told(commands: Commands) -> str:
    """All that logs and pages say."""
    folders = (commands.folder / "index", commands.folder / "index-state" / "logs")
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return "".join(path.read_text("utf-8", "replace") for path in paths)


@pytest.mark.parametrize("place", ["memory", "disk"])
@pytest.mark.parametrize("harm", HARMS)
def test_links_lead_nobody_out_of_the_sandbox(
    history: History, commands: Commands, victim: Path, harm: str, place: str
) -> None:
    need("bwrap")
    if place == "disk":
        # Who names a folder for temporary files gets none in memory.
        commands = Commands(commands.folder, {**commands.environment, "TMPDIR": str(victim.parent)})
    first, second, reason = HARMS[harm]
    backend = BACKEND.format(victim=str(victim), first=f"    {first}", second=f"    {second}")
    history.add_tag("evil", "1.0", {"pyproject.toml": PYPROJECT, "backend.py": backend, "PKG-INFO": METADATA})
    history.release("good", "1.0")
    options = ("--destination", "index", "--jobs", "1", "--sandbox", "bubblewrap")
    unbuildable = "archive" if reason else "report"
    report = commands.report("--repository", history.url, *options, "--unbuildable", unbuildable)
    assert untouched(victim)
    assert SECRET not in told(commands)
    assert "good/good-1.0.tar.gz" in index_files(commands.folder / "index")
    archive = commands.folder / "index/evil/evil-1.0.tar.gz"
    assert not archive.exists() or archive.read_bytes() != (victim / archive.name).read_bytes()
    # It is published as its own files, and why is said; or its harm did none.
    warnings = [each["warnings"] for each in report["published"] if each["project"] == "evil"]
    assert not reason or reason in str(warnings), report


def test_what_a_setup_py_prints_is_written_into_no_other_file(
    history: History, own_index: Commands, victim: Path
) -> None:
    need("bwrap", "python2.7")
    history.add_tag("evil", "1.0", {"setup.py": SETUP.format(secret=str(victim / "secret"))})
    options = ("--destination", "index", "--sandbox", "bubblewrap", "--toolchain", "* python2.7")
    report = own_index.report("--repository", history.url, *options)
    assert untouched(victim)
    assert SECRET not in told(own_index)
    assert len(report["failed"]) == 1


@pytest.mark.parametrize("rung", ["declared", "python2.7"])
def test_no_code_of_a_tag_is_installed_outside_of_the_sandbox(
    history: History, own_index: Commands, victim: Path, rung: str
) -> None:
    need("bwrap", *(["python2.7"] if rung == "python2.7" else []))
    backend = BACKEND.format(victim=str(victim), first="    pass", second="    pass")
    backend = backend.replace('return ["flit_core"]', ASKS)
    files = {"pyproject.toml": PYPROJECT, "backend.py": backend, "PKG-INFO": METADATA}
    more: tuple[str, ...] = ()
    if rung == "python2.7":
        files, more = {"setup.py": LEGACY}, ("--toolchain", "* python2.7")
    other = {"planted/setup.py": OTHER_PROJECT.format(victim=str(victim))}
    history.add_tag("evil", "1.0", {**files, **other})
    options = ("--destination", "index", "--sandbox", "bubblewrap")
    report = own_index.report("--repository", history.url, *options, *more)
    assert untouched(victim)
    (failed,) = report["failed"]
    assert "/planted', which is an address or a folder. Require it by its name" in failed["reason"]
    # No other toolchain is of any help.
    assert len(failed["attempts"]) == 1
    again = own_index.report("--repository", history.url, *options, *more)
    assert again["failed"] == []


TAKES_PERMISSIONS = """os.mkdir(scratch + "/d")
    os.symlink(victim, scratch + "/d/link")
    os.symlink(os.path.join(victim, "secret"), scratch + "/d/secret")
    for folder in (scratch + "/d", "/dev/shm", scratch, own):
        os.chmod(folder, 0)
    raise ValueError"""


@pytest.mark.parametrize("mode", ["bubblewrap", "none"])
def test_permissions_that_a_tag_takes_away_are_its_own_only(
    history: History, commands: Commands, victim: Path, mode: str
) -> None:
    need("bwrap")
    harm = TAKES_PERMISSIONS if mode == "bubblewrap" else TAKES_PERMISSIONS.replace('"/dev/shm", ', "")
    backend = BACKEND.format(victim=str(victim), first=f"    {harm}", second="    pass")
    history.add_tag("evil", "1.0", {"pyproject.toml": PYPROJECT, "backend.py": backend, "PKG-INFO": METADATA})
    history.release("good", "1.0")
    victim.chmod(0o755)
    command = [*as_ordinary_user(), program("sdists_from_tags"), "--repository", history.url]
    done = commands.run(*command, "--destination", "index", "--jobs", "1", "--sandbox", mode)
    assert done.status == 1, done.output
    assert "failed evil 1.0: " in done.output
    assert index_files(commands.folder / "index") == ["good/good-1.0.tar.gz"]
    assert [path.stat().st_mode & 0o777 for path in (victim, victim / "secret")] == [0o755, 0o644]


KEYCTL = {"x86_64": (248, 250), "aarch64": (217, 219), "riscv64": (217, 219)}
SESSION_KEYRING, JOIN, SEARCH, READ = -3, 1, 10, 11
READS_KEYS = """\
import ctypes, os
from setuptools import setup
call = ctypes.CDLL(None, use_errno=True).syscall
text = ctypes.create_string_buffer(100)
key = call({number}, {search}, {ring}, b"user", b"planted", 0)
call({number}, {read}, key, text, 100)
raise SystemExit("key: %s" % text.value.decode())
"""


def with_a_key(secret: str) -> bool:
    """Have this process's children in a new session keyring with a key in it; False where there are none."""
    add, control = KEYCTL[os.uname().machine]
    call = ctypes.CDLL(None).syscall
    if call(control, JOIN, None) < 0:
        return False
    return call(add, b"user", b"planted", secret.encode(), len(secret), SESSION_KEYRING) >= 0


@pytest.mark.parametrize("rung", ["declared", "python2.7"])
def test_keys_of_the_account_are_out_of_reach(history: History, own_index: Commands, rung: str) -> None:
    need("bwrap", *(["python2.7"] if rung == "python2.7" else []))
    if os.uname().machine not in KEYCTL or not with_a_key(SECRET):
        pytest.skip("this machine has no keyrings")
    numbers = {"number": KEYCTL[os.uname().machine][1], "search": SEARCH, "read": READ}
    setup = READS_KEYS.format(ring=SESSION_KEYRING, **numbers)
    history.add_tag("evil", "1.0", {"setup.py": setup})
    python = sys.executable if rung == "declared" else rung
    options = ("--destination", "index", "--sandbox", "bubblewrap", "--toolchain", f"* {python}")
    (failed,) = own_index.report("--repository", history.url, *options)["failed"]
    assert failed["reason"] == "SystemExit: key:"


SHARES = """import ctypes
    shared = ctypes.CDLL(None).shmget(4711, 1 << 20, 0o1666)
    raise ValueError(open("/proc/sysvipc/shm").read().count(chr(10)) - 1)"""


def test_no_memory_is_shared_with_the_next_tag(history: History, commands: Commands, victim: Path) -> None:
    need("bwrap")
    backend = BACKEND.format(victim=str(victim), first=f"    {SHARES}", second="    pass")
    history.add_tag("evil", "1.0", {"pyproject.toml": PYPROJECT, "backend.py": backend, "PKG-INFO": METADATA})
    options = ("--destination", "index", "--sandbox", "bubblewrap", "--pythons", sys.executable)
    (failed,) = commands.report("--repository", history.url, *options)["failed"]
    assert failed["reason"] == "ValueError: 0"


SEES = """\
import os
raise SystemExit("sees %s" % [path for path in {paths!r} if os.path.exists(path)])
"""


@pytest.mark.parametrize("prefix", ["home/.local", "home"])
def test_what_is_beside_an_interpreter_is_not_seen(
    history: History, own_index: Commands, tmp_path: Path, prefix: str
) -> None:
    need("bwrap")
    link = tmp_path / prefix / "bin/python3"
    link.parent.mkdir(parents=True)
    link.symlink_to(os.path.realpath(sys.executable))
    secrets = [tmp_path / prefix / "secret", link.with_name("secret"), tmp_path / prefix / "share/keyrings"]
    for path in secrets:
        path.parent.mkdir(exist_ok=True)
        path.write_text(SECRET)
    files = {"setup.py": SEES.format(paths=[str(path) for path in (*secrets, link)])}
    history.add_tag("evil", "1.0", files)
    options = ("--destination", "index", "--sandbox", "bubblewrap", "--toolchain", f"* {link}")
    (failed,) = own_index.report("--repository", history.url, *options)["failed"]
    seen = [path for path in (*secrets, link) if str(path) in failed["reason"]]
    assert failed["reason"].startswith("SystemExit: sees ")
    assert seen == [link]


@pytest.mark.parametrize("python", ["/bin/python3", "/usr/bin/python3"])
def test_an_interpreter_in_the_root_shows_no_more_than_the_system(
    history: History, own_index: Commands, tmp_path: Path, python: str
) -> None:
    need("bwrap", python)
    paths = [str(tmp_path), "/etc/shadow", "/boot", "/root", "/home"]
    history.add_tag("evil", "1.0", {"setup.py": SEES.format(paths=paths)})
    history.release("good", "1.0")
    options = ("--destination", "index", "--sandbox", "bubblewrap", "--toolchain", f"* {python}")
    report = own_index.report("--repository", history.url, *options)
    assert [each["project"] for each in report["published"]] == ["good"]
    assert report["failed"][0]["reason"] == "SystemExit: sees []"
