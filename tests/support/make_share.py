"""Write the manual pages and the shell completion in share from the declarations of the options.

Run ``python -m tests.support.make_share`` after a change to an option or a flag; a test compares the files
with the declarations. setup.py has them installed where man and the shells look.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import shtab
from argparse_manpage.manpage import Manpage

from sdistmaker_recipe import __version__
from sdistmaker_recipe.doors.arguments import make_sdist_parser, sdists_from_tags_parser
from sdistmaker_recipe.doors.help_pages import help_topics

ROOT = Path(__file__).parents[2]
PARSERS: dict[str, Callable[[], argparse.ArgumentParser]] = {
    "sdists_from_tags": sdists_from_tags_parser,
    "make_sdist": make_sdist_parser,
}
SHELLS = {
    "bash": "share/bash-completion/completions/{}",
    "zsh": "share/zsh/site-functions/_{}",
    "fish": "share/fish/vendor_completions.d/{}.fish",
}
FILES = {"FILE": shtab.FILE, "FOLDER": shtab.DIRECTORY, "DESTINATION": shtab.DIRECTORY}
"""What completes a value, by the word for it in the help."""


def files() -> dict[str, str]:
    """The text of each file by its path below the root of the project."""
    made = {}
    # Python's own formatter asks for the width of the terminal.
    with mock.patch.dict(os.environ, {"COLUMNS": "100"}):
        for name, parser in PARSERS.items():
            made[f"share/man/man1/{name}.1"] = manual_page(parser())
            for shell, path in SHELLS.items():
                made[path.format(name)] = completion(parser(), shell)
    return made


def manual_page(parser: argparse.ArgumentParser) -> str:
    """The manual page of a command, in the language of man(7).

    The example and the table of exit statuses, which follow the options in ``--help``, are sections of it.
    """
    purpose = (parser.description or "").rstrip(".")
    epilog, parser.epilog = parser.epilog or "", None
    page = Manpage(
        parser,
        _data={
            "description": f"{purpose[0].lower()}{purpose[1:]}",
            # A date would be another one with each release, and a page without it is allowed.
            "date": " ",
            "project_name": "sdistmaker_recipe",
            "version": __version__,
            "manual_title": "User commands",
        },
    )
    for title, text in re.findall(r"^(\w[\w ]*):\n((?:  .*\n|\n)+)", epilog, re.MULTILINE):
        lines = (
            line.removeprefix("  ").replace("\\", "\\e").replace("-", "\\-") for line in text.splitlines()
        )
        page.add_section(title, ">", "\n".join([".nf", *lines, ".fi"]).replace("\n\n.fi", "\n.fi"))
    # The library leaves the flag out.
    (help_flag,) = (action for action in parser._actions if "--help" in action.option_strings)
    help_lines = [".SH HELP", *page.mf._format_action(help_flag), "", ""]
    return str(page).replace('"1" " "', '"1" ""').replace(".SH HELP\n", "\n".join(help_lines), 1)


def completion(parser: argparse.ArgumentParser, shell: str) -> str:
    """What completes a command in a shell: its flags, and the values of which the help says what they are."""
    # A parser without choices lets our own code report all wrong values together.
    for action in parser._actions:
        words = str(action.metavar or "").split("|")
        # A shell shows one line for a flag.
        action.help = re.split(r"(?<=[.:]) ", action.help or "")[0].rstrip(":")
        if action.dest == "help_topic":
            action.choices = [*help_topics(parser), "all"]
        elif action.metavar in FILES:
            action.complete = FILES[action.metavar]  # type: ignore[attr-defined]
        elif len(words) > 1:
            action.choices = words
    # The hint about where to put the file would be wrong: the file is there already.
    text = re.sub(r"^# Usage:\n(?:# .*\n)+", "", shtab.complete(parser, shell), flags=re.MULTILINE)
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE).rstrip() + "\n"


if __name__ == "__main__":
    for path, text in files().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, "utf-8")
        print(path)
