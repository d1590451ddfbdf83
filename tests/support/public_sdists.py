"""Source distributions of public projects, fetched by name, and their trees as a tag would have them."""

from __future__ import annotations

import os
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import requests
from pypi_simple import PyPISimple
from zc.buildout.easy_install import default_index_url

from sdistmaker_recipe.toolchain.indexes import pip_settings


@dataclass(frozen=True)
class PublicSdist:
    """A fetched archive: its path, and name and version as its file name says."""

    path: Path
    name: str
    version: str

    def files(self) -> dict[str, bytes]:
        """What a tag of this release holds: the archive's files but those that building it made."""
        with tarfile.open(self.path) as archive:
            members = [member for member in archive if member.isfile()]
            found = {_inner(member.name): archive.extractfile(member) for member in members}
            return {path: file.read() for path, file in found.items() if file and not _is_made(path)}

    def names(self) -> set[str]:
        """All file names in the archive, without its top folder."""
        with tarfile.open(self.path) as archive:
            return {_inner(member.name) for member in archive if not member.isdir()}

    def executables(self) -> set[str]:
        """The names of files that are executable in the archive."""
        with tarfile.open(self.path) as archive:
            return {_inner(member.name) for member in archive if member.isfile() and member.mode & 0o100}


def fetch(project: str, versions: Sequence[str], folder: Path) -> list[PublicSdist]:
    """The sdists of these versions, from the index that pip is set up to use."""
    settings = pip_settings(os.environ, Path(sys.prefix))
    session = requests.Session()
    # requests does not know which authorities pip is told to trust.
    session.verify = settings.get("cert") or os.environ.get("SSL_CERT_FILE") or True
    with PyPISimple(settings.get("index-url", default_index_url), session=session) as client:
        files = client.get_project_page(project).packages
        sdists = {file.version: file for file in files if file.filename.endswith(".tar.gz")}
        missing = [version for version in versions if version not in sdists]
        assert not missing, f"{project} has no .tar.gz of {missing}"
        for version in versions:
            client.download_package(sdists[version], folder / sdists[version].filename, keep_on_error=False)
    return [PublicSdist(folder / sdists[version].filename, project, version) for version in versions]


def _inner(name: str) -> str:
    return "/".join(PurePosixPath(name).parts[1:])


def _is_made(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return path == "PKG-INFO" or any(part.endswith(".egg-info") for part in parts)
