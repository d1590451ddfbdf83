"""The README's first command, in a copy of the project, with an empty home."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OUTSIDE = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE", "SSL_CERT_FILE", "PIP_CERT", "CI")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What git would clone, into a folder whose name is not easy."""
    folder = tmp_path / "the project's copy"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def test_bootstrap_makes_an_index_and_the_line_it_prints_installs_from_it(copy: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    python = Path(sys.executable).resolve()
    environment = {"HOME": str(home), "PATH": f"{python.parent}:/usr/bin:/bin", "LANG": "C.UTF-8"}
    environment |= {name: os.environ[name] for name in OUTSIDE if name in os.environ}

    def run(*command: str) -> str:
        done = subprocess.run(
            command,
            cwd=copy,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=500,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    printed = run(str(python), "bootstrap.py")
    index = copy / "var/private"
    assert f"The index is in {index}" in printed
    # The tags that need Python 2 build where there is one.
    assert re.search(r"sdists: (29 published, 4 failed|32 published, 1 failed)", printed)
    line = printed.rstrip().splitlines()[-1]
    run("sh", "-c", line)
    assert list((copy / "var/try").glob("*.dist-info"))

    again = run(str(python), "bootstrap.py")
    assert "nothing to build" in again
    assert "Installing the dependencies" not in again


@pytest.mark.parametrize("version", ["2.7", "3.6"])
def test_an_old_python_says_which_one_is_needed(version: str) -> None:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
    python = str(found[0]) if found else shutil.which(f"python{version}")
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
