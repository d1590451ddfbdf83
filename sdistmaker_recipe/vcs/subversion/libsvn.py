"""Subversion through libsvn, by way of subvertpy: the only module that imports it.

To open a connection changes the process where libsvn needs it: see ``process``.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, TypeVar

from subvertpy import (
    AUTH_PARAM_DEFAULT_USERNAME,
    NODE_DIR,
    NODE_NONE,
    SubversionException,
    _ra,
    client,
    repos,
)

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.model import RepositorySettings
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.new_folder import new_folder
from sdistmaker_recipe.vcs.retry import with_retries
from sdistmaker_recipe.vcs.subversion.connection import Entry
from sdistmaker_recipe.vcs.subversion.errors import CHECK_URL, DROPPED, EXTERNALS, ErrorChain, translate
from sdistmaker_recipe.vcs.subversion.export import Exported, check_redirect, export_with_externals
from sdistmaker_recipe.vcs.subversion.log import LogEntry, LogReader
from sdistmaker_recipe.vcs.subversion.process import (
    use_batch_ssh,
    use_system_certificates,
    use_utc,
    use_utf8_names,
)
from sdistmaker_recipe.vcs.subversion.revisions import EPOCH, revision_number, time_of
from sdistmaker_recipe.vcs.subversion.urls import canonical_url, path_below, same_server, url_of

Answer = TypeVar("Answer")

# subvertpy raises OSError for the system's own error numbers, and NotImplementedError for one of libsvn's.
FOREIGN_ERRORS = (SubversionException, OSError, NotImplementedError)
FIELDS = _ra.DIRENT_KIND | _ra.DIRENT_CREATED_REV | _ra.DIRENT_TIME
REDIRECTS = 5
EXTERNALS_PROPERTY = "svn:externals"
ILLEGAL_CHECKOUT_OF_FILE = 200007  # UNSUPPORTED_FEATURE


class LibsvnConnection(LogReader):
    """A connection through libsvn; see ``Connection``.

    It is made with the first question, and again where the server closed it. libsvn makes one of its own for
    an export, so the other one is closed before that.
    """

    def __init__(
        self, url: str, credentials: Credentials, settings: RepositorySettings | None = None
    ) -> None:
        self._url = canonical_url(url)
        self._settings = settings or RepositorySettings()
        use_utf8_names()
        use_batch_ssh()
        if not self._url.startswith("file:"):
            use_system_certificates()
        self._credentials = credentials
        self._auth = _authentication(self._url, credentials)
        self._config = _configuration(self._url)
        self._session: Any = None
        self._head = ""
        self._closed = False

    @property
    def url(self) -> str:
        """The URL it was opened with, in canonical form."""
        return self._url

    def uuid(self) -> str:
        """The UUID of the repository."""
        return str(self._ask("", lambda session: session.get_uuid()))

    def root_path(self) -> str:
        """Where the URL is within the repository."""
        return self._ask("", lambda session: path_below(session.get_repos_root(), session.get_session_url()))

    def head(self) -> str:
        """The newest revision when this was asked first.

        Over http another question would cost another request.
        """
        if not self._head:
            self._head = str(self._ask("", lambda session: int(session.get_latest_revnum())))
        return self._head

    def entries(self, path: str, revision: str) -> Sequence[Entry]:
        """The children of a folder."""
        number = revision_number(self._url, revision)
        children, _number, _properties = self._ask(
            path, lambda session: session.get_dir(path, number, FIELDS)
        )
        return tuple(_entry(name, children[name]) for name in sorted(children))

    def entry(self, path: str, revision: str) -> Entry:
        """The file or folder at path."""
        number = revision_number(self._url, revision)
        # stat ends the whole process where nothing is at path (subvertpy 0.11)
        if self._ask(path, lambda session: session.check_path(path, number)) == NODE_NONE:
            raise PathNotFoundError(
                url_of(self._url, path), f"nothing there in revision {revision}", CHECK_URL
            )
        return _entry(path.rpartition("/")[2], self._ask(path, lambda session: session.stat(path, number)))

    def export(self, path: str, revision: str, destination: Path) -> None:
        """Write the folder at path as the new folder destination."""
        number = revision_number(self._url, revision)
        url = url_of(self._url, path)
        self.disconnect()
        use_utc()  # a worker on another machine has the time zone of that

        def export() -> None:
            with new_folder(url, destination):
                export_with_externals(self._export, url, str(number), destination, self._url, self._settings)

        with_retries(export)

    def disconnect(self) -> None:
        """Close the connection until the next question."""
        self._session = None

    def close(self) -> None:
        """Close the connection for good."""
        self.disconnect()
        self._closed = True

    def __enter__(self) -> LibsvnConnection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _connect(self) -> Any:  # noqa: ANN401  # subvertpy has no types
        url = self._url
        for _redirect in range(REDIRECTS):
            try:
                session = _ra.RemoteAccess(url, auth=self._auth, config=self._config)
            except FOREIGN_ERRORS as error:
                raise translate(self._url, _chain(error), self._credentials) from error
            if session.corrected_url is None:
                return session
            url = session.corrected_url  # there is no connection behind this session, as libsvn has it
        raise RepositoryError(self._url, f"redirected {REDIRECTS} times, at last to {url}")

    def _ask(self, path: str, question: Callable[[Any], Answer]) -> Answer:
        """Put a question that only reads to the session, and retry where that may help."""
        if self._closed:
            raise RepositoryError(self._url, "the connection is closed already")
        return with_retries(lambda: self._ask_twice(path, question))

    def _ask_twice(self, path: str, question: Callable[[Any], Answer]) -> Answer:
        """Ask, and once more at once where the server had closed the session meanwhile."""
        was_open = self._session is not None
        try:
            return self._ask_once(path, question)
        except RepositoryError:
            if not was_open or self._session is not None:
                raise
        return self._ask_once(path, question)

    def _ask_once(self, path: str, question: Callable[[Any], Answer]) -> Answer:
        """Ask, and forget a session that turns out to be closed."""
        if self._session is None:
            self._session = self._connect()
        url = url_of(self._url, path)
        try:
            return question(self._session)
        except FOREIGN_ERRORS as error:
            errors = _chain(error)
            if DROPPED.matches(url, errors):
                self._session = None
            raise translate(url, errors, self._credentials) from error

    def _log(self, first: int, last: int, limit: int) -> list[LogEntry]:
        """The log of the URL's folder, in the order from first to last."""
        log: list[LogEntry] = []

        def note(paths: Any, number: int, properties: dict[str, bytes], *_more: object) -> None:  # noqa: ANN401
            log.append(_logged(paths or {}, number, properties))

        def ask(session: Any) -> None:  # noqa: ANN401  # subvertpy has no types
            log.clear()
            session.get_log(
                callback=note,
                paths=[""],
                start=first,
                end=last,
                limit=limit,
                discover_changed_paths=True,
                strict_node_history=False,
                revprops=["svn:date"],
            )

        self._ask("", ask)
        return log

    def _export(self, url: str, revision: str, peg: str, destination: Path, *, is_external: bool) -> Exported:
        """Export url without its externals: see ``Exporter``."""
        if "{" in (revision[0], peg[0]):
            raise RepositoryError(
                url,
                "an external has a date as its revision, which the binding of libsvn does not look up",
                "Write the number of the revision in svn:externals, or set vcs = subversion-cli.",
            )
        use_system_certificates()  # which an external may need in any repository
        exporter = client.Client(auth=self._auth, config=self._config)
        before = [(min(EXTERNALS.numbers), ""), (0, url)] if is_external else []
        try:
            if url.startswith("file:"):
                return _export_local(exporter, url, _native(revision), _native(peg), destination)
            is_redirectable = is_external and url.startswith("http")
            place = self._redirected(url) if is_redirectable else url
            found = _export_by_checkout(
                exporter, place, _native(revision), _native(peg), destination, asks_for_url=is_redirectable
            )
            if is_redirectable:
                # The server may answer otherwise the second time.
                check_redirect(url, found.url)
            return found
        except FOREIGN_ERRORS as error:
            credentials = None if is_external else self._credentials
            raise translate(url, [*before, *_chain(error)], credentials) from error

    def _redirected(self, url: str) -> str:
        """The URL that the server of an external redirects to; each step is checked before it is asked."""
        start = url
        for _redirect in range(REDIRECTS):
            target = _ra.RemoteAccess(url, auth=self._auth, config=self._config).corrected_url
            if target is None:
                return url
            check_redirect(url, target)
            url = target
        raise RepositoryError(start, f"redirected {REDIRECTS} times, at last to {url}")


def _export_local(
    exporter: Any,  # noqa: ANN401  # subvertpy has no types
    url: str,
    revision: int | str,
    peg: int | str,
    destination: Path,
) -> Exported:
    """Export from a repository on this machine, where another question costs little."""
    exporter.export(url, str(destination), rev=revision, peg_rev=peg, ignore_externals=True, overwrite=True)
    if not destination.is_dir():
        return Exported({})
    found = exporter.propget(EXTERNALS_PROPERTY, url, peg, revision, recurse=True)
    root = ""
    if found:
        (info,) = exporter.info(url, revision, peg).values()
        root = info.repos_root_url
    return Exported({path_below(url, place): text.decode() for place, text in found.items()}, root)


def _export_by_checkout(
    exporter: Any,  # noqa: ANN401  # subvertpy has no types
    url: str,
    revision: int | str,
    peg: int | str,
    destination: Path,
    *,
    asks_for_url: bool,
) -> Exported:
    """Export by way of a working copy: it has the files and the properties of one answer of the server.

    ``asks_for_url`` says that the result must have its URL.
    """
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".checkout-") as scratch:
        copy = Path(scratch, "copy")
        try:
            exporter.checkout(url, str(copy), rev=revision, peg_rev=peg, ignore_externals=True)
        except SubversionException as error:
            if not any(number == ILLEGAL_CHECKOUT_OF_FILE for number, _message in _chain(error)):
                raise
            exporter.export(
                url, str(destination), rev=revision, peg_rev=peg, ignore_externals=True, overwrite=True
            )
            return Exported({}, url=url)
        exporter.export(str(copy), str(destination), ignore_externals=True, overwrite=True)
        found = exporter.propget(EXTERNALS_PROPERTY, str(copy), None, None, recurse=True)
        origin = ("", "")
        if found or asks_for_url:
            # This asks the server, even about a working copy.
            (info,) = exporter.info(str(copy)).values()
            origin = (info.repos_root_url, info.url)
        properties = {
            Path(place).relative_to(copy).as_posix().removeprefix("."): text.decode()
            for place, text in found.items()
        }
        return Exported(properties, *origin)


def _native(revision: str) -> int | str:
    """A revision as subvertpy takes it."""
    return int(revision) if revision.isdecimal() else revision


def load_repository(folder: Path, dump: BinaryIO) -> str:
    """Make a repository at the new folder from a dump; gives its file:// URL, percent-encoded.

    ``dump`` is a stream as svnadmin dump writes it. The folder appears with all of it, or not at all. Raises
    ``RepositoryError`` if the dump cannot be loaded, ``OSError`` if the folder cannot be made.
    """
    use_utf8_names()
    folder = folder.absolute()
    url = canonical_url(folder.as_uri())
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        made = Path(scratch, "repository")
        try:
            # The reports of progress go nowhere; the dump names the repository's UUID.
            repos.create(str(made)).load_fs(dump, io.BytesIO(), repos.LOAD_UUID_FORCE)
        except FOREIGN_ERRORS as error:
            raise translate(url, _chain(error)) from error
        made.rename(folder)
    return url


def _configuration(url: str) -> Any:  # noqa: ANN401  # subvertpy has no types
    """Subversion's settings, of the machine and the account; raises ``RepositoryError``."""
    try:
        return client.get_config()
    except FOREIGN_ERRORS as error:
        reason = " ".join(message for _number, message in _chain(error)).rstrip(":")
        raise RepositoryError(
            url,
            f"Subversion's settings cannot be read: {reason}",
            "Correct the file. If it belongs to another account, as in a hook or after sudo, set HOME to the "
            "home folder of the account that runs this.",
        ) from error


def _authentication(url: str, credentials: Credentials) -> Any:  # noqa: ANN401  # subvertpy has no types
    """Where libsvn gets user names, passwords and certificates from; it never asks the user.

    Given credentials come before those that Subversion has stored. They go to the URL's own server only, and
    are not stored.
    """
    auth = _ra.Auth(
        [
            *_given(url, credentials),
            *_ra.get_platform_specific_client_providers(),
            _ra.get_simple_provider(),
            *([] if credentials.username else [_ra.get_username_provider()]),
            _ra.get_ssl_server_trust_file_provider(),
            _ra.get_ssl_client_cert_file_provider(),
            _ra.get_ssl_client_cert_pw_file_provider(),
        ]
    )
    if credentials.username and credentials.password is None:
        auth.set_parameter(AUTH_PARAM_DEFAULT_USERNAME, credentials.username)
    return auth


def _given(url: str, credentials: Credentials) -> list[Any]:
    """Providers that answer once, and never let libsvn store (the last part of an answer)."""

    def username(_realm: str, _may_save: bool) -> tuple[str, bool]:  # noqa: FBT001  # libsvn's order
        return credentials.username or "", False

    def password(realm: str, default: str, _may_save: bool) -> tuple[str, str, bool]:  # noqa: FBT001
        if not same_server(url, realm):
            return "", "", False  # refused by the server, so that the stored ones come next
        return credentials.username or default, credentials.password or "", False

    providers = []
    if credentials.username:
        providers.append(_ra.get_username_prompt_provider(username, 0))
    if credentials.password is not None:
        providers.append(_ra.get_simple_prompt_provider(password, 0))
    return providers


def _entry(name: str, found: dict[str, Any]) -> Entry:
    """An entry from one of libsvn's; its time is in microseconds."""
    time = EPOCH + timedelta(microseconds=found["time"])
    return Entry(name, found["kind"] == NODE_DIR, str(found["created_rev"]), time)


def _logged(
    paths: dict[str, tuple[str, str | None, int]], number: int, properties: dict[str, bytes]
) -> LogEntry:
    """A log entry from what libsvn reports of a revision."""
    date = properties.get("svn:date", b"").decode()
    return LogEntry(
        number, time_of(date), tuple((path.strip("/"), found[0]) for path, found in paths.items())
    )


def _chain(error: BaseException | None) -> ErrorChain:
    """The numbers and messages of an error of subvertpy's and of those it came from."""
    chain = []
    while error is not None:
        message, number = error.args if len(error.args) == 2 else (error, 0)
        if isinstance(error, OSError):
            message, number = error.strerror, error.errno
        chain.append((int(number or 0), str(message)))
        error = getattr(error, "child", None)
    return chain
