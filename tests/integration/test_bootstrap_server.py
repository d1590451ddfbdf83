"""The server of ``bootstrap.py serve``: its pages, its media types, pip as a client, and its end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import bootstrap_server
from tests.support.process import answers

ROOT = Path(__file__).parents[2]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PIP = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
WHEEL = "acme_hello-1.0-py3-none-any.whl"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A small index: a project with a wheel, its folder for old clients, and the marker of a private name."""
    folder = tmp_path / "index"
    project = folder / "acme-hello"
    project.mkdir(parents=True)
    (folder / "acme-secret").mkdir()
    (folder / "Acme.Hello").mkdir()
    (folder / "Acme.Hello/index.html").write_text("old clients")
    for name in ("about.html", "index.html", "releases.atom"):
        (folder / name).write_text(f"root {name}")
    (project / "about.html").write_text("for people")
    (project / "index.html").write_text(f'<a href="{WHEEL}">{WHEEL}</a>')
    files = f'[{{"filename": "{WHEEL}", "url": "{WHEEL}", "hashes": {{}}}}]'
    (project / "index.json").write_text(
        f'{{"meta": {{"api-version": "1.0"}}, "name": "acme-hello", "files": {files}}}'
    )
    with zipfile.ZipFile(project / WHEEL, "w") as wheel:
        info = "acme_hello-1.0.dist-info"
        wheel.writestr("acme_hello.py", "")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: acme-hello\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(
            f"{info}/RECORD", f"acme_hello.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )
    return folder


@pytest.fixture
def url(index: Path) -> Iterator[str]:
    with bootstrap_server.make_server(index) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def get(url: str, accept: str = "*/*") -> tuple[str, str]:
    """The media type and the text of an answer."""
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept})) as answer:
        return answer.headers["Content-Type"], answer.read().decode("latin-1")


@pytest.mark.parametrize(
    ("path", "accept", "media_type", "text"),
    [
        ("/", BROWSER, "text/html", "root about.html"),
        ("/acme-hello/", BROWSER, "text/html", "for people"),
        ("/acme-hello", BROWSER, "text/html", "for people"),
        ("/acme-hello/?from=search", BROWSER, "text/html", "for people"),
        ("/acme-hello/", PIP, "application/vnd.pypi.simple.v1+json", '{"meta"'),
        ("/acme-hello/", "text/html", "text/html", "<a href"),
        ("/acme-hello/", "*/*", "text/html", "<a href"),
        ("/", PIP, "text/html", "root index.html"),
        ("/Acme.Hello/", BROWSER, "text/html", "old clients"),
        ("/releases.atom", BROWSER, "application/atom+xml", "root releases.atom"),
        (f"/acme-hello/{WHEEL}", "*/*", "application/octet-stream", "PK"),
    ],
)
def test_each_client_gets_its_page(url: str, path: str, accept: str, media_type: str, text: str) -> None:
    got_type, got_text = get(url + path, accept)
    assert got_type == media_type
    assert got_text.startswith(text)


@pytest.mark.parametrize("path", ["/acme-secret/", "/unknown/", "/../secret.txt"])
def test_a_private_name_without_a_release_and_anything_else_is_not_found(
    url: str, index: Path, path: str
) -> None:
    (index.parent / "secret.txt").touch()
    with pytest.raises(urllib.error.HTTPError) as error:
        get(url + path, BROWSER)
    assert error.value.code == 404
    error.value.close()


def test_pip_installs_from_it(url: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "NO_PROXY": "*"}
    pip = [sys.executable, "-I", "-m", "pip", "install", "--no-cache-dir", "--target", tmp_path / "installed"]
    done = subprocess.run(
        [*pip, "--index-url", url, "acme-hello"], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "installed/acme_hello.py").exists()


def test_ctrl_c_ends_it_and_frees_the_port(index: Path) -> None:
    program = (
        "import bootstrap_server, pathlib, sys\n"
        "sys.exit(bootstrap_server.serve(pathlib.Path(sys.argv[1]), with_browser=False))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, index],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout
            first = process.stdout.readline()
            address = re.fullmatch(r"The index is at (http://127\.0\.0\.1:(\d+)/)\n", first)
            assert address, first
            assert process.stdout.readline() == "To end this, press Ctrl-C.\n"
            assert get(address[1], BROWSER)[1] == "root about.html"
            process.send_signal(signal.SIGINT)
            rest, _ = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0
    assert rest.strip() == "Ended."
    assert not answers(int(address[2]))


@pytest.mark.parametrize(("display", "opened"), [(":0", True), ("", False)])
def test_a_browser_is_opened_only_where_there_is_a_display(
    index: Path, monkeypatch: pytest.MonkeyPatch, display: str, opened: bool
) -> None:
    monkeypatch.setattr(bootstrap_server.sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    asked = threading.Event()
    monkeypatch.setattr(bootstrap_server.webbrowser, "open", lambda url: asked.set())

    def interrupted(_server: object) -> None:
        asked.wait(5 if opened else 0.2)
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap_server.ThreadingHTTPServer, "serve_forever", interrupted)
    assert bootstrap_server.serve(index, with_browser=True) == 0
    assert asked.is_set() == opened
