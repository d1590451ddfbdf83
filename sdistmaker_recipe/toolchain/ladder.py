"""The ladder of toolchains: its rungs are tried one after the other until one builds the tag. Pure.

Each setuptools version here is the last one before a release removed something that old tags rely on:
pkg_resources (82), setuptools.command.upload (75), versions that PEP 440 does not know (66), ``from
setuptools import convert_path`` (70), use_2to3 (58), Feature (46). Cython 3 did the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from sdistmaker_recipe.configuration.option_types import BuildRequirements, Pin
from sdistmaker_recipe.names import canonicalize_name
from sdistmaker_recipe.toolchain.requirements import distribution

if TYPE_CHECKING:
    from sdistmaker_recipe.toolchain.build_system import BuildSystem

DECLARED = "declared"
"""The name of the rung that builds a tag with exactly what it declares."""
_WITH_FILES = " with versioned files"
_WITH_GIT = " with a git repository"
_OLD_CYTHON = "Cython 0.29"


class Interpreter(NamedTuple):
    """A Python: its path, or any name that uv finds it by, and its version such as (3, 11)."""

    path: str
    version: tuple[int, int]

    @property
    def label(self) -> str:
        """Its name in reports, such as python3.11."""
        return f"python{self.version[0]}.{self.version[1]}"


class Rung(NamedTuple):
    """One toolchain: an interpreter, and constraints on the packages installed for it (PEP 508).

    With ``has_versioned_files`` the archive gets every file of the tag that MANIFEST.in does not exclude.
    With ``has_git`` the build finds a throw-away git repository of the tag. ``takes_version`` says that the
    version of the metadata is right though it is not the tag's. ``requirements`` are installed in addition to
    those that the tag declares (PEP 508).
    """

    name: str
    python: Interpreter
    constraints: tuple[str, ...] = ()
    has_versioned_files: bool = False
    has_git: bool = False
    takes_version: bool = False
    requirements: tuple[str, ...] = ()

    @property
    def runs_setup_py(self) -> bool:
        """Whether the Python is too old for PEP 517, so that it runs setup.py with its own setuptools."""
        return self.python.version < (3, 6)


FILES_ONLY = Rung("files only", Interpreter("", (3, 0)))
"""Stands for a toolchain if an archive has only the tag's own files, and nothing was built."""


class _Setuptools(NamedTuple):
    """A version of setuptools, and the oldest and newest Python that it runs on."""

    version: str
    oldest: tuple[int, int]
    newest: tuple[int, int]


_SETUPTOOLS = (
    _Setuptools("81", (3, 9), (3, 14)),
    _Setuptools("71.1", (3, 8), (3, 13)),
    _Setuptools("65.7", (3, 7), (3, 12)),
    _Setuptools("57.5", (3, 6), (3, 11)),
    _Setuptools("45.3", (3, 6), (3, 9)),
)

_ENOUGH_FOR_SETUP_PY = {"setuptools", "wheel"}
"""Build requirements with which setup.py runs on an old Python: setuptools is there, wheel is not needed."""

_FOR_ODD_VERSIONS = "setuptools 65.7"

# A pattern in a failure, and the name of the rung that cures it.
_CURES = (
    (r"No module named '?(pkg_resources|setuptools\.pkg_resources)", "setuptools 81"),
    (r"setuptools\.command\.upload", "setuptools 71.1"),
    (r"InvalidVersion|cannot import name '?convert_path|is not PEP 440|Invalid version", _FOR_ODD_VERSIONS),
    (r"cannot import name '?Feature|has no attribute 'Feature'", "setuptools 45.3"),
    (r"use_2to3|has no attribute 'use_2to3'", "setuptools 57.5"),
    (r"cython_sources|Cython\.Compiler\.Errors|Error compiling Cython file", _OLD_CYTHON),
)
# If the import fails, such a setup.py continues without setuptools, and builds a wrong archive.
_IMPORTS_FEATURE = re.compile(r"^[ \t]*from setuptools import (\([^()]*|[^\n#]*)\bFeature\b", re.MULTILINE)
_ONLY_PYTHON_2 = re.compile(
    r"SyntaxError: (Missing parentheses in call to '(print|exec)'"
    r"|multiple exception types must be parenthesized|leading zeros in decimal integer literals)"
)
_PROBABLY_PYTHON_2 = re.compile(
    r"SyntaxError|TabError|IndentationError"
    r"|No module named '?(ConfigParser|StringIO|urllib2|commands|__builtin__|exceptions|cPickle|httplib)\b"
    r"|name '(unicode|file|execfile|basestring|raw_input|xrange|reduce|unichr|long|reload)' is not defined"
    r"|'dict' object has no attribute '(has_key|iteritems|itervalues)'"
    r"|TypeError: a bytes-like object is required, not 'str'"
    r"|TypeError: cannot use a string pattern on a bytes-like object"
)
# setup.py gives bytes where text is meant: the same code gives text on Python 2.
_BYTES_FOR_TEXT = re.compile(r"^setup\.py gives bytes for ")
# Reasons that would be the same with any other toolchain.
_NO_CURE = re.compile(
    r"which the archive lacks|^The build found no version|took longer than \d|^FileNotFoundError: .*: '(?!/)"
    r"|^The version comes from (?:an environment variable|a default|the clock)"
    r"|^The tag requires .*, which is an address or a folder\.|by a symbolic link out of the tag: "
)
# Reasons that have nothing to do with version control.
_NO_NEED_OF_GIT = re.compile(
    r"which the archive lacks|took longer than \d|^The tag requires |No module named "
    r"|^No environment can be made|^The build requirements cannot be installed"
)


def all_rungs(
    build_system: BuildSystem,
    default_python: Interpreter,
    other_pythons: Sequence[Interpreter],
    *,
    has_setup_py: bool,
    mentions_cython: bool = False,
) -> tuple[Rung, ...]:
    """The rungs in order: as declared, with older setuptools, on other Pythons.

    Pythons that run setup.py themselves are among them only if the tag requires no more than setuptools: they
    install nothing else. An older Cython is among them if setup.py mentions it or the tag requires it.
    """
    rungs = [Rung(DECLARED, default_python)]
    modern = [python for python in (default_python, *other_pythons) if python.version >= (3, 6)]
    if mentions_cython or _requires(build_system, "cython"):
        fitting = [python for python in modern if python.version <= (3, 12)]
        rungs += [Rung(_OLD_CYTHON, python, ("Cython<3",)) for python in fitting[:1]]
    if uses_setuptools(build_system):
        for version, oldest, newest in _SETUPTOOLS:
            fitting = [python for python in modern if oldest <= python.version <= newest]
            constraints = (f"setuptools=={version}.*",)
            rungs += [Rung(f"setuptools {version}", python, constraints) for python in fitting[:1]]
    may_run_setup_py = has_setup_py and runs_on_old_python(build_system)
    usable = (python for python in other_pythons if python.version >= (3, 6) or may_run_setup_py)
    others = (Rung(python.label, python) for python in usable if python.version != default_python.version)
    return (*rungs, *others)


def runs_on_old_python(build_system: BuildSystem) -> bool:
    """Whether setup.py alone builds the tag, so that a Python older than PEP 517 can run it."""
    return (
        build_system.backend.startswith("setuptools.")
        and _required_names(build_system) <= _ENOUGH_FOR_SETUP_PY
    )


def uses_setuptools(build_system: BuildSystem) -> bool:
    """Whether the build backend is setuptools, or code in the tag that requires setuptools."""
    return build_system.backend.startswith("setuptools.") or _requires(build_system, "setuptools")


def _requires(build_system: BuildSystem, name: str) -> bool:
    return name in _required_names(build_system)


def _required_names(build_system: BuildSystem) -> set[str]:
    """The normalized names (PEP 503) of the build requirements."""
    return {distribution(requirement) for requirement in build_system.requires}


def imports_feature(setup_py: str) -> bool:
    """Whether the text of a setup.py imports ``Feature``, which setuptools 46 removed."""
    return _IMPORTS_FEATURE.search(setup_py.replace("\\\n", " ")) is not None


def with_feature_first(rungs: Sequence[Rung]) -> tuple[Rung, ...]:
    """The rungs in another order: in front those whose setuptools has ``Feature``."""
    return tuple(sorted(rungs, key=lambda rung: rung.name != "setuptools 45.3" and not rung.runs_setup_py))


def move_to_front(rungs: Sequence[Rung], name: str) -> tuple[Rung, ...]:
    """The rungs in another order: in front the one of this name, if it is there."""
    return tuple(sorted(rungs, key=lambda rung: rung.name != name))


def with_versioned_files(rung: Rung) -> Rung:
    """The same rung, except that all files of the tag get into the archive."""
    return rung._replace(name=f"{rung.name}{_WITH_FILES}", has_versioned_files=True)


def with_git(rung: Rung) -> Rung:
    """The same rung, except that the build finds a throw-away git repository of the tag."""
    return rung if rung.has_git else rung._replace(name=f"{rung.name}{_WITH_GIT}", has_git=True)


def taking_version(rung: Rung) -> Rung:
    """The same rung, except that any version is right that the metadata gives."""
    return rung._replace(takes_version=True)


def remembered_name(name: str) -> str:
    """What is remembered for the next tag of a rung of this name: the toolchain, and versioned files.

    Only a tag itself says whether it needs a git repository or more requirements, never an earlier tag.
    """
    base = name.partition(" with ")[0]
    return name if name == f"{base}{_WITH_FILES}" else base


def remembered_first(rungs: Sequence[Rung], name: str) -> tuple[Rung, ...]:
    """The rungs in another order: in front the one of this name, with which an earlier tag was built."""
    ordered = move_to_front(rungs, name.removesuffix(_WITH_FILES))
    if ordered and name == with_versioned_files(ordered[0]).name:
        return (with_versioned_files(ordered[0]), *ordered)
    return ordered


def may_need_git(failure: str) -> bool:
    """Whether a git repository may help after this failure (its reason and log): the cure is not another."""
    if _NO_NEED_OF_GIT.search(failure.partition("\n")[0]) or _PROBABLY_PYTHON_2.search(failure):
        return False
    return not any(re.search(pattern, failure) for pattern, name in _CURES if name != _FOR_ODD_VERSIONS)


def rungs_after_failure(failure: str, untried: Sequence[Rung]) -> tuple[Rung, ...]:
    """The rungs to try after a failure (its reason and log), the likeliest cure in front."""
    reason = failure.partition("\n")[0]
    if _NO_CURE.search(reason):
        return ()
    if _ONLY_PYTHON_2.search(failure) or _BYTES_FOR_TEXT.search(reason):
        return tuple(rung for rung in untried if rung.runs_setup_py)
    if _PROBABLY_PYTHON_2.search(failure):
        return tuple(sorted(untried, key=lambda rung: not rung.runs_setup_py))
    for pattern, name in _CURES:
        if re.search(pattern, failure):
            return move_to_front(untried, name)
    return tuple(untried)


def pin_for(project: str, pins: Iterable[Pin]) -> Pin | None:
    """The first pin of the option toolchain that matches the project's name, as written or normalized."""
    return next((pin for pin in pins if _matches(project, pin.project)), None)


def requirements_for(project: str, written: Iterable[BuildRequirements]) -> tuple[str, ...]:
    """The requirements of all lines of the option build-requires that match the project's name."""
    matching = (line.requirements for line in written if _matches(project, line.project))
    return tuple(dict.fromkeys(requirement for requirements in matching for requirement in requirements))


def _matches(project: str, glob: str) -> bool:
    """Whether the project's name matches, as written or normalised."""
    return any(fnmatchcase(name, glob) for name in (project, canonicalize_name(project)))
