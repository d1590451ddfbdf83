"""Observe what the code of a tag asks of the Python and the machine that builds it.

``hook_runner`` imports this module for the build of a wheel.

A request has ``level``. With "look" nothing is changed: the code that runs is looked at, and a suspicious
name is reason enough for a second build with "pretend", which shows what is asked in fact. Then it also has
``worlds`` (pairs of a version and a platform), the index ``current`` of the one to pretend, ``lazy`` (see
``Book``), ``dummies`` (modules to pretend, or to hide if they are there) and ``keeps_removed`` (see
``Pretence``). The code of the tag can have a name that no pretence answers for: this is one of the
``doubts`` of the answer. With ``called_only`` such names count in code that is called, and are
``unanswerable``. ``programs`` is one of ``version_control.ANSWERS``, or "".
"""

import ast
import os
import re
import sys
import threading
from importlib.machinery import ModuleSpec

from sdistmaker_observation import version_control
from sdistmaker_observation.answers import Book
from sdistmaker_observation.dummies import DummyLoader
from sdistmaker_observation.hidden_errors import may_hide_errors
from sdistmaker_observation.owners import TAG, TEXT, TOOLS, Owners
from sdistmaker_observation.pretence import Pretence
from sdistmaker_observation.suspicions import Suspicions, handles_errors
from sdistmaker_observation.worlds import PYTHON_2_MODULES, is_in_tables, make_worlds

PROGRAM_EVENTS = frozenset(
    ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.fork")
)
NETWORK_EVENTS = ("socket.", "urllib.", "http.", "ftplib.", "smtplib.", "telnetlib.")
LIBRARY_EVENT = "ctypes.dlopen"
TRICK_EVENTS = frozenset(
    ("sys._getframe", "sys.settrace", "sys.setprofile", "sys.addaudithook", "code.__new__", "gc.get_objects")
)
"""Events of code that looks behind what it is told."""
FREQUENT_EVENT = "object.__getattr__"
"""The event of each look at a frame, as this module takes many."""
ENVIRONMENT_IN_TABLES = ("{env:", "{home", 'source = "env"', "source = 'env'", 'source="env"', "source='env'")
"""What pyproject.toml has where hatchling takes values from environment variables."""
BUILD_TABLES = ("[project", "[tool.hatch]", "[tool.hatch.b", "[tool.hatch.m", "[tool.hatch.v", "[[tool.hatch")
"""How the tables of pyproject.toml begin that such values have a meaning for."""


class Observer:
    """Collects the code of the tag that runs in this process, and the questions that audit events show."""

    def __init__(self, tree, dummies, called_only, tools):
        self.dummies = dummies
        self.called = {} if called_only else None
        self.missing = set()
        self.found = set()
        self.pretence = None
        self.book = None
        self.tree = os.path.join(os.path.realpath(tree), "")
        self.owners = Owners(tree, tools)
        self.unanswerable = set()
        self.codes = {}
        self.is_busy = False
        self.usable_folders = (self.tree, os.path.join(os.environ.get("TMPDIR", "/tmp"), ""), "/dev/")

    def start(self):
        """Begin to observe this process and the code that it executes."""
        if hasattr(sys, "addaudithook"):
            sys.addaudithook(self.audit)
            if self.called is not None:
                threading.setprofile(self.note_call)
                sys.setprofile(self.note_call)
        else:
            sys.setprofile(self.profile)
        sys.meta_path.append(self)
        self.watch_extensions()
        self.read_tables()
        if self.book:
            self.pretence.start()
        else:
            self.pretence.watch_looks()

    def read_tables(self):
        """Find values of pyproject.toml that come from the environment."""
        try:
            with open("pyproject.toml", encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:
            return
        # Other tables, as of environments for tests, have nothing to do with a build.
        tables = [table for table in re.split(r"(?m)^(?=\[)", text) if table.startswith(BUILD_TABLES)]
        if any(item in table for item in ENVIRONMENT_IN_TABLES for table in tables):
            self.unanswerable.add("pyproject.toml takes values from environment variables")

    def watch_extensions(self):
        """Note if the tag makes an extension: a wheel without it was built without a compiler."""
        try:
            from setuptools.extension import Extension
        except ImportError:
            return
        base = Extension.__mro__[1] if Extension.__mro__[1] is not object else Extension
        original = base.__init__

        def init(extension, *arguments, **named):
            self.unanswerable.add("it has compiled parts")
            original(extension, *arguments, **named)

        base.__init__ = init

    def audit(self, event, arguments):
        """Take an audit event; events that come from this method itself are ignored."""
        if event == FREQUENT_EVENT or (event not in HANDLED and not event.startswith(NETWORK_EVENTS)):
            return
        if self.is_busy:
            return
        self.is_busy = True
        try:
            self.handle(event, arguments)
        finally:
            self.is_busy = False

    def handle(self, event, arguments):
        """Note what an event of these kinds shows."""
        frame = sys._getframe(2)
        if event == "exec":
            self.add_code(arguments[0], frame)
        elif event in PROGRAM_EVENTS:
            self.note_program(event, arguments, frame)
        elif event in TRICK_EVENTS:
            if self.owners.is_tag(frame.f_code):
                self.unanswerable.add("it looks behind the interpreter (%s)" % event)
        elif event == "compile":
            self.note_compilation(arguments[1], frame)
            self.note_syntax(arguments[0], frame)
        elif event in FILE_EVENTS:
            path = arguments[0]
            if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR) and self.owners.asks(frame):
                self.note_writing(path, frame)
            if isinstance(path, (str, bytes)) and not self.is_usable(path) and self.owners.asks(frame):
                self.unanswerable.add("it opens %s" % os.fsdecode(path))
        elif self.owners.asks(frame):
            does = "loads a library" if event == LIBRARY_EVENT else "uses the network"
            self.unanswerable.add("it %s (%s)" % (does, event))

    def note(self, question):
        """Note a question that nobody can answer, unless an assistant asks it."""
        if not self.owners.is_assisted(sys._getframe(1)):
            self.unanswerable.add(question)

    def note_compilation(self, name, frame):
        """Note if the tag gives code the name of another's file: the owner of code is known by it."""
        is_outside = isinstance(name, str) and not name.startswith(self.tree)
        if is_outside and self.owners.asks(frame) and self.owners.owner(name) not in (TAG, TEXT):
            self.unanswerable.add("it compiles code under the name of a file that is not its own")

    def note_writing(self, path, frame):
        """Note that the tag writes a file. Modules for archives put the time and the platform into theirs."""
        self.found.add("write")
        is_archiver = frame.f_code.co_filename.endswith(ARCHIVERS)
        if is_archiver and isinstance(path, (str, bytes)) and os.fsdecode(path).lower().endswith(ARCHIVES):
            self.unanswerable.add("it makes an archive, which has the time and the platform in it")

    def note_syntax(self, source, frame):
        """Note if the tag compiles what older Pythons cannot, and code around it handles errors."""
        while frame is not None and not (
            self.owners.is_tag(frame.f_code) and handles_bad_syntax(frame.f_code)
        ):
            frame = frame.f_back
        if frame is not None and isinstance(source, (str, bytes)) and needs_new_syntax(source):
            self.unanswerable.add("it tries what only some versions of Python can parse")

    def note_program(self, event, arguments, frame):
        """Note that a program was run, unless a build tool asks version control."""
        program = arguments[0] if arguments else ""
        command, cwd = program, None
        if event == "subprocess.Popen":
            command, cwd = arguments[1], arguments[2]
            program = program if isinstance(program, (str, bytes)) else ""
        name = os.path.basename(os.fsdecode(program)).split(" ")[0] if program else event
        is_asked = self.owners.asks(frame)
        if (is_asked or self.owners.tools) and version_control.is_question(command, self.is_usable, cwd):
            self.found.add(version_control.QUESTION)
        elif is_asked or name not in version_control.PROGRAMS:
            self.unanswerable.add("it runs the program %s" % (name or event))

    def is_usable(self, path):
        """Whether this path is in the tag, or in a folder for temporary files."""
        path = os.fsdecode(path)
        if not path.startswith("/"):
            path = os.path.join(os.getcwd(), path)
        path = os.path.normpath(path)
        is_inside = (path + "/").startswith(self.usable_folders)
        is_inside = is_inside or version_control.is_absent_file(path, self.tree)
        return is_inside or self.tree.startswith(path + "/") or self.owners.is_library(path)

    def add_code(self, code, frame):
        """Keep this code if it is the tag's."""
        if not hasattr(code, "co_code"):
            self.unanswerable.add("it executes something that is not code")
            return
        if self.owners.owns(code, frame) and code not in self.codes:
            self.codes[code] = None
            self.pretence.watch_errors(code)

    def note_call(self, frame, event, argument):
        """Take an event of the profiler, and keep the code of the tag that is called."""
        if event == "call" and frame.f_code not in self.called and self.owners.is_tag(frame.f_code):
            self.called[frame.f_code] = None

    def profile(self, frame, event, argument):
        """Take an event of the profiler: before Python 3.8 there are no audit events."""
        code = frame.f_code
        is_executed = code.co_name == "<module>" or code.co_filename[:1] == "<"
        if event == "call" and is_executed and frame.f_back is not None:
            self.add_code(code, frame.f_back)

    def find_spec(self, name, path=None, target=None):
        """Be asked last for a module: nobody found it. Note it if the tag asks for it."""
        frame = sys._getframe(1)
        if not self.owners.asks(frame) or self.owners.is_assisted(frame) or not self.is_foreign(name):
            return None
        self.missing.add(name)
        if name.partition(".")[0] not in self.dummies:
            return None
        return ModuleSpec(name, DummyLoader(), is_package=True)

    def is_foreign(self, name):
        """Whether this can be a module of a distribution that is installed elsewhere."""
        top = name.partition(".")[0]
        if top in PYTHON_2_MODULES or is_in_tables(name) or is_in_tables(top):
            return False
        return getattr(sys.modules.get(top), "__file__", None) is None

    def answer(self):
        """What was observed, as a value for JSON."""
        self.is_busy = True
        sys.setprofile(None)
        sys.settrace(None)
        suspicions = Suspicions(self.owners)
        for code in list(self.codes):
            if self.owners.is_assistant(code):
                suspicions.found.add("an assistant")
            else:
                suspicions.add_code(code)
        suspicions.judge()
        doubts = suspicions.unanswerable | suspicions.of_version
        if doubts and self.called is not None:
            self.unanswerable |= self.doubts_in_calls()
            doubts = frozenset()
        suspicions.found |= self.found
        if not self.codes and os.path.exists(os.path.join(self.tree, "setup.py")):
            self.unanswerable.add("its setup.py was not seen")
        book = self.book
        unknown = ["it asks for the platform " + name for name in book.unknown] if book else []
        return {
            "suspicions": sorted(suspicions.found),
            "unanswerable": sorted(self.unanswerable.union(unknown)),
            "doubts": sorted(doubts),
            "missing": sorted(self.missing),
            "differing": sorted(book.differing) if book else [],
            "asked": sorted(book.labels) if book else [],
            "tree": self.tree,
            "doubtful": self.pretence.is_doubtful,
        }

    def doubts_in_calls(self):
        """The doubts in the code that was called. What decides on the call of other code was answered for."""
        suspicions = Suspicions(self.owners)
        for code in list(self.called):
            if not self.owners.is_assistant(code):
                suspicions.look_at(code)
        suspicions.judge()
        return suspicions.unanswerable | suspicions.of_version


FILE_EVENTS = frozenset(
    ("open", "os.listdir", "os.scandir", "os.mkdir", "os.remove", "os.rename", "os.link", "os.symlink")
)
PLUGIN = "[distutils.setup_keywords]"
"""What a plugin of setuptools that takes arguments of setup() has among its entry points."""
OLDEST_SYNTAX = (3, 7)
ARCHIVERS = ("/gzip.py", "/tarfile.py", "/zipfile.py", "/zipfile/__init__.py")
# A wheel, which a backend in the tree makes, is written anew.
ARCHIVES = (".gz", ".tar", ".tgz", ".zip", ".egg", ".jar")
HANDLED = PROGRAM_EVENTS | TRICK_EVENTS | FILE_EVENTS | {"exec", "compile", LIBRARY_EVENT}


def handles_bad_syntax(code):
    """Whether a code object handles errors of syntax, perhaps among others."""
    return handles_errors(code) and ("SyntaxError" in code.co_names or may_hide_errors(code))


def needs_new_syntax(source):
    """Whether a text is code for some versions of Python 3 only, as far as Python can tell."""
    try:
        ast.parse(source, feature_version=OLDEST_SYNTAX)
    except SyntaxError:
        return True
    return False


def tools_in_tree(request):
    """The folders of build tools in the tag: a build tool that builds itself asks no more than elsewhere.

    Such a tool is the backend of its own tag, or a plugin of setuptools. The name of the project begins with
    that of its package, as poetry-core does: a copy of a tool in another project may be a changed one.
    """
    names = [line.partition(":")[2].strip() for line in lines_of(".", "PKG-INFO") if line.startswith("Name:")]
    project = names[0].lower().replace("-", "_").replace(".", "_") if names else ""
    top = request.get("backend", "").partition(":")[0].partition(".")[0]
    found = {(path, top) for path in request.get("backend_path", ())}
    for folder in filter(os.path.isdir, (".", "src")):
        for name in os.listdir(folder):
            metadata = os.path.join(folder, name)
            if name.endswith(".egg-info") and PLUGIN in lines_of(metadata, "entry_points.txt"):
                found |= {(folder, package) for package in lines_of(metadata, "top_level.txt")}
    return [os.path.realpath(os.path.join(path, name)) for path, name in found if is_own_tool(name, project)]


def is_own_tool(package, project):
    """Whether a package is a build tool, and the project of this name is the one that makes it."""
    return package in TOOLS and project.startswith(package)


def lines_of(folder, name):
    """The lines of a text file in this folder; none if it is not there."""
    try:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []


def observe(tree, request):
    """Begin to observe; the returned function gives what was observed, as a value for JSON."""
    if request.get("programs"):
        version_control.ANSWERS[request["programs"]]()
    observer = Observer(
        tree, frozenset(request.get("dummies", ())), request.get("called_only"), tools_in_tree(request)
    )
    if "output" in request:
        # A backend in the tree writes the wheel itself.
        observer.usable_folders += (os.path.join(os.path.realpath(request["output"]), ""),)
    book = None
    if request["level"] == "pretend":
        book = Book(make_worlds(request["worlds"]), request["current"], request["lazy"])
        if not hasattr(sys, "addaudithook"):
            observer.unanswerable.add("it is built on a Python that cannot be observed")
    observer.book = book
    observer.pretence = Pretence(
        observer.owners,
        book,
        observer.note,
        observer.found.add,
        observer.is_usable,
        request.get("keeps_removed"),
        observer.missing,
        observer.dummies,
    )
    observer.start()
    return observer.answer
