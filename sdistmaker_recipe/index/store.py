"""The files of the published index: archives and pages.

Readers get a file completely or not at all, and a published archive is replaced only if it was withdrawn.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

from sdistmaker_recipe.index.atomic_files import (
    add_file,
    at_end,
    disk_errors,
    file_holds,
    remove_files,
    replace_by_link,
    replace_file,
    sha256_of,
    sync_filesystem,
    temporary_name,
    temporary_prefix,
)
from sdistmaker_recipe.index.file_status import file_status, is_folder
from sdistmaker_recipe.index.folders import IndexFolders
from sdistmaker_recipe.index.layout import RELEASE_PAGE_MARK, is_release_page

_INCOMING = ".incoming"

Content: TypeAlias = str | bytes
"""The content of a page; text is written as UTF-8."""


class StoredFile(NamedTuple):
    """A file of the index; ``is_new`` is false if it was there before."""

    sha256: str
    size: int
    is_new: bool


class IndexStore(IndexFolders):
    """The folder that the web server serves; every method raises ``StoreError`` if the disk fails."""

    def add_archive(self, project: str, filename: str, content: Path | bytes) -> StoredFile:
        """Put an archive into a project's folder; a file that is there already stays as it is.

        If content is a path, nobody may change that file any more, and it must be on the disk (see
        ``sync_filesystem``). It is linked (hard link), or copied if the file system cannot link it.
        """
        target = self.folder / project / filename
        with disk_errors(target):
            self._make_folder(project)
            is_new = add_file(content, target)
            if not is_new and not file_status(target):
                self.quarantine(project, filename)
                is_new = add_file(content, target)
            return StoredFile(sha256_of(target), target.stat().st_size, is_new)

    def replace_archive(self, project: str, filename: str, content: Path | bytes) -> StoredFile:
        """Put an archive in place of the one with its name; readers get the old one or the new one."""
        target = self.folder / project / filename
        with disk_errors(target):
            self._make_folder(project)
            self._clear(project, filename)
            replace_file(target, content)
            return StoredFile(sha256_of(target), target.stat().st_size, is_new=True)

    def remove_files(self, project: str, filenames: Iterable[str]) -> None:
        """Remove files in this order; some may be gone. Anything but a file goes into quarantine."""
        folder = f"{self.folder}/{project}"
        with disk_errors(self.folder / project):
            if is_folder(folder):
                self._changed.add(project)
                for filename in filenames:
                    self._clear(project, filename)
                    remove_files([f"{folder}/{filename}"])

    def remove_release_pages(self, project: str, filenames: Iterable[str]) -> None:
        """Remove pages of releases; a file of such a name that a run did not write goes into quarantine."""
        names = list(filenames)
        with disk_errors(self.folder / project):
            for name in names:
                path = self.folder / project / name
                if self.has_file(project, name) and RELEASE_PAGE_MARK not in path.read_bytes():
                    self.quarantine(project, name)
        self.remove_files(project, names)

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """An empty folder for new archives, in the index so that they can be linked; removed at the end.

        Web servers do not serve it, because its name begins with a dot. It has the group of the index.
        """
        folder = self.folder / _INCOMING
        self.remove_incoming()
        with disk_errors(folder):
            folder.mkdir()
        with at_end(self.remove_incoming):
            yield folder

    def remove_incoming(self) -> None:
        """Remove the folder of ``incoming``, which a run that was killed leaves behind."""
        path = self.folder / _INCOMING
        with disk_errors(path):
            if is_folder(path):
                shutil.rmtree(path)
            elif os.path.lexists(path):
                self.quarantine("", _INCOMING)

    def has_file(self, folder: str, name: str) -> bool:
        """Whether there is such a regular file; neither it nor its folder may be a link."""
        return self._status(folder, name) is not None

    def path_exists(self, folder: str, name: str) -> bool:
        """Whether there is a file or anything else of this name, in a folder that is no link."""
        path = f"{self.folder}/{folder}"
        return is_folder(path) and os.path.lexists(f"{path}/{name}")

    def digest(self, folder: str, name: str) -> str:
        """The SHA-256 of a file, in hexadecimal; "" if there is no such file."""
        path = self.folder / folder / name
        with disk_errors(path), suppress(FileNotFoundError):
            return sha256_of(path) if self.has_file(folder, name) else ""
        return ""

    def link_archive(self, project: str, filename: str, folder: str, name: str, instead_of: str = "") -> None:
        """Give an archive a second name in another folder.

        A file there with the SHA-256 ``instead_of`` is replaced. Anything else, unless it is the same
        archive, goes into quarantine.
        """
        if self.is_same_archive(project, filename, folder, name) or not self.has_file(project, filename):
            return
        archive, target = self.folder / project / filename, self.folder / folder / name
        if instead_of and self.digest(folder, name) == instead_of:
            self._changed.add(folder)
            with disk_errors(target):
                replace_by_link(target, archive)
            return
        if self.path_exists(folder, name):
            self.quarantine(folder, name)
        self.add_archive(folder, name, archive)

    def is_same_archive(self, project: str, filename: str, folder: str, name: str) -> bool:
        """Whether a second name is of the same archive: the same file, or one with equal content."""
        if self.is_same_file(project, filename, folder, name):
            return True
        if not self.has_file(project, filename) or not self.has_file(folder, name):
            return False
        first, second = f"{self.folder}/{project}/{filename}", f"{self.folder}/{folder}/{name}"
        with disk_errors(self.folder / folder / name):
            return filecmp.cmp(first, second, shallow=False)

    def is_same_file(self, project: str, filename: str, folder: str, name: str) -> bool:
        """Whether two names are hard links of one file; neither is read."""
        archive, other = self._status(project, filename), self._status(folder, name)
        return archive is not None and other is not None and os.path.samestat(archive, other)

    def write_pages(self, pages: Mapping[str, Content]) -> None:
        """Write pages, given by their path below the index; a page with this content is not touched.

        First all are written to the disk, then each gets its name, in the order given.
        """
        temporary_paths: dict[str, str] = {}
        with disk_errors(self.folder), at_end(partial(remove_files, temporary_paths.values())):
            names: dict[str, list[str]] = {}
            for path, content in pages.items():
                folder, _, name = path.rpartition("/")
                if folder not in names:
                    names[folder] = self._names_in(folder)
                data, target = _as_bytes(content), f"{self.folder}/{path}"
                exists = name in names[folder]
                if not exists or not file_holds(target, data):
                    if exists:
                        self._clear(folder, name)
                    prefix, parent = temporary_prefix(name), target[: -len(name)]
                    remove_files(f"{parent}{old}" for old in names[folder] if old.startswith(prefix))
                    self._changed.add(folder)
                    temporary_paths[target] = f"{parent}{temporary_name(name)}"
                    with open(temporary_paths[target], "xb") as file:
                        file.write(data)
            if temporary_paths:
                sync_filesystem(self.folder)
                for target, temporary in temporary_paths.items():
                    os.replace(temporary, target)
                sync_filesystem(self.folder)
                temporary_paths.clear()

    def is_page_current(self, path: str, content: Content) -> bool:
        """Whether the page at a path below the index holds just this content."""
        with disk_errors(self.folder / path):
            in_folder = is_folder(f"{self.folder}/{path.rpartition('/')[0]}")
            return in_folder and file_holds(f"{self.folder}/{path}", _as_bytes(content))

    def has_pages(self, folder: str, names: tuple[str, ...]) -> bool:
        """Whether all these pages exist and none is empty."""
        return all(_is_not_empty(f"{self.folder}/{folder}/{name}") for name in names)

    def release_pages(self, project: str) -> list[str]:
        """The sorted names of files in a project's folder that are named like pages of releases."""
        folder = f"{self.folder}/{project}"
        with disk_errors(self.folder / project):
            return sorted(filter(is_release_page, os.listdir(folder))) if is_folder(folder) else []

    def _status(self, folder: str, name: str) -> os.stat_result | None:
        with disk_errors(self.folder):
            has_folder = is_folder(f"{self.folder}/{folder}")
            return file_status(f"{self.folder}/{folder}/{name}") if has_folder else None


def _as_bytes(content: Content) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _is_not_empty(path: str) -> bool:
    try:
        status = file_status(path)
    except OSError:
        return False
    return status is not None and status.st_size > 0
