"""Find out whether code has a version only as a default: for the case that something else is missing. Pure.

Code is read line by line, not parsed, because it may be for Python 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from sdistmaker_recipe.names import same_version

VARIABLE = "an environment variable"
OTHER = "something else"
STATEMENT = "a statement"

_QUOTED = re.compile(r"""(['"])(\d[\w.+!-]*)\1""")
_BARE = re.compile(r"^[ \t]*version[ \t]*[=:][ \t]*(\d[\w.+!-]*)[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
_CODE_SUFFIXES = (".py", ".cfg", ".toml", ".build")
_OTHER_FOLDERS = {"tests", "test", "testing", "docs", "doc", "examples", "example", "benchmarks"}

_READS_ENVIRONMENT = re.compile(r"\b(?:environ|getenv)\b")
_LOOKS_FOR_FILE = re.compile(r"\b(?:exists|lexists|isfile|is_file|isdir|is_dir|access)\b")
_VARIABLE_CALL = re.compile(r"\b(?:environ\.(?:get|pop)|getenv)\s*\([^()]*\)")
_CALL_WITH_DEFAULT = re.compile(r"\b(?:getattr|\w+\.(?:get|pop))\s*\([^(),]*,[^()]*\)")
_BEFORE_DEFAULT = re.compile(r"\bor\s+$|\b\w*(?:default|fallback)\w*[\"']?\s*[=:]\s*$", re.IGNORECASE)
_BEFORE_OTHERWISE = re.compile(r"\belse\s+$")
_ASSIGNMENT = re.compile(r"\s*([\w.]+)\s*=\s*[bu]?['\"][^'\"]*['\"]\s*(?:#.*)?$")
_VERSION_ASSIGNED = re.compile(r"(?:\b|__)(?:version|VERSION)(?:__)?\s*=(?!=)")


class _Line(NamedTuple):
    """A line of code, and the lines that begin the blocks around it, the inmost first."""

    text: str
    headers: tuple[str, ...]


def default_of(version: str, files: Iterable[tuple[str, str]]) -> str:
    """What has to be missing for this version: ``VARIABLE`` or ``OTHER``; "" if a file states it by itself.

    It is also "" if no file has it, unless code makes a version of an environment variable. ``files`` are
    paths and texts of the tag. Tests and documentation do not count.
    """
    kinds: set[str] = set()
    makes_version = False
    for path, text in files:
        if not _OTHER_FOLDERS.isdisjoint(path.split("/")[:-1]):
            continue
        for kind in _kinds(version, path, text):
            if kind == STATEMENT:
                return ""
            kinds.add(kind)
        makes_version = makes_version or (path.endswith(".py") and _takes_version_from_variable(text))
    if VARIABLE in kinds or (not kinds and makes_version):
        return VARIABLE
    return OTHER if kinds else ""


def _takes_version_from_variable(text: str) -> bool:
    """Whether a line of code makes a version of an environment variable."""
    heads = (
        line[: match.start()] for line in text.splitlines() if (match := _READS_ENVIRONMENT.search(line))
    )
    return any(_VERSION_ASSIGNED.search(head) for head in heads)


def _kinds(version: str, path: str, text: str) -> Iterator[str]:
    """How each place of a file that has the version has it."""
    if same_version(text.strip(), version) or any(
        same_version(found, version) for found in _BARE.findall(text)
    ):
        yield STATEMENT
    if not path.endswith(_CODE_SUFFIXES) or not _has(version, text):
        return
    for pattern, kind in ((_VARIABLE_CALL, VARIABLE), (_CALL_WITH_DEFAULT, OTHER)):
        # Such a call may be on several lines.
        if any(_has(version, match[0]) for match in pattern.finditer(text)):
            yield kind
        text = pattern.sub("environ" if kind == VARIABLE else "call()", text)
    lines = _lines(text)
    for number, line in enumerate(lines):
        for match in _QUOTED.finditer(line.text):
            if same_version(match[2], version) and not line.text.lstrip().startswith("#"):
                yield _kind(line, line.text[: match.start()], islice(lines, number + 1, None))


def _has(version: str, text: str) -> bool:
    return any(same_version(match[2], version) for match in _QUOTED.finditer(text))


def _kind(line: _Line, before: str, following: Iterable[_Line]) -> str:
    """How a line has a version, which stands after the text ``before``."""
    if _READS_ENVIRONMENT.search(line.text):
        return VARIABLE
    if _BEFORE_DEFAULT.search(before) or (_BEFORE_OTHERWISE.search(before) and _asks(line.text)):
        return OTHER
    for header in line.headers:
        if header.startswith("except") or (header.startswith("not:") and _asks(header)):
            return _kind_of_question(header)
    if assignment := _ASSIGNMENT.match(line.text):
        return _replaced(assignment[1], line, following)
    return STATEMENT


def _asks(text: str) -> bool:
    return bool(_READS_ENVIRONMENT.search(text) or _LOOKS_FOR_FILE.search(text))


def _kind_of_question(text: str) -> str:
    return VARIABLE if _READS_ENVIRONMENT.search(text) else OTHER


def _replaced(name: str, line: _Line, following: Iterable[_Line]) -> str:
    """Whether code that follows gives the name another value if there is a variable, a file or a module."""
    other_value = re.compile(
        rf"(?<![\w.]){re.escape(name)}\s*=(?!=)(?!.*\b{re.escape(name)}\b)|\bas {name}\b"
    )
    functions = _functions(line)
    for later in following:
        if not other_value.search(later.text) or _functions(later) != functions:
            continue
        question = next((text for text in (later.text, *later.headers) if _asks(text)), "")
        if question and not later.text.lstrip().startswith("#"):
            return _kind_of_question(question)
        if any(header.startswith("try") for header in later.headers):
            return OTHER
    return STATEMENT


def _functions(line: _Line) -> list[str]:
    return [header for header in line.headers if header.startswith(("def ", "class ", "async "))]


def _lines(text: str) -> list[_Line]:
    """The lines with the headers of their blocks.

    Headers are without indentation. For a block that runs if a condition does not hold, as after else, it is
    ``not:`` and the condition.
    """
    lines: list[_Line] = []
    # The blocks that are open: indentation, header, and the condition of an if before it.
    blocks: list[tuple[int, str, str]] = []
    for text_of_line in text.splitlines():
        code = text_of_line.strip()
        if not code or code.startswith("#"):
            continue
        indent = len(text_of_line.expandtabs()) - len(text_of_line.expandtabs().lstrip())
        condition = next((block[2] for block in blocks if block[0] == indent), "")
        blocks = [block for block in blocks if block[0] < indent]
        header, condition = _header(code, condition)
        own = (header,) if header.startswith(("except", "not:", "if")) else ()
        lines.append(_Line(text_of_line, (*own, *(block[1] for block in reversed(blocks)))))
        blocks.append((indent, header, condition))
    return lines


def _header(code: str, before: str) -> tuple[str, str]:
    """A line as a header, and the conditions that did not hold in an else after it.

    ``before`` are the conditions of the if and elif before, with the same indentation.
    """
    if match := re.match(r"if\b(.*)", code):
        negated = re.match(r"if\s*\(?\s*not\b|if\b[^:]*\bnot in\b|if\b[^:]*\bis None\b", code)
        return (f"not:{match[1]}" if negated else code), match[1]
    if match := re.match(r"elif\b(.*)", code):
        return code, f"{before} {match[1]}"
    if re.match(r"else\b", code) and before:
        return f"not:{before}", ""
    return code, ""
