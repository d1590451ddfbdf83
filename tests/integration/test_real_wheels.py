"""Wheels of releases of real public projects install what their source distributions install.

The source distribution is installed by uv with the toolchain that built it, or by pip of Python 2.7 through
``setup.py install``. SDISTMAKER_LONG=1 takes all releases of the table in tests/support/public_projects.py,
and tries which of them today's pip installs without a wheel; otherwise some of each kind are taken.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from sdistmaker_recipe.index.layout import sdist_filename
from sdistmaker_recipe.model import Built, BuiltWheel, Failed, NoWheel
from sdistmaker_recipe.toolchain.environments import uv_program
from tests.support.builds import Builder
from tests.support.history import History
from tests.support.long_form import IS_LONG
from tests.support.public_projects import PROJECTS
from tests.support.public_sdists import fetch
from tests.support.real_releases import chosen
from tests.support.wheel_installations import (
    InstallError,
    differences,
    install_sdist,
    install_wheel,
    pip_problem,
)

CHOSEN = [name for name, project in PROJECTS.items() if chosen(project)]


@dataclass(frozen=True)
class Row:
    """What became of the wheel of one release; ``pip`` is why pip installs no sdist, None if nobody tried."""

    name: str
    version: str
    outcome: Built | Failed
    different: tuple[str, ...] = ()
    pip: str | None = None

    def __str__(self) -> str:
        start = f"{self.name:27}{self.version:11}"
        if isinstance(self.outcome, Failed):
            return f"{start} no sdist: {self.outcome.reason}"
        wheel = self.outcome.wheel
        if isinstance(wheel, BuiltWheel):
            tag = wheel.filename.rpartition("-none-any")[0].rpartition("-")[2]
            what = f"{tag:8} {' '.join(self.different) or 'installs the same'}"
        else:
            what = f"{'FAILED' if wheel.is_failure else 'none':8} {wheel.reason}"
        pip = "" if self.pip is None else f" | pip: {self.pip or 'installs the sdist'}"
        return f"{start} {self.outcome.toolchain:22} {what}{pip}"


@pytest.fixture(scope="module")
def newest_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the newest pip, and nothing else."""
    folder = tmp_path_factory.mktemp("pip") / "environment"
    subprocess.run(
        [uv_program(), "venv", "--quiet", "--python", sys.executable, "--seed", folder], check=True
    )
    return folder / "bin" / "python"


@pytest.mark.parametrize("name", CHOSEN)
def test_wheels_install_what_their_sdists_install(
    name: str, tmp_path: Path, cache: Path, newest_pip: Path, record_property: Callable[[str, object], None]
) -> None:
    builder = Builder(History(tmp_path / "repository"), tmp_path / "builds", cache / "environments")
    rows = list(_rows(name, builder, newest_pip if IS_LONG else None))
    record_property("table", "\n".join(map(str, rows)))
    different = {row.version: row.different for row in rows if row.different}
    failed = {
        row.version: row.outcome.wheel.reason
        for row in rows
        if isinstance(row.outcome, Built)
        and isinstance(row.outcome.wheel, NoWheel)
        and row.outcome.wheel.is_failure
    }
    assert different == failed == {}


def _rows(name: str, builder: Builder, newest_pip: Path | None) -> Iterator[Row]:
    project = PROJECTS[name]
    for original in fetch(name, chosen(project), builder.folder):
        files = original.as_tag((*project.made, *project.gone), markers=project.markers)
        tag = f"{project.prefix}{original.version}"
        builder.history.add_tag(name, tag, files, original.executables(), date=original.date)
        outcome = builder.build(name, tag, wheels="pure")
        if isinstance(outcome, Failed):
            yield Row(name, original.version, outcome)
            continue
        folder = builder.folder / f"installed-{original.version}"
        folder.mkdir()
        sdist = folder / sdist_filename(outcome.name, outcome.version)
        sdist.hardlink_to(outcome.archive)
        pip = None if newest_pip is None else pip_problem(newest_pip, sdist, folder / "by-pip")
        yield Row(name, original.version, outcome, tuple(_different(outcome, sdist, folder)), pip)


def _different(built: Built, sdist: Path, folder: Path) -> list[str]:
    if not isinstance(built.wheel, BuiltWheel):
        return []
    by_wheel = install_wheel(built, folder / "wheel")
    try:
        by_sdist = install_sdist(built, sdist, folder / "sdist")
    except InstallError as error:
        return [f"the sdist cannot be installed: {' '.join(str(error).split())[-600:]}"]
    if built.python.startswith("python2"):
        # Each of its two ways to install writes other metadata, and other scripts for entry points.
        by_sdist, by_wheel = _without_made_files(by_sdist), _without_made_files(by_wheel)
    return differences(by_sdist, by_wheel)


def _without_made_files(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    scripts = files.get("DIST-INFO/entry_points.txt", b"").decode()
    return {
        path: content
        for path, content in files.items()
        if not path.startswith("DIST-INFO/")
        and not (path.startswith("bin/") and re.search(rf"^{re.escape(path[4:])}\s*=", scripts, re.MULTILINE))
    }
