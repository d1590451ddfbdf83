"""Symbolic links of a tag that lead out of it are refused; those within it, and to nothing, stay."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.exported_tag import find_files, read_exported_tag
from sdistmaker_recipe.toolchain.outside_links import refuse_packed_links
from tests.unit.values import a_tag

OUTSIDE = {
    "absolute": {"passwd": "/etc/passwd"},
    "parents": {"docs/passwd": "../../../../outside"},
    "all parents": {"passwd": "../" * 40 + "etc/passwd"},
    "parent itself": {"up": ".."},
    "folder": {"etc": "/etc"},
    "through a folder of the tag": {"passwd": "docs/../../../../outside"},
    "link to a link": {"a": "b", "b": "docs/c", "docs/c": "/etc/passwd"},
    "below a link": {"up": "../../..", "secret": "up/outside"},
    "back into the tag by another name": {"again": "/proc/self/environ"},
    "device": {"setup.cfg": "/dev/zero"},
    "build system": {"pyproject.toml": "/etc/passwd"},
    "PKG-INFO of a folder": {"docs/PKG-INFO": "/etc/passwd"},
}
INSIDE = {
    "LICENSE": "docs/LICENSE",
    "pages": "docs",
    "docs/up": "..",
    "docs/same": "../docs/./LICENSE",
    "again": "LICENSE",
    "nothing": "gone",
    "outside and nothing": "/there/is/no/such/file",
    "circle": "circle",
}


def exported(tmp_path: Path, links: dict[str, str]):
    """The tag of such links, as it is read after the export."""
    (tmp_path / "outside").write_text("secret")
    folder = tmp_path / "worker" / "export"
    (folder / "docs").mkdir(parents=True)
    (folder / "docs/LICENSE").write_text("text")
    (folder / "setup.py").write_text("")
    for path, target in links.items():
        (folder / path).symlink_to(target)
    return read_exported_tag(folder, folder.with_name("parent"), a_tag("1.0"))


@pytest.mark.parametrize("name", OUTSIDE)
def test_links_that_lead_out_fail_the_tag(tmp_path, name):
    with pytest.raises(
        BuildError, match=r"^The tag has a symbolic link that leads out of it: .* -> "
    ) as told:
        exported(tmp_path, OUTSIDE[name])
    assert told.value.is_permanent
    assert "Replace the link by a file in a new tag" in told.value.reason


def test_links_that_stay_inside_or_lead_to_nothing_are_kept(tmp_path):
    tag = exported(tmp_path, INSIDE)
    assert tag.files == {"setup.py", "docs/LICENSE", *INSIDE}
    assert (tag.tree / "LICENSE").read_text() == "text"


def test_a_link_in_the_place_of_pkg_info_is_removed(tmp_path):
    tag = exported(tmp_path, {"PKG-INFO": "/etc/passwd"})
    assert tag.files == {"setup.py", "docs/LICENSE"}
    assert not os.path.lexists(tag.tree / "PKG-INFO")


@pytest.mark.parametrize("packed", ["made", "folder/passwd"])
def test_links_that_the_build_made_and_packed_are_refused(tmp_path, packed):
    tree = exported(tmp_path, {}).tree
    (tree / "made").symlink_to("/etc/passwd")
    (tree / "folder").symlink_to("/etc")
    links = find_files(tree).links
    refuse_packed_links(tree, links, ["docs/LICENSE", "made.py", "folders/passwd"])
    with pytest.raises(BuildError, match="put a file of this machine into the archive"):
        refuse_packed_links(tree, links, ["docs/LICENSE", packed])
