"""Find values in the metadata of an archive that are no text, but how Python prints other values. Pure.

``setup(description="…".encode("utf-8"))`` gave text on Python 2. Python 3 writes ``b'…'`` into the metadata.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_FIELD = re.compile(r"^([A-Za-z][A-Za-z-]*):[ \t]*(\S.*?)[ \t\r]*$", re.MULTILINE)
_BYTES = re.compile(r"""b'.*'|b".*\"""")
# Bytes within a text, as "By %s" % name gives them. Without an escape it could be a text about bytes.
_BYTES_IN_TEXT = re.compile(
    r"""(?<![\w'"])b(?:'[^'\n]*\\x[0-9a-f]{2}[^'\n]*'|"[^"\n]*\\x[0-9a-f]{2}[^"\n]*")"""
)
_BYTES_AS_LINE = re.compile(r"""(?:b'.*\\n.*'|b".*\\n.*")""")
# setuptools replaces the quotes in a name or a version by hyphens.
_BYTES_IN_NAME = re.compile(r"b-.*-")
_OTHER_VALUE = re.compile(
    r"""None|u'.*'|u".*"|[\[(][ub]?(['"]).*\1,?[\])]"""
    r"|<(?:function|generator object|bound method|built-in|module|class|[\w.]+ object|_io\.)\b.*>"
)
_MAX_SHOWN = 60


def shortened(value: str) -> str:
    """The value, or its beginning and an ellipsis if it is too long for a message."""
    return value if len(value) <= _MAX_SHOWN else f"{value[:_MAX_SHOWN]}…"


class OddValue(NamedTuple):
    """A field of the metadata whose value is no text; ``is_bytes`` says that Python 2 would give text."""

    field: str
    value: str
    is_bytes: bool

    @property
    def reason(self) -> str:
        """What is wrong with the field, and what to do."""
        value = shortened(self.value)
        if self.is_bytes:
            return (
                f"setup.py gives bytes for {self.field}, which Python 3 writes as {value}. Give text in a "
                "new tag, or install Python 2.7, which writes the text."
            )
        return f"setup.py gives no text for {self.field}, which is {value} now. Give text in a new tag."


def odd_values(content: bytes) -> tuple[OddValue, ...]:
    """The fields of a PKG-INFO that hold how Python prints a value that is no text."""
    header, _, body = content.decode("utf-8", "replace").partition("\n\n")
    return tuple(_odd_values(header, body.strip()))


def _odd_values(header: str, body: str) -> Iterator[OddValue]:
    fields = [(match[1], match[2]) for match in _FIELD.finditer(header)]
    lines = [line for line in body.splitlines() if line.strip()]
    if len(lines) == 1 or (lines and all(map(_BYTES_AS_LINE.fullmatch, lines))):
        fields.append(("Description", lines[0]))
    for field, value in fields:
        is_name = field.lower() in ("name", "version")
        is_bytes = _BYTES.fullmatch(value) or _BYTES_IN_TEXT.search(value)
        if is_bytes or (is_name and _BYTES_IN_NAME.fullmatch(value)):
            yield OddValue(field, value, is_bytes=True)
        elif _OTHER_VALUE.fullmatch(value):
            yield OddValue(field, value, is_bytes=False)
