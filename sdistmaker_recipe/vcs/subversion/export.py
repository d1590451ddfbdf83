"""Export a folder of Subversion and those of its externals that the option follows.

A tag is exported without its externals. Each of these is checked before anything is asked of the place that
it names, and then exported in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sdistmaker_recipe.errors import ExternalRefusedError, RepositoryError
from sdistmaker_recipe.model import RepositorySettings
from sdistmaker_recipe.vcs.subversion.urls import host_of, url_of

if TYPE_CHECKING:
    from sdistmaker_recipe.vcs.subversion.externals import External

_MOST_NESTED = 20
"""Externals of externals of externals: so many, because they can lead in a circle."""


class Exported(NamedTuple):
    """What an export without externals found.

    ``properties`` are the texts of svn:externals, by the path of their folder below the exported one.
    ``root`` is the URL of the repository's root; it may be "" if there are none. ``url`` is where the files
    of an external came from whose server may have redirected it.
    """

    properties: Mapping[str, str]
    root: str = ""
    url: str = ""


class Exporter(Protocol):
    """A way to export one place without its externals. It raises ``RepositoryError``."""

    def __call__(
        self, url: str, revision: str, peg: str, destination: Path, *, is_external: bool
    ) -> Exported:
        """Export a file or folder; that of an external may be put into a folder that is there."""


class _Place(NamedTuple):
    """Where an external comes from and where it goes, and how deep it is nested."""

    external: External
    url: str
    target: Path
    depth: int


def export_with_externals(
    export: Exporter, url: str, revision: str, destination: Path, location: str, settings: RepositorySettings
) -> None:
    """Export a folder, and the externals that the option ``settings.externals`` follows.

    ``location`` is the URL by which the repository is read. Raises ``ExternalRefusedError`` if an external is
    not followed, before its place is asked for anything, and ``RepositoryError``.
    """
    found = export(url, revision, revision, destination, is_external=False)
    root = found.root

    def checked(url: str, found: Exported, folder: Path, depth: int) -> list[_Place]:
        places = _places(url, found, folder, depth)
        for place in places:
            _check(place, root, location, settings)
        return places

    waiting = checked(url, found, destination, 1)
    while waiting:
        place = waiting.pop(0)
        _make_parents(place, destination)
        external = place.external
        nested = export(place.url, external.revision, external.peg, place.target, is_external=True)
        waiting[:0] = checked(place.url, nested, place.target, place.depth + 1)


def check_redirect(url: str, target: str) -> None:
    """Raise ``RepositoryError`` if an external is redirected to what it may not name: not to its own server.

    Otherwise any server could lead on to a ``file:`` URL, or to a place that the option does not follow.
    """
    if not target.startswith(("http:", "https:")) or host_of(target) != host_of(url):
        reason = f"an external leads here, and the server redirects it to {target[:120]}"
        raise RepositoryError(url, reason, "Write the URL that is meant into svn:externals.")


def _places(url: str, found: Exported, folder: Path, depth: int) -> list[_Place]:
    """The externals of an exported folder, in the order of their folders."""
    # Few tags have externals.
    from sdistmaker_recipe.vcs.subversion import externals as rules

    places: list[_Place] = []
    for path, text in sorted(found.properties.items()):
        place = url_of(url, path)
        try:
            for external in rules.parse(text):
                absolute = rules.absolute_url(external.url, place, found.root)
                places.append(_Place(external, absolute, folder / path / external.target, depth))
        except ValueError as error:
            raise RepositoryError(
                place, f"the property svn:externals of this folder cannot be read: {error}", _HINT
            ) from error
    return places


def _check(place: _Place, root: str, location: str, settings: RepositorySettings) -> None:
    """Raise an error if the option does not follow an external."""
    from sdistmaker_recipe.vcs.subversion import externals as rules

    needed = rules.needed_option(place.url, root, location, settings)
    where = f"the external {place.external.target} leads to {place.url[:120]}"
    if needed == "never":
        why = "a folder of this machine. It is followed only from a repository with a file: URL"
        raise ExternalRefusedError(location, f"{where}, {why}")
    if needed:
        why = (
            f"which externals = {settings.externals} does not follow. To follow it, set externals = {needed}"
        )
        raise ExternalRefusedError(location, f"{where}, {why}")
    if place.depth > _MOST_NESTED:
        raise RepositoryError(location, f"{where}, and the externals there lead on and on", _HINT)


_HINT = "Look at the property svn:externals of the folder and of those in it."


def _make_parents(place: _Place, destination: Path) -> None:
    """Make the folder that an external goes into; no link may lead out of the exported folder."""
    path = destination
    for part in place.target.relative_to(destination).parts:
        path /= part
        if path.is_symlink():
            reason = f"the external {place.external.target} would go through a symbolic link"
            raise RepositoryError(place.url, reason, _HINT)
    place.target.parent.mkdir(parents=True, exist_ok=True)
