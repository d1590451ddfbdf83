"""Wheels and builds of wheels that are wrong or mean harm: there is no wheel, and the sdist is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdistmaker_recipe.model import Built, BuiltWheel, NoWheel
from tests.support.builds import Builder
from tests.support.history import History

BACKEND = """\
import base64, hashlib, io, os, stat, sys, tarfile, zipfile

def build_sdist(folder, config_settings=None):
    with tarfile.open(os.path.join(folder, "made-1.0.tar.gz"), "w:gz") as archive:
        for name in os.listdir("."):
            archive.add(name, "made-1.0/" + name)
    return "made-1.0.tar.gz"

def record_line(name, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return "%s,sha256=%s,%d" % (name, digest, len(data))

INFO = "made-1.0.dist-info/"
files = {
    "made.py": b"",
    INFO + "METADATA": b"Metadata-Version: 2.1\\nName: made\\nVersion: 1.0\\n",
    INFO + "WHEEL": b"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
}
modes = {}
name = "made-1.0-py3-none-any.whl"
more = []

def add_record():
    lines = [record_line(name, data) for name, data in files.items()] + [INFO + "RECORD,,"]
    files[INFO + "RECORD"] = "\\n".join(lines).encode()

def write(folder):
    with zipfile.ZipFile(os.path.join(folder, name), "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in [*files.items(), *more]:
            info = zipfile.ZipInfo(path)
            info.external_attr = modes.get(path, stat.S_IFREG | 0o644) << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return name

def build_wheel(folder, config_settings=None, metadata_directory=None):
    HARM
    return write(folder)
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


@pytest.fixture
def builder(tmp_path: Path, cache: Path) -> Builder:
    """Builds tags of the repository ``builder.history``."""
    return Builder(History(tmp_path / "repository"), tmp_path / "builds", cache / "environments")


def wheel_of(builder: Builder, harm: str, *, timeout: float = 600, **files: str) -> BuiltWheel | NoWheel:
    """What becomes of the wheel of a tag whose backend does this; the sdist is built whatever it does."""
    lines = harm.replace("\n", "\n    ")
    tag = {
        "pyproject.toml": PYPROJECT,
        "backend.py": BACKEND.replace("HARM", lines),
        "PKG-INFO": "Metadata-Version: 2.1\nName: made\nVersion: 1.0\n",
        "made.py": "",
        **files,
    }
    builder.history.add_tag("project", "1.0", tag)
    settings = builder.settings(wheels="pure", timeout=timeout)
    built = builder.build("project", "1.0", settings=settings)
    assert isinstance(built, Built), built
    assert Path(built.archive).stat().st_size == built.size
    assert [path for path in builder.folder.glob("scratch/*/*") if "-shm" not in str(path)] == []
    kept = {Path(built.archive)}
    if isinstance(built.wheel, BuiltWheel):
        kept.add(Path(built.wheel.archive))
    assert set(builder.folder.glob("output/*")) == kept
    assert built.wheel is not None
    return built.wheel


def test_a_good_backend_gives_a_wheel(builder: Builder) -> None:
    wheel = wheel_of(builder, "add_record()")
    assert isinstance(wheel, BuiltWheel), wheel
    assert wheel.filename == "made-1.0-py3-none-any.whl"


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        ("files['../evil.py'] = b''; add_record()", "a path that leads out of it"),
        ("files['/etc/evil.py'] = b''; add_record()", "a path that leads out of it"),
        ("files['a/../../evil.py'] = b''; add_record()", "a path that leads out of it"),
        ("files['C:/evil.py'] = b''; add_record()", "a path that leads out of it"),
        ("files['a\\\\b.py'] = b''; add_record()", "a path that leads out of it"),
        ("files['a\\nb.py'] = b''; add_record()", "a path that leads out of it"),
        ("files['l'] = b'/etc/passwd'; modes['l'] = stat.S_IFLNK | 0o777; add_record()", "neither a file"),
        ("files['d'] = b''; modes['d'] = stat.S_IFCHR | 0o666; add_record()", "neither a file nor a folder"),
        ("add_record(); more.append(('made.py', b'other'))", "holds 'made.py' twice"),
        ("files['made.py/inner.py'] = b''; add_record()", "'made.py/inner.py' below a file"),
        ("add_record(); files['made.py'] = b'other'", "RECORD describes another file than 'made.py'"),
        ("add_record(); files['more.py'] = b''", "RECORD does not list 'more.py'"),
        ("files['gone.py'] = b''; add_record(); del files['gone.py']", "RECORD lists 'gone.py', which"),
        ("files[INFO + 'RECORD'] = b'made.py,md5=AAAA,0'", "RECORD describes another file than 'made.py'"),
        ("files[INFO + 'RECORD'] = b'made.py,sha256=A,x'", "RECORD cannot be read"),
        ("pass", "has no 'made-1.0.dist-info/RECORD'"),
        ("files['other-2.dist-info/METADATA'] = b''; add_record()", "holds 2 folders *.dist-info"),
        ("files.pop(INFO + 'METADATA'); add_record()", "has no 'made-1.0.dist-info/METADATA'"),
        ("files.pop(INFO + 'WHEEL'); add_record()", "has no 'made-1.0.dist-info/WHEEL'"),
        ("files[INFO + 'METADATA'] = b'Name: stranger\\nVersion: 1.0\\n'; add_record()", "stranger 1.0"),
        ("files[INFO + 'METADATA'] = b'Name: made\\nVersion: 1.1\\n'; add_record()", "wheel is made 1.1"),
        ("files[INFO + 'METADATA'] = b'Name: made\\n'; add_record()", "METADATA has no Version"),
        ("files[INFO + 'METADATA'] = b'x' * (9 << 20); add_record()", "has more than 8 MiB"),
        ("files[INFO + 'WHEEL'] = b'Wheel-Version: 2.0\\n'; add_record()", "unknown Wheel-Version '2.0'"),
        ("files['other.data/purelib/x.py'] = b''; add_record()", "for which installers know no place"),
        ("files['made-1.0.data/home/x.py'] = b''; add_record()", "for which installers know no place"),
        ("name = 'made.whl'; globals().update(name=name); add_record()", "which is no name of a wheel"),
        ("open(os.path.join(folder, 'x.whl'), 'w').write('no zip'); sys.exit(0)", "SystemExit"),
        ("open(os.path.join(folder, name), 'w').write('x'); globals().update(write=lambda f: '')",
         "The wheel cannot be read: File is not a zip file"),
        ("open(os.path.join(folder, 'x-1-py3-none-any.whl'), 'w'); add_record()", "wrote 2 .whl files"),
        ("os.symlink('/etc/passwd', os.path.join(folder, name)); globals().update(write=lambda f: '')",
         "wrote 0 .whl files"),
        ("os.rmdir(folder); os.symlink('/tmp', folder); globals().update(write=lambda f: '')",
         "replaced the folder"),
        ("raise ValueError('no wheels today')", "ValueError: no wheels today"),
        ("os._exit(3)", "ended with exit status 3 and no result"),
        ("os.kill(os.getppid(), 9)", "worker process"),
    ],
)  # fmt: skip
def test_what_no_wheel_may_be_is_a_failure_of_the_wheel_alone(
    builder: Builder, harm: str, reason: str
) -> None:
    none = wheel_of(builder, harm)
    assert isinstance(none, NoWheel), none
    assert reason in none.reason
    assert none.is_failure


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        ("files['made.so'] = b'\\x7fELF' + bytes(60); add_record()", "The build compiled 'made.so'"),
        ("files['data.bin'] = b'\\x7fELF' + bytes(60); add_record()", "The build compiled 'data.bin'"),
        ("files['made-1.0.data/platlib/x.py'] = b''; add_record()", "which is for one platform"),
        (
            "globals().update(name='made-1.0-cp311-cp311-linux_x86_64.whl'); add_record()",
            "its tag is cp311-cp3",
        ),
        (
            "files[INFO + 'WHEEL'] = files[INFO + 'WHEEL'].replace(b'any', b'win32'); add_record()",
            "none-win32",
        ),
        (
            "files[INFO + 'WHEEL'] = files[INFO + 'WHEEL'].replace(b'true', b'false'); add_record()",
            "Root-Is-Pu",
        ),
    ],
)
def test_native_code_that_is_called_pure_gives_no_wheel(builder: Builder, harm: str, reason: str) -> None:
    none = wheel_of(builder, harm)
    assert isinstance(none, NoWheel), none
    assert reason in none.reason
    assert not none.is_failure


def test_native_code_that_the_sdist_has_is_in_the_wheel(builder: Builder) -> None:
    harm = "files['t.exe'] = open('t.exe', 'rb').read(); add_record()"
    wheel = wheel_of(builder, harm, **{"t.exe": "\x7fELF and more"})
    assert isinstance(wheel, BuiltWheel), wheel


def test_a_path_file_is_allowed_for_the_sdist_installs_it_too(builder: Builder) -> None:
    wheel = wheel_of(builder, "files['made.pth'] = b'import made'; add_record()")
    assert isinstance(wheel, BuiltWheel), wheel


def test_a_build_of_a_wheel_has_a_time_limit_of_its_own(builder: Builder) -> None:
    none = wheel_of(builder, "import time; time.sleep(600)", timeout=10)
    assert isinstance(none, NoWheel)
    assert none.reason == "The build took longer than 10 seconds. Allow more time with the option timeout."
    assert none.is_failure


def test_a_bomb_is_not_unpacked(builder: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdistmaker_recipe.toolchain.wheels.wheel_archive.MAX_UNPACKED_BYTES", 3 << 20)
    none = wheel_of(builder, "files['zeros'] = bytes(4 << 20); add_record()")
    assert isinstance(none, NoWheel)
    assert none.reason == "The archive unpacks to more than 3 MiB."


def test_after_a_worker_was_killed_another_try_may_succeed(builder: Builder) -> None:
    none = wheel_of(builder, "os.kill(os.getppid(), 9)")
    assert isinstance(none, NoWheel)
    assert not none.is_permanent
