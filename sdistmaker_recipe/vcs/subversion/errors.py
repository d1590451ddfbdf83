"""What Subversion's errors mean, and what to do about them.

libsvn and the svn program report the same numbers (svn_error_codes.h, and the system's errno), so both
translate them here.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias
from urllib.parse import unquote

from sdistmaker_recipe.configuration.local_repository import system_at, system_of_tag
from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs import Credentials

ErrorChain: TypeAlias = Sequence[tuple[int, str]]
"""Error numbers and messages, the outermost first."""

SUMMARIES = (205011, 200009, 200042)
"""Errors that only say that there are others."""


class Fault(NamedTuple):
    """A kind of failure: the error numbers that mean it, the reason and the hint for the user.

    It applies where the URL begins with ``scheme`` and the message matches the pattern ``words``.
    ``is_transient`` and ``is_forbidden`` are as in ``RepositoryError``.
    """

    numbers: Sequence[int]
    reason: str
    hint: str = ""
    scheme: str = ""
    words: str = ""
    is_transient: bool = False
    is_forbidden: bool = False

    def matches(self, url: str, errors: ErrorChain) -> bool:
        """Whether errors about url are of this kind."""
        return url.startswith(self.scheme) and any(
            number in self.numbers and re.search(self.words, message) for number, message in errors
        )


_NO_REPOSITORY = "no Subversion repository is there"
_NO_SERVER = "a web server answers there, but it is no Subversion server"
LOGIN = "the server asks for a user name and password, and accepted none"
CHECK_URL = "Check the URL: svn info URL must show the repository."

# Names as in svn_error_codes.h, without SVN_ERR.
EXTERNALS = Fault(
    (205011,),  # CL_ERROR_PROCESSING_EXTERNALS
    "an external of this folder cannot be exported",
    "Look at the property svn:externals of the folder and of those in it.",
)
NOT_FOUND = Fault(
    # FS_NOT_FOUND, FS_NOT_DIRECTORY, RA_DAV_PATH_NOT_FOUND, ILLEGAL_TARGET; RA_ILLEGAL_URL in an export
    (160013, 160016, 175007, 200009, 170000),
    "no such folder",
    CHECK_URL,
)
DROPPED = Fault(
    # RA_SVN_CONNECTION_CLOSED, RA_SVN_IO_ERROR, RA_DAV_CONN_TIMEOUT; SERF_ERROR_REQUEST_LOST,
    # _TRUNCATED_HTTP_RESPONSE, _ABORTED_CONNECTION
    (210002, 210003, 175012, 120102, 120106, 120108, errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED),
    "the connection was closed by the server",
    "Is it a Subversion server that answers there, by this protocol? Its log says why it hung up.",
    is_transient=True,
)
FAULTS = (
    EXTERNALS,
    NOT_FOUND,
    Fault(
        (230001,),  # RA_SERF_SSL_CERT_UNTRUSTED
        "the server's certificate is not trusted",
        "Add the authority that signed it to the system's certificates, or name its file in SSL_CERT_FILE or "
        "in ~/.subversion/servers (ssl-authority-files). Where something else is wrong with it, run "
        "svn info URL once as the user this program runs as, and accept it permanently.",
    ),
    Fault(
        (120171, 120172),  # SERF_ERROR_SSL_COMM_FAILED, SERF_ERROR_SSL_CERT_FAILED
        "no encrypted connection came about",
        "Does the server speak https on this port?",
    ),
    Fault(
        (175013,),  # RA_DAV_FORBIDDEN
        "the server forbids access",
        "Ask for the right to read it, for the user this program runs as.",
        is_forbidden=True,
    ),
    Fault(
        # RA_NOT_AUTHORIZED, AUTHN_CREDS_UNAVAILABLE, _NO_PROVIDER, _PROVIDERS_EXHAUSTED, _FAILED,
        # RA_SVN_NO_MECHANISMS
        (170001, 215000, 215001, 215002, 215004, 210007),
        LOGIN,
        "Set the options username and password-variable, or run svn info URL once as the user this program "
        "runs as, and let svn store the password. Nothing is ever asked for here.",
        is_forbidden=True,
    ),
    Fault(
        range(670000, 720000),  # APR_OS_START_EAIERR: what getaddrinfo found
        "the host is not known",
        "Check the host name, and that this machine can look it up.",
    ),
    Fault(
        (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT),
        "no server answers there",
        "Is it running, is the port right, and does a firewall let this machine through?",
        is_transient=True,
    ),
    Fault(
        # RA_DAV_REQUEST_FAILED. RFC 9110 and 6585: too many requests, bad gateway, unavailable, timeout
        (175002,),
        "the server is busy, or being started",
        "Its log says what is wrong. Where it allows few connections, set the option connections.",
        words=r"HTTP status (429|502|503|504)\b",
        is_transient=True,
    ),
    Fault(
        # RA_LOCAL_REPOS_OPEN_FAILED, RA_SVN_REPOS_NOT_FOUND, RA_DAV_OPTIONS_REQ_FAILED
        (180001, 210005, 175003),
        _NO_REPOSITORY,
        CHECK_URL,
    ),
    Fault(
        # RA_DAV_METHOD_NOT_ALLOWED, RA_DAV_MALFORMED_DATA, RA_DAV_RESPONSE_HEADER_BADNESS, XML_MALFORMED, and
        # UNSUPPORTED_FEATURE for the request OPTIONS
        (175015, 175009, 175010, 130003, 200007),
        _NO_SERVER,
        "Use the URL that svn checkout is used with; it may have another path than the pages for people. "
        f"{CHECK_URL}",
        scheme="http",
    ),
    Fault(
        # RA_DAV_REQUEST_FAILED with a status of RFC 9110 that says that the request makes no sense there
        (175002,),
        _NO_SERVER,
        "Use the URL that svn checkout is used with; it may have another path than the pages for people. "
        f"{CHECK_URL}",
        words=r"HTTP status (400|405|406|410|415|418|426|505)\b",
    ),
    Fault(
        (175002,),
        "the server answers with an error",
        "Its log says what is wrong.",
        words=r"(server error|HTTP status) 5\d\d\b",
    ),
    Fault(
        (210004, 210006),  # RA_SVN_MALFORMED_DATA, RA_SVN_BAD_VERSION
        "a server answers there, but it is no Subversion server",
        "Is the port that of svnserve, which is 3690 by default?",
        scheme="svn:",
    ),
    Fault(
        (120190, 120191),  # SERF_ERROR_AUTHN_FAILED, SERF_ERROR_AUTHN_NOT_SUPPORTED
        "the server asks for a user name and password in a way that Subversion does not know",
        "The server must accept Basic, Digest or Negotiate. If a proxy asks, set its user in "
        "~/.subversion/servers (http-proxy-username).",
        is_forbidden=True,
    ),
    Fault(
        (errno.EACCES,),
        "permission denied",
        "For file:// the user this program runs as must be able to read the repository's folder, for http:// "
        "the server's user.",
    ),
    Fault((errno.ENOENT, errno.ENOTDIR), _NO_REPOSITORY, CHECK_URL, scheme="http"),
    Fault(
        (160043, 165005),  # FS_UNSUPPORTED_FORMAT, REPOS_UNSUPPORTED_VERSION
        "the repository is in a format of a later Subversion",
        "Read it through a server (svn, http) instead of file.",
    ),
    Fault(
        (125002,),  # BAD_URL
        "Subversion cannot use this URL",
        "The scheme svn+NAME needs the way to NAME in the section [tunnels] of ~/.subversion/config.",
    ),
    Fault(
        (175011, 170011, 195019),  # RA_DAV_RELOCATED, RA_SESSION_URL_MISMATCH, CLIENT_CYCLE_DETECTED
        "the repository has moved",
        "Use the new URL: svn info URL shows it.",
    ),
    Fault(
        (160006,),  # FS_NO_SUCH_REVISION
        "no such revision",
        "Is this the repository that the revision was read from?",
    ),
    Fault(
        (*DROPPED.numbers, 170012),  # RA_CANNOT_CREATE_TUNNEL
        "no connection through ssh came about",
        "As the user this program runs as, ssh HOST svnserve -t must work without a question: with a key "
        "that has no passphrase or that an agent holds, and a host that is in known_hosts.",
        scheme="svn+",
    ),
    DROPPED,
)


def translate(url: str, errors: ErrorChain, credentials: Credentials | None = None) -> RepositoryError:
    """One of our errors for what Subversion reported about url; the reason quotes Subversion's own words.

    ``credentials`` are those that the server was given.
    """
    details = _details(errors)
    fault = next((fault for fault in FAULTS if fault.matches(url, errors)), None)
    if fault is None:
        return RepositoryError(url, details)
    kind = PathNotFoundError if fault is NOT_FOUND else RepositoryError
    other = _other_system(url, fault)
    reason = f"{fault.reason} ({details})"
    is_refused = fault.reason is LOGIN and credentials is not None and credentials.password is not None
    hint = _refused_login(credentials) if credentials is not None and is_refused else fault.hint
    return kind(url, reason, other or hint, is_transient=fault.is_transient, is_forbidden=fault.is_forbidden)


def _other_system(url: str, fault: Fault) -> str:
    """What to write if a git or Mercurial repository is at the URL, or may be; "" if nothing says so."""
    is_elsewhere = fault.reason in (_NO_REPOSITORY, _NO_SERVER)
    scheme, _separator, rest = url.partition("://")
    path = Path(unquote(rest.removeprefix("localhost")))
    if scheme == "file" and (is_elsewhere or fault is NOT_FOUND):
        system = system_at(path) or system_of_tag(path)
        name = "git" if system == "git" else "Mercurial"
        return f"A repository of {name} is there. Write {system}+{url}" if system else ""
    if scheme not in ("http", "https", "svn+ssh"):
        return ""
    git = f"git+{url.removeprefix('svn+')}"
    if re.search(r"\.git(/|$)", rest) and (is_elsewhere or fault is NOT_FOUND):
        return f"For a git repository write {git}"
    if fault.reason == _NO_SERVER:
        hg = f"hg+{url.removeprefix('svn+')}"
        return f"{fault.hint} For a git repository write {git}, for one of Mercurial {hg}"
    return ""


def _refused_login(credentials: Credentials) -> str:
    if not credentials.username:
        return "The option password-variable is set, but username is not. Set username = NAME."
    return (
        f"The server refused the user {credentials.username} with the password in the environment variable "
        "that the option password-variable names. Check the value of this variable and the option username, "
        "and that this user may read the URL."
    )


def _details(errors: ErrorChain) -> str:
    """The innermost message, which is the most exact, with its number."""
    exact = [error for error in errors if error[0] not in SUMMARIES] or errors
    if not exact:
        return "Subversion failed and did not say why"
    number, text = exact[-1]
    message = " ".join(text.split())
    return f"E{number:06d}: {message}" if number else message
