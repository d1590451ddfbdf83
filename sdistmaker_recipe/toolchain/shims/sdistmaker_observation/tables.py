"""The attributes of modules that tell which Python and which machine this is."""

from ntpath import normcase as on_windows
from struct import calcsize as true_calcsize

from sdistmaker_observation.names import LATER_NAMES, REMOVED_NAMES
from sdistmaker_observation.owners import words
from sdistmaker_observation.worlds import (
    BITS,
    GET_PLATFORM,
    IMPLEMENTATION,
    MACHINE,
    OS_NAME,
    SYS_PLATFORM,
    SYSTEM,
)

MISSING = None
"""Stands for an attribute that a world lacks."""


def of_windows(world, value):
    """An attribute that only Windows has."""
    return len if world.is_windows else MISSING


def of_unix(world, value):
    """An attribute that Windows lacks."""
    return MISSING if world.is_windows else value


def of_version(first):
    """The function for an attribute that Pythons have since that version."""
    return lambda world, value: (value or len) if world.python[:2] >= first else MISSING


def of_versions(module, name):
    """The function for a name that only some Pythons have in a module of the standard library."""
    return lambda world, value: (value or len) if world.has_name(module, name) else MISSING


def architecture(world, value, *arguments):
    """The value of platform.architecture()."""
    return ("%dbit" % world.facts[BITS], "WindowsPE" if world.is_windows else "ELF")


def calcsize(world, value, *arguments):
    """The value of true_calcsize(): without a mark of the byte order, the machine decides on some sizes."""
    text = arguments[0] if arguments else ""
    text = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    is_native = isinstance(text, str) and text[:1] not in "<>=!" and any(item in text for item in "PnNlL")
    size = true_calcsize(*arguments)
    return native_size(world, text, size) if is_native else size


def native_size(world, text, size):
    """A size that is another one where pointers are, or where the long integers of C are."""
    if world.platform in ("here", "tools"):
        return size
    if any(item in text for item in "lL") and world.is_windows:
        return true_calcsize("=" + text.strip("@").replace("P", "Q").replace("n", "q").replace("N", "Q"))
    return size if world.facts[BITS] == true_calcsize("P") * 8 else size // 2


def arguments(world, value):
    """The value of sys.argv."""
    return world.arguments or value


LATER_BUILTINS = {
    "EncodingWarning": (3, 10),
    "aiter": (3, 10),
    "anext": (3, 10),
    "BaseExceptionGroup": (3, 11),
    "ExceptionGroup": (3, 11),
    "PythonFinalizationError": (3, 13),
}
"""Builtins that older versions of Python 3 lack."""

WINDOWS_ONLY = words("startfile add_dll_directory O_BINARY P_DETACH")
WINDOWS_ONLY_IN_OTHERS = {
    "ctypes": words("windll oledll WinDLL OleDLL WinError FormatError GetLastError get_last_error"),
    "subprocess": words("STARTUPINFO STARTF_USESHOWWINDOW SW_HIDE CREATE_NO_WINDOW CREATE_NEW_CONSOLE"),
}
UNIX_ONLY = words(
    """fork forkpty getuid geteuid getgid getegid getgroups getpgid getpgrp getsid setsid setuid setgid
    killpg chown fchown lchown chroot mkfifo mknod nice openpty pathconf statvfs sysconf confstr
    ttyname wait wait3 wait4 uname getloadavg sched_getaffinity getpriority posix_spawn sync major
    minor makedev"""
)

ANSWERED = {
    "sys": {
        "version_info": lambda world, value: world.version_info,
        "hexversion": lambda world, value: value if world.is_same_python else world.hexversion,
        "version": lambda world, value: world.version_text,
        "implementation": lambda world, value: world.implementation,
        "platform": lambda world, value: world.facts[SYS_PLATFORM],
        "maxsize": lambda world, value: 2 ** (world.facts[BITS] - 1) - 1,
        "argv": arguments,
        "getwindowsversion": of_windows,
        "winver": lambda world, value: world.version[:3] if world.is_windows else MISSING,
        "pypy_version_info": lambda world, value: (
            (7, 3, 0, "final", 0) if world.facts[IMPLEMENTATION] == "PyPy" else MISSING
        ),
    },
    "os": {
        "name": lambda world, value: world.facts[OS_NAME],
        "linesep": lambda world, value: "\r\n" if world.is_windows else "\n",
    },
    "platform": {
        "system": lambda world, value: world.facts[SYSTEM],
        "machine": lambda world, value: world.facts[MACHINE],
        "architecture": architecture,
        "python_implementation": lambda world, value: world.facts[IMPLEMENTATION],
        "python_version": lambda world, value: world.version,
        "python_version_tuple": lambda world, value: tuple(map(str, world.python)),
    },
    "sysconfig": {
        "get_platform": lambda world, value: world.facts[GET_PLATFORM],
        "get_python_version": lambda world, value: "%d.%d" % world.python[:2],
    },
    "struct": {"calcsize": calcsize},
    "posixpath": {"normcase": lambda world, value, *path: (on_windows if world.is_windows else value)(*path)},
    "setuptools": {"__version__": lambda world, value: world.setuptools or value},
}
"""Attributes by module, with the function that gives their value in a world; None for one that it lacks."""
ANSWERED["builtins"] = {name: of_version(first) for name, first in LATER_BUILTINS.items()}
ANSWERED["os"].update((name, of_windows) for name in WINDOWS_ONLY)
for _module, _names in WINDOWS_ONLY_IN_OTHERS.items():
    ANSWERED[_module] = dict.fromkeys(_names, of_windows)
ANSWERED["os"].update((name, of_unix) for name in UNIX_ONLY)
for _name in ("distutils.util", "setuptools._distutils.util"):
    ANSWERED[_name] = {
        "get_platform": lambda world, value: world.facts[GET_PLATFORM],
        "get_host_platform": lambda world, value: world.facts[GET_PLATFORM],
    }

SUBMODULES = frozenset((("importlib", "metadata"), ("importlib", "resources"), ("unittest", "mock")))
for _module, _name in (set(LATER_NAMES) | set(REMOVED_NAMES)) - SUBMODULES:
    ANSWERED.setdefault(_module, {}).setdefault(_name, of_versions(_module, _name))

ANSWERING_FUNCTIONS = words(
    """platform.system platform.machine platform.architecture platform.python_implementation
    platform.python_version platform.python_version_tuple sysconfig.get_platform
    sysconfig.get_python_version struct.calcsize distutils.util.get_platform
    distutils.util.get_host_platform setuptools._distutils.util.get_platform
    setuptools._distutils.util.get_host_platform posixpath.normcase"""
)
"""The attributes among these that are functions, and give the answer when they are called."""

SILENT = {
    "sys": words(
        """prefix exec_prefix base_prefix base_exec_prefix executable _base_executable byteorder
        abiflags flags api_version builtin_module_names stdlib_module_names platlibdir orig_argv
        thread_info float_info hash_info int_info getfilesystemencoding getfilesystemencodeerrors
        getandroidapilevel warnoptions getrefcount getsizeof _git copyright meta_path path_hooks
        path_importer_cache"""
    ),
    "os": words("environb supports_fd supports_follow_symlinks sched_param defpath"),
    "posixpath": words("__name__ supports_unicode_filenames"),
    "time": words("timezone altzone daylight tzname tzset"),
    "keyword": words("kwlist"),
    "unicodedata": words("unidata_version ucd_3_2_0"),
    "importlib": words("metadata resources"),
    "unittest": words("mock"),
    "importlib.util": words("MAGIC_NUMBER"),
    "importlib.machinery": words(
        """SOURCE_SUFFIXES DEBUG_BYTECODE_SUFFIXES OPTIMIZED_BYTECODE_SUFFIXES BYTECODE_SUFFIXES
        EXTENSION_SUFFIXES all_suffixes PathFinder FileFinder BuiltinImporter FrozenImporter"""
    ),
    "posix": words("environ"),
    "pathlib": words("WindowsPath PosixPath"),
    "signal": words(
        """SIGKILL SIGHUP SIGALRM SIGCHLD SIGQUIT SIGUSR1 SIGUSR2 SIGPIPE SIGSTOP CTRL_C_EVENT
        CTRL_BREAK_EVENT alarm"""
    ),
    "socket": words("AF_UNIX AF_PACKET AF_BLUETOOTH has_ipv6"),
    "select": words("poll epoll kqueue devpoll"),
    "sqlite3": words("sqlite_version sqlite_version_info"),
    "ssl": words("OPENSSL_VERSION OPENSSL_VERSION_INFO HAS_SNI"),
    "zlib": words("ZLIB_VERSION ZLIB_RUNTIME_VERSION"),
    "distutils": words("__version__"),
    "distutils.sysconfig": words("PREFIX EXEC_PREFIX BASE_PREFIX"),
    "pkg_resources": words("working_set WorkingSet Environment"),
}
"""Attributes by module of which nobody knows the values elsewhere."""

QUIET_THROUGH_PYTHON = words(
    """sys.meta_path sys.path_hooks sys.path_importer_cache sys.flags sys.builtin_module_names
    sys.stdlib_module_names sys.orig_argv sys.getfilesystemencoding sys.getfilesystemencodeerrors
    sys.getrefcount sys.getrecursionlimit posixpath.normcase os.name locale.getencoding
    locale.getpreferredencoding sys.getandroidapilevel"""
)
"""Attributes and functions that modules of Python need for their own work: the tag asks only by itself."""

CALLS = {
    "os": words(
        """cpu_count process_cpu_count getlogin getpid getppid urandom getrandom times
        get_terminal_size isatty uname getloadavg ctermid getcwdb getenvb umask"""
    ),
    "platform": words("*"),
    "sysconfig": words("*"),
    "time": words(
        """time time_ns localtime gmtime ctime asctime strftime monotonic monotonic_ns perf_counter
        perf_counter_ns process_time process_time_ns clock_gettime clock get_clock_info thread_time"""
    ),
    "random": words("*"),
    "uuid": words("*"),
    "secrets": words("*"),
    "getpass": words("*"),
    "socket": words("gethostname getfqdn gethostbyname socket create_connection"),
    "locale": words("*"),
    "_locale": words("*"),
    "ctypes": words("*"),
    "ctypes.util": words("*"),
    "multiprocessing": words("cpu_count"),
    "resource": words("*"),
    "ast": words("dump"),
    "keyword": words("iskeyword issoftkeyword"),
    "sys": words("getrecursionlimit"),
    "pwd": words("*"),
    "grp": words("*"),
    "site": words("*"),
    "posix": words("*"),
    "gc": words("*"),
    "inspect": words("currentframe stack trace getouterframes"),
    "marshal": words("*"),
    "pickle": words("*"),
    "atexit": words("register"),
    "zlib": words("compress compressobj"),
    "gzip": words("compress"),
    "shutil": words("which disk_usage get_terminal_size"),
    "importlib": words("reload"),
    "importlib.metadata": words("*"),
    "importlib_metadata": words("*"),
    "pkgutil": words("iter_modules walk_packages find_loader get_loader get_importer"),
    "imp": words("find_module get_tag get_magic get_suffixes"),
    "importlib.util": words("find_spec cache_from_source"),
    "distutils.sysconfig": words("*"),
    "setuptools._distutils.sysconfig": words("*"),
    "distutils.spawn": words("find_executable"),
    "setuptools._distutils.spawn": words("find_executable"),
    "distutils.ccompiler": words("get_default_compiler"),
    "pkg_resources": words(
        """require get_distribution get_provider get_build_platform get_supported_platform get_platform
        get_default_cache iter_entry_points get_entry_map find_distributions"""
    ),
}
"""Functions by module ("*" for all) whose results are others elsewhere."""

ADDING = {"pkg_resources.working_set": "add_entry"}
"""Of values among these, the method that only adds something, which is no question."""

PROGRAM_SEARCHES = words(
    "shutil.which() distutils.spawn.find_executable() setuptools._distutils.spawn.find_executable()"
)
"""Functions among these that say where a program is."""

SEPARATORS = (
    ("os", "sep", "\\"),
    ("os", "pathsep", ";"),
    ("os", "altsep", "/"),
    ("os", "devnull", "nul"),
    ("posixpath", "sep", "\\"),
    ("posixpath", "pathsep", ";"),
    ("posixpath", "altsep", "/"),
)
"""Characters in paths, and a path, by module and attribute, and what they are on Windows."""

PYTHON_2_ATTRIBUTES = words(
    """maxint setdefaultencoding exc_clear exc_type subversion py3kwarning getcwdu tmpnam tempnam
    popen2 popen3 popen4"""
)
"""Attributes of ``sys`` and ``os`` that no Python 3 has."""

QUIET_FILES = (
    "/tempfile.py",
    "/logging/__init__.py",
    "/zipfile.py",
    "/zipfile/__init__.py",
    "/tarfile.py",
    "/argparse.py",
    "/optparse.py",
    "/traceback.py",
    "/warnings.py",
    "/threading.py",
    "/_bootlocale.py",
)
"""Modules of Python that ask for themselves whoever calls them: nothing of it reaches their callers."""
