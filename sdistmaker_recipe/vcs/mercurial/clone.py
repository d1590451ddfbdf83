"""A clone without a working copy of a repository on a server, kept in the folder of the state.

Mercurial has no question for the tags of a server: they are lines of the file .hgtags in all its heads. So
its history comes into a clone, and a run asks the server only for its newest changeset.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.mercurial.command_server import Servers
from sdistmaker_recipe.vcs.mercurial.environment import SSH
from sdistmaker_recipe.vcs.mercurial.urls import login_prefix, with_user
from sdistmaker_recipe.vcs.retry import with_retries
from sdistmaker_recipe.vcs.server_caches import claim_if_made, locked, scratch_folder

logger = logging.getLogger(__name__)

_QUESTION_SECONDS = 120.0
_TRANSFER_SECONDS = 3600.0


class Clone:
    """The clone of ``server`` (a URL as hg takes it) below ``folder``; ``url`` is what errors name.

    ``owner`` is the URL of the repository whose tags need it: another one, if this is a subrepository.
    """

    def __init__(
        self, url: str, server: str, credentials: Credentials, folder: Path, servers: Servers, owner: str
    ) -> None:
        self._url, self._credentials, self._servers = url, credentials, servers
        has_password = credentials.password is not None and not server.startswith("ssh:")
        self._server = server if has_password else with_user(server, credentials.username)
        self._name = name = hashlib.sha256(server.encode()).hexdigest()[:24]
        self._owner = owner
        self.repository = folder / f"{name}.clone"
        self._tip_file = folder / f"{name}.tip"
        self._lock = folder / f"{name}.lock"
        self._tip = ""
        self._ssh: list[str] | None = None
        claim_if_made(folder, name, owner)

    @property
    def arguments(self) -> Sequence[str]:
        """What every command about the server needs: credentials, for it alone, and where largefiles are."""
        settings = [
            f"paths.default={self._server}",
            f"largefiles.usercache={self._lock.parent / 'largefiles'}",
        ]
        if self._credentials.password is not None and not self._server.startswith("ssh:"):
            settings += [
                f"auth.sdistmaker.prefix={login_prefix(self._server)}",
                "auth.sdistmaker.schemes=http https",
                f"auth.sdistmaker.username={self._credentials.username or ''}",
                f"auth.sdistmaker.password={self._credentials.password}",
            ]
        return [word for setting in settings for word in ("--config", setting)]

    def tip(self) -> str:
        """The server's newest changeset when this was asked first. Raises ``RepositoryError``."""
        if not self._tip:
            self._check_credentials()
            arguments = ["identify", "-r", "tip", "-T", "{node}", "--", self._server]
            answered = with_retries(lambda: self._network(arguments, _QUESTION_SECONDS))
            self._tip = answered.decode("ascii", "replace").strip()
        return self._tip

    def _check_credentials(self) -> None:
        for name, value in (
            ("user name", self._credentials.username),
            ("password", self._credentials.password),
        ):
            if value and not value.isascii():
                raise RepositoryError(
                    self._url,
                    f"the {name} has characters that are not ASCII, which Mercurial cannot send",
                    "Give this account another one, or read the repository by ssh.",
                )

    def is_made(self) -> bool:
        """Whether the clone is there, perhaps out of date."""
        return (self.repository / ".hg").is_dir()

    def update(self) -> None:
        """Bring the clone up to date, unless it has seen the server's newest changeset."""
        tip = self.tip()
        with self.locked(fcntl.LOCK_EX):
            if self.is_made() and self._seen_tip() == tip:
                return
            if not (self.is_made() and self._pull()):
                self._make()
            self._tip_file.write_text(tip, "ascii")

    def made(self) -> int:
        """A number that another clone in this place has not; 0 if there is none."""
        try:
            return self.repository.stat().st_ino
        except OSError:
            return 0

    def make_again(self, made: int) -> None:
        """Make the clone again, unless another process did since its number was this one."""
        tip = self.tip()
        with self.locked(fcntl.LOCK_EX):
            if self.made() == made:
                self._make()
                self._tip_file.write_text(tip, "ascii")

    def locked(self, operation: int = fcntl.LOCK_SH) -> AbstractContextManager[None]:
        """Keep other processes from changing the clone, or with ``LOCK_EX`` from reading it."""
        return locked(self._lock, self._name, self._owner, operation)

    def _seen_tip(self) -> str:
        try:
            return self._tip_file.read_text("ascii")
        except (OSError, ValueError):
            return ""

    def _pull(self) -> bool:
        """Pull what is new; false if the clone cannot become what the server has."""
        here = ["-R", str(self.repository)]
        try:
            with_retries(lambda: self._network([*here, "pull", "-q", "--", self._server], _TRANSFER_SECONDS))
            # Changesets that were stripped from the server would keep their tags here.
            gone = with_retries(
                lambda: self._network(
                    [*here, "outgoing", "-q", "-l", "1", "-T", "{node}", "--", self._server],
                    _QUESTION_SECONDS,
                    accepted=(0, 1),
                )
            )
        except RepositoryError as error:
            if error.is_transient or error.is_forbidden:
                raise
            # Whatever is wrong with the clone, it can be made again.
            logger.debug("%s: the clone is made again: %s", self._url, error.reason)
            return False
        if gone.strip():
            logger.debug("%s: changesets were removed from the server", self._url)
        return not gone.strip()

    def _make(self) -> None:
        """Make the clone. If that fails, the one that is there stays."""
        with scratch_folder(self._lock.parent, self._name) as scratch:
            made = scratch / "made"

            def clone() -> None:
                shutil.rmtree(made, ignore_errors=True)
                arguments = ["clone", "-q", "-U", "--pull", "--", self._server, str(made)]
                self._network(arguments, _TRANSFER_SECONDS)

            with_retries(clone)
            self._remove()
            made.rename(self.repository)

    def _remove(self) -> None:
        self._tip_file.unlink(missing_ok=True)
        shutil.rmtree(self.repository, ignore_errors=True)

    def _network(self, arguments: Sequence[str], seconds: float, accepted: Sequence[int] = (0,)) -> bytes:
        finished = self._servers.network().run(
            self._url,
            [*self.arguments, *self._ssh_settings(), *arguments],
            seconds=seconds,
            accepted=accepted,
            credentials=self._credentials,
        )
        return finished.output

    def _ssh_settings(self) -> Sequence[str]:
        """An ssh that asks nothing, unless the user chose one."""
        if not self._server.startswith("ssh:"):
            return ()
        if self._ssh is None:
            chosen = self._servers.network().run(
                self._url, ["config", "ui.ssh"], seconds=_QUESTION_SECONDS, accepted=(0, 1)
            )
            self._ssh = [] if chosen.output.strip() else ["--config", f"ui.ssh={SSH}"]
        return self._ssh
