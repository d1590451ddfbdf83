"""Refuse symbolic links that lead out of a tag: an archive would get files of the machine that builds.

Build backends follow links when they pack. Links to nothing and links within the tag are left as they are.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.errors import BuildError

_ALWAYS_WRITTEN = "PKG-INFO"
"""Every build writes this file of the top folder itself, so the tag's own one is in no archive."""


class OutsideLink(NamedTuple):
    """The path of a symbolic link below the tree, and the path that it holds."""

    path: str
    target: str


def refuse_outside_links(tree: Path, links: Iterable[str]) -> frozenset[str]:
    """The links that may stay, of the symbolic links with these paths below tree.

    A link in the place of PKG-INFO is removed if it leads out. Raises ``BuildError`` for any other one.
    """
    kept = set(links)
    for link in _outside_links(tree, kept):
        if link.path != _ALWAYS_WRITTEN:
            raise BuildError(
                f"The tag has a symbolic link that leads out of it: {link.path} -> {link.target}. "
                "The archive would get files of this machine. Replace the link by a file in a new tag."
            )
        (tree / link.path).unlink()
        kept.discard(link.path)
    return frozenset(kept)


def replace_inside_links(whole: Path, tree: Path, links: Iterable[str]) -> None:
    """Replace links of a tree that lead out of it, but not out of ``whole``, by what they lead to.

    ``tree`` is a folder of ``whole``, the files of a tag with several projects. An archive of one project
    cannot hold such a link. ``links`` are paths below ``tree``.
    """
    top = os.path.realpath(whole)
    for link in list(_outside_links(tree, links)):
        place = tree / link.path
        target = os.path.realpath(place)
        if not target.startswith(f"{top}/") or f"{os.path.realpath(place.parent)}/".startswith(f"{target}/"):
            continue
        place.unlink()
        if Path(target).is_dir():
            shutil.copytree(target, place, symlinks=True)
        else:
            shutil.copy2(target, place)


def refuse_packed_links(tree: Path, links: Iterable[str], packed: Iterable[str]) -> None:
    """Raise ``BuildError`` if a link that leads out of tree was followed when the archive was packed.

    ``links`` are the paths of the symbolic links that a build left in tree, ``packed`` those of the files in
    the archive.
    """
    outside = list(_outside_links(tree, links))
    if not outside:
        return
    paths = tuple(packed)
    for link in outside:
        if any(path == link.path or path.startswith(f"{link.path}/") for path in paths):
            raise BuildError(
                f"The build put a file of this machine into the archive, by a symbolic link out of the tag: "
                f"{link.path} -> {link.target}. Let the build in a new tag make no such link."
            )


def _outside_links(tree: Path, links: Iterable[str]) -> Iterator[OutsideLink]:
    top = os.path.realpath(tree)
    for path in sorted(links):
        place = f"{top}/{path}"
        target = os.path.realpath(place)
        # Nothing can be read by a link to nothing, nor by one to a place that this account may not see.
        if target != top and not target.startswith(f"{top}/") and os.access(place, os.F_OK):
            yield OutsideLink(path, os.readlink(place))  # noqa: PTH115  # only os keeps "./x"
