"""The names in code that may ask for something: which Python, which platform, and all else that can change.

Code without any of them depends on nothing but its own files. A suspicious name shows only that the code may
ask; most are in branches that never run.
"""

import dis
import os
import re
import sys
from collections import namedtuple
from types import ModuleType

from sdistmaker_observation.hidden_errors import keeps_errors
from sdistmaker_observation.names import LATER_METHODS, LATER_NAMES, REMOVED_NAMES
from sdistmaker_observation.owners import TAG, TOOLS, all_codes, words
from sdistmaker_observation.tables import LATER_BUILTINS
from sdistmaker_observation.worlds import PYTHON_2_MODULES, is_in_tables

HARMLESS_MODULES = words(
    """__future__ abc argparse base64 cgi codecs collections collections.abc configparser
    contextlib copy csv dataclasses difflib email enum errno fnmatch functools hashlib html io
    itertools json linecache logging math numbers operator optparse pprint re stat string
    tarfile textwrap threading tokenize traceback types typing unittest warnings weakref
    zipfile"""
)
"""Modules whose functions give the same everywhere for the same arguments, and that every Python 3 has."""

HARMLESS_ON_PYTHON_2 = words(
    """ConfigParser HTMLParser Queue StringIO UserDict UserList UserString cStringIO copy_reg doctest
    exceptions future_builtins htmlentitydefs md5 sets sha urllib2 urlparse"""
)
"""More modules whose functions give the same wherever Python 2.7 runs; most are not in Python 3."""

HARMLESS_NAMES = {
    "ast": "literal_eval parse walk",
    "os": """path join dirname abspath realpath normpath isfile isdir exists islink lexists splitext split
        pardir curdir chdir makedirs mkdir remove unlink rename replace rmdir PathLike fspath fsdecode
        fsencode error chmod SEEK_SET open close""",
    "os.path": "join dirname abspath realpath normpath isfile isdir exists islink lexists splitext split "
    "pardir curdir isabs commonprefix",
    "sys": "path exit stdout stderr stdin write flush exc_info insert append",
    "io": "open StringIO BytesIO TextIOWrapper SEEK_SET",
    "glob": "",
    "shutil": "copy copyfile copy2 rmtree copytree move copyfileobj",
    "pathlib": "Path PurePath PurePosixPath parent read_text joinpath resolve absolute is_file exists open",
}
"""Modules of which some functions ask nothing, with the names of these."""

TOOL_NAMES = words(
    """setup version __name__ __doc__ DistributionMetadata find_packages find_namespace_packages
    Command PackageFinder find Distribution build_py build sdist install develop egg_info test
    bdist_egg install_lib install_data install_scripts clean command core cmd dist log run
    finalize_options initialize_options setuptools distutils upload register build_scripts
    convert_path DistutilsError DistutilsSetupError errors TestCommand bdist_wheel alias
    easy_install get_requires_for_build_wheel build_wheel build_sdist
    prepare_metadata_for_build_wheel extension Extension Feature build_ext build_clib PEP420PackageFinder"""
)
"""Names of build tools that ask nothing when they are used as their documentation says."""

BOOTSTRAP_MODULES = words("ez_setup distribute_setup")
"""Modules of the shims, which do nothing."""

SUSPICIOUS_BUILTINS = words(
    """__import__ eval getattr hasattr vars dir hash id compile __builtins__ __loader__ __spec__ input
    breakpoint"""
)
"""Builtin functions that can ask for anything."""

PYTHON_2_BUILTINS = words(
    """apply basestring buffer cmp coerce execfile file intern long raw_input reduce reload unichr
    unicode xrange"""
)
"""Builtins that Python 2 has, and no Python 3."""

VERSIONED_NAMES = frozenset(LATER_NAMES) | frozenset(REMOVED_NAMES)
HANDLES_ERRORS = ("PUSH_EXC_INFO", "SETUP_FINALLY", "SETUP_EXCEPT")
"""Instructions of code that handles errors, in versions of Python."""

TRICKS = words(
    """__subclasses__ __globals__ __getattribute__ f_back f_globals f_builtins __builtins__ __closure__
    tb_frame gi_frame"""
)
"""Attributes that lead to whatever is in the process."""

PATH_OUTSIDE = re.compile(r"(/[A-Za-z]+(/[\w.+-]+)*/?|~.*|\.\.(/.*)?)$")
"""The text of a path that leads out of the tag."""

Instruction = namedtuple("Instruction", "opname argval argrepr")

FORMATTING = words("format format_map vformat")

TEXTS_OF_HELP = words("format_help format_usage print_help")
"""What gives the help text of a program, whose words and lines differ from version to version."""

MIXED_ENUM = words("IntEnum IntFlag")
"""Enumerations whose members are formatted in another way since Python 3.12."""

LOADS_ATTRIBUTE = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR")

ATTRIBUTE_IN_FORMAT = re.compile(r"\{[^{}]*\.[A-Za-z_]")
"""What takes an attribute in a text for the method format."""

SUSPICIOUS_ATTRIBUTES = words(
    """sys _sys os _os platform time builtins sysconfig site posix nt __dict__ attrgetter methodcaller
    import_module st_mtime st_mtime_ns home cwd expanduser iterdir rglob"""
)
"""Names by which modules can be had from modules that import them, and what gets attributes by name."""


ORDER_OF_SETS = "the order of sets"
"""The suspicion for which ``wheels.compatibility`` has a build with another one."""

FOLDER_NAMES = words("__file__ abspath realpath resolve absolute cwd getcwd")
CUTS = words("split rsplit partition rpartition replace name stem parts")
"""What gives the path of the tag's folder, and what takes a part of a text or of a path."""

OWN_TO_MACHINE = words("st_uid st_gid st_ino st_dev st_ctime st_ctime_ns st_atime st_atime_ns")
"""Of the status of a file, what an archive does not say."""


class Suspicions:
    """Collects the suspicious names of code objects in ``found``, and what tells too much in itself.

    The latter is ``of_version`` if only the version of Python decides on the answer, else ``unanswerable``.
    """

    def __init__(self, owners):
        self.owners = owners
        self.found = set()
        self.unanswerable = set()
        self.of_version = set()
        self.modules = set()
        self.names = set()
        self.attributes = set()
        self.harmless = set()
        self.texts = set()
        self.handles_errors = False
        self.formats = False
        self.formats_values = False

    def add_code(self, code):
        """Look at a code object, and at all code in it."""
        for inner in all_codes(code):
            self.look_at(inner)

    def look_at(self, code):
        """Look at one code object."""
        module, own_names, last = "", set(), None
        for instruction in instructions_of(code):
            operation, value = instruction.opname, instruction.argval
            if operation == "IMPORT_NAME":
                module = value
                self.add_import(module)
            elif operation == "IMPORT_FROM":
                self.add_imported_name(module, value)
            elif operation.startswith("STORE_") and last == "import" and self.is_own(module):
                own_names.add(value)
            elif operation in LOADS_ATTRIBUTE:
                if last not in own_names:
                    self.attributes.add(value)
            else:
                self.handles_errors = self.handles_errors or operation in HANDLES_ERRORS
                self.add_operation(operation, value, instruction.argrepr)
            if last == "__builtins__" and value not in PYTHON_2_BUILTINS:
                self.names.add(last)
            last = "import" if operation.startswith("IMPORT_") else value
        self.look_at_errors(code)
        for constant in code.co_consts:
            if isinstance(constant, str):
                self.look_at_text(constant)

    def look_at_errors(self, code):
        """Look at the errors that code handles. Python 2 has the same texts of errors everywhere."""
        if str is not bytes and keeps_errors(code):
            self.found.add("the text of an error")

    def add_operation(self, operation, value, representation):
        """Take an instruction that neither imports a module nor loads an attribute."""
        if operation in ("LOAD_NAME", "LOAD_GLOBAL"):
            if value != "__builtins__":
                self.names.add(value)
        elif operation == "BUILD_SET":
            self.names.add("set")
        elif operation.startswith("FORMAT_"):
            self.formats_values = True
        elif operation == "IMPORT_STAR" or representation == "INTRINSIC_IMPORT_STAR":
            self.found.add("import *")
        elif operation == "MATCH_CLASS":
            self.found.add("match")

    def add_imported_name(self, module, name):
        """Take a name that is imported from a module."""
        whole = "%s.%s" % (module, name)
        if (module, name) in VERSIONED_NAMES:
            self.found.add("import " + whole)
        elif isinstance(getattr(sys.modules.get(module), name, None), ModuleType):
            self.add_import(whole)
        elif not self.is_own(module):
            self.attributes.add(name)

    def look_at_text(self, text):
        """Look at a text in the code."""
        self.texts.add(text)
        if text in TRICKS:
            self.unanswerable.add("it uses " + text)
        if "{" in text and ATTRIBUTE_IN_FORMAT.search(text):
            self.formats = True

    def look_at_paths(self, codes):
        """Find paths in code that may lead out of the tag; where files cannot be watched."""
        constants = (constant for code in codes for constant in code.co_consts)
        for constant in constants:
            if isinstance(constant, str) and PATH_OUTSIDE.match(constant):
                self.found.add("the path " + constant)

    def is_own(self, name):
        """Whether a module of this name is the tag's."""
        modules = [sys.modules.get(name)]
        if str is bytes:
            # In a package of Python 2 this can be a neighbour of the module that imports it.
            modules += [module for key, module in sys.modules.items() if key.endswith("." + name)]
        files = [getattr(module, "__file__", None) for module in modules]
        return any(file and self.owners.owner(os.path.abspath(file)) == TAG for file in files)

    def add_import(self, name):
        """Take the name in an import statement."""
        without_questions = HARMLESS_ON_PYTHON_2 if str is bytes else PYTHON_2_MODULES
        is_known = name in self.modules or name in without_questions or name in BOOTSTRAP_MODULES
        if not name or is_known or self.is_own(name):
            return
        if name in HARMLESS_NAMES or name.partition(".")[0] in TOOLS:
            # Of what it has, see below.
            self.modules.add(name)
            if may_be_missing(name):
                self.found.add("import " + name)
        elif name not in HARMLESS_MODULES or is_in_tables(name):
            self.found.add("import " + name)
        else:
            self.harmless.add(name)

    def judge(self):
        """Add the suspicious ones of the names and attributes that the code uses."""
        names, attributes = self.names, self.attributes
        self.found |= names & SUSPICIOUS_BUILTINS
        self.found |= {"format"} if self.formats and FORMATTING & (attributes | self.texts) else set()
        self.found |= {"." + name for name in attributes & SUSPICIOUS_ATTRIBUTES}
        self.unanswerable |= {"it uses " + name for name in attributes & TRICKS}
        self.unanswerable |= {"it uses " + name for name in names & {"WindowsError", "__builtins__"}}
        for module, name in VERSIONED_NAMES:
            if name in attributes and module in self.harmless:
                self.found.add("%s.%s" % (module, name))
        for module in self.modules:
            suspicious = attributes & suspicious_attributes(module)
            self.found |= {"%s.%s" % (module, name) for name in suspicious}
        if names & {"set", "frozenset"}:
            self.found.add(ORDER_OF_SETS)
        if (names | attributes) & FOLDER_NAMES and attributes & CUTS:
            self.found.add("folder")
        if attributes & {"stdin", "stdout", "stderr"} and attributes & {"encoding", "isatty"}:
            self.unanswerable.add("it asks for the terminal")
        self.unanswerable |= {"it uses " + name for name in attributes & OWN_TO_MACHINE}
        if attributes & {"write", "writelines", "write_text", "write_bytes"}:
            self.found.add("write")
        self.judge_version()

    def judge_version(self):
        """Add what depends on the version of Python alone."""
        names, attributes = self.names, self.attributes
        self.of_version |= {"it uses " + name for name in names & set(LATER_BUILTINS)}
        if (self.handles_errors and attributes & LATER_METHODS) or (
            names & {"hasattr", "getattr"} and self.texts & LATER_METHODS
        ):
            self.of_version.add("it tries what only some versions of Python have")
        if self.writes_texts_of_version():
            self.of_version.add("it uses a text that each version of Python writes in its own way")
        if "SyntaxError" in names:
            self.of_version.add("it tries what only some versions of Python can parse")

    def writes_texts_of_version(self):
        """Whether the code may use the help text of a program, or format a text that is an enumeration."""
        if self.attributes & TEXTS_OF_HELP:
            return True
        every = self.names | self.attributes
        is_mixed = every & MIXED_ENUM or ("Enum" in every and self.names & {"str", "int"})
        return bool(is_mixed) and (self.formats_values or "format" in every)


def may_be_missing(name):
    """Whether an imported module is one that only some versions of setuptools bring along."""
    top = name.partition(".")[0]
    filename = getattr(sys.modules.get(top), "__file__", None) or ""
    return top == "wheel" or "/setuptools/_vendor/" in filename


def handles_errors(code):
    """Whether a code object handles errors."""
    return any(instruction.opname in HANDLES_ERRORS for instruction in instructions_of(code))


def instructions_of(code):
    """The instructions of a code object, as ``dis.get_instructions`` gives them on Python 3."""
    if hasattr(dis, "get_instructions"):
        return dis.get_instructions(code)
    return instructions_of_python_2(code)


def instructions_of_python_2(code):
    """The instructions of a code object of Python 2.7."""
    position, codes = 0, [ord(item) for item in code.co_code]
    while position < len(codes):
        operation, value = codes[position], None
        position += 1
        if operation >= dis.HAVE_ARGUMENT:
            number = codes[position] + codes[position + 1] * 256
            position += 2
            value = code.co_names[number] if operation in dis.hasname else number
        yield Instruction(dis.opname[operation], value, "")


def suspicious_attributes(module):
    """The attributes of an imported module that may ask for something."""
    loaded = sys.modules.get(module)
    if loaded is None:
        return frozenset()
    if module in HARMLESS_NAMES:
        names = dir(loaded) + (dir(os.path) if module == "os" else [])
        return frozenset(names) - frozenset(HARMLESS_NAMES[module].split()) - COMMON
    names = {name for name in dir(loaded) if not name.endswith("Error")}
    return frozenset(names) - TOOL_NAMES - COMMON


COMMON = frozenset(
    dir(str) + dir(list) + dir(dict) + ["read", "write", "readlines", "readline", "fileno"]
) - {"__dict__"}
"""Names of methods that are in each program."""
