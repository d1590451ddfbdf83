"""The shape of the package: imports run one way, doors alone touch the outside, nothing heavy comes along."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sdistmaker_recipe"
MODULES = sorted(PACKAGE.rglob("*.py"))
DOORS = {"doors/api.py", "doors/recipe.py", "doors/command.py", "doors/streams.py", "scripts.py"}
# Programs of their own, which the interpreters of build environments run.
PROGRAMS = {
    "toolchain/hook_runner.py",
    "toolchain/setup_py_runner.py",
    "toolchain/shims/sdistmaker_files.py",
    "toolchain/shims/sdistmaker_markers.py",
    "toolchain/shims/sdistmaker_observation/__init__.py",
    "toolchain/shims/sdistmaker_observation/answers.py",
    "toolchain/shims/sdistmaker_observation/dummies.py",
    "toolchain/shims/sdistmaker_observation/files_seen.py",
    "toolchain/shims/sdistmaker_observation/hidden_errors.py",
    "toolchain/shims/sdistmaker_observation/imports.py",
    "toolchain/shims/sdistmaker_observation/names.py",
    "toolchain/shims/sdistmaker_observation/owners.py",
    "toolchain/shims/sdistmaker_observation/pretence.py",
    "toolchain/shims/sdistmaker_observation/python_2.py",
    "toolchain/shims/sdistmaker_observation/questions.py",
    "toolchain/shims/sdistmaker_observation/suspicions.py",
    "toolchain/shims/sdistmaker_observation/tables.py",
    "toolchain/shims/sdistmaker_observation/version_control.py",
    "toolchain/shims/sdistmaker_observation/worlds.py",
    "toolchain/shims/sdistmaker_sdist.py",
    "toolchain/shims/sdistmaker_wheel.py",
}
# libsvn has no other way to be told than the environment of its process, and svn inherits it.
FOR_SUBVERSION = {"executors/local.py", "vcs/subversion/process.py", "vcs/subversion/program.py"}
# The user's environment says how git reaches servers; of the rest of it git must see nothing.
FOR_GIT = {"vcs/git/process.py"}
FOR_MERCURIAL = {"vcs/mercurial/command_server.py"}
# On a worker of a cluster it is what begins.
ON_WORKERS = {"executors/dask/site.py"}

# By the design. Others say so in their docstring.
PURE = (
    "errors.py",
    "numbers.py",
    "model/__init__.py",
    "model/builds.py",
    "model/plans.py",
    "model/releases.py",
    "model/reports.py",
    "model/site.py",
    "model/tags.py",
    "stages/report/__init__.py",
    "stages/report/json_document.py",
    "stages/report/next_steps.py",
    "stages/report/status.py",
    "stages/report/tag_groups.py",
    "stages/report/text.py",
    "stages/report/wheels.py",
    "stages/report/workers.py",
)
OUTSIDE = {
    "logging",
    "random",
    "shutil",
    "socket",
    "sqlite3",
    "subprocess",
    "sys",
    "tempfile",
    "time",
    "urllib.request",
}


def name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


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


def pure_modules() -> list[str]:
    """The modules that are pure by the design, or by the first paragraphs of their docstrings."""
    saying = [path for path in MODULES if path.name != "__init__.py" and says_that_it_is_pure(path)]
    return sorted({*PURE, *map(name, saying)})


def says_that_it_is_pure(path: Path) -> bool:
    return re.search(r"\bPure[.,]", ast.get_docstring(parsed(path)) or "") is not None


def test_most_modules_without_input_and_output_say_so():
    assert len(pure_modules()) > 60


@pytest.mark.parametrize("module", pure_modules())
def test_a_pure_module_imports_nothing_that_reaches_outside(module):
    nodes = list(ast.walk(parsed(PACKAGE / module)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    found = plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert found
    assert not {each.partition(".")[0] for each in found} & OUTSIDE
    assert not mentions(PACKAGE / module) & {"open", "datetime.now", "time.time"}


@pytest.mark.parametrize(
    "paths", [PURE, DOORS, PROGRAMS, FOR_SUBVERSION], ids=["pure", "doors", "programs", "svn"]
)
def test_lists_of_modules_name_modules_that_are_there(paths):
    assert not [path for path in paths if not (PACKAGE / path).is_file()]


def test_every_module_says_what_it_is_for():
    assert not [name(path) for path in MODULES if not ast.get_docstring(parsed(path))]


def test_environment_output_and_exit_are_left_to_the_doors():
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
    others = [
        path
        for path in MODULES
        if name(path) not in DOORS | PROGRAMS | FOR_SUBVERSION | FOR_GIT | FOR_MERCURIAL | ON_WORKERS
    ]
    assert not {name(path): found for path in others if (found := mentions(path) & outside)}


def test_no_module_changes_the_current_folder_or_a_global():
    changing = {"os.chdir", "os.putenv", "os.umask"}
    others = [path for path in MODULES if name(path) not in PROGRAMS]
    assert not {name(path): found for path in others if (found := mentions(path) & changing)}
    nodes = ((path, node) for path in MODULES for node in ast.walk(parsed(path)))
    assert not [f"{name(path)}:{node.lineno}" for path, node in nodes if isinstance(node, ast.Global)]


def test_every_module_is_in_utf_8_with_unix_line_ends():
    for path in MODULES:
        data = path.read_bytes()
        assert b"\r" not in data, name(path)
        assert data.decode("utf-8").endswith("\n"), name(path)


FOLDERS = sorted(path.parent for path in MODULES if path.name == "__init__.py" and "shims" not in path.parts)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_docstring_of_a_folder_is_a_map_of_it(folder):
    docstring = ast.get_docstring(parsed(folder / "__init__.py")) or ""
    mapped = {word.split(".")[0] for word in re.findall(r"``([a-z_.]+)``", docstring)}
    there = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    there |= {path.parent.name for path in folder.glob("*/__init__.py")} - {"shims"}
    assert there <= mapped, f"{name(folder)}: the docstring does not name {sorted(there - mapped)}"
