"""setup.py run by itself, as before PEP 517: by Python 2.7 where it is there, and by Python 3."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import ToolchainError
from sdistmaker_recipe.toolchain.interpreters import find_interpreter
from sdistmaker_recipe.toolchain.setup_py import SETUP_PY_RUNNER
from sdistmaker_recipe.toolchain.worker import RESOURCE_LIMITS, SHIMS
from tests.support.commands import Commands
from tests.support.history import History

pytestmark = pytest.mark.usefixtures("forked_commands")

SETUP = "from setuptools import setup\nsetup(name='old', version='1.0', py_modules=['old'])\n"


@pytest.fixture(scope="module", params=["2.7", "3"])
def python(request) -> str:
    if request.param == "3":
        return sys.executable
    try:
        return find_interpreter("2.7", tuple(os.environ.items())).path
    except ToolchainError:
        pytest.skip("no Python 2.7 here")


class Bench:
    """A tree, and the runner on it."""

    def __init__(self, folder: Path, python: str) -> None:
        self.python = python
        self.folder = folder
        self.tree = folder / "tree"
        self.tree.mkdir()
        (self.tree / "old.py").touch()

    def run(self, setup: str | bytes = SETUP, *arguments: str, packages: str = "") -> dict:
        """The result of a run of this setup.py; its exit status is under ``status``."""
        content = setup.encode() if isinstance(setup, str) else setup
        (self.tree / "setup.py").write_bytes(content)
        request = {
            "arguments": arguments or ("sdist", "--formats=gztar", f"--dist-dir={self.folder}/dist"),
            "shims": str(SHIMS),
            "packages": packages,
            # What is installed for the build already is not asked for again.
            "records": not packages,
            "limits": dict(RESOURCE_LIMITS),
        }
        result = self.folder / "result"
        command = [self.python, "-s", str(SETUP_PY_RUNNER), json.dumps(request), str(result)]
        done = subprocess.run(command, cwd=self.tree, capture_output=True, text=True, errors="replace")
        self.printed = done.stdout + done.stderr
        assert result.exists(), self.printed
        return {**json.loads(result.read_text("utf-8")), "status": done.returncode}

    def names(self) -> set[str]:
        (archive,) = (self.folder / "dist").iterdir()
        with tarfile.open(archive) as tar:
            return {name.partition("/")[2] for name in tar.getnames()}


@pytest.fixture
def bench(tmp_path, python):
    return Bench(tmp_path, python)


def test_an_sdist_is_made(bench):
    assert bench.run() == {"requires": [], "read": [], "status": 0}
    assert {"setup.py", "old.py", "PKG-INFO"} <= bench.names()


def test_dos_line_ends_and_an_encoding_are_understood(bench):
    setup = b"# -*- coding: latin-1 -*-\r\nfrom setuptools import setup\r\n"
    setup += b"setup(name='old', version='1.0', author=u'Zo\xeb',\r\n py_modules=['old'])\r\n"
    assert bench.run(setup)["status"] == 0


def test_what_setup_requires_asks_for_is_told_and_not_fetched(bench):
    setup = SETUP.replace("py_modules", "setup_requires=['no-such-thing>=1', 'other'], py_modules")
    result = bench.run(setup, "--name")
    assert result["requires"] == ["no-such-thing>=1", "other"]
    assert result["status"] == 0


def test_what_was_installed_for_setup_requires_is_found(bench):
    packages = bench.folder / "packages"
    packages.mkdir()
    (packages / "helper.py").write_text("name = 'old'\n")
    setup = SETUP.replace("py_modules", "setup_requires=['helper'], py_modules")
    result = bench.run(f"import helper\n{setup}", packages=str(packages))
    assert (result["requires"], result["status"]) == ([], 0)


@pytest.mark.parametrize("module", ["ez_setup", "distribute_setup"])
@pytest.mark.parametrize("own", [False, True])
def test_nothing_is_downloaded_whether_the_tag_has_the_module_or_not(bench, module, own):
    if own:
        (bench.tree / f"{module}.py").write_text(
            "def use_setuptools():\n    raise RuntimeError('download')\n"
        )
    result = bench.run(f"import {module}\n{module}.use_setuptools()\n{SETUP}")
    assert result["status"] == 0, result


def test_modules_of_the_tag_come_before_those_that_only_the_runner_uses(bench):
    (bench.tree / "resource.py").write_text("version = '1.0'\n")
    assert bench.run(f"import resource\nassert resource.version == '1.0'\n{SETUP}")["status"] == 0


@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        ("raise ValueError('no version')", "ValueError", "no version"),
        ("raise SystemExit('give up')", "SystemExit", "give up"),
        ("import sys\nsys.exit(3)", "SystemExit", "3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
        ("x = (", "SyntaxError", None),
        ("raise ValueError(u'Zo\\xeb')", "ValueError", None),
        ("raise ValueError(b'Zo\\xeb')", "ValueError", None),
    ],
)
def test_a_failure_is_told_by_its_error(bench, code, error, message):
    result = bench.run(f"{code}\n")
    assert (result["status"], result["error"]) == (1, error)
    if message is not None:
        assert result["message"] == message


def test_an_exit_without_a_complaint_is_no_failure(bench):
    assert "error" not in bench.run("import sys\nsys.exit()\n")


def test_folders_are_listed_by_name(bench):
    for name in ("b", "d", "a", "c"):
        (bench.tree / "order" / name).mkdir(parents=True)
    result = bench.run("import os\nraise ValueError(' '.join(os.listdir('order')))\n")
    assert result["message"] == "a b c d"


def test_functions_that_setup_py_replaces_are_not_ours(bench):
    assert bench.run("import io, json\njson.dumps = io.open = None\n") == {
        "requires": [],
        "read": [],
        "status": 0,
    }


def test_a_failure_leaves_its_traceback_in_the_output(bench):
    bench.run("def inner():\n    raise ValueError('deep')\ninner()\n")
    assert "in inner" in bench.printed


def test_plugins_of_an_unpacked_sdist_need_nothing_installed(bench):
    more = "install_requires=['not-there'], entry_points={'egg_info.writers': ['x.txt = old:write']}"
    (bench.tree / "old.py").write_text("def write(command, basename, filename):\n    print('written')\n")
    setup = SETUP.replace(")", f", {more})")
    assert bench.run(setup, "egg_info")["status"] == 0
    assert bench.run(setup)["status"] == 0
    assert "written" in bench.printed


def test_limits_are_set(bench):
    setup = "import resource\nraise ValueError(resource.getrlimit(resource.RLIMIT_AS)[1])\n"
    assert bench.run(setup)["message"] == str(RESOURCE_LIMITS["AS"])


@pytest.mark.parametrize("name", ["notes.dat", "nöte.dat"])
def test_versioned_files_are_found(bench, monkeypatch, name):
    (bench.tree / name).touch()
    listing = bench.folder / "listing"
    listing.write_text(f"{name}\nsetup.py\n", "utf-8")
    monkeypatch.setenv("SDISTMAKER_FILES", str(listing))
    # As in each build.
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert bench.run()["status"] == 0
    assert name in bench.names()


def test_the_runner_is_read_by_every_python(python):
    source = SETUP_PY_RUNNER.read_text("utf-8")
    done = subprocess.run([python, "-c", f"compile({source!r}, 'runner', 'exec')"], capture_output=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("answers", [True, False])
def test_what_no_index_has_is_not_looked_for_in_each_run(
    history: History, commands: Commands, public: str, answers: bool
) -> None:
    try:
        python = find_interpreter("2.7", tuple(os.environ.items())).path
    except ToolchainError:
        pytest.skip("no Python 2.7 here")
    setup = "from setuptools import setup\nsetup(name='asks', setup_requires=['acme-nowhere'])\n"
    history.add_tag("asks", "1.0", {"setup.py": setup})
    index = public if answers else "http://127.0.0.1:9/simple"
    options = ("--destination", "index", "--toolchain", f"* {python}", "--build-index", index)
    reports = [commands.report("--repository", history.url, *options) for _ in range(2)]
    (failed,) = reports[0]["failed"]
    assert failed["reason"].startswith(
        "The build requirements cannot be installed for python2.7: acme-nowhere."
    )
    assert len(reports[1]["failed"]) == (0 if answers else 1)
