"""Real Subversion repositories and servers for tests.

``create`` turns a history of ``tests.support.memory_repository`` into a repository on disk; ``svnserve`` and
``dav`` serve a folder of them. Where a server asks for a password, USER and PASSWORD are right.
"""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.support.httpd import Httpd, make_passable
from tests.support.memory_repository import File, MemoryRepository, Operation
from tests.support.process import LOOPBACK, Server, free_port
from tests.support.requirements import find, need
from tests.support.svndump import Change, Dump

USER = "reader"
PASSWORD = "s3cret pass"
REALM = "Subversion for tests"


# repositories


def create(folder: Path, history: MemoryRepository) -> str:
    """Make a repository with this history at the new folder; gives its file:// URL."""
    need("svnadmin")
    subprocess.run(["svnadmin", "create", str(folder)], check=True)
    load = ["svnadmin", "load", "--quiet", str(folder)]
    subprocess.run(load, input=dump(history), check=True, capture_output=True)
    return folder.as_uri()


def dump(history: MemoryRepository) -> bytes:
    """The history as a dump file."""
    stream = io.BytesIO()
    first, *revisions = history.revisions
    writer = Dump(stream, history.uuid(), first.time)
    for revision in revisions:
        changes = (_change(operation) for operation in revision.operations)
        writer.commit(changes, date=revision.time, author=USER, log=f"r{revision.number}")
    return stream.getvalue()


def _change(operation: Operation) -> Change:
    content = operation.content
    if content is None:
        return Change("delete", operation.path)
    kind: Literal["file", "dir"] = "file" if isinstance(content, File) else "dir"
    if operation.source is not None:
        return Change("add", operation.path, kind, source=operation.source)
    data = content.data if isinstance(content, File) else None
    return Change(operation.action, operation.path, kind, data, content.properties)


# the user's side


def cache_password(config: Path, realm: str, username: str = USER, password: str = PASSWORD) -> None:
    """Store a password in a configuration folder (~/.subversion) as svn does where it may in plain text.

    realm: what a server calls itself, for instance "<http://127.0.0.1:80> Some words".
    """
    values = {
        "passtype": "simple",
        "password": password,
        "svn:realmstring": realm,
        "username": username,
    }
    _cache(config / "auth" / "svn.simple", realm, values)


def trust_certificate(config: Path, realm: str, certificate: Path, failures: int) -> None:
    """Store that a server's certificate is accepted for good, as svn does when told (p)ermanently.

    failures: the bits that are wrong with it (svn_auth.h: 8 unknown authority, 4 other host name).
    """
    pem = certificate.read_text(encoding="ascii").split("-----")[2]
    values = {
        "ascii_cert": "".join(pem.split()),
        "failures": str(failures),
        "svn:realmstring": realm,
    }
    _cache(config / "auth" / "svn.ssl.server", realm, values)


def _cache(folder: Path, realm: str, values: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pairs = (
        f"{letter} {len(text.encode())}\n{text}\n"
        for name, value in values.items()
        for letter, text in (("K", name), ("V", value))
    )
    name = hashlib.md5(realm.encode(), usedforsecurity=False).hexdigest()
    (folder / name).write_text("".join([*pairs, "END\n"]), encoding="utf-8")


# servers


def svnserve(parent: Path, scratch: Path, *, password: bool = False, rules: Path | None = None) -> Server:
    """A svnserve, not yet started, for the repositories in parent; it asks for a password when told to.

    rules: a file that says who may read which path (the Subversion book, "Path-Based Authorization").
    """
    need("svnserve")
    port = free_port()
    users = scratch / "passwd"
    users.write_text(f"[users]\n{USER} = {PASSWORD}\n", encoding="utf-8")
    settings = scratch / "svnserve.conf"
    settings.write_text(
        f"[general]\nanon-access = {'none' if password else 'read'}\nauth-access = read\n"
        f"{f'authz-db = {rules}' if rules else ''}\n"
        f"password-db = {users}\nrealm = {REALM}\n",
        encoding="utf-8",
    )
    command = [
        find("svnserve") or "svnserve",
        *("--daemon", "--foreground", "--config-file", str(settings)),
        *("--listen-host", LOOPBACK, "--listen-port", str(port), "--root", str(parent)),
    ]
    return Server(command, port, scratch / "svnserve.log")


def svn_url(server: Server) -> str:
    """The URL of what a svnserve serves."""
    return f"svn://{LOOPBACK}:{server.port}"


DAV_MODULES = ("dav", "dav_svn", "auth_basic", "authn_file", "authz_user")
TLS_MODULES = ("ssl",)

DAV_LOCATION = """
<Location "/{name}">
    DAV svn
    SVNParentPath "{parent}"
    {access}
</Location>
"""

DAV_PASSWORD = """
    AuthType Basic
    AuthName "{realm}"
    AuthBasicProvider file
    AuthUserFile "{users}"
    Require valid-user
"""

TLS = """
SSLEngine on
SSLCertificateFile "{certificate}"
SSLCertificateKeyFile "{key}"
"""


def dav(parent: Path, scratch: Path, certificate: Certificate | None = None, more: str = "") -> Httpd:
    """Apache, not yet started, with mod_dav_svn for the repositories in parent; ``more`` is configuration.

    They are at /open/NAME for all, at /closed/NAME for USER with PASSWORD, at /forbidden/NAME for nobody.
    With a certificate it speaks https only, as https://localhost:PORT.
    """
    make_passable(parent)
    users = scratch / "users"
    digest = hashlib.sha1(PASSWORD.encode(), usedforsecurity=False).digest()
    users.write_text(f"{USER}:{{SHA}}{base64.b64encode(digest).decode()}\n", encoding="utf-8")
    access = {
        "open": "Require all granted",
        "closed": DAV_PASSWORD.format(realm=REALM, users=users),
        "forbidden": "Require all denied",
    }
    parts = [DAV_LOCATION.format(name=name, parent=parent, access=how) for name, how in access.items()]
    parts.append(more)
    if certificate is not None:
        parts.append(TLS.format(certificate=certificate.file, key=certificate.key))
    return Httpd(scratch, "".join(parts), (*DAV_MODULES, *(TLS_MODULES if certificate else ())))


def dav_url(httpd: Httpd, access: str = "open") -> str:
    """The URL of what a ``dav`` server without a certificate serves; access is open, closed or forbidden."""
    return f"{httpd.url}/{access}"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The PEM files of a certificate for localhost, of its key, and of the authority that signed it."""

    file: Path
    key: Path
    authority: Path


def make_certificate(folder: Path, host: str = "localhost") -> Certificate:
    """Make an authority nobody knows, and a certificate by it for one host name."""
    need("openssl")
    made = Certificate(folder / "server.pem", folder / "server.key", folder / "authority.pem")
    authority_key = folder / "authority.key"
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc")
    begin = ("openssl", "req", "-x509", "-days", "2", *new_key)
    _run(*begin, "-subj", "/CN=Authority for tests", "-keyout", authority_key, "-out", made.authority)
    _run(
        *(*begin, "-subj", f"/CN={host}", "-keyout", made.key, "-out", made.file),
        *("-CA", made.authority, "-CAkey", authority_key),
        *("-addext", f"subjectAltName=DNS:{host}", "-addext", "basicConstraints=critical,CA:FALSE"),
    )
    return made


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)
