"""URLs as messages may show them. Pure.

The URL of a submodule is written by whoever made the tag, and may hold a user name and a password.
"""

from __future__ import annotations

import re

_LOGIN = re.compile(r"(?<=://)[^/\s]*@|[^\s/@:'\"]+:[^\s/@]+@")
"""What is before the host; programs also print it without the scheme, as in ``ann:secret@host``."""


def without_login(text: str) -> str:
    """The text, with no user name and no password in any URL of it."""
    return _LOGIN.sub("", text)
