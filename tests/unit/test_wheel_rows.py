"""The table of what became of the wheels of real releases, and the distributions that they require."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet

from tests.support.empty_distributions import fitting_version
from tests.support.wheel_rows import PROPERTY, SDIST_ALONE, Row, read_rows, table

COMPILED = "It has parts that are compiled for one platform."
ROWS = [
    Row("a", "1.0", "declared", "py3", clients={SDIST_ALONE: "error: no", "pip": ""}),
    Row("a", "2.0", "declared", "py3", different=["~a.py"], clients={SDIST_ALONE: "", "pip": "~a.py"}),
    Row("b", "1.0", "declared", reason=COMPILED, clients={SDIST_ALONE: ""}),
    Row("c", "1.0", "declared", reason="It asks for the time."),
    Row("d", "1.0", "declared", reason="It failed.", is_failure=True),
    Row("e", "1.0", reason="SyntaxError"),
]


def test_each_kind_is_counted_and_what_was_tried_with_it():
    header, *lines = (" ".join(line.split()) for line in table(ROWS))
    assert header == "releases same files sdist alone pip"
    assert lines == [
        "pure, py3 2 1 of 2 1 of 2 1 of 2",
        "compiled 1 - 1 of 1 -",
        "no source distribution 1 - - -",
        "pure, none for caution 1 - - -",
        "the wheel fails 1 - - -",
        "all 6 1 of 2 2 of 3 1 of 2",
    ]


def test_pip_without_an_index_is_no_problem_of_a_wheel():
    assert [dict(row.problems) for row in ROWS[:2]] == [{}, {"pip": "~a.py"}]


def test_the_last_row_of_a_release_counts(tmp_path):
    files = [tmp_path / "1.xml", tmp_path / "2.xml"]
    for file, tag in zip(files, ("py2", "py3"), strict=True):
        row = Row("a", "1.0", "declared", tag).as_json().replace('"', "&quot;")
        file.write_text(f'<testsuite><property name="{PROPERTY}" value="{row}"/></testsuite>')
    assert [row.python_tag for row in read_rows(map(str, files))] == ["py3"]


@pytest.mark.parametrize(
    ("specifier", "version"),
    [("", "99999"), (">=1,<2", "1"), (">1.0,<2", "1.0.1"), ("<2", "0"), ("==1.*", "1"), ("<1,>2", None)],
)
def test_a_version_fits_its_specifier(specifier, version):
    assert fitting_version(SpecifierSet(specifier)) == version
