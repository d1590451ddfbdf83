"""The files WHEEL and RECORD of a wheel (PyPA "Binary distribution format"): read and written. Pure."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterable, Mapping
from email.parser import HeaderParser
from typing import NamedTuple

from sdistmaker_recipe.errors import BuildError

GENERATOR = "sdistmaker_recipe"
"""Written without a version: another version of this program gives the same bytes."""

_RECORD_FIELDS = 3


class WheelFacts(NamedTuple):
    """What the file WHEEL says: whether all of it goes to one folder, and its tags, such as py3-none-any."""

    is_purelib: bool
    tags: tuple[str, ...]


class RecordedFile(NamedTuple):
    """A line of RECORD: the digest in hexadecimal by this algorithm, and the size, None where it has none."""

    algorithm: str
    digest: str
    size: int | None


def parse_wheel(content: bytes) -> WheelFacts:
    """What the bytes of a file WHEEL say; raises ``BuildError`` if this format is not known."""
    headers = HeaderParser().parsestr(content.decode("utf-8", "replace"))
    version = str(headers.get("Wheel-Version", "")).strip()
    if version.partition(".")[0] != "1":
        raise BuildError(f"The wheel has the unknown Wheel-Version {version[:20]!r}.")
    tags = tuple(str(tag).strip() for tag in headers.get_all("Tag", []))
    return WheelFacts(str(headers.get("Root-Is-Purelib", "")).strip().lower() == "true", tags)


def format_wheel(python_tag: str) -> bytes:
    """The file WHEEL of a wheel for any platform; ``python_tag`` may be of several, such as py2.py3."""
    tags = "".join(f"Tag: {tag}-none-any\n" for tag in python_tag.split("."))
    return f"Wheel-Version: 1.0\nGenerator: {GENERATOR}\nRoot-Is-Purelib: true\n{tags}".encode()


def parse_record(content: bytes) -> dict[str, RecordedFile]:
    """The files that the bytes of a RECORD list, by their paths; raises ``BuildError``."""
    listed: dict[str, RecordedFile] = {}
    try:
        for row in csv.reader(io.StringIO(content.decode("utf-8"), newline="")):
            if row:
                path, digest, size = (*row, "", "")[:_RECORD_FIELDS]
                listed[path] = _recorded_file(digest, size)
    except (csv.Error, ValueError) as error:
        raise BuildError(f"The wheel's RECORD cannot be read: {error}.") from error
    return listed


def _recorded_file(digest: str, size: str) -> RecordedFile:
    algorithm, _, encoded = digest.partition("=")
    decoded = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    # hashlib of Python 2 names some algorithms in capitals.
    return RecordedFile(algorithm.lower(), decoded.hex(), int(size) if size else None)


def format_record(files: Iterable[tuple[str, str, int]], record_path: str) -> bytes:
    """A RECORD that lists the files, each a path, its sha256 in hexadecimal and its size, and itself."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for path, sha256, size in files:
        encoded = base64.urlsafe_b64encode(bytes.fromhex(sha256)).rstrip(b"=").decode()
        writer.writerow((path, f"sha256={encoded}", size))
    writer.writerow((record_path, "", ""))
    return text.getvalue().encode()


def check_record(
    listed: Mapping[str, RecordedFile], path: str, digests: Mapping[str, str], size: int
) -> None:
    """Raise ``BuildError`` unless RECORD lists the file as it is; ``digests`` are by their algorithms."""
    recorded = listed.get(path)
    if recorded is None:
        raise BuildError(f"The wheel's RECORD does not list {path[:80]!r}.")
    if recorded.digest != digests.get(recorded.algorithm) or recorded.size not in (None, size):
        raise BuildError(f"The wheel's RECORD describes another file than {path[:80]!r}.")
