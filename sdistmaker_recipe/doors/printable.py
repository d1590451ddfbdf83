"""Text for a console: characters escaped that would move the cursor, hide text, or turn its direction.

Names of tags, reasons and the output of builds come from whoever may commit.
"""

from __future__ import annotations

import logging
import unicodedata

_HARMLESS = "\n\t"


def printable(text: str) -> str:
    """The text with all characters escaped that have no shape of their own; lines and tabs stay.

    These are control characters, those that change the writing direction, separators of lines and
    paragraphs, and bytes that could not be decoded. Spaces of any width stay.
    """
    if text.isprintable():
        return text
    return "".join(char if _is_harmless(char) else _escaped(char) for char in text)


class PrintableMessages(logging.Filter):
    """Makes the message of each log record printable. Put it on a handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the message; the record is always shown."""
        record.msg, record.args = printable(record.getMessage()), ()
        return True


def _is_harmless(char: str) -> bool:
    return char.isprintable() or char in _HARMLESS or unicodedata.category(char) == "Zs"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
