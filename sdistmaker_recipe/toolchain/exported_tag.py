"""The files of a tag as they were exported, and the build system that they declare."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.model import Tag
from sdistmaker_recipe.toolchain.build_system import BuildSystem, read_build_system
from sdistmaker_recipe.toolchain.isolation.untrusted_files import read_escaped_text
from sdistmaker_recipe.toolchain.outside_links import refuse_outside_links, replace_inside_links

_MAX_DEPTH = 900
"""How deep build tools can follow folders: up to Python 3.11 they recurse, and 1000 calls is the limit."""
_PARENTDIR_PREFIX = re.compile(r"parentdir_prefix\s*=\s*['\"]?([A-Za-z0-9._-]*)")
_TAG_PREFIX = re.compile(r"""\btag_prefix[ \t]*=[ \t]*['"]?([A-Za-z0-9._/-]+)""")
_VERSIONEER_CONFIGURATIONS = ("setup.cfg", "pyproject.toml", "setup.py", "versioneer.py")


class ExportedTag(NamedTuple):
    """A source tree: its folder, the paths of its files below that, and its build system (PEP 517)."""

    tree: Path
    files: frozenset[str]
    build_system: BuildSystem


def read_exported_tag(folder: Path, parent: Path, tag: Tag, subdirectory: str = "") -> ExportedTag:
    """Move the exported folder into the new folder ``parent``, and read what it declares.

    The project is in the folder ``subdirectory`` of it. As in a checkout, the build finds the other folders
    around it, and links to their files are replaced by the files. Raises ``BuildError`` if the files are no
    source tree that can be built.
    """
    if subdirectory and not (folder / subdirectory).is_dir():
        raise BuildError(f"The tag has no folder {subdirectory}.")
    build_system = read_build_system(folder / subdirectory, is_url_given=not tag.path)
    parent.mkdir()
    if subdirectory:
        whole = folder.rename(parent / "checkout")
        tree = whole / subdirectory
        replace_inside_links(whole, tree, find_files(tree).links)
    else:
        tree = folder.rename(parent / tree_name(folder, tag))
    files = find_files(tree)
    _refuse_misread_names(files.paths)
    refused = files.links - refuse_outside_links(tree, files.links)
    return ExportedTag(tree, files.paths - refused, build_system)


def _refuse_misread_names(paths: Iterable[str]) -> None:
    """Raise ``BuildError`` for names that this process reads as others than builds do, which have UTF-8."""
    encoding = sys.getfilesystemencoding()
    if encoding != "utf-8" and not all(map(str.isascii, paths)):
        text = (
            f"The tag has file names that are not ASCII, and the locale says that file names are {encoding}. "
            "Set the environment variable LC_ALL to C.UTF-8."
        )
        raise BuildError(text, is_permanent=False)


def tree_name(tree: Path, tag: Tag) -> str:
    """The name that the tree's folder has to get.

    versioneer takes the version from the folder's name, after its setting parentdir_prefix, if it finds no
    other source.
    """
    for name in _VERSIONEER_CONFIGURATIONS:
        if match := _PARENTDIR_PREFIX.search(read_escaped_text(tree, name)):
            prefix = match[1].strip("'\"")
            return f"{prefix}{tag.version}" if re.fullmatch(r"[A-Za-z0-9._+-]+", tag.version) else "tree"
    return "tree"


def versioneer_tag_prefix(tree: Path) -> str:
    """The text before the version in names of tags, by versioneer's setting tag_prefix; "" without it."""
    for name in ("setup.cfg", "pyproject.toml", "setup.py"):
        if match := _TAG_PREFIX.search(read_escaped_text(tree, name)):
            return match[1]
    return ""


class TreeFiles(NamedTuple):
    """The paths of all files and symbolic links below a tree, and those of the links alone."""

    paths: frozenset[str]
    links: frozenset[str]


def list_files(tree: Path) -> frozenset[str]:
    """The paths of all files and symbolic links below tree, relative to it; see ``find_files``."""
    return find_files(tree).paths


def find_files(tree: Path) -> TreeFiles:
    """The files and symbolic links below tree, by their paths relative to it.

    Raises ``BuildError`` if folders are nested deeper than build tools can follow.
    """
    paths: list[str] = []
    links: list[str] = []
    # A stack in place of recursion: a tag can be nested deeper than Python's recursion limit.
    pending = [(str(tree), "", 0)]
    while pending:
        folder, prefix, depth = pending.pop()
        if depth > _MAX_DEPTH:
            raise BuildError(f"The tag's folders are more than {_MAX_DEPTH} deep.")
        with os.scandir(folder) as entries:
            for entry in entries:
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    pending.append((entry.path, f"{path}/", depth + 1))
                    continue
                paths.append(path)
                if entry.is_symlink():
                    links.append(path)
    return TreeFiles(frozenset(paths), frozenset(links))
