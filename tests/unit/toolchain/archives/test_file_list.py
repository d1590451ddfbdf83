"""Lists of files in place of an archive: what a build wrote is only read where it is what the list says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.archives.archive import open_sdist, read_metadata
from sdistmaker_recipe.toolchain.archives.bounded_reader import MAX_BYTES_IN_MEMORY, MAX_MEMBERS
from sdistmaker_recipe.toolchain.archives.file_list import FIRST_LINE, FileListError, open_file_list
from sdistmaker_recipe.toolchain.archives.members import Sdist
from sdistmaker_recipe.toolchain.archives.repacking import repack
from sdistmaker_recipe.toolchain.shims import sdistmaker_sdist

PKG_INFO = "Metadata-Version: 2.1\nName: acme.ledger\nVersion: 1.0\n\nÄ\n"
SECRET = b"secret"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with some files, which is the current folder, and a file beside it."""
    tree = tmp_path / "tree"
    (tree / "acme").mkdir(parents=True)
    (tree / "setup.py").write_text("x")
    (tree / "acme/ä b.txt").write_text("y")
    (tree / "acme/large").write_bytes(bytes(3 << 20))
    (tree / "PKG-INFO").write_text("of the tag")
    (tmp_path / "secret").write_bytes(SECRET)
    monkeypatch.chdir(tree)
    return tree


@pytest.fixture
def listed(tree: Path) -> dict[str, Any]:
    """The list that the shim makes, with a PKG-INFO that is not the tree's."""
    own = tree.parent / "PKG-INFO"
    own.write_text(PKG_INFO)
    paths = ["setup.py", "acme/ä b.txt", "acme/large", "missing", "acme"]
    sources = {**dict(zip(paths, paths, strict=True)), "PKG-INFO": str(own)}
    return {"top": "acme-1.0", **sdistmaker_sdist.list_files(sources)}


def write(listed: object, tree: Path) -> Path:
    file = tree.parent / "list"
    text = listed if isinstance(listed, str) else json.dumps(listed)
    file.write_bytes(FIRST_LINE + text.encode())
    return file


def read_all(listed: object, tree: Path) -> dict[str, bytes]:
    """The content of each file that the list has."""
    with open_sdist(write(listed, tree), tree) as sdist:
        return {path: read(sdist, path) for path in sdist.file_names()}


def read(sdist: Sdist, path: str) -> bytes:
    with sdist.open_file(sdist.members[path]) as file:
        return file.read()


def test_the_shim_and_the_reader_have_the_same_first_line() -> None:
    assert sdistmaker_sdist.FILE_LIST == FIRST_LINE


def test_has_the_files_of_the_tree_and_those_of_the_build(listed: dict[str, Any], tree: Path) -> None:
    assert read_all(listed, tree) == {
        "PKG-INFO": PKG_INFO.encode(),
        "acme/ä b.txt": b"y",
        "acme/large": bytes(3 << 20),
        "setup.py": b"x",
    }


def test_gives_the_same_bytes_as_an_archive(listed: dict[str, Any], tree: Path) -> None:
    names = {path: path for path in listed["files"]} | {"PKG-INFO": str(tree.parent / "PKG-INFO")}
    (tree / "setup.py").chmod(0o755)
    listed["files"]["setup.py"] = sdistmaker_sdist.list_files({"setup.py": "setup.py"})["files"]["setup.py"]
    archive = tree.parent / "archive.tar.gz"
    sdistmaker_sdist.write_archive(str(archive), {f"acme-1.0/{path}": names[path] for path in names})
    for number, file in enumerate((archive, write(listed, tree))):
        with open_sdist(file, tree) as sdist:
            assert read_metadata(sdist)[:2] == ("acme.ledger", "1.0")
            repack(sdist, tree.parent / f"{number}.tar.gz", "a-1", 1_300_000_000, {"added": b"z"})
    assert (tree.parent / "0.tar.gz").read_bytes() == (tree.parent / "1.tar.gz").read_bytes()


def test_an_archive_is_no_list(tree: Path) -> None:
    (tree.parent / "archive").write_bytes(b"\x1f\x8b")
    assert open_file_list(tree.parent / "archive", tree) is None


def test_without_a_tree_a_list_is_no_archive(listed: dict[str, Any], tree: Path) -> None:
    with pytest.raises(BuildError, match="cannot be read"), open_sdist(write(listed, tree)):
        pass


def rewritten(file: Path) -> None:
    status = file.stat()
    file.write_text("z")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def replaced_by_its_copy(file: Path) -> None:
    copy = file.with_name("copy")
    copy.write_bytes(file.read_bytes())
    os.utime(copy, ns=(0, file.stat().st_mtime_ns))
    copy.replace(file)


def replaced_by_a_link(file: Path) -> None:
    file.rename(file.with_name("moved"))
    file.symlink_to("moved")


def replaced_by_a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


CHANGES: dict[str, Callable[[Path], None]] = {
    "rewritten": rewritten,
    "longer": lambda file: file.write_text("xx"),
    "permissions": lambda file: file.chmod(0o755),
    "time": lambda file: os.utime(file, (1, 1)),
    "removed": Path.unlink,
    "copy": replaced_by_its_copy,
    "link": replaced_by_a_link,
    "pipe": replaced_by_a_pipe,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_has_changed_is_noticed(listed: dict[str, Any], tree: Path, change: str) -> None:
    CHANGES[change](tree / "setup.py")
    with pytest.raises(FileListError):
        read_all(listed, tree)


@pytest.mark.parametrize("value", range(5))
def test_a_file_is_only_read_if_all_is_as_the_list_says(
    listed: dict[str, Any], tree: Path, value: int
) -> None:
    listed["files"]["setup.py"][value] += 1
    with pytest.raises(FileListError, match="has changed"):
        read_all(listed, tree)


def test_a_folder_that_became_a_link_is_not_followed(listed: dict[str, Any], tree: Path) -> None:
    # The file behind it is the same one, and its path as well.
    (tree / "acme").rename(tree.parent / "outside")
    (tree / "acme").symlink_to(tree.parent / "outside")
    with pytest.raises(FileListError, match="has changed"):
        read_all(listed, tree)


def test_a_file_that_changes_after_the_list_was_read_is_noticed(listed: dict[str, Any], tree: Path) -> None:
    with open_sdist(write(listed, tree), tree) as sdist:
        (tree / "setup.py").write_text("zz")
        with pytest.raises(FileListError):
            read(sdist, "setup.py")


def state(path: Path) -> list[int]:
    """What a list says of a file that exists."""
    return sdistmaker_sdist.list_files({str(path): str(path)})["files"][str(path)]


@pytest.mark.parametrize("path", ["{secret}", "../secret", "acme/../../secret", "/../secret", "out/secret"])
def test_no_path_leads_out_of_the_tree(listed: dict[str, Any], tree: Path, path: str) -> None:
    secret = tree.parent / "secret"
    (tree / "out").symlink_to(tree.parent)
    listed["files"][path.format(secret=secret)] = state(secret)
    with pytest.raises((FileListError, BuildError)):
        read_all(listed, tree)


def test_a_device_is_not_read(listed: dict[str, Any], tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    status = (tree / "pipe").stat()
    listed["files"]["pipe"] = [0o644, int(status.st_mtime), 0, status.st_ino, status.st_ctime_ns]
    with pytest.raises(FileListError, match="cannot be opened"):
        read_all(listed, tree)


@pytest.mark.parametrize(
    "changes",
    [
        {"top": None},
        {"top": "\ud800"},
        {"files": []},
        {"files": {"setup.py": [1, 2, 3]}},
        {"files": {"setup.py": [420, 0, "1", 1, 1]}},
        {"files": {"setup.py": [420, 0, 1.5, 1, 1]}},
        {"files": {"\ud800": [420, 0, 1, 1, 1]}},
        {"files": {"setup.py": [420, 0, 3, 1, 1]}, "contents": {"setup.py": "x"}},
        {"files": {"setup.py": [420, 0, 1, 1, 1]}, "contents": {"setup.py": "\u0100"}},
        {"files": {"setup.py": [420, 0, 1, 1, 1]}, "contents": {"setup.py": 1}},
        {"contents": None},
        {"folders": 1},
        {"folders": [1]},
        {"folders": ["\ud800"]},
    ],
    ids=str,
)
def test_a_malformed_list_is_refused(listed: dict[str, Any], tree: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(FileListError, match="The list is malformed"):
        read_all({**listed, **changes}, tree)


@pytest.mark.parametrize("text", ["", "[]", "1", "{", "[" * 100_000, '{"top": "a"}', "9" * 10_000])
def test_what_is_no_list_at_all_is_refused(tree: Path, text: str) -> None:
    with pytest.raises(FileListError, match="The list is malformed"):
        read_all(text, tree)


def test_a_name_with_a_nul_is_refused(listed: dict[str, Any], tree: Path) -> None:
    listed["files"]["a\0b"] = state(tree / "setup.py")
    with pytest.raises(BuildError, match="leads out of it"):
        read_all(listed, tree)


def test_a_list_that_would_fill_the_memory_is_refused(tree: Path) -> None:
    with pytest.raises(FileListError, match="too large"):
        read_all(" " * MAX_BYTES_IN_MEMORY + "{}", tree)


def test_too_many_members_are_refused(listed: dict[str, Any], tree: Path) -> None:
    with pytest.raises(BuildError, match="more than 100000 members"):
        read_all({**listed, "folders": ["a"] * MAX_MEMBERS}, tree)


def test_a_file_that_unpacks_to_too_much_is_refused(listed: dict[str, Any], tree: Path) -> None:
    os.truncate(tree / "setup.py", 5 << 30)
    listed["files"]["setup.py"] = state(tree / "setup.py")
    too_much = pytest.raises(BuildError, match="unpacks to more than 4096 MiB")
    with too_much, open_sdist(write(listed, tree), tree) as sdist:
        repack(sdist, tree.parent / "target", "a-1", 1)


def test_metadata_that_would_fill_the_memory_is_refused(listed: dict[str, Any], tree: Path) -> None:
    os.truncate(tree / "PKG-INFO", MAX_BYTES_IN_MEMORY + 1)
    listed["files"]["PKG-INFO"] = state(tree / "PKG-INFO")
    del listed["contents"]["PKG-INFO"]
    too_large = pytest.raises(BuildError, match="more than 8 MiB")
    with too_large, open_sdist(write(listed, tree), tree) as sdist:
        read_metadata(sdist)


@pytest.mark.parametrize("path", ["link", "folder/setup.py"])
def test_the_shim_lists_nothing_if_there_is_a_link(tree: Path, path: str) -> None:
    (tree / "link").symlink_to("setup.py")
    (tree / "folder").symlink_to("acme")
    (tree / "acme/setup.py").touch()
    assert sdistmaker_sdist.list_files({path: path, "setup.py": "setup.py"}) is None


def test_the_shim_compresses_an_archive_that_would_be_large(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    for name in ("stored", "compressed"):
        sdistmaker_sdist.write_archive(name, {"a-1/large": "acme/large", "a-1/none": "none"})
        sizes.append(Path(name).stat().st_size)
        monkeypatch.setattr(sdistmaker_sdist, "MAX_BYTES_NOT_COMPRESSED", 1 << 20)
    assert sizes[0] > 3 << 20 > 1 << 20 > sizes[1]
