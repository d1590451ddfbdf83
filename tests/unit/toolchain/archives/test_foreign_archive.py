"""Archives of unknown origin: what their metadata says, and what is refused in little memory and time."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.archives import foreign_archive
from sdistmaker_recipe.toolchain.archives.foreign_archive import read_metadata
from tests.support.old_index import add_archive

KINDS = ("acme-1.0.tar.gz", "acme-1.0.tgz", "acme-1.0.zip")


def tar_of(path: Path, *members: tuple[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def zip_of(path: Path, *members: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


MAKERS = {"acme-1.0.tar.gz": tar_of, "acme-1.0.zip": zip_of}
GOOD = ("acme-1.0/PKG-INFO", b"Metadata-Version: 1.0\nName: acme\nVersion: 1.0\n")


@pytest.fixture(params=MAKERS)
def make(request, tmp_path):
    """Makes an archive, of each kind, of members."""
    return lambda *members: MAKERS[request.param](tmp_path / request.param, *members)


@pytest.mark.parametrize("filename", KINDS)
def test_metadata_of_every_kind_is_read(tmp_path, filename):
    add_archive(tmp_path / filename, "Acme", "1.0", more="Requires-Python: >=2.6\n")
    read = read_metadata(tmp_path / filename)
    assert (read.name, read.version, read.requires_python) == ("Acme", "1.0", ">=2.6")


@pytest.mark.parametrize("filename", KINDS)
def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path, filename):
    content = add_archive(tmp_path / filename, "Acme", "1.0")
    for length in range(0, len(content) - 1, 7):
        (tmp_path / filename).write_bytes(content[:length])
        with pytest.raises(BuildError):
            read_metadata(tmp_path / filename)


@pytest.mark.parametrize("filename", KINDS)
def test_a_file_with_any_byte_changed_never_breaks_off_otherwise(tmp_path, filename):
    content = add_archive(tmp_path / filename, "Acme", "1.0")
    for at in range(0, len(content), 3):
        changed = bytearray(content)
        changed[at] ^= 0x55
        (tmp_path / filename).write_bytes(changed)
        try:
            read = read_metadata(tmp_path / filename)
        except BuildError:
            continue
        assert read.name == "Acme"


def test_what_is_inside_another_folder_is_no_metadata_of_ours(make):
    path = make(GOOD, ("acme-1.0/acme.egg-info/PKG-INFO", b"Name: other\nVersion: 2.0\n"))
    assert read_metadata(path).name == "acme"


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([], "no PKG-INFO"),
        ([("acme-1.0/setup.py", b"")], "no PKG-INFO"),
        ([("PKG-INFO", b"Name: acme\nVersion: 1.0\n")], "no PKG-INFO"),
        ([GOOD, ("other-1.0/PKG-INFO", b"Name: other\nVersion: 1.0\n")], "more than one folder"),
        ([("acme-1.0/PKG-INFO", b"Name: acme\n")], "no Version"),
        ([("acme-1.0/PKG-INFO", b"\xff\xfe\x00")], "no Name"),
    ],
)
def test_what_is_no_source_distribution_is_told(make, members, reason):
    with pytest.raises(BuildError, match=reason):
        read_metadata(make(*members))


def test_bytes_that_are_nothing_are_told(tmp_path):
    for name in KINDS:
        (tmp_path / name).write_bytes(b"<html>not found</html>")
        with pytest.raises(BuildError, match="cannot be read"):
            read_metadata(tmp_path / name)


def test_a_file_that_is_gone_is_told(tmp_path):
    with pytest.raises(BuildError, match="No such file"):
        read_metadata(tmp_path / KINDS[0])


def test_what_unpacks_to_too_much_is_refused(make, monkeypatch):
    monkeypatch.setattr(foreign_archive, "MAX_UNPACKED_BYTES", 3 << 20)
    path = make(GOOD, ("acme-1.0/zeros", bytes(4 << 20)))
    with pytest.raises(BuildError, match="unpacks to more than 3 MiB"):
        read_metadata(path)


def test_metadata_that_is_too_long_is_refused(make):
    path = make(("acme-1.0/PKG-INFO", GOOD[1] + bytes(9 << 20)))
    with pytest.raises(BuildError, match="more than 8 MiB"):
        read_metadata(path)


def test_too_many_members_are_refused(make, monkeypatch):
    monkeypatch.setattr(foreign_archive, "MAX_MEMBERS", 5)
    path = make(GOOD, *((f"acme-1.0/{number}", b"") for number in range(5)))
    with pytest.raises(BuildError, match="more than 5 members"):
        read_metadata(path)


@contextmanager
def little_memory() -> Iterator[None]:
    """Fails when more than 48 MiB were in use at one time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 48 << 20
    finally:
        tracemalloc.stop()


def header(name: str, kind: bytes, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "plain",
    [
        header("x", tarfile.XHDTYPE, 1 << 30) + bytes(64 << 20),
        header("x", tarfile.GNUTYPE_LONGNAME, 1 << 30) + bytes(64 << 20),
        header("acme-1.0/PKG-INFO", tarfile.REGTYPE, 1 << 30) + bytes(64 << 20),
        header("acme-1.0/a", tarfile.REGTYPE, 1 << 60),
        header("x", tarfile.XHDTYPE, 512) * 50_000,
    ],
    ids=["pax", "long-name", "metadata", "far-away", "headers-of-headers"],
)
def test_headers_that_promise_much_take_no_memory(tmp_path, plain):
    path = tmp_path / KINDS[0]
    path.write_bytes(gzip.compress(plain))
    del plain
    with little_memory(), pytest.raises(BuildError):
        read_metadata(path)


def test_a_directory_that_promises_much_takes_no_memory(tmp_path):
    path = zip_of(tmp_path / KINDS[2], GOOD)
    content = bytearray(path.read_bytes())
    end = content.rindex(b"PK\5\6")
    directory = content.index(b"PK\1\2")
    padding = 64 << 20
    content[directory:directory] = bytes(padding)
    struct.pack_into("<LL", content, end + padding + 12, padding + end - directory, directory)
    path.write_bytes(content)
    with little_memory(), pytest.raises(BuildError, match="more than 8 MiB"):
        read_metadata(path)


def test_what_asks_for_a_password_is_told(tmp_path):
    path = zip_of(tmp_path / KINDS[2], GOOD)
    content = bytearray(path.read_bytes())
    for signature, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(signature) + at] |= 1
    path.write_bytes(content)
    with pytest.raises(BuildError, match="password"):
        read_metadata(path)
