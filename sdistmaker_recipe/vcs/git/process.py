"""Start git: with an environment of our own, within a time limit, and without a terminal to ask at.

There are two kinds of calls. ``Local`` calls read objects on this machine. They see no configuration of the
machine, the user or a repository, so the same tag gives the same bytes everywhere, and nothing that a
repository brings along is executed. ``Network`` calls talk to servers. They keep the user's configuration,
because it says how to log in, through which proxy, and which certificates to trust.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import urlsplit

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.git.errors import DamagedObjectsError, translate
from sdistmaker_recipe.vcs.git.version import UnusableGitError, too_old

LISTING_SECONDS = 120.0
TRANSFER_SECONDS = 3600.0
_LOCAL_SECONDS = 600.0

_KEPT = frozenset(
    ["GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_ASKPASS", "GIT_EXEC_PATH", "GIT_PROXY_COMMAND"]
)
"""Variables of the caller that say how to reach servers. A hook gets others, which name its repository."""
_KEPT_STARTS = ("GIT_SSL_", "GIT_PROXY_SSL_", "GIT_HTTP_", "GIT_CONFIG_")
_DROPPED = frozenset(("GIT_CONFIG_PARAMETERS", "SSH_ASKPASS", "LANGUAGE"))
_NETWORK_PROTOCOLS = "https:http:ssh:git"
_SSH = "ssh -oBatchMode=yes -oConnectTimeout=30 -oServerAliveInterval=15 -oServerAliveCountMax=4"
_HELPER = (
    '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" '
    '"$SDISTMAKER_GIT_USERNAME" "$SDISTMAKER_GIT_PASSWORD"; }; f'
)
"""A credential helper (gitcredentials(7)): arguments can be seen by anybody, so it reads variables."""

_SAFE = (
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    # A cache has the objects that were asked for, and no ref of another kind.
    ("fetch.prune", "false"),
    ("fetch.pruneTags", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("submodule.recurse", "false"),
    ("advice.detachedHead", "false"),
)
_NETWORK = (
    ("http.lowSpeedLimit", "1"),
    ("http.lowSpeedTime", "60"),
    ("credential.interactive", "false"),
)


class Finished(NamedTuple):
    """What a call printed."""

    output: bytes
    messages: str


class Git(NamedTuple):
    """Calls of git about the repository at ``url``, which errors name.

    ``git_folder`` is its GIT_DIR, None for none; ``objects`` an objects folder to read in place of that of
    ``git_folder``. ``working`` is the folder that calls start in. With ``server`` (a URL as git takes it)
    calls may talk to servers, and log in to this one with ``credentials``.
    """

    url: str
    git_folder: Path | None = None
    objects: Path | None = None
    server: str = ""
    credentials: Credentials = Credentials()
    working: Path | None = None

    def run(
        self, arguments: Sequence[str], stdin: bytes = b"", *, seconds: float = 0, check: bool = True
    ) -> Finished:
        """What a call printed. Raises ``RepositoryError`` if it fails, unless ``check`` is false."""
        with self._start(arguments) as process:
            try:
                output, messages = process.communicate(stdin, timeout=seconds or self._seconds)
            except subprocess.TimeoutExpired as error:
                _end(process)
                reason = f"git {arguments[0]} took more than {seconds or self._seconds:g} seconds"
                hint = "Is the server, or the network to it, overloaded?"
                raise RepositoryError(self.url, reason, hint, is_transient=True) from error
        printed = messages.decode("utf-8", "replace")
        if process.returncode and check:
            raise self.error(printed, process.returncode)
        return Finished(output, printed)

    @contextlib.contextmanager
    def stream(self, arguments: Sequence[str], errors: IO[bytes]) -> Iterator[IO[bytes]]:
        """What a call prints, while it prints; ``errors`` is a file for its messages.

        Raises ``DamagedObjectsError`` at the end if it fails.
        """
        with self._start(arguments, errors=errors) as process:
            if process.stdin is None or process.stdout is None:
                raise AssertionError("both are pipes")
            process.stdin.close()
            yield process.stdout
            # A reader may stop at the end of an archive, behind which git writes padding.
            while process.stdout.read(1 << 16):
                pass
            process.stdout.close()
            status = process.wait(self._seconds)
        if status:
            errors.seek(0)
            raise DamagedObjectsError.of(self.error(errors.read().decode("utf-8", "replace"), status))

    @contextlib.contextmanager
    def conversation(self, arguments: Sequence[str]) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        """The standard input and output of a call that answers questions, one after the other.

        A call that fails gives no answer.
        """
        with self._start(arguments, errors=subprocess.DEVNULL) as process:
            if process.stdin is None or process.stdout is None:
                raise AssertionError("both are pipes")
            with contextlib.suppress(BrokenPipeError):
                yield process.stdin, process.stdout
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()

    def error(self, printed: str, status: int) -> RepositoryError:
        """The error that a failed call means, from what it printed to standard error."""
        if error := too_old(self.url):
            return error
        printed = printed.strip() or f"git ended with status {status}"
        return translate(self.url, printed, self.credentials if self.server else None)

    @property
    def _seconds(self) -> float:
        return TRANSFER_SECONDS if self.server else _LOCAL_SECONDS

    @contextlib.contextmanager
    def _start(
        self, arguments: Sequence[str], errors: int | IO[bytes] = subprocess.PIPE
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A process that is ended, with all that it started, if the block is left by an error."""
        # A run without a new tag starts nothing but this. If it fails, ``error`` looks at the version.
        if arguments[0] != "ls-remote" and (too_old_error := too_old(self.url)):
            raise too_old_error
        try:
            process = subprocess.Popen(
                ["git", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=self._environment(),
                cwd=self.working or "/",
                start_new_session=True,  # without a terminal ssh cannot ask for anything
            )
        except OSError as error:
            hint = "Install git (Debian: apt install git)."
            raise UnusableGitError(self.url, f"git does not run: {error.strerror}", hint) from error
        with process:
            try:
                yield process
            except BaseException:
                _end(process)
                raise

    def _environment(self) -> dict[str, str]:
        caller = os.environ
        if self.server:
            environment = network_environment(caller, self.server, self.credentials)
        else:
            environment = local_environment(caller)
        if self.git_folder:
            environment["GIT_DIR"] = str(self.git_folder)
        if self.objects:
            environment["GIT_OBJECT_DIRECTORY"] = str(self.objects)
        return environment


def local_environment(caller: Mapping[str, str]) -> dict[str, str]:
    """The environment of a call that talks to no server."""
    own = {
        **_without_git(caller),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    if path := caller.get("GIT_EXEC_PATH"):
        own["GIT_EXEC_PATH"] = path
    # git reads attributes of the user from there, even without any configuration.
    own["XDG_CONFIG_HOME"] = os.devnull
    # $Format:%G?$ would tell which keys the account knows.
    own["GNUPGHOME"] = os.devnull
    return own | _configuration({}, _SAFE)


def network_environment(caller: Mapping[str, str], server: str, credentials: Credentials) -> dict[str, str]:
    """The environment of a call that talks to ``server``, a URL as git takes it or a path."""
    kept = {
        name: value
        for name, value in caller.items()
        if name in _KEPT or (name.startswith(_KEPT_STARTS) and name not in _DROPPED)
    }
    own = {
        **_without_git(caller),
        **kept,
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": _NETWORK_PROTOCOLS if is_remote(server) else "file",
    }
    if is_ssh(server) and not {"GIT_SSH", "GIT_SSH_COMMAND"} & kept.keys() and not _users_ssh():
        own["GIT_SSH_COMMAND"] = _SSH
    settings = [*_SAFE, *_NETWORK, *_login(server, credentials)]
    if credentials.password is not None:
        own["SDISTMAKER_GIT_USERNAME"] = credentials.username or ""
        own["SDISTMAKER_GIT_PASSWORD"] = credentials.password
    return own | _configuration(own, settings)


def is_remote(server: str) -> bool:
    """Whether git would reach this URL or path over a network."""
    return ("://" in server and not server.startswith("file:")) or is_ssh(server)


def is_ssh(server: str) -> bool:
    """Whether git would reach this URL or path by ssh; ``host:path`` has no slash before the colon."""
    if "://" in server:
        return urlsplit(server).scheme in ("ssh", "git+ssh", "ssh+git")
    host, colon, _path = server.partition(":")
    return bool(colon) and "/" not in host


def _login(server: str, credentials: Credentials) -> Iterator[tuple[str, str]]:
    """Settings that give the credentials to this server only, and in place of what the user has stored."""
    if not server.startswith(("http://", "https://")):
        return
    parts = urlsplit(server)
    host = parts.netloc.rpartition("@")[2]
    section = f"credential.{parts.scheme}://{host}"
    if credentials.username:
        yield f"{section}.username", credentials.username
    if credentials.password is not None:
        yield f"{section}.helper", ""
        yield f"{section}.helper", _HELPER


def _without_git(caller: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in caller.items()
        if not name.startswith(("GIT_", "LC_")) and name not in _DROPPED
    }


def _configuration(environment: Mapping[str, str], settings: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Variables that add settings to those which the environment has already (git-config(1))."""
    written = environment.get("GIT_CONFIG_COUNT", "")
    first = int(written) if written.isdecimal() else 0
    made: dict[str, str] = {}
    number = first
    for number, (key, value) in enumerate(settings, first + 1):
        made[f"GIT_CONFIG_KEY_{number - 1}"] = key
        made[f"GIT_CONFIG_VALUE_{number - 1}"] = value
    return {**made, "GIT_CONFIG_COUNT": str(number)}


@lru_cache(maxsize=1)
def _users_ssh() -> bool:
    """Whether the user's configuration, or the machine's, names an ssh program; a variable would hide it."""
    environment = {**_without_git(os.environ), "LC_ALL": "C"}
    try:
        asked = subprocess.run(
            ["git", "config", "--get", "core.sshCommand"],
            capture_output=True,
            env=environment,
            cwd="/",
            check=False,
        )
    except OSError:
        return False
    return bool(asked.stdout.strip())


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started, which are one group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
