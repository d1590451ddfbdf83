"""Read a wheel as a build backend wrote it (PyPA "Binary distribution format"), without trusting it."""

from __future__ import annotations

import hashlib
import re
import stat
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.archives.archive import Metadata, parse_metadata
from sdistmaker_recipe.toolchain.archives.bounded_reader import (
    MAX_BYTES_IN_MEMORY,
    MAX_MEMBERS,
    MAX_UNPACKED_BYTES,
    BoundedReader,
    unpacks_to_too_much,
)
from sdistmaker_recipe.toolchain.archives.foreign_archive import READ_ERRORS
from sdistmaker_recipe.toolchain.archives.members import too_many_members
from sdistmaker_recipe.toolchain.isolation.untrusted_files import open_regular_file
from sdistmaker_recipe.toolchain.wheels.native_code import BYTES_NEEDED, is_native_code
from sdistmaker_recipe.toolchain.wheels.wheel_failures import NoWheelError
from sdistmaker_recipe.toolchain.wheels.wheel_records import (
    RecordedFile,
    WheelFacts,
    check_record,
    parse_record,
    parse_wheel,
)

_BLOCK_SIZE = 1 << 20
_NO_LIMIT = 1 << 62
_ALGORITHMS = ("sha256", "sha384", "sha512")
"""The digests that RECORD may have: none weaker than sha256."""
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")
"""Signatures of a RECORD that is written anew."""
_SCHEMES = ("purelib", "headers", "scripts", "data")
"""The folders of a wheel's ``.data`` folder, each for another place; ``platlib`` is for compiled parts."""
_DRIVE = re.compile(r"[A-Za-z]:")
_COMPILED_MODULE = re.compile(r"(?:(?:.*/)?__pycache__/.*|(?P<source>.*\.py)[co])", re.DOTALL)


class WheelMember(NamedTuple):
    """A file of a wheel: its entry in the archive, its sha256 in hexadecimal, and what it is."""

    entry: zipfile.ZipInfo
    sha256: str
    is_executable: bool
    is_native: bool


class Wheel(NamedTuple):
    """An open wheel. ``members`` are the files to install, by their paths, without WHEEL and RECORD.

    ``name`` is the part before ``.dist-info`` in the name of that folder, ``facts`` are those of WHEEL.
    """

    archive: zipfile.ZipFile
    name: str
    members: Mapping[str, WheelMember]
    metadata: Metadata
    facts: WheelFacts


@contextmanager
def open_wheel(path: Path) -> Iterator[Wheel]:
    """The wheel at path for as long as the context lasts.

    Raises ``NoWheelError`` if it is not for every platform, and ``BuildError`` if something is wrong with it.
    All of it has been read then.
    """
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open_regular_file(path))
            reader: Any = BoundedReader(file, MAX_BYTES_IN_MEMORY, _NO_LIMIT)
            wheel = _read(stack.enter_context(zipfile.ZipFile(reader)), path.name)
        except READ_ERRORS as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise BuildError(f"The wheel cannot be read: {reason}.") from error
        yield wheel


def _read(archive: zipfile.ZipFile, filename: str) -> Wheel:
    entries = _files(archive)
    name = _name_of_dist_info(entries)
    _refuse_other_schemes(entries, name)
    facts = parse_wheel(_read_small(archive, entries, f"{name}.dist-info/WHEEL"))
    _refuse_platform(facts, filename)
    metadata = parse_metadata(_read_small(archive, entries, f"{name}.dist-info/METADATA"), "wheel's METADATA")
    listed = parse_record(_read_small(archive, entries, f"{name}.dist-info/RECORD"))
    not_listed = {f"{name}.dist-info/{file}" for file in ("RECORD", *_SIGNATURES)}
    if unknown := set(listed) - set(entries) - not_listed:
        raise BuildError(f"The wheel's RECORD lists {min(unknown)[:80]!r}, which the wheel does not hold.")
    left = MAX_UNPACKED_BYTES
    members: dict[str, WheelMember] = {}
    for path, entry in entries.items():
        if path in not_listed or _is_made_at_installation(path, entries):
            continue
        left -= entry.file_size
        if left < 0:
            raise unpacks_to_too_much(MAX_UNPACKED_BYTES)
        members[path] = _read_member(archive, path, entry, listed, f"{name}.data/scripts/")
    del members[f"{name}.dist-info/WHEEL"]
    return Wheel(archive, name, members, metadata, facts)


def _files(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The entries of all files by their paths; raises ``BuildError`` for what no wheel may hold."""
    entries: dict[str, zipfile.ZipInfo] = {}
    for number, entry in enumerate(archive.infolist()):
        if number >= MAX_MEMBERS:
            raise too_many_members(MAX_MEMBERS)
        path = entry.filename
        _refuse_outside_path(path)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFDIR if entry.is_dir() else stat.S_IFREG):
            raise BuildError(f"The wheel holds {path[:80]!r}, neither a file nor a folder.")
        if entry.is_dir():
            continue
        if path in entries:
            raise BuildError(f"The wheel holds {path[:80]!r} twice.")
        entries[path] = entry
    for path in entries:
        parents = path.split("/")[:-1]
        if any("/".join(parents[: depth + 1]) in entries for depth in range(len(parents))):
            raise BuildError(f"The wheel holds {path[:80]!r} below a file.")
    return entries


def _refuse_outside_path(path: str) -> None:
    parts = path.removesuffix("/").split("/")
    if {"", ".", ".."} & set(parts) or "\\" in path or not path.isprintable() or _DRIVE.match(path):
        raise BuildError(f"The wheel holds {path[:80]!r}, a path that leads out of it or that is unusual.")


def _name_of_dist_info(entries: Mapping[str, zipfile.ZipInfo]) -> str:
    top_folders = {path.partition("/")[0] for path in entries if "/" in path}
    names = [folder.removesuffix(".dist-info") for folder in top_folders if folder.endswith(".dist-info")]
    if len(names) != 1:
        raise BuildError(f"The wheel holds {len(names)} folders *.dist-info instead of one.")
    return names[0]


def _refuse_other_schemes(entries: Mapping[str, zipfile.ZipInfo], name: str) -> None:
    """Raise ``BuildError`` for a file in a ``.data`` folder that installers put to no known place."""
    for path in entries:
        top_folder, _, rest = path.partition("/")
        if not top_folder.endswith(".data") or not rest:
            continue
        scheme, _, file = rest.partition("/")
        if top_folder == f"{name}.data" and scheme == "platlib" and file:
            raise NoWheelError(f"The wheel holds {path[:80]!r}, which is for one platform.")
        if top_folder != f"{name}.data" or scheme not in _SCHEMES or not file:
            raise BuildError(f"The wheel holds {path[:80]!r}, for which installers know no place.")


def _refuse_platform(facts: WheelFacts, filename: str) -> None:
    """Raise ``NoWheelError`` unless WHEEL and the name of the file say that it is for every platform."""
    parts = filename.removesuffix(".whl").rsplit("-", 3)
    if len(parts) != 4:
        raise BuildError(f"The build wrote {filename[:80]!r}, which is no name of a wheel.")
    tags = ["-".join(parts[1:]), *facts.tags]
    if special := next((tag for tag in tags if not tag.endswith("-none-any")), None):
        raise NoWheelError(f"The wheel is for one platform: its tag is {special[:80]}.")
    if not facts.is_purelib:
        raise NoWheelError("The wheel is for one platform: its Root-Is-Purelib is not true.")


def _is_made_at_installation(path: str, entries: Mapping[str, zipfile.ZipInfo]) -> bool:
    """Whether this is a compiled module that installers make again from a source that is there.

    Its bytes depend on the Python and the time of the build.
    """
    match = _COMPILED_MODULE.fullmatch(path)
    return match is not None and (match["source"] is None or match["source"] in entries)


def _read_small(archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo], path: str) -> bytes:
    if path not in entries:
        raise BuildError(f"The wheel has no {path[:80]!r}.")
    if entries[path].file_size > MAX_BYTES_IN_MEMORY:
        raise BuildError(f"The wheel's {path[:80]!r} has more than {MAX_BYTES_IN_MEMORY >> 20} MiB.")
    return archive.read(entries[path])


def _read_member(
    archive: zipfile.ZipFile,
    path: str,
    entry: zipfile.ZipInfo,
    listed: Mapping[str, RecordedFile],
    scripts: str,
) -> WheelMember:
    """Read a file to its end, and compare it with RECORD. ``scripts`` is the folder of executables."""
    recorded = listed.get(path)
    algorithm = recorded.algorithm if recorded and recorded.algorithm in _ALGORITHMS else "sha256"
    hashes = {name: hashlib.new(name) for name in dict.fromkeys(("sha256", algorithm))}
    with archive.open(entry) as file:
        block = beginning = file.read(_BLOCK_SIZE)
        while block:
            for each in hashes.values():
                each.update(block)
            block = file.read(_BLOCK_SIZE)
    digests = {name: each.hexdigest() for name, each in hashes.items()}
    check_record(listed, path, digests, entry.file_size)
    return WheelMember(
        entry,
        digests["sha256"],
        is_executable=path.startswith(scripts) or bool(entry.external_attr >> 16 & 0o111),
        is_native=is_native_code(path, beginning[:BYTES_NEEDED]),
    )
