"""Write a wheel so that the same files always give the same bytes."""

from __future__ import annotations

import hashlib
import shutil
import stat
import time
import zipfile
from pathlib import Path

from sdistmaker_recipe.toolchain.wheels.wheel_archive import Wheel
from sdistmaker_recipe.toolchain.wheels.wheel_records import format_record, format_wheel

_COMPRESSION_LEVEL = 6
_BLOCK_SIZE = 1 << 20
_UNIX = 3
# A zip archive can state no other years.
_FIRST_SECOND, _LAST_SECOND = 315_532_800, 4_354_819_198


def write_wheel(wheel: Wheel, target: Path, release: str, python_tag: str, epoch: int) -> None:
    """Write the wheel's files to the new file target, for every platform and the Pythons of python_tag.

    ``release`` is the name and version that begin the name of the file, ``epoch`` the time of all members in
    seconds since 1970. Members are sorted, those of ``.dist-info`` last, as the format recommends. They have
    the mode 0644 or 0755. RECORD and WHEEL are new.
    """
    moment = time.gmtime(min(max(epoch, _FIRST_SECOND), _LAST_SECOND))[:6]
    dist_info = f"{release}.dist-info/"
    own_folders = {f"{wheel.name}{suffix}/": f"{release}{suffix}/" for suffix in (".dist-info", ".data")}
    sources = {_renamed(path, own_folders): path for path in wheel.members}
    wheel_path, record_path = f"{dist_info}WHEEL", f"{dist_info}RECORD"
    made = format_wheel(python_tag)
    listed = []
    with (
        target.open("xb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION_LEVEL) as archive,
    ):
        for path in sorted((*sources, wheel_path), key=lambda path: (path.startswith(dist_info), path)):
            if path == wheel_path:
                archive.writestr(_entry(path, moment, len(made)), made)
                listed.append((path, hashlib.sha256(made).hexdigest(), len(made)))
                continue
            member = wheel.members[sources[path]]
            size = member.entry.file_size
            entry = _entry(path, moment, size, is_executable=member.is_executable)
            if size <= _BLOCK_SIZE:
                archive.writestr(entry, wheel.archive.read(member.entry))
            else:
                with wheel.archive.open(member.entry) as source, archive.open(entry, "w") as written:
                    shutil.copyfileobj(source, written, _BLOCK_SIZE)
            listed.append((path, member.sha256, size))
        record = format_record(listed, record_path)
        archive.writestr(_entry(record_path, moment, len(record)), record)


def _renamed(path: str, folders: dict[str, str]) -> str:
    """The path, with the wheel's own folders named as the specification has it."""
    for before, after in folders.items():
        if path.startswith(before):
            return after + path.removeprefix(before)
    return path


def _entry(path: str, moment: tuple[int, ...], size: int, *, is_executable: bool = False) -> zipfile.ZipInfo:
    year, month, day, hour, minute, second = moment
    entry = zipfile.ZipInfo(path, (year, month, day, hour, minute, second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = _UNIX
    entry.external_attr = (stat.S_IFREG | (0o755 if is_executable else 0o644)) << 16
    entry.file_size = size
    return entry
