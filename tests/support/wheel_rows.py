"""What became of the wheels of releases: one row each, and a table of numbers of all of them.

The long form of tests/integration/test_real_wheels.py records the rows in the files of ``--junitxml``. Run
``python -m tests.support.wheel_rows FILE...`` for the table; of a release that was built several times the
last row counts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from xml.etree import ElementTree

PROPERTY = "row"
"""The name of a row in the properties of a test."""
SDIST_ALONE = "sdist alone"
"""Stands among the clients for pip that has the source distribution and no index."""
_OF_COMPILED_PARTS = ("compiled", "for one platform")


@dataclass(frozen=True)
class Row:
    """A release, and what became of its wheel.

    ``toolchain`` built its source distribution; "" if there is none. ``python_tag`` is the one of its wheel;
    "" with a ``reason`` if there is none. ``different`` are files that the wheel installs otherwise.
    ``clients`` says of each client that was tried why it installs nothing, or something else: "" if all is
    well.
    """

    name: str
    version: str
    toolchain: str = ""
    python_tag: str = ""
    reason: str = ""
    is_failure: bool = False
    different: Sequence[str] = ()
    clients: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The line of the table that counts this release."""
        if not self.toolchain:
            return "no source distribution"
        if self.python_tag:
            return f"pure, {self.python_tag}"
        if self.is_failure:
            return "the wheel fails"
        if any(text in self.reason for text in _OF_COMPILED_PARTS):
            return "compiled"
        return "pure, none for caution"

    @property
    def problems(self) -> Mapping[str, str]:
        """Why clients of the index do not install this release, by their names."""
        return {name: problem for name, problem in self.clients.items() if problem and name != SDIST_ALONE}

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    def __str__(self) -> str:
        start = f"{self.name:27}{self.version:11}"
        if not self.toolchain:
            return f"{start} no sdist: {self.reason}"
        what = self.python_tag or ("FAILED" if self.is_failure else "none")
        why = " ".join(self.different) or self.reason or "installs the same"
        clients = "".join(f" | {name}: {problem or 'yes'}" for name, problem in self.clients.items())
        return f"{start} {self.toolchain:22} {what:8} {why}{clients}"


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The lines of the table: for each kind the number of releases, and how many each client installs."""
    clients = list(dict.fromkeys(client for row in rows for client in row.clients))
    yield f"{'':24}{'releases':>12}{'same files':>12}" + "".join(f"{client:>14}" for client in clients)
    kinds = sorted({row.kind for row in rows}, key=lambda kind: (not kind.startswith("pure, py"), kind))
    for kind in (*kinds, "all"):
        of_kind = [row for row in rows if kind in (row.kind, "all")]
        compared = [not row.different for row in of_kind if row.python_tag]
        by_client = ([not row.clients[name] for row in of_kind if name in row.clients] for name in clients)
        columns = "".join(f"{_count(outcomes):>14}" for outcomes in by_client)
        yield f"{kind:24}{len(of_kind):>12}{_count(compared):>12}{columns}"


def _count(outcomes: Sequence[bool]) -> str:
    """How many of those that were tried came out well."""
    return f"{sum(outcomes)} of {len(outcomes)}" if outcomes else "-"


def read_rows(files: Iterable[str]) -> list[Row]:
    """The rows in files of ``--junitxml``, sorted; the last one of each release."""
    found: dict[tuple[str, str], Row] = {}
    for file in files:
        for each in ElementTree.parse(file).iter("property"):
            if each.get("name") == PROPERTY:
                row = Row(**json.loads(each.get("value", "")))
                found[row.name, row.version] = row
    return sorted(found.values(), key=lambda row: (row.name.lower(), row.version))


def main(files: Sequence[str]) -> None:
    """Print the table, and below it each row that is not as one would wish."""
    rows = read_rows(files)
    print("\n".join(table(rows)))
    odd = [row for row in rows if row.different or row.problems or not row.python_tag]
    print("", *(row for row in odd if row.kind != "compiled"), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
