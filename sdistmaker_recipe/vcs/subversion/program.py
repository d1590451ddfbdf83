"""Subversion through the svn program, for machines without libsvn's binding.

Each question starts svn once. Its XML says the same as libsvn, and so do its error numbers.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from xml.etree import ElementTree as ET

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import RepositorySettings
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.new_folder import new_folder, not_a_folder
from sdistmaker_recipe.vcs.retry import with_retries
from sdistmaker_recipe.vcs.subversion.connection import Entry
from sdistmaker_recipe.vcs.subversion.errors import EXTERNALS, ErrorChain, translate
from sdistmaker_recipe.vcs.subversion.export import Exported, check_redirect, export_with_externals
from sdistmaker_recipe.vcs.subversion.log import LogEntry, LogReader
from sdistmaker_recipe.vcs.subversion.process import batch_ssh, configuration_files
from sdistmaker_recipe.vcs.subversion.revisions import revision_number, time_of
from sdistmaker_recipe.vcs.subversion.urls import canonical_url, path_below, url_of

ERROR_LINE = re.compile(r"svn(?:admin)?: (?:warning: )?[EW](\d{6}): (.*)")
REDIRECT = re.compile(rb"^Redirecting to URL '(.*)':$", re.MULTILINE)
"""What svn prints before it follows a redirect. Lines that name files begin otherwise."""
HEAD = "HEAD"


class SvnProgramConnection(LogReader):
    """Answers by calls of the svn program; see ``Connection``.

    svn gives the credentials to every server that asks, those of externals included. It does not store them.
    """

    def __init__(
        self, url: str, credentials: Credentials, settings: RepositorySettings | None = None
    ) -> None:
        self._url = canonical_url(url)
        self._settings = settings or RepositorySettings()
        self._credentials = credentials

    @property
    def url(self) -> str:
        """The URL it was opened with, in canonical form."""
        return self._url

    @cached_property
    def _opened(self) -> ET.Element:
        """The answer of svn info about the URL itself."""
        return self._info("", HEAD)

    def uuid(self) -> str:
        """The UUID of the repository."""
        return self._opened.findtext("repository/uuid", "")

    def root_path(self) -> str:
        """Where the URL is within the repository."""
        return path_below(self._opened.findtext("repository/root", ""), self._opened.findtext("url", ""))

    def head(self) -> str:
        """The newest revision when anything was asked first."""
        return self._opened.get("revision", "")

    def entries(self, path: str, revision: str) -> Sequence[Entry]:
        """The children of a folder."""
        children = [_entry(found.findtext("name", ""), found) for found in self._list(path, revision)]
        # svn lists a file as itself; a folder with a single child of its own name looks the same.
        name = (path or self._url).rpartition("/")[2]
        if [(child.name, child.is_folder) for child in children] == [(name, False)]:
            self._require_folder(path, revision)
        return tuple(sorted(children, key=lambda child: child.name))

    def entry(self, path: str, revision: str) -> Entry:
        """The file or folder at path."""
        number = revision_number(self._url, revision)
        return _entry(path.rpartition("/")[2], self._info(path, str(number)))

    def export(self, path: str, revision: str, destination: Path) -> None:
        """Write the folder at path as the new folder destination."""
        number = revision_number(self._url, revision)

        url = url_of(self._url, path)

        def export() -> None:
            with new_folder(url, destination):
                export_with_externals(self._export, url, str(number), destination, self._url, self._settings)

        with_retries(export)

    def disconnect(self) -> None:
        """Nothing is kept open."""

    def close(self) -> None:
        """Nothing is kept open."""

    def __enter__(self) -> SvnProgramConnection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _log(self, first: int, last: int, limit: int) -> Iterator[LogEntry]:
        """The log of the URL's folder, in the order from first to last."""
        revisions = ("--revision", f"{first}:{last}", "--limit", str(limit))
        options = ("--verbose", "--with-revprop", "svn:date", *revisions)
        return map(_logged, self._xml("log", "", str(max(first, last)), options).findall("logentry"))

    def _export(self, url: str, revision: str, peg: str, destination: Path, *, is_external: bool) -> Exported:
        """Export url without its externals: see ``Exporter``."""
        try:
            if url.startswith("file:"):
                return self._export_local(url, revision, peg, destination)
            return self._export_by_checkout(url, revision, peg, destination, is_external=is_external)
        except RepositoryError as error:
            if not is_external:
                raise
            raise translate(url, [(min(EXTERNALS.numbers), ""), (0, f"{url}: {error.reason}")]) from error

    def _export_local(self, url: str, revision: str, peg: str, destination: Path) -> Exported:
        """Export from a repository on this machine, where another question costs little."""
        source = ("--revision", revision)
        self._call(["export", "--ignore-externals", "--force", *source], url, peg, [_name(destination)])
        if not destination.is_dir():
            return Exported({})
        options = ("propget", "svn:externals", "--recursive", "--xml", *source)
        found = ET.fromstring(self._call(options, url, peg)).findall("target")
        root = ""
        if found:
            info = ET.fromstring(self._call(["info", "--xml", *source], url, peg))
            root = info.findtext("entry/repository/root", "")
        return Exported({path_below(url, each.get("path", "")): _text(each) for each in found}, root)

    def _export_by_checkout(
        self, url: str, revision: str, peg: str, destination: Path, *, is_external: bool
    ) -> Exported:
        """Export by way of a working copy: it has files and properties of one answer of the server."""
        source = ("--ignore-externals", "--revision", revision)
        with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".checkout-") as scratch:
            copy = Path(scratch, "copy")
            try:
                printed = self._call(["checkout", *source], url, peg, [str(copy.absolute())])
            except RepositoryError as error:
                if "E200007" not in error.reason:
                    raise
                printed = self._call(["export", "--force", *source], url, peg, [_name(destination)])
            for target in REDIRECT.findall(printed) if is_external else ():
                check_redirect(url, target.decode(errors="replace"))
            if not copy.is_dir():
                return Exported({})
            local = ["svn", "export", "--quiet", "--ignore-externals", "--force"]
            _run(url, [*local, "--", _name(copy), _name(destination)])
            ask = ["svn", "propget", "svn:externals", "--recursive", "--xml", "--", _name(copy)]
            found = ET.fromstring(_run(url, ask)).findall("target")
            root = ""
            if found:
                info = ET.fromstring(_run(url, ["svn", "info", "--xml", "--", _name(copy)]))
                root = info.findtext("entry/repository/root", "")
            properties = {
                Path(each.get("path", "")).relative_to(copy.absolute()).as_posix().removeprefix("."): _text(
                    each
                )
                for each in found
            }
            return Exported(properties, root)

    def _list(self, path: str, revision: str) -> list[ET.Element]:
        number = str(revision_number(self._url, revision))
        try:
            return self._xml("list", path, number).findall("list/entry")
        except RepositoryError as error:
            if not error.is_transient:
                self._info(path, number)  # says what is wrong where svn list does not, as over svn://
            raise

    def _require_folder(self, path: str, revision: str) -> None:
        if self._info(path, revision).get("kind") != "dir":
            raise not_a_folder(url_of(self._url, path))

    def _info(self, path: str, revision: str) -> ET.Element:
        entry = self._xml("info", path, revision).find("entry")
        if entry is None:
            raise RepositoryError(url_of(self._url, path), "svn info says nothing about it")
        return entry

    def _xml(self, command: str, path: str, revision: str, options: Sequence[str] = ()) -> ET.Element:
        return ET.fromstring(with_retries(lambda: self._svn([command, "--xml", *options], path, revision)))

    def _svn(
        self, command: Sequence[str], path: str, revision: str, destination: Sequence[str] = ()
    ) -> bytes:
        """What svn printed about path in revision, which is the peg revision too."""
        return self._call(command, url_of(self._url, path), revision, destination)

    def _call(self, command: Sequence[str], url: str, peg: str, destination: Sequence[str] = ()) -> bytes:
        """What svn printed about a URL."""
        login, secret = _login(self._credentials)
        arguments = ["svn", *command, "--non-interactive", *login, "--", f"{url}@{peg}", *destination]
        return _run(url, arguments, secret, self._credentials)


def load_repository(folder: Path, dump: BinaryIO) -> str:
    """Make a repository at the new folder from a dump by svnadmin; gives its file:// URL, percent-encoded.

    ``dump`` is a stream as svnadmin dump writes it. The folder appears with all of it, or not at all. Raises
    ``RepositoryError`` if the dump cannot be loaded, ``OSError`` if the folder cannot be made.
    """
    folder = folder.absolute()
    url = canonical_url(folder.as_uri())
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        made = Path(scratch, "repository")
        _run(url, ["svnadmin", "create", str(made)])
        _run(url, ["svnadmin", "load", "--quiet", "--force-uuid", str(made)], dump.read())
        made.rename(folder)
    return url


def _run(
    url: str, arguments: Sequence[str], stdin: bytes = b"", credentials: Credentials | None = None
) -> bytes:
    """The standard output of a program of Subversion's; its errors are raised as errors about url."""
    environment = _environment(os.environ)
    try:
        done = subprocess.run(arguments, input=stdin, capture_output=True, env=environment, check=False)
    except OSError as error:
        hint = "Install Subversion's programs (on Debian: apt install subversion)."
        raise RepositoryError(url, f"{arguments[0]} does not run: {error.strerror}", hint) from error
    if done.returncode:
        printed = (
            done.stderr.decode(errors="replace") or f"{arguments[0]} ended with status {done.returncode}"
        )
        raise translate(url, _chain(printed), credentials)
    return done.stdout


def _name(path: Path) -> str:
    """A path for svn: with an "@" at its end, svn takes those inside a name as part of it."""
    return f"{path.absolute()}@"


def _text(target: ET.Element) -> str:
    """The text of a property in an element of ``svn propget --xml``."""
    return target.findtext("property", "")


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment for svn: UTF-8 names, English messages, times in UTC, an ssh that asks nothing."""
    ssh = batch_ssh(environment, configuration_files(environment))
    return {**environment, "LC_ALL": "C.UTF-8", "TZ": "UTC", **({"SVN_SSH": ssh} if ssh else {})}


def _login(credentials: Credentials) -> tuple[list[str], bytes]:
    """Options for svn, and its standard input, which has the password: anybody can see the options."""
    options = ["--no-auth-cache", "--username", credentials.username] if credentials.username else []
    if credentials.password is None:
        return options, b""
    return [*(options or ["--no-auth-cache"]), "--password-from-stdin"], credentials.password.encode()


def _entry(name: str, found: ET.Element) -> Entry:
    """An entry from an element of ``svn list --xml`` or ``svn info --xml``."""
    commit = found.find("commit")
    time = time_of(found.findtext("commit/date", ""))
    return Entry(name, found.get("kind") == "dir", "" if commit is None else commit.get("revision", ""), time)


def _logged(found: ET.Element) -> LogEntry:
    """A revision from an element of ``svn log --xml --verbose``."""
    paths = found.iterfind("paths/path")
    actions = tuple(((path.text or "").strip("/"), path.get("action", "")) for path in paths)
    time = time_of(found.findtext("date") or found.findtext("revprops/property[@name='svn:date']") or "")
    return LogEntry(int(found.get("revision", "0")), time, actions)


def _chain(stderr: str) -> ErrorChain:
    """The numbers and messages that svn printed; other lines, such as ssh's, come first, with 0."""
    lines = [(ERROR_LINE.fullmatch(line), line) for line in stderr.splitlines() if line.strip()]
    numbered = [(int(match[1]), match[2]) for match, _line in lines if match]
    return [*((0, line) for match, line in lines if not match), *numbered]
