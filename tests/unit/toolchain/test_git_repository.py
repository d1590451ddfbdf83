"""The tags of the throw-away git repository."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.toolchain.git_repository import is_tag_name, tag_names
from tests.unit.values import a_tag


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("1.2.3", "1.2.3", ("v1.2.3", "1.2.3")),
        ("v1.2.3", "1.2.3", ("v1.2.3", "1.2.3")),
        ("acme-1.2.3", "1.2.3", ("acme-1.2.3", "v1.2.3", "1.2.3")),
        ("1.0-RC1", "1.0-RC1", ("1.0-RC1", "v1.0rc1", "1.0rc1")),
        ("1.0-final-fix", "1.0-final-fix", ("v1.0-final-fix", "1.0-final-fix")),
        ("release 1.0", "1.0", ("v1.0", "1.0")),
        ("1.0..2", "1.0..2", ()),
    ],
)
def test_the_version_itself_is_the_youngest(tmp_path, name, version, expected):
    assert tag_names(a_tag(name, version=version), tmp_path) == expected


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("setup.cfg", "[versioneer]\ntag_prefix = rel-\n", ("v1.2", "1.2", "rel-1.2")),
        ("pyproject.toml", '[tool.versioneer]\ntag_prefix = "v"\n', ("1.2", "v1.2")),
        ("setup.cfg", "[versioneer]\ntag_prefix =\nparentdir_prefix = acme-\n", ("v1.2", "1.2")),
        ("setup.py", "versioneer.tag_prefix = ''\n", ("v1.2", "1.2")),
    ],
)
def test_the_prefix_of_versioneer_is_younger(tmp_path, file, text, expected):
    (tmp_path / file).write_text(text)
    assert tag_names(a_tag("1.2"), tmp_path) == expected


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a b",
        "1.0..2",
        "-1",
        ".1",
        "1.",
        "1/",
        "a//b",
        "a.lock",
        "1~2",
        "1^",
        "1:2",
        "1?",
        "1*",
        "1[",
        "@",
    ],
)
def test_git_takes_no_such_tag(name):
    assert not is_tag_name(name)


@pytest.mark.parametrize("name", ["1.0", "v1!2.0", "1.0+local.1", "release/1.0", "Ä-1.0", "a@b"])
def test_git_takes_others(name):
    assert is_tag_name(name)
