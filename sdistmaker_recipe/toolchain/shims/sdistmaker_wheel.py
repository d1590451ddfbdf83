"""Replace what takes long in setuptools if it builds a wheel. ``hook_runner`` imports it in a worker.

The wheel has the same files: ``wheels.wheel_writing`` writes it anew.
"""

import importlib
import re
from typing import Any


def replace_slow_parts() -> None:
    """Replace both parts below; a setuptools that does not have them raises ImportError or AttributeError."""
    fill_in_few_variables()
    store_without_compression()


def fill_in_few_variables() -> None:
    """Let distutils fill in the paths of an installation with the variables that they name.

    It turns a thousand variables of Python's configuration into text for each path.
    """
    install: "Any" = importlib.import_module("distutils.command.install")
    original = install.subst_vars

    def subst_vars(text: str, variables: "Any") -> "Any":
        names = set(re.findall(r"\w+", text))
        return original(text, {name: variables[name] for name in names if name in variables})

    install.subst_vars = subst_vars


def store_without_compression() -> None:
    """Let setuptools not compress a wheel, which is compressed when it is written anew."""
    command: "Any" = importlib.import_module("setuptools.command.bdist_wheel").bdist_wheel
    original = command.initialize_options

    def initialize_options(self: "Any") -> None:
        original(self)
        if self.compression == "deflated":
            self.compression = "stored"

    command.initialize_options = initialize_options
