"""Who may ask: the lines of the option ``require``, as far as they mean the same to every web server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

ACCEPTED = "ip ADDRESSES, host NAMES, user NAMES or local"


class Rule(NamedTuple):
    """Whom a line lets in: those that match any of the values; ``kind`` is ip, host, user or local."""

    kind: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.kind, *self.values))


def parse_rule(line: str) -> Rule:
    """The rule of a line such as ``ip 10.0.0.0/8 192.0.2.1``; raises ``ValueError`` with what is wrong."""
    kind, *values = line.split() or [""]
    parse = _VALUES.get(kind.lower())
    if parse is None:
        raise ValueError(f"does not begin with ip, host, user or local; accepted: {ACCEPTED}")
    if bool(values) is (kind.lower() == "local"):
        raise ValueError(f"{'has too much' if values else 'lacks a value'}; accepted: {ACCEPTED}")
    return Rule(kind.lower(), tuple(parse(value) for value in values))


def parse_rules(lines: Iterable[str]) -> tuple[Rule, ...]:
    """The rules of lines that are known to be right."""
    return tuple(parse_rule(line) for line in lines)


def _network(value: str) -> str:
    # Here, for few have such lines.
    import ipaddress

    try:
        network = ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"is no address or network: {error}") from None
    if "%" in value:
        raise ValueError(f"is no address or network: {value!r} names an interface")
    return str(network)


def _matching(pattern: str, what: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"is no {what}: {value!r}")
        return value

    return parse


_VALUES: dict[str, Callable[[str], str]] = {
    "ip": _network,
    "host": _matching(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", "name of a host"),
    "user": _matching(r"[A-Za-z0-9][A-Za-z0-9._@+-]*", "name of a user"),
    "local": str,
}
