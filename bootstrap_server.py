"""Serves an index on this machine alone, to look at it and to install from it: python3 bootstrap.py serve.

Apache and nginx do the same for everybody, with the configuration that sdists_from_tags writes for them. This
server only shows what is there: it redirects no name to the public index.
"""

import io
import os
import sys
import threading
import webbrowser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
"""What pip and uv accept (PEP 691)."""
MEDIA_TYPES = {"index.json": SIMPLE_JSON, "releases.atom": "application/atom+xml"}
"""Of the files whose suffix does not say it."""
XHTML = "application/xhtml+xml"
"""What browsers accept and installers do not."""


class IndexHandler(SimpleHTTPRequestHandler):
    """Answers for a folder with its page for people, as JSON or as HTML, whatever the client accepts."""

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """Send the headers, for a folder those of the page that fits the client."""
        path = self.path.partition("?")[0]
        if path.endswith("/"):
            folder = Path(self.translate_path(path))
            page = page_for(self.headers.get("Accept", ""))
            # A folder for old clients has no page for people. One without any page is a private name's: 404.
            self.path = path + (page if (folder / page).is_file() else "index.html")
        return super().send_head()

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        """The media type of a file."""
        return MEDIA_TYPES.get(Path(path).name) or super().guess_type(path)

    def end_headers(self) -> None:
        """Let no cache give a browser what was for pip."""
        self.send_header("Vary", "Accept")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing of each request."""


def page_for(accept: str) -> str:
    """The name of a folder's page for a client with this Accept header."""
    if XHTML in accept:
        return "about.html"
    return "index.json" if SIMPLE_JSON in accept else "index.html"


def make_server(folder: Path) -> ThreadingHTTPServer:
    """A server of a folder at a free port, which listens already."""
    handler = partial(IndexHandler, directory=str(folder))
    return ThreadingHTTPServer(("127.0.0.1", 0), handler)


def serve(folder: Path, *, with_browser: bool) -> int:
    """Serve a folder until Ctrl-C; the exit status."""
    with make_server(folder) as server:
        url = f"http://127.0.0.1:{server.server_port}/"
        print(f"The index is at {url}\nTo end this, press Ctrl-C.", flush=True)
        if with_browser and has_display():
            # Some browsers keep the one who opens them waiting.
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nEnded.", flush=True)
    return 0


def has_display() -> bool:
    """Whether a browser can open a window here."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
