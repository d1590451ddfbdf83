"""Mercurial repositories that tests make, commit by commit, and servers of them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from sdistmaker_recipe.model import RepositorySettings
from sdistmaker_recipe.vcs import Repository, open_repository
from sdistmaker_recipe.vcs.mercurial.command_server import CommandServer
from tests.support.httpd import Httpd
from tests.support.process import LOOPBACK, Server, free_port

FIRST_TIME = 1_577_880_000
"""2020-01-01 12:00 UTC: the time of the first commit, in seconds since 1970."""
STEP = 86_400
_HG = shutil.which("hg") or "hg"


class Hg:
    """Runs hg as a user without any configuration; each commit is a day after the one before."""

    def __init__(self) -> None:
        self._server = CommandServer()
        self._commits = 0

    def __call__(self, *arguments: str | Path, accepted: tuple[int, ...] = (0,)) -> str:
        """What a command prints."""
        words = ["--config", "ui.username=me", *map(str, arguments)]
        return self._server.run("test", words, seconds=60, accepted=accepted).output.decode()

    def init(self, folder: Path, files: Mapping[str, str | bytes]) -> str:
        """Make a repository with a first commit; its id."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        self("init", folder)
        return self.commit(folder, files)

    def commit(self, folder: Path, files: Mapping[str, str | bytes], *arguments: str) -> str:
        """Write files and commit them with whatever else is new; the id of the commit."""
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self("--cwd", folder, "commit", "-q", "-A", "-m", "work", "-d", self.date(), *arguments)
        return self.tip(folder)

    def tag(self, folder: Path, name: str, *arguments: str) -> str:
        """Tag the parent of the working copy, or what arguments say; the id of the commit of that."""
        self("--cwd", folder, "tag", "-f", "-d", self.date(), *arguments, "--", name)
        return self.tip(folder)

    def untag(self, folder: Path, name: str) -> str:
        """Remove a tag; the id of the commit of that."""
        return self.tag(folder, name, "--remove")

    def tip(self, folder: Path) -> str:
        """The id of the newest commit."""
        return self("-R", folder, "log", "-r", "tip", "-T", "{node}")

    def date(self) -> str:
        """The time of the next commit, as hg takes it."""
        self._commits += 1
        return f"{FIRST_TIME + self._commits * STEP} -7200"

    def close(self) -> None:
        """End the process."""
        self._server.close()


class HgTagServer:
    """See ``tag_servers.TagServer``: each project is a repository below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hg = Hg()
        folder.mkdir()

    def add_project(self, project: str) -> str:
        return self.hg.init(self.folder / project, {"setup.py": "setup()\n"})

    def put_tag(self, project: str, name: str) -> str:
        return self.hg.tag(self.folder / project, name)

    def delete_tag(self, project: str, name: str) -> str:
        return self.hg.untag(self.folder / project, name)

    def delete_project(self, project: str) -> str:
        tip = self.hg.tip(self.folder / project)
        shutil.rmtree(self.folder / project)
        return tip

    def replace_project(self, project: str, other: str) -> str:
        shutil.rmtree(self.folder / project, ignore_errors=True)
        (self.folder / project).parent.mkdir(parents=True, exist_ok=True)
        self.hg("clone", "-q", self.folder / other, self.folder / project)
        return self.hg.tip(self.folder / project)

    def commit_elsewhere(self, project: str) -> str:
        return self.hg.commit(self.folder / project, {f"notes-{self.hg.date()}": "text"})

    def open(self, path: str = "") -> Repository:
        url = f"hg+{self.folder.as_uri()}"
        settings = RepositorySettings(known_as=url)
        return open_repository(f"{url}/{quote(path)}".rstrip("/"), settings=settings)


@contextmanager
def quick_start() -> Iterator[Mapping[str, str]]:
    """Environment variables with which each process of hg is a fork of one that has imported all modules.

    That is chg (hg help -e chg), which comes with Mercurial: hg takes a tenth of a second of the processor
    to start. There are none where it is not installed.
    """
    chg = shutil.which("chg")
    if chg is None:
        yield {}
        return
    with TemporaryDirectory(prefix="chg-") as name:
        # What was started ends by itself when its socket is gone.
        Path(name, "hg").symlink_to(chg)
        yield {
            "PATH": f"{name}:{os.environ['PATH']}",
            "CHGHG": _HG,
            "CHGSOCKNAME": f"{name}/socket",
        }


def run_hg(folder: Path, *arguments: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """What hg prints, as a process of its own that a user starts in a folder."""
    variables = {"PATH": os.environ["PATH"], "HGRCPATH": "", "HGUSER": "me", "LANG": "C.UTF-8"}
    done = subprocess.run(
        [_HG, *map(str, arguments)],
        cwd=folder,
        env={**variables, **(environment or {})},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def hg_serve(folder: Path, scratch: Path) -> Server:
    """A server, not yet started, of all repositories below a folder: each at ``URL/PATH``."""
    port = free_port()
    config = scratch / "hgweb.conf"
    config.write_text(
        f"[paths]\n/ = {folder}/**\n[web]\nrefreshinterval = 0\nallow_push = *\npush_ssl = no\n"
    )
    command = [_HG, "serve", "--web-conf", str(config), "--address", LOOPBACK, "--port", str(port)]
    command += ["--accesslog", str(scratch / "access.log"), "--errorlog", str(scratch / "errors.log")]
    environment = {"PATH": os.environ["PATH"], "HGRCPATH": "", "LANG": "C.UTF-8", "HGPLAIN": "1"}
    return Server(command, port, scratch / "hg.log", environment=environment)


USER, PASSWORD = "builder", 'geheim: "100%"#'
_PROXY = """\
<Location "/closed/">
    AuthType Basic
    AuthName "closed"
    AuthBasicProvider file
    AuthUserFile "{users}"
    Require valid-user
    ProxyPass "{url}/"
</Location>
<Location "/forbidden/">
    Require all denied
</Location>
"""
_MODULES = ("proxy", "proxy_http", "authn_file", "authz_user", "auth_basic")


def closed_proxy(server: Server, scratch: Path) -> Httpd:
    """An Apache, not yet started, that asks for USER and PASSWORD, and then the server: at /closed/PATH."""
    users = scratch / "users"
    htpasswd = ["htpasswd", "-i", "-c", "-B", "-C", "4", str(users), USER]
    subprocess.run(htpasswd, input=PASSWORD.encode(), check=True, capture_output=True)
    users.chmod(0o644)
    config = _PROXY.format(users=users, url=f"http://{LOOPBACK}:{server.port}")
    return Httpd(scratch, config, _MODULES)
