"""What a built archive has to have: the files that its build reads, and a version."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.build_context import BuildContext
from sdistmaker_recipe.toolchain.isolation.deadline import Deadline
from sdistmaker_recipe.toolchain.sdist_checks import MissingFilesError, check_files, check_version
from tests.unit.values import a_tag


@pytest.fixture
def context(tmp_path: Path) -> BuildContext:
    made = BuildContext(tmp_path, tmp_path, Deadline(30), {})
    made.log.write_text("what was printed\n")
    return made


def test_files_that_nothing_reads_may_be_left_out(context):
    check_files({"docs/index.rst"}, {"setup.py"}, context)


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


@pytest.mark.parametrize("version", ["0.0.0", "0+unknown"])
def test_a_version_that_stands_for_none_is_refused(context, version):
    with pytest.raises(BuildError) as caught:
        check_version(version, a_tag("1.0"), context)
    assert caught.value.reason == (
        f"The build found no version: its metadata says {version}. "
        "State the version in setup.py, setup.cfg or pyproject.toml in a new tag."
    )
    assert caught.value.log == "what was printed\n"


@pytest.mark.parametrize("name", ["setup.py", "setup.cfg", "pyproject.toml"])
def test_such_a_version_is_accepted_where_a_file_states_it(context, name):
    (context.tree / name).write_text("version = '0.0.0'")
    check_version("0.0.0", a_tag("1.0"), context)


def test_such_a_version_is_accepted_where_the_tag_has_it(context):
    check_version("0.0.0", a_tag("0.0"), context)


def test_any_other_version_is_accepted(context):
    check_version("1.1", a_tag("1.0"), context)
