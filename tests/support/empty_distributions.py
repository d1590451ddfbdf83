"""Empty distributions in the place of what a release requires, for a client that resolves it."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from sdistmaker_recipe.toolchain.wheels.wheel_records import format_record, format_wheel
from tests.support import public_index

_LATEST = "99999"


def write_index(folder: Path, requirements: Iterable[Iterable[str]]) -> None:
    """Write wheels that fit, and a simple index of them; each release has its own ``requirements``."""
    for texts in requirements:
        for name, specifiers in _by_name(map(Requirement, texts)).items():
            for specifier in specifiers:
                if (version := fitting_version(specifier)) is not None:
                    _write_wheel(folder, name, version)
    (folder / "simple").mkdir(exist_ok=True)
    public_index.write_pages(folder)


def _by_name(requirements: Iterable[Requirement]) -> dict[str, list[SpecifierSet]]:
    """The specifiers of each project: one by one, for they can have markers, and all of them together."""
    found: dict[str, list[SpecifierSet]] = defaultdict(list)
    for requirement in requirements:
        found[canonicalize_name(requirement.name)].append(requirement.specifier)
    return {
        name: [*specifiers, SpecifierSet(",".join(map(str, specifiers)))]
        for name, specifiers in found.items()
    }


def fitting_version(specifier: SpecifierSet) -> str | None:
    """The first version that fits, of very few; None if none of them does."""
    return next((text for text in _candidates(specifier) if specifier.contains(text, prereleases=True)), None)


def _candidates(specifiers: SpecifierSet) -> Iterator[str]:
    yield _LATEST
    for specifier in specifiers:
        text = re.sub(r"\.\*$", "", specifier.version)
        yield from (text, f"{Version(text).base_version}.1")
    yield "0"


def _write_wheel(folder: Path, name: str, version: str) -> None:
    stem = f"{name.replace('-', '_')}-{Version(version)}"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    files = {"METADATA": metadata, "WHEEL": format_wheel("py2.py3")}
    files["RECORD"] = format_record([], f"{stem}.dist-info/RECORD")
    with zipfile.ZipFile(folder / f"{stem}-py2.py3-none-any.whl", "w") as archive:
        for path, content in files.items():
            archive.writestr(f"{stem}.dist-info/{path}", content)
