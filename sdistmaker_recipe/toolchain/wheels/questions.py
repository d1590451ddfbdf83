"""What a build asked of the Python and the machine that it ran on. Pure.

The code of a tag can ask which Python runs it, and on which platform. Then a wheel may be right for some of
them only. The worker observes the questions, see ``sdistmaker_questions`` in the shims: ``OBSERVE`` is the
request for it, and ``read_questions`` reads its answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

OBSERVE: Mapping[str, Any] = {"level": "look"}
"""The value of ``HookCall.observe`` for the first build: nothing is pretended, and the code is looked at."""


class Questions(NamedTuple):
    """The questions of a build.

    ``suspicions`` are names in the code of the tag that may ask for something. ``unanswerable`` are questions
    that were asked, each as a clause for a report, of which no experiment can show that they do not matter.
    """

    suspicions: frozenset[str] = frozenset()
    unanswerable: frozenset[str] = frozenset()


def read_questions(result: Mapping[str, Any]) -> Questions:
    """The questions in the result of a runner (``asked``), which the code of a tag may have written."""
    asked = result.get("asked")
    if not isinstance(asked, dict):
        return Questions(unanswerable=frozenset({"the build was not observed"}))
    return Questions(_texts(asked.get("suspicions")), _texts(asked.get("unanswerable")))


def _texts(value: Any) -> frozenset[str]:
    return (
        frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
    )
