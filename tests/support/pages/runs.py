"""Follow a page of docs from top to bottom, as its reader does: write files, run commands, compare output.

What the page calls ``https://svn.example.com/svn`` or ``/srv/packages`` is something else in a test:
``names`` maps the one to the other, in commands, files and expected output.
"""

from __future__ import annotations

import doctest
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tests.support.commands import Commands, Done
from tests.support.pages.blocks import Block

SHELL_LANGUAGES = ("console", "shell")
"""Blocks that are run: ``shell`` is commands alone; ``console`` has ``$`` before each, and its output."""

_LENIENT = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class PageRun:
    """Follows the blocks of one page; ``cd`` in a block lasts."""

    def __init__(self, commands: Commands, names: Mapping[str, str]) -> None:
        self._commands = commands
        self._names = names
        self._folder_note = commands.folder.with_name("current-folder")

    def follow(self, block: Block) -> None:
        """Write the file that the block is, or run its commands; ``AssertionError`` says what went wrong."""
        if block.not_run:
            return
        if block.before:
            done = self._bash(replaced(block.before, self._names))
            assert done.status == 0, done.output
        if block.file:
            self._write(block)
        elif block.language in SHELL_LANGUAGES:
            self._run(block)

    def _write(self, block: Block) -> None:
        path = self._commands.folder / replaced(block.file, self._names)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(replaced(block.text, self._names), "utf-8")

    def _run(self, block: Block) -> None:
        steps = list(commands_of(block))
        for number, (command, expected) in enumerate(steps, 1):
            done = self._bash(replaced(command, self._names))
            status = block.status if number == len(steps) else 0
            place = f"line {block.line}: {command}"
            assert done.status == status, f"{place}\nended with {done.status}\n{done.output}"
            if expected:
                wanted = replaced(expected, self._names)
                fits = doctest.OutputChecker().check_output(wanted, done.output, _LENIENT)
                assert fits, f"{place}\nprinted\n{done.output}\nand not\n{wanted}"

    def _bash(self, command: str) -> Done:
        note = shlex.quote(str(self._folder_note))
        done = self._commands.run("bash", "-ec", f"trap 'pwd >{note}' EXIT\n{command}")
        self._commands = replace(self._commands, folder=Path(self._folder_note.read_text("utf-8").strip()))
        return done


def commands_of(block: Block) -> Iterator[tuple[str, str]]:
    """The commands of a block, each with the output that the page shows; "" if it shows none."""
    if block.language == "shell":
        yield block.text, ""
        return
    # A command goes on in the next line after a backslash.
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command = re.match(r"(.*\\\n)*.*\n", part)[0]  # type: ignore[index]
        yield command, part[len(command) :]


def replaced(text: str, names: Mapping[str, str]) -> str:
    """The text with all names replaced, the longest first."""
    if not names:
        return text
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(pattern, lambda match: names[match[0]], text)
