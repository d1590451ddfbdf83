"""Look at the code of a tag that Python 2.7 builds: does it ask which Python or which machine this is?

``setup_py_runner`` imports this module for the build of a wheel. Nothing is pretended: 2.7 is the only
version that a wheel can be for, and what asks for more than the version gets no wheel.
"""

import os
import sys

from sdistmaker_observation.names import LATER_NAMES
from sdistmaker_observation.owners import TAG, TEXT, Owners, words
from sdistmaker_observation.suspicions import ORDER_OF_SETS, Suspicions

ABOUT_VERSION = words(
    """sys.version_info sys.hexversion platform.python_version_tuple
    platform.python_version import argparse json hashlib sqlite3 functools collections importlib"""
)
"""Suspicions of which the answer is the same wherever Python 2.7 runs."""

ABOUT_COMPILER = words("sys.version")
"""Suspicions of which another build shows whether more is asked than the version."""
OTHER_COMPILER = "2.7.18 (v2.7.18:8d21aa21f2, Apr 20 2020, 13:25:05) [MSC v.1500 64 bit (AMD64)]"
"""What sys.version is elsewhere."""

ABOUT_FOLDERS = words(
    """os.listdir os.walk os.path.walk os.getcwd os.basename os.path.basename os.relpath
    os.path.relpath glob.glob setuptools.glob write os.remove dir folder"""
)
"""Suspicions that another build shows to be idle: from another folder, with its files in another order."""


class Looker:
    """Collects the code of the tag that runs: modules, classes and functions that are called."""

    def __init__(self, tree, tools):
        self.owners = Owners(tree, tools)
        self.codes = {}

    def profile(self, frame, event, argument):
        """Take an event of the profiler.

        Functions that are never called need no look: what decides on their call is looked at.
        """
        code = frame.f_code
        if event == "call" and code not in self.codes:
            owner = self.owners.owner(code.co_filename)
            caller = frame.f_back and self.owners.owner(frame.f_back.f_code.co_filename)
            if owner == TAG or (owner == TEXT and caller in (TAG, TEXT)):
                self.codes[code] = None

    def answer(self):
        """What was seen, as a value for JSON."""
        sys.setprofile(None)
        suspicions = Suspicions(self.owners)
        for code in self.codes:
            suspicions.look_at(code)
        suspicions.judge()
        suspicions.look_at_paths(self.codes)
        # Python 2 has the same order everywhere.
        suspicions.found.discard(ORDER_OF_SETS)
        unanswerable = set(suspicions.unanswerable)
        if not self.codes:
            unanswerable.add("its setup.py was not seen")
        about_folders = suspicions.found & ABOUT_FOLDERS
        about_compiler = suspicions.found & ABOUT_COMPILER
        about_version = set(filter(is_about_version, suspicions.found)) | about_compiler
        unanswerable.update("it may use " + item for item in suspicions.found - about_folders - about_version)
        return {
            "suspicions": sorted(about_version | suspicions.of_version),
            "unanswerable": sorted(unanswerable),
            "asked": sorted(about_folders | about_compiler),
            "tree": self.owners.tree,
            "doubtful": False,
        }


def is_about_version(suspicion):
    """Whether this suspicion is about nothing but the version, as one of a name that no 2.7 has."""
    name = suspicion.rpartition(" ")[2]
    module, _, attribute = name.rpartition(".")
    is_missing = (module, attribute) in LATER_NAMES and not hasattr(sys.modules.get(module), attribute)
    return name in ABOUT_VERSION or is_missing


def observe(tools, is_reversed):
    """Begin to look at the code of the tag in the current folder; ``tools`` are folders of build tools.

    With ``is_reversed`` the files of a folder come in another order, and another compiler has built Python.
    The returned function gives what was seen.
    """
    looker = Looker(os.getcwd(), tools)
    if is_reversed:
        listing = os.listdir
        os.listdir = lambda path=".": listing(path)[::-1]
        sys.version = OTHER_COMPILER
    sys.setprofile(looker.profile)
    return looker.answer
