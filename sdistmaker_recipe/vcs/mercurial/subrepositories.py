"""Which repositories a changeset includes (``hg help subrepos``), and which of them may be read. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs.allowed_hosts import AllowedHosts
from sdistmaker_recipe.vcs.mercurial.urls import host_of, join
from sdistmaker_recipe.vcs.shown_url import without_login

_KEEP_OUT = "or leave subrepositories out with submodules = none"
"""What helps with any of them."""


class Subrepository(NamedTuple):
    """A repository at a path: the changeset, and where it is, as .hgsub says it."""

    path: str
    node: str
    written: str


def parse(sources: str, states: str) -> Iterator[Subrepository]:
    """The subrepositories of a changeset, from its files .hgsub and .hgsubstate."""
    nodes = {}
    for line in states.split("\n"):
        node, _space, path = line.strip().partition(" ")
        nodes[path] = node
    for line in sources.split("\n"):
        if line.startswith("["):
            return  # what follows are subpaths, which replace parts of URLs
        path, equals, written = (part.strip() for part in line.partition("="))
        if equals and path in nodes and not path.startswith(("#", ";")):
            yield Subrepository(path, nodes[path], written)


class Policy(AllowedHosts):
    """Which subrepositories may be read."""

    __slots__ = ()

    def server_of(self, url: str, parent: str, included: Subrepository) -> str:
        """The URL or path of a subrepository's own repository; ``parent`` is that of its parent.

        Raises ``RepositoryError`` if it must not be read.
        """
        _check_line(url, included)
        path, written = included.path, included.written
        if written.startswith("/") or "://" not in written:
            if written.startswith("/") and host_of(parent):
                raise RepositoryError(
                    url,
                    f"the subrepository {path!r} names a folder of this machine ({written}), but its "
                    "repository is elsewhere",
                    f"Write a relative URL into .hgsub in a new tag, {_KEEP_OUT}.",
                )
            return written if written.startswith("/") else join(parent, written)
        host = host_of(written)
        if not host or not written.startswith(("https://", "http://", "ssh://")) or host.startswith("-"):
            raise RepositoryError(
                url,
                f"the subrepository {path!r} has a URL that is not supported: {without_login(written)}",
                f"Use https, ssh or a relative URL in .hgsub in a new tag, {_KEEP_OUT}.",
            )
        if not self.allows(host):
            raise RepositoryError(
                url,
                f"the subrepository {path!r} is on the host {host}, which the option submodules does "
                "not allow",
                f"Add the line {host} to the option submodules, {_KEEP_OUT}.",
            )
        return written


def _check_line(url: str, included: Subrepository) -> None:
    """Raise ``RepositoryError`` if a line of .hgsub is not valid, or of another system than Mercurial."""
    path, written = included.path, included.written
    if any(not character.isprintable() for character in written) or ".." in path.split("/"):
        raise RepositoryError(
            url,
            f"the subrepository {path!r} is not a valid one: {without_login(written)!r}",
            f"Correct .hgsub in a new tag, {_KEEP_OUT}.",
        )
    if written.startswith("["):
        system = written[1:].partition("]")[0]
        raise RepositoryError(
            url,
            f"the subrepository {path!r} is of {system}, and only those of Mercurial are supported",
            f"Keep its files in the repository itself, {_KEEP_OUT}.",
        )
