"""The code blocks of a page of docs, with what the page says of running them.

A block is a directive ``code-block``. If it has the option ``:caption:``, it is the file of that name. A
comment before it says what does not show: ``.. not run: REASON``, ``.. exit status: 1`` for commands that
fail, or ``.. before: COMMAND`` for what happens before, such as a disk that fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

_DIRECTIVE = re.compile(r"( *)\.\. code-block:: (\S+)")
_OPTION = re.compile(r" +:([a-z-]+):(?: (.*))?")
_COMMENT = re.compile(r" *\.\. (not run|exit status|before): (.*)")


class Block(NamedTuple):
    """A block at a line of its page.

    ``file`` is the name of the file that it is, "" for none; ``not_run`` why it cannot be run, "" if it can.
    ``status`` is how its last command ends, ``before`` what is to be run first.
    """

    line: int
    language: str
    text: str
    file: str = ""
    not_run: str = ""
    status: int = 0
    before: str = ""


def blocks(page: Path, *languages: str) -> list[Block]:
    """The blocks of a page, from top to bottom: all, or those in some languages."""
    return [block for block in _blocks(page) if block.language in languages or not languages]


def _blocks(page: Path) -> Iterator[Block]:
    lines = page.read_text("utf-8").splitlines()
    comments: dict[str, str] = {}
    for number, line in enumerate(lines):
        if comment := _COMMENT.fullmatch(line):
            comments[comment[1]] = f"{comments.get(comment[1], '')}\n{comment[2]}".strip()
        elif directive := _DIRECTIVE.fullmatch(line):
            body = _indented(lines[number + 1 :], len(directive[1]))
            options, text = _options(body)
            status = int(comments.get("exit status", 0))
            not_run = comments.get("not run", "")
            file, before = options.get("caption", ""), comments.get("before", "")
            yield Block(number + 1, directive[2], text, file, not_run, status, before)
        if line.strip() and not comment:
            comments = {}


def _indented(lines: list[str], indent: int) -> list[str]:
    """The lines up to the first that is not indented more."""
    for number, line in enumerate(lines):
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            return lines[:number]
    return lines


def _options(body: list[str]) -> tuple[dict[str, str], str]:
    options: dict[str, str] = {}
    for number, line in enumerate(body):
        option = _OPTION.fullmatch(line)
        if option is None:
            return options, dedent("\n".join(body[number:])).strip("\n") + "\n"
        options[option[1]] = option[2] or ""
    return options, ""
