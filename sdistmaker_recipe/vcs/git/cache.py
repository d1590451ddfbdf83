"""The objects that came from servers, in bare repositories in the folder of the state.

Each server has one. Its refs are named after the objects that they keep, ``refs/keep/ID``, so a tag that
moves, or whose name becomes that of a folder, is in nobody's way. Commits are fetched without their history.

Processes share a cache by a lock on a file. Whoever reads holds it together with others, whoever fetches or
removes something holds it alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.git.errors import LostObjectsError
from sdistmaker_recipe.vcs.git.objects import make_git_folder, read_commits, with_folders
from sdistmaker_recipe.vcs.git.process import Git
from sdistmaker_recipe.vcs.retry import with_retries
from sdistmaker_recipe.vcs.server_caches import claim_if_made, locked, scratch_folder
from sdistmaker_recipe.vcs.tag_rows import Resolved

logger = logging.getLogger(__name__)

_IDS = "sdistmaker-tags.json"
_KEEP = "refs/keep/"
_MOST_PACKS = 40
"""Each fetch makes a pack; more of them are packed into one."""
_MOST_LOST = 10
"""If the server lost the objects of so many tags, the repository is not read at all."""
_REFUSED = re.compile("not our ref|unadvertised object|remote ref|[0-9a-f]{40} not found")
_NO_SHALLOW = "does not support shallow"


class Cache:
    """The objects of the repository at ``server``, a URL as git takes it; errors name ``url``.

    ``owner`` is the URL of the repository whose tags need them: another one, if this is a submodule.
    """

    def __init__(self, url: str, server: str, credentials: Credentials, folder: Path, owner: str) -> None:
        self._url, self._server, self._credentials, self._owner = url, server, credentials, owner
        self._name = hashlib.sha256(server.encode()).hexdigest()[:24]
        self._folder = folder / f"{self._name}.git"
        self._lock = folder / f"{self._name}.lock"
        claim_if_made(folder, self._name, owner)

    @property
    def large_files(self) -> Path:
        """The folder for what Git LFS has fetched."""
        return self._folder / "lfs"

    @contextmanager
    def holding(self, wanted: Mapping[str, str]) -> Iterator[Path]:
        """The folder of objects, with these objects in it: refs (or ids) of the server by ids.

        Raises ``RepositoryError``.
        """
        while True:
            with self._locked(fcntl.LOCK_SH):
                if not self._missing(wanted):
                    yield self._folder / "objects"
                    return
            self.fetch(wanted)

    def fetch(self, wanted: Mapping[str, str]) -> None:
        """Fetch what is missing of these objects, in one go. Raises ``RepositoryError``."""
        with self._locked(fcntl.LOCK_EX):
            if not (missing := self._missing(wanted)):
                return
            try:
                if self._is_made():
                    self._fetch_into(self._folder, missing)
                else:
                    self._make(missing, self._fetch_into)
            except RepositoryError as error:
                if error.is_transient or error.is_forbidden or not self._is_made():
                    raise
                # The cache is damaged, or the server does not give one of these objects. A new cache tells.
                logger.debug("%s: the cache is made again: %s", self._url, error.reason)
                self._make(wanted, self._fetch_into)
            for identifier, ref in missing.items():
                if not self._has(identifier):
                    raise RepositoryError(
                        self._url,
                        f"{ref} is not {identifier} any more",
                        "It moved while this run was at work. The next run sees what is there now.",
                    )

    def fetch_commit(self, commit: str) -> None:
        """Fetch a commit that no ref may name. Raises ``RepositoryError``."""
        try:
            self.fetch({commit: commit})
        except RepositoryError as error:
            if error.is_transient or error.is_forbidden:
                raise
            # An old server gives only what its refs name, so everything is fetched.
            with self._locked(fcntl.LOCK_EX):
                if self._is_made():
                    self._fetch_all_into(self._folder)
                else:
                    self._make({commit: commit}, lambda folder, _wanted: self._fetch_all_into(folder))
                if not read_commits(self._url, self._folder / "objects", {commit: commit}):
                    raise
                self._keep(commit)

    def note_ids(self, names: Mapping[str, tuple[str, str]]) -> None:
        """Note the ids of tags and their commits, by name, for the processes that build."""
        if names:
            with self._locked(fcntl.LOCK_EX):
                (self._folder / _IDS).write_text(json.dumps(names), "utf-8")

    def id_of(self, name: str, commit: str) -> str:
        """The id of a tag at this commit, as it was noted; "" if it was not."""
        with self._locked(fcntl.LOCK_SH):
            try:
                noted = json.loads((self._folder / _IDS).read_text("utf-8"))
                identifier, at = noted[name]
            except (OSError, ValueError, LookupError, TypeError):
                return ""
        return str(identifier) if at == commit else ""

    def keep_only(self, identifiers: Iterable[str]) -> None:
        """Remove objects that belong to none of these ids, if any is to be removed."""
        if not self._folder.is_dir():
            return
        with self._locked(fcntl.LOCK_EX), suppress(RepositoryError):
            git = self._local()
            kept = set(identifiers)
            listed = git.run(["for-each-ref", "--format=%(refname)", "refs"]).output.decode().split()
            gone = [ref for ref in listed if ref.rpartition("/")[2] not in kept]
            packs = list((self._folder / "objects" / "pack").glob("*.pack"))
            if gone:
                lines = "".join(f"delete {ref}\n" for ref in gone)
                git.run(["update-ref", "--stdin"], lines.encode())
            if gone or len(packs) > _MOST_PACKS:
                git.run(["reflog", "expire", "--expire=now", "--all"])
                git.run(["repack", "-a", "-d", "-q"])
                git.run(["prune", "--expire=now"])

    def clear(self) -> None:
        """Throw everything away, to be fetched again."""
        with self._locked(fcntl.LOCK_EX):
            self._remove()

    def read_tags(self, tags: Mapping[str, str], globs: Sequence[str]) -> dict[str, Resolved]:
        """What tags are, with the projects in folders that match a glob.

        Only commits are fetched, or commits and trees, into a folder that is thrown away. If the server lost
        objects of some tags, these are left out.
        """
        given_up: list[str] = []

        def read(names: Sequence[str]) -> dict[str, Resolved]:
            try:
                return self._read_tags({name: tags[name] for name in names}, globs)
            except LostObjectsError:
                if len(names) == 1:
                    given_up.extend(names)
                if len(given_up) == _MOST_LOST:
                    raise
            # Nothing is given in one go with what is lost. So these are looked for by halves.
            middle = len(names) // 2
            return {**read(names[:middle]), **read(names[middle:])} if middle else {}

        return read(sorted(tags))

    def _read_tags(self, tags: Mapping[str, str], globs: Sequence[str]) -> dict[str, Resolved]:
        part = "blob:none" if globs else "tree:0"
        wanted = {identifier: f"refs/tags/{tag}" for tag, identifier in tags.items()}
        with tempfile.TemporaryDirectory(prefix="sdistmaker-git-") as name:
            folder = Path(name, "commits.git")
            make_git_folder(folder, next(iter(wanted)))
            try:
                with_retries(lambda: self._run_fetch(folder, wanted, ["--depth=1", f"--filter={part}"]))
            except RepositoryError as error:
                if _NO_SHALLOW not in error.reason:
                    raise
                # The folder is a partial clone by now, and git would fetch what it lacks again and again.
                folder = folder.with_name("all.git")
                make_git_folder(folder, next(iter(wanted)))
                with_retries(lambda: self._run_fetch(folder, wanted))
            found = read_commits(self._url, folder / "objects", tags)
            return with_folders(self._url, folder / "objects", found, globs) if globs else found

    def _fetch_into(self, folder: Path, wanted: Mapping[str, str]) -> None:
        try:
            with_retries(lambda: self._run_fetch(folder, wanted, ["--depth=1"]))
        except RepositoryError as error:
            if _NO_SHALLOW not in error.reason:
                raise
            with_retries(lambda: self._run_fetch(folder, wanted))

    def _fetch_all_into(self, folder: Path) -> None:
        specs = ("+refs/heads/*:refs/all/heads/*", "+refs/tags/*:refs/all/tags/*")
        arguments = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", self._server]
        with_retries(lambda: self._git(folder).run([*arguments, *specs]))

    def _run_fetch(self, folder: Path, wanted: Mapping[str, str], options: Sequence[str] = ()) -> None:
        """Fetch by ids, because for each name git looks through all refs: thousands take half a minute.

        A server may refuse the id of a tag that moved, so then the names are fetched.
        """
        by_id = {identifier: identifier for identifier in wanted}
        try:
            self._fetch_refs(folder, by_id, options)
        except RepositoryError as error:
            if by_id == wanted or not _REFUSED.search(error.reason):
                raise
            self._fetch_refs(folder, wanted, options)

    def _fetch_refs(self, folder: Path, wanted: Mapping[str, str], options: Sequence[str]) -> None:
        specs = "".join(f"+{ref}:{_KEEP}{identifier}\n" for identifier, ref in wanted.items()).encode()
        settings = ["-c", "fetch.unpackLimit=1"]
        if any(option.startswith("--filter=") for option in options):
            # git checks objects of a partial clone without the exceptions that the user made (fetch.fsck.*).
            settings += ["-c", "fetch.fsckObjects=false"]
        fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", *options, "--stdin"]
        self._git(folder).run([*settings, *fetch, "--", self._server], specs)

    def _missing(self, wanted: Mapping[str, str]) -> dict[str, str]:
        return {identifier: ref for identifier, ref in wanted.items() if not self._has(identifier)}

    def _has(self, identifier: str) -> bool:
        # Refs that git packed are in one file.
        if (self._folder / _KEEP / identifier).exists():
            return True
        try:
            return f" {_KEEP}{identifier}\n" in (self._folder / "packed-refs").read_text("ascii", "replace")
        except OSError:
            return False

    def _keep(self, identifier: str) -> None:
        self._local().run(["update-ref", f"{_KEEP}{identifier}", identifier])

    def _is_made(self) -> bool:
        return (self._folder / "HEAD").exists()

    def _make(self, wanted: Mapping[str, str], fetch: Callable[[Path, Mapping[str, str]], None]) -> None:
        """Make the cache, with these objects in it. If that fails, the one that is there stays."""
        with scratch_folder(self._folder.parent, self._name) as scratch:
            made = scratch / "made"
            make_git_folder(made, next(iter(wanted)))
            fetch(made, wanted)
            self._remove()
            made.rename(self._folder)

    def _remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _git(self, folder: Path) -> Git:
        return Git(self._url, folder, server=self._server, credentials=self._credentials)

    def _local(self) -> Git:
        return Git(self._url, self._folder)

    def _locked(self, operation: int) -> AbstractContextManager[None]:
        return locked(self._lock, self._name, self._owner, operation)
