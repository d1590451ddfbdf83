"""Compare a source distribution with the one that its authors published.

What is the same, and counts as such here, though it is written in another way:

- Spelling: white space, the case of names (PEP 503), the form of versions (PEP 440) and of requirements
  (PEP 508), the order of lines, and UNKNOWN for what is not said.
- More fields than before: newer core metadata (Metadata-Version, License-File, Dynamic, Provides-Extra, ...)
  says what older could not.
- Author: distutils wrote the maintainer, if there was one, as the author. Newer setuptools tells them apart.
- Home-page: newer backends write it as a Project-URL (PEP 753).
- Classifiers: poetry-core names the Pythons that fit, as far as it knows them when it builds.
- What a build makes (PKG-INFO, egg-info) differs with the backend's version; it is compared field by field.
  setup.cfg is compared by its values without the markers that setuptools writes there.
- A module that a build makes with the version in it is compared by that version.
- ez_setup.py, distribute_setup.py: where setup.py imports one and the tag lacks it, the archive has a stub.
- A summary of several lines: distutils wrote all of them as they were, which ends the header. Newer
  setuptools takes the first line.
- No PKG-INFO at all: an archive that no sdist command made says nothing that could differ.
"""

from __future__ import annotations

import email
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from configparser import RawConfigParser
from dataclasses import dataclass
from email.message import Message

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tests.support.public_sdists import Member, PublicSdist, matches

REQUIRES = "requires.txt"
DESCRIPTION = "Description"
_BY_BUILDING = ("PKG-INFO", "*.egg-info/*", "setup.cfg")
_STUBS = ("ez_setup.py", "distribute_setup.py")
_CONTACT = {"Author": "Maintainer", "Author-email": "Maintainer-email"}
_MAY_BE_ADDED = ("Programming Language :: Python", "Homepage, ")
_MARKERS = ("tag_build", "tag_date", "tag_svn_revision")

# The other lines of a summary, and the empty line after them.
_SUMMARY = re.compile(r"^(Summary: .*\n)(?:(?!Home-page:).*\n)*?(?=Home-page:)", re.MULTILINE)
_SETS_VERSION = re.compile(
    r"""^(?:__)?version(?:__)?\s*(?::[^=]*)?=(?:[^'"\n]*=)?\s*u?['"](?P<version>[^'"]+)['"]""", re.MULTILINE
)

Facts = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Comparison:
    """What differs, each as one line of text: of the file list and contents, and of the metadata."""

    files: tuple[str, ...]
    metadata: tuple[str, ...]


def compare(original: PublicSdist, ours: PublicSdist, made: Iterable[str], gone: Iterable[str]) -> Comparison:
    """How ours differs from the original.

    ``made`` are patterns of files that each build makes anew, ``gone`` of those that builds made once.
    """
    files = tuple(_files(original, ours, tuple(made), tuple(gone)))
    return Comparison(files, tuple(metadata_differences(facts(original), facts(ours))))


def _files(
    original: PublicSdist, ours: PublicSdist, made: tuple[str, ...], gone: tuple[str, ...]
) -> Iterator[str]:
    before, after = original.members, ours.members
    for path in sorted({*before, *after}):
        if matches(path, (*_BY_BUILDING, *gone)):
            continue
        if path not in after:
            yield f"-{path}"
        elif path not in before:
            if path not in _STUBS and not matches(path, made):
                yield f"+{path}"
        elif _differ(before[path], after[path], by_version=matches(path, made)):
            yield f"~{path}"
        elif before[path].executable != after[path].executable:
            yield f"x{path}"
    if _settings(original) != _settings(ours):
        yield "~setup.cfg"


def _differ(before: Member, after: Member, *, by_version: bool) -> bool:
    read = _said_version if by_version else bytes
    return read(before.content) != read(after.content)


def _said_version(module: bytes) -> str:
    """The version that a module sets, "" if it sets none; backends write such modules in many ways."""
    found = _SETS_VERSION.search(module.decode("utf-8", "replace"))
    return found["version"] if found else ""


def _settings(sdist: PublicSdist) -> dict[str, dict[str, str]]:
    parser = RawConfigParser(strict=False)
    if member := sdist.members.get("setup.cfg"):
        parser.read_string(member.content.decode("utf-8", "replace"))
    found = {section: dict(parser.items(section)) for section in parser.sections()}
    for marker in _MARKERS:
        found.get("egg_info", {}).pop(marker, None)
    return {section: values for section, values in found.items() if values}


def metadata_differences(before: Facts, after: Facts) -> Iterator[str]:
    """What before says and after does not, or says otherwise."""
    for field, values in before.items():
        lost, new = values - _equivalents(field, after), after.get(field, frozenset()) - values
        new = frozenset(each for each in new if not each.startswith(_MAY_BE_ADDED))
        if lost or (new and field not in _CONTACT):
            yield f"{field}: {sorted(lost)} became {sorted(new)}"


def _equivalents(field: str, after: Facts) -> frozenset[str]:
    values = after.get(field, frozenset())
    if field in _CONTACT:
        return values | after.get(_CONTACT[field], frozenset())
    if field == "Home-page":
        return values | {url.partition(", ")[2] for url in after.get("Project-URL", ())}
    return values


def facts(sdist: PublicSdist) -> Facts:
    """What the metadata says, field by field; empty ones are left out."""
    member = sdist.members.get("PKG-INFO")
    text = member.content.decode("utf-8", "replace") if member else ""
    message = email.message_from_string(_SUMMARY.sub(r"\1", text, count=1))
    found = {field: frozenset(_values(message, field, spell)) for field, spell in _FIELDS.items()}
    found[DESCRIPTION] = frozenset(_description(message))
    found[REQUIRES] = frozenset(_requires_txt(sdist))
    return {field: values for field, values in found.items() if values}


def _values(message: Message, field: str, spell: Callable[[str], str]) -> Iterator[str]:
    for value in message.get_all(field, ()):
        if _text(value) not in ("", "UNKNOWN"):
            yield spell(value)


def _description(message: Message) -> Iterator[str]:
    """The long description, of the header or, since core metadata 2.1, of the body."""
    text = message.get(DESCRIPTION) or message.get_payload()
    # Continuation lines may start with a bar.
    if isinstance(text, str) and _text(text) not in ("", "UNKNOWN"):
        yield _text(re.sub(r"^ *\|", "", text, flags=re.MULTILINE))


def _requires_txt(sdist: PublicSdist) -> Iterator[str]:
    """What setuptools knows of dependencies, which its PKG-INFO did not have for long."""
    for path, member in sdist.members.items():
        section = ""
        lines = member.content.decode().splitlines() if path.endswith(f".egg-info/{REQUIRES}") else []
        for line in filter(str.strip, lines):
            if line.startswith("["):
                section = line.strip("[] ")
            else:
                yield f"[{section}] {_requirement(line)}"


def _text(value: str) -> str:
    return " ".join(value.split())


def _version(value: str) -> str:
    try:
        return str(Version(value))
    except InvalidVersion:
        return value


def _pythons(value: str) -> str:
    try:
        return str(SpecifierSet(value))
    except InvalidSpecifier:
        return value


def _requirement(value: str) -> str:
    try:
        parsed = Requirement(value)
    except InvalidRequirement:
        return "".join(value.split())
    parsed.name = canonicalize_name(parsed.name)
    return str(parsed)


def _keywords(value: str) -> str:
    return " ".join(sorted(filter(None, re.split(r"[,\s]+", value))))


_FIELDS: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(("Summary", "Home-page", "Download-URL", "Project-URL", "License", "Platform"), _text),
    **dict.fromkeys((*_CONTACT, *_CONTACT.values(), "License-Expression", "Classifier"), _text),
    **dict.fromkeys(("Requires", "Provides", "Obsoletes", "Description-Content-Type"), _text),
    **dict.fromkeys(("Requires-Dist", "Provides-Dist", "Obsoletes-Dist"), _requirement),
    "Name": canonicalize_name,
    "Version": _version,
    "Keywords": _keywords,
    "Requires-Python": _pythons,
}
