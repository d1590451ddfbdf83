"""A wheel is written the same, however the backend wrote it."""

from __future__ import annotations

import base64
import hashlib
import io
import stat
import zipfile
from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.wheels.wheel_archive import open_wheel
from sdistmaker_recipe.toolchain.wheels.wheel_writing import write_wheel

EPOCH = 1_330_837_567
FILES = {
    "pkg/__init__.py": b"x = 1\n",
    "pkg/b.py": b"",
    "Pkg-1.0.data/scripts/run": b"#!python\n",
    "Pkg-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: Pkg\nVersion: 1.0\n",
    "Pkg-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2-none-any\n",
}


def raw_wheel(folder: Path, files: dict[str, bytes], *, mode: int = 0o644, compression: int = 0) -> Path:
    """A wheel as a backend may write it."""
    path = folder / "Pkg-1.0-py2-none-any.whl"
    lines = []
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(info, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            lines.append(f"{name},sha256={digest},{len(data)}\n")
        archive.writestr("Pkg-1.0.dist-info/RECORD", "".join(lines))
    return path


def written(folder: Path, files: dict[str, bytes] = FILES, epoch: int = EPOCH, **how: int) -> bytes:
    folder.mkdir()
    target = folder / "target"
    with open_wheel(raw_wheel(folder, files, **how)) as wheel:
        write_wheel(wheel, target, "pkg-1.0", "py3", epoch)
    return target.read_bytes()


def infos(content: bytes) -> dict[str, zipfile.ZipInfo]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {info.filename: info for info in archive.infolist()}


def test_order_and_compression_and_modes_of_the_backend_do_not_matter(tmp_path):
    first = written(tmp_path / "1")
    reversed_ = dict(reversed(FILES.items()))
    assert written(tmp_path / "2", reversed_, compression=zipfile.ZIP_BZIP2, mode=0o600) == first


def test_members_are_sorted_and_those_of_dist_info_last(tmp_path):
    assert list(infos(written(tmp_path / "1"))) == [
        "pkg-1.0.data/scripts/run",
        "pkg/__init__.py",
        "pkg/b.py",
        "pkg-1.0.dist-info/METADATA",
        "pkg-1.0.dist-info/WHEEL",
        "pkg-1.0.dist-info/RECORD",
    ]


def test_scripts_are_executable_and_nothing_else_is_said_of_files(tmp_path):
    found = infos(written(tmp_path / "1"))
    assert {name: oct(info.external_attr >> 16) for name, info in found.items()} == {
        name: "0o100755" if name.endswith("/run") else "0o100644" for name in found
    }
    assert {(info.create_system, info.extra, info.comment) for info in found.values()} == {(3, b"", b"")}


@pytest.mark.parametrize(
    ("epoch", "moment"),
    [
        (EPOCH, (2012, 3, 4, 5, 6, 6)),
        (0, (1980, 1, 1, 0, 0, 0)),
        (1 << 40, (2107, 12, 31, 23, 59, 58)),
    ],
)
def test_times_are_that_of_the_sdist_as_far_as_zip_archives_know_it(tmp_path, epoch, moment):
    assert {info.date_time for info in infos(written(tmp_path / "1", epoch=epoch)).values()} == {moment}


def test_compiled_modules_are_left_out_unless_they_have_no_source(tmp_path):
    compiled = {"pkg/__pycache__/b.cpython-311.pyc": b"c", "pkg/b.pyc": b"c", "pkg/only.pyc": b"c"}
    found = infos(written(tmp_path / "1", {**compiled, **FILES}))
    assert [name for name in found if name.endswith(".pyc")] == ["pkg/only.pyc"]


def test_record_lists_all_files_as_they_are(tmp_path):
    with zipfile.ZipFile(io.BytesIO(written(tmp_path / "1"))) as archive:
        lines = archive.read("pkg-1.0.dist-info/RECORD").decode().splitlines()
        names = archive.namelist()
        for line in lines[:-1]:
            name, digest, size = line.split(",")
            data = archive.read(name)
            encoded = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            assert (digest, int(size)) == (f"sha256={encoded}", len(data))
    assert [line.split(",")[0] for line in lines] == names
    assert lines[-1] == "pkg-1.0.dist-info/RECORD,,"
