"""What fresh interpreters say of the package: import contracts hold, and nothing heavy comes along."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


HEAVY = {
    "docutils",
    "jinja2",
    "multiprocessing",
    "nh3",
    "packaging",
    "platformdirs",
    "readme_renderer",
    "rich",
    "ssl",
    "subprocess_tee",
    "subvertpy",
    "uv",
    "zc",
}


def run(code: str) -> str:
    """What a fresh interpreter prints, started where the package is."""
    finished = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def imported_by(module: str) -> set[str]:
    """The modules that come with the import of this one."""
    code = (
        f"import sys; before = set(sys.modules); import {module}; print(*sorted(set(sys.modules) - before))"
    )
    return set(run(code).split())


def test_import_contracts_hold():
    run("import sys, importlinter.cli as cli; sys.exit(cli.lint_imports(no_cache=True))")


def test_the_package_alone_imports_nothing():
    assert imported_by("sdistmaker_recipe") <= {"sdistmaker_recipe", "__future__"}


def test_the_commands_start_without_what_only_some_runs_need():
    found = imported_by("sdistmaker_recipe.doors.command")
    assert "sdistmaker_recipe.flow.engine" in found
    assert not {module.partition(".")[0] for module in found} & HEAVY
