"""Source distributions of public projects, fetched by name, and their trees as a tag would have them."""

from __future__ import annotations

import os
import re
import sys
import tarfile
import zipfile
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path, PurePosixPath

import requests
from pypi_simple import DistributionPackage, PyPISimple
from zc.buildout.easy_install import default_index_url

from sdistmaker_recipe.toolchain.pip_settings import pip_settings

SUFFIXES = (".zip", ".tar.gz")  # the better one last
_MARKERS = (b"tag_build", b"tag_date", b"tag_svn_revision")
# As the templates of PasteScript and ZopeSkel set up new projects.
_DEVELOPMENT = b"\n[egg_info]\ntag_build = dev\ntag_svn_revision = true\n"
_SUBVERSION_BEGAN = datetime(2000, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Member:
    """A file in an archive: its bytes, whether it is executable, and when it last changed."""

    content: bytes
    executable: bool
    changed: datetime


@dataclass(frozen=True)
class PublicSdist:
    """A fetched archive: its path, and name and version as its file name says."""

    path: Path
    name: str
    version: str

    @cached_property
    def members(self) -> Mapping[str, Member]:
        """All files in the archive by their paths, without its top folder."""
        read = _zip_members if self.path.suffix == ".zip" else _tar_members
        return {_inner(name): member for name, member in read(self.path)}

    def as_tag(self, made: Iterable[str] = (), *, markers: bool = False) -> dict[str, bytes]:
        """What a tag of this release holds: the archive's files but those that building it made.

        ``made`` are patterns of more such files. With ``markers`` the tag's setup.cfg marks every version as
        one of development, which whoever made the release overruled on the command line.
        """
        patterns = ("PKG-INFO", "*.egg-info/*", *made)
        kept = {path: member.content for path, member in self.members.items() if not matches(path, patterns)}
        config = _without_markers(kept.pop("setup.cfg", b""), {b"", b"0", b"false", self.version.encode()})
        if markers:
            config += _DEVELOPMENT
        return {**kept, "setup.cfg": config} if config else kept

    def executables(self) -> set[str]:
        """The names of files that are executable in the archive."""
        return {path for path, member in self.members.items() if member.executable}

    @property
    def date(self) -> datetime | None:
        """When its files last changed, unless it was made to hide that."""
        last = max(member.changed for member in self.members.values())
        return last if last > _SUBVERSION_BEGAN else None


def fetch(project: str, versions: Sequence[str], folder: Path) -> list[PublicSdist]:
    """The sdists of these versions, from the index that pip is set up to use."""
    settings = pip_settings(os.environ, Path(sys.prefix))
    session = requests.Session()
    # requests does not know which authorities pip is told to trust.
    session.verify = settings.get("cert") or os.environ.get("SSL_CERT_FILE") or True
    with PyPISimple(settings.get("index-url", default_index_url), session=session) as client:
        sdists = _by_version(client.get_project_page(project).packages)
        missing = [version for version in versions if version not in sdists]
        assert not missing, f"{project} has no {' or '.join(SUFFIXES)} of {missing}"
        for version in versions:
            client.download_package(sdists[version], folder / sdists[version].filename, keep_on_error=False)
    return [PublicSdist(folder / sdists[version].filename, project, version) for version in versions]


def _by_version(files: Iterable[DistributionPackage]) -> dict[str, DistributionPackage]:
    return {
        file.version: file
        for suffix in SUFFIXES
        for file in files
        if file.version and file.filename.endswith(suffix)
    }


def _tar_members(path: Path) -> Iterator[tuple[str, Member]]:
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and (file := archive.extractfile(member)):
                changed = datetime.fromtimestamp(member.mtime, timezone.utc)
                yield member.name, Member(file.read(), bool(member.mode & 0o100), changed)


def _zip_members(path: Path) -> Iterator[tuple[str, Member]]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                changed = datetime(*info.date_time, tzinfo=timezone.utc)
                yield (
                    info.filename,
                    Member(archive.read(info), bool(info.external_attr >> 16 & 0o100), changed),
                )


def _inner(name: str) -> str:
    return "/".join(PurePosixPath(name).parts[1:])


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path fits one of the patterns, where * stands for any characters."""
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def _without_markers(config: bytes, values: Container[bytes]) -> bytes:
    """The text of setup.cfg without markers of these values: setuptools and hgtools write them for sdists."""
    kept: list[bytes] = []
    for line in config.splitlines(keepends=True):
        name, _, value = line.partition(b"=")
        if name.strip() not in _MARKERS or value.strip() not in values:
            kept.append(line)
    text = re.sub(rb"^\[egg_info\]\s*(?=\[|\Z)", b"", b"".join(kept), flags=re.MULTILINE)
    return text if text.strip() else b""
