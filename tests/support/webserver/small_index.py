"""A small index of every kind of thing that may lie in one."""

from __future__ import annotations

from pathlib import Path

from tests.support.httpd import make_passable

ARCHIVE = b"\x1f\x8b" + b"bytes of an archive " * 500
SECRET = b"outside of the index"
MANY_LINES = "<!-- long enough to be compressed -->\n" * 50


def write(path: Path, content: bytes | str = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def add_pages(folder: Path, name: str, *, json: bool = True) -> None:
    write(folder / "index.html", f"<!DOCTYPE html><title>{name}</title>\n{MANY_LINES}")
    if json:
        write(folder / "index.json", f'{{"name": "{name}"}}\n' + " " * 1000)


SNEAKY_ARCHIVES = (
    "my_pkg_one-1.0.tar.gz",
    "my.de.pkg.es.one-1.0+tr.de.tar.gz",
    "my.cgi.pkg.var.latin9.html.one-1.0.tar.gz",
)


ROOT_CONTENT = {
    "failed.html": f"<!DOCTYPE html><title>failed</title>\n{MANY_LINES}",
    "releases.atom": f"<feed/>\n{MANY_LINES}",
    "style.css": "/* long enough to be compressed */\n" * 50,
    "search.js": "// long enough to be compressed\n" * 50,
    "feed.css": "/* long enough to be compressed */\n" * 50,
    "logo.svg": "<svg/>",
    "logo.jpg": "picture",
    "logo.png": "picture",
    "logo.webp": "picture",
}


SNEAKY_WHEELS = (
    "my_pkg_one-2.0-py3-none-any.whl",
    "my_pkg_one-2.0.gz.de-py2.py3-none-any.whl",
    "my_pkg_one-2.0+svn.es-py38-none-any.whl",
)
"""Wheels in whose names a web server may see a language or an encoding."""

FOREIGN_FILES = (
    "passwords.txt",
    "dump.sql",
    "dump.tar.gz",
    "index.php",
    "index.html~",
    "style.css.bak",
    "release",
    "backup/db.sql",
    "backup/index.htm",
    "my-pkg-one/setup.py",
    "my-pkg-one/notes.html",
    "my-pkg-one/style.css",
    "my-pkg-one/index.html.orig",
    "my-pkg-one/#index.html#",
    "my-pkg-one/about-1.0",
    "my-pkg-one/my_pkg_one-1.0.tar.gz~",
    "my-pkg-one/my_pkg_one-1.0.tar.gz.bak",
    "my-pkg-one/my_pkg_one-1.0.metadata",
    "my-pkg-one/inner/my_pkg_one-1.0.tar.gz",
    "my-pkg-one/inner/index.html",
)
"""What people leave in the folder of an index."""
OTHER_FILES_OF_AN_INDEX = (
    "my-pkg-one/my_pkg_one-1.0-py3-none-any.whl",
    "my-pkg-one/my_pkg_one-1.0-py3-none-any.whl.metadata",
    "My_Old.Folder/My_Old.Folder-0.1.tgz",
    "My_Old.Folder/My_Old.Folder-0.2.TAR.GZ",
    "My_Old.Folder/My_Old.Folder-0.2.tar.bz2",
    "My_Old.Folder/My_Old.Folder-0.2.tar.bz2.asc",
    "My_Old.Folder/My_Old.Folder-0.2.win32.exe",
    "My_Old.Folder/My_Old.Folder-0.2-py2.4.egg",
    "my-pkg-one/about-1.0.html",
    "my-pkg-one/about-1.0.zip.html",
)
"""What another tool, the administrator, or a later version puts there."""


def make_index(folder: Path) -> Path:
    """A small index of every kind of thing that may lie in one."""
    add_pages(folder, "root")
    add_pages(folder / "my-pkg-one", "my-pkg-one")
    for archive in SNEAKY_ARCHIVES:
        write(folder / "my-pkg-one" / archive, ARCHIVE)
        write(folder / "my-pkg-one" / f"{archive}.metadata", "Metadata-Version: 2.2\n")
    write(folder / "my-pkg-one" / "my_pkg_one-0.9.zip", ARCHIVE)
    write(folder / "my-pkg-one" / ".my_pkg_one-1.1.tar.gz.tmp", SECRET)
    write(folder / "my-pkg-one" / "inner" / "file.txt", SECRET)
    add_pages(folder / "html-only", "html-only", json=False)
    add_pages(folder / "acme-ours", "acme-ours")
    add_pages(folder / "my-old", "my-old")
    add_pages(folder / "My.Old", "My.Old", json=False)
    write(folder / "My.Old" / "My.Old-1.1.tar.gz", ARCHIVE)
    for parent in ("", "my-pkg-one/", "My.Old/"):
        write(folder / parent / "about.html", f"<!DOCTYPE html><title>about {parent}</title>\n{MANY_LINES}")
    for name, content in ROOT_CONTENT.items():
        write(folder / name, content)
    (folder / "was-private").mkdir()
    write(folder / "half-gone" / "index.json", "{}")
    add_pages(folder / ".new", "unfinished")
    add_pages(folder / "style-css", "style-css")
    write(folder / ".htaccess", "Require all denied\n")
    write(folder / "secret", SECRET).rename(folder.parent / "secret")
    (folder / "link-to-file").symlink_to(folder.parent / "secret")
    (folder / "link-to-folder").symlink_to(folder.parent)
    (folder / "my-pkg-one" / "linked-1.0.tar.gz").symlink_to(folder.parent / "secret")
    for path in (*FOREIGN_FILES, ".git/config"):
        write(folder / path, SECRET)
    for path in OTHER_FILES_OF_AN_INDEX:
        write(folder / path, ARCHIVE)
    add_spellings(folder)
    make_passable(folder)
    return folder


def add_spellings(folder: Path) -> None:
    """A project whose name is My.Lib_Two in setup.py and My.Lib-Two in metadata, with all of its folders."""
    add_pages(folder / "my-lib-two", "my-lib-two")
    for name in ("My.Lib-Two", "my.lib-two"):
        add_pages(folder / name, name, json=False)


PATHS_OF_EACH_KIND = (
    "/",
    "/my-pkg-one/",
    "/My.Pkg_One",
    "/requests/",
    "/requests",
    "/acme-x/",
    "/a/b",
    "/.new/",
    "",
    "/requests/?x",
    f"/{'a' * 300}/",
)
"""Pages, redirects, reserved names and refused requests, where the public index is not fetched from."""
