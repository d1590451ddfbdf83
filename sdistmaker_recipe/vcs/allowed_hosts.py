"""Which hosts a tag may name in what it includes: the option submodules. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple

_SAME_HOST = "same-host"


class AllowedHosts(NamedTuple):
    """The lines of the option submodules, and the hosts that are the repository's own."""

    lines: tuple[str, ...]
    own_hosts: frozenset[str]

    def allows(self, host: str) -> bool:
        """Whether what a tag includes may come from a host."""
        return (_SAME_HOST in self.lines and host in self.own_hosts) or self.names(host)

    def names(self, host: str) -> bool:
        """Whether a line is a glob that matches a host."""
        return any(fnmatchcase(host, glob) for glob in self.lines)
