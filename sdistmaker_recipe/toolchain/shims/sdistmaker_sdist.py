"""Write the archives of setuptools straight from the files of a tag, in the fork of a worker.

setuptools copies all files into a new folder, compresses that, and removes it. The archive is repacked
anyway, so here its members are written at once, without owners and not compressed. They are the same, but
for their order. This runs on any Python from 3.6, so it imports only the standard library and setuptools.
"""

import os
import shutil
import tarfile
import tempfile
import time
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any

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


def replace_make_distribution() -> None:
    """Replace this method of the command sdist.

    A tag that changes anything of setuptools' own way, or has another one, gets its way.
    """
    sdist: "Any" = import_module("setuptools.command.sdist").sdist
    egg_info: "Any" = import_module("setuptools.command.egg_info").egg_info
    metadata: "Any" = import_module("distutils.dist").DistributionMetadata
    original: "Any" = sdist.make_distribution

    def make_distribution(command: "Any") -> None:
        if is_usual(command):
            write_sdist(command)
        else:
            original(command)

    def is_usual(command: "Any") -> bool:
        details = command.distribution.metadata
        own = {*METHODS, "write_pkg_info"}.intersection([*vars(command), *vars(details)])
        info = command.get_finalized_command("egg_info")
        if type(info).save_version_info is not egg_info.save_version_info:
            return False
        if own or command.formats != ["gztar"] or command.keep_temp:
            return False
        if any(path != os.path.normpath(path) or os.path.isabs(path) for path in command.filelist.files):
            return False
        return parts_of(type(command), type(details)) == usual_parts

    # Without this method, setuptools before 2016 packs links instead of files.
    if hasattr(sdist, "_remove_os_link"):
        sdist.make_distribution = make_distribution
        usual_parts = parts_of(sdist, metadata)


def parts_of(sdist: "Any", metadata: "Any") -> "list[Any]":
    """All functions that take part in writing an archive, from these classes and the modules of distutils."""
    modules = ("archive_util", "dir_util", "file_util")
    archives, folders, files = (import_module("distutils." + name) for name in modules)
    functions = [getattr(sdist, name) for name in METHODS]
    functions += [archives.make_archive, archives.ARCHIVE_FORMATS["gztar"], folders.create_tree]
    return [*functions, files.copy_file, metadata.write_pkg_info]


def write_sdist(command: "Any") -> None:
    """Write the archive of a command sdist from its list of files."""
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
        with tarfile.open(target, "w:gz", compresslevel=0, format=tarfile.GNU_FORMAT) as archive:
            add_folders(archive, [os.path.join(top, path) for path in sources])
            for path, source in sources.items():
                if os.path.isfile(source):
                    add_file(archive, source, os.path.join(top, path))
    command.archive_files = [target]
    command.distribution.dist_files.append(("sdist", "", target))


def add_folders(archive: "tarfile.TarFile", paths: "list[str]") -> None:
    """Add all folders that these paths are in, as if they were made now."""
    for folder in sorted({parent for path in paths for parent in PurePosixPath(path).parents if parent.name}):
        member = tarfile.TarInfo(str(folder))
        member.type, member.mode, member.mtime = tarfile.DIRTYPE, 0o755, int(time.time())
        archive.addfile(member)


def add_file(archive: "tarfile.TarFile", path: str, name: str) -> None:
    """Add a file under this name, with its time and permissions."""
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = status.st_size, int(status.st_mtime), status.st_mode & 0o7777
        archive.addfile(member, file)
