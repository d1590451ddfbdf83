"""The published folder: a reader never meets half a file, and only what was withdrawn is ever replaced.

What lies where a file or folder of ours goes and is none, such as a link, is moved aside. An index has
thousands of pages, for each of which pathlib takes longer than the disk: their paths are text.
"""

from __future__ import annotations

import ctypes
import errno
import filecmp
import hashlib
import logging
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.index import quarantine

logger = logging.getLogger(__name__)

_INCOMING = ".incoming"
_NOT_WHOLE = r"\.(.+)\.[0-9a-f]{32}"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
"""So that a pipe, which nobody writes to, keeps nobody waiting."""
_NO_FOLDER = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)

Content: TypeAlias = str | bytes
"""What a page holds; text is written as UTF-8."""


class StoredFile(NamedTuple):
    """A file of the index; ``added`` is false where it was there before."""

    sha256: str
    size: int
    added: bool


class IndexStore:
    """The folder that the web server serves; every method raises ``StoreError`` when the disk fails.

    ``quarantine_folder``, a folder elsewhere, is where files go that are in the way of ours.
    """

    def __init__(self, folder: Path, quarantine_folder: Path | None = None) -> None:
        self.folder = folder
        self.quarantine_folder = quarantine_folder or folder.with_name(f"{folder.name}-aside")
        self._changed: set[str] = set()

    def add_archive(self, project: str, filename: str, content: Path | bytes) -> StoredFile:
        """Put an archive into a project's folder; where a file of that name is there, that one stays.

        A path is of a file that nobody changes any more, and that was given to ``sync``: it is linked where
        that can be, else copied.
        """
        target = self.folder / project / filename
        with _disk_errors(target):
            self._make_folder(project)
            added = _add(content, target)
            if not added and not quarantine.status(target):
                self.move_aside(project, filename)
                added = _add(content, target)
            return StoredFile(sha256_of(target), target.stat().st_size, added)

    def replace_archive(self, project: str, filename: str, content: Path | bytes) -> StoredFile:
        """Put an archive in place of the one with its name; a reader meets the old or the new, whole."""
        target = self.folder / project / filename
        with _disk_errors(target):
            self._make_folder(project)
            self._clear(project, filename)
            _replace(target, partial(_copy, content))
            return StoredFile(sha256_of(target), target.stat().st_size, added=True)

    def remove(self, project: str, filenames: Iterable[str]) -> None:
        """Remove files, in this order, that may be gone already; what is no file goes aside."""
        folder = f"{self.folder}/{project}"
        with _disk_errors(self.folder / project):
            if quarantine.is_folder(folder):
                self._changed.add(project)
                for filename in filenames:
                    self._clear(project, filename)
                    _remove([f"{folder}/{filename}"])

    def check(self) -> None:
        """See that nothing else is in the folder's place."""
        with _disk_errors(self.folder):
            if os.path.lexists(self.folder) and not self.folder.is_dir():
                raise StoreError(
                    f"{self.folder}: is no folder", "Move it away, or choose another destination."
                )

    def prepare(self) -> None:
        """See that the folder is there and can be written."""
        with _disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                with _temporary(self.folder / "probe") as probe:
                    probe.touch()
            except OSError as error:
                # It is the folder that cannot be written.
                error.filename = None
                raise

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """An empty folder for archives to come, on the disk and with the group of the index; gone at the end.

        Web servers do not serve it, for its name begins with a dot.
        """
        folder = self.folder / _INCOMING
        self.remove_incoming()
        with _disk_errors(folder):
            folder.mkdir()
        try:
            yield folder
        finally:
            self.remove_incoming()

    def remove_incoming(self) -> None:
        """Remove what a run that was killed left of ``incoming``."""
        path = self.folder / _INCOMING
        with _disk_errors(path):
            if quarantine.is_folder(path):
                shutil.rmtree(path)
            elif os.path.lexists(path):
                self.move_aside("", _INCOMING)

    def has_file(self, folder: str, name: str) -> bool:
        """Whether the file is there, and no link: neither it nor its folder."""
        return self._status(folder, name) is not None

    def has_anything(self, folder: str, name: str) -> bool:
        """Whether a file, or whatever else, is there in a folder that is no link."""
        return quarantine.is_folder(f"{self.folder}/{folder}") and os.path.lexists(
            f"{self.folder}/{folder}/{name}"
        )

    def digest(self, folder: str, name: str) -> str:
        """The SHA-256 of a file, in hexadecimal; "" where none is."""
        path = self.folder / folder / name
        with _disk_errors(path), suppress(FileNotFoundError):
            return sha256_of(path) if self.has_file(folder, name) else ""
        return ""

    def link_archive(self, project: str, filename: str, folder: str, name: str, instead_of: str = "") -> None:
        """Show an archive by a second name in another folder; what is no second name of it is moved aside.

        What has the digest ``instead_of`` gives way.
        """
        if self.is_second_name(project, filename, folder, name) or not self.has_file(project, filename):
            return
        archive, target = self.folder / project / filename, self.folder / folder / name
        if instead_of and self.digest(folder, name) == instead_of:
            self._changed.add(folder)
            with _disk_errors(target):
                _replace(target, partial(_link_or_copy, archive))
            return
        if self.has_anything(folder, name):
            self.move_aside(folder, name)
        self.add_archive(folder, name, archive)

    def is_second_name(self, project: str, filename: str, folder: str, name: str) -> bool:
        """Whether that is the same archive: one file or, where files cannot have two names, an equal one."""
        if self.is_same_file(project, filename, folder, name):
            return True
        if not self.has_file(project, filename) or not self.has_file(folder, name):
            return False
        first, second = f"{self.folder}/{project}/{filename}", f"{self.folder}/{folder}/{name}"
        with _disk_errors(self.folder / folder / name):
            return filecmp.cmp(first, second, shallow=False)

    def is_same_file(self, project: str, filename: str, folder: str, name: str) -> bool:
        """Whether two names are of one file, which is told without reading it."""
        archive, other = self._status(project, filename), self._status(folder, name)
        return archive is not None and other is not None and os.path.samestat(archive, other)

    def move_aside(self, folder: str, name: str) -> Path:
        """Move a file, or what is in the place of one of ours, out of the index; its new path.

        ``folder`` is "" where that is in the root, such as in the place of a project's folder.
        """
        source = self.folder / folder / name
        self._changed.add(folder or name)
        with _disk_errors(source):
            target = quarantine.move(source, self.quarantine_folder, folder)
        what = source.relative_to(self.folder)
        logger.warning("%s was in the way, or damaged: it is moved to %s", what, target)
        return target

    def write_pages(self, pages: Mapping[str, Content]) -> None:
        """Write pages by their path below the index; those that are there just so stay untouched.

        All are on the disk before the first of them gets its name, in the order given.
        """
        ready: dict[str, str] = {}
        with ExitStack() as stack, _disk_errors(self.folder):
            stack.callback(_remove, ready.values())
            names: dict[str, list[str]] = {}
            for path, content in pages.items():
                folder, _, name = path.rpartition("/")
                if folder not in names:
                    names[folder] = self._names_in(folder)
                data, target = _as_bytes(content), f"{self.folder}/{path}"
                is_new = name not in names[folder]
                if is_new or not _is_page(target, data):
                    if not is_new:
                        self._clear(folder, name)
                    start, there = _start(name), target[: -len(name)]
                    _remove(f"{there}{each}" for each in names[folder] if each.startswith(start))
                    self._changed.add(folder)
                    temporary = ready[target] = f"{there}{start}{_ending()}"
                    with open(temporary, "xb") as file:
                        file.write(data)
            if ready:
                sync(self.folder)
                for target, temporary in ready.items():
                    os.replace(temporary, target)
                sync(self.folder)
                ready.clear()

    def is_page(self, path: str, content: Content) -> bool:
        """Whether this is what a page at a path below the index holds."""
        with _disk_errors(self.folder / path):
            in_folder = quarantine.is_folder(f"{self.folder}/{path.rpartition('/')[0]}")
            return in_folder and _is_page(f"{self.folder}/{path}", _as_bytes(content))

    def has_pages(self, folder: str, names: tuple[str, ...]) -> bool:
        """Whether all these pages are there."""
        start = f"{self.folder}/{folder}"
        return all(_has_content(f"{start}/{name}") for name in names)

    @property
    def changed_folders(self) -> frozenset[str]:
        """The folders in which files came or went by way of this object, those too that came or went."""
        return frozenset(self._changed - {""})

    def folders(self, names: Collection[str] | None = None) -> dict[str, int]:
        """The folders of the index: by name the mtime in ns, which is when a file last came or went there.

        All of them, or those of these names. Folders whose names are no UTF-8 are not ours, and neither are
        links to folders.
        """
        with _disk_errors(self.folder):
            if names is not None:
                there = [(name, quarantine.folder_status(f"{self.folder}/{name}")) for name in names]
                return {name: status.st_mtime_ns for name, status in there if status}
            entries = self._folders()
            return {entry.name: entry.stat(follow_symlinks=False).st_mtime_ns for entry in entries}

    def is_empty(self, folder: str) -> bool:
        """Whether nothing is in a folder of the index; raises ``StoreError`` where it is none, too."""
        with _disk_errors(self.folder / folder), os.scandir(f"{self.folder}/{folder}") as entries:
            return next(entries, None) is None

    def mark_private(self, projects: Iterable[str]) -> None:
        """Make folders of projects without a page: web servers answer 404 for them and never redirect."""
        with _disk_errors(self.folder):
            there = {entry.name for entry in self._folders()}
            for project in projects:
                if project not in there:
                    self._make_folder(project)

    def unmark_private(self, project: str) -> None:
        """Take back ``mark_private``; a folder with anything in it stays."""
        self._changed.add(project)
        try:
            (self.folder / project).rmdir()
        except OSError:
            return

    def _folders(self) -> Iterator[os.DirEntry[str]]:
        if self.folder.is_dir():
            with os.scandir(self.folder) as entries:
                yield from filter(_is_folder, entries)

    def _status(self, folder: str, name: str) -> os.stat_result | None:
        with _disk_errors(self.folder):
            is_there = quarantine.is_folder(f"{self.folder}/{folder}")
            return quarantine.status(f"{self.folder}/{folder}/{name}") if is_there else None

    def _make_folder(self, folder: str) -> None:
        """Make a folder, and the index, unless they are there; what is in the folder's place goes aside."""
        self._changed.add(folder)
        # With folder "" it ends with "/", so the index itself may be a link.
        path = f"{self.folder}/{folder}"
        try:
            os.mkdir(path)
        except FileNotFoundError:
            os.makedirs(path, exist_ok=True)
        except FileExistsError:
            if not quarantine.is_folder(path):
                self.move_aside("", folder)
                os.mkdir(path)

    def _names_in(self, folder: str) -> list[str]:
        """The names of what is in a folder, which is made where it is not there."""
        try:
            descriptor = os.open(f"{self.folder}/{folder}", _FOLDER)
        except OSError as error:
            if error.errno not in _NO_FOLDER:
                raise
            self._make_folder(folder)
            return []
        try:
            return os.listdir(descriptor)
        finally:
            os.close(descriptor)

    def _clear(self, folder: str, name: str) -> None:
        """Move aside what is in the place of a file and is none."""
        path = f"{self.folder}/{folder}/{name}"
        if not quarantine.status(path) and os.path.lexists(path):
            self.move_aside(folder, name)


def is_leftover(name: str) -> bool:
    """Whether that is what a run calls a file until it is whole; one that was killed leaves it."""
    return re.fullmatch(_NOT_WHOLE, name) is not None


def _whole(path: str) -> str:
    """The path of a file as it is called once it is whole."""
    folder, slash, name = path.rpartition("/")
    return folder + slash + re.sub(_NOT_WHOLE, r"\1", name)


def write_text(path: Path, text: str) -> bool:
    """Write text so that a reader meets the old or the new file, whole; false where it was so already.

    Raises ``StoreError`` when the disk fails.
    """
    data = text.encode()
    with _disk_errors(path):
        if _is_there(path, data):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, partial(_copy, data))
        return True


def sync(folder: Path) -> None:
    """Return when all that was written to the file system of this folder is on the disk.

    Cheaper than fsync(2) of each of many files. Raises ``StoreError`` when the disk fails.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    with _disk_errors(folder):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            if not hasattr(libc, "syncfs"):
                os.sync()
            elif libc.syncfs(descriptor):
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), str(folder))
        finally:
            os.close(descriptor)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _as_bytes(content: Content) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _is_there(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except FileNotFoundError:
        return False


def _is_page(path: str, data: bytes) -> bool:
    """Whether a regular file at path holds this."""
    try:
        descriptor = os.open(path, _FILE)
        try:
            # One more byte, for it may be longer.
            return os.read(descriptor, len(data) + 1) == data
        finally:
            os.close(descriptor)
    except OSError:
        if quarantine.status(path):
            raise
        return False


def _has_content(path: str) -> bool:
    try:
        status = quarantine.status(path)
    except OSError:
        return False
    return status is not None and status.st_size > 0


def _is_folder(entry: os.DirEntry[str]) -> bool:
    is_text = entry.name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in entry.name)
    return is_text and entry.is_dir(follow_symlinks=False)


def _remove(paths: Iterable[str]) -> None:
    for path in paths:
        with suppress(FileNotFoundError):
            os.unlink(path)


def _start(name: str) -> str:
    """How the name of a file for content to come begins; our server configurations serve no leading dots."""
    return f".{name[:100]}."


def _ending() -> str:
    """How it ends: see ``is_leftover``."""
    return os.urandom(16).hex()


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """A path beside target for its content to come."""
    start = _start(target.name)
    # A run that was killed left them.
    _remove(str(target.parent / name) for name in os.listdir(target.parent) if name.startswith(start))
    temporary = target.with_name(f"{start}{_ending()}")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _replace(target: Path, fill: Callable[[Path], None]) -> None:
    """Put what fill writes to a path in place of a file; a reader meets the old or the new, whole."""
    with _temporary(target) as temporary:
        fill(temporary)
        temporary.replace(target)
        _sync_folder(target.parent)


def _link_or_copy(path: Path, target: Path) -> None:
    if not _hard_link(path, target):
        _copy(path, target)


def _copy(content: Path | bytes, target: Path) -> None:
    with target.open("xb") as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            with content.open("rb") as source:
                shutil.copyfileobj(source, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())


def _add(content: Path | bytes, target: Path) -> bool:
    """Put a file where none is; false where something is there already."""
    added = _hard_link(content, target) if isinstance(content, Path) else None
    if added is None:
        with _temporary(target) as temporary:
            _copy(content, temporary)
            added = _link(temporary, target)
    return added


def _hard_link(path: Path, target: Path) -> bool | None:
    """Give a file one more name unless that is taken; true where it got it, None where links cannot be."""
    try:
        # Unlike a rename, a link never replaces what is there.
        target.hardlink_to(path)
    except FileExistsError:
        return False
    except OSError:
        return None
    return True


def _link(temporary: Path, target: Path) -> bool:
    """Give the file its name unless the name is taken; true where it got it."""
    added = _hard_link(temporary, target)
    if added is None:
        # A file system without hard links; the run's lock keeps other writers away.
        added = not os.path.lexists(target)
        if added:
            temporary.replace(target)
    if added:
        _sync_folder(target.parent)
    return added


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error.filename, str):
            error.filename = _whole(error.filename)
        raise StoreError.of(error, path) from error
