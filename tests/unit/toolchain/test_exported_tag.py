"""The files of a tag, and the name of the folder that they get."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.exported_tag import list_files, read_exported_tag, tree_name
from tests.unit.values import a_tag


def write(folder: Path, **files: str) -> Path:
    """Files by their names, where a double underscore stands for a dot."""
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, "utf-8")
    return folder


class TestTreeName:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("setup__cfg", "[versioneer]\nparentdir_prefix = acme-\n"),
            ("setup__py", "versioneer.parentdir_prefix = 'acme-'\n"),
            ("pyproject__toml", '[tool.versioneer]\nparentdir_prefix = "acme-"\n'),
        ],
    )
    def test_is_what_versioneer_takes_the_version_from(self, tmp_path, name, content):
        assert tree_name(write(tmp_path, **{name: content}), a_tag("1.2")) == "acme-1.2"

    def test_is_a_plain_one_elsewhere(self, tmp_path):
        assert tree_name(write(tmp_path, setup__py="setup()"), a_tag("1.2")) == "tree"

    def test_is_never_a_path(self, tmp_path):
        tree = write(tmp_path, setup__cfg="parentdir_prefix = ../../x-\n")
        assert "/" not in tree_name(tree, a_tag("1.2"))
        tree = write(tmp_path, setup__cfg="parentdir_prefix = x-\n")
        assert tree_name(tree, a_tag("1.2", version="../1")) == "tree"


def test_exported_files_are_files_and_links_but_no_folders(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    for path in ("setup.py", "a/b/c.txt", "a/.hidden"):
        (tmp_path / path).touch()
    (tmp_path / "to-folder").symlink_to("a")
    (tmp_path / "to-nothing").symlink_to("nothing")
    assert list_files(tmp_path) == {"setup.py", "a/b/c.txt", "a/.hidden", "to-folder", "to-nothing"}


@pytest.mark.parametrize("encoding", ["utf-8", "iso8859-1", "ascii"])
@pytest.mark.parametrize("name", ["plain.txt", "Zoë.txt"])
def test_names_that_another_locale_misreads_are_refused(tmp_path, monkeypatch, encoding, name):
    (tmp_path / "export").mkdir()
    for path in ("setup.py", name):
        (tmp_path / "export" / path).touch()
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: encoding)
    export = (tmp_path / "export", tmp_path / "tree", a_tag("1.2"))
    if encoding == "utf-8" or name.isascii():
        assert read_exported_tag(*export).files == {"setup.py", name}
        return
    with pytest.raises(BuildError, match=f"names are {encoding}. Set .* LC_ALL to C.UTF-8") as caught:
        read_exported_tag(*export)
    assert not caught.value.is_permanent
