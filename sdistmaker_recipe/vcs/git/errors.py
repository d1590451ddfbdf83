"""What the messages of git and ssh mean, and what to do about them.

git has no error numbers. Its messages are in English here, because ``process`` sets the locale.
"""

from __future__ import annotations

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs import Credentials, program_errors
from sdistmaker_recipe.vcs.program_errors import FULL_DISK, SSH_FAULTS, Fault, shown_line


class DamagedObjectsError(RepositoryError):
    """git cannot read objects that should be there. Those of a cache can be fetched again."""

    @staticmethod
    def of(error: RepositoryError) -> DamagedObjectsError:
        """The same error, known to be of this kind."""
        return DamagedObjectsError(
            error.url,
            error.reason,
            error.hint,
            is_transient=error.is_transient,
            is_forbidden=error.is_forbidden,
        )


class MissingCommitError(DamagedObjectsError, PathNotFoundError):
    """There is no such commit among the objects."""


class LostObjectsError(RepositoryError):
    """A server gives nothing of what was asked for in one go, because it does not have all of it any more."""


_ASK_BY_HAND = "git ls-remote URL must list its refs, as the user this program runs as."
_SAYS_NOTHING = "error: failed to fetch some objects"
"""git-lfs says the reason before that."""


FAULTS = (
    FULL_DISK,
    *SSH_FAULTS,
    Fault(
        r"Authentication failed|could not read (Username|Password)|terminal prompts disabled|error: 401|"
        r"HTTP 401|Access denied",
        "the server asks for a user name and password, and accepted none",
        "Set the options username and password-variable, or let one of git's credential helpers store the "
        "password. Nothing is ever asked for here.",
        is_forbidden=True,
        is_login=True,
    ),
    Fault(
        r"error: 403|HTTP 403|not permitted|Permission to \S+ denied",
        "the server forbids access",
        "Ask for the right to read it, for the user this program runs as.",
        is_forbidden=True,
    ),
    Fault(
        r"Could not resolve host|Name or service not known|Temporary failure in name resolution|"
        r"unable to look up|nodename nor servname",
        "the host is not known",
        "Check the host name, and that this machine can look it up.",
    ),
    Fault(
        r"Connection refused|Failed to connect|Couldn't connect|[Cc]onnection timed out|"
        r"No route to host|Network is unreachable|Operation timed out|unable to connect to",
        "no server answers there",
        "Is it running, is the port right, and does a firewall let this machine through?",
        is_transient=True,
    ),
    Fault(
        r"SSL certificate|certificate verif|self[- ]signed certificate|unable to get local issuer",
        "the server's certificate is not trusted",
        "Add the authority that signed it to the system's certificates, or name its file in git's setting "
        "http.sslCAInfo.",
    ),
    Fault(
        r"SSL routines|gnutls|SSL_ERROR|TLS|wrong version number",
        "no encrypted connection came about",
        "Does the server speak https on this port?",
    ),
    Fault(
        r"error: (429|502|503|504)|HTTP (429|502|503|504)",
        "the server is busy, or being started",
        "Its log says what is wrong. Where it allows few connections, set the option connections.",
        is_transient=True,
    ),
    Fault(r"error: 5\d\d|HTTP 5\d\d", "the server answers with an error", "Its log says what is wrong."),
    Fault(
        r"transport '[^']*' not allowed",
        "git does not allow this protocol here",
        "Use https, ssh or the path of a repository on this machine.",
    ),
    Fault(
        r"fsck error in pack",
        "git's setting fetch.fsckObjects or transfer.fsckObjects refuses an object of the repository",
        "To read it nevertheless, set fetch.fsck.KIND = ignore for this kind of error (git-config(1)).",
    ),
    Fault(
        r"(?i)repository .*not found|does not appear to be a git|not a git repository|error: 404|HTTP 404|"
        r"repository not exported|does not exist|No such file or directory|not valid: is this a git|"
        r"(project|repository) you were looking for|could not be found",
        "no git repository is there",
        f"Check the URL: {_ASK_BY_HAND}",
        kind=PathNotFoundError,
    ),
    Fault(
        r"repository corruption|bad pack header|bad tree object|unable to read [0-9a-f]{40}|"
        r"object file \S+ is (empty|corrupt)|missing (blob|tree|commit)",
        "the repository on the server is damaged",
        "Run git fsck there.",
        kind=LostObjectsError,
    ),
    Fault(
        r"early EOF|hung up|Connection reset|Broken pipe|RPC failed|Operation too slow|"
        r"[Cc]onnection closed|Connection to \S+ closed",
        "the connection was closed by the server",
        f"Its log says why. {_ASK_BY_HAND}",
        is_transient=True,
    ),
    Fault(
        r"couldn't find remote ref|not our ref|no such remote ref",
        "the server has no such tag or commit any more",
        "It was deleted or moved while this run was at work. The next run sees what is there now.",
        kind=LostObjectsError,
    ),
    Fault(
        r"detected dubious ownership",
        "the repository belongs to another user, so git does not read it",
        "Run as the user that reads it, on the machine of the repository: git config --global --add "
        "safe.directory FOLDER",
        is_forbidden=True,
    ),
    Fault(
        r"Permission denied|insufficient permission",
        "permission denied",
        "The user this program runs as must be able to read the repository's folder.",
        is_forbidden=True,
    ),
)


def translate(url: str, printed: str, credentials: Credentials | None = None) -> RepositoryError:
    """The error that git's messages mean; ``credentials`` are those that were offered."""
    line = _main_line(printed, credentials)
    return program_errors.translate(url, printed, line, FAULTS, _ASK_BY_HAND, credentials)


def _main_line(printed: str, credentials: Credentials | None) -> str:
    """The line that says most, without a password."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    starts = ("fatal: ", "error: ", "remote: ", "ERROR: ")
    ranked = ("error: object ", *starts)  # says which object, and what is wrong with it
    chosen = next((line for start in ranked for line in lines if line.startswith(start)), lines[-1])
    if chosen.startswith(("fatal: Could not read from remote repository", _SAYS_NOTHING)) and len(lines) > 1:
        chosen = lines[0]
    return shown_line(chosen, starts, credentials).rstrip(".")
