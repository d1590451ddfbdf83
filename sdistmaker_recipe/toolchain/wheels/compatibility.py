"""The Pythons for which a wheel installs what its source distribution would. Pure.

A tag says "this Python and every newer one" (Platform compatibility tags, "Python Tag"), and ``none-any`` every
platform. So a wheel gets a tag only for what experiments have shown, and none where they cannot show it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from sdistmaker_recipe.toolchain.wheels.questions import Questions


class WheelBuild(NamedTuple):
    """What one build of a wheel gave.

    ``files`` are the paths in the wheel with their SHA-256, without RECORD and WHEEL; ``metadata`` is METADATA.
    A build that failed has its reason in ``error``, and no files.
    """

    files: Mapping[str, str]
    metadata: bytes
    questions: Questions
    error: str = ""


class Compatibility(NamedTuple):
    """The Python tag of a wheel, such as ``py3`` or ``py2.py3``; "" with a ``reason`` if there can be none."""

    python_tag: str
    reason: str = ""


Rebuild: TypeAlias = Callable[[Mapping[str, Any]], WheelBuild]
"""Build the wheel again, from a fresh copy of the files in a folder of another name.

The argument is the value of ``HookCall.observe``. A build that fails returns its ``error``.
"""


def find_compatibility(
    first: WheelBuild,
    rebuild: Rebuild,
    *,
    python: tuple[int, int],
    rebuild_on_python_2: Callable[[], WheelBuild] | None = None,
    converts_sources: bool = False,
) -> Compatibility:
    """The tag of a wheel by its ``first`` build, which ran on this ``python`` and was observed.

    ``rebuild_on_python_2`` is given if the project declares Python 2 and 3, and Python 2.7 is there.
    ``converts_sources`` says that the build ran 2to3.
    """
    del rebuild, rebuild_on_python_2, converts_sources
    if reasons := sorted(first.questions.unanswerable):
        return Compatibility("", reasons[0])
    return Compatibility("py2" if python < (3, 0) else "py3")
