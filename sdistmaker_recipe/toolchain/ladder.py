"""The ladder of toolchains: what a tag is tried on, one rung after the other, until one builds it. Pure.

The versions are those of setuptools before the ones that took away what old tags rely on: pkg_resources (82),
setuptools.command.upload (75), versions that PEP 440 does not know (66) and ``from setuptools import
convert_path`` (70), use_2to3 (58), Feature (46); and Cython before 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from sdistmaker_recipe.configuration.option_types import Pin
from sdistmaker_recipe.names import canonicalize_name

if TYPE_CHECKING:
    from sdistmaker_recipe.toolchain.build_system import BuildSystem

DECLARED = "declared"
_WITH_FILES = " with versioned files"
_OLD_CYTHON = "Cython 0.29"


class Interpreter(NamedTuple):
    """A Python: its path, or any name that uv finds it by, and its version as (3, 11)."""

    path: str
    version: tuple[int, int]

    @property
    def label(self) -> str:
        """Its name in reports, such as python3.11."""
        return f"python{self.version[0]}.{self.version[1]}"


class Rung(NamedTuple):
    """One toolchain: an interpreter, and constraints on what is installed for it (PEP 508).

    With ``has_versioned_files`` the archive gets every file of the tag that MANIFEST.in does not exclude.
    """

    name: str
    python: Interpreter
    constraints: tuple[str, ...] = ()
    has_versioned_files: bool = False

    @property
    def runs_setup_py(self) -> bool:
        """Whether it is older than PEP 517 and runs setup.py itself, with its own setuptools."""
        return self.python.version < (3, 6)


FILES_ONLY = Rung("files only", Interpreter("", (3, 0)))
"""What stands for a toolchain where an archive is a tag's own files, and nothing was built."""


class _Setuptools(NamedTuple):
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

_SETUP_PY_HAS = {"setuptools", "wheel"}
"""What a setup.py that is run by itself finds there, or needs for no sdist."""

# What a failure says, and the rung that cures it.
_CURES = (
    (r"No module named '?(pkg_resources|setuptools\.pkg_resources)", "setuptools 81"),
    (r"setuptools\.command\.upload", "setuptools 71.1"),
    (r"InvalidVersion|cannot import name '?convert_path|is not PEP 440|Invalid version", "setuptools 65.7"),
    (r"cannot import name '?Feature|has no attribute 'Feature'", "setuptools 45.3"),
    (r"use_2to3|has no attribute 'use_2to3'", "setuptools 57.5"),
    (r"cython_sources|Cython\.Compiler\.Errors|Error compiling Cython file", _OLD_CYTHON),
)
# Where it cannot be imported such a setup.py goes on without setuptools, and loses what only that knows.
_IMPORTS_FEATURE = re.compile(r"^[ \t]*from setuptools import (\([^()]*|[^\n#]*)\bFeature\b", re.MULTILINE)
_ONLY_PYTHON_2 = re.compile(
    r"SyntaxError: (Missing parentheses in call to '(print|exec)'"
    r"|multiple exception types must be parenthesized|leading zeros in decimal integer literals)"
)
_PYTHON_2 = re.compile(
    r"SyntaxError|TabError|IndentationError"
    r"|No module named '?(ConfigParser|StringIO|urllib2|commands|__builtin__|exceptions|cPickle|httplib)\b"
    r"|name '(unicode|file|execfile|basestring|raw_input|xrange|reduce|unichr|long|reload)' is not defined"
    r"|'dict' object has no attribute '(has_key|iteritems|itervalues)'"
)
_NOTHING_HELPS = re.compile(
    r"which the archive lacks|^The build found no version|took longer than \d|^FileNotFoundError: .*: '(?!/)"
    r"|^It asks for .*, an address;"
)


def rungs(
    system: BuildSystem,
    own: Interpreter,
    others: Sequence[Interpreter],
    *,
    has_setup_py: bool,
    mentions_cython: bool = False,
) -> tuple[Rung, ...]:
    """What to try, in order: as declared, with older setuptools, on other interpreters.

    ``own`` is the interpreter that builds by default, ``others`` are tried where it does not do, those
    that run setup.py themselves only where a tag asks for setuptools alone: they install nothing. An older
    Cython is among them where setup.py mentions it, or it is declared.
    """
    found = [Rung(DECLARED, own)]
    modern = [python for python in (own, *others) if python.version >= (3, 6)]
    if mentions_cython or _requires(system, "cython"):
        fitting = [python for python in modern if python.version <= (3, 12)]
        found += [Rung(_OLD_CYTHON, python, ("Cython<3",)) for python in fitting[:1]]
    if uses_setuptools(system):
        for step in _SETUPTOOLS:
            fitting = [python for python in modern if step.oldest <= python.version <= step.newest]
            if fitting:
                found.append(
                    Rung(f"setuptools {step.version}", fitting[0], (f"setuptools=={step.version}.*",))
                )
    runs_itself = (
        has_setup_py and system.backend.startswith("setuptools.") and _names(system) <= _SETUP_PY_HAS
    )
    usable = (python for python in others if python.version >= (3, 6) or runs_itself)
    return (*found, *(Rung(python.label, python) for python in usable if python.version != own.version))


def uses_setuptools(system: BuildSystem) -> bool:
    """Whether setuptools is the build backend, or in-tree code that stands on it."""
    return system.backend.startswith("setuptools.") or _requires(system, "setuptools")


def _requires(system: BuildSystem, name: str) -> bool:
    return name in _names(system)


def _names(system: BuildSystem) -> set[str]:
    """The normalised names of what a tag asks to be installed for its build."""
    found = (re.split(r"[^A-Za-z0-9._-]", each.strip(), maxsplit=1)[0] for each in system.requires)
    return {canonicalize_name(each) for each in found}


def imports_feature(setup_py: str) -> bool:
    """Whether this text of a setup.py asks setuptools for ``Feature``, in vain since 46."""
    return _IMPORTS_FEATURE.search(setup_py.replace("\\\n", " ")) is not None


def with_feature_first(rungs: Sequence[Rung]) -> tuple[Rung, ...]:
    """The rungs with those in front whose setuptools has ``Feature``."""
    return tuple(sorted(rungs, key=lambda rung: rung.name != "setuptools 45.3" and not rung.runs_setup_py))


def move_to_front(rungs: Sequence[Rung], preferred: str) -> tuple[Rung, ...]:
    """The rungs with the one of this name, if any, in front."""
    return tuple(sorted(rungs, key=lambda rung: rung.name != preferred))


def with_versioned_files(rung: Rung) -> Rung:
    """The same rung, but all files of the tag come into the archive."""
    return rung._replace(name=f"{rung.name}{_WITH_FILES}", has_versioned_files=True)


def remembered_first(rungs: Sequence[Rung], name: str) -> tuple[Rung, ...]:
    """The rungs with the one in front that built an earlier tag of the project."""
    found = move_to_front(rungs, name.removesuffix(_WITH_FILES))
    if found and name == with_versioned_files(found[0]).name:
        return (with_versioned_files(found[0]), *found)
    return found


def rungs_after_failure(failure: str, left: Sequence[Rung]) -> tuple[Rung, ...]:
    """What is left to try after a failure (its reason and log), the likeliest cure in front."""
    reason = failure.partition("\n")[0]
    if _NOTHING_HELPS.search(reason):
        return ()
    if _ONLY_PYTHON_2.search(failure):
        return tuple(rung for rung in left if rung.runs_setup_py)
    if _PYTHON_2.search(failure):
        return tuple(sorted(left, key=lambda rung: not rung.runs_setup_py))
    for pattern, name in _CURES:
        if re.search(pattern, failure):
            return move_to_front(left, name)
    return tuple(left)


def pin_for(project: str, pins: Iterable[Pin]) -> Pin | None:
    """The first pin that matches a project's name, as written or normalised."""
    names = (project, canonicalize_name(project))
    return next((pin for pin in pins if any(fnmatchcase(name, pin.project) for name in names)), None)
