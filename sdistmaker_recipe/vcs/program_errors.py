"""What the messages of a version control program mean: kinds of failure, recognised by their words. Pure.

This is for programs without error numbers, such as git and hg.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.shown_url import without_login


class Fault(NamedTuple):
    """A kind of failure: a pattern of messages, the reason and the hint for the user.

    ``is_transient`` and ``is_forbidden`` are as in ``RepositoryError``, and ``kind`` is its class.
    ``is_login`` says that a server accepted no user name and password.
    """

    words: str
    reason: str
    hint: str = ""
    is_transient: bool = False
    is_forbidden: bool = False
    is_login: bool = False
    kind: type[RepositoryError] = RepositoryError


SSH_FAULTS = (
    Fault(
        r"Host key verification failed|No .* host key is known",
        "ssh does not know the key of the host",
        "Run ssh HOST once as the user this program runs as, compare the key, and accept it.",
        is_forbidden=True,
    ),
    Fault(
        r"Permission denied \([\w,-]*(publickey|password|keyboard)",
        "the ssh server accepts no key of this account",
        "Add the public key of the user this program runs as to the server. A key with a passphrase must be "
        "in an ssh agent that this program reaches (SSH_AUTH_SOCK).",
        is_forbidden=True,
    ),
)
"""Those of ssh, which the programs start."""

FULL_DISK = Fault(
    r"No space left on device|Disk quota exceeded",
    "a disk is full",
    "Make room for what is fetched (DESTINATION-state/repositories), for temporary files (TMPDIR), or on the "
    "server if that is the one.",
)
"""Before all others, because what a program prints afterwards looks like a broken connection."""

_REFUSED_LOGIN = "the server does not accept this user name and password"
_REFUSED_LOGIN_HINT = "The user name or the password is wrong, or the user may not read this repository."


def translate(
    url: str,
    printed: str,
    line: str,
    faults: Sequence[Fault],
    other_hint: str,
    credentials: Credentials | None = None,
) -> RepositoryError:
    """The error about ``url`` that the ``printed`` messages mean: that of the first fault that matches.

    ``line`` is the message that says most. ``other_hint`` is for messages that no fault knows.
    ``credentials`` are those that were offered.
    """
    fault = next((fault for fault in faults if re.search(fault.words, printed)), None)
    if fault is None:
        return RepositoryError(url, line, other_hint)
    reason, hint = fault.reason, fault.hint
    if fault.is_login and credentials and credentials.password is not None:
        reason, hint = _REFUSED_LOGIN, _REFUSED_LOGIN_HINT
    return fault.kind(
        url,
        f"{reason} ({line})",
        hint,
        is_transient=fault.is_transient,
        is_forbidden=fault.is_forbidden,
    )


def shown_line(line: str, starts: Sequence[str], credentials: Credentials | None) -> str:
    """A message without a password or login, and without the words that the program puts before it."""
    if credentials and credentials.password:
        line = line.replace(credentials.password, "***")
    for start in starts:
        line = line.removeprefix(start)
    return without_login(line)
