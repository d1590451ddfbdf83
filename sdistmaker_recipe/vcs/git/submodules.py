"""Which submodules a commit has (gitsubmodules(7)), and which other hosts a tag may name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs.allowed_hosts import AllowedHosts
from sdistmaker_recipe.vcs.git.process import Git, is_remote
from sdistmaker_recipe.vcs.git.urls import host_of, join
from sdistmaker_recipe.vcs.shown_url import without_login

_LINK = b"160000"
"""The mode of a submodule in a tree."""
_REMOTE_SCHEMES = ("https://", "http://", "ssh://", "git://")


class Submodule(NamedTuple):
    """A submodule at a path: the commit, and its repository as .gitmodules says it, "" if it does not."""

    path: str
    commit: str
    written: str


class Policy(AllowedHosts):
    """Which submodules and which servers of large files may be read."""

    __slots__ = ()

    def check_large_files(self, url: str, parent: str, key: str, written: str) -> None:
        """Raise ``RepositoryError`` if git-lfs must not ask the server that this line of .lfsconfig names.

        ``parent`` is the URL of the repository as git takes it. Its own host is always allowed.
        """
        shown = without_login("".join(each if each.isprintable() else "?" for each in written))
        line = f".lfsconfig of the tag has {key} = {shown}"
        is_local = written.startswith(("/", "file:"))
        host = host_of(written)
        if key.startswith("include") or (is_local and is_remote(parent)):
            what = "file or folder of this machine, but its repository is elsewhere" if is_local else "file"
            raise RepositoryError(url, f"{line}: it must not name a {what}", "Remove that line in a new tag.")
        if is_local:
            return
        is_supported = "://" not in written or written.startswith(_REMOTE_SCHEMES)
        if not (host and is_supported and written.isprintable()):
            raise RepositoryError(
                url, f"{line}, which is not supported", "Use a URL with https or ssh in a new tag."
            )
        if host not in {*self.own_hosts, host_of(parent)} and not self.names(host):
            raise RepositoryError(
                url,
                f"{line}. The option submodules does not allow the host {host}",
                f"Add the line {host} to the option submodules.",
            )

    def server_of(self, url: str, parent: str, base: str, submodule: Submodule) -> str:
        """The URL of a submodule's repository as git takes it; ``parent`` is that of its parent.

        ``base`` is the URL or folder that a relative URL leads from. Raises ``RepositoryError`` if it must
        not be read.
        """
        _check_url(url, submodule)
        path, written = submodule.path, submodule.written
        server = join(base, written) if written.startswith(("./", "../")) else written
        if server.startswith("file://"):
            server = unquote(server.removeprefix("file://").removeprefix("localhost"))
        if server.startswith("/"):
            if is_remote(parent):
                raise RepositoryError(
                    url,
                    f"the submodule {path!r} names a folder of this machine ({written}), but its repository "
                    "is elsewhere",
                    "Write a relative URL into .gitmodules in a new tag, or set submodules = none.",
                )
            return server
        host = host_of(server)
        if not host or ("://" in server and not server.startswith(_REMOTE_SCHEMES)):
            raise RepositoryError(
                url,
                f"the submodule {path!r} has a URL that is not supported: {without_login(written)}",
                "Use https, ssh or a relative URL in .gitmodules.",
            )
        if not self.allows(host):
            raise RepositoryError(
                url,
                f"the submodule {path!r} is on the host {host}, which the option submodules does not allow",
                f"Add the line {host} to the option submodules, or leave the folders of all submodules empty "
                "with submodules = none.",
            )
        return server


def _check_url(url: str, submodule: Submodule) -> None:
    """Raise ``RepositoryError`` if .gitmodules has no URL for a submodule, or what cannot be one."""
    path, written = submodule.path, submodule.written
    if not written:
        raise RepositoryError(
            url,
            f"the submodule {path!r} has no URL in .gitmodules",
            "Add it in a new tag, or leave the folder empty with submodules = none.",
        )
    if any(not character.isprintable() for character in written) or written.startswith("-"):
        raise RepositoryError(
            url,
            f"the URL of the submodule {path!r} is not a URL: {without_login(written)!r}",
            "Correct it in a new tag, or leave the folder empty with submodules = none.",
        )


def submodules_of(git: Git, commit: str, candidates: Collection[str]) -> Sequence[Submodule]:
    """The submodules of a commit at these paths. Raises ``RepositoryError``."""
    listed = git.run(["ls-tree", "-r", "-z", "--full-tree", commit]).output
    links: dict[str, str] = {}
    for entry in listed.split(b"\0"):
        mode, _space, rest = entry.partition(b" ")
        if mode == _LINK:
            details, _tab, name = rest.partition(b"\t")
            path = name.decode("utf-8", "surrogateescape")
            if path in candidates:
                links[path] = details.split(b" ")[-1].decode("ascii")
    if not links:
        return ()
    urls = dict(_urls(git, commit))
    return tuple(Submodule(path, found, urls.get(path, "")) for path, found in links.items())


def default_remote(url: str, git_folder: Path, working_copy: str) -> str:
    """The URL of the remote that git submodule takes for the repository's own; "" if there is none.

    It is that of the branch that is checked out, else origin. A relative path leads from the working copy.
    """
    wanted = r"^(remote|branch)\..*\.(url|remote)$"
    asked = ["config", "--no-includes", "-z", "--file", str(git_folder / "config"), "--get-regexp", wanted]
    settings: dict[str, str] = {}
    for key, value in _parse(Git(url).run(asked, check=False).output):
        settings.setdefault(key, value)
    try:
        head = (git_folder / "HEAD").read_text("utf-8", "surrogateescape").strip()
    except OSError:
        head = ""
    remote = settings.get(f"branch.{head.removeprefix('ref: refs/heads/')}.remote", "origin")
    found = settings.get(f"remote.{remote}.url", "").rstrip("/")
    is_path = bool(found) and not is_remote(found) and not found.startswith(("/", "file:"))
    return join(working_copy, found) if is_path else found


def settings_in(git: Git, commit: str, path: str) -> Iterator[tuple[str, str]]:
    """The lines of a file of git's settings in a commit; none if there is no such file."""
    asked = git.run(["config", "--no-includes", "-z", f"--blob={commit}:{path}", "--list"], check=False)
    yield from _parse(asked.output)


def _parse(printed: bytes) -> Iterator[tuple[str, str]]:
    """Keys and values of ``git config -z``; the last one is empty."""
    for entry in printed.decode("utf-8", "surrogateescape").split("\0"):
        key, _newline, value = entry.partition("\n")
        yield key, value


def _urls(git: Git, commit: str) -> Iterator[tuple[str, str]]:
    """The paths of submodules and their URLs, from .gitmodules."""
    sections: dict[str, dict[str, str]] = {}
    for key, value in settings_in(git, commit, ".gitmodules"):
        name, _dot, variable = key.rpartition(".")
        sections.setdefault(name, {})[variable] = value
    for values in sections.values():
        if "path" in values:
            yield values["path"].rstrip("/"), values.get("url", "")


def folder_of(server: str) -> Path | None:
    """The folder of a submodule's repository on this machine, None if it is elsewhere."""
    return None if is_remote(server) else Path(server)
