"""Globs of project names, as regular expressions."""

from __future__ import annotations

import re

import pytest

from sdistmaker_recipe.webserver.globs import glob_pattern


class TestGlobs:
    @pytest.mark.parametrize(
        ("glob", "names", "others"),
        [
            ("Acme.*", ["acme-x", "acme-x-y"], ["acme", "acmex", "xacme-x"]),
            ("acme*", ["acme", "acmex", "acme-x"], ["xacme"]),
            ("a_.-b", ["a-b"], ["a--b", "ab"]),
            ("ab?", ["abc", "ab1"], ["ab", "abcd"]),
            ("x[._]y", ["x-y"], ["xy", "x.y"]),
            ("x[A-C_]", ["xa", "xc", "x-"], ["xd"]),
            ("x[!a-c]", ["xd", "x-"], ["xa"]),
        ],
    )
    def test_normalised(self, glob, names, others):
        pattern = glob_pattern(glob, normalised=True)
        assert [name for name in (*names, *others) if re.fullmatch(pattern, name)] == names

    @pytest.mark.parametrize(
        ("glob", "names", "others"),
        [("Acme.*", ["acme.x"], ["acme-x", "acmeyx"]), ("x[._]y", ["x.y", "x_y"], ["x-y"])],
    )
    def test_written(self, glob, names, others):
        pattern = glob_pattern(glob, normalised=False)
        assert [name for name in (*names, *others) if re.fullmatch(pattern, name)] == names
