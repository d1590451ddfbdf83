"""Say what a run did: takes a ``Report``, gives text, JSON and an exit status. Pure.

* ``text``: the lines for people, each with its meaning.
* ``tag_groups``: tags of one project, and toolchains, of which the same is to be said.
* ``wheels``: what is said of wheels. ``workers``: of the workers of a cluster.
* ``numbers``: numbers and times in words.
* ``next_steps``: what to do until the index is set up.
* ``json_document``: the report for programs.
* ``status``: the exit status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdistmaker_recipe.stages.report.status import BROKEN, DONE, SOME_TAG_FAILED, exit_status
from sdistmaker_recipe.stages.report.tag_groups import group_attempts, group_key, label, tag_names
from sdistmaker_recipe.stages.report.text import Line, Meaning, as_lines, as_text

if TYPE_CHECKING:
    from sdistmaker_recipe.stages.report.json_document import as_json

__all__ = [
    "BROKEN",
    "DONE",
    "SOME_TAG_FAILED",
    "Line",
    "Meaning",
    "as_json",
    "as_lines",
    "as_text",
    "exit_status",
    "group_attempts",
    "group_key",
    "label",
    "tag_names",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  # PEP 562
    """``as_json``, imported with the first use: most runs print text."""
    if name != "as_json":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sdistmaker_recipe.stages.report import json_document

    return json_document.as_json
