"""Values in metadata that are how Python prints something else than text."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.toolchain.ladder import Interpreter, Rung, rungs_after_failure
from sdistmaker_recipe.toolchain.metadata_check import odd_values

HEAD = "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n"


def odd(text: str) -> list[tuple[str, bool]]:
    return [(value.field, value.is_bytes) for value in odd_values(text.encode())]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("Summary: b'Zo\\xc3\\xab'", "Summary"),
        ('Author: b"Zoe\'s"', "Author"),
        ("Description: b'two\\nlines'", "Description"),
        ("Keywords: b'one',b'two'", "Keywords"),
        ("Classifier: b'Framework :: Zope'", "Classifier"),
        ("Summary: By b'Zo\\xc3\\xab', for all", "Summary"),
        ('Author: Zoe, b"Zo\\xc3\\xab\'s"', "Author"),
    ],
)
def test_bytes_are_found_in_every_field(line, field):
    assert odd(f"{HEAD}{line}\n\nText\n") == [(field, True)]


def test_bytes_are_found_in_a_name_and_a_version_whose_quotes_setuptools_replaces():
    assert odd("Name: b-acme-\nVersion: b-1.0-\n") == [("Name", True), ("Version", True)]


def test_bytes_are_found_in_the_text_below_the_header():
    assert odd(f"{HEAD}\nb'A long\\ntext'\n") == [("Description", True)]
    assert odd(f"{HEAD}\nb'Readme\\n\\n'\n\nb'Changes\\n'\n") == [("Description", True)]


@pytest.mark.parametrize(
    "value",
    [
        "None",
        "u'Zoe'",
        "('Zoe',)",
        "['a', 'b']",
        "[u'a']",
        "<function read at 0x7f12>",
        "<_io.TextIOWrapper name='x'>",
        "<generator object <genexpr> at 0x7f12>",
        "<module 'x' from 'y'>",
        "<acme.Thing object at 0x7f>",
    ],
)
def test_other_values_are_found(value):
    assert odd(f"{HEAD}Summary: {value}\n") == [("Summary", False)]


@pytest.mark.parametrize(
    "value",
    [
        "b'x' or b'y', what differs",
        "b-tree",
        "(fast) lists",
        "<b>bold</b>",
        "Nonetheless",
        "a u'x'",
        "sub'\\xc3'",
    ],
)
def test_text_is_text(value):
    assert odd(f"{HEAD}Summary: {value}\n\nSome text\nb'x'\n") == []


def test_a_name_may_begin_with_b():
    assert odd("Name: b-tree\nVersion: 1.0\n") == []


def test_python_2_and_nothing_else_is_tried_for_bytes():
    three = Rung("setuptools 81", Interpreter("python3", (3, 11)))
    two = Rung("python2.7", Interpreter("python2.7", (2, 7)))
    (value,) = odd_values(f"{HEAD}Summary: b'x'\n".encode())
    assert rungs_after_failure(value.reason, [three, two]) == (two,)
    assert value.reason == (
        "setup.py gives bytes for Summary, which Python 3 writes as b'x'. Give text in a new tag, or install "
        "Python 2.7, which writes the text."
    )
