"""Our own source distribution and wheel: their contents, what tools say, and that builds are repeatable."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import bootstrap
from tests.support.long_form import IS_LONG

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
IN_SDIST = (
    *("CHANGES.rst", "CONTRIBUTING.rst", "LICENSE", "README.rst", "bootstrap.py", "bootstrap_steps.py"),
    *("bootstrap_commands.py", "bootstrap_example.py", "bootstrap_server.py"),
    *("buildout.cfg", "pyproject.toml", "requirements.txt", "setup.py", ".ci/run"),
    *("docs/index.rst", "news/README.rst", "tests/unit/test_model.py", "tests/samples/example/history.json"),
)


def build(folder: Path, *options: str, umask: int = 0o022) -> Path:
    """Build what is in a folder, with the command of a release; the folder of the results."""
    environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    command = [TOOLS / bootstrap.BUILD[0], *bootstrap.BUILD[1:], "dist", *options, "."]
    subprocess.run(command, cwd=folder, check=True, env=environment, umask=umask, stdout=subprocess.DEVNULL)
    return folder / "dist"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with a source distribution and the wheel that is built from it."""
    copy = tmp_path_factory.mktemp("copy")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return build(copy)


@pytest.fixture(scope="module")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked source distribution."""
    (sdist,) = built.glob("*.tar.gz")
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (place,) = folder.iterdir()
    return place


def test_the_tools_of_the_field_find_nothing_wrong(built: Path) -> None:
    for name, *arguments in bootstrap.package_checks(built):
        done = subprocess.run([TOOLS / name, *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_source_distribution_has_all_to_build_check_and_test(unpacked: Path) -> None:
    assert [name for name in IN_SDIST if not (unpacked / name).is_file()] == []
    here = {
        path.relative_to(ROOT)
        for folder in ("docs", "share", "tests")
        for path in (ROOT / folder).rglob("*.*")
    }
    generated = {path for path in here if {"__pycache__", "_build"} & set(path.parts)}
    assert [path for path in sorted(here - generated) if not (unpacked / path).exists()] == []
    assert not list(unpacked.rglob("*.pyc"))


def test_the_unit_tests_pass_from_the_source_distribution(unpacked: Path, tmp_path: Path) -> None:
    """The long form runs all of them."""
    tests = ["tests/unit"] if IS_LONG else ["tests/unit/test_setup.py", "tests/unit/test_share.py"]
    code = "import sdistmaker_recipe; print(sdistmaker_recipe.__file__)"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0", *tests]
    environment = os.environ | {"PYTEST_DEBUG_TEMPROOT": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    # All tests, but each in its short form.
    environment.pop("SDISTMAKER_LONG", None)
    imported = subprocess.run([sys.executable, "-c", code], cwd=unpacked, capture_output=True, text=True)
    assert imported.stdout.strip() == str(unpacked / "sdistmaker_recipe/__init__.py")
    done = subprocess.run(command, cwd=unpacked, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_wheel_has_the_same_bytes_in_another_folder_at_another_time(
    built: Path, unpacked: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(unpacked, tmp_path / "another folder")
    for path in (other, *other.rglob("*")):
        os.utime(path, (981158400, 981158400))
        path.chmod(0o700 if path.is_dir() else 0o600)
    (again,) = build(other, "--wheel", umask=0o077).glob("*.whl")
    (wheel,) = built.glob("*.whl")
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_the_wheel_has_what_a_program_needs_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/RECORD")]
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    assert {entry.date_time for entry in entries} == {(1980, 1, 2, 0, 0, 0)}
    tops = {name.partition("/")[0].rpartition("-2.")[0] or name.partition("/")[0] for name in names}
    assert tops == {"sdistmaker_recipe"}
    (data,) = {name.partition("/")[0] for name in names if ".data/" in name}
    for name in ("man/man1/make_sdist.1", "fish/vendor_completions.d/make_sdist.fish"):
        assert f"{data}/data/share/{name}" in names
