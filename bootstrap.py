"""Set up this project in its own folder, with nothing but Python 3.10 or newer.

    python3 bootstrap.py [buildout arguments]      make .venv and bin/buildout, and run bin/buildout
    python3 bootstrap.py test [pytest arguments]   install what the tests need too, and run all checks

Packages come from the index that pip is configured for. Relative paths in arguments are below this folder.
"""

import sys

if sys.version_info < (3, 10):  # noqa: UP036  # what is below does not even load on an older one
    sys.exit(f"bootstrap.py needs Python 3.10 or newer; {sys.executable} is {sys.version.split()[0]}")

import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed-by-bootstrap"
BUILDOUT = ROOT / "bin" / "buildout"
INDEX = ROOT / "var" / "private"

DEBIAN_PACKAGES = ("apache2", "nginx-light", "subversion", "libapache2-mod-svn", "openssl", "bubblewrap")
CHECKS = (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",), ("lint-imports",))
# What the tests of a file share, such as servers, is made once; tests/conftest.py says which come first.
PARALLEL = ("--numprocesses=auto", "--maxprocesses=4", "--dist=loadfile", "--no-loadscope-reorder")

# policy-rc.d keeps Debian's packages from starting their services: invoke-rc.d(8), deb-systemd-invoke(1p).
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
    if arguments in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    testing = arguments[:1] == ["test"]
    make_environment()
    install(test_extras() if testing else "")
    if testing:
        install_debian_packages()
        return check(arguments[1:])
    make_buildout()
    status = call(PYTHON, BUILDOUT, *arguments)
    projects = sorted(page.parent.name for page in INDEX.glob("*/index.html"))
    if status == 0 and projects:
        say(f"The index is in {INDEX}\nThis installs a package from it:\n{install_line(projects[0])}")
    return status


def make_environment() -> None:
    """Make .venv, unless a working one is there."""
    if environment_works():
        return
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit("Python's ensurepip module is missing. On Debian and Ubuntu: apt install python3-venv")
    say(f"Making {VENV}")
    need(sys.executable, "-I", "-m", "venv", "--clear", VENV)


def environment_works() -> bool:
    """Whether .venv has a new enough Python and a pip, and was made here (not copied or moved)."""
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
    # An environment for the tests will do without them too.
    if STAMP.exists() and STAMP.read_text("utf-8").startswith(stamp):
        return
    say("Installing the dependencies pinned in requirements.txt")
    pip = (PYTHON, "-I", "-m", "pip", "install", "--quiet", "--constraint", "requirements.txt")
    # What builds the package is pinned too, so it comes first and the build is not isolated from it.
    need(*pip, "pip", "setuptools")
    need(*pip, "--no-build-isolation", "--editable", f".[{extra}]" if extra else ".")
    STAMP.write_text(stamp, "utf-8")


def test_extras() -> str:
    """The extras of setup.py that the tests need; what drives a browser is big, and nothing without one."""
    return "test,browser" if shutil.which("chromium") else "test"


def make_buildout() -> None:
    """Make bin/buildout, unless there is one that runs in .venv."""
    if not BUILDOUT.exists() or str(VENV) not in BUILDOUT.read_text("utf-8"):
        need(PYTHON, VENV / "bin" / "buildout", "bootstrap")


def install_line(project: str) -> str:
    """A shell command that installs a project of the index: it works as it is, from any folder.

    uv takes a name from the first index that has it, so that the public one never answers for ours but still
    serves build requirements. uv does not read pip's configuration and is handed the index that pip uses.
    """
    pip = (PYTHON, "-I", "-m", "pip", "config", "get", "global.index-url")
    public = ""
    if os.environ.get("PIP_INDEX_URL"):
        public = '--default-index "$PIP_INDEX_URL" '
    elif call(*pip, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
        # The shell looks it up, for a URL can hold a password, which is not ours to show.
        public = f'--default-index "$({quote(*pip)})" '
    before = quote(
        VENV / "bin" / "uv", "pip", "install", "--python", PYTHON, "--target", ROOT / "var" / "try"
    )
    return f"{before} {public}--index-strategy first-index {quote('--index', INDEX.as_uri(), project)}"


def install_debian_packages() -> None:
    """Install the servers that tests start, if this is Debian and we may; without them those tests skip."""
    missing = [package for package in DEBIAN_PACKAGES if not is_installed(package)]
    if not missing:
        return
    root = as_root()
    if shutil.which("apt-get") is None or root is None:
        say(f"Tests skip what is not here and cannot be installed without apt and root: {' '.join(missing)}")
    elif call(*root, "sh", "-c", APT_SCRIPT, "sh", *missing) != 0:
        say(f"Tests skip what apt did not install: {' '.join(missing)}")


def is_installed(package: str) -> bool:
    """Whether dpkg knows the package as installed."""
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    try:
        return subprocess.run(query, capture_output=True, check=False).stdout == b"installed"
    except OSError:
        return False


def as_root() -> tuple[str, ...] | None:
    """What goes before a command to run it as root; None where that needs a password or cannot be."""
    if os.geteuid() == 0:
        return ()
    sudo = ("sudo", "-n")
    can = shutil.which("sudo") and call(*sudo, "true", stderr=subprocess.DEVNULL) == 0
    return sudo if can else None


def check(arguments: list[str]) -> int:
    """Run every check even where one fails; pytest comes last, so that its summary ends the output."""
    failed = [quote(*command) for command in CHECKS if tool(*command) != 0]
    if failed:
        say(f"FAILED, before pytest: {', '.join(failed)}")
    with tempfile.TemporaryDirectory(prefix="sdistmaker-tests-") as folder:
        # Of our own: servers of tests must be let in, and pytest closes the folder it shares with others.
        os.environ["PYTEST_DEBUG_TEMPROOT"] = folder
        status = tool("pytest", *PARALLEL, *arguments)
    return status or int(bool(failed))


def tool(name: str, *arguments: str) -> int:
    """Run a program of .venv."""
    say(f"$ {quote(name, *arguments)}")
    return call(VENV / "bin" / name, *arguments)


def need(*command: str | Path) -> None:
    """Run a command without which there is no going on."""
    status = call(*command)
    if status != 0:
        sys.exit(f"bootstrap.py: failed with exit status {status}: {quote(*command)}")


def call(*command: str | Path, stdout: int | None = None, stderr: int | None = None) -> int:
    """Run a command in this folder, whatever Python the caller's shell is set up for.

    Bytecode is kept: without it pytest takes seconds to rewrite all tests, in each process and each time.
    """
    unwanted = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    environment |= {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, stdout=stdout, stderr=stderr, check=False
    ).returncode


def quote(*command: str | Path) -> str:
    """The command as it is typed in a shell."""
    return shlex.join(map(str, command))


def say(text: str) -> None:
    """Print at once, to stay in order with what the commands print."""
    print(text, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
