"""Modules of distributions that are not installed, in which every name is there and nothing happens."""

from types import ModuleType


class DummyLoader:
    """Makes a module in which every name is there, and nothing happens."""

    def create_module(self, spec):
        """A module without code."""
        return DummyModule(spec.name)

    def exec_module(self, module):
        """Do nothing."""


class DummyModule(ModuleType):
    """A module of a distribution that is not installed."""

    def __getattr__(self, name):
        if name[:2] == "__":
            raise AttributeError(name)
        return Dummy


class Dummies(type):
    """The class of ``Dummy``, which has every attribute."""

    def __getattr__(cls, name):
        if name[:2] == "__":
            raise AttributeError(name)
        return cls


class Dummy(metaclass=Dummies):
    """Stands for anything that such a module has."""

    def __init__(self, *arguments, **named):
        pass

    def __getattr__(self, name):
        if name[:2] == "__":
            raise AttributeError(name)
        return Dummy

    def __call__(self, *arguments, **named):
        """Itself, whatever it stands for."""
        return self
