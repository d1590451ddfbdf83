"""List folders by name while a source distribution is built.

Each file system has another order, and outcomes can depend on it: of a folder and a link to it, for
instance, setuptools packs the one that it finds first. Python 2.7 and any Python 3 run this.
"""

import os
import sys

HOLDERS = (("pathlib", "_NormalAccessor"), ("glob", "_StringGlobber"))
"""Classes with functions of ``os`` of their own: pathlib's up to Python 3.10, glob's in 3.13."""

KEY = None if str is not bytes else lambda name: name if isinstance(name, bytes) else name.encode("utf-8")
"""What names are compared by. Python 2 gives those that it cannot decode as bytes, among text."""


def sort_folders():
    """Let folders be listed by name from now on."""
    former = {name: getattr(os, name) for name in ("listdir", "scandir") if hasattr(os, name)}
    os.listdir = SortedNames(os.listdir)
    if "scandir" in former:
        os.scandir = SortedScans(os.scandir)
    for module, name in HOLDERS:
        holder = getattr(sys.modules.get(module), name, None)
        for function, value in former.items():
            held = getattr(holder, function, None)
            # Python 3.6 wraps it.
            if getattr(held, "__wrapped__", held) is value:
                setattr(holder, function, getattr(os, function))


class SortedNames(object):
    """``os.listdir``. Unlike a function it can be called by its name in a class, as pathlib does."""

    def __init__(self, listdir):
        self._listdir = listdir

    def __call__(self, *arguments, **named):
        """The names in order."""
        return sorted(self._listdir(*arguments, **named), key=KEY)


class SortedScans(object):
    """``os.scandir``."""

    def __init__(self, scandir):
        self._scandir = scandir

    def __call__(self, *arguments, **named):
        """The entries in the order of their names."""
        with self._scandir(*arguments, **named) as entries:
            return SortedEntries(sorted(entries, key=lambda entry: entry.name))


class SortedEntries(object):
    """What ``os.scandir`` returns."""

    def __init__(self, entries):
        self._entries = iter(entries)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._entries)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        """Give no more entries."""
        self._entries = iter(())
