"""List the files of a source distribution of setuptools, in the fork of a worker.

setuptools copies all files into a new folder, compresses that, and removes it. The archive is written anew
anyway, so it is enough to tell which files it has: a list takes the archive's place, and
``archives.file_list`` reads it. If code of the tag runs after the command sdist, that code may look at the
archive, or change files of the list. Then an archive is written straight from the files, not compressed.
This runs on any Python from 3.6, so it imports only the standard library and setuptools.
"""

import gzip
import json
import os
import shutil
import stat
import sys
import tarfile
import tempfile
import time
from importlib import import_module
from opcode import opname
from typing import Any, Iterable, Mapping, Optional

METHODS = (
    "_remove_os_link",
    "copy_file",
    "execute",
    "make_archive",
    "make_distribution",
    "make_release_tree",
    "mkpath",
)
"""The methods of the command sdist that take part in writing an archive."""

CHANGED = ("setup.cfg", "pyproject.toml")
"""Files that change in an archive: markers of a development version are removed from them."""

ASTRAY = (os.pardir + os.sep, "PKG-INFO" + os.sep, "setup.cfg" + os.sep)
"""How a path begins that is not in an archive as it is in the tree."""

MAX_BYTES_IN_MEMORY = 1 << 20
"""The size of a file that is read at once."""

MAX_BYTES_NOT_COMPRESSED = 256 << 20
"""The size of the files that are not compressed: a build may write no file that is larger than 1 GiB."""

FILE_LIST = b"sdistmaker_recipe: list of files\n"
"""The first line of a list in place of an archive."""

LAST_INSTRUCTIONS = {"CACHE", "EXTENDED_ARG", "LOAD_CONST", "NOP", "POP_TOP", "RETURN_CONST", "RETURN_VALUE"}
"""Instructions of Python that drop the result of a call, and return."""


def replace_make_distribution() -> None:
    """Replace this method of the command sdist.

    A tag that changes anything of setuptools' own way, or has another one, gets its way.
    """
    sdist: "Any" = import_module("setuptools.command.sdist").sdist
    egg_info: "Any" = import_module("setuptools.command.egg_info").egg_info
    metadata: "Any" = import_module("distutils.dist").DistributionMetadata
    original: "Any" = sdist.make_distribution
    save: "Any" = egg_info.save_version_info

    def make_distribution(command: "Any") -> None:
        if is_usual(command):
            write_sdist(command)
        else:
            original(command)

    def is_usual(command: "Any") -> bool:
        details = command.distribution.metadata
        own = {*METHODS, "write_pkg_info"}.intersection([*vars(command), *vars(details)])
        own_save: "Any" = type(command.get_finalized_command("egg_info")).save_version_info
        # The other plugin of the shims has a method in place of this one.
        if getattr(own_save, "replaced", own_save) is not save:
            return False
        if own or command.formats != ["gztar"] or command.keep_temp:
            return False
        if any(map(leads_astray, command.filelist.files)):
            return False
        # setuptools packs what is in this folder too.
        if os.path.lexists(command.distribution.get_fullname()):
            return False
        return parts_of(type(command), type(details)) == usual_parts

    # Without this method, setuptools before 2016 packs links instead of files.
    if hasattr(sdist, "_remove_os_link"):
        sdist.make_distribution = make_distribution
        usual_parts = parts_of(sdist, metadata)


def parts_of(sdist: "Any", metadata: "Any") -> "list[Any]":
    """All functions that take part in writing an archive or a list, from these classes and from modules."""
    modules = ("archive_util", "dir_util", "file_util")
    archives, folders, files = (import_module("distutils." + name) for name in modules)
    usual: "Any" = import_module("distutils.command.sdist").sdist
    functions = [getattr(each, name, None) for each in (sdist, usual) for name in METHODS]
    functions += [archives.make_archive, archives.ARCHIVE_FORMATS["gztar"], folders.create_tree]
    functions += [getattr(tarfile.TarFile, name) for name in ("add", "addfile", "gettarinfo", "open")]
    functions += [open, json.dumps, gzip.open, shutil.copy2, tempfile.TemporaryDirectory, time.time]
    functions += [
        getattr(os, name) for name in ("chmod", "fstat", "lstat", "makedirs", "mkdir", "stat", "utime")
    ]
    return [*functions, folders.mkpath, files.copy_file, metadata.write_pkg_info, tarfile.open]


def leads_astray(path: str) -> bool:
    """Whether a path is not plain, leads out of the tree, or below what an archive has as a file."""
    return path != os.path.normpath(path) or os.path.isabs(path) or path.startswith(ASTRAY)


def write_sdist(command: "Any") -> None:
    """Write the archive of a command sdist from its list of files, or this list in place of the archive."""
    top = command.distribution.get_fullname()
    target = os.path.join(command.dist_dir, top + ".tar.gz")
    with tempfile.TemporaryDirectory() as folder:
        sources = {path: path for path in command.filelist.files}
        for name in CHANGED:
            if os.path.isfile(sources.get(name, "")):
                shutil.copy2(name, os.path.join(folder, name))
        command.get_finalized_command("egg_info").save_version_info(os.path.join(folder, "setup.cfg"))
        command.distribution.metadata.write_pkg_info(folder)
        sources.update((own, os.path.join(folder, own)) for own in os.listdir(folder))
        os.makedirs(command.dist_dir, exist_ok=True)
        listed = list_files(sources) if is_last(command) else None
        if listed is None:
            write_archive(target, {os.path.join(top, path): source for path, source in sources.items()})
        else:
            with open(target, "wb") as output:
                output.write(FILE_LIST + json.dumps({"top": top, **listed}).encode("ascii"))
    command.archive_files = [target]
    command.distribution.dist_files.append(("sdist", "", target))


# List the files
# --------------


def is_last(command: "Any") -> bool:
    """Whether no code of the tag runs after the method of this command that called."""
    if command.distribution.commands != ["sdist"]:
        return False
    frame: "Any" = sys._getframe(1)
    while frame is not None:
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package == "setuptools" and frame.f_code.co_name == "run_setup":
            return True
        if package not in ("distutils", "setuptools", __name__) and not returns_next(frame):
            return False
        frame = frame.f_back
    return False


def returns_next(frame: "Any") -> bool:
    """Whether a function that has called another one does nothing but return after that."""
    rest = frame.f_code.co_code[frame.f_lasti + 2 :: 2]
    return all(opname[instruction] in LAST_INSTRUCTIONS for instruction in rest)


def list_files(sources: "Mapping[str, str]") -> "Optional[dict[str, Any]]":
    """The folders and files of an archive; None if a link or an unreadable file is among them.

    Files that are not where the archive has them are told with their content, in which each character is a
    byte. The others must not change until they are read: ``archives.file_list`` looks at the same values.
    """
    folders = folders_above(sources)
    if any(map(os.path.islink, folders)):
        return None
    files: "dict[str, list[int]]" = {}
    contents: "dict[str, str]" = {}
    for path, source in sources.items():
        try:
            status = os.lstat(source)
        except (OSError, ValueError):
            continue
        if stat.S_ISLNK(status.st_mode):
            return None
        if not stat.S_ISREG(status.st_mode):
            continue
        if not status.st_mode & stat.S_IRUSR:
            return None
        mode, time = status.st_mode & 0o7777, int(status.st_mtime)
        files[path] = [mode, time, status.st_size, status.st_ino, status.st_ctime_ns]
        if source != path:
            with open(source, "rb") as file:
                contents[path] = file.read().decode("latin-1")
    return {"folders": folders, "files": files, "contents": contents}


def folders_above(paths: "Iterable[str]") -> "list[str]":
    """All folders that these relative paths are in, sorted."""
    folders: "set[str]" = set()
    for path in paths:
        folder = os.path.dirname(path)
        while folder and folder not in folders:
            folders.add(folder)
            folder = os.path.dirname(folder)
    return sorted(folders)


# Write an archive
# ----------------


def write_archive(target: str, sources: "Mapping[str, str]") -> None:
    """Write an archive of files, by the names of its members."""
    size = sum(map(os.path.getsize, filter(os.path.isfile, sources.values())))
    # The archive is only read once, to be written anew.
    with gzip.open(target, "wb", compresslevel=0 if size <= MAX_BYTES_NOT_COMPRESSED else 9) as output:
        for path in folders_above(sources):
            output.write(header(path, tarfile.DIRTYPE, 0o755, int(time.time())))
        for path, source in sources.items():
            if os.path.isfile(source):
                write_file(output, source, path)
        output.write(bytes(2 * tarfile.BLOCKSIZE))


def write_file(output: "gzip.GzipFile", path: str, name: str) -> None:
    """Write a file as a member of this name, with its time and permissions.

    This does the same as ``TarFile.addfile`` with a fraction of the calls.
    """
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        head = header(name, tarfile.REGTYPE, status.st_mode & 0o7777, int(status.st_mtime), status.st_size)
        if status.st_size > MAX_BYTES_IN_MEMORY:
            output.write(head)
            shutil.copyfileobj(file, output, MAX_BYTES_IN_MEMORY)
            output.write(padding(status.st_size))
        else:
            output.write(head + file.read(status.st_size) + padding(status.st_size))


def header(name: str, kind: bytes, mode: int, mtime: int, size: int = 0) -> bytes:
    """The header of a member."""
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.mtime, member.size = kind, mode, mtime, size
    return member.tobuf(tarfile.GNU_FORMAT)


def padding(size: int) -> bytes:
    """What fills the last block of a member."""
    return bytes(-size % tarfile.BLOCKSIZE)
