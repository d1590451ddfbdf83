"""What a build asked of the Python and the machine that it ran on. Pure.

The code of a tag can ask which Python runs it, and on which platform. Then a wheel may be right for some of
them only. The worker observes the questions, see ``sdistmaker_observation`` in the shims. ``OBSERVE`` and
``pretend`` are the requests for it, and ``read_questions`` reads its answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

OBSERVE: Mapping[str, Any] = {"level": "look"}
"""The value of ``HookCall.observe`` for the first build: nothing is pretended, and the code is looked at."""

ORDER_OF_SETS = "the order of sets"
"""The suspicion of code that makes sets: their order is another one in each process."""

VERSION_CONTROL = "version control"
"""The suspicion of code that asks git or the like about the tag; there is no repository that these know."""

PROGRAMS = ("absent", "other")
"""What a build can find in place of git and the like: nothing, or programs that know nothing."""

PythonVersion: TypeAlias = tuple[int, int, int]
"""Major, minor and micro version."""


class World(NamedTuple):
    """A Python (None for the one that builds) and a platform, or "here" for the one that builds.

    The names of platforms are those in ``sdistmaker_observation.worlds``. "tools" is this platform with a
    newest setuptools, which runs ``setup.py install``.
    """

    python: PythonVersion | None
    platform: str


class Questions(NamedTuple):
    """The questions of a build.

    ``suspicions`` are names in the code of the tag that may ask for something. ``doubts`` are those for which
    nothing can be pretended. ``unanswerable`` are questions that were asked, each as a clause for a report,
    of which no experiment can show that they do not matter.
    ``missing`` are modules that the tag tried to import, and that are not there for each of its builds.
    ``tree`` is the folder that it was built in.

    Of a build that pretended to run in one of several worlds: ``differing`` are the indexes of those whose
    answers to the questions in ``asked`` were others. It ``is_doubtful`` if the observation itself may have
    led to an error.
    """

    suspicions: frozenset[str] = frozenset()
    doubts: frozenset[str] = frozenset()
    unanswerable: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    differing: frozenset[int] = frozenset()
    asked: frozenset[str] = frozenset()
    is_doubtful: bool = False
    tree: str = ""


def pretend(
    worlds: Sequence[World],
    current: int,
    *,
    is_lazy: bool,
    dummies: Iterable[str] = (),
    keeps_removed: bool = False,
    hash_seed: int = 0,
    called_only: bool = False,
    programs: str = "",
) -> Mapping[str, Any]:
    """The value of ``HookCall.observe`` for a build that pretends to run in the world at index ``current``.

    With ``is_lazy`` the tag gets no plain values, but objects that record what is done with them. ``dummies``
    are modules of which the tag finds empty ones, or none if they are there. With ``keeps_removed`` it
    finds modules of Python that the world lacks, and the one that builds has. With a ``hash_seed`` an
    interpreter of its own builds, in which sets have another order. With ``called_only`` the doubts are
    unanswerable in code that is called, and no others. ``programs`` is one of ``PROGRAMS``
    of version control.
    """
    return {
        "level": "pretend",
        "worlds": worlds,
        "current": current,
        "lazy": is_lazy,
        "dummies": sorted({name.partition(".")[0] for name in dummies}),
        "keeps_removed": keeps_removed,
        "hash_seed": hash_seed,
        "called_only": called_only,
        "programs": programs,
    }


def read_questions(result: Mapping[str, Any]) -> Questions:
    """The questions in the result of a runner (``asked``), which the code of a tag may have written."""
    asked = result.get("asked")
    if not isinstance(asked, dict):
        return Questions(unanswerable=frozenset({"it was not observed"}))
    differing = asked.get("differing")
    return Questions(
        suspicions=_texts(asked, "suspicions"),
        doubts=_texts(asked, "doubts"),
        unanswerable=_texts(asked, "unanswerable"),
        missing=_texts(asked, "missing"),
        differing=frozenset(item for item in differing if isinstance(item, int))
        if isinstance(differing, list)
        else frozenset(),
        asked=_texts(asked, "asked"),
        is_doubtful=asked.get("doubtful") is not False,
        tree=str(asked.get("tree", "")),
    )


def _texts(asked: Mapping[str, Any], key: str) -> frozenset[str]:
    value = asked.get(key)
    return (
        frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
    )
