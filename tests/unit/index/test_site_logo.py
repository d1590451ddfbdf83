"""The picture of the option site-logo: known by its content, and small."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import ConfigurationError
from sdistmaker_recipe.index.layout import LOGO_FILES
from sdistmaker_recipe.index.site_logo import MAX_SIZE, read_logo

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


def logo_of(folder: Path, content: bytes, name: str = "picture") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (PNG, "logo.png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "logo.jpg"),
        (b"RIFF\x0a\x00\x00\nWEBPVP8 ", "logo.webp"),
        (SVG, "logo.svg"),
        (b"<svg:svg xmlns:svg='http://www.w3.org/2000/svg'>", "logo.svg"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- Made - by hand > me -->\n\n" + SVG, "logo.svg"),
        (b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">' + SVG, "logo.svg"),
        (b"<!DOCTYPE svg [<!ENTITY ns 'http://www.w3.org/2000/svg'>]>\n" + SVG, "logo.svg"),
    ],
)
def test_is_known_by_its_content(tmp_path, content, name):
    logo = read_logo(logo_of(tmp_path, content, "picture.gif"))
    assert logo == (name, content)
    assert logo.name in LOGO_FILES


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<html><svg></svg></html>",
        b"<!DOCTYPE html><svg>",
        b"<svgx>",
        b"RIFF\0\0\0\0WAVE",
        b"text",
    ],
)
def test_of_another_type_is_refused(tmp_path, content):
    with pytest.raises(ConfigurationError, match=r"site-logo = .*: is not a picture in the format PNG, SVG"):
        read_logo(logo_of(tmp_path, content, "logo.png"))


def test_may_be_no_larger_than_every_page_can_load(tmp_path):
    assert read_logo(logo_of(tmp_path, PNG.ljust(MAX_SIZE, b"\0"))).name == "logo.png"
    with pytest.raises(ConfigurationError, match="is larger than 256 kB"):
        read_logo(logo_of(tmp_path, PNG.ljust(MAX_SIZE + 1, b"\0")))


def test_must_be_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "missing.png", tmp_path, tmp_path / "pipe"):
        with pytest.raises(ConfigurationError, match="is not a file"):
            read_logo(path)


def test_says_why_it_cannot_be_read(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read: File name too long"):
        read_logo(tmp_path / f"{'x' * 300}.png")


def test_is_recognised_quickly_whatever_it_is(tmp_path):
    for piece in (b"<!---", b"<!-- -->", b"<!DOCTYPE svg ", b"<?xml ", b" ", b"<!-- - -", b"<!DOCTYPE svg[]"):
        with pytest.raises(ConfigurationError):
            read_logo(logo_of(tmp_path, piece * (MAX_SIZE // len(piece))))
