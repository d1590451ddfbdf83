"""The program of a worker: call the hooks of a build backend (PEP 517), each in a fork of this process.

``worker`` starts it with the interpreter of a build environment: Python 3.6 or newer, and nothing to import
but the standard library. So this program is one file on purpose: this package cannot be imported there, and
each further module would have to be shown to the sandbox and loaded by each worker. The comments between
the functions divide it into sections.

Arguments
    The module of the backend to import at the start, or ""; the folder of shims for the end of ``sys.path``;
    and ``often`` or ``seldom``: with ``often`` it takes longer to start, and each build takes less time.

Messages
    One JSON object a line: requests on standard input, answers on standard output.

    First it writes ``id`` "" and ``modules``, the names of the modules that it imported.

    A request has ``id``; ``hook``, ``backend``, ``backend_path``, ``arguments`` and ``optional``, which are
    those of PEP 517; ``restart`` (whether the hook needs an interpreter that was started in the tree);
    ``tree`` (the current folder), ``environment``, ``log`` and ``result`` (files),
    ``seconds`` (time limit), ``limits`` (resource limits by their names), ``alone`` (whether a sandbox
    hides all other processes), and ``observe`` (what to observe of the tag's questions, or null).

    The answer has the same ``id``; ``status`` (the exit status, negative for a signal, null if time was up);
    and ``changed`` (whether this process is no longer fit for another hook).

    The file ``result`` has the hook's value under ``returned``, or its exception under ``error`` and
    ``message``. Under ``read`` it has the files of the tag that the hook read (none if they are too many for
    the reader of the file), and under ``asked`` what the module ``sdistmaker_observation.questions`` of the
    shims observed, if the request has ``observe``.

Between requests the process only waits. It never runs code of a tag: a fork does, so that nothing that a tag
does reaches the next one, and no build pays for starting an interpreter and importing the backend.
"""

import sys

MODULES_AT_START = set(sys.modules)

import contextlib
import ctypes
import gc
import importlib
import json
import logging
import os
import re
import resource
import select
import signal
import tempfile
import time
import traceback
import warnings
from typing import Any, Iterator, Optional

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
# A build of this project shows which modules a backend imports only when it builds.
EMPTY_PROJECT = "from setuptools import setup\nsetup(name='warm-up', version='0', packages=['warm'])\n"
NEW_OBJECTS_PER_SEARCH = 20_000
"""How many objects a hook makes before Python searches for garbage. Usual are 700, which takes longer."""
MORE_PRACTICE_AFTER = 20
"""After so many hooks a worker builds it some more times, for more hooks are likely to come."""
MORE_PRACTICE_BUILDS = 2
"""How often it does: Python has then specialised most of the code (PEP 659)."""
PLAIN_DISTRIBUTIONS = frozenset(("pip", "sdistmaker-shims", "setuptools", "wheel"))
"""The distributions of an environment in which nothing but setuptools takes part in a build."""
VENDORED = os.path.join("setuptools", "_vendor")
"""The folder on sys.path of what setuptools brings along for itself."""
PRELOADED_PACKAGES = ("setuptools" + os.sep, "pkg_resources" + os.sep, "_distutils_hack" + os.sep)
"""The packages of a build environment from which a worker imports modules before the first build."""
MOST_CHARACTERS = 8_000_000
"""A longer result is not read. It has no files that were read, which a tag of many files makes long."""
RESTART = """\
import sys
del sys.path[0], sys.argv[0]
__file__ = sys.argv[0]
with open(__file__, encoding="utf-8") as file:
    code = file.read()
exec(compile(code, __file__, "exec"))
"""
NOTHING_OBSERVED: "dict[str, Any]" = {"modules": [], "patterns": []}
OPEN, DUMPS = open, json.dumps
"""These functions as they are before the code of a tag runs, which may replace them."""
SHIM_MODULES = ("ez_setup", "distribute_setup", "sdistmaker_order")
"""Modules of the shims that no module of a tag replaces. Two of these names download setuptools in tags."""


# Serve requests
# --------------


def serve() -> None:
    """Answer requests until standard input ends."""
    prctl = ctypes.CDLL(None).prctl
    # Only root can then read this process's memory, or open its pipes through /proc.
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    wakeup, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(write_end)
    backend, shims, frequency = sys.argv[1:4]
    sys.path.append(shims)
    may_practise = import_backend(backend, wakeup, frequency == "often") if backend else False
    modules = sorted({name.partition(".")[0] for name in sys.modules})
    # Imported now, so that a tag's own modules of these names are not.
    for name in SHIM_MODULES:
        importlib.import_module(name)
    imported = imported_modules()
    freeze_objects()
    gc.set_threshold(NEW_OBJECTS_PER_SEARCH)
    state = inheritable_state()
    write_answer({"id": "", "modules": modules})
    for number, line in enumerate(sys.stdin):
        if number == MORE_PRACTICE_AFTER and may_practise:
            practise(MORE_PRACTICE_BUILDS)
            imported = imported_modules()
            freeze_objects()
        request = json.loads(line)
        if request["observe"] is not None:
            # Imported here, the module is there for each later fork.
            importlib.import_module("sdistmaker_observation.questions")
            imported = imported_modules()
        child = os.fork()
        if child == 0:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
            run_hook(request, imported, shims)
        status = wait_for_child(child, request["seconds"], wakeup, request["alone"])
        write_answer({"id": request["id"], "status": status, "changed": inheritable_state() != state})


def freeze_objects() -> None:
    """Let forks not search the objects of this process for garbage, which would copy their memory."""
    gc.collect()
    getattr(gc, "freeze", int)()


def write_answer(message: "dict[str, Any]") -> None:
    """Write one message to the process that started this one."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


# Call one hook, in a fork
# ------------------------


def run_hook(request: "dict[str, Any]", imported: "dict[str, list[str]]", shims: str) -> None:
    """In the fork: set up the request's process, call the hook, write the result, and exit."""
    status = 1
    try:
        enter_request(request)
        if request["restart"]:
            restart(request, shims)
        forget_modules(request, imported)
        status = write_result(request)
    finally:
        os._exit(status)


def restart(request: "dict[str, Any]", shims: str) -> None:
    """Replace this process by a new interpreter, which calls the hook: see ``call_after_restart``."""
    arguments = [sys.executable, "-s", "-c", RESTART, __file__, shims, json.dumps(request)]
    os.execv(sys.executable, arguments)


def call_after_restart() -> None:
    """Call the hook of the request in the arguments, in a process that is set up for it already."""
    _, shims, request = sys.argv
    sys.path.append(shims)
    sys.argv[:] = ["setup.py"]
    for name in SHIM_MODULES:
        importlib.import_module(name)
    status = 1
    try:
        status = write_result(json.loads(request))
    finally:
        os._exit(status)


def write_result(request: "dict[str, Any]") -> int:
    """Call the hook, write its result, and return the exit status."""
    status = 1
    files_read = record_files_read(request["tree"])
    asked = None
    if request["observe"] is not None:
        asked = observe_questions(request)
    else:
        importlib.import_module("sdistmaker_order").sort_folders()
    try:
        result = {"returned": call_hook(request)}
        status = 0
    except BaseException as error:  # a hook can raise anything, also SystemExit
        if not isinstance(error, SystemExit):
            traceback.print_exc()
        result = {"error": type(error).__name__, "message": str(error)}
    result["read"] = sorted(files_read)
    if asked:
        result["asked"] = asked()
    text = DUMPS(result, default=repr)
    if len(text) > MOST_CHARACTERS:
        text = DUMPS({**result, "read": []}, default=repr)
    with OPEN(request["result"], "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    return status


def enter_request(request: "dict[str, Any]") -> None:
    """Set up this fork as the request says: session, output, environment, folder and resource limits."""
    os.setsid()
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    null = os.open(os.devnull, os.O_RDONLY)
    for descriptor, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, target)
    os.closerange(3, 256)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    sys.stdin = open(0, encoding="utf-8", errors="replace")
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    sys.argv[:] = ["setup.py"]
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.umask(0o022)
    os.chdir(request["tree"])
    tempfile.tempdir = None
    # If memory runs out, the kernel ends this process first.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")
    for name, limit in request["limits"].items():
        number = getattr(resource, "RLIMIT_" + name)
        _, most = resource.getrlimit(number)
        most = limit if most == resource.RLIM_INFINITY else min(limit, most)
        resource.setrlimit(number, (most, most))


def call_hook(request: "dict[str, Any]") -> "Any":
    """Import the backend, and return the hook's value; None if the hook is optional and missing."""
    module, _, attributes = request["backend"].partition(":")
    sys.path[:0] = [os.path.abspath(path) for path in request["backend_path"]]
    backend: "Any" = importlib.import_module(module)
    for attribute in filter(None, attributes.split(".")):
        backend = getattr(backend, attribute)
    if request["optional"] and not hasattr(backend, request["hook"]):
        return None
    hook: "Any" = getattr(backend, request["hook"])
    if request["hook"] == "build_wheel":
        refuse_compiled_parts()
    return hook(*request["arguments"])


class CompiledPartsError(BaseException):
    """A wheel would have compiled parts. It is no ``Exception``, so that no setup.py goes on without them."""


def refuse_compiled_parts() -> None:
    """Let setuptools raise an error before it compiles parts of a wheel, which would not be published."""
    setuptools_dist: "Any" = sys.modules.get("setuptools.dist")
    if setuptools_dist is None:
        return
    distribution = setuptools_dist.Distribution
    run_command = distribution.run_command

    def run_pure_command(self: "Any", command: str, *arguments: "Any") -> "Any":
        if command == "bdist_wheel" and (self.has_ext_modules() or self.has_c_libraries()):
            raise CompiledPartsError
        return run_command(self, command, *arguments)

    distribution.run_command = run_pure_command


def record_files_read(tree: str) -> "set[str]":
    """A set to which each file below tree is added, by its relative path, when it is opened for reading."""
    files_read: "set[str]" = set()
    prefix = os.path.join(os.path.realpath(tree), "")

    def record(event: str, arguments: "tuple[Any, ...]") -> None:
        if event == "open" and isinstance(arguments[0], str) and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
            path = os.path.abspath(arguments[0])
            if path.startswith(prefix):
                files_read.add(path[len(prefix) :])

    if hasattr(sys, "addaudithook"):
        sys.addaudithook(record)
    return files_read


def observe_questions(request: "dict[str, Any]") -> "Any":
    """Begin to observe what the tag asks; call the returned function for what was observed."""
    questions = importlib.import_module("sdistmaker_observation.questions")
    backend = {"backend": request["backend"], "backend_path": request["backend_path"]}
    return questions.observe(request["tree"], {**request["observe"], **backend})


# Let a tag import its own modules
# --------------------------------


def imported_modules() -> "dict[str, list[str]]":
    """The modules that this program imported, by the names of their top-level packages."""
    by_package: "dict[str, list[str]]" = {}
    for name in set(sys.modules) - MODULES_AT_START - set(SHIM_MODULES):
        by_package.setdefault(name.partition(".")[0], []).append(name)
    return by_package


def forget_modules(request: "dict[str, Any]", imported: "dict[str, list[str]]") -> None:
    """Forget modules of which the tag has its own, so that the hook imports those."""
    folders = [".", *request["backend_path"]]
    file_names = [name for folder in folders if os.path.isdir(folder) for name in os.listdir(folder)]
    for package in {name.partition(".")[0] for name in file_names}:
        for name in imported.get(package, ()):
            sys.modules.pop(name, None)


# Limit and end processes
# -----------------------


def inheritable_state() -> "list[Any]":
    """The limits and priorities that forks inherit, and that other processes of the account can change."""
    limits = [resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name[:7] == "RLIMIT_"]
    scheduling = [os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0), os.sched_getaffinity(0)]
    return [*limits, *scheduling]


def wait_for_child(child: int, seconds: float, wakeup: int, is_alone: bool) -> "Optional[int]":
    """Wait for the child, and end everything that it started; its exit status, or None if it took longer.

    ``wakeup`` is the file descriptor that SIGCHLD writes to.
    """
    deadline = time.monotonic() + seconds
    is_in_time = True
    while not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        left = deadline - time.monotonic()
        if left <= 0:
            os.kill(child, signal.SIGKILL)
            is_in_time = False
            break
        if select.select([wakeup], [], [], left)[0]:
            os.read(wakeup, 512)
    # The child was not reaped yet, so no other process group can have its number.
    kill_group(child, is_alone)
    _, wait_status = os.waitpid(child, 0)
    end_orphans()
    if not is_in_time:
        return None
    return -os.WTERMSIG(wait_status) if os.WIFSIGNALED(wait_status) else os.WEXITSTATUS(wait_status)


def kill_group(group: int, is_alone: bool) -> None:
    """Kill a process group; in a sandbox kill all other processes too, which no fork escapes."""
    # Only in a PID namespace of its own is this process number 2, and -1 means all others there.
    for processes in (-group, -1) if is_alone and os.getpid() == 2 else (-group,):
        with contextlib.suppress(OSError):
            os.kill(processes, signal.SIGKILL)


def end_orphans() -> None:
    """Kill the processes that a hook left behind: this process is their subreaper, so their new parent."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            for orphan in child_processes():
                with contextlib.suppress(OSError):
                    os.kill(orphan, signal.SIGKILL)
            time.sleep(0.002)


def child_processes() -> "Iterator[int]":
    """The numbers of the processes whose parent is this one."""
    own = str(os.getpid())
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError), open("/proc/" + name + "/stat", "rb") as file:
                if file.read().rpartition(b")")[2].split()[1] == own.encode():
                    yield int(name)


# Import a backend before the first request
# -----------------------------------------


def import_backend(backend: str, wakeup: int, has_many_builds: bool) -> bool:
    """Import the backend, so that no build has to; with many builds also what each build imports later.

    Returns whether this process may practise.
    """
    module = backend.partition(":")[0]
    try:
        importlib.import_module(module)
    except Exception:  # each build reports it by itself
        return False
    is_setuptools = module == "setuptools.build_meta" and has_many_builds
    # Older Pythons do not specialise code, so there practice is worth little.
    is_plain = is_setuptools and sys.version_info >= (3, 11) and has_plain_distributions()
    if is_setuptools:
        if not is_plain:
            import_what_builds_import(wakeup)
        with contextlib.suppress(Exception):
            importlib.import_module("sdistmaker_sdist").replace_make_distribution()
        with contextlib.suppress(Exception):
            importlib.import_module("sdistmaker_wheel").replace_slow_parts()
    with contextlib.suppress(Exception):
        cache_entry_points()
    if is_plain:
        practise(1)
    return is_plain


def has_plain_distributions() -> bool:
    """Whether no plugin takes part in builds; False if that cannot be told."""
    try:
        from importlib import metadata

        folders = [folder for folder in sys.path if not folder.endswith(VENDORED)]
        names = {found.metadata["Name"] for found in metadata.distributions(path=folders)}
    except Exception:  # a distribution may have no metadata
        return False
    return names <= PLAIN_DISTRIBUTIONS


def practise(builds: int) -> None:
    """Build an empty project in this process so many times.

    Forks inherit the modules and the caches of it, and code that Python has specialised. A plugin could leave
    behind more than that.
    """
    environment, arguments, path = dict(os.environ), list(sys.argv), list(sys.path)
    # Answers go through the standard output.
    saved = [(os.dup(descriptor), descriptor) for descriptor in (1, 2)]
    try:
        # A disk may be full.
        with contextlib.suppress(OSError), tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            for number in range(builds):
                place = os.path.join(folder, str(number))
                os.mkdir(place)
                with contextlib.suppress(Exception, SystemExit):
                    build_empty_project(place)
    finally:
        os.chdir("/")
        with contextlib.suppress(Exception):
            forget_practice()
        sys.stdout.flush()
        for copy, descriptor in saved:
            os.dup2(copy, descriptor)
            os.close(copy)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv[:], sys.path[:] = arguments, path
        # setuptools writes to the streams of the process that configured logging.
        logging.root.handlers[:] = []
        logging.root.setLevel(logging.WARNING)


def forget_practice() -> None:
    """Let distutils take the next build for the first one of this process."""
    core: "Any" = importlib.import_module("distutils.core")
    util: "Any" = importlib.import_module("distutils.util")
    log: "Any" = importlib.import_module("distutils.log")
    core._setup_distribution = None
    log.set_threshold(log.WARN)
    # The first build puts PLAT, and HOME if it is missing, into the environment.
    if hasattr(util, "_environ_checked"):
        util._environ_checked = 0
    else:
        util.check_environ.cache_clear()


def build_empty_project(folder: str) -> None:
    """Make an empty project in this folder, and build its sdist and wheel there; they print nothing."""
    os.chdir(folder)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)
    os.mkdir("warm")
    for name, text in (("setup.py", EMPTY_PROJECT), ("README.txt", ""), ("warm/__init__.py", "")):
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
    backend = importlib.import_module("setuptools.build_meta").__legacy__
    backend.build_sdist(folder)
    with contextlib.suppress(Exception, SystemExit):  # an old setuptools needs another distribution for it
        backend.build_wheel(folder)


def import_what_builds_import(wakeup: int) -> None:
    """Import the modules that a build imports, and compile the patterns that it compiles."""
    observed = observe_build(wakeup)
    for name in observed["modules"]:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    for pattern, flags in observed["patterns"]:
        with contextlib.suppress(Exception):
            re.compile(pattern, flags)


def observe_build(wakeup: int) -> "dict[str, Any]":
    """The modules that are imported, and the patterns compiled, after a fork built an empty project."""
    with tempfile.TemporaryDirectory() as folder:
        observed = os.path.join(folder, "observed")
        child = os.fork()
        if child == 0:
            try:
                build_empty_project(folder)
                modules = [name for name, module in sys.modules.items() if may_be_preloaded(module)]
                with open(observed, "w", encoding="utf-8") as file:
                    json.dump({"modules": modules, "patterns": compiled_patterns()}, file)
            finally:
                os._exit(0)
        wait_for_child(child, 60, wakeup, False)
        try:
            with open(observed, encoding="utf-8") as file:
                return dict(json.load(file))
        except (OSError, ValueError):
            return NOTHING_OBSERVED


def may_be_preloaded(module: "Any") -> bool:
    """Whether this is a module of setuptools or of Python, which reads nothing of its folder at import.

    A plugin of setuptools may read it: it is imported anew in the fork, in the folder of the tag.
    """
    file = getattr(module, "__file__", None) or ""
    _, installed, path = file.partition(os.sep + "site-packages" + os.sep)
    return bool(file) and (not installed or path.startswith(PRELOADED_PACKAGES))


def compiled_patterns() -> "list[tuple[str, int]]":
    """The patterns in the cache of ``re``, with their flags; none if this Python's cache has another form."""
    keys = [key for key in getattr(re, "_cache", ()) if isinstance(key, tuple) and len(key) >= 3]
    return [(key[1], int(key[2])) for key in keys if key[0] is str]


# Speed up setuptools
# -------------------


def cache_entry_points() -> None:
    """Read the environment's entry points once: a build asks for them ten times, and they do not change.

    Other folders on ``sys.path``, such as those of a tag, are read again if their entry points changed.
    """
    from importlib import metadata

    original: "Any" = metadata.entry_points
    discover: "Any" = metadata.Distribution.discover
    finders = distribution_finders()

    def points_in(folder: str) -> "list[tuple[Any, list[Any]]]":
        # importlib.metadata tells distributions apart by this name too, and it needs no parsing.
        return [
            (getattr(dist, "_normalized_name", dist), list(dist.entry_points))
            for dist in discover(path=[folder])
        ]

    cached = {folder: points_in(folder) for folder in sys.path}
    of_tag: "dict[str, tuple[Any, Any]]" = {}

    def points_of_tag(folder: str) -> "list[tuple[Any, list[Any]]]":
        state = entry_points_state(folder)
        if state is None:
            return points_in(folder)
        if folder not in of_tag or of_tag[folder][0] != state:
            of_tag[folder] = (state, points_in(folder) if state else [])
        found: "list[tuple[Any, list[Any]]]" = of_tag[folder][1]
        return found

    def entry_points(**selection: "Any") -> "Any":
        if not selection or distribution_finders() != finders:
            return original(**selection)
        by_name: "dict[Any, list[Any]]" = {}
        for folder in sys.path:
            for name, points in cached[folder] if folder in cached else points_of_tag(folder):
                by_name.setdefault(name, points)
        group = selection.get("group")
        is_by_group = list(selection) == ["group"]
        matching = (
            point
            for points in by_name.values()
            for point in points
            # Most are of another group, and this comparison is far quicker than the other one.
            if (group is None or point.group == group) and (is_by_group or point.matches(**selection))
        )
        return metadata.EntryPoints(matching)

    if hasattr(metadata, "EntryPoints"):
        metadata.entry_points = entry_points


def entry_points_state(folder: str) -> "Optional[list[Any]]":
    """What differs if entry points of distributions in this folder have changed; None if nothing tells."""
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return None
    if any(name.endswith(".egg") or name.lower() == "egg-info" for name in names):
        return None
    state: "list[Any]" = []
    for name in names:
        if name.endswith((".egg-info", ".dist-info")):
            try:
                found = os.stat(os.path.join(folder, name, "entry_points.txt"))
                state.append((name, found.st_mtime_ns, found.st_size, found.st_ino))
            except OSError:
                state.append((name,))
    return state


def distribution_finders() -> "list[Any]":
    """The finders on ``sys.meta_path`` that importlib.metadata asks for distributions."""
    return [finder for finder in sys.meta_path if hasattr(finder, "find_distributions")]


if __name__ == "__main__":
    # With a request among the arguments this is the process of one hook.
    call_after_restart() if len(sys.argv) == 3 else serve()
