"""The files WHEEL and RECORD of a wheel."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.wheels.wheel_records import (
    RecordedFile,
    WheelFacts,
    check_record,
    format_record,
    format_wheel,
    parse_record,
    parse_wheel,
)

SHA256 = hashlib.sha256(b"x").hexdigest()
DIGESTS = {"sha256": SHA256}


class TestWheel:
    def test_states_each_python_for_every_platform(self):
        assert format_wheel("py2.py3").decode().splitlines() == [
            "Wheel-Version: 1.0",
            "Generator: sdistmaker_recipe",
            "Root-Is-Purelib: true",
            "Tag: py2-none-any",
            "Tag: py3-none-any",
        ]

    def test_is_read_as_it_is_written(self):
        assert parse_wheel(format_wheel("py38")) == WheelFacts(True, ("py38-none-any",))

    @pytest.mark.parametrize("text", [b"", b"Root-Is-Purelib: false\n", b"Root-Is-Purelib:\n"])
    def test_is_for_one_platform_unless_it_says_otherwise(self, text):
        assert not parse_wheel(b"Wheel-Version: 1.0\n" + text).is_purelib

    def test_of_old_tools_has_other_line_ends_and_versions(self):
        text = b"Wheel-Version: 1.9\r\nroot-is-purelib: True\r\nTag: py2-none-any\r\nTag: py3-none-any\r\n"
        assert parse_wheel(text) == WheelFacts(True, ("py2-none-any", "py3-none-any"))

    @pytest.mark.parametrize("text", [b"", b"Wheel-Version: 2.0\n", b"\xff\xfe"])
    def test_of_an_unknown_format_is_refused(self, text):
        with pytest.raises(BuildError, match="unknown Wheel-Version"):
            parse_wheel(text)


class TestRecord:
    @given(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), min_size=1))
    )
    def test_is_read_as_it_is_written(self, paths):
        content = format_record([(path, SHA256, 1) for path in paths], "a.dist-info/RECORD")
        listed = parse_record(content)
        assert listed.pop("a.dist-info/RECORD") == RecordedFile("", "", None)
        assert listed == dict.fromkeys(paths, RecordedFile("sha256", SHA256, 1))

    def test_may_name_the_algorithm_in_capitals_as_python_2_does(self):
        assert parse_record(b"a,SHA256=AA,\n") == {"a": RecordedFile("sha256", "00", None)}

    @pytest.mark.parametrize("text", [b"\xff", b"a,sha256=AA,many", b"a,sha256=A,1", b"a" * 200_000])
    def test_that_cannot_be_read_is_refused(self, text):
        with pytest.raises(BuildError, match=r"^The wheel's RECORD cannot be read: "):
            parse_record(text)

    @pytest.mark.parametrize("size", [1, None])
    def test_may_leave_out_sizes(self, size):
        check_record({"a": RecordedFile("sha256", SHA256, size)}, "a", DIGESTS, 1)

    @pytest.mark.parametrize(
        ("recorded", "reason"),
        [
            (None, "does not list 'a'"),
            (RecordedFile("sha256", SHA256, 2), "another file than 'a'"),
            (RecordedFile("sha256", "00", 1), "another file than 'a'"),
            (RecordedFile("md5", hashlib.md5(b"x").hexdigest(), 1), "another file than 'a'"),
            (RecordedFile("", "", None), "another file than 'a'"),
        ],
    )
    def test_that_lies_is_refused(self, recorded, reason):
        with pytest.raises(BuildError, match=reason):
            check_record({"a": recorded} if recorded else {}, "a", DIGESTS, 1)
