"""What a built archive has to have: the files that its build reads, and Python code if the tag has any."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.build_context import BuildContext
from sdistmaker_recipe.toolchain.isolation.deadline import Deadline
from sdistmaker_recipe.toolchain.sdist_checks import MissingFilesError, check_files, lacks_code


@pytest.fixture
def context(tmp_path: Path) -> BuildContext:
    made = BuildContext(tmp_path, tmp_path, Deadline(30), {})
    made.log.write_text("what was printed\n")
    return made


def test_files_that_nothing_reads_may_be_left_out(context):
    check_files({"docs/index.rst"}, {"setup.py"}, context)


def test_other_backends_read_no_manifest(context):
    with pytest.raises(MissingFilesError) as caught:
        check_files({"docs/r.rst"}, {"docs/r.rst"}, context, by_setuptools=False)
    assert caught.value.reason == (
        "The build reads docs/r.rst, which the archive lacks. "
        "Let the build backend include it in a new tag: see its settings in pyproject.toml."
    )


@pytest.mark.parametrize("folder", ["", "src/"])
def test_files_of_egg_info_are_made_anew(context, folder):
    old = f"{folder}acme.egg-info/entry_points.txt"
    check_files({old}, {"setup.py", old}, context)


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        (
            ["NEWS.txt"],
            (
                "The build reads NEWS.txt, which the archive lacks. Add it to MANIFEST.in in a new tag, "
                "or set include-versioned-files = always."
            ),
        ),
        (
            ["f", "e", "d", "c", "b", "a"],
            (
                "The build reads a, b, c, d, e, which the archive lacks. "
                "Add them to MANIFEST.in in a new tag, or set include-versioned-files = always."
            ),
        ),
    ],
    ids=["one", "many"],
)
def test_files_that_the_build_reads_are_named(context, missing, reason):
    with pytest.raises(MissingFilesError) as caught:
        check_files(missing, [*missing, "setup.py"], context)
    assert (caught.value.reason, caught.value.log) == (reason, "what was printed\n")


class TestLacksCode:
    @pytest.mark.parametrize(
        "archived",
        [[], ["setup.py", "PKG-INFO", "pkg.egg-info/SOURCES.txt"], ["tests/test_a.py", "docs/conf.py"]],
    )
    def test_where_nothing_of_it_is_in_the_archive(self, archived):
        assert lacks_code(["setup.py", "src/pkg/__init__.py"], archived)

    @pytest.mark.parametrize("archived", [["src/pkg/__init__.py"], ["pkg.py"], ["pkg/fast.pyx"]])
    def test_not_where_a_module_is(self, archived):
        assert not lacks_code(["setup.py", "src/pkg/__init__.py", "src/pkg/other.py"], archived)

    def test_not_where_the_tag_has_none(self):
        assert not lacks_code(["setup.py", "data/prices.csv", "tests/test_data.py", "docs/conf.py"], [])
