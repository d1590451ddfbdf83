"""What bootstrap.py does: make .venv and bin/buildout, run bin/buildout, and run checks and tests."""

import difflib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap_commands import PYTHON, ROOT, VENV, call, environment, need, quote, run_quietly, say
from bootstrap_example import EXAMPLE, next_steps, part_lines, projects, wrong_argument

STAMP = VENV / "installed-by-bootstrap"
BUILDOUT = ROOT / "bin" / "buildout"
INDEX = ROOT / "var" / "private"

BUILDOUT_COMMANDS = ("install", "annotate", "query", "bootstrap", "init", "setup", "runsetup")
DEBIAN_PACKAGES = (
    "apache2",
    "nginx-light",
    "subversion",
    "libapache2-mod-svn",
    "openssl",
    "bubblewrap",
    "mercurial",
    "git",
    "git-lfs",
    "openssh-server",
    "rsync",
    "curl",
)
LINT = (("ruff", "check"), ("ruff", "format", "--check"), ("lint-imports",))
TYPES = (("mypy",),)
SPELLING = ("codespell", "README.rst", "CONTRIBUTING.rst", "CHANGES.rst", "news", "docs", "sdistmaker_recipe")
# Everything is read anew: Sphinx does not repeat the warnings of a page that has not changed.
SPHINX = ("sphinx-build", "--quiet", "--fresh-env", "--fail-on-warning", "--keep-going", "docs", "build/docs")
DOCS = (SPELLING, SPHINX)
BUILD = ("pyproject-build", "--no-isolation", "--outdir")
# pyroma would ask for a mail address, and for the URL that setup.py has from the first release on.
PYROMA = ("pyroma", "--min", "10", "--skip-tests", "AuthorEmail,Url")
# All tests of a file run in one process, so that its servers start once. tests/conftest.py orders the files.
PARALLEL = ("--numprocesses=auto", "--maxprocesses=4", "--dist=loadfile", "--no-loadscope-reorder")

# With this policy-rc.d Debian's packages do not start their services: invoke-rc.d(8), deb-systemd-invoke(1p).
APT_SCRIPT = r"""
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' > $policy
    chmod 755 $policy
fi
apt-get -q update && apt-get -q install -y --no-install-recommends "$@"
"""


def main(arguments: list[str]) -> int:
    """Do what the arguments say and return the exit status."""
    command, *others = arguments or [""]
    if wrong := wrong_command(command) or wrong_argument(command, others):
        sys.exit(wrong)
    make_environment()
    install(test_extras() if command in CHECKS else "")
    if command in CHECKS:
        return CHECKS[command](others)
    make_buildout()
    if command in EXAMPLE:
        is_ready = projects(INDEX) or command == "demo"
        return (0 if is_ready else run_buildout([])) or EXAMPLE[command](INDEX, others)
    status = run_buildout(arguments)
    if status == 0 and command not in BUILDOUT_COMMANDS and projects(INDEX):
        say(f"The index is in {INDEX}\n\nWhat to do next:\n" + "\n".join(next_steps()))
    return status


def wrong_command(command: str) -> str:
    """What is wrong with the first argument; "" if it is a command of this program or is for buildout."""
    known = (*CHECKS, *EXAMPLE, *BUILDOUT_COMMANDS)
    if not command or command.startswith("-") or "=" in command or command in known:
        return ""
    similar = difflib.get_close_matches(command, known, n=1, cutoff=0.5)
    meant = f"Did you mean {similar[0]}? " if similar else ""
    return (
        f"bootstrap.py: {command} is no command. {meant}The commands are {', '.join(CHECKS)}, and for the "
        f"example {', '.join(EXAMPLE)}, and those of buildout: {', '.join(BUILDOUT_COMMANDS)}. "
        "For the usage: python3 bootstrap.py --help"
    )


def make_environment() -> None:
    """Make .venv, unless a working one is there."""
    if environment_works():
        return
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            "bootstrap.py cannot make a virtual environment, for Python's ensurepip module is not installed. "
            "Install it (Debian, Ubuntu: apt install python3-venv)."
        )
    need("Making .venv", sys.executable, "-I", "-m", "venv", "--clear", VENV)


def environment_works() -> bool:
    """Whether .venv has Python 3.10 or newer and pip, and was made here (not copied or moved)."""
    probe = "import pip, sys; sys.exit(sys.version_info < (3, 10))"
    try:
        made_here = str(VENV) in (VENV / "bin" / "pip").read_text("utf-8")
        return made_here and call(PYTHON, "-I", "-c", probe, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def install(extra: str) -> None:
    """Install the package, editable, and its pinned dependencies, unless that is done already."""
    pins = (ROOT / "requirements.txt").read_bytes() + (ROOT / "setup.py").read_bytes()
    digest = hashlib.sha256(pins).hexdigest()
    stamp = f"{digest} {extra}"
    # An environment that was made for the tests also serves without them.
    if STAMP.exists() and STAMP.read_text("utf-8").startswith(stamp):
        return
    pip = (PYTHON, "-I", "-m", "pip", "install", "--constraint", "requirements.txt")
    # setuptools, which builds the package, is pinned too: install it first and build without isolation.
    need("Installing pip and setuptools", *pip, "pip", "setuptools")
    package = f".[{extra}]" if extra else "."
    doing = "Installing the dependencies pinned in requirements.txt"
    need(doing, *pip, "--no-build-isolation", "--editable", package)
    STAMP.write_text(stamp, "utf-8")


def test_extras() -> str:
    """The extras of setup.py that the tests need: ``browser``, which is big, only where chromium is."""
    return "test,browser" if shutil.which("chromium") else "test"


def make_buildout() -> None:
    """Make bin/buildout, unless there is one that runs in .venv."""
    if not BUILDOUT.exists() or str(VENV) not in BUILDOUT.read_text("utf-8"):
        need("Making bin/buildout", PYTHON, VENV / "bin" / "buildout", "bootstrap")


def run_buildout(arguments: list[str]) -> int:
    """Run bin/buildout; without arguments hold back its output, except what our part says."""
    if arguments:
        return call(PYTHON, BUILDOUT, *arguments)
    status, output = run_quietly("Running bin/buildout", (PYTHON, BUILDOUT))
    if shown := output if status else part_lines(output):
        say("\n".join(shown))
    return status


def install_debian_packages() -> None:
    """Install the servers that tests start, where apt and root's rights are there."""
    missing = [package for package in DEBIAN_PACKAGES if not is_installed(package)]
    if not missing:
        return
    root = as_root()
    if shutil.which("apt-get") is None or root is None:
        reason = "bootstrap.py needs apt and root for that"
    elif call(*root, "sh", "-c", APT_SCRIPT, "sh", *missing) != 0:
        reason = "apt failed, see above"
    else:
        return
    say(
        f"These Debian packages were not installed ({reason}), so tests that need them are skipped. "
        f"Install them to run all tests: apt install {' '.join(missing)}"
    )


def is_installed(package: str) -> bool:
    """Whether dpkg knows the package as installed."""
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    try:
        return subprocess.run(query, capture_output=True, check=False).stdout == b"installed"
    except OSError:
        return False


def as_root() -> tuple[str, ...] | None:
    """The words that run a command as root; None where that is impossible without a password."""
    if os.geteuid() == 0:
        return ()
    sudo = ("sudo", "-n")
    can = shutil.which("sudo") and call(*sudo, "true", stderr=subprocess.DEVNULL) == 0
    return sudo if can else None


def run_test(arguments: list[str]) -> int:
    """Run every check even where one fails, then pytest; name at the end the checks that failed."""
    install_debian_packages()
    with tests_compiled_meanwhile():
        failed = failures((*LINT, *TYPES, *DOCS))
    status = pytest(*arguments)
    if failed:
        say(f"These checks failed, see above what they said: {', '.join(failed)}")
    return status or int(bool(failed))


@contextmanager
def tests_compiled_meanwhile() -> Iterator[None]:
    """Let pytest compile all tests, on a core that the checks leave idle.

    It writes the bytecode beside them. In a fresh checkout each of its processes would compile all of them.
    """
    with subprocess.Popen(
        [VENV / "bin" / "pytest", "--collect-only", "--quiet"],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ):
        yield


def run_unit(arguments: list[str]) -> int:
    """Run the unit tests."""
    return pytest("tests/unit", *arguments)


def run_lint(_arguments: list[str]) -> int:
    """Run what checks the style and the imports."""
    return int(bool(failures(LINT)))


def run_types(_arguments: list[str]) -> int:
    """Run what checks the annotations."""
    return int(bool(failures(TYPES)))


def run_docs(_arguments: list[str]) -> int:
    """Check the spelling, build the documentation in build/docs, and say where it begins."""
    if failures(DOCS):
        return 1
    say(f"Open this file in a browser: {ROOT / 'build' / 'docs' / 'index.html'}")
    return 0


def run_package(_arguments: list[str]) -> int:
    """Build the source distribution and, from it, the wheel; check both."""
    folder = ROOT / "dist"
    shutil.rmtree(folder, ignore_errors=True)
    if status := tool(*BUILD, str(folder), "."):
        return status
    return int(bool(failures(package_checks(folder))))


def package_checks(folder: Path) -> tuple[tuple[str, ...], ...]:
    """The commands that check the one source distribution and the one wheel in a folder."""
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return (
        ("twine", "check", "--strict", str(sdist), str(wheel)),
        ("check-wheel-contents", str(wheel)),
        (*PYROMA, "--file", str(sdist)),
    )


CHECKS = {
    "test": run_test,
    "unit": run_unit,
    "lint": run_lint,
    "types": run_types,
    "docs": run_docs,
    "package": run_package,
}


def failures(commands: tuple[tuple[str, ...], ...]) -> list[str]:
    """Run all commands and return those that failed."""
    return [quote(*command) for command in commands if tool(*command) != 0]


def pytest(*arguments: str) -> int:
    """Run pytest in several processes.

    Its temporary folder is one that only this run uses: tests let servers into it, and pytest closes the one
    that all runs share to other users.
    """
    with tempfile.TemporaryDirectory(prefix="sdistmaker-tests-") as folder:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = folder
        return tool("pytest", *PARALLEL, *arguments)


def tool(name: str, *arguments: str) -> int:
    """Run a program of .venv."""
    say(f"$ {quote(name, *arguments)}")
    return call(VENV / "bin" / name, *arguments)


def run(usage: str) -> None:
    """Do what the command line says, and end the process with the exit status."""
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(usage.strip())
        sys.exit(0)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
