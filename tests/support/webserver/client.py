"""A client of an index that sends requests as they are, and what it is answered."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

PIP = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
UV = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What pages of an index let a browser load and run."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    url: str

    @property
    def type(self) -> str:
        return self.headers.get_content_type()

    @property
    def target(self) -> str:
        """Where a redirect leads to, as an absolute URL."""
        return urljoin(self.url, self.headers["Location"])

    @property
    def vary(self) -> set[str]:
        return {name.strip().lower() for name in ",".join(self.headers.get_all("Vary", [])).split(",")}


@dataclass(frozen=True)
class Site:
    """An index that a server shows."""

    port: int
    prefix: str
    index: Path

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{self.prefix}{path}"

    def get(self, path: str, accept: str | None = None, *, method: str = "GET", **headers: str) -> Answer:
        """What path below the index answers, sent as it is and without following redirects."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if accept is not None:
            sent["Accept"] = accept
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, self.prefix + path, headers=sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read(), self.url(path))
        finally:
            connection.close()
