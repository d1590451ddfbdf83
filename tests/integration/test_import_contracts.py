"""Each contract in pyproject.toml is broken by a wrong import, put into a copy of the package."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PACKAGE = "sdistmaker_recipe"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]

# lint-imports, for one wrong import after the other: the names of the contracts that it calls broken.
CHECK = """\
import contextlib, io, json, pathlib, re, sys
from importlinter import cli

sys.path.insert(0, ".")
broken = []
for name, text in json.load(sys.stdin):
    path = pathlib.Path(name)
    before = path.read_text("utf-8") if path.exists() else None
    path.write_text((before or "") + text, "utf-8")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        cli.lint_imports(no_cache=True)
    broken.append(re.findall("^(.*) BROKEN", printed.getvalue(), re.MULTILINE))
    path.unlink() if before is None else path.write_text(before, "utf-8")
json.dump(broken, sys.stdout)
"""


class WrongImport(NamedTuple):
    """A contract, a module of this package that breaks it, and what that module imports."""

    contract: str
    importer: str
    imported: str

    @property
    def file(self) -> str:
        """The file to append the import to; a folder gets a file of its own."""
        path = self.importer.replace(".", "/")
        return f"{path}/wrong.py" if (ROOT / path).is_dir() else f"{path}.py"


def wrong_imports(contract: dict[str, Any]) -> Iterator[WrongImport]:
    """One wrong import, and for layers one of each folder and module in them."""
    name, kind = contract["name"], contract["type"]
    if kind == "layers":
        layers = [[module.strip() for module in layer.split("|")] for layer in contract["layers"]]
        for (higher, *_), layer in pairwise(layers):
            yield from (WrongImport(name, module, higher) for module in layer)
        for first, *others in layers:
            yield from (WrongImport(name, first, other) for other in others)
    elif kind == "independence":
        folder = contract["modules"][0].removesuffix(".*")
        first, second, *_ = sorted(path.stem for path in (ROOT / folder.replace(".", "/")).glob("[a-z]*.py"))
        yield WrongImport(name, f"{folder}.{first}", f"{folder}.{second}")
    elif kind == "forbidden":
        yield from (WrongImport(name, f"{PACKAGE}.flow", module) for module in contract["forbidden_modules"])
    elif kind == "protected":
        yield from (
            WrongImport(name, f"{PACKAGE}.stages", module) for module in contract["protected_modules"]
        )


WRONG_IMPORTS = [wrong for contract in CONTRACTS for wrong in wrong_imports(contract)]


@pytest.fixture(scope="module")
def broken_contracts(tmp_path_factory: pytest.TempPathFactory) -> dict[WrongImport, list[str]]:
    """The contracts that lint-imports calls broken, by the only wrong import there is."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / PACKAGE, folder / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    changes = [(wrong.file, f"\nimport {wrong.imported}\n") for wrong in WRONG_IMPORTS]
    command = [sys.executable, "-c", CHECK]
    done = subprocess.run(command, cwd=folder, input=json.dumps(changes), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(zip(WRONG_IMPORTS, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("wrong", WRONG_IMPORTS, ids=lambda wrong: f"{wrong.importer}-{wrong.imported}")
def test_a_wrong_import_breaks_its_contract_and_no_other(broken_contracts, wrong):
    assert broken_contracts[wrong] == [wrong.contract]


def test_every_contract_is_broken_by_one():
    assert {wrong.contract for wrong in WRONG_IMPORTS} == {contract["name"] for contract in CONTRACTS}


def test_every_folder_and_module_has_one():
    folders = {path.parent for path in (ROOT / PACKAGE).glob("*/__init__.py")}
    modules = {path.with_suffix("") for path in (ROOT / PACKAGE).glob("*.py") if path.stem != "__init__"}
    highest = f"{PACKAGE}.scripts"
    assert {path.name for path in folders | modules} == {
        name.split(".")[1] for wrong in WRONG_IMPORTS for name in (wrong.importer, highest)
    }
