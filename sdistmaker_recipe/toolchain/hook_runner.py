"""Call hooks of a build backend (PEP 517); ``worker`` has the build environment's interpreter run it.

It reads one JSON request a line from standard input and answers each with a line on standard output.
Between requests it only waits, with the backend that its argument names (if any) imported already: each hook
runs in a fork of its own, so that nothing a tag does reaches the next, and no build pays for starting an
interpreter and importing setuptools. Its third argument is ``often`` where it is worth more time at the start
to make each build shorter. The process itself never runs a tag's code. Standard library only,
Python 3.6 or newer.

First it writes a line with the names of its ``modules``. A request: ``id``; ``hook``, ``backend``,
``backend_path``, ``arguments`` and ``optional`` as PEP 517 has them; ``tree`` (the current folder),
``environment``, ``log`` and ``result`` (files), ``seconds`` (time limit), ``limits`` (resource limits by
name) and whether it is ``alone``, with no processes beside its own in sight. The answer: ``id`` and
``status``, the exit status, negative for a signal, null where time was up, and whether this process was
``changed``, which makes it unfit for the next hook. The hook's return value, or the error it raised, is in
``result``.
"""

import sys

BARE = set(sys.modules)

import contextlib
import ctypes
import gc
import importlib
import json
import os
import re
import resource
import select
import signal
import tarfile
import tempfile
import time
import traceback
from typing import Any, Iterator, Optional

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
# Where a backend imports late what every build needs: a first, empty build shows it.
WARM_UP = "from setuptools import setup\nsetup(name='warm-up', version='0', packages=['warm'])\n"
NOTHING: "dict[str, Any]" = {"modules": [], "patterns": []}
OF_TAGS = ("ez_setup", "distribute_setup")


def call(request: "dict[str, Any]") -> "Any":
    """The hook's return value; None for an optional hook that the backend does not have."""
    module, _, attributes = request["backend"].partition(":")
    sys.path[:0] = [os.path.abspath(path) for path in request["backend_path"]]
    backend: "Any" = importlib.import_module(module)
    for attribute in filter(None, attributes.split(".")):
        backend = getattr(backend, attribute)
    if request["optional"] and not hasattr(backend, request["hook"]):
        return None
    hook: "Any" = getattr(backend, request["hook"])
    return hook(*request["arguments"])


def run_hook(request: "dict[str, Any]", imported: "dict[str, list[str]]") -> None:
    """In the fork: become the request's process, call the hook, and never return."""
    status = 1
    try:
        become(request)
        forget_modules(request, imported)
        read = note_files_read(request["tree"])
        try:
            result = {"returned": call(request)}
            status = 0
        except BaseException as error:  # a hook may raise anything, SystemExit too
            if not isinstance(error, SystemExit):
                traceback.print_exc()
            result = {"error": type(error).__name__, "message": str(error)}
        result["read"] = sorted(read)
        with open(request["result"], "w", encoding="utf-8", errors="replace") as file:
            json.dump(result, file, default=repr)
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
    finally:
        os._exit(status)


def note_files_read(tree: str) -> "set[str]":
    """A set that fills with the files below tree, relative to it, that are opened for reading."""
    read: "set[str]" = set()
    start = os.path.join(os.path.realpath(tree), "")

    def note(event: str, arguments: "tuple[Any, ...]") -> None:
        if event == "open" and isinstance(arguments[0], str) and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
            path = os.path.abspath(arguments[0])
            if path.startswith(start):
                read.add(path[len(start) :])

    if hasattr(sys, "addaudithook"):
        sys.addaudithook(note)
    return read


def become(request: "dict[str, Any]") -> None:
    """Take over the request's folder, environment, output and limits, and nothing of this process's."""
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
    # Where memory runs out the kernel ends this, and nothing else.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")
    for name, limit in request["limits"].items():
        number = getattr(resource, "RLIMIT_" + name)
        _, most = resource.getrlimit(number)
        most = limit if most == resource.RLIM_INFINITY else min(limit, most)
        resource.setrlimit(number, (most, most))


def condition() -> "list[Any]":
    """What of this process its forks inherit, and other processes of its user can change."""
    limits = [resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name[:7] == "RLIMIT_"]
    scheduling = [os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0), os.sched_getaffinity(0)]
    return [*limits, *scheduling]


def imported_modules() -> "dict[str, list[str]]":
    """The modules that a tag may have of its own, by the name of the package that they are in."""
    found: "dict[str, list[str]]" = {}
    for name in set(sys.modules) - BARE - set(OF_TAGS):
        found.setdefault(name.partition(".")[0], []).append(name)
    return found


def forget_modules(request: "dict[str, Any]", imported: "dict[str, list[str]]") -> None:
    """Forget modules that only this program imported, where the tag has its own of the name."""
    folders = [".", *request["backend_path"]]
    names = [name for folder in folders if os.path.isdir(folder) for name in os.listdir(folder)]
    for own in {name.partition(".")[0] for name in names}:
        for name in imported.get(own, ()):
            sys.modules.pop(name, None)


def watch(child: int, seconds: float, wakeup: int, alone: bool) -> "Optional[int]":
    """The child's exit status, or None where it took longer; whatever it left behind is ended."""
    deadline = time.monotonic() + seconds
    in_time = True
    while not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        left = deadline - time.monotonic()
        if left <= 0:
            os.kill(child, signal.SIGKILL)
            in_time = False
            break
        if select.select([wakeup], [], [], left)[0]:
            os.read(wakeup, 512)
    # As long as it is not waited for, no other group has its number.
    end_at_once(child, alone)
    _, ended = os.waitpid(child, 0)
    end_stragglers()
    if not in_time:
        return None
    return -os.WTERMSIG(ended) if os.WIFSIGNALED(ended) else os.WEXITSTATUS(ended)


def end_at_once(group: int, alone: bool) -> None:
    """End a process group and, where this one is alone in its sandbox, all others: no fork escapes that."""
    # Nowhere but in a namespace of its own is this the second process.
    for processes in (-group, -1) if alone and os.getpid() == 2 else (-group,):
        with contextlib.suppress(OSError):
            os.kill(processes, signal.SIGKILL)


def end_stragglers() -> None:
    """End what a hook started and did not wait for: as subreaper this process inherits all of it."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            for straggler in children():
                with contextlib.suppress(OSError):
                    os.kill(straggler, signal.SIGKILL)
            time.sleep(0.002)


def children() -> "Iterator[int]":
    """The processes whose parent is this one."""
    own = str(os.getpid())
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError), open("/proc/" + name + "/stat", "rb") as file:
                if file.read().rpartition(b")")[2].split()[1] == own.encode():
                    yield int(name)


def warm_up(backend: str, wakeup: int, often: bool) -> None:
    """Import the backend, and do often beforehand what a first build shows that each one would do again."""
    module = backend.partition(":")[0]
    try:
        importlib.import_module(module)
    except Exception:  # each build will say so itself
        return
    if module == "setuptools.build_meta":
        shown = what_a_build_needs(wakeup) if often else NOTHING
        for name in shown["modules"]:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        for pattern, flags in shown["patterns"]:
            with contextlib.suppress(Exception):
                re.compile(pattern, flags)
        with contextlib.suppress(Exception):
            make_archives_quickly()
    with contextlib.suppress(Exception):
        keep_entry_points()


def what_a_build_needs(wakeup: int) -> "dict[str, Any]":
    """The modules that are loaded, and the patterns compiled, after a build of an empty project in a fork."""
    with tempfile.TemporaryDirectory() as folder:
        shown = os.path.join(folder, "shown")
        child = os.fork()
        if child == 0:
            try:
                os.chdir(folder)
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, 1)
                os.dup2(null, 2)
                os.mkdir("warm")
                for name, text in (("setup.py", WARM_UP), ("README.txt", ""), ("warm/__init__.py", "")):
                    with open(name, "w", encoding="utf-8") as file:
                        file.write(text)
                importlib.import_module("setuptools.build_meta").__legacy__.build_sdist(folder)
                known = [name for name, module in sys.modules.items() if getattr(module, "__file__", None)]
                with open(shown, "w", encoding="utf-8") as file:
                    json.dump({"modules": known, "patterns": compiled_patterns()}, file)
            finally:
                os._exit(0)
        watch(child, 60, wakeup, False)
        try:
            with open(shown, encoding="utf-8") as file:
                return dict(json.load(file))
        except (OSError, ValueError):
            return NOTHING


def compiled_patterns() -> "list[tuple[str, int]]":
    """The patterns in the cache of ``re``, with their flags; none where it has another form."""
    keys = [key for key in getattr(re, "_cache", ()) if isinstance(key, tuple) and len(key) >= 3]
    return [(key[1], int(key[2])) for key in keys if key[0] is str]


def keep_entry_points() -> None:
    """Read the entry points of this environment once: nothing is installed while builds use it.

    A build asks for them ten times. Other folders on sys.path, such as a tag's own, are read each time.
    """
    from importlib import metadata

    read: "Any" = metadata.entry_points
    found: "Any" = metadata.Distribution.discover
    finders = finders_of_distributions()

    def of_folder(folder: str) -> "list[tuple[Any, list[Any]]]":
        # By the name that importlib.metadata itself tells distributions apart by, which costs no parsing.
        return [
            (getattr(dist, "_normalized_name", dist), list(dist.entry_points))
            for dist in found(path=[folder])
        ]

    kept = {folder: of_folder(folder) for folder in sys.path}

    def entry_points(**wanted: "Any") -> "Any":
        if not wanted or finders_of_distributions() != finders:
            return read(**wanted)
        by_name: "dict[Any, list[Any]]" = {}
        for folder in sys.path:
            for name, points in kept[folder] if folder in kept else of_folder(folder):
                by_name.setdefault(name, points)
        matching = (point for points in by_name.values() for point in points if point.matches(**wanted))
        return metadata.EntryPoints(matching)

    if hasattr(metadata, "EntryPoints"):
        metadata.entry_points = entry_points


def finders_of_distributions() -> "list[Any]":
    """What importlib.metadata asks for distributions."""
    return [finder for finder in sys.meta_path if hasattr(finder, "find_distributions")]


def make_archives_quickly() -> None:
    """Have distutils write an archive that is soon written anew: hardly compressed, no owners looked up."""
    archive_util: "Any" = importlib.import_module("distutils.archive_util")
    make, parameters, description = archive_util.ARCHIVE_FORMATS["gztar"]

    def make_tarball(base_name: str, base_dir: str, *arguments: "Any", **options: "Any") -> "Any":
        others = {name: value for name, value in options.items() if name != "compress"}
        if arguments or options.get("compress", "gzip") != "gzip" or any(others.values()):
            return make(base_name, base_dir, *arguments, **options)
        name = base_name + ".tar.gz"
        if os.path.dirname(name):
            os.makedirs(os.path.dirname(name), exist_ok=True)
        with tarfile.open(name, "w:gz", compresslevel=1) as archive:
            add_folder(archive, base_dir)
        return name

    archive_util.ARCHIVE_FORMATS["gztar"] = (make_tarball, parameters, description)


def add_folder(archive: "tarfile.TarFile", folder: str) -> None:
    """Add a folder with all that is in it; folders and files without their owner."""
    member = member_for(folder, os.stat(folder))
    member.type = tarfile.DIRTYPE
    archive.addfile(member)
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                add_folder(archive, entry.path)
            elif entry.is_file(follow_symlinks=False):
                add_file(archive, entry.path)
            else:
                archive.add(entry.path, recursive=False)


def add_file(archive: "tarfile.TarFile", path: str) -> None:
    """Add a file without its owner."""
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        member = member_for(path, status)
        member.size = status.st_size
        archive.addfile(member, file)


def member_for(path: str, status: os.stat_result) -> "tarfile.TarInfo":
    """A member of an archive with the time and permissions of what is at path."""
    member = tarfile.TarInfo(path)
    member.mtime, member.mode = int(status.st_mtime), status.st_mode & 0o7777
    return member


def serve() -> None:
    """Answer requests until standard input ends."""
    prctl = ctypes.CDLL(None).prctl
    # Nobody but root looks into this process, or opens its pipes by way of /proc.
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    wakeup, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(write_end)
    # For what tags lack.
    sys.path.append(sys.argv[2])
    if sys.argv[1]:
        warm_up(sys.argv[1], wakeup, sys.argv[3] == "often")
    modules = sorted({name.partition(".")[0] for name in sys.modules})
    # These stand in for a tag's own of the same names.
    for name in OF_TAGS:
        importlib.import_module(name)
    imported = imported_modules()
    # What is there now lives on: no fork looks through it for garbage, which would copy its memory.
    gc.collect()
    getattr(gc, "freeze", int)()
    before = condition()
    answer({"id": "", "modules": modules})
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
            run_hook(request, imported)
        status = watch(child, request["seconds"], wakeup, request["alone"])
        answer({"id": request["id"], "status": status, "changed": condition() != before})


def answer(message: "dict[str, Any]") -> None:
    """Write a line to the process that asks."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve()
