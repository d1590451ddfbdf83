"""Watch how the tag looks at files outside of it, at environment variables, and at the order of folders."""

import contextlib
import datetime
import os
import sys

from sdistmaker_observation.owners import TAG, words

QUIET_FUNCTIONS = frozenset(("realpath", "_joinrealpath", "resolve", "abspath", "samefile"))
"""Functions that look at each folder of a path, and give nothing but the path."""
SEARCHES = frozenset(("which", "find_executable", "get_exec_path", "_get_exec_path"))
"""Functions that look for a program: their calls are noted, and so are the programs that are run."""
QUIET_VARIABLES = frozenset(
    ("TMPDIR", "TEMP", "TMP", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "PYTHON_COLORS")
)
ALWAYS_IMPORTED = words("__main__ builtins distutils os setuptools sys")
LOOKS = ("stat", "lstat", "access", "readlink")


def watch_files(pretence):
    """Watch all that a tag can see of the machine's files and variables."""
    watch_environment(pretence)
    watch_clock(pretence)
    watched = {
        "listdir": reversed_listing(pretence, os.listdir),
        "scandir": reversed_scan(pretence, os.scandir),
        "walk": reversed_walk(pretence, os.walk),
    }
    for name, function in watched.items():
        watch_function(pretence, name, function)


def watch_looks(pretence):
    """Watch which files the tag looks for; it does not matter to anything."""
    for name in LOOKS:
        watch_function(pretence, name, looking(pretence, getattr(os, name)))
    with contextlib.suppress(ImportError, AttributeError):
        # Before Python 3.10 it keeps the function.
        from pathlib import _NormalAccessor

        for name in ("stat", "lstat"):
            setattr(_NormalAccessor, name, staticmethod(looking(pretence, getattr(_NormalAccessor, name))))


def watch_function(pretence, name, function):
    """Give the tag this function in place of the one of ``os``."""
    values = vars(os)
    setattr(type(os), name, pretence.property_for(values, name, lambda value: function))


def looking(pretence, true_function):
    """A function of ``os`` that looks at a path, and notes one outside of the tag."""

    def look(path, *arguments, **named):
        note_path(pretence, path)
        return true_function(path, *arguments, **named)

    return look


def note_path(pretence, path):
    """Note that the tag looks at this path, if it is outside."""
    if isinstance(path, int):
        return
    frame = sys._getframe(2)
    while frame is not None and not pretence.owners.is_tag(frame.f_code):
        if frame.f_code.co_name in QUIET_FUNCTIONS or frame.f_code.co_name in SEARCHES:
            return
        frame = frame.f_back
    if pretence.is_asked() and not pretence.is_usable(path):
        pretence.note("it looks for the file %s" % os.fsdecode(path))


def reversed_listing(pretence, function):
    """os.listdir in another order."""

    def listing(path="."):
        note_path(pretence, path)
        return function(path)[::-1]

    return listing


class Scan:
    """What os.scandir gives, in another order."""

    def __init__(self, entries):
        self.entries = iter(entries)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.entries)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def close(self):
        """Do nothing: all entries were read."""


def reversed_scan(pretence, function):
    """os.scandir in another order."""

    def scan(path="."):
        note_path(pretence, path)
        with function(path) as entries:
            return Scan(list(entries)[::-1])

    return scan


def reversed_walk(pretence, function):
    """os.walk in another order."""

    def walk(top, topdown=True, onerror=None, followlinks=False):
        note_path(pretence, top)
        return walk_in_order(function(top, topdown, onerror, followlinks))

    return walk


def walk_in_order(steps):
    """The steps of os.walk with their names in another order."""
    for folder, folders, files in steps:
        folders.reverse()
        yield folder, folders, files[::-1]


class Modules:
    """sys.modules for the tag: it is noted if the tag looks which other modules were imported."""

    def __init__(self, pretence):
        self._pretence, self._modules = pretence, sys.modules

    def _note(self, name):
        filename = getattr(self._modules.get(name), "__file__", None) or ""
        is_own = filename and self._pretence.owners.owner(os.path.abspath(filename)) == TAG
        # Nothing imports a module that is not there, but the tag itself.
        if name not in ALWAYS_IMPORTED and not is_own and (name in self._modules or name == "anything"):
            self._pretence.note("it looks whether %s is imported" % name)

    def __getitem__(self, name):
        self._note(name)
        return self._modules[name]

    def __setitem__(self, name, module):
        self._modules[name] = module

    def __delitem__(self, name):
        self._note(name)
        del self._modules[name]

    def __contains__(self, name):
        self._note(name)
        return name in self._modules

    def __iter__(self):
        self._note("anything")
        return iter(self._modules)

    def __getattr__(self, name):
        method = getattr(self._modules, name)

        def call(*arguments):
            self._note(arguments[0] if arguments and isinstance(arguments[0], str) else "anything")
            return method(*arguments)

        return call


def watch_modules(pretence):
    """Let the tag see sys.modules through ``Modules``."""
    values, modules = vars(sys), Modules(pretence)

    def answer(value):
        return modules if pretence.owners.asks_directly(sys._getframe(1)) else value

    type(sys).modules = pretence.property_for(values, "modules", answer)


def is_search(owners, frame):
    """Whether a module of Python looks for a program that the tag runs, or asks for."""
    while frame is not None and not owners.is_tag(frame.f_code):
        if frame.f_code.co_name in SEARCHES:
            return True
        frame = frame.f_back
    return False


def watch_environment(pretence):
    """Note the environment variables that the tag reads and did not set itself."""
    environ = pretence.watched["os"]["environ"]
    own = set()

    def note(name):
        is_quiet = name in own or name in QUIET_VARIABLES
        if not is_quiet and pretence.is_asked() and not is_search(pretence.owners, sys._getframe(1)):
            pretence.note("it reads the environment variable %s" % name)

    class Environ(type(environ)):
        """os.environ that knows who reads it."""

        def __getitem__(self, name):
            note(name)
            return super().__getitem__(name)

        def __contains__(self, name):
            note(name)
            return super().__contains__(name)

        def __setitem__(self, name, value):
            own.add(name)
            super().__setitem__(name, value)

        def __iter__(self):
            note("(all)")
            return super().__iter__()

        def __len__(self):
            note("(all)")
            return super().__len__()

        def setdefault(self, name, value):
            if name not in QUIET_VARIABLES:
                note(name)
            own.add(name)
            return super().setdefault(name, value)

    environ.__class__ = Environ


def watch_clock(pretence):
    """Note the methods of ``datetime`` that read the clock."""
    true_date, true_datetime = datetime.date, datetime.datetime

    def note_question():
        if pretence.is_asked():
            pretence.note("it asks for the time")

    class Date(true_date):
        """A date whose today is noted."""

        @classmethod
        def today(cls):
            note_question()
            return true_date.today()

    class DateTime(true_datetime):
        """A time whose now is noted."""

        @classmethod
        def now(cls, *arguments, **named):
            note_question()
            return true_datetime.now(*arguments, **named)

        @classmethod
        def utcnow(cls):
            note_question()
            return true_datetime.utcnow()

        @classmethod
        def today(cls):
            note_question()
            return true_datetime.today()

    pretence.watch("datetime")
    pretence.replace("datetime", "date", lambda value: Date)
    pretence.replace("datetime", "datetime", lambda value: DateTime)
