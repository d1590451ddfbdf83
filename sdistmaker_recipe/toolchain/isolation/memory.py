"""How much memory this process can get: of the machine, and of the control groups that it is in (Linux)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_MEMINFO = Path("/proc/meminfo")
_OWN_GROUPS = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


class _GroupFiles(NamedTuple):
    """Where a version of control groups has a group's limit and use, in bytes, and the cache in its use."""

    top: Path
    limit: str
    usage: str
    cache: str


_SECOND_VERSION = _GroupFiles(_GROUPS, "memory.max", "memory.current", "inactive_file")
_FIRST_VERSION = _GroupFiles(
    _GROUPS / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
)


def available_memory() -> int:
    """The bytes that can be used before anything else has to give way; 0 if the system does not say."""
    found = re.search(r"^MemAvailable:\s+([0-9]+) kB", _text(_MEMINFO), re.MULTILINE)
    machine = int(found[1]) * 1024 if found else 0
    return max(0, min([machine, *_left_in_groups()]))


def _left_in_groups() -> Iterator[int]:
    """What each control group with a limit has left: those of this process, and those that they are in."""
    for line in _text(_OWN_GROUPS).splitlines():
        _number, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers and "memory" not in controllers.split(","):
            continue
        files = _FIRST_VERSION if controllers else _SECOND_VERSION
        # In a container the path can be that of the host, and only the top folder is there.
        for group in (Path(path), *Path(path).parents):
            folder = files.top / str(group).lstrip("/")
            with suppress(ValueError):
                cache = re.search(rf"^{files.cache} ([0-9]+)$", _text(folder / "memory.stat"), re.MULTILINE)
                used = int(_text(folder / files.usage)) - (int(cache[1]) if cache else 0)
                yield int(_text(folder / files.limit)) - used


def _text(file: Path) -> str:
    """The content of a file of the kernel, "" if it cannot be read."""
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
