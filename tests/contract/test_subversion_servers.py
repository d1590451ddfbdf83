"""What both ways into Subversion do with the servers, credentials, certificates and locales there are."""

from __future__ import annotations

import gzip
import io
import os
import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.model import Tag, tag_path
from sdistmaker_recipe.vcs import Credentials, open_repository, retry
from sdistmaker_recipe.vcs.subversion import libsvn, program
from sdistmaker_recipe.vcs.subversion.opening import open_connection
from sdistmaker_recipe.vcs.subversion.repository import SubversionRepository
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.contract.conftest import BACKENDS, SERVERS, make_history
from tests.support.git_servers import Sshd
from tests.support.httpd import Httpd
from tests.support.memory_repository import Folder, MemoryRepository
from tests.support.process import LOOPBACK, Server, free_port
from tests.support.requirements import need
from tests.support.subversion import (
    PASSWORD,
    REALM,
    USER,
    Certificate,
    cache_password,
    create,
    dav,
    dav_url,
    dump,
    make_certificate,
    svn_url,
    svnserve,
    trust_certificate,
)

ROOT = Path(__file__).parents[2]
GOOD = Credentials(USER, PASSWORD)
HEAD = "8"


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, user: Path) -> str:
    if request.param == "subversion-cli":
        need("svn")
    name: str = request.param
    return name


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds for which it was waited before a server was asked again; here that takes none."""
    found: list[float] = []
    monkeypatch.setattr(retry, "sleep", found.append)
    return found


def refusal(url: str, backend: str, credentials: Credentials | None = None) -> RepositoryError:
    """The error that opening url gives; it names the URL, and says what to do."""
    with pytest.raises(RepositoryError) as caught:
        open_connection(url, backend, credentials).head()
    assert not isinstance(caught.value, PathNotFoundError)
    assert str(caught.value).startswith(f"{url}: ")
    assert caught.value.hint
    assert "\n" not in caught.value.reason
    return caught.value


# servers that do not serve


@pytest.mark.parametrize("scheme", ["svn", "http", "https"])
def test_no_server(backend: str, scheme: str) -> None:
    assert "no server answers" in refusal(f"{scheme}://{LOOPBACK}:{free_port()}/main", backend).reason


@pytest.mark.parametrize("scheme", ["svn", "http", "https"])
def test_no_such_host(backend: str, scheme: str) -> None:
    host = f"{'x' * 64}.example.com"  # too long a label for any name server to be asked
    assert "host is not known" in refusal(f"{scheme}://{host}/main", backend).reason


def test_no_repository(backend: str, tmp_path: Path, svn_server: Server, dav_server: Httpd) -> None:
    for url in (
        tmp_path.as_uri(),
        f"{tmp_path.as_uri()}/nowhere",
        f"{svn_url(svn_server)}/nowhere",
        f"{dav_url(dav_server)}/nowhere",
        f"{dav_server.url}/nowhere",
    ):
        assert "no Subversion repository" in refusal(url, backend).reason


def test_a_server_without_tls(backend: str, dav_server: Httpd) -> None:
    assert "encrypted" in refusal(f"https://{LOOPBACK}:{dav_server.port}/main", backend).reason


@pytest.mark.parametrize("scheme", SERVERS)
def test_a_server_that_hangs_up(backend: str, scheme: str) -> None:
    with socketserver.TCPServer((LOOPBACK, 0), socketserver.BaseRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            error = refusal(f"{scheme}://{LOOPBACK}:{server.server_address[1]}/main", backend)
        finally:
            server.shutdown()
            thread.join()
    assert "closed by the server" in error.reason


def test_a_scheme_nobody_declared(backend: str) -> None:
    assert "svn+nothing" in refusal("svn+nothing://example.com/main", backend).url


def test_a_forbidden_repository(backend: str, dav_server: Httpd) -> None:
    assert "forbids" in refusal(f"{dav_url(dav_server, 'forbidden')}/main", backend).reason
    assert "forbids" in refusal(f"{dav_url(dav_server, 'forbidden')}/main", backend, GOOD).reason


def test_a_redirect_is_followed(backend: str, tmp_path: Path, dav_server: Httpd) -> None:
    config = (
        f'RedirectMatch 301 "^/old/(.*)$" "{dav_url(dav_server)}/$1"\n'
        'RedirectMatch 301 "^/round/(.*)$" "/round/$1"\n'
    )
    with Httpd(tmp_path, config, ["alias"]) as httpd:
        with open_connection(f"{httpd.url}/old/main/plain", backend) as connection:
            assert connection.url == f"{httpd.url}/old/main/plain"
            assert connection.root_path() == "plain"
            assert connection.head() == HEAD
            connection.export("trunk", HEAD, tmp_path / "out")
        assert (tmp_path / "out/setup.py").exists()
        with pytest.raises(RepositoryError, match=r"(?i)redirect"):
            open_connection(f"{httpd.url}/round/main", backend).head()


@pytest.fixture(params=SERVERS)
def own_server(
    request: pytest.FixtureRequest, repositories: Path, tmp_path: Path
) -> Iterator[tuple[str, Server]]:
    """A server that a test may stop and start, and the URL of the history there."""
    scratch = tmp_path / "server"
    scratch.mkdir()
    if request.param == "svn":
        with svnserve(repositories, scratch) as server:
            yield f"{svn_url(server)}/main", server
    else:
        with dav(repositories, scratch) as httpd:
            yield f"{dav_url(httpd)}/main", httpd.server


def test_a_connection_lost_to_a_restart_is_opened_again(
    backend: str, own_server: tuple[str, Server], tmp_path: Path
) -> None:
    url, server = own_server
    with open_connection(url, backend) as connection:
        for ask in (
            connection.head,
            connection.uuid,
            connection.root_path,
            lambda: connection.entries("plain", HEAD),
            lambda: connection.entry("plain", HEAD),
            lambda: connection.export("plain", HEAD, tmp_path / "out"),
        ):
            server.restart()
            ask()
    assert (tmp_path / "out/trunk/setup.py").exists()


def test_a_server_that_stays_away_is_an_error(
    backend: str, own_server: tuple[str, Server], tmp_path: Path, pauses: list[float]
) -> None:
    url, server = own_server
    with open_connection(url, backend) as connection:
        server.stop()
        for ask in (
            lambda: connection.entry("", HEAD),
            lambda: connection.entries("plain", HEAD),
            lambda: connection.export("plain", HEAD, tmp_path / "out"),
        ):
            pauses.clear()
            with pytest.raises(RepositoryError, match="no server answers"):
                ask()
            assert [round(pause / usual) for pause, usual in zip(pauses, (0.5, 2), strict=True)] == [1, 1]
    assert not (tmp_path / "out").exists()


# credentials


@pytest.fixture(scope="session")
def closed_svn_server(tmp_path_factory: pytest.TempPathFactory, repositories: Path) -> Iterator[Server]:
    with svnserve(repositories, tmp_path_factory.mktemp("svnserve"), password=True) as server:
        yield server


@pytest.fixture(params=SERVERS)
def closed(request: pytest.FixtureRequest) -> str:
    """The URL of the history behind a password."""
    if request.param == "svn":
        return f"{svn_url(request.getfixturevalue('closed_svn_server'))}/main"
    return f"{dav_url(request.getfixturevalue('dav_server'), 'closed')}/main"


def realm(url: str) -> str:
    """What the closed server of the URL calls itself."""
    return f"<{url.removesuffix('/main').removesuffix('/closed')}> {REALM}"


@pytest.mark.parametrize(
    "credentials",
    [
        None,
        Credentials(USER),
        Credentials(USER, "wrong"),
        Credentials(USER, ""),
        Credentials("john", PASSWORD),
    ],
    ids=["none", "no password", "wrong password", "empty password", "wrong user"],
)
def test_without_the_right_credentials_nothing_is_answered(
    backend: str, closed: str, credentials: Credentials | None
) -> None:
    error = refusal(closed, backend, credentials)
    assert "user name and password" in error.reason
    assert "password-variable" in error.hint
    assert PASSWORD not in str(error)


def test_given_credentials_are_used_and_not_stored(
    backend: str, closed: str, repositories: Path, user: Path, tmp_path: Path
) -> None:
    for kind in ("svn.simple", "svn.username"):
        (user / ".subversion/auth" / kind).mkdir(parents=True)
    for number, url in enumerate((closed, (repositories / "main").as_uri())):
        with open_connection(url, backend, GOOD) as connection:
            assert connection.head() == HEAD
            connection.export("special", HEAD, tmp_path / f"{number}")  # its externals ask as well
        assert (tmp_path / f"{number}/vendor/setup.py").exists()
    stored = [path.read_text() for path in user.rglob("*") if path.is_file()]
    assert not [text for text in stored if PASSWORD in text or USER in text]


@pytest.mark.parametrize("credentials", [None, Credentials(USER)], ids=["nothing given", "user given"])
def test_cached_credentials_are_used(
    backend: str, closed: str, user: Path, tmp_path: Path, credentials: Credentials | None
) -> None:
    cache_password(user / ".subversion", realm(closed))
    with open_connection(closed, backend, credentials) as connection:
        assert connection.head() == HEAD
        connection.export("special", HEAD, tmp_path / "out")
    assert (tmp_path / "out/vendor/setup.py").exists()
    with open_connection(closed, backend, credentials) as connection:
        assert connection.head() == HEAD, "they must still be stored"


def test_the_cached_password_of_another_user_is_not_used(backend: str, closed: str, user: Path) -> None:
    cache_password(user / ".subversion", realm(closed))
    assert "user name and password" in refusal(closed, backend, Credentials("john")).reason


def test_given_credentials_go_before_cached_ones(backend: str, closed: str, user: Path) -> None:
    cache_password(user / ".subversion", realm(closed), password="outdated")
    with open_connection(closed, backend, GOOD) as connection:
        assert connection.head() == HEAD


def test_libsvn_tells_given_credentials_to_no_other_server(
    tmp_path: Path, user: Path, closed_svn_server: Server, dav_server: Httpd
) -> None:
    # The same password would do there; but an external may lead anywhere.
    for number, elsewhere in enumerate(
        (
            f"svn://localhost:{closed_svn_server.port}/main/plain/trunk",
            f"http://localhost:{dav_server.port}/closed/main/plain/trunk",
        )
    ):
        history = MemoryRepository()
        history.commit({"trunk/file.txt": "text", "trunk": Folder({"svn:externals": f"{elsewhere} vendor"})})
        url = create(tmp_path / f"repository-{number}", history)
        with open_connection(url, "subversion", GOOD) as connection:
            with pytest.raises(RepositoryError, match=r"external.*(E215004|E170001)"):
                connection.export("trunk", "1", tmp_path / "out")
            cache_password(user / ".subversion", realm(elsewhere.removesuffix("/plain/trunk")))
            connection.export("trunk", "1", tmp_path / f"out-{number}")
        assert (tmp_path / f"out-{number}/vendor/setup.py").exists()


def test_the_svn_program_gets_no_password_where_others_can_see_it(
    tmp_path: Path, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    program = tmp_path / "svn"
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > "{seen}"; env >> "{seen}"; cat > "{seen}.stdin"\nexit 1\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(RepositoryError):
        open_connection("http://example.com/svn", "subversion-cli", GOOD).head()
    assert PASSWORD not in seen.read_text()
    assert {"--non-interactive", "--no-auth-cache", "LC_ALL=C.UTF-8"} < set(seen.read_text().splitlines())
    assert Path(f"{seen}.stdin").read_text() == PASSWORD


OPEN = """
import sys
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.subversion.opening import open_connection
open_connection(sys.argv[1], sys.argv[2], Credentials()).head()
"""


def test_nobody_is_asked_even_at_a_terminal(
    backend: str, closed: str, tls_url: str, user: Path, tmp_path: Path
) -> None:
    need("script")
    program = tmp_path / "open.py"
    program.write_text(OPEN)
    for url in (closed, tls_url):
        command = f"'{sys.executable}' '{program}' '{url}' {backend}"
        with subprocess.Popen(
            ["script", "--quiet", "--return", "--command", command, os.devnull],
            stdin=subprocess.PIPE,  # stays open and silent: a question would wait
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            text=True,
        ) as process:
            try:
                assert process.wait(timeout=30) == 1
            finally:
                process.kill()
            assert process.stdout is not None
            printed = process.stdout.read()
            assert "RepositoryError" in printed
            assert "Password for" not in printed
            assert "(R)eject" not in printed


# https


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def tls_server(
    tmp_path_factory: pytest.TempPathFactory, repositories: Path, certificate: Certificate
) -> Iterator[Httpd]:
    with dav(repositories, tmp_path_factory.mktemp("tls"), certificate) as httpd:
        yield httpd


@pytest.fixture
def tls_url(tls_server: Httpd) -> str:
    return f"https://localhost:{tls_server.port}/open/main"


def reads(url: str, backend: str, folder: Path) -> bool:
    """Whether url answers and its folders can be exported."""
    with open_connection(url, backend) as connection:
        connection.export("special", connection.head(), folder / "out")
    return (folder / "out/vendor/setup.py").exists()


def test_an_unknown_authority_is_not_trusted(backend: str, tls_url: str) -> None:
    error = refusal(tls_url, backend)
    assert "certificate is not trusted" in error.reason
    assert "ssl-authority-files" in error.hint


def test_an_authority_in_the_users_servers_file_is_trusted(
    backend: str, tls_url: str, certificate: Certificate, user: Path, tmp_path: Path
) -> None:
    (user / ".subversion").mkdir()
    settings = f"[global]\nssl-authority-files = {certificate.authority}\n"
    (user / ".subversion/servers").write_text(settings)
    assert reads(tls_url, backend, tmp_path)


def test_an_authority_in_the_environment_is_trusted(
    backend: str, tls_url: str, certificate: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    assert reads(tls_url, backend, tmp_path)


def test_libsvn_trusts_the_authorities_of_the_system(
    tls_url: str, certificate: Certificate, user: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Python's OpenSSL is the system's; subvertpy's wheel brings one that looks elsewhere.
    paths = ssl.get_default_verify_paths()._replace(cafile=str(certificate.authority))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    assert reads(tls_url, "subversion", tmp_path)


def test_libsvn_trusts_them_for_the_externals_of_any_repository(
    tls_url: str, certificate: Certificate, user: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    history = MemoryRepository()
    external = Folder({"svn:externals": f"{tls_url}/plain/trunk vendor"})
    history.commit({"trunk/file.txt": "text", "trunk": external})
    url = create(tmp_path / "repository", history)
    paths = ssl.get_default_verify_paths()._replace(cafile=str(certificate.authority))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    with open_connection(url, "subversion") as connection:
        connection.export("trunk", "1", tmp_path / "out")
    assert (tmp_path / "out/vendor/setup.py").exists()


def test_a_certificate_accepted_for_good_is_trusted(
    backend: str, tls_url: str, tls_server: Httpd, certificate: Certificate, user: Path, tmp_path: Path
) -> None:
    realm = f"https://localhost:{tls_server.port}"
    trust_certificate(user / ".subversion", realm, certificate.file, failures=8)
    assert reads(tls_url, backend, tmp_path)


def test_a_certificate_for_another_host_is_not_trusted(
    backend: str, tls_server: Httpd, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    error = refusal(f"https://{LOOPBACK}:{tls_server.port}/open/main", backend)
    assert "certificate is not trusted" in error.reason


# ssh


@pytest.fixture
def ssh_arguments(tmp_path: Path, repositories: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that gets the arguments of an ssh which serves the repositories of this machine."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("ssh", "plink"):
        program = folder / name
        program.write_text(
            f'#!/bin/sh\necho {name} "$@" >> "{tmp_path / "arguments"}"\n'
            f'exec svnserve -t -r "{repositories}"\n'
        )
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "arguments"


def test_ssh_never_asks(backend: str, ssh_arguments: Path, tmp_path: Path) -> None:
    need("svnserve")
    assert reads("svn+ssh://reader@example.com/main", backend, tmp_path)
    for line in ssh_arguments.read_text().splitlines():
        assert line.startswith("ssh ")
        assert "-o BatchMode=yes" in line
        assert line.endswith("-- reader@example.com svnserve -t")


def test_a_repository_is_read_through_a_real_sshd(
    backend: str, user: Path, tmp_path: Path, history: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("svnserve")
    create(tmp_path / "main", history)
    (tmp_path / "sshd").mkdir()
    sshd = Sshd(tmp_path / "sshd")
    # Subversion has no port in such URLs.
    port = f"-p {sshd.server.port} --"
    url = sshd.url(tmp_path / "main").replace("git+ssh:", "svn+ssh:").replace(f":{sshd.server.port}", "")
    with sshd.server:
        # Without the key of the host, ssh would ask whether to trust it.
        stranger = "ssh -F /dev/null -oBatchMode=yes -oUserKnownHostsFile=/dev/null"
        monkeypatch.setenv("SVN_SSH", f"{stranger} {port}")
        assert refusal(url, backend).hint
        monkeypatch.setenv("SVN_SSH", f"{sshd.ssh} {port}")
        tag_filter = TagFilter(url)
        with open_repository(url, backend) as repository:
            assert (repository.head(), repository.is_local) == (HEAD, False)
            found = repository.all_tags(tag_filter)
            project, tag = next((each, tag) for each in found.projects for tag in each.tags)
            path = tag_path(project.path, tag.name)
            exported = tmp_path / "exported"
            made = Tag(url, project.path, tag.name, path, tag.version, tag.revision, tag.time, "x")
            repository.export(made, repository.head(), exported)
        expected = tmp_path / "expected"
        SubversionRepository(lambda: history).export(made, history.head(), expected)
        assert {each.name for each in exported.iterdir()} == {each.name for each in expected.iterdir()}


def test_an_ssh_of_the_users_own_choice_is_used_as_it_is(
    backend: str, ssh_arguments: Path, user: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("svnserve")
    (user / ".subversion").mkdir()
    (user / ".subversion/config").write_text("[tunnels]\nssh = $SVN_SSH plink -batch\nother = plink -other\n")
    assert reads("svn+ssh://example.com/main", backend, tmp_path / "home")
    assert reads("svn+other://example.com/main", backend, tmp_path / "bin")
    (user / ".subversion/config").unlink()
    monkeypatch.setenv("SVN_SSH", "plink -mine")
    assert reads("svn+ssh://example.com/main", backend, tmp_path)
    called = {line.split()[1] for line in ssh_arguments.read_text().splitlines()}
    assert called == {"-batch", "-other", "-mine"}


def test_an_ssh_that_fails_is_explained(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SVN_SSH", "false")
    assert "ssh" in refusal("svn+ssh://example.com/main", backend).hint


# locales

EXPORT = """
import locale, sys
from pathlib import Path
from sdistmaker_recipe.vcs.subversion.opening import open_connection
url, backend, destination = sys.argv[1:]
with open_connection(url, backend) as connection:
    names = [entry.name for entry in connection.entries("names", "8")]
    connection.export("names", "8", Path(destination))
sys.stdout.buffer.write("\\n".join(names).encode())
"""


@pytest.mark.parametrize("setting", ["C", "POSIX"])
def test_any_name_is_exported_in_the_c_locale(
    backend: str, user: Path, repositories: Path, tmp_path: Path, setting: str
) -> None:
    out = tmp_path / "out umläut"
    url = (repositories / "main").as_uri()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(user),
        "LC_ALL": setting,
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", EXPORT, url, backend, str(out)], env=environment, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    wanted = sorted(
        path.rpartition("/")[2]
        for path in make_history().revisions[-1].tree
        if path.count("/") == 1 and path.startswith("names/")
    )
    assert done.stdout.decode().splitlines() == wanted
    assert sorted(os.fsencode(path.name) for path in out.iterdir()) == [name.encode() for name in wanted]


# loading


@pytest.fixture(params=[libsvn, program], ids=BACKENDS)
def loader(request: pytest.FixtureRequest, user: Path) -> ModuleType:
    if request.param is program:
        need("svnadmin")
    module: ModuleType = request.param
    return module


def test_a_dump_becomes_a_repository(loader: ModuleType, tmp_path: Path, history: MemoryRepository) -> None:
    folder = tmp_path / "new ü@1"
    url = loader.load_repository(folder, io.BytesIO(dump(history)))
    assert url == f"{tmp_path.as_uri()}/new%20%C3%BC@1"
    with open_connection(url) as connection:
        assert connection.head() == HEAD
        assert connection.uuid() == history.uuid()
        assert [entry.name for entry in connection.entries("plain/tags", HEAD)] == ["1.0", "1.1"]
    assert list(tmp_path.glob("*new*")) == [folder]


def test_a_compressed_stream_is_read_as_it_comes(
    loader: ModuleType, tmp_path: Path, history: MemoryRepository
) -> None:
    (tmp_path / "dump.gz").write_bytes(gzip.compress(dump(history)))
    with gzip.open(tmp_path / "dump.gz") as stream:
        url = loader.load_repository(tmp_path / "new", stream)
    with open_connection(url) as connection:
        assert connection.head() == HEAD


def test_a_broken_dump_leaves_nothing(loader: ModuleType, tmp_path: Path, history: MemoryRepository) -> None:
    text = dump(history)
    for broken in (
        b"",
        b"nonsense",
        text[: len(text) // 2],
        text.replace(b"Node-action: add", b"Node-action: ad", 1),
    ):
        with pytest.raises(RepositoryError, match=tmp_path.as_uri()):
            loader.load_repository(tmp_path / "new", io.BytesIO(broken))
        assert not list(tmp_path.glob("*new*"))


def test_a_repository_that_is_there_stays(
    loader: ModuleType, tmp_path: Path, history: MemoryRepository
) -> None:
    loader.load_repository(tmp_path / "new", io.BytesIO(dump(history)))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OSError, match="new"):
        loader.load_repository(tmp_path / "new", io.BytesIO(dump(MemoryRepository())))
    assert sorted(tmp_path.rglob("*")) == before
