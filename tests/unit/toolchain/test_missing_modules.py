"""Modules that setup.py imports without declaring them."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.toolchain.ladder import DECLARED, Interpreter, Rung
from sdistmaker_recipe.toolchain.missing_modules import (
    cure_for_module,
    known_distributions,
    missing_module,
    rung_with_module,
)

PYTHONS = {
    version: Interpreter(f"/python{version}", version) for version in ((2, 7), (3, 9), (3, 11), (3, 13))
}
NEW, OTHER, OLD, OLDEST = (PYTHONS[version] for version in ((3, 13), (3, 11), (3, 9), (2, 7)))
FILES = frozenset({"setup.py", "acme/__init__.py", "src/inner/__init__.py", "helper.py"})


def traceback(line: str) -> str:
    return f'Traceback (most recent call last):\n  File "setup.py", line 1, in <module>\n    {line}\n'


class TestMissingModule:
    @pytest.mark.parametrize(
        ("reason", "line", "module"),
        [
            ("ModuleNotFoundError: No module named 'numpy'", "import numpy", "numpy"),
            (
                "ModuleNotFoundError: No module named 'numpy'",
                "from numpy.distutils.core import setup",
                "numpy.distutils.core",
            ),
            (
                "ModuleNotFoundError: No module named 'pip'",
                "from pip.req import parse_requirements",
                "pip.req",
            ),
            ("ModuleNotFoundError: No module named 'pip.req'", "from pip.req import x", "pip.req"),
            ("ImportError: No module named requests", "import requests", "requests"),
            ("ModuleNotFoundError: No module named 'acme_tools'", "import acme_tools", "acme_tools"),
        ],
    )
    def test_is_named_as_the_code_does(self, reason, line, module):
        assert missing_module(reason, traceback(line), FILES) == module

    @pytest.mark.parametrize(
        ("reason", "setup_py", "module"),
        [
            ("ModuleNotFoundError: No module named 'pip'", "import os\nfrom pip.req import x\n", "pip.req"),
            (
                "ModuleNotFoundError: No module named 'pip'",
                "try:\n    from pip._internal.req import x\nexcept ImportError:\n    from pip.req import x\n",
                "pip",
            ),
            ("ModuleNotFoundError: No module named 'pip'", "import acme\n", "pip"),
        ],
    )
    def test_is_named_as_setup_py_does_where_the_log_has_no_line_of_it(self, reason, setup_py, module):
        log = 'Traceback (most recent call last):\n  File "<string>", line 2, in <module>\n'
        assert missing_module(reason, log, FILES, setup_py) == module

    def test_is_named_by_python_2_without_its_package(self):
        log = traceback("from pip.req import parse_requirements")
        assert missing_module("ImportError: No module named req", log, FILES) == "pip.req"

    @pytest.mark.parametrize(
        "reason",
        [
            "ModuleNotFoundError: No module named 'pkg_resources'",
            "ModuleNotFoundError: No module named 'setuptools.command.upload'",
            "ModuleNotFoundError: No module named 'distutils'",
            "ModuleNotFoundError: No module named 'ConfigParser'",
            "ImportError: No module named configparser",
            "ModuleNotFoundError: No module named 'acme.missing'",
            "ModuleNotFoundError: No module named 'inner.missing'",
            "ModuleNotFoundError: No module named 'helper'",
            "RuntimeError: No module named 'numpy'",
            "The archive does not build again: ModuleNotFoundError: No module named 'numpy'",
        ],
    )
    def test_is_none_that_python_setuptools_or_the_tag_has(self, reason):
        assert missing_module(reason, "", FILES) == ""


def cured(module: str, python: Interpreter = OTHER, *, private: frozenset[str] = frozenset()) -> Rung | None:
    return rung_with_module(module, Rung(DECLARED, python), [NEW, OTHER, OLD, OLDEST], private)


class TestRungWithModule:
    @pytest.mark.parametrize(
        ("module", "python", "requirements"),
        [
            ("numpy", OTHER, ("numpy<2",)),
            ("numpy", OLDEST, ("numpy<1.17",)),
            ("numpy.distutils.core", OTHER, ("numpy<2", "setuptools<60")),
            ("numpy.distutils.misc_util", OLD, ("numpy<1.23", "setuptools<60")),
            ("Cython.Distutils", OTHER, ("Cython<3", "setuptools<81")),
            ("sphinx.setup_command", OTHER, ("Sphinx<7", "setuptools<81")),
            ("pip.req", OLD, ("pip<10", "setuptools<58")),
            ("babel.messages.frontend", OTHER, ("Babel", "setuptools<81")),
            ("requests", NEW, ("requests",)),
            ("yaml", NEW, ("PyYAML",)),
        ],
    )
    def test_installs_what_works_with_the_python(self, module, python, requirements):
        rung = cured(module, python)
        assert rung == Rung(f"declared with {', '.join(requirements)}", python, requirements=requirements)

    @pytest.mark.parametrize(
        ("module", "python", "expected"),
        [("numpy.distutils", NEW, OTHER), ("pip.req", OTHER, OLD), ("sphinx", NEW, OTHER)],
    )
    def test_takes_another_python_where_it_has_to(self, module, python, expected):
        rung = cured(module, python)
        assert rung is not None
        assert rung.python == expected
        assert rung.name.startswith(f"{expected.label} with ")

    @pytest.mark.parametrize("module", ["acme_tools", "setupext", "py2exe", "numpyx", "turbogears.finddata"])
    def test_installs_nothing_by_the_name_of_an_unknown_module(self, module):
        assert cured(module) is None

    def test_installs_no_private_name(self):
        assert cured("yaml", private=frozenset({"pyyaml"})) is None
        assert cured("numpy.distutils", private=frozenset({"numpy"})) is None

    def test_keeps_what_else_the_rung_has(self):
        before = Rung("setuptools 65.7", OTHER, ("setuptools==65.7.*",), requirements=("six",))
        rung = rung_with_module("requests", before, [], frozenset())
        assert rung is not None
        assert (rung.constraints, rung.requirements) == (before.constraints, ("six", "requests"))

    def test_replaces_a_constraint_on_setuptools_that_would_not_work(self):
        before = Rung("setuptools 65.7", OTHER, ("setuptools==65.7.*", "wheel<1"))
        rung = rung_with_module("numpy.distutils", before, [], frozenset())
        assert rung is not None
        assert rung.constraints == ("wheel<1",)

    def test_does_not_install_the_same_again(self):
        first = cured("numpy")
        assert first is not None
        assert rung_with_module("numpy.core", first, [], frozenset()) is None

    def test_installs_an_older_one_where_the_newest_lacks_the_module(self):
        first = cured("pip")
        assert first is not None
        second = rung_with_module("pip.req", first, [OLD], frozenset())
        assert second is not None
        assert (second.python, second.requirements) == (OLD, ("pip<10", "setuptools<58"))
        assert rung_with_module("pip.req", second, [OLD], frozenset()) is None

    def test_keeps_a_version_that_the_user_set(self):
        before = Rung("declared", OTHER, requirements=("pip>20",))
        assert rung_with_module("pip.req", before, [OLD], frozenset()) is None

    def test_installs_more_for_another_module(self):
        first = cured("numpy")
        assert first is not None
        second = rung_with_module("yaml", first, [], frozenset())
        assert second is not None
        assert second.requirements == ("numpy<2", "PyYAML")


def test_only_these_distributions_are_ever_installed():
    names = set(known_distributions())
    assert {"numpy", "pyyaml", "stsci-distutils", "setuptools", "pip"} <= names
    assert "setupext" not in names


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("numpy.distutils", "build-requires = ledger numpy<2 setuptools<60"),
        ("acme_tools.build", "build-requires = ledger acme_tools"),
        ("PIL.Image", "build-requires = ledger Pillow"),
        ("bdist_mpkg", "build-requires = ledger bdist_mpkg"),
        ("zope.interface.verify", "build-requires = ledger zope.interface"),
        ("zope", "build-requires = ledger zope"),
    ],
)
def test_the_message_ends_with_the_line_to_set(module, line):
    assert cure_for_module(module, "ledger", OTHER).endswith(line)
