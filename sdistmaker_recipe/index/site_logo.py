"""Read the file of the option site-logo."""

from __future__ import annotations

import codecs
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from sdistmaker_recipe.errors import ConfigurationError, Problem
from sdistmaker_recipe.model import Logo

MAX_SIZE = 256_000
"""In bytes."""

_BEGINNINGS: Mapping[str, re.Pattern[bytes]] = MappingProxyType(
    {
        "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
        "jpg": re.compile(rb"\xff\xd8\xff"),
        "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
        "svg": re.compile(rb"<(?:svg:)?svg[\s/>]"),
    }
)
_SPACE = re.compile(rb"\s*")
_DECLARATIONS_END = re.compile(rb"\]\s*>")
_BEFORE_ROOT = ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<!DOCTYPE svg", b">"))
"""Beginnings and ends of what may come before the root element of XML (XML 1.0, "Prolog")."""


def read_logo(path: Path) -> Logo:
    """The logo in a file, with the name that it gets in the index; its type is known by its content.

    Raises ``ConfigurationError`` if there is no such file, or if it is too large or of another type.
    """
    try:
        # Path.is_file hides from Python 3.14 on that it may not look.
        if not stat.S_ISREG(path.stat().st_mode):
            raise _problem(path, "is not a file; write the path of a picture")
        with path.open("rb") as file:
            content = file.read(MAX_SIZE + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _problem(path, "is not a file; write the path of a picture") from error
    except OSError as error:
        raise _problem(path, f"cannot be read: {error.strerror}") from error
    if len(content) > MAX_SIZE:
        raise _problem(path, f"is larger than {MAX_SIZE // 1000} kB, which every page would load")
    first = _root_element(content)
    for suffix, beginning in _BEGINNINGS.items():
        if beginning.match(first):
            return Logo(f"logo.{suffix}", content)
    raise _problem(path, "is not a picture in the format PNG, SVG, JPEG or WebP")


def _root_element(content: bytes) -> bytes:
    """XML from its first element on; content that is no XML as it is."""
    at = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    while match := _SPACE.match(content, at):
        at = match.end()
        ends = [end for beginning, end in _BEFORE_ROOT if content.startswith(beginning, at)]
        if not ends:
            break
        # The declarations of a DOCTYPE hold ">" too.
        has_declarations = ends == [b">"] and b"[" in content[at : content.find(b">", at)]
        end = _DECLARATIONS_END.search(content, at) if has_declarations else None
        found = end.end() if end else content.find(ends[0], at) + len(ends[0])
        at = max(found, at + 1)
    return content[at:] if at else content


def _problem(path: Path, message: str) -> ConfigurationError:
    return ConfigurationError([Problem("pages", "site-logo", str(path), message)])
