"""Read text of unknown encoding. Pure."""

from __future__ import annotations

import codecs

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode_text(content: bytes) -> str:
    """The text of a file such as PKG-INFO, which before metadata 2.1 could be in any encoding.

    A byte order mark tells the encoding. Otherwise each line is read as UTF-8 if it can be, and as cp1252 or
    Latin-1 if not, because old programs wrote fields in different encodings into one file. Text that was
    decoded wrongly before it was written stays as it is. All line ends become newlines.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _with_newlines(content.removeprefix(codecs.BOM_UTF8).decode(encoding, "replace"))
    try:
        return _with_newlines(content.decode("utf-8"))
    except UnicodeDecodeError:
        return _with_newlines("\n".join(map(_decode_line, content.split(b"\n"))))


def _decode_line(line: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    # Latin-1 can decode all bytes.
    return line.decode("latin-1")


def _with_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
