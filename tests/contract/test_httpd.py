"""The servers that tests start: up when they say so, gone afterwards, and loud when they fail."""

from __future__ import annotations

import socket
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.support import httpd as support
from tests.support.httpd import Httpd, make_passable
from tests.support.nginx import Nginx
from tests.support.process import LOOPBACK, Server, ServerDiedError, answers, free_port
from tests.support.requirements import need

SITE = """
<VirtualHost {loopback}:{port}>
    DocumentRoot "{site}"
    <Directory "{site}">
        Require all granted
    </Directory>
</VirtualHost>
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder that servers can read, with one page."""
    folder = tmp_path / "site"
    folder.mkdir()
    make_passable(folder)
    (folder / "page.txt").write_text("hello")
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder for a server's own files."""
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def test_apache_serves_what_its_configuration_says(site: Path, run: Path) -> None:
    with Httpd(run, lambda port: SITE.format(loopback=LOOPBACK, port=port, site=site)) as httpd:
        assert httpd.configtest() == "Syntax OK"
        with urllib.request.urlopen(f"{httpd.url}/page.txt", timeout=10) as answer:
            assert answer.read() == b"hello"
    assert "GET /page.txt" in httpd.access_log.read_text()
    assert not answers(httpd.port)


def test_apache_is_stopped_when_a_test_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Httpd(tmp_path, "") as httpd:
        raise ZeroDivisionError
    assert not answers(httpd.port)


@pytest.mark.parametrize(
    ("config", "wrong"),
    [
        ("Nonsense on", "Nonsense"),
        ("LoadModule x_module /nowhere.so", "nowhere.so"),
        ('ErrorLog "/nowhere/log"', "/nowhere/"),
    ],
)
def test_apache_says_what_is_wrong_with_its_configuration(tmp_path: Path, config: str, wrong: str) -> None:
    httpd = Httpd(tmp_path, config)
    assert wrong in httpd.configtest()
    with pytest.raises(ServerDiedError, match=wrong), httpd:
        pass


def test_apache_takes_another_port_where_one_was_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        ports = iter([port, free_port()])
        monkeypatch.setattr(support, "free_port", lambda: next(ports))
        with Httpd(tmp_path, "") as httpd:
            assert httpd.port != port
            assert answers(httpd.port)


def test_nginx_serves_what_its_configuration_says(site: Path, run: Path) -> None:
    with Nginx(run, f'location /site/ {{ alias "{site}/"; }}', "server_tokens off;") as nginx:
        assert "test is successful" in nginx.configtest()
        with urllib.request.urlopen(f"{nginx.url}/site/page.txt", timeout=10) as answer:
            assert answer.read() == b"hello"
            assert answer.headers["Server"] == "nginx"
    assert "GET /site/page.txt" in nginx.access_log.read_text()
    assert not answers(nginx.port)


def test_nginx_says_what_is_wrong_with_its_configuration(tmp_path: Path) -> None:
    nginx = Nginx(tmp_path, "nonsense on;")
    assert 'unknown directive "nonsense"' in nginx.configtest()
    with pytest.raises(ServerDiedError, match="nonsense"), nginx:
        pass
    assert not answers(nginx.port)


def test_a_server_that_ends_or_never_answers_is_an_error(tmp_path: Path) -> None:
    talk = [sys.executable, "-c", "print('no thanks')"]
    with pytest.raises(ServerDiedError, match="no thanks"), Server(talk, free_port(), tmp_path / "log"):
        pass
    wait = [sys.executable, "-c", "import time; time.sleep(60)"]
    silent = Server(wait, free_port(), tmp_path / "log", timeout=0.2)
    with pytest.raises(ServerDiedError, match="did not answer"), silent:
        pass


def test_what_is_missing_skips_a_test_and_fails_it_on_ci(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("sh", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-program"):
        need("sh", "no-such-program")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-file"):
        need(str(tmp_path / "no-such-file"))
