"""Whether a folder may become the index: a web server is told to serve it, and runs write into it.

A new index is refused in a folder that belongs to somebody else. An index that has a catalog goes on wherever
it is, and one warning says what is dangerous about the place.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import ConfigurationError, Problem, StoreError
from sdistmaker_recipe.flow.foreign_files import find_foreign_file, is_index
from sdistmaker_recipe.flow.places import (
    SHARED,
    is_document_root,
    is_same,
    is_served,
    resolved,
    spellings,
    system_folder,
)

_CURE = "Choose a folder that holds nothing else, such as /srv/packages/index."
_TAKE = "Choose an empty folder, or set use-existing-folder = true to use this one."

_SECRET_NAMES = frozenset({".aws", ".gnupg", ".kube", ".ssh"})
_VERSION_CONTROL = (".bzr", ".git", ".hg", ".svn", "CVS")
_REPOSITORY_MARKS = (("format", "db", "hooks", "conf"), ("HEAD", "objects", "refs"))
"""What the folders of a Subversion repository and of a git repository hold."""
_SOURCE_MARKS = (".installed.cfg", "buildout.cfg", "pyproject.toml", "setup.py")


class Concern(NamedTuple):
    """What is wrong with the place of an index, and what to do about it."""

    reason: str
    cure: str = _CURE

    def __str__(self) -> str:
        return f"{self.reason}. {self.cure}"


def check(configuration: Configuration, buildout: Path | None = None) -> None:
    """Refuse the place of a new index; ``buildout`` is the folder of the buildout, if there is one.

    The option use-existing-folder allows a folder for what it holds, but not for where it is. An index that
    has a catalog is never refused. Raises ``ConfigurationError``.
    """
    if _has_catalog(configuration.state):
        return
    if concern := _concern(configuration, buildout):
        value = str(configuration.destination)
        raise ConfigurationError([Problem("options", "destination", value, str(concern))])


def dangers(configuration: Configuration) -> tuple[str, ...]:
    """Warnings if an index is where a new one would be refused, or its state where servers may show it."""
    warnings = []
    if concern := next(_place_concerns(configuration, None), None):
        warnings.append(
            f"destination = {configuration.destination}: {concern.reason}. The index goes on, but a new one "
            f"would be refused here. Move it and {configuration.state} elsewhere, and set destination."
        )
    if folder := next(filter(is_served, resolved(configuration.state).parents), None):
        warnings.append(
            f"{configuration.state}: the catalog and the logs are below {folder}, a document root, where a "
            "web server may show them. Move the index and its state to a folder that is not served, and set "
            "destination."
        )
    return tuple(warnings)


def overlap(mine: Path, other: Path) -> str:
    """How two destinations are in each other's way; "" if they are not.

    The answer completes the sentence "The destination of this part ...".
    """
    my_path, its_path = resolved(mine), resolved(other)
    if my_path == its_path or is_same(my_path, its_path):
        return "is that"
    if its_path in my_path.parents:
        return "is in the index"
    if my_path in its_path.parents:
        return "holds the index"
    if _state_of(other) in (mine, *mine.parents) or _state_of(its_path) in (my_path, *my_path.parents):
        return "is in the state folder"
    if _state_of(mine) in (other, *other.parents) or _state_of(my_path) in (its_path, *its_path.parents):
        return "has a state folder that is, or holds, the index"
    return ""


def _concern(configuration: Configuration, buildout: Path | None) -> Concern | None:
    if concern := next(_place_concerns(configuration, buildout), None):
        return concern
    if configuration.use_existing_folder:
        return None
    return _sources_concern(configuration.destination) or _content_concern(configuration.destination)


def _place_concerns(configuration: Configuration, buildout: Path | None) -> Iterator[Concern]:
    """What is wrong with where the index is, whatever it holds."""
    destination, state = configuration.destination, configuration.state
    yield from filter(None, map(_system_concern, spellings(destination)))
    yield from (_about_state(found) for found in filter(None, map(_system_concern, spellings(state))))
    yield from filter(None, [_home_concern(destination)])
    yield from filter(None, (_ancestor_concern(each, state) for each in (destination, resolved(destination))))
    others = (
        _own_state_concern(resolved(destination), resolved(state)),
        _environments_concern(configuration),
        _buildout_concern(destination, buildout),
        _inner_index_concern(destination),
    )
    yield from filter(None, others)


def _about_state(concern: Concern) -> Concern:
    return concern._replace(reason=f"has a state folder beside it that {concern.reason}")


def _system_concern(path: Path) -> Concern | None:
    folder = system_folder(path)
    if folder is None:
        return None
    if folder != path:
        return Concern(f"is in {folder}, a folder of the system")
    example = "/srv/packages/index" if path not in SHARED or path == Path("/") else path / "packages"
    return Concern(f"is {folder}, a folder of the system", f"Choose a folder of its own, such as {example}.")


def _home_concern(destination: Path) -> Concern | None:
    path = resolved(destination)
    if secret := _SECRET_NAMES.intersection((*destination.parts, *path.parts)):
        return Concern(f"is in a folder named {min(secret)}, which holds secrets of an account")
    if any(path == home or is_same(path, home) for home in _homes(path)):
        example = path / "packages"
        return Concern("is the home folder of an account", f"Choose a new folder, such as {example}.")
    return None


def _homes(path: Path) -> Iterator[Path]:
    """The home folders that a folder may be. A list of all accounts would take long in a large network."""
    yield Path("/root")
    with suppress(RuntimeError):
        yield resolved(Path.home())
    with suppress(KeyError):
        yield resolved(Path(pwd.getpwuid(os.getuid()).pw_dir))
    with suppress(KeyError, ValueError):
        yield resolved(Path(pwd.getpwnam(path.name).pw_dir))
    with suppress(KeyError, OSError):
        yield resolved(Path(pwd.getpwuid(path.stat().st_uid).pw_dir))


def _ancestor_concern(destination: Path, state: Path) -> Concern | None:
    """What is wrong if the destination is, or is in, a folder that has a use of its own."""
    for folder in (destination, *destination.parents):
        where = "is" if folder == destination else f"is in {folder},"
        if os.path.lexists(folder / "catalog.sqlite3"):
            return Concern(f"{where} the state folder of an index")
        its_state = _state_of(folder)
        if its_state != state and not is_same(its_state, state) and _has_catalog(its_state):
            return Concern(f"{where} another index")
        if folder.name in _VERSION_CONTROL:
            return Concern(f"{where} a folder of version control")
        if any(all(os.path.lexists(folder / name) for name in marks) for marks in _REPOSITORY_MARKS):
            return Concern(f"{where} a repository of version control")
    return None


def _own_state_concern(destination: Path, state: Path) -> Concern | None:
    if state in (destination, *destination.parents):
        return Concern(f"is in its own state folder, {state}, by a symbolic link")
    if destination in state.parents:
        return Concern(f"holds its own state folder, {state}, by a symbolic link")
    return None


def _environments_concern(configuration: Configuration) -> Concern | None:
    if configuration.environments is None:
        return None
    environments, destination = resolved(configuration.environments), resolved(configuration.destination)
    if environments in (destination, *destination.parents) or destination in environments.parents:
        return Concern(f"and environments = {configuration.environments} are in one another")
    return None


def _buildout_concern(destination: Path, buildout: Path | None) -> Concern | None:
    if buildout is not None and resolved(destination) in (resolved(buildout), *resolved(buildout).parents):
        return Concern(f"holds the buildout, {buildout}", "Choose another folder, such as var/private.")
    return None


def _inner_index_concern(destination: Path) -> Concern | None:
    """What is wrong if another index is in the folder, or in one of its folders."""
    # What cannot be read is reported when the run needs it.
    with suppress(OSError):
        for pattern in ("*-state/catalog.sqlite3", "*/*-state/catalog.sqlite3"):
            for catalog in destination.glob(pattern):
                inner = str(catalog.parent).removesuffix("-state")
                return Concern(f"holds another index, {inner}")
    return None


def _sources_concern(destination: Path) -> Concern | None:
    for name in (*_VERSION_CONTROL, *_SOURCE_MARKS):
        if os.path.lexists(destination / name):
            what = "a working copy" if name in _VERSION_CONTROL else "a folder of sources"
            return Concern(f"is {what}: it holds {name}", _TAKE)
    return None


def _content_concern(destination: Path) -> Concern | None:
    """What is wrong with a folder that holds files and is not an index of anybody."""
    # What cannot be read is reported when the run needs it.
    with suppress(OSError, StoreError):
        foreign = find_foreign_file(destination)
        if foreign is None:
            return None
        example = f"holds files that belong to no index, such as {foreign.relative_to(destination)}"
        if any(map(is_document_root, spellings(destination))):
            return Concern(f"is a document root of a web server, and {example}", _TAKE)
        if not is_index(destination):
            return Concern(f"{example}, and no source distribution", _TAKE)
    return None


def _has_catalog(state: Path) -> bool:
    """Whether an earlier run made a catalog here, even if it was found to be damaged."""
    with suppress(OSError):
        return any(state.glob("catalog*.sqlite3"))
    return False


def _state_of(destination: Path) -> Path:
    return destination.with_name(f"{destination.name}-state") if destination.name else destination
