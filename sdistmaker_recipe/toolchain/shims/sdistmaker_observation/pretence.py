"""Give the code of a tag the answers of another Python on another platform, and nobody else.

Modules get another class, whose properties answer for sensitive attributes: whoever reads them, by whatever
name. Build tools and Python itself get the true values.
"""

import builtins
import os
import sys
import types

from sdistmaker_observation.answers import Separator
from sdistmaker_observation.files_seen import watch_files, watch_looks, watch_modules
from sdistmaker_observation.hidden_errors import is_raised_by, may_hide_errors, may_use_errors, say_otherwise
from sdistmaker_observation.imports import Imports
from sdistmaker_observation.names import LATER_NAMES, REMOVED_NAMES
from sdistmaker_observation.owners import PYTHON, TOOL
from sdistmaker_observation.tables import (
    ADDING,
    ANSWERED,
    ANSWERING_FUNCTIONS,
    CALLS,
    MISSING,
    PROGRAM_SEARCHES,
    PYTHON_2_ATTRIBUTES,
    QUIET_FILES,
    QUIET_THROUGH_PYTHON,
    SEPARATORS,
    SILENT,
    UNIX_ONLY,
)
from sdistmaker_observation.version_control import PROGRAMS, QUESTION

WITH_WATCHED_NAMESPACE = ("sys", "os", "platform")
"""Modules of which it is noted if somebody takes all attributes; this costs some time."""


class Pretence:
    """Answers the questions of the tag by a book, and notes those that cannot be answered."""

    def __init__(self, owners, book, note, suspect, is_usable, keeps_removed, missing, dummies):
        self.owners = owners
        self.book = book
        self.note = note
        self.suspect = suspect
        self.is_usable = is_usable
        self.keeps_removed = keeps_removed
        self.missing = missing
        self.dummies = dummies
        self.watched = {}
        self.is_doubtful = False
        self.own_errors = []

    def watch_looks(self):
        """Begin to watch which files the tag looks for."""
        if type(os) is types.ModuleType:
            os.__class__ = watched_class({})
        watch_looks(self)

    def start(self):
        """Begin to answer."""
        self.modules = sys.modules
        for name in set(ANSWERED) | set(SILENT) | set(CALLS):
            if name in self.modules:
                self.watch(name)
        watch_files(self)
        watch_modules(self)
        self.watch_looks()
        self.watch_separators()
        imports = Imports(self)
        builtins.__import__ = imports.import_module
        self.watch("importlib")
        self.replace("importlib", "import_module", imports.import_by_name)
        true_ord = ord
        builtins.ord = lambda text: text.decide(true_ord) if type(text) is Separator else true_ord(text)
        for name in ("hash", "id"):
            setattr(builtins, name, self.noting_directly(getattr(builtins, name), name + "()"))

    # Who asks

    def is_asked(self):
        """Whether the tag asks, unless through a module of Python that asks quietly for itself."""
        asking = frame = sys._getframe(1)
        while asking is not None and self.owners.owner(asking.f_code.co_filename) == PYTHON:
            name = asking.f_code.co_filename
            if name.endswith(QUIET_FILES) or name.startswith("<frozen importlib"):
                return False
            asking = asking.f_back
        return self.owners.asks(frame)

    def is_asked_directly(self):
        """Whether the tag asks by itself: to know no more takes far less time."""
        return self.owners.asks_directly(sys._getframe(1))

    # Attributes of modules

    def watch(self, name):
        """Let a module answer for its sensitive attributes."""
        module = self.modules[name]
        if name in self.watched or type(module) is not types.ModuleType:
            return
        values = vars(module)
        self.watched[name] = values
        properties = {"__getattr__": self.getter_of_missing(name, values)}
        if name in WITH_WATCHED_NAMESPACE:
            properties["__getattribute__"] = self.getter(name)
        answers = {}
        for attribute, function in ANSWERED.get(name, {}).items():
            answers[attribute] = self.answer_for(name, attribute, function)
        for attribute in SILENT.get(name, ()):
            answers[attribute] = self.silence_for("%s.%s" % (name, attribute))
        calls = CALLS.get(name, frozenset())
        for attribute, value in values.items():
            is_call = attribute in calls or ("*" in calls and is_function(value))
            if is_call and attribute not in answers and attribute[:2] != "__":
                answers[attribute] = self.call_for("%s.%s" % (name, attribute))
        for attribute, answer in answers.items():
            is_quiet = "%s.%s" % (name, attribute) in QUIET_THROUGH_PYTHON
            is_asked = self.is_asked_directly if is_quiet else self.is_asked
            properties[attribute] = self.property_for(values, attribute, answer, is_asked)
        module.__class__ = watched_class(properties)

    def watch_separators(self):
        """Let separators be compared with those of Windows; what puts a path together works as it is."""
        for module, attribute, on_windows in SEPARATORS:
            values = self.watched[module]
            separator = Separator(
                values[attribute] or "", self.book, "%s.%s" % (module, attribute), on_windows
            )
            self.replace(module, attribute, lambda value, separator=separator: separator)

    def replace(self, name, attribute, replaced):
        """Give the tag a function in place of another one of a watched module."""
        setattr(
            type(self.modules[name]), attribute, self.property_for(self.watched[name], attribute, replaced)
        )

    def property_for(self, values, attribute, answer, is_asked=None):
        """A property that gives the answer to the tag, and the true value to all others."""
        changed, is_asked = [], is_asked or self.is_asked

        def read(module):
            if not changed and is_asked():
                return answer(value_of(values, attribute))
            try:
                return values[attribute]
            except KeyError:
                raise AttributeError("module has no attribute %r" % attribute) from None

        def write(module, value):
            if self.is_asked():
                # Then the tag knows what it is.
                changed.append(True)
            values[attribute] = value

        def delete(module):
            values.pop(attribute, None)

        return property(read, write, delete)

    def answer_for(self, module, attribute, function):
        """What the property of an attribute gives that has another value in each world."""
        label = "%s.%s" % (module, attribute)
        if label in ANSWERING_FUNCTIONS:

            def answer_function(value):
                return lambda *arguments, **named: self.book.answer(
                    label, lambda world: function(world, value, *arguments)
                )

            return answer_function

        is_name = (module, attribute) in LATER_NAMES or (module, attribute) in REMOVED_NAMES

        def answer(value):
            if is_name and self.keeps_removed and value is not None:
                return value
            found = self.book.answer(
                "import " + label if is_name else label, lambda world: function(world, value)
            )
            if found is MISSING:
                raise AttributeError("module %r has no attribute %r" % (module, attribute))
            return self.noting(found, label + "()") if attribute in UNIX_ONLY else found

        return answer

    def silence_for(self, label):
        """What the property of an attribute gives whose value elsewhere nobody knows: the true one, noted."""

        def answer(value):
            if label in ADDING:
                return Adding(value, ADDING[label], lambda: self.note("it asks for " + label))
            self.note("it asks for " + label)
            return value

        return answer

    def call_for(self, label):
        """What the property of a function gives whose results elsewhere nobody knows."""
        return lambda value: self.noting(value, label + "()")

    def noting(self, function, label):
        """A function that does the same, and notes its call if the tag asks."""

        def noted(*arguments, **named):
            if self.is_asked() and not is_definite(label, arguments):
                if label in PROGRAM_SEARCHES and arguments and arguments[0] in PROGRAMS:
                    self.suspect(QUESTION)
                else:
                    self.note("it calls " + label)
            return function(*arguments, **named)

        return noted

    def noting_directly(self, function, label):
        """The same for a function that Python calls for its own ends, too."""

        def noted(*arguments, **named):
            if self.owners.asks_directly(sys._getframe(1)):
                self.note("it calls " + label)
            return function(*arguments, **named)

        return noted

    def getter_of_missing(self, name, values):
        """The function for attributes that a module has not."""

        def get(module, attribute):
            if "__getattr__" in values:
                return values["__getattr__"](attribute)
            is_known = attribute[:2] == "__" or attribute in PYTHON_2_ATTRIBUTES
            label = "%s.%s" % (name, attribute)
            is_asked = self.is_asked_directly if label in QUIET_THROUGH_PYTHON else self.is_asked
            if name in ("sys", "os") and not is_known and is_asked():
                self.note("it asks for " + label)
            raise AttributeError("module %r has no attribute %r" % (name, attribute))

        return get

    def getter(self, name):
        """The function for all attributes of a module: it notes if the tag takes them all."""

        def get(module, attribute):
            if attribute == "__dict__" and self.owners.asks_directly(sys._getframe(1)):
                self.note("it asks for all that is in " + name)
            return types.ModuleType.__getattribute__(module, attribute)

        return get

    # Errors that an answer may have caused

    def watch_errors(self, code):
        """Trace the tag from now on if this code may hide errors: that is slow, and most code does not."""
        if self.book and (may_use_errors(code) or (self.book.is_lazy and may_hide_errors(code))):
            sys.settrace(self.trace)

    def trace(self, frame, event, argument):
        """Trace code of the tag: an answer is no text, so that functions of Python may refuse it."""
        # All functions of all modules come by here.
        if self.owners.known.get(frame.f_code.co_filename) in (PYTHON, TOOL):
            return None
        if event == "call" and self.owners.is_tag(frame.f_code):
            frame.f_trace_lines = False
            return self.trace_errors
        return None

    def trace_errors(self, frame, event, argument):
        """Note errors in code that has got an answer, and let errors of Python have other texts."""
        if event == "exception":
            kind, error, traceback = argument
            if self.book.gave_answer and issubclass(kind, (TypeError, ValueError)):
                self.is_doubtful = True
            if is_raised_by(frame, traceback):
                self.own_errors.append(error)
            elif not any(error is own for own in self.own_errors):
                say_otherwise(error)
        return self.trace_errors


class Adding:
    """A value to which something can be added; ``note`` is called for all else that it is asked."""

    def __init__(self, value, method, note):
        self._value, self._method, self._note = value, method, note

    def __getattr__(self, name):
        if name != self._method:
            self._note()
        return getattr(self._value, name)

    def __iter__(self):
        self._note()
        return iter(self._value)

    def __contains__(self, item):
        self._note()
        return item in self._value


def value_of(values, attribute):
    """An attribute of a module with these variables, also one that the module makes when it is asked."""
    if attribute in values or "__getattr__" not in values:
        return values.get(attribute)
    try:
        return values["__getattr__"](attribute)
    except AttributeError:
        return None


def watched_class(properties):
    """A class for a module, with these properties.

    importlib makes new modules by calling ``type(sys)``: those are of the usual class. If the class had no
    ``__getattr__``, Python 3.14 would remember where the attributes of the module are, past any property.
    """

    def new(cls, *arguments, **named):
        return types.ModuleType(*arguments, **named)

    attributes = {"__getattr__": types.ModuleType.__getattribute__, **properties, "__new__": new}
    return type("WatchedModule", (types.ModuleType,), attributes)


def is_function(value):
    """Whether this is a function of some kind, and no class."""
    return callable(value) and not isinstance(value, type)


def is_definite(label, arguments):
    """Whether the arguments say of which time a function of ``time`` is to speak."""
    needed = {"time.localtime()": 1, "time.gmtime()": 1, "time.ctime()": 1, "time.asctime()": 1}
    needed["time.strftime()"] = 2
    return label in needed and len(arguments) >= needed[label] and None not in arguments
