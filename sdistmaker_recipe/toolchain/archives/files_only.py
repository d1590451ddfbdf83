"""Pack the files of a tag that no toolchain builds, with metadata that is read without running code."""

from __future__ import annotations

import configparser
import re
import tarfile
from pathlib import Path
from typing import Any

from sdistmaker_recipe.model import Tag
from sdistmaker_recipe.toolchain.build_system import load_toml
from sdistmaker_recipe.toolchain.isolation.untrusted_files import read_text, write_bytes

_NAME_IN_SETUP_PY = re.compile(r"\bname\s*=\s*[\"']([A-Za-z0-9][A-Za-z0-9._-]*)[\"']")


def write_files_only_sdist(tree: Path, tag: Tag, target: Path) -> None:
    """Write the tag's files and a PKG-INFO (core metadata 1.0) to the new archive target.

    The name is the one in pyproject.toml, setup.cfg or setup.py if it is plain text there, else the
    project's. The version is the tag's.
    """
    name = read_name(tree) or tag.project
    lines = ("Metadata-Version: 1.0", f"Name: {name}", f"Version: {tag.version}", "Summary: UNKNOWN", "")
    write_bytes(tree, "PKG-INFO", "\n".join(lines).encode())
    with tarfile.open(target, "x:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.add(tree, "files")


def read_name(tree: Path) -> str:
    """The project's name in pyproject.toml, setup.cfg or setup.py if it is plain text there, else ""."""
    name = _name_in_pyproject(tree) or _name_in_setup_cfg(tree)
    if not name and (match := _NAME_IN_SETUP_PY.search(read_text(tree, "setup.py"))):
        name = match[1]
    return name


def _name_in_pyproject(tree: Path) -> str:
    try:
        table: Any = load_toml(read_text(tree, "pyproject.toml"))
        name = table["project"]["name"]
    except (ValueError, KeyError, TypeError):
        return ""
    return name if isinstance(name, str) else ""


def _name_in_setup_cfg(tree: Path) -> str:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(read_text(tree, "setup.cfg"))
        return parser.get("metadata", "name", fallback="")
    except configparser.Error:
        return ""
