"""Where tags and files come from: a repository on this machine, or one on a server, with a clone of it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from sdistmaker_recipe.configuration.local_repository import is_mercurial_repository
from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.mercurial import history, subrepositories
from sdistmaker_recipe.vcs.mercurial.clone import Clone
from sdistmaker_recipe.vcs.mercurial.command_server import Servers
from sdistmaker_recipe.vcs.mercurial.errors import DamagedRepositoryError, translate
from sdistmaker_recipe.vcs.mercurial.subrepositories import Subrepository
from sdistmaker_recipe.vcs.subdirectories import PROJECT_FILES, project_folders

Answer = TypeVar("Answer")

_SECONDS = 600.0
_ANY_FOLDER = "(?:.*/)?"
_MAY_READ = "The user this program runs as must be able to read the repository's folder."
_STATE_FILES = ("00changelog.i", "00changelog.d", "phaseroots", "obsstore", "requires")
"""A changeset that comes, or goes, changes one of these files in the folder of the store."""


class Place(Protocol):
    """One repository."""

    @property
    def url(self) -> str:
        """What errors name."""

    @property
    def server(self) -> str:
        """The URL as hg takes it, or the path of its folder on this machine."""

    def state(self) -> str:
        """A text that is another one after any change of a tag. Raises ``RepositoryError``."""

    def tags(self) -> dict[str, str]:
        """The ids of the changesets of all tags by their names. Raises ``RepositoryError``."""

    def times(self) -> dict[str, int]:
        """The times of all changesets with a tag, in seconds since 1970, by their ids."""

    def folders(self, nodes: Iterable[str], globs: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The folders of these changesets that match a glob and hold a project, by the ids of changesets."""

    def touches_tags(self, node: str) -> bool | None:
        """Whether a changeset or a later one changes a tag; None if there is no such changeset."""

    def removals(self, names: Iterable[str]) -> dict[str, str]:
        """The changeset that removed each of these tags; those of which none did are left out."""

    def archive(self, node: str, destination: Path) -> None:
        """Write the files of a changeset to a new folder, without those of subrepositories."""

    def subrepositories(self, node: str) -> Sequence[Subrepository]:
        """What a changeset includes."""


class LocalPlace:
    """The repository in a folder of this machine, which is only read.

    ``network`` has the arguments with which its files can be fetched that are elsewhere, such as largefiles.
    """

    def __init__(self, url: str, folder: str, servers: Servers, network: Sequence[str] = ()) -> None:
        self.url, self.server = url, folder
        self._servers, self._network = servers, network

    def state(self) -> str:
        """The sizes and times of the files that a changeset changes."""
        store = _store(self.server)
        states = []
        for name in _STATE_FILES:
            with contextlib.suppress(FileNotFoundError):
                try:
                    found = os.stat(os.path.join(store, name))
                except PermissionError as error:
                    raise RepositoryError(
                        self.url,
                        f"permission denied: {error.filename}",
                        _MAY_READ,
                        is_forbidden=True,
                    ) from error
                states.append(f"{name}:{found.st_size}:{found.st_mtime_ns}:{found.st_ino}")
        return ",".join(states)

    def tags(self) -> dict[str, str]:
        """The tags of all heads, closed ones included, as the history of .hgtags decides."""
        listed = self._hg_on_tags("tags", "-T", r"{tag}\0{node}\n")
        tags = {}
        # Names of tags may have other characters that end a line for str.splitlines.
        for line in listed.decode("utf-8", "surrogateescape").split("\n")[:-1]:
            name, node = line.split("\0")
            if name != "tip":  # no tag of anybody's
                tags[name] = node
        if not tags and (damage := _damage(self.server)):
            raise translate(self.url, f"{self.server} is damaged: {damage}")
        return tags

    def times(self) -> dict[str, int]:
        """The times of all changesets with a tag."""
        listed = self._hg_on_tags("log", "-r", "tag()", "-T", r"{node} {date|hgdate}\n").decode("ascii")
        found = (line.split() for line in listed.splitlines())
        return {node: int(seconds) for node, seconds, _offset in found}

    def folders(self, nodes: Iterable[str], globs: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The folders of these changesets that match a glob and hold a project."""
        wanted = sorted(set(nodes))
        if not wanted:
            return {}
        files = f"files('re:{_ANY_FOLDER}(?:{'|'.join(map(re.escape, sorted(PROJECT_FILES)))})$')"
        template = r"{node}\0{join(" + files.replace("\\", r"\\") + r", '\0')}\n"
        listed = self._hg("log", "-r", " + ".join(wanted), "-T", template)
        found: dict[str, tuple[str, ...]] = {}
        for line in listed.splitlines():
            node, *paths = line.split(b"\0")
            found[node.decode("ascii")] = project_folders(_texts(paths), globs)
        return found

    def touches_tags(self, node: str) -> bool | None:
        """Whether a changeset or a later one changes .hgtags, or merges heads, of which one may have tags."""
        if not self.has(node):
            return None
        changing = f"{node}: and (file('path:.hgtags') or merge())"
        return bool(self._hg("log", "-r", changing, "-l", "1", "-T", "{node}"))

    def removals(self, names: Iterable[str]) -> dict[str, str]:
        """The changeset that removed each of these tags."""
        # filelog() finds nothing without a working copy.
        changing = "reverse(file('path:.hgtags'))"
        listed = self._hg("log", "-r", changing, "-T", r"\0{node}\n{diff('path:.hgtags')}")
        return history.removals(listed.decode("utf-8", "surrogateescape"), names)

    def has(self, node: str) -> bool:
        """Whether there is a changeset with this id."""
        if not re.fullmatch(r"[0-9a-f]{12,40}", node) or not node.strip("0"):
            return False
        arguments = ["-R", self.server, "log", "-r", f"id({node})", "-T", "{node}"]
        return bool(self._servers.local().run(self.url, arguments, seconds=_SECONDS).output)

    def archive(self, node: str, destination: Path) -> None:
        """Write the files of a changeset to a new folder."""
        if not self.has(node):
            raise PathNotFoundError(self.url, f"no changeset {node} is there any more")
        if self._network and _has_largefiles(self.server):
            # The process that fetches has the settings of the user, whose filters would change files.
            fetch = [*self._network, "-R", self.server, "lfpull", "-r", node]
            self._servers.network().run(self.url, fetch, seconds=_SECONDS)
        self._hg("archive", "-r", node, "-t", "files", str(destination.absolute()))
        # hg makes no folder for a changeset without files.
        destination.mkdir(exist_ok=True)

    def subrepositories(self, node: str) -> Sequence[Subrepository]:
        """What a changeset includes."""
        sources = self._cat(node, ".hgsub")
        if not sources:
            return ()
        return tuple(subrepositories.parse(sources, self._cat(node, ".hgsubstate")))

    def _cat(self, node: str, path: str) -> str:
        """The text of a file; "" if there is none."""
        arguments = ["-R", self.server, "cat", "-r", node, f"path:{path}"]
        found = self._servers.local().run(self.url, arguments, seconds=_SECONDS, accepted=(0, 1))
        return found.output.decode("utf-8", "surrogateescape")

    def _hg(self, *arguments: str) -> bytes:
        return self._run("-R", self.server, *arguments)

    def _hg_on_tags(self, *arguments: str) -> bytes:
        """What hg prints without local tags, which are of this clone only, and hide others of their names."""
        if not os.path.exists(os.path.join(self.server, ".hg", "localtags")):
            return self._hg(*arguments)
        with tempfile.TemporaryDirectory(prefix="sdistmaker-hg-") as scratch:
            shared = os.path.join(scratch, "shared")
            self._run("--config", "extensions.share=", "share", "-q", "-U", "--", self.server, shared)
            return self._run("-R", shared, *arguments)

    def _run(self, *arguments: str) -> bytes:
        return self._servers.local().run(self.url, arguments, seconds=_SECONDS).output


class DamagedPlace(LocalPlace):
    """A folder of this machine that cannot be read."""

    def __init__(self, url: str, folder: str, servers: Servers, reason: str) -> None:
        super().__init__(url, folder, servers)
        self._reason = reason

    def state(self) -> str:
        """Raise ``RepositoryError``."""
        raise RepositoryError(self.url, self._reason, _MAY_READ)


class RemotePlace:
    """A repository on a server; its clone, in a folder that is kept, is brought up to date if needed.

    ``owner`` is the URL of the repository that it is kept for.
    """

    def __init__(
        self,
        url: str,
        server: str,
        credentials: Credentials,
        folder: Path,
        servers: Servers,
        owner: str = "",
    ) -> None:
        self.url, self.server = url, server
        self._clone = Clone(url, server, credentials, folder, servers, owner or url)
        network = self._clone.arguments
        self._place = LocalPlace(url, str(self._clone.repository), servers, network)

    def state(self) -> str:
        """The newest changeset, in one round trip."""
        return self._clone.tip()

    def tags(self) -> dict[str, str]:
        """The tags of all heads."""
        return self._answer(lambda place: place.tags())

    def times(self) -> dict[str, int]:
        """The times of all changesets with a tag."""
        return self._answer(lambda place: place.times())

    def folders(self, nodes: Iterable[str], globs: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The folders of these changesets that match a glob and hold a project."""
        return self._answer(lambda place: place.folders(nodes, globs))

    def touches_tags(self, node: str) -> bool | None:
        """Whether a changeset or a later one changes tags."""
        return self._answer(lambda place: place.touches_tags(node))

    def removals(self, names: Iterable[str]) -> dict[str, str]:
        """The changeset that removed each of these tags."""
        return self._answer(lambda place: place.removals(names))

    def archive(self, node: str, destination: Path) -> None:
        """Write the files of a changeset to a new folder."""

        def write(place: LocalPlace) -> None:
            shutil.rmtree(destination, ignore_errors=True)  # what a damaged clone gave
            place.archive(node, destination)

        self._answer(write, node)

    def subrepositories(self, node: str) -> Sequence[Subrepository]:
        """What a changeset includes."""
        return self._answer(lambda place: place.subrepositories(node), node)

    def _answer(self, ask: Callable[[LocalPlace], Answer], node: str = "") -> Answer:
        """What the clone answers. If that is damaged, it is made again.

        With ``node`` it has this changeset, otherwise it is up to date.
        """
        made = self._clone.made()
        try:
            with self._holding(node) as place:
                return ask(place)
        except (DamagedRepositoryError, PathNotFoundError):
            if not made or (node and self._only_lacks(node)):
                raise
        self._clone.make_again(made)
        with self._holding(node) as place:
            return ask(place)

    def _only_lacks(self, node: str) -> bool:
        """Whether the server does not have this changeset, because the clone has its newest one."""
        tip = self._clone.tip()
        with self._clone.locked(), contextlib.suppress(RepositoryError):
            return not self._place.has(node) and self._place.has(tip)
        return False

    @contextlib.contextmanager
    def _holding(self, node: str) -> Iterator[LocalPlace]:
        """The clone; with a changeset it is brought up to date only if it lacks that."""
        has = False
        if node:
            with self._clone.locked():
                has = self._clone.is_made() and self._place.has(node)
        if not has:
            self._clone.update()
        with self._clone.locked():
            yield self._place


def repository_in(folder: str) -> str | None:
    """The folder again, if a Mercurial repository is in it, with or without a working copy."""
    return folder if is_mercurial_repository(folder) else None


def _texts(paths: Iterable[bytes]) -> Iterator[str]:
    """The paths that are text."""
    for path in paths:
        with contextlib.suppress(UnicodeDecodeError):
            yield path.decode()


def _store(folder: str) -> str:
    """The folder with the changesets of a repository, which several clones may share (``hg help share``)."""
    own = os.path.join(folder, ".hg")
    with contextlib.suppress(OSError), open(os.path.join(own, "sharedpath"), "rb") as file:
        own = os.path.join(own, os.fsdecode(file.read().strip()))
    store = os.path.join(own, "store")
    return store if os.path.isdir(store) else own


def _damage(folder: str) -> str:
    """What a repository has lost, "" for nothing: hg takes it for a repository without changesets or tags."""
    store = Path(_store(folder))
    own = Path(folder, ".hg")
    changelogs = [file for file in store.glob("00changelog*") if file.stat().st_size]
    if not changelogs and not (own / "requires").exists():
        return "it has no file requires, and no changesets"
    with contextlib.suppress(OSError):
        # The names of all files with history, which Mercurial never shortens but by hg strip.
        files = (store / "fncache").read_bytes().splitlines()
        if files and not changelogs:
            return "it has files, and no changesets"
        if files and not any(file.stat().st_size for file in store.glob("*manifest*")):
            return "it has files, and no manifest"
        if b"data/.hgtags.i" in files and not any(store.glob("data/*hgtags.i")):
            return "the history of .hgtags is missing"
    return ""


def _has_largefiles(folder: str) -> bool:
    places = (os.path.join(folder, ".hg"), _store(folder))
    for place in places:
        with contextlib.suppress(OSError), open(os.path.join(place, "requires"), "rb") as file:
            if b"largefiles" in file.read().split():
                return True
    return False
