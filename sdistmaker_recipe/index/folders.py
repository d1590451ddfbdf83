"""The folders of the published index: projects, private names, and the quarantine beside the index.

If a link, or anything else that is not ours, is where one of our files or folders belongs, it goes into
quarantine. An index has thousands of pages, and pathlib takes longer than the disk; so these paths are text.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.index import quarantine
from sdistmaker_recipe.index.atomic_files import disk_errors, temporary_file
from sdistmaker_recipe.index.file_status import file_status, folder_status, is_folder

logger = logging.getLogger(__name__)

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_NOT_A_FOLDER = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class IndexFolders:
    """The folder of the index and the folders in it; public methods raise ``StoreError`` if the disk fails.

    ``quarantine_folder`` is outside of the index.
    """

    def __init__(self, folder: Path, quarantine_folder: Path | None = None) -> None:
        self.folder = folder
        self.quarantine_folder = quarantine_folder or folder.with_name(f"{folder.name}-aside")
        self._changed: set[str] = set()

    def check_destination(self) -> None:
        """Raise ``StoreError`` if something other than a folder is in the place of the index."""
        with disk_errors(self.folder):
            if os.path.lexists(self.folder) and not self.folder.is_dir():
                raise StoreError(
                    f"{self.folder}: is not a folder", "Move it away, or choose another destination."
                )

    def prepare(self) -> None:
        """Make the folder of the index if it is missing, and check that it can be written."""
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                with temporary_file(self.folder / "probe") as probe:
                    probe.touch()
            except OSError as error:
                # The message is to name the folder, not the probe.
                error.filename = None
                raise

    def quarantine(self, folder: str, name: str) -> Path:
        """Move a file, or whatever is in its place, out of the index; return its new path.

        ``folder`` is "" for something in the root, such as a file in the place of a project's folder.
        """
        source = self.folder / folder / name
        self._changed.add(folder or name)
        with disk_errors(source):
            target = quarantine.move(source, self.quarantine_folder, folder)
        what = source.relative_to(self.folder)
        logger.warning("%s was in the way, or damaged, so it is moved to %s", what, target)
        return target

    @property
    def changed_folders(self) -> frozenset[str]:
        """The folders that this object made, removed, or changed a file in."""
        return frozenset(self._changed - {""})

    def folders(self, names: Collection[str] | None = None) -> dict[str, int]:
        """The folders of the index, or those of these names, each with its mtime in ns.

        The mtime changes when a file is added to the folder or removed from it. Links to folders, and folders
        whose names are not UTF-8, are left out.
        """
        with disk_errors(self.folder):
            if names is not None:
                found = [(name, folder_status(f"{self.folder}/{name}")) for name in names]
                return {name: status.st_mtime_ns for name, status in found if status}
            entries = self._folders()
            return {entry.name: entry.stat(follow_symlinks=False).st_mtime_ns for entry in entries}

    def is_empty(self, folder: str) -> bool:
        """Whether a folder of the index holds nothing; raises ``StoreError`` if there is no such folder."""
        with disk_errors(self.folder / folder), os.scandir(f"{self.folder}/{folder}") as entries:
            return next(entries, None) is None

    def mark_private(self, projects: Iterable[str]) -> None:
        """Make markers: empty folders, for which web servers answer 404 instead of redirecting."""
        with disk_errors(self.folder):
            existing = {entry.name for entry in self._folders()}
            for project in projects:
                if project not in existing:
                    self._make_folder(project)

    def unmark_private(self, project: str) -> None:
        """Remove the marker of ``mark_private``; a folder that holds anything stays."""
        self._changed.add(project)
        try:
            (self.folder / project).rmdir()
        except OSError:
            return

    def _folders(self) -> Iterator[os.DirEntry[str]]:
        if self.folder.is_dir():
            with os.scandir(self.folder) as entries:
                yield from filter(_is_folder_of_index, entries)

    def _make_folder(self, folder: str) -> None:
        """Make a folder, and the index, if missing; anything else in its place goes into quarantine."""
        self._changed.add(folder)
        # If folder is "" the path ends with "/", so the index itself may be a link.
        path = f"{self.folder}/{folder}"
        try:
            os.mkdir(path)
        except FileNotFoundError:
            os.makedirs(path, exist_ok=True)
        except FileExistsError:
            if not is_folder(path):
                self.quarantine("", folder)
                os.mkdir(path)

    def _names_in(self, folder: str) -> list[str]:
        """The names of all that a folder holds; a missing folder is made."""
        try:
            descriptor = os.open(f"{self.folder}/{folder}", _OPEN_FOLDER)
        except OSError as error:
            if error.errno not in _NOT_A_FOLDER:
                raise
            self._make_folder(folder)
            return []
        try:
            return os.listdir(descriptor)
        finally:
            os.close(descriptor)

    def _clear(self, folder: str, name: str) -> None:
        """Put into quarantine whatever is in the place of a file, unless it is a regular file."""
        path = f"{self.folder}/{folder}/{name}"
        if not file_status(path) and os.path.lexists(path):
            self.quarantine(folder, name)


def _is_folder_of_index(entry: os.DirEntry[str]) -> bool:
    is_text = entry.name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in entry.name)
    return is_text and entry.is_dir(follow_symlinks=False)
