"""Whose code runs: the tag's, a build tool's, or Python's own.

Packages that are installed for a build, except the build tools that are known here, count as the tag's: they
may ask on its behalf.
"""

import os
import sys


def words(text):
    """The words of a text."""
    return frozenset(text.split())


TAG, TOOL, PYTHON, TEXT = "tag", "tool", "python", "text"
"""Owners of code. TEXT is code made of a text: it belongs to whoever executes it."""

TOOLS = frozenset(
    (
        "_distutils_hack",
        "distutils",
        "distutils-precedence.pth",
        "editables",
        "flit_core",
        "hatch_vcs",
        "hatchling",
        "hgtools",
        "packaging",
        "pathspec",
        "pdm",
        "pip",
        "pkg_resources",
        "pluggy",
        "poetry",
        "pyparsing",
        "setuptools",
        "setuptools_scm",
        "tomli",
        "trove_classifiers",
        "typing_extensions",
        "uv_build",
        "vcs_versioning",
        "wheel",
    )
)
"""Top-level packages of build tools, which ask much of the machine for themselves."""

ASSISTANTS = frozenset(("pbr",))
"""Packages like these that ask which Python and which platform this is on behalf of the tag.

What else they ask, such as for environment variables, they ask for themselves.
"""

OBSERVERS = (
    "files_seen.py",
    "imports.py",
    "pretence.py",
    "questions.py",
    "version_control.py",
)
"""Modules of this package that stand between the tag and Python."""

HELPERS = ("distutils/util.py", "distutils/sysconfig.py", "packaging/markers.py", "packaging/tags.py")
HELPING_FUNCTIONS = words("evaluate_marker get_build_platform get_supported_platform invalid_marker")
"""Modules of build tools that answer questions about the machine to whom calls them."""


class Owners:
    """Tells the owner of code by the name of its file.

    ``tree`` is the folder of the tag, ``tools`` are folders with nothing but build tools.
    """

    def __init__(self, tree, tools=()):
        self.tools = tuple(os.path.join(folder, "") for folder in tools)
        self.tree = os.path.join(os.path.realpath(tree), "")
        self.given_tree = os.path.join(os.path.abspath(tree), "")
        self.library = os.path.join(os.path.dirname(os.path.realpath(os.__file__)), "")
        self.given_library = os.path.join(os.path.dirname(os.path.abspath(os.__file__)), "")
        observation = os.path.dirname(os.path.abspath(__file__))
        shims = os.path.dirname(observation)
        self.programs = (os.path.join(shims, ""), os.path.join(os.path.dirname(shims), "hook_runner.py"))
        self.observers = tuple(os.path.join(observation, name) for name in OBSERVERS)
        # Whoever looks for an installed distribution looks at these, also at the archive that is not there.
        self.search_path = frozenset(os.path.abspath(folder) for folder in sys.path if folder)
        self.known = {}
        self.texts = set()

    def owner(self, filename):
        """The owner of code in a file of this name, as code objects have it."""
        found = self.known.get(filename)
        if found is None:
            found = self.known[filename] = self.find_owner(filename)
        return found

    def find_owner(self, filename):
        """The owner by the folder that the file is in."""
        if filename.startswith("<"):
            return PYTHON if filename.startswith("<frozen ") else TEXT
        if self.tools and filename.startswith(self.tools):
            return TOOL
        if not filename.startswith("/") or filename.startswith((self.tree, self.given_tree)):
            return TAG
        if filename.startswith(self.observers):
            return PYTHON
        if filename.startswith(self.programs):
            return TOOL
        for folder in ("/site-packages/", "/dist-packages/"):
            if folder in filename:
                top = filename.partition(folder)[2].partition("/")[0]
                return TOOL if top.partition(".py")[0] in TOOLS else TAG
        if filename.startswith((self.library, self.given_library)):
            return TOOL if "/distutils/" in filename else PYTHON
        return TAG

    def is_library(self, path):
        """Whether this path is of Python or of a package, or is searched for them: each Python has one."""
        folder = path + "/"
        is_inside = folder.startswith((self.library, self.given_library)) or "/site-packages/" in folder
        return is_inside or path in self.search_path

    def owns(self, code, frame):
        """Whether the code that is executed in this frame is the tag's.

        setuptools executes the text of setup.py. Modules of Python execute texts that they make, as for a
        named tuple.
        """
        owner = self.owner(code.co_filename)
        if owner == TEXT and (self.owner(frame.f_code.co_filename) == TOOL or self.asks(frame)):
            self.texts.update(all_codes(code))
        return owner == TAG or (owner == TEXT and code in self.texts)

    def is_tag(self, code):
        """Whether this code is the tag's, as far as it was executed until now."""
        owner = self.owner(code.co_filename)
        # To look for a code object takes long, and a trace function asks this for each call of a function.
        return owner == TAG or (owner == TEXT and code in self.texts)

    def is_assisted(self, frame):
        """Whether an assistant asks in this frame, by itself or through functions of Python."""
        while frame is not None and self.owner(frame.f_code.co_filename) == PYTHON:
            frame = frame.f_back
        return frame is not None and self.is_assistant(frame.f_code)

    def is_assistant(self, code):
        """Whether this is the code of an assistant; whatever the tag calls its own folders, they are not."""
        if code.co_filename.startswith((self.tree, self.given_tree)):
            return False
        folder, _, path = code.co_filename.rpartition("/site-packages/")
        return bool(folder) and path.partition("/")[0] in ASSISTANTS

    def asks_directly(self, frame):
        """Whether the tag asks in this frame, through nothing but the modules that observe it."""
        while frame is not None and frame.f_code.co_filename.startswith(self.observers):
            frame = frame.f_back
        return frame is not None and self.is_tag(frame.f_code)

    def asks(self, frame):
        """Whether the tag asks, by itself or through functions of Python, in the frame of the question.

        Whatever a module of Python or of a tool asks when it is imported, it asks for itself.
        """
        while frame is not None:
            code = frame.f_code
            owner = self.owner(code.co_filename)
            if owner == TAG or (owner == TEXT and code in self.texts):
                return True
            if owner == TOOL and not (
                code.co_filename.endswith(HELPERS) or code.co_name in HELPING_FUNCTIONS
            ):
                return False
            if owner != TEXT and code.co_name == "<module>":
                return False
            frame = frame.f_back
        return False


def all_codes(code):
    """This code object, and all that are inside."""
    yield code
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            for inner in all_codes(constant):
                yield inner
