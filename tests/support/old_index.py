"""Archives as sdistmaker 1.4 and tags2sdists left them, in folders and by names as ``setup.py`` has them."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

from tests.support.history import setuptools_project

MADE = datetime(2009, 8, 7, 6, 5, 4, tzinfo=timezone.utc)
"""When the archives were made."""


def add_archive(path: Path, name: str, version: str, *, metadata: str = "1.0", more: str = "") -> bytes:
    """Write a source distribution of a small setuptools project to path; what is in the file.

    The end of the path says of which kind it is. ``metadata`` is the version of the core metadata, ``more``
    are further fields and the description.
    """
    told = f"Metadata-Version: {metadata}\nName: {name}\nVersion: {version}\nSummary: old\n{more}"
    files = {**setuptools_project(name, version), "README.txt": "Made long ago.\n", "PKG-INFO": told}
    path.parent.mkdir(parents=True, exist_ok=True)
    top = f"{name}-{version}"
    if path.suffix == ".zip":
        _zip(path, top, files)
    else:
        _tar(path, top, files)
    os.utime(path, (MADE.timestamp(), MADE.timestamp()))
    return path.read_bytes()


def add_wheel(path: Path, name: str, version: str, *, more: str = "") -> bytes:
    """Write a wheel with only its metadata to path; what is in the file. For ``more`` see ``add_archive``."""
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    told = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in (("METADATA", told), ("WHEEL", "Wheel-Version: 1.0\n"), ("RECORD", "")):
            archive.writestr(zipfile.ZipInfo(f"{folder}/{member}", MADE.timetuple()[:6]), content)
    os.utime(path, (MADE.timestamp(), MADE.timestamp()))
    return path.read_bytes()


def _tar(path: Path, top: str, files: Mapping[str, str]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"{top}/{name}")
            info.size, info.mtime = len(content.encode()), int(MADE.timestamp())
            archive.addfile(info, io.BytesIO(content.encode()))


def _zip(path: Path, top: str, files: Mapping[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"{top}/{name}", MADE.timetuple()[:6]), content)
