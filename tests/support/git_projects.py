"""Releases of projects that take version and files from git, by setuptools-scm or hatch-vcs.

Chosen are projects whose archives hold all files that git tracks, or are told by pyproject.toml what to hold.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.public_projects import Project

_FILLED_IN = ("files", "a file with the attribute export-subst is filled in, as git archive does it")

PROJECTS: Mapping[str, Project] = {
    # setuptools-scm, the oldest by setup.py alone
    "execnet": Project(
        "1.5.0 1.7.1 1.9.0 2.0.2 2.1.0 2.1.1 2.1.2",
        made=("execnet/_version.py", "src/execnet/_version.py"),
        prefix="v",
    ),
    "pluggy": Project(
        "0.6.0 0.13.1 1.0.0 1.2.0 1.4.0 1.5.0 1.6.0", short="1.6.0", made=("src/pluggy/_version.py",)
    ),
    "pytest-mock": Project(
        "1.13.0 3.0.0 3.6.1 3.10.0 3.12.0 3.14.0 3.15.1", made=("src/pytest_mock/_version.py",), prefix="v"
    ),
    # It builds itself with its own code. 6.4.2 has no file to be filled in.
    "setuptools-scm": Project(
        "6.4.2 7.1.0 8.1.0 8.3.1 9.1.1 9.2.2",
        made=("src/setuptools_scm/_version.py",),
        prefix="v",
        differs=dict.fromkeys(("7.1.0", "8.1.0", "8.3.1", "9.1.1", "9.2.2"), _FILLED_IN),
    ),
    "pytest-xdist": Project(
        "1.34.0 2.5.0 3.0.2 3.3.1 3.6.1 3.8.0", made=("src/xdist/_version.py",), prefix="v"
    ),
    "zipp": Project("1.0.0 3.8.0 3.15.0 3.17.0 3.20.2 3.21.0 3.23.0", prefix="v"),
    # hatch-vcs; setuptools-scm in the oldest, and in iniconfig 2.3.1
    "filelock": Project("3.4.0 3.8.0 3.9.0 3.12.0 3.13.1 3.16.1 3.20.0", made=("src/filelock/version.py",)),
    "humanize": Project("4.0.0 4.4.0 4.8.0 4.12.3 4.15.0 4.17.0", made=("src/humanize/_version.py",)),
    "iniconfig": Project(
        "1.0.1 1.1.0 1.1.1 2.0.0 2.1.0 2.3.1",
        short="2.1.0",
        made=("src/iniconfig/_version.py",),
        prefix="v",
    ),
    "platformdirs": Project(
        "2.4.0 3.0.0 3.10.0 4.0.0 4.2.0 4.3.6 4.5.1", made=("src/platformdirs/version.py",)
    ),
}
