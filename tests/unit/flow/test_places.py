"""Which folders belong to the system, and by which paths they are known."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdistmaker_recipe.flow import places
from sdistmaker_recipe.flow.places import is_document_root, is_same, is_served, spellings, system_folder


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("/etc", "/etc"),
        ("/etc/packages/private", "/etc"),
        ("/usr/lib/python3/private", "/usr"),
        ("/usr/local/lib/private", "/usr/local/lib"),
        ("/usr/share/private", "/usr"),
        ("/proc/self/cwd", "/proc"),
        ("/dev/private", "/dev"),
        ("/run/private", "/run"),
        ("/var/log/private", "/var/log"),
        *(
            (path, path)
            for path in ("/", "/home", "/srv", "/opt", "/tmp", "/var", "/usr/local", "/bin", "/mnt")
        ),
    ],
)
def test_a_folder_of_the_system_is_none_for_an_index(path: str, folder: str) -> None:
    assert system_folder(Path(path)) == Path(folder)


@pytest.mark.parametrize(
    "path",
    [
        *("/srv/packages", "/opt/x", "/var/www/packages", "/var/www/html", "/var/lib/packages", "/tmp/x/y"),
        *("/usr/local/packages", "/usr/share/nginx/html/packages", "/home/alice/packages", "/root/packages"),
        *("/dev/shm/x", "/etcetera", "/srv/etc", "/mnt/disk/bin", "/packages"),
    ],
)
def test_a_folder_below_them_for_each_purpose_is(path: str) -> None:
    assert system_folder(Path(path)) is None


def test_document_roots_are_known_by_path_or_name() -> None:
    assert is_document_root(Path("/var/www/html"))
    assert is_document_root(Path("/home/alice/public_html"))
    assert not is_document_root(Path("/var/www/packages"))


def test_a_folder_of_sites_is_not_served_itself() -> None:
    assert [is_served(Path(path)) for path in ("/var/www", "/var/www/html")] == [False, True]


def test_a_link_is_known_by_both_paths(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/packages")
    assert set(spellings(tmp_path / "link")) >= {tmp_path / "link", Path("/etc/packages")}


def test_a_folder_of_the_system_is_known_by_its_identity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Such as a second mount, or another case of letters where the file system ignores case.
    known = places._identity(Path("/etc"))
    identity = places._identity
    monkeypatch.setattr(places, "_identity", lambda path: known if path == tmp_path else identity(path))
    assert Path("/etc/new/index") in spellings(tmp_path / "new/index")


def test_what_does_not_exist_is_the_same_as_nothing(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "link").symlink_to("one")
    assert is_same(tmp_path / "one", tmp_path / "link")
    assert not is_same(tmp_path / "two", tmp_path / "two")
