"""Where tags and objects come from: the disk of this machine, or a server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.git import local_refs
from sdistmaker_recipe.vcs.git.cache import Cache
from sdistmaker_recipe.vcs.git.objects import read_commits, with_folders
from sdistmaker_recipe.vcs.git.process import LISTING_SECONDS, Git
from sdistmaker_recipe.vcs.git.submodules import default_remote
from sdistmaker_recipe.vcs.retry import with_retries
from sdistmaker_recipe.vcs.tag_rows import Resolved

_TAGS = "refs/tags/"
_MAY_READ = "The user this program runs as must be able to read the repository's folder."
_RESTORE = "restore it from a backup or a clone; git fsck says what is missing."


class Place(Protocol):
    """One repository."""

    @property
    def url(self) -> str:
        """What errors name."""

    @property
    def server(self) -> str:
        """The URL as git takes it, or the path of its folder on this machine."""

    @property
    def large_files(self) -> Path:
        """The folder for what Git LFS keeps."""

    def submodule_base(self) -> str:
        """The URL or folder that relative URLs of submodules lead from. Raises ``RepositoryError``."""

    def tags(self) -> dict[str, str]:
        """The ids of all tags by their names. Raises ``RepositoryError``."""

    def commits(self, tags: Mapping[str, str], globs: Sequence[str] = ()) -> dict[str, Resolved]:
        """What these tags are, with the projects in folders that match. Raises ``RepositoryError``."""

    def id_of(self, name: str, commit: str) -> str:
        """The id of the tag with this name, which was at this commit; "" if it is gone."""

    def objects(self, wanted: Mapping[str, str]) -> contextlib.AbstractContextManager[Path]:
        """A folder of objects that has these: names of refs, or the ids themselves, by ids."""

    def commit_objects(self, commit: str) -> contextlib.AbstractContextManager[Path]:
        """A folder of objects that has this commit, which no ref may name."""

    def clean(self, tags: Mapping[str, str]) -> None:
        """Remove what was fetched of tags that are gone; ``tags`` are the ids of those that are there."""

    def forget_objects(self) -> bool:
        """Throw away objects that seem to be damaged; false if they are not ours to throw away."""

    def loss_hint(self) -> str:
        """What to do if objects are missing."""


class LocalPlace:
    """A repository on this machine; ``git_folder`` has its refs and objects.

    ``main_folder`` is that of its working copy, or the same.
    """

    def __init__(self, url: str, git_folder: str, main_folder: str) -> None:
        self.url, self.server, self._main_folder = url, git_folder, main_folder
        self._objects = Path(git_folder, "objects")
        self.large_files = Path(git_folder, "lfs")
        self._listed: Mapping[str, str] | None = None

    def submodule_base(self) -> str:
        """The URL that a working copy was cloned from, as for git submodule; else its folder."""
        if self._main_folder == self.server:
            return self.server
        return default_remote(self.url, Path(self.server), self._main_folder) or self._main_folder

    def tags(self) -> dict[str, str]:
        """The ids of all tags by their names."""
        try:
            local_refs.check_format(self.server)
            if local_refs.is_readable(self.server):
                tags = local_refs.read_tags(self.server)
                if not tags and not Path(self.server).is_dir():
                    raise RepositoryError(self.url, f"{self.server} is gone", "The next run looks again.")
                return tags
        except OSError as error:
            raise _unreadable(self.url, error) from error
        except ValueError as error:
            hint = f"If a ref is damaged, write it again (git update-ref), or {_RESTORE}"
            raise RepositoryError(self.url, f"{self.server} cannot be read: {error}", hint) from error
        git = Git(self.url, Path(self.server))
        listed = git.run(["for-each-ref", "--format=%(objectname) %(refname)", _TAGS]).output
        return _parse(listed, b" ")

    def commits(self, tags: Mapping[str, str], globs: Sequence[str] = ()) -> dict[str, Resolved]:
        """What these tags are."""
        found = read_commits(self.url, self._objects, tags)
        return with_folders(self.url, self._objects, found, globs) if globs else found

    def id_of(self, name: str, commit: str) -> str:
        """The id of the tag with this name."""
        if self._listed is None or name not in self._listed:
            self._listed = self.tags()
        return self._listed.get(name, "")

    @contextlib.contextmanager
    def objects(self, wanted: Mapping[str, str]) -> Iterator[Path]:
        """The folder of its objects, whatever is wanted."""
        yield self._objects

    def commit_objects(self, commit: str) -> contextlib.AbstractContextManager[Path]:
        """The folder of its objects."""
        return self.objects({commit: commit})

    def clean(self, tags: Mapping[str, str]) -> None:
        """Remove nothing: the objects are not ours."""

    def forget_objects(self) -> bool:
        """Throw away nothing: the objects are not ours."""
        return False

    def loss_hint(self) -> str:
        """What to do if objects are missing. Packs of a partial clone have such files."""
        if any(self._objects.glob("pack/*.promisor")):
            tags = f"origin '{_TAGS}*:{_TAGS}*'"  # with --tags, git would fetch nothing of those that it has
            fetch = f"git -C {self.server} fetch --refetch --no-filter {tags}"
            return f"{self.server} is a partial clone, which lacks files. Fetch them: {fetch}"
        return f"Run git fsck in {self.server}."


class DamagedPlace(LocalPlace):
    """A folder of this machine that is no repository any more, or that cannot be read."""

    def __init__(self, url: str, folder: str, reason: str) -> None:
        super().__init__(url, folder, folder)
        self._reason = reason

    def tags(self) -> dict[str, str]:
        """Raise ``RepositoryError``."""
        raise RepositoryError(self.url, self._reason, f"{_MAY_READ} If it is damaged, {_RESTORE}")


class RemotePlace:
    """A repository behind a server; ``folder`` keeps the objects that were fetched, for ``owner``."""

    def __init__(
        self, url: str, server: str, credentials: Credentials, folder: Path, owner: str = ""
    ) -> None:
        self.url, self.server, self._credentials = url, server, credentials
        self._cache = Cache(url, server, credentials, folder, owner or url)
        self.large_files = self._cache.large_files

    def submodule_base(self) -> str:
        """The URL of the server."""
        return self.server

    def tags(self) -> dict[str, str]:
        """The ids of all tags by their names, in one round trip."""
        git = Git(self.url, server=self.server, credentials=self._credentials)
        arguments = ["ls-remote", "--quiet", "--tags", "--refs", "--", self.server]
        return _parse(with_retries(lambda: git.run(arguments, seconds=LISTING_SECONDS)).output, b"\t")

    def commits(self, tags: Mapping[str, str], globs: Sequence[str] = ()) -> dict[str, Resolved]:
        """What these tags are, from their commits alone, or from these and the names of files."""
        return self._cache.read_tags(tags, globs)

    def id_of(self, name: str, commit: str) -> str:
        """The id of the tag, as ``prepare`` was told it; the server is asked only if it was not."""
        return self._cache.id_of(name, commit) or self.tags().get(name, "")

    def prepare(
        self, wanted: Mapping[str, str], listed: Mapping[str, str], commits: Mapping[str, str]
    ) -> None:
        """Fetch these objects at once.

        ``listed`` are the ids of all tags by their names, ``commits`` those of the tags to be exported.
        """
        self._cache.fetch(wanted)
        names = {name: (listed[name], commit) for name, commit in commits.items() if name in listed}
        self._cache.note_ids(names)

    @contextlib.contextmanager
    def objects(self, wanted: Mapping[str, str]) -> Iterator[Path]:
        """A folder of objects that has these."""
        with self._cache.holding(wanted) as folder:
            yield folder

    @contextlib.contextmanager
    def commit_objects(self, commit: str) -> Iterator[Path]:
        """A folder of objects that has this commit."""
        self._cache.fetch_commit(commit)
        with self.objects({commit: commit}) as folder:
            yield folder

    def clean(self, tags: Mapping[str, str]) -> None:
        """Remove what was fetched of tags that are gone."""
        self._cache.keep_only(tags.values())

    def forget_objects(self) -> bool:
        """Throw away what the cache has, to be fetched again."""
        self._cache.clear()
        return True

    def loss_hint(self) -> str:
        """What to do if objects are missing on the server."""
        return f"Run git fsck in {self.server}. If it is a partial clone, fetch what it lacks there."


def _parse(listed: bytes, separator: bytes) -> dict[str, str]:
    """Tags from lines of an id and a ref; names that are no text are left out."""
    tags: dict[str, str] = {}
    for line in listed.split(b"\n"):
        identifier, _separator, name = line.partition(separator)
        with contextlib.suppress(UnicodeDecodeError):
            ref = name.decode()
            if ref.startswith(_TAGS) and not ref.endswith("^{}"):
                tags[ref.removeprefix(_TAGS)] = identifier.decode("ascii")
    return tags


def _unreadable(url: str, error: OSError) -> RepositoryError:
    reason = f"{error.filename}: {error.strerror}"
    return RepositoryError(url, reason, _MAY_READ, is_forbidden=isinstance(error, PermissionError))
