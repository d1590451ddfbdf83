"""Modules that setup.py imports without declaring them: what to install for the common ones.

A name is installed only if this table has it. The name of an unknown module could be that of a private
project, and a stranger could have it on the public index. The user names such requirements by the option
build-requires.

The versions are those that were tried with each Python. numpy.distutils needs an old setuptools and no Python
after 3.11; sphinx.setup_command is gone from Sphinx 7, and pip.req from pip 10.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from sdistmaker_recipe.toolchain.ladder import Interpreter, Rung
from sdistmaker_recipe.toolchain.requirements import distribution

MAX_ROUNDS = 3
"""How many modules in turn the ladder installs for one tag."""

_NEWEST = (3, 99)


class _Cure(NamedTuple):
    """Requirements (PEP 508) that give a module, and the oldest and newest Python with which they work."""

    requirements: tuple[str, ...]
    oldest: tuple[int, int] = (2, 7)
    newest: tuple[int, int] = _NEWEST

    def fits(self, python: Interpreter) -> bool:
        return self.oldest <= python.version <= self.newest


_OLD_PIP = (_Cure(("pip<10", "setuptools<58"), (3, 6), (3, 9)), _Cure(("pip<10",), newest=(2, 7)))
_CURES: dict[str, tuple[_Cure, ...]] = {
    "Cython": (
        _Cure(("Cython<3", "setuptools<81"), (3, 6), (3, 12)),
        _Cure(("Cython", "setuptools<81"), (3, 13)),
        _Cure(("Cython<3",), newest=(2, 7)),
    ),
    "astropy_helpers": (_Cure(("astropy-helpers", "setuptools<58"), (3, 6), (3, 9)),),
    "attr": (_Cure(("attrs",)),),
    "babel": (_Cure(("Babel", "setuptools<81"), (3, 6)), _Cure(("Babel<2.10",), newest=(2, 7))),
    "bdist_mpkg": (_Cure(("bdist_mpkg",), newest=(2, 7)),),
    "buildutils": (_Cure(("buildutils",), newest=(2, 7)),),
    "cffi": (_Cure(("cffi",)),),
    "coverage": (_Cure(("coverage",)),),
    "cx_Freeze": (_Cure(("cx_Freeze",), (3, 6)),),
    "d2to1": (_Cure(("d2to1",), newest=(2, 7)),),
    "dateutil": (_Cure(("python-dateutil",)),),
    "django": (_Cure(("Django<4",), (3, 6), (3, 9)), _Cure(("Django",), (3, 10))),
    "docutils": (_Cure(("docutils",)),),
    "dunamai": (_Cure(("dunamai",), (3, 6)),),
    "git": (_Cure(("GitPython",)),),
    "jinja2": (_Cure(("Jinja2",)),),
    "jupyter_packaging": (_Cure(("jupyter-packaging", "setuptools<81"), (3, 7)),),
    "markdown": (_Cure(("Markdown",)),),
    "nose": (_Cure(("nose", "setuptools<58"), (3, 6), (3, 9)), _Cure(("nose",), newest=(2, 7))),
    "numpy": (
        _Cure(("numpy<2",), (3, 6), (3, 12)),
        _Cure(("numpy",), (3, 13)),
        _Cure(("numpy<1.17",), newest=(2, 7)),
    ),
    "numpy.distutils": (
        _Cure(("numpy<2", "setuptools<60"), (3, 11), (3, 11)),
        _Cure(("numpy<1.23", "setuptools<60"), (3, 6), (3, 10)),
        _Cure(("numpy<1.17",), newest=(2, 7)),
    ),
    "packaging": (_Cure(("packaging",)),),
    "paver": (
        _Cure(("Paver",), (3, 10)),
        _Cure(("Paver<1.3", "setuptools<58"), (3, 6), (3, 9)),
        _Cure(("Paver<1.3",), newest=(2, 7)),
    ),
    "pip": (_Cure(("pip",)),),
    "pip._internal.download": (_Cure(("pip>=10,<19.4",), newest=(3, 9)),),
    "pip._internal.req": (_Cure(("pip>=10,<20.1",), newest=(3, 9)),),
    "pip.download": _OLD_PIP,
    "pip.req": _OLD_PIP,
    "pkgconfig": (_Cure(("pkgconfig",)),),
    "py2app": (_Cure(("py2app", "setuptools<81"), (3, 6)),),
    "pybind11": (_Cure(("pybind11",)),),
    "pypandoc": (_Cure(("pypandoc",)),),
    "pytest": (_Cure(("pytest",)),),
    "relic": (_Cure(("relic",), newest=(3, 8)),),
    "requests": (_Cure(("requests",)),),
    "setupdocs": (_Cure(("SetupDocs",), newest=(2, 7)),),
    "setuptools_trial": (_Cure(("setuptools_trial", "setuptools<58"), (3, 6), (3, 9)),),
    "simplejson": (_Cure(("simplejson",)),),
    "six": (_Cure(("six",)),),
    "skbuild": (_Cure(("scikit-build",), (3, 6)),),
    "sphinx": (_Cure(("Sphinx<7", "setuptools<81"), (3, 6), (3, 12)), _Cure(("Sphinx<2",), newest=(2, 7))),
    "stsci.distutils": (_Cure(("stsci.distutils",), newest=(2, 7)),),
    "toml": (_Cure(("toml",)),),
    "versioningit": (_Cure(("versioningit",), (3, 8)),),
    "versiontools": (_Cure(("versiontools",)),),
    "yaml": (_Cure(("PyYAML",)),),
}
"""The cures of a module and of the modules in it. The longest name that fits counts."""

# Distributions of other names than their modules, for messages only.
_DISTRIBUTIONS = {
    "Crypto": "pycryptodome",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyOpenSSL",
    "PIL": "Pillow",
    "bs4": "beautifulsoup4",
    "sklearn": "scikit-learn",
}
# Packages that many distributions share, each with a name of two parts.
_NAMESPACES = {
    *(
        "Products",
        "archetypes",
        "backports",
        "collective",
        "five",
        "flaskext",
        "google",
        "grokcore",
        "jaraco",
    ),
    *("mr", "paste", "plone", "plonetheme", "repoze", "sphinxcontrib", "tracopt", "z3c", "zc", "zope"),
}
_MISSING = re.compile(r"^(?:ModuleNotFoundError|ImportError): No module named '?([A-Za-z_][\w.]*)'?")
_REPLACED_MODULES = {"distutils", "pkg_resources", "setuptools"}
_PYTHON_2_MODULES = {
    *("ConfigParser", "Cookie", "HTMLParser", "Queue", "StringIO", "UserDict", "__builtin__", "cPickle"),
    *("cStringIO", "commands", "cookielib", "exceptions", "httplib", "imp", "new", "sets", "thread"),
    *("urllib2", "urlparse", "xmlrpclib"),
}


def missing_module(reason: str, log: str, files: Collection[str], setup_py: str = "") -> str:
    """The full name of the module that a build lacks by its failure; "" for any other failure.

    ``files`` are those of the tag: a module of its own is not one to install, nor is one of Python.
    ``setup_py`` is the text of setup.py, for tracebacks without its lines.
    """
    if not (match := _MISSING.match(reason)):
        return ""
    name = _whole_name(match[1], log, setup_py)
    top = name.partition(".")[0]
    if top in _REPLACED_MODULES | _PYTHON_2_MODULES | set(sys.stdlib_module_names):
        return ""
    if any(path.removeprefix("src/").startswith((f"{top}/", f"{top}.")) for path in files):
        return ""
    return name


def _whole_name(name: str, log: str, setup_py: str) -> str:
    """The name as the failing line of code has it: a module in a package, or a package with its module.

    Python 3 names the first part that is missing, Python 2 only the last one in a package that is there.
    """
    inner = rf"{re.escape(name)}(?:\.\w+)*"
    for pattern in (inner, rf"(?:\w+\.)+{inner}"):
        in_log: list[str] = re.findall(rf"^\s+(?:from|import)\s+({pattern})(?![\w.])", log, re.MULTILINE)
        if in_log:
            return in_log[-1]
    # The traceback does not tell which of several lines it was.
    in_setup_py = set(re.findall(rf"^\s*(?:from|import)\s+({inner})(?![\w.])", setup_py, re.MULTILINE))
    return in_setup_py.pop() if len(in_setup_py) == 1 else name


def rung_with_module(
    module: str, rung: Rung, pythons: Iterable[Interpreter], private_names: Collection[str]
) -> Rung | None:
    """The rung with what gives the module installed; None if the table does not have the module.

    ``pythons`` are the interpreters to change to if the module does not work with the rung's own, the best
    first. ``private_names`` (normalised) are never installed.
    """
    for python in (rung.python, *pythons):
        for cure in _cures(module):
            if cure.fits(python):
                return _with_cure(cure, rung, python, private_names)
    return None


def _cures(module: str) -> tuple[_Cure, ...]:
    parts = module.split(".")
    names = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((_CURES[name] for name in names if name in _CURES), ())


def _with_cure(cure: _Cure, rung: Rung, python: Interpreter, private_names: Collection[str]) -> Rung | None:
    names = {distribution(requirement) for requirement in cure.requirements}
    # A name without a version is one of this table, for a module that this module is in.
    present = tuple(item for item in rung.requirements if item not in names)
    installed = {distribution(requirement) for requirement in present}
    is_tried = set(cure.requirements) <= set(rung.requirements)
    if names & set(private_names) or is_tried or names - {"setuptools"} <= installed:
        return None
    kept = tuple(item for item in rung.constraints if distribution(item) not in names)
    base = rung.name if python == rung.python else python.label
    return rung._replace(
        name=f"{base} with {', '.join(cure.requirements)}",
        python=python,
        constraints=kept,
        requirements=(*present, *cure.requirements),
    )


def known_distributions() -> Iterator[str]:
    """The normalised names of all distributions that ``rung_with_module`` may install."""
    for cures in _CURES.values():
        yield from (distribution(requirement) for cure in cures for requirement in cure.requirements)


def cure_for_module(module: str, project: str, python: Interpreter, *, has_package: bool = False) -> str:
    """The sentences that tell how to install this module for a project.

    With ``has_package`` the package that should hold the module is installed already.
    """
    if cures := _cures(module):
        requirements = next((cure for cure in cures if cure.fits(python)), cures[0]).requirements
        line = f"build-requires = {project} {' '.join(requirements)}"
        return f"The tag does not declare it. To install it, set {line}"
    top, _, rest = module.partition(".")
    guess = _DISTRIBUTIONS.get(top, top)
    if top in _NAMESPACES and rest:
        guess = f"{top}.{rest.partition('.')[0]}"
    if has_package:
        return (
            f"The {top} that is installed does not have it. If an older one has, set build-requires = "
            f"{project} {guess}<VERSION"
        )
    return (
        f"The tag does not declare it. If the index has it by the name {guess}, set build-requires = "
        f"{project} {guess}"
    )
