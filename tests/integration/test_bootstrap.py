"""The README's first command, in a copy of the project, with an empty home, on a terminal.

README and tutorial show what it shows without Python 2, and what is different with it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.first_run import ROOT, Copy, Shown, as_in_pages, copy_project

PAGES = ("README.rst", "docs/tutorial/first-index.rst")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy of the project in a folder whose name is not easy."""
    folder = tmp_path_factory.mktemp("bootstrap")
    return copy_project(folder / "the project's copy", folder / "home")


@pytest.fixture(scope="module")
def first_run(copy: Copy) -> Shown:
    return copy.show("python3", "bootstrap.py")


def shown_by(page: str, mark: str) -> str:
    """The block of a page with this line in it, as it is written there."""
    text = (ROOT / page).read_text("utf-8")
    blocks = re.findall(r"::\n\n((?:    .*\n|\n)+)", text)
    (block,) = (block for block in blocks if mark in block)
    return re.sub(r"^    ", "", block, flags=re.MULTILINE).strip()


@pytest.mark.parametrize("page", PAGES)
def test_pages_show_what_the_first_command_shows(copy: Copy, first_run: Shown, page: str) -> None:
    if shutil.which("python2.7", path=copy.environment["PATH"]):
        pytest.skip("the system has a python2.7, which cannot be taken away")
    block = shown_by(page, "29 published, 4 failed")
    assert as_in_pages(block, "...") == as_in_pages(first_run.text, str(copy.folder))


@pytest.fixture(scope="module")
def run_with_python2(copy: Copy, first_run: Shown) -> Shown:
    """The same once more, where there is a Python 2.7 with setuptools, in place of the first run."""
    python2 = find_old_python("2.7")
    if (
        python2 is None
        or subprocess.run([python2, "-c", "import setuptools"], stderr=subprocess.DEVNULL).returncode
    ):
        pytest.skip("no Python 2.7 with setuptools is here")
    (copy.folder / "var").rename(copy.folder / "var-before")
    path = f"{copy.environment['PATH']}:{Path(python2).parent}"
    shown = copy.show("python3", "bootstrap.py", PATH=path)
    shutil.rmtree(copy.folder / "var")
    (copy.folder / "var-before").rename(copy.folder / "var")
    return shown


@pytest.mark.parametrize("page", PAGES)
def test_pages_show_what_is_different_with_python2(copy: Copy, run_with_python2: Shown, page: str) -> None:
    block = shown_by(page, "32 published, 1 failed")
    assert block in as_in_pages(run_with_python2.text, str(copy.folder))


def test_it_is_never_silent_for_five_seconds(first_run: Shown) -> None:
    assert first_run.longest_silence < 5


def test_its_last_lines_are_three_things_to_do(first_run: Shown) -> None:
    *_, title, serve, install, own = first_run.text.strip().splitlines()
    assert title == "What to do next:"
    assert serve.endswith("python3 bootstrap.py serve")
    assert install.endswith("python3 bootstrap.py try")
    assert own.endswith("write its URL into buildout.cfg, then run bin/buildout")
    assert max(map(len, (serve, install, own))) < 100


def test_the_line_that_it_prints_installs_from_the_index(copy: Copy, first_run: Shown) -> None:
    assert f"The index is in {copy.folder / 'var/private'}" in first_run.text
    line = first_run.text.rstrip().splitlines()[-2]
    shown = copy.show("sh", "-c", line.partition(":")[2])
    assert "--index-strategy first-index" in shown.text
    assert list((copy.folder / "var/try").glob("*.dist-info"))


def test_a_second_run_builds_and_installs_nothing(copy: Copy, first_run: Shown) -> None:
    again = copy.show("python3", "bootstrap.py").text
    assert "nothing to build" in again
    assert "Installing the dependencies" not in again
    assert again.splitlines()[-4:] == first_run.text.splitlines()[-4:]


def test_verbose_shows_what_buildout_itself_says(copy: Copy, first_run: Shown) -> None:
    assert "develop egg" not in first_run.text
    assert "develop egg" in copy.show("python3", "bootstrap.py", "-v").text


def find_old_python(version: str) -> str | None:
    """A Python of this version, of pyenv or on PATH."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
    return str(found[0]) if found else shutil.which(f"python{version}")


@pytest.mark.parametrize("version", ["2.7", "3.6"])
def test_an_old_python_says_which_one_is_needed(version: str) -> None:
    python = find_old_python(version)
    if python is None:
        pytest.skip(f"no Python {version} is here")
    done = subprocess.run([python, ROOT / "bootstrap.py"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("bootstrap.py needs Python 3.10 or newer, but ")
    assert "Traceback" not in done.stderr


def test_the_usage_is_printed() -> None:
    done = subprocess.run([sys.executable, ROOT / "bootstrap.py", "-h"], capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        0,
        "Set up this project in its own folder, with nothing but Python 3.10 or newer.",
    )
