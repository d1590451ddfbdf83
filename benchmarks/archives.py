"""Whether a contender made what it was to make."""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from pathlib import Path

from packaging.utils import (
    InvalidSdistFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from benchmarks.programs import FailedError
from benchmarks.projects import Release, project_files


def check(folder: Path, tags: Sequence[Release]) -> None:
    """Raise ``FailedError`` unless the archives below folder are those of the tags, each with all files."""
    found = {_release(path): path for path in folder.rglob("*.tar.gz")}
    wanted = {(str(canonicalize_name(tag.name)), tag.version): tag for tag in tags}
    if found.keys() != wanted.keys():
        lost, strange = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
        text = f"{len(found)} archives of {len(wanted)}; missing {lost[:3]}, not asked for {strange[:3]}"
        raise FailedError(text)
    for release, path in found.items():
        if lost_files := _lost_files(path, wanted[release]):
            raise FailedError(f"{path.name} lacks {', '.join(lost_files)}")


def check_wheels(folder: Path, tags: Sequence[Release]) -> None:
    """Raise ``FailedError`` unless each of the tags has one wheel below folder."""
    found = sorted(parse_wheel_filename(path.name)[:2] for path in folder.rglob("*.whl"))
    if found != sorted((canonicalize_name(tag.name), Version(tag.version)) for tag in tags):
        raise FailedError(f"{len(found)} wheels of {len(tags)} tags")


def produced(folder: Path, tags: Sequence[Release]) -> set[Release]:
    """Those of the tags that have an archive below folder with all their files."""
    wanted = {(str(canonicalize_name(tag.name)), tag.version): tag for tag in tags}
    found = ((path, wanted.get(_release(path))) for path in folder.rglob("*.tar.gz"))
    return {tag for path, tag in found if tag and not _lost_files(path, tag)}


def _lost_files(path: Path, tag: Release) -> list[str]:
    """What the archive lacks of the tag's files."""
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    return sorted(project_files(tag).keys() - names)


def _release(path: Path) -> tuple[str, str]:
    try:
        name, version = parse_sdist_filename(path.name)
    except InvalidSdistFilename as error:
        raise FailedError(f"{path.name} is no name of an sdist") from error
    return name, str(version)
