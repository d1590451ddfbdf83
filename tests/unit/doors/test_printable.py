"""Text for a console: nothing that comes from a tag moves the cursor, hides text or turns its direction."""

from __future__ import annotations

import logging

import pytest

from sdistmaker_recipe.doors.printable import PrintableMessages, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("over\rwritten", "over\\rwritten"),
        ("bell\a, delete\x7f", "bell\\x07, delete\\x7f"),
        ("\x9b31m", "\\x9b31m"),
        ("acme\u202egz.rat", "acme\\u202egz.rat"),
        ("\u2066isolated\u2069", "\\u2066isolated\\u2069"),
        ("a\u200bb\u2060c\ufeff", "a\\u200bb\\u2060c\\ufeff"),
        ("one\u2028line\u2029\x85", "one\\u2028line\\u2029\\x85"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("undecodable \udcff", "undecodable \\udcff"),
    ],
)
def test_what_has_no_shape_is_escaped(text, shown):
    assert printable(text) == shown


@pytest.mark.parametrize("text", ["", "Zähler 数 \u3000 wide\xa0space", "two\n\tlines", "e\u0301 \N{ROCKET}"])
def test_all_other_text_stays(text):
    assert printable(text) == text


def test_messages_of_the_log_are_made_printable(caplog):
    logger = logging.getLogger("sdistmaker_recipe.test")
    caplog.handler.addFilter(PrintableMessages())
    logger.warning("moved %s to %d", "a\u202eb", 1)
    assert caplog.messages == ["moved a\\u202eb to 1"]
