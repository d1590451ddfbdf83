"""What the messages of hg and ssh mean, and what to do about them.

hg has no error numbers. Its messages are in English here, because ``environment`` sets the locale.
"""

from __future__ import annotations

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs import Credentials, program_errors
from sdistmaker_recipe.vcs.program_errors import FULL_DISK, SSH_FAULTS, Fault, shown_line


class DamagedRepositoryError(RepositoryError):
    """hg cannot read what a repository should have. A clone can be made again."""


_ASK_BY_HAND = "hg identify URL must answer, as the user this program runs as."

FAULTS = (
    FULL_DISK,
    *SSH_FAULTS,
    Fault(
        r"authorization (failed|required)|HTTP Error 401|http authorization required",
        "the server asks for a user name and password, and accepted none",
        "Set the options username and password-variable, or write them into the section [auth] of the file "
        "~/.hgrc. Nothing is ever asked for here.",
        is_forbidden=True,
        is_login=True,
    ),
    Fault(
        r"HTTP Error 403|access denied",
        "the server forbids access",
        "Ask for the right to read it, for the user this program runs as.",
        is_forbidden=True,
    ),
    Fault(
        r"[Nn]ame or service not known|Temporary failure in name resolution|Could not resolve hostname|"
        r"No address associated|nodename nor servname",
        "the host is not known",
        "Check the host name, and that this machine can look it up.",
    ),
    Fault(
        r"Connection refused|[Tt]imed out|No route to host|Network is unreachable",
        "no server answers there",
        "Is it running, is the port right, and does a firewall let this machine through?",
        is_transient=True,
    ),
    Fault(
        r"certificate|unable to verify security",
        "the server's certificate is not trusted",
        "Add the authority that signed it to the system's certificates, or name its file in Mercurial's "
        "setting web.cacerts.",
    ),
    Fault(
        r"WRONG_VERSION_NUMBER|SSL|TLS",
        "no encrypted connection came about",
        "Does the server speak https on this port?",
    ),
    Fault(
        r"HTTP Error (429|502|503|504)",
        "the server is busy, or being started",
        "Its log says what is wrong. Where it allows few connections, set the option connections.",
        is_transient=True,
    ),
    Fault(r"HTTP Error 5\d\d", "the server answers with an error", "Its log says what is wrong."),
    Fault(
        r"requires (features|.* extension)|unknown to this Mercurial|requirement",
        "the repository needs what this Mercurial does not have",
        "Install a newer Mercurial, or the extension that the message names.",
    ),
    Fault(
        r"is corrupted|unknown (version|flags) .*revlog|in revlog|integrity check failed|is damaged|"
        r"(00manifest|data/)\S*: no (node|match found)",
        "the repository is damaged",
        "Run hg verify there. Restore the repository from a backup or a clone.",
        kind=DamagedRepositoryError,
    ),
    Fault(
        r"largefile\S* .*(not found|missing)|can't get file locally|missing largefiles|couldn't be updated",
        "a largefile of the tag is missing",
        "Push it: hg lfpush --rev REV, from a clone that has it.",
    ),
    Fault(
        r"HTTP Error 404|repository .* not found|does not appear to be an hg|no suitable response|"
        r"not found!|No such file or directory|there is no Mercurial repository",
        "no Mercurial repository is there",
        f"Check the URL: {_ASK_BY_HAND}",
        kind=PathNotFoundError,
    ),
    Fault(
        r"unknown revision|00changelog\S*: no node|hidden revision",
        "the changeset is not there any more",
        "It was removed while this run was at work. The next run sees what is there now.",
    ),
    Fault(
        r"[Cc]onnection reset|Broken pipe|[Cc]onnection closed|IncompleteRead|stream ended unexpectedly|"
        r"BadStatusLine|[Rr]emote end closed|unexpected EOF",
        "the connection was closed by the server",
        f"Its log says why. {_ASK_BY_HAND}",
        is_transient=True,
    ),
    Fault(
        r"Permission denied",
        "permission denied",
        "The user this program runs as must be able to read the repository's folder.",
        is_forbidden=True,
    ),
)


def translate(url: str, printed: str, credentials: Credentials | None = None) -> RepositoryError:
    """The error that hg's messages mean; ``credentials`` are those that were offered."""
    line = _main_line(printed, credentials)
    return program_errors.translate(url, printed, line, FAULTS, _ASK_BY_HAND, credentials)


def _main_line(printed: str, credentials: Credentials | None) -> str:
    """The line that says most, without a password."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    starts = ("remote: ", "abort: ")
    chosen = next((line for start in starts for line in lines if line.startswith(start)), lines[-1])
    return shown_line(chosen, starts, credentials).rstrip(".!")
