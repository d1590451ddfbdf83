"""Let the tag import the modules that another Python has, and no others."""

import builtins
import sys

from sdistmaker_observation.names import LATER_NAMES, REMOVED_NAMES
from sdistmaker_observation.suspicions import handles_errors, may_be_missing
from sdistmaker_observation.tables import ANSWERED, CALLS, SILENT
from sdistmaker_observation.worlds import is_in_tables


class PretenceError(BaseException):
    """This Python cannot pretend to be another one. It is no ``Exception``, so that no setup.py goes on."""


class Imports:
    """Imports modules for everybody, and asks a ``Pretence`` what the tag may find."""

    def __init__(self, pretence):
        self.pretence = pretence
        self.true_import = builtins.__import__

    def import_module(self, name, globals=None, locals=None, fromlist=(), level=0):  # noqa: A002
        """Import a module; if the tag does, only one that the world has."""
        if level or not self.pretence.is_asked():
            return self.true_import(name, globals, locals, fromlist, level)
        self.check_module(name)
        for item in fromlist or ():
            self.check_name(name, item)
        module = self.true_import(name, globals, locals, fromlist, level)
        if may_be_missing(name):
            self.check_presence(name, sys._getframe(1))
        for each in (name, *("%s.%s" % (name, item) for item in fromlist or ())):
            if each in self.pretence.modules and (each in ANSWERED or each in SILENT or each in CALLS):
                self.pretence.watch(each)
        return module

    def check_presence(self, name, frame):
        """Take a module that only some versions of setuptools bring along: does its lack matter?"""
        owners = self.pretence.owners
        if not owners.is_tag(frame.f_code) or owners.is_assistant(frame.f_code):
            return
        if handles_errors(frame.f_code):
            self.pretence.missing.add(name)
            if name.partition(".")[0] in self.pretence.dummies:
                raise ModuleNotFoundError("No module named %r" % name, name=name)

    def import_by_name(self, true_function):
        """The function ``importlib.import_module`` or the like, for the tag."""

        def import_module(name, *arguments, **named):
            if self.pretence.is_asked() and isinstance(name, str):
                self.check_module(name)
            module = true_function(name, *arguments, **named)
            if name in ANSWERED or name in SILENT or name in CALLS:
                self.pretence.watch(name)
            return module

        return import_module

    def check_module(self, name):
        """Raise ``ImportError`` if the world lacks this module of the standard library."""
        if not is_in_tables(name):
            return
        label = "import " + name
        available = [world.has_module(name) for world in self.pretence.book.worlds]
        if self.pretence.keeps_removed and available[0] and not available[self.pretence.book.current]:
            return
        if not self.pretence.book.decide(label, available):
            raise ModuleNotFoundError("No module named %r" % name, name=name)
        if name not in self.pretence.modules and not self.is_there(name):
            raise PretenceError("this Python lacks the module %s" % name)

    def is_there(self, name):
        """Whether this Python has the module."""
        try:
            self.true_import(name)
        except ImportError:
            return False
        return True

    def check_name(self, module, name):
        """Raise ``ImportError`` if the module lacks this name in this world."""
        if (module, name) not in LATER_NAMES and (module, name) not in REMOVED_NAMES:
            return
        available = [world.has_name(module, name) for world in self.pretence.book.worlds]
        if self.pretence.keeps_removed and available[0]:
            return
        if not self.pretence.book.decide("import %s.%s" % (module, name), available):
            raise ImportError("cannot import name %r from %r" % (name, module))
        if not hasattr(self.true_import(module, fromlist=[name]), name):
            raise PretenceError("the module %s of this Python lacks %s" % (module, name))
