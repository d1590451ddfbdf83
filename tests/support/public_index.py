"""A stand-in for the public index on loopback: build requirements, and packages of the tests' own making."""

from __future__ import annotations

import html
import io
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from email.parser import BytesHeaderParser
from pathlib import Path

from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename

from tests.support.process import LOOPBACK, Server, free_port
from tests.support.svndump import START


def download_wheels(folder: Path, requirements: Iterable[str]) -> None:
    """Fetch wheels by name, with what they need, from the index this machine is set up to use."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:"]
    subprocess.run([*pip, "--dest", str(folder), *requirements], check=True)


def add_sdist(folder: Path, name: str, version: str, files: Mapping[str, str]) -> None:
    """Write an sdist of these files, and a PKG-INFO, into folder."""
    stem = f"{canonicalize_name(name).replace('-', '_')}-{version}"
    metadata = f"Metadata-Version: 1.2\nName: {name}\nVersion: {version}\n"
    with tarfile.open(folder / f"{stem}.tar.gz", "w:gz") as archive:
        for path, content in {**files, "PKG-INFO": metadata}.items():
            info = tarfile.TarInfo(f"{stem}/{path}")
            info.size = len(content.encode())
            info.mtime = int(START.timestamp())  # old clients make eggs of it, which cannot be of 1970
            archive.addfile(info, io.BytesIO(content.encode()))


def write_pages(folder: Path) -> None:
    """Write a simple index (PEP 503) of the archives in folder below folder/simple.

    A link to a wheel says what Python it is for, so that no client takes one that is too new for it.
    """
    by_project: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.*")):
        if path.is_file():
            by_project.setdefault(_project(path.name), []).append(path.name)
    for project, names in by_project.items():
        links = "".join(_link(folder / name) for name in names)
        page = folder / "simple" / project / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"<!DOCTYPE html><html><body>{links}</body></html>", "utf-8")
    links = "".join(f'<a href="{project}/">{project}</a><br>' for project in by_project)
    (folder / "simple/index.html").write_text(f"<!DOCTYPE html><html><body>{links}</body></html>", "utf-8")


def serve(folder: Path, log: Path) -> Server:
    """A server, not yet started, of the files in folder."""
    port = free_port()
    command = [sys.executable, "-m", "http.server", "--bind", LOOPBACK, "--directory", str(folder), str(port)]
    return Server(command, port, log)


def simple_url(server: Server) -> str:
    """The URL of the index that a server of ``serve`` shows."""
    return f"http://{LOOPBACK}:{server.port}/simple"


def _link(path: Path) -> str:
    name, python = html.escape(path.name), html.escape(_requires_python(path))
    attribute = f' data-requires-python="{python}"' if python else ""
    return f'<a href="../../{name}"{attribute}>{name}</a><br>'


def _requires_python(path: Path) -> str:
    if path.suffix != ".whl":
        return ""
    with zipfile.ZipFile(path) as wheel:
        (metadata,) = (name for name in wheel.namelist() if re.fullmatch("[^/]+.dist-info/METADATA", name))
        return str(BytesHeaderParser().parsebytes(wheel.read(metadata))["Requires-Python"] or "")


def _project(filename: str) -> str:
    if filename.endswith(".whl"):
        return str(parse_wheel_filename(filename)[0])
    return str(parse_sdist_filename(filename)[0])
