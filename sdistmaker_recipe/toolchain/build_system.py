"""Read how a tag wants to be built: the ``[build-system]`` table of pyproject.toml (PEP 517 and 518)."""

from __future__ import annotations

import os
import sys
from itertools import islice
from os.path import normpath
from pathlib import Path
from typing import Any, NamedTuple

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.isolation.untrusted_files import read_bytes
from sdistmaker_recipe.toolchain.requirements import requirement_problem

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class BuildSystem(NamedTuple):
    """Requirements (PEP 508), and the object reference of the build backend (PEP 517)."""

    requires: tuple[str, ...]
    backend: str
    backend_path: tuple[str, ...] = ()


_FILES = ("setup.py", "pyproject.toml")

LEGACY_SYSTEM = BuildSystem(requires=("setuptools",), backend="setuptools.build_meta:__legacy__")
"""The build system of a source tree that declares none (PEP 517, "Source trees")."""

_EARLY_POETRY = BuildSystem(requires=("poetry-core<1.1",), backend="poetry.core.masonry.api")
"""What builds a tag of Poetry before 0.12, which declared no build system and wrote a setup.py into archives.

So does this version. Clients need that file, because they take setuptools for such an archive.
"""


def load_toml(text: str) -> dict[str, Any]:
    """The table in TOML text; raises ``ValueError`` if the text is malformed."""
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except RecursionError:
        raise ValueError("its values are nested too deep") from None
    return table


def read_build_system(tree: Path, *, is_url_given: bool = False) -> BuildSystem:
    """The build system of the source tree in this folder; ``is_url_given`` if somebody gave the URL of it.

    Raises ``BuildError`` if it has neither setup.py nor pyproject.toml, or the table is malformed.
    """
    if not (tree / "pyproject.toml").is_file():
        if not (tree / "setup.py").is_file():
            raise BuildError(
                f"The tag has neither setup.py nor pyproject.toml{_cure(tree, is_url_given=is_url_given)}"
            )
        return LEGACY_SYSTEM
    try:
        document = load_toml(read_bytes(tree, "pyproject.toml").decode())
    except ValueError as error:
        raise BuildError(f"pyproject.toml cannot be read: {error}.") from error
    if (table := document.get("build-system")) is not None:
        return _parse(table)
    tools = document.get("tool")
    is_of_poetry = isinstance(tools, dict) and "poetry" in tools and "project" not in document
    return _EARLY_POETRY if is_of_poetry and not (tree / "setup.py").is_file() else LEGACY_SYSTEM


def _cure(tree: Path, *, is_url_given: bool) -> str:
    """The end of the message: which folders of the tag have such a file, and what to do."""
    cure = "leave it out with the option exclude, ignore or tag-pattern."
    with os.scandir(tree) as entries:
        folders = [entry.name for entry in islice(entries, 200) if entry.is_dir(follow_symlinks=False)]
    projects = [name for name in sorted(folders) if any((tree / name / file).is_file() for file in _FILES)]
    if is_url_given:
        found = f", but {_some(projects)}" if projects else ""
        folder = ", or of such a folder in Subversion" if projects else ""
        return f"{found}. Give the URL of a tag that has one{folder}."
    if not projects:
        return f". {cure.capitalize()}"
    layout = f"{{project}}/tags/{{tag}}/{projects[0]}" if len(projects) == 1 else "tags/{tag}/{project}"
    others = "beside the line {project}/tags/{tag} for other projects"
    build = f"To build that from Subversion, set for instance, {others}, layout = {layout}."
    return f", but {_some(projects)}. {build} Otherwise {cure}"


def _some(projects: list[str]) -> str:
    """A clause that says which folders have such a file."""
    if len(projects) == 1:
        return f"its folder {projects[0]!r} has one"
    return f"{len(projects)} of its folders have one"


def _parse(table: Any) -> BuildSystem:  # noqa: ANN401  # the file can have any value
    if not isinstance(table, dict) or "requires" not in table:
        raise BuildError("pyproject.toml: [build-system] has no requires.")
    requires = _strings(table, "requires")
    for requirement in requires:
        if problem := requirement_problem(requirement):
            raise BuildError(f"pyproject.toml: [build-system] requires {requirement!r}: {problem}.")
    backend = table.get("build-backend", LEGACY_SYSTEM.backend)
    if not isinstance(backend, str):
        raise BuildError("pyproject.toml: build-backend is not a string.")
    # pip accepts a string too, and flit_core 2 has one.
    path = table.get("backend-path", [])
    backend_path = (path,) if isinstance(path, str) else _strings(table, "backend-path")
    if any(path.startswith("/") or normpath(path).startswith("..") for path in backend_path):
        raise BuildError("pyproject.toml: backend-path leads out of the tag.")
    return BuildSystem(requires, backend or LEGACY_SYSTEM.backend, backend_path)


def _strings(table: dict[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BuildError(f"pyproject.toml: [build-system] {key} is not a list of strings.")
    return tuple(value)
