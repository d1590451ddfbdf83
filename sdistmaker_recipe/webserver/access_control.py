"""Access control: the lines of the option ``require``, which mean the same to every web server. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

_ACCEPTED = "ip ADDRESSES, host NAMES, user NAMES or local"


class AccessRule(NamedTuple):
    """The clients that a line allows: those that match any of the values.

    ``kind`` is ip, host, user or local, as in Apache's directive ``Require``.
    """

    kind: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.kind, *self.values))


def parse_rule(line: str) -> AccessRule:
    """The rule of a line such as ``ip 10.0.0.0/8 192.0.2.1``; raises ``ValueError`` with what is wrong."""
    first, *values = line.split() or [""]
    kind = first.lower()
    parse = _PARSERS.get(kind)
    if parse is None:
        raise ValueError(f"does not begin with ip, host, user or local; accepted: {_ACCEPTED}")
    if bool(values) is (kind == "local"):
        problem = "takes no value after local" if values else f"needs a value after {kind}"
        raise ValueError(f"{problem}; accepted: {_ACCEPTED}")
    return AccessRule(kind, tuple(parse(value) for value in values))


def parse_rules(lines: Iterable[str]) -> tuple[AccessRule, ...]:
    """The rules of lines, which must be valid."""
    return tuple(parse_rule(line) for line in lines)


def _network(value: str) -> str:
    # Imported here, because most indexes have no such line.
    import ipaddress

    try:
        network = ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"is not an address or network: {error}") from None
    if "%" in value:
        raise ValueError(f"is not an address or network: {value!r} names an interface")
    return str(network)


def _matching(pattern: str, what: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"is not a {what} name: {value!r}")
        return value

    return parse


_PARSERS: dict[str, Callable[[str], str]] = {
    "ip": _network,
    "host": _matching(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", "host"),
    "user": _matching(r"[A-Za-z0-9][A-Za-z0-9._@+-]*", "user"),
    "local": str,
}
