"""Wheels of releases of real public projects install what their source distributions install.

The source distribution is installed by uv with the toolchain that built it, or by pip of Python 2.7 through
``setup.py install``. SDISTMAKER_LONG=1 takes all releases of the table in tests/support/public_projects.py;
it tries which of them today's pip installs without a wheel, and installs the wheels from an index with pip,
uv and Poetry. Otherwise some of each kind are taken. tests/support/wheel_rows.py makes a table of numbers.
"""

from __future__ import annotations

import email
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sdistmaker_recipe.index.layout import sdist_filename
from sdistmaker_recipe.model import Built, BuiltWheel, Failed, NoWheel, Outcome
from sdistmaker_recipe.toolchain.environments import uv_program
from tests.support import empty_distributions, public_index
from tests.support.builds import Builder
from tests.support.clients import CLIENTS, Toolbox
from tests.support.commands import Commands
from tests.support.history import History
from tests.support.long_form import IS_LONG
from tests.support.public_projects import PROJECTS
from tests.support.public_sdists import fetch
from tests.support.published_index import served_index
from tests.support.real_releases import chosen
from tests.support.wheel_clients import WheelClients
from tests.support.wheel_installations import (
    InstallError,
    differences,
    install_sdist,
    install_wheel,
    pip_problem,
)
from tests.support.wheel_rows import PROPERTY, SDIST_ALONE, Row

CHOSEN = [name for name, project in PROJECTS.items() if chosen(project)]


@dataclass(frozen=True)
class NewClients:
    """The Python of an environment with the newest pip and nothing else, and the newest Poetry."""

    pip: Path
    poetry: Path


@pytest.fixture(scope="module")
def new_clients(tmp_path_factory: pytest.TempPathFactory, own_index_of_module: Commands) -> NewClients | None:
    """The clients of the long form."""
    if not IS_LONG:
        return None
    folder = tmp_path_factory.mktemp("pip") / "environment"
    subprocess.run(
        [uv_program(), "venv", "--quiet", "--python", sys.executable, "--seed", folder], check=True
    )
    (poetry,) = (client for client in CLIENTS if client.name == "Poetry")
    return NewClients(folder / "bin" / "python", Toolbox(own_index_of_module).programs(poetry) / "poetry")


@pytest.mark.parametrize("name", CHOSEN)
def test_wheels_install_what_their_sdists_install(
    name: str,
    tmp_path: Path,
    cache: Path,
    new_clients: NewClients | None,
    record_property: Callable[[str, object], None],
) -> None:
    builder = Builder(History(tmp_path / "repository"), tmp_path / "builds", cache / "environments")
    outcomes = _build(name, builder)
    files = {version: _Installed(outcome, tmp_path / version) for version, outcome in outcomes.items()}
    rows = [_row(name, version, outcome, files[version]) for version, outcome in outcomes.items()]
    if new_clients:
        rows = list(_with_clients(rows, outcomes, files, new_clients, tmp_path))
    record_property("table", "\n".join(map(str, rows)))
    for row in rows:
        record_property(PROPERTY, row.as_json())
    assert {row.version: row.different for row in rows if row.different} == {}
    assert {row.version: row.reason for row in rows if row.is_failure} == {}
    assert {row.version: row.problems for row in rows if row.problems} == {}


def _build(name: str, builder: Builder) -> dict[str, Outcome]:
    """The outcomes of all chosen releases by their versions."""
    project = PROJECTS[name]
    outcomes = {}
    for original in fetch(name, chosen(project), builder.folder):
        files = original.as_tag((*project.made, *project.gone), markers=project.markers)
        tag = f"{project.prefix}{original.version}"
        builder.history.add_tag(name, tag, files, original.executables(), date=original.date)
        outcomes[original.version] = builder.build(name, tag, wheels="pure")
    return outcomes


class _Installed:
    """What the wheel of a release installs, and what else than its source distribution."""

    def __init__(self, outcome: Outcome, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.by_wheel: Mapping[str, bytes] = {}
        self.different: tuple[str, ...] = ()
        if isinstance(outcome, Built) and isinstance(outcome.wheel, BuiltWheel):
            self.by_wheel = install_wheel(outcome, folder / "wheel")
            self.different = self._differences(outcome)

    def _differences(self, built: Built) -> tuple[str, ...]:
        try:
            by_sdist = install_sdist(built, linked_sdist(built, self.folder), self.folder / "sdist")
        except InstallError as error:
            return (f"the sdist cannot be installed: {' '.join(str(error).split())[-600:]}",)
        by_wheel = self.by_wheel
        if built.python.startswith("python2"):
            # Each of its two ways to install writes other metadata, and other scripts for entry points.
            by_sdist, by_wheel = _without_made_files(by_sdist), _without_made_files(by_wheel)
        return tuple(differences(by_sdist, by_wheel))


def linked_sdist(built: Built, folder: Path) -> Path:
    """The source distribution under the name that it has in an index."""
    path = folder / sdist_filename(built.name, built.version)
    if not path.exists():
        path.hardlink_to(built.archive)
    return path


def _without_made_files(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    # setuptools keeps the indentation that they have in setup.py.
    scripts = files.get("DIST-INFO/entry_points.txt", b"").decode()
    return {
        path: content
        for path, content in files.items()
        if not path.startswith("DIST-INFO/")
        and not (
            path.startswith("bin/") and re.search(rf"^\s*{re.escape(path[4:])}\s*=", scripts, re.MULTILINE)
        )
    }


def _row(name: str, version: str, outcome: Outcome, installed: _Installed) -> Row:
    if isinstance(outcome, Failed):
        return Row(name, version, reason=outcome.reason)
    row = Row(name, version, outcome.toolchain, different=installed.different)
    if isinstance(outcome.wheel, NoWheel):
        return replace(row, reason=outcome.wheel.reason, is_failure=outcome.wheel.is_failure)
    assert isinstance(outcome.wheel, BuiltWheel)
    return replace(row, python_tag=outcome.wheel.filename.removesuffix("-none-any.whl").rpartition("-")[2])


def _with_clients(
    rows: list[Row],
    outcomes: Mapping[str, Outcome],
    files: Mapping[str, _Installed],
    new_clients: NewClients,
    folder: Path,
) -> Iterator[Row]:
    """The rows, and what new clients make of the releases."""
    releases = [outcome for outcome in outcomes.values() if isinstance(outcome, Built)]
    with served_index(releases, folder / "published") as index, _requirements(releases, folder) as required:
        clients = WheelClients(new_clients.pip, new_clients.poetry, index, required)
        for row in rows:
            built, installed = outcomes[row.version], files[row.version]
            if not isinstance(built, Built):
                yield row
                continue
            sdist = linked_sdist(built, installed.folder)
            found = {SDIST_ALONE: pip_problem(new_clients.pip, sdist, installed.folder / "by-pip")}
            if isinstance(built.wheel, BuiltWheel):
                found |= clients.problems(built, installed.by_wheel, installed.folder)
            yield replace(row, clients=found)


@contextmanager
def _requirements(releases: list[Built], folder: Path) -> Iterator[str]:
    """The URL of an index with empty distributions for all that these releases require."""
    distributions = folder / "requirements"
    distributions.mkdir()
    wheels = [built.wheel for built in releases if isinstance(built.wheel, BuiltWheel)]
    metadata = [email.message_from_bytes(wheel.metadata) for wheel in wheels]
    empty_distributions.write_index(distributions, [each.get_all("Requires-Dist", []) for each in metadata])
    with public_index.serve(distributions, folder / "requirements.log") as server:
        yield public_index.simple_url(server)
