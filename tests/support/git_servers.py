"""Real servers of git for tests: git daemon, Apache with git http-backend, and sshd."""

from __future__ import annotations

import base64
import getpass
import hashlib
import os
import subprocess
from pathlib import Path

from tests.support.httpd import Httpd, make_passable
from tests.support.process import LOOPBACK, Server, free_port
from tests.support.requirements import find, need
from tests.support.subversion import PASSWORD, USER

_HTTP = """
SetEnv GIT_PROJECT_ROOT {parent}
SetEnv GIT_HTTP_EXPORT_ALL 1
SetEnv GIT_CONFIG_COUNT 1
SetEnv GIT_CONFIG_KEY_0 safe.directory
SetEnv GIT_CONFIG_VALUE_0 *
ScriptAlias /open/ {backend}/
ScriptAlias /closed/ {backend}/
Alias /dumb/ {parent}/
<Directory "{folder}">
    Require all granted
</Directory>
<Directory "{parent}">
    Require all granted
</Directory>
<Location "/closed/">
    AuthType Basic
    AuthName "Repositories"
    AuthBasicProvider file
    AuthUserFile "{users}"
    Require valid-user
</Location>
"""


def git_daemon(parent: Path, scratch: Path) -> Server:
    """A git daemon, not yet started, for all repositories below parent."""
    need("git")
    port = free_port()
    command = [
        *("git", "-c", "safe.directory=*", "daemon", "--reuseaddr", "--export-all"),
        *(f"--base-path={parent}", f"--listen={LOOPBACK}", f"--port={port}"),
    ]
    return Server(command, port, scratch / "git-daemon.log")


def git_http(parent: Path, scratch: Path) -> Httpd:
    """Apache, not yet started, for all repositories below parent.

    They are at /open/NAME for all, at /closed/NAME for USER with PASSWORD, and at /dumb/NAME as plain files.
    """
    executables = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True)
    backend = Path(executables.stdout.strip()) / "git-http-backend"
    need("git", str(backend))
    make_passable(parent)
    users = scratch / "users"
    digest = hashlib.sha1(PASSWORD.encode(), usedforsecurity=False).digest()
    users.write_text(f"{USER}:{{SHA}}{base64.b64encode(digest).decode()}\n", encoding="utf-8")
    config = _HTTP.format(parent=parent, backend=backend, folder=backend.parent, users=users)
    modules = ("cgid", "env", "alias", "auth_basic", "authn_file", "authz_user")
    return Httpd(scratch, config + f'ScriptSock "{scratch}/cgisock"\n', modules)


class Sshd:
    """An sshd, not yet started, with keys of its own; ``ssh`` is the client's command."""

    def __init__(self, scratch: Path) -> None:
        need("sshd", "ssh", "ssh-keygen")
        self.folder = scratch
        for name in ("host", "user"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(scratch / name)]
            subprocess.run(command, check=True)
        port = free_port()
        keys = scratch / "authorized"
        keys.write_text((scratch / "user.pub").read_text())
        config = scratch / "sshd_config"
        config.write_text(
            f"ListenAddress {LOOPBACK}\nPort {port}\nHostKey {scratch}/host\nPidFile {scratch}/sshd.pid\n"
            f"AuthorizedKeysFile {keys}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
            "PermitRootLogin prohibit-password\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # sshd insists on it when it is root
        self.server = Server(
            [find("sshd") or "sshd", "-D", "-e", "-f", str(config)], port, scratch / "sshd.log"
        )
        known = scratch / "known_hosts"
        kind, key, *_ = (scratch / "host.pub").read_text().split()
        known.write_text(f"[{LOOPBACK}]:{port} {kind} {key}\n")
        self.ssh = (
            f"ssh -F /dev/null -i {scratch}/user -oIdentitiesOnly=yes -oUserKnownHostsFile={known} "
            "-oBatchMode=yes"
        )

    def url(self, path: Path) -> str:
        """The URL of a repository at a path of this machine."""
        return f"git+ssh://{getpass.getuser()}@{LOOPBACK}:{self.server.port}{path}"
