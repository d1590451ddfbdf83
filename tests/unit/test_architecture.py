"""The shape of the package: imports run one way, doors alone touch the outside, nothing heavy comes along."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sdistmaker_recipe"
MODULES = sorted(PACKAGE.rglob("*.py"))
DOORS = {"recipe.py", "command.py"}
# A program of its own, which the interpreters of build environments run.
PROGRAMS = {"toolchain/hook_runner.py"}
# libsvn has no other way to be told than the environment of its process, and svn inherits it.
FOR_SUBVERSION = {"vcs/subversion_process.py", "vcs/subversion_cli.py"}

HEAVY = {"jinja2", "rich", "subvertpy", "zc", "subprocess_tee", "uv", "multiprocessing", "ssl"}


def name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


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


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def mentions(path: Path) -> frozenset[str]:
    """The names that a module uses, dotted where they are attributes of a name."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add(f"{node.value.id}.{node.attr}")
    return frozenset(found)


def test_import_contracts_hold():
    run(
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(cache_dir=None, no_cache=True))"
    )


def test_the_package_alone_imports_nothing():
    assert imported_by("sdistmaker_recipe") <= {"sdistmaker_recipe", "__future__"}


def test_the_commands_start_without_what_only_some_runs_need():
    found = imported_by("sdistmaker_recipe.command")
    assert "sdistmaker_recipe.engine" in found
    assert not {module.partition(".")[0] for module in found} & HEAVY


def test_pure_modules_bring_nothing_that_reaches_outside():
    pure = ("model", "errors", "configuration", "stages.plan", "stages.report")
    found = imported_by(", ".join(f"sdistmaker_recipe.{module}" for module in pure))
    assert not found & {"subprocess", "socket", "sqlite3", "shutil", "tempfile", "logging"}


@pytest.mark.parametrize("path", MODULES, ids=name)
class TestEveryModule:
    def test_says_what_it_is_for(self, path):
        assert ast.get_docstring(parsed(path))

    def test_leaves_environment_output_and_exit_to_the_doors(self, path):
        if name(path) in DOORS | PROGRAMS | FOR_SUBVERSION:
            return
        outside = {
            "os.environ",
            "os.getenv",
            "print",
            "input",
            "exit",
            "sys.exit",
            "sys.argv",
            "sys.stdout",
            "sys.stderr",
        }
        assert not mentions(path) & outside

    def test_changes_neither_the_current_folder_nor_a_global(self, path):
        assert not [node.lineno for node in ast.walk(parsed(path)) if isinstance(node, ast.Global)]
        assert not mentions(path) & {"os.chdir", "os.putenv", "os.umask"}

    def test_says_in_utf_8_with_unix_line_ends(self, path):
        data = path.read_bytes()
        assert b"\r" not in data
        assert data.decode("utf-8").endswith("\n") or not data
