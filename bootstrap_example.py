"""What one can do with the index that bin/buildout made: look at it, and install from it."""

import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from bootstrap_commands import PYTHON, ROOT, VENV, call, quote, run_quietly, say
from bootstrap_server import serve

PART = "sdists: "
"""How the lines begin that the part of buildout.cfg writes; all others are of buildout itself."""
DEMO = ROOT / "build" / "docs" / "demo"
# The tags of acme-punchcard build only where there is a Python 2, and the demo is the same everywhere.
DEMO_OPTIONS = (
    *("--repository", "example:", "--ignore", "acme-punchcard"),
    *("--public", "none", "--site-title", "Packages of Acme, a demo"),
)
GOES_ON = re.compile(r"(?:Building|published) .*|failed [^:]*|warning: .* without a sandbox\..*")
"""What the part says while it runs. At its end it says again, with the reason, what failed.

The example needs no sandbox: it comes with this project.
"""


def part_lines(output: Iterable[str]) -> list[str]:
    """What the part says of the run: what failed, and how much was published.

    Not each file that was published, and not how to set up Apache: those who only try the example do not.
    """
    said = (line.removeprefix(PART) for line in output if line.startswith(PART.rstrip()))
    report = itertools.takewhile(lambda text: text.strip() not in ("", PART.strip()), said)
    return [f"{PART}{text}" for text in report if not GOES_ON.fullmatch(text)]


def projects(index: Path) -> list[str]:
    """The folders of projects in the index, sorted."""
    return sorted(page.parent.name for page in index.glob("*/index.html"))


def next_steps() -> list[str]:
    """Three lines that say what to do next. Paths are as seen from the current folder."""
    program = started_as(sys.orig_argv[0], sys.argv[0])
    cfg, buildout = (quote(os.path.relpath(ROOT / name)) for name in ("buildout.cfg", "bin/buildout"))
    return [
        f"Look at it in a browser:    {program} serve",
        f"Install a package from it:  {program} try",
        f"Read your own repository:   write its URL into {cfg}, then run {buildout}",
    ]


def started_as(python: str, script: str) -> str:
    """How this program is started again; ``python`` and ``script`` are how it was started now."""
    # A path would make a long line, and launchers such as those of pyenv start Python by its path.
    name = Path(python).name
    return shlex.join((name if shutil.which(name) else os.path.relpath(PYTHON), script))


def install_line(index: Path, project: str) -> str:
    """A shell command that installs a project of the index. It works as it is, from any folder.

    uv takes a name from the first index that has it. So the public index never answers for a private name,
    but still serves build requirements. uv does not read pip's configuration, so the line names pip's index.
    """
    pip = (PYTHON, "-I", "-m", "pip", "config", "get", "global.index-url")
    public = ""
    if os.environ.get("PIP_INDEX_URL"):
        public = '--default-index "$PIP_INDEX_URL" '
    elif call(*pip, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
        # The URL may hold a password, so the shell looks it up and the line does not show it.
        public = f'--default-index "$({quote(*pip)})" '
    before = quote(
        VENV / "bin" / "uv", "pip", "install", "--python", PYTHON, "--target", ROOT / "var" / "try"
    )
    return f"{before} {public}--index-strategy first-index {quote('--index', index.as_uri(), project)}"


def wrong_argument(command: str, arguments: list[str]) -> str:
    """What is wrong with the arguments of a command for the example; "" if nothing is."""
    accepted = {"serve": r"(--no-browser)?", "try": r"([^-]\S*)?", "demo": ""}
    given = " ".join(arguments)
    if command not in accepted or re.fullmatch(accepted[command], given):
        return ""
    return f"bootstrap.py {command} does not know {given}. For the usage: python3 bootstrap.py --help"


def run_serve(index: Path, arguments: list[str]) -> int:
    """Show the index in a browser, until Ctrl-C."""
    return serve(index, with_browser=not arguments)


def run_try(index: Path, arguments: list[str]) -> int:
    """Install a project from the index into var/try, and show the command that does it."""
    chosen = arguments or projects(index)
    if not chosen:
        sys.exit(f"bootstrap.py try: {index} holds no release. bin/buildout says why.")
    line = install_line(index, chosen[0])
    say(f"$ {line}")
    status = call("sh", "-c", line)
    if status == 0:
        say(f"{chosen[0]} is installed in {ROOT / 'var' / 'try'}")
    return status


def run_demo(_index: Path, _arguments: list[str]) -> int:
    """Write an index of the example that a browser shows from files: the same bytes each time."""
    scratch = ROOT / "build" / "demo"
    shutil.rmtree(scratch, ignore_errors=True)
    command = (VENV / "bin" / "sdists_from_tags", *DEMO_OPTIONS, "--destination", scratch / "index")
    status, output = run_quietly("Building the demo", command)
    # One tag fails, which the pages show, too.
    if status not in (0, 1):
        say("\n".join(output))
        return status
    shutil.rmtree(DEMO, ignore_errors=True)
    DEMO.parent.mkdir(parents=True, exist_ok=True)
    (scratch / "index").rename(DEMO)
    say(f"Open this file in a browser; it needs no server: {DEMO / 'about.html'}")
    return 0


EXAMPLE = {"serve": run_serve, "try": run_try, "demo": run_demo}
