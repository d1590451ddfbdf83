"""Say what a run did: takes a ``Report``, gives text, JSON and an exit status. Pure.

* ``text``: the lines for people, each with its meaning.
* ``tag_groups``: tags of one project of which the same is to be said.
* ``next_steps``: what to do until the index is set up.
* ``json_document``: the report for programs.
* ``status``: the exit status.
"""

from sdistmaker_recipe.stages.report.json_document import as_json
from sdistmaker_recipe.stages.report.status import BROKEN, DONE, SOME_TAG_FAILED, exit_status
from sdistmaker_recipe.stages.report.tag_groups import group_key, label
from sdistmaker_recipe.stages.report.text import Line, Meaning, as_lines, as_text

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
    "group_key",
    "label",
]
