"""Histories that nobody would think of, of folders that may be projects or stop being some.

The same random numbers give the same history, so a failing one can be made again from its seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from sdistmaker_recipe.configuration.options import Configuration
from tests.support.memory_repository import Content, File, Folder, MemoryRepository

NAMES = ("trunk", "tags", "branches", "1.0", "2.0", "v3.1", "latest", "red", "blue", "attic", "red-1.0")
STOP = "stop.txt"
CONFIGURATION = Configuration(ignore=("attic",), stop_indicators=(STOP,), exclude=("blue/blue",))

Changes = dict[str, Content | None]
Copies = dict[str, tuple[str, int]]


def begin() -> MemoryRepository:
    """Two projects, one of them in a folder, with a tag each."""
    history = MemoryRepository()
    files = {f"{project}/trunk/setup.py": "setup()\n" for project in ("red", "base/blue")}
    history.commit({**files, "base/attic/red/trunk/file": "", "base/file": ""})
    history.commit(copies={"red/tags/1.0": "red/trunk", "base/blue/tags/1.0": "base/blue/trunk"})
    return history


def grow(
    history: MemoryRepository, random: Random, layout: Sequence[str] = (), *, projects: bool = False
) -> None:
    """Add a revision that does one to four things; about half of them make tags where ``layout`` has them.

    With ``projects``, folders become projects of Python, or stop being some.
    """
    while True:
        changes: Changes = {}
        copies: Copies = {}
        for _ in range(random.choice((1, 1, 2, 3, 4))):
            if layout and random.random() < 0.5:
                _tag_elsewhere(history, random, copies, random.choice(layout))
            elif projects and random.random() < 0.4:
                _turn_into_project(history, random, changes)
            else:
                random.choice(DEEDS)(history, random, changes, copies)
        try:
            history.commit(changes, copies)
        except KeyError:
            continue  # two of these do not go together, as to delete a file and the folder it is in
        return


def _tag(history: MemoryRepository, random: Random, _changes: Changes, copies: Copies) -> None:
    if trunks := _paths(history, lambda path: path.endswith("trunk")):
        trunk = random.choice(trunks)
        copies[f"{trunk.removesuffix('trunk')}tags/{random.choice(NAMES[3:7])}"] = (trunk, _head(history))


def _tag_elsewhere(history: MemoryRepository, random: Random, copies: Copies, pattern: str) -> None:
    """A tag where a pattern of the option layout has it, or a part of the way there."""
    path, projects = pattern, ("red", "blue", "base")
    parts = {"**": ("base", "red/blue"), "{tag}": NAMES[3:7], "{project}": projects, "*": NAMES}
    for placeholder, names in parts.items():
        path = path.replace(placeholder, random.choice(names))
    if random.random() < 0.2:
        path = path.rpartition("/")[0] or path
    sources = _paths(history, lambda source: _is_folder(history, source))
    if sources and path.count("/") < 7:
        copies[path] = (random.choice(sources), _head(history))


def _turn_into_project(history: MemoryRepository, random: Random, changes: Changes) -> None:
    path = _join(random.choice(_folders(history)), random.choice(("setup.py", "pyproject.toml")))
    changes[path] = None if path in history.revisions[-1].tree else File(b"project")


def _copy(history: MemoryRepository, random: Random, _changes: Changes, copies: Copies) -> None:
    number = random.choice((_head(history), random.randint(1, _head(history))))
    if sources := [path for path in history.revisions[number].tree if path]:
        copies[_somewhere(history, random)] = (random.choice(sources), number)


def _restore(history: MemoryRepository, random: Random, _changes: Changes, copies: Copies) -> None:
    """Put an older copy in place of what is there."""
    number = random.randint(1, _head(history))
    there = history.revisions[number].tree
    if paths := _paths(history, lambda path: path in there):
        path = random.choice(paths)
        copies[path] = (path, number)


def _move(history: MemoryRepository, random: Random, changes: Changes, copies: Copies) -> None:
    if paths := _paths(history):
        source = random.choice(paths)
        copies[_somewhere(history, random)] = (source, _head(history))
        changes[source] = None


def _delete(history: MemoryRepository, random: Random, changes: Changes, _copies: Copies) -> None:
    if paths := _paths(history):
        changes[random.choice(paths)] = None


def _add(history: MemoryRepository, random: Random, changes: Changes, _copies: Copies) -> None:
    content = random.choice((Folder(), Folder(), File(b"new")))
    name = random.choice((*NAMES, *NAMES, STOP))
    changes[_join(random.choice(_folders(history)), name)] = File() if name == STOP else content


def _edit(history: MemoryRepository, random: Random, changes: Changes, _copies: Copies) -> None:
    tree = history.revisions[-1].tree
    if paths := _paths(history):
        path = random.choice(paths)
        is_file = isinstance(tree[path].content, File)
        changes[path] = (
            File(b"%d" % random.randint(0, 99)) if is_file else Folder({"p": str(random.random())})
        )


def _edit_a_tag(history: MemoryRepository, random: Random, changes: Changes, _copies: Copies) -> None:
    if paths := _paths(history, lambda path: "tags/" in path and _is_folder(history, path)):
        changes[f"{random.choice(paths)}/edited"] = File(b"%d" % random.randint(0, 99))


DEEDS = (_tag, _tag, _copy, _copy, _restore, _move, _move, _delete, _add, _add, _edit, _edit_a_tag)


def _somewhere(history: MemoryRepository, random: Random) -> str:
    taken = _paths(history)
    if taken and random.random() < 0.2:
        return random.choice(taken)
    return _join(random.choice(_folders(history)), random.choice(NAMES))


def _folders(history: MemoryRepository) -> list[str]:
    return [path for path in history.revisions[-1].tree if _is_folder(history, path) and path.count("/") < 5]


def _is_folder(history: MemoryRepository, path: str) -> bool:
    return isinstance(history.revisions[-1].tree[path].content, Folder)


def _paths(history: MemoryRepository, wanted: Callable[[str], object] = bool) -> list[str]:
    return [path for path in history.revisions[-1].tree if path and wanted(path)]


def _head(history: MemoryRepository) -> int:
    return int(history.head())


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def random_history(
    seed: int, layout: Sequence[str] = (), *, projects: bool = False
) -> tuple[MemoryRepository, list[str]]:
    """A history, with tags where ``layout`` has them, and at which of its revisions it is scanned."""
    random = Random(seed)
    history = begin()
    if projects:
        folders = ("", "red/", "blue/", "base/red/", "red/blue/")
        history.commit({f"trunk/{folder}setup.py": "setup()\n" for folder in folders})
        history.commit(copies={"tags/1.0": ("trunk", 3), "tags/red/v3.1": ("trunk", 3)})
    for _ in range(random.randint(2, 8)):
        grow(history, random, layout, projects=projects)
    pegs = range(2, int(history.head()) + 1)
    return history, [str(peg) for peg in pegs if peg == 2 or random.random() < 0.8]
