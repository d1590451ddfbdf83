"""Machine code is recognised."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.wheels.native_code import BYTES_NEEDED, is_native_code


@pytest.mark.parametrize(
    "path", ["a.so", "pkg/a.cpython-311-x86_64-linux-gnu.so", "a.PYD", "a.dll", "a.o", "a.a"]
)
def test_by_the_name_of_a_file(path):
    assert is_native_code(path, b"text")


@pytest.mark.parametrize(
    "beginning",
    [
        b"\x7fELF\2\1\1",
        b"!<arch>\n/ ",
        b"\xcf\xfa\xed\xfe\7",
        b"MZ" + bytes(0x3A) + b"\x40\0\0\0" + b"PE\0\0",
    ],
)
def test_by_the_first_bytes(beginning):
    assert is_native_code("data.bin", beginning)


@pytest.mark.parametrize("beginning", [b"", b"MZ", b"MZ is how this text begins" * 9, b"#!/bin/sh\n"])
def test_text_is_none(beginning):
    assert not is_native_code("pkg/module.py", beginning)


def test_this_interpreter_is_some():
    assert is_native_code("python", Path(sys.executable).read_bytes()[:BYTES_NEEDED])
