"""What ``--help`` prints: an overview, one group of flags and options, or all of them."""

from __future__ import annotations

import argparse
import textwrap

from sdistmaker_recipe.configuration.declaration import Group

_TOPICS = {
    "Output": "output",
    "This run": "this-run",
    "Defaults file": "defaults-file",
    "Run this command regularly": "schedules",
    **{group.value: group.name.lower().replace("_", "-") for group in Group},
}
"""The word that ``--help`` accepts for a group, by the heading of the group."""


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Begins the text of a flag on a line of its own, and shows ``--help`` in one piece.

    A column for flags would make each group longer than a screen. Argparse would repeat the value of
    ``--help``.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=4)

    def _split_lines(self, text: str, width: int) -> list[str]:
        # Paths and names stay in one piece, so that they can be copied.
        return textwrap.wrap(" ".join(text.split()), width, break_long_words=False, break_on_hyphens=False)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        text = super()._format_action_invocation(action)
        return "-h, --help [GROUP]" if action.dest == "help_topic" else text


def help_text(parser: argparse.ArgumentParser, topic: str, *, is_terminal: bool) -> str:
    """The help of one group; for the topic "" an overview on a terminal, and everything elsewhere.

    Ends the process as argparse does if there is no such topic.
    """
    if topic in ("", "all"):
        return _overview(parser) if is_terminal and not topic else parser.format_help()
    if topic not in help_topics(parser):
        parser.error(f"--help has no group {topic!r}; there are: all, {', '.join(help_topics(parser))}")
    return _group_help(parser, topic)


def help_topics(parser: argparse.ArgumentParser) -> dict[str, str]:
    """The headings of the groups of a parser, by the words that ``--help`` accepts."""
    titles = [group.title for group in parser._action_groups if group.title and group._group_actions]
    return {_TOPICS[title]: title for title in titles if title in _TOPICS}


def _overview(parser: argparse.ArgumentParser) -> str:
    """Usage, an example, and the groups, on a screen of 24 lines with one for the prompt."""
    width = max(map(len, help_topics(parser)))
    groups = [f"  --help {topic:{width}}  {title}" for topic, title in help_topics(parser).items()]
    example = (parser.epilog or "").partition("\n\n")[0].partition("\n")[2]
    purpose = (parser.description or "").rstrip(".")
    return "\n".join(
        [
            f"{parser.format_usage()}{purpose}:\n{example}\n\nMore help:",
            *groups,
            f"  --help {'all':{width}}  Everything\n",
        ]
    )


def _group_help(parser: argparse.ArgumentParser, topic: str) -> str:
    formatter = parser._get_formatter()
    for group in parser._action_groups:
        if group.title == help_topics(parser)[topic]:
            formatter.start_section(group.title)
            formatter.add_arguments(group._group_actions)
            formatter.end_section()
    return formatter.format_help()
