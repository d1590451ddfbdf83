"""A public index, in a thread of the test's own process, that remembers what it was asked."""

from __future__ import annotations

import gzip
import re
import ssl
import threading
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.process import LOOPBACK
from tests.support.subversion import Certificate

JSON = "application/vnd.pypi.simple.v1+json"
ETAG = '"public"'


@dataclass(frozen=True)
class Asked:
    """One request, as it came."""

    method: str
    path: str
    headers: Message


@dataclass
class Upstream:
    """Answers each path with a page, JSON or HTML; as a context manager it runs.

    A path that ends with /moved-301/ is redirected by that status, one with /unknown/ is 404. With a
    certificate it speaks https only.
    """

    certificate: Certificate | None = None
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        upstream = self

        class Bound(_Handler):
            asked = upstream.asked

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Bound)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        port = self._server.server_address[1]
        return f"https://localhost:{port}" if self.certificate else f"http://{LOOPBACK}:{port}"

    def __enter__(self) -> Upstream:
        if self.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate.file, self.certificate.key)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    asked: list[Asked]
    timeout = 5

    def do_GET(self) -> None:
        self.asked.append(Asked(self.command, self.path, self.headers))
        if moved := re.search("/moved-([0-9]+)/$", self.path):
            self._answer(int(moved[1]), {"Location": "/elsewhere/"})
        elif self.path.endswith("/unknown/"):
            self._answer(404, {})
        elif self.headers["If-None-Match"] == ETAG:
            self._answer(304, {"ETag": ETAG})
        else:
            self._page()

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.do_GET()

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # a client that does not trust us went away
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass

    def _page(self) -> None:
        json = JSON in self.headers.get("Accept", "")
        body = (b'{"name": "public"}' if json else b"<!DOCTYPE html><title>public</title>") + b" " * 2000
        headers = {"ETag": ETAG, "Content-Type": JSON if json else "text/html"}
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body)
            headers["Content-Encoding"] = "gzip"
        self._answer(200, headers, body)

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        always = {
            "Cache-Control": "max-age=600, public",
            "Expires": "Fri, 01 Jan 2100 00:00:00 GMT",
            "Last-Modified": "Fri, 01 Jan 2100 00:00:00 GMT",
            "Set-Cookie": "tracked=yes",
            "Vary": "Accept-Encoding",
        }
        self.send_response(status)
        for name, value in {**always, **headers}.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
