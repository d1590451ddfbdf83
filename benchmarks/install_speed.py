"""Compare how long clients take to resolve and install a tree of projects, with wheels and without.

Run from the project's folder: ``.venv/bin/python -m benchmarks.install_speed``. README.rst beside this file
says what is measured, and how.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.harness import load, machine, measure_in_rounds, outcome_lines, parser, positive
from benchmarks.programs import FailedError
from benchmarks.table import Measurement, Requirement, aligned, requirements
from tests.support import dependency_tree, public_index
from tests.support.clients import CLIENTS, Toolbox, commands_of_user
from tests.support.commands import Commands
from tests.support.httpd import WebServer
from tests.support.sites import PrivateIndex

CLIENT_NAMES = ("pip", "uv", "Poetry")
WHEELS = {"pure": "wheels", "none": "sdists alone"}
LEAF = "leaf"
KINDS = {**WHEELS, LEAF: "the wheel of one project"}
NAMES = {f"{client}-{kind}": f"{client}, {KINDS[kind]}" for client in CLIENT_NAMES for kind in KINDS}
REQUIRED = tuple(Requirement(f"{client}-none", f"{client}-pure", 10) for client in CLIENT_NAMES)
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured; each project has so many releases."""

    projects: int
    releases: int
    rounds: int


QUICK = Size(projects=3, releases=4, rounds=1)


@dataclass(frozen=True, slots=True)
class Contender:
    """A client of one of the indexes, and the project that it installs.

    ``programs`` is the folder of its programs, ``installed`` how many projects it installs in all.
    """

    key: str
    programs: Path
    server: WebServer
    project: str
    installed: int


def main() -> int:
    """Measure and print; 1 where a contender failed, 0 else, whatever the ratios are."""
    made = parser("benchmarks.install_speed", __doc__, "3 projects with 4 releases: to see that it works")
    made.add_argument("--projects", type=positive, default=dependency_tree.PROJECTS, help="default: 30")
    made.add_argument("--releases", type=positive, default=dependency_tree.RELEASES, help="default: 10")
    made.add_argument("--rounds", type=positive, default=1, help="default: 1")
    made.add_argument("--only", action="append", choices=CLIENT_NAMES, help="can be repeated")
    arguments = made.parse_args()
    size = Size(arguments.projects, arguments.releases, arguments.rounds)
    return run(QUICK if arguments.quick else size, arguments.only or CLIENT_NAMES)


def run(size: Size, clients: Sequence[str]) -> int:
    """Measure these clients and print what came out; the exit status."""
    failed: dict[str, str] = {}
    before = load()
    with tempfile.TemporaryDirectory(prefix="install-speed-") as name, ExitStack() as stack:
        folder = Path(name)
        servers = stack.enter_context(_servers(size, folder))
        toolbox = Toolbox(Commands.below(_new(folder / "tools"), folder / "cache", _own_environment()))
        contenders = [
            contender
            for client in CLIENTS
            if client.name in clients
            for contender in _contenders(client.name, toolbox.programs(client), servers, size)
        ]
        seconds = measure_in_rounds(
            contenders,
            size.rounds,
            lambda contender, name: _measure(contender, size, folder / name),
            lambda contender, seconds: f"{NAMES[contender.key]}: {seconds:.1f} s",
            failed,
        )
    measured = {key: Measurement(NAMES[key], tuple(some), 1) for key, some in seconds.items() if some}
    sys.stdout.write(_report(size, clients, measured, failed, f"{before} before, {load()} after"))
    return 1 if failed else 0


def _contenders(
    client: str, programs: Path, servers: Mapping[str, WebServer], size: Size
) -> Iterator[Contender]:
    """A client with each index, and with one project that needs no other: what it takes for itself."""
    for wheels in WHEELS:
        key = f"{client}-{wheels}"
        yield Contender(key, programs, servers[wheels], dependency_tree.ROOT, size.projects)
    leaf = dependency_tree.leaf(size.projects)
    yield Contender(f"{client}-{LEAF}", programs, servers["pure"], leaf, 1)


@contextmanager
def _servers(size: Size, folder: Path) -> Iterator[Mapping[str, WebServer]]:
    """Apache with the index of one repository, with wheels and without; what they lack they redirect."""
    public_folder = _new(folder / "public")
    public_index.download_wheels(public_folder, ["setuptools", "wheel"])
    public_index.write_pages(public_folder)
    with ExitStack() as stack:
        public = stack.enter_context(public_index.serve(public_folder, folder / "public.log"))
        url = public_index.simple_url(public)
        found: dict[str, WebServer] = {}
        history = None
        for wheels in WHEELS:
            index = PrivateIndex.below(_new(folder / wheels), folder / "cache", url, "--wheels", wheels)
            if history is None:
                history = index.history
                dependency_tree.add_tree(history, size.projects, size.releases)
            index = replace(index, history=history)
            index.update()
            found[wheels] = stack.enter_context(index.apache(_new(folder / f"apache-{wheels}")))
        yield found


def _measure(contender: Contender, size: Size, folder: Path) -> float:
    """The seconds that a new user, with empty caches, takes to resolve what is wanted and to install it."""
    (client,) = (each for each in CLIENTS if contender.key.startswith(f"{each.name}-"))
    url = contender.server.url
    commands = replace(commands_of_user(_new(folder), url), timeout=_HOUR)
    use = client.use(contender.programs, commands, url)
    if client.name == "pip":
        # It installs into an environment that is there.
        _ = use.python
    begin = time.perf_counter()
    for step in (dependency_tree.resolve, dependency_tree.install):
        done = step(use, contender.project)
        if done.status:
            raise FailedError(done.output[-2000:])
    seconds = time.perf_counter() - begin
    installed = use.installed(dependency_tree.modules(size.projects))
    if len(installed) != contender.installed:
        raise FailedError(f"{len(installed)} of {contender.installed} projects are installed")
    return seconds


def _report(
    size: Size,
    clients: Sequence[str],
    measured: Mapping[str, Measurement],
    failed: Mapping[str, str],
    load: str,
) -> str:
    lines = ["", *machine(load), ""]
    lines.append(f"{size.projects} projects with {size.releases} releases each, {size.rounds} rounds")
    rows = [[each.name, " ".join(f"{seconds:.1f}" for seconds in each.seconds)] for each in measured.values()]
    chosen = [required for required in REQUIRED if required.slow.partition("-")[0] in clients]
    lines += ["", aligned([["what", "seconds"], *rows]), "", requirements(measured, NAMES, chosen)]
    return "\n".join([*lines, *outcome_lines({}, failed, NAMES)]) + "\n"


def _new(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _own_environment() -> dict[str, str]:
    """What says which index this machine uses."""
    kept = ("SSL_CERT_FILE", "PYENV_ROOT")
    return {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name in kept}


if __name__ == "__main__":
    sys.exit(main())
