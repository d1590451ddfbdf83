"""What a tag may ask for: versions of Python and platforms, and what is true of each.

A *world* is a version of Python and a platform.
"""

import os
import platform
import struct
import sys
import sysconfig
from collections import namedtuple

from sdistmaker_observation.names import LATER_NAMES, REMOVED_NAMES
from sdistmaker_observation.owners import words

PLATFORMS = {
    "linux": ("linux", "posix", "Linux", "aarch64", 64, "linux-aarch64", "CPython"),
    "linux-32": ("linux", "posix", "Linux", "i686", 32, "linux-i686", "CPython"),
    "pypy": ("linux", "posix", "Linux", "x86_64", 64, "linux-x86_64", "PyPy"),
    "win32": ("win32", "nt", "Windows", "AMD64", 64, "win-amd64", "CPython"),
    "win32-32": ("win32", "nt", "Windows", "x86", 32, "win32", "CPython"),
    "darwin": ("darwin", "posix", "Darwin", "arm64", 64, "macosx-14.0-arm64", "CPython"),
    "cygwin": ("cygwin", "posix", "CYGWIN_NT-10.0", "x86_64", 64, "cygwin-3.4-x86_64", "CPython"),
    "freebsd": ("freebsd14", "posix", "FreeBSD", "amd64", 64, "freebsd-14.0-RELEASE-amd64", "CPython"),
    "openbsd": ("openbsd7", "posix", "OpenBSD", "amd64", 64, "openbsd-7.4-amd64", "CPython"),
    "netbsd": ("netbsd10", "posix", "NetBSD", "amd64", 64, "netbsd-10.0-amd64", "CPython"),
    "solaris": ("sunos5", "posix", "SunOS", "sun4u", 64, "solaris-2.11-sun4u", "CPython"),
    "aix": ("aix", "posix", "AIX", "powerpc", 64, "aix-7204-2114-64", "CPython"),
    "hp-ux": ("hp-ux11", "posix", "HP-UX", "ia64", 64, "hp-ux-B.11.31-ia64", "CPython"),
    "haiku": ("haiku1", "posix", "Haiku", "x86_64", 64, "haiku-1-x86_64", "CPython"),
    "android": ("android", "posix", "Android", "aarch64", 64, "android-24-arm64_v8a", "CPython"),
    "ios": ("ios", "posix", "iOS", "arm64", 64, "ios-13.0-arm64-iphoneos", "CPython"),
    "emscripten": ("emscripten", "posix", "Emscripten", "wasm32", 32, "emscripten-3.1.58-wasm32", "CPython"),
}
"""By name: sys.platform, os.name, platform.system(), its machine(), bits, get_platform(), implementation."""
SYS_PLATFORM, OS_NAME, SYSTEM, MACHINE, BITS, GET_PLATFORM, IMPLEMENTATION = range(7)

FORMER_PLATFORMS = words(
    """linux2 linux3 java jython riscos os2 os2emx mac dos ce atheos beos beos5 irix irix5 irix6
    unixware7 osf1V5 sunos sunos4 aix3 aix4 aix5 aix6 aix7 bsd iphoneos cli wince msys minw Java
    Linux2 win64 windows Win32 cygwin32 freebsd darwin64 win"""
)
"""Platforms of Python 2, and names that no Python gives: nothing that is compared with them is equal."""


VersionInfo = namedtuple("VersionInfo", "major minor micro releaselevel serial")
Implementation = namedtuple("Implementation", "name version hexversion cache_tag")

LATER_MODULES = {
    "argparse": (3, 2),
    "asyncio": (3, 4),
    "compression": (3, 14),
    "annotationlib": (3, 14),
    "concurrent": (3, 2),
    "contextvars": (3, 7),
    "dataclasses": (3, 7),
    "ensurepip": (3, 4),
    "enum": (3, 4),
    "faulthandler": (3, 3),
    "graphlib": (3, 9),
    "importlib": (3, 1),
    "importlib.metadata": (3, 8),
    "importlib.resources": (3, 7),
    "ipaddress": (3, 3),
    "lzma": (3, 3),
    "pathlib": (3, 4),
    "secrets": (3, 6),
    "selectors": (3, 4),
    "statistics": (3, 4),
    "tomllib": (3, 11),
    "tracemalloc": (3, 4),
    "typing": (3, 5),
    "unittest.mock": (3, 3),
    "venv": (3, 3),
    "zipapp": (3, 5),
    "zoneinfo": (3, 9),
}
"""Modules of the standard library that older Pythons 3 lack, with the first version."""

REMOVED_MODULES = {
    "formatter": (3, 10),
    "parser": (3, 10),
    "symbol": (3, 10),
    "binhex": (3, 11),
    "asynchat": (3, 12),
    "asyncore": (3, 12),
    "imp": (3, 12),
    "smtpd": (3, 12),
    "aifc": (3, 13),
    "audioop": (3, 13),
    "cgi": (3, 13),
    "cgitb": (3, 13),
    "chunk": (3, 13),
    "crypt": (3, 13),
    "imghdr": (3, 13),
    "lib2to3": (3, 13),
    "mailcap": (3, 13),
    "msilib": (3, 13),
    "nis": (3, 13),
    "nntplib": (3, 13),
    "ossaudiodev": (3, 13),
    "pipes": (3, 13),
    "sndhdr": (3, 13),
    "spwd": (3, 13),
    "sunau": (3, 13),
    "telnetlib": (3, 13),
    "uu": (3, 13),
    "xdrlib": (3, 13),
}
"""Modules that newer Pythons lack, with the first version without."""

WINDOWS_MODULES = words("winreg msvcrt winsound nt _winapi ntsecuritycon win32api")
UNIX_MODULES = words("crypt curses fcntl grp nis posix pty pwd readline resource spwd syslog termios tty")

PYTHON_2_MODULES = words(
    """BaseHTTPServer CGIHTTPServer ConfigParser Cookie HTMLParser Queue SimpleHTTPServer SocketServer
    StringIO Tkinter UserDict UserList UserString __builtin__ _winreg anydbm cPickle cStringIO
    commands compiler cookielib copy_reg dircache dumbdbm dummy_thread exceptions fpformat
    future_builtins hotshot htmlentitydefs htmllib httplib itertools.izip md5 mhlib mimetools mimify
    multifile mutex new popen2 repr rexec robotparser sets sgmllib sha statvfs stringold thread
    toaiff urllib2 urlparse user xmlrpclib whichdb"""
)
"""Modules of Python 2, which no Python 3 has."""


VERSION_HERE = sys.version
VERSION_INFO_HERE = tuple(sys.version_info)


def is_in_tables(name):
    """Whether only some Pythons have this module of the standard library."""
    return any(name in table for table in (LATER_MODULES, REMOVED_MODULES, WINDOWS_MODULES, UNIX_MODULES))


class World:
    """A version of Python (None for the one that runs this) on a platform ("here" for this one)."""

    def __init__(self, python, platform, here):
        self.python = tuple(python or VERSION_INFO_HERE[:3])
        self.is_same_python = python is None or self.python == VERSION_INFO_HERE[:3]
        self.platform = platform
        self.facts = PLATFORMS.get(platform, here)

    @property
    def is_windows(self):
        """Whether it is some Windows."""
        return self.facts[OS_NAME] == "nt"

    def has_module(self, name):
        """Whether this world has the module of the standard library; None if it is not in any table."""
        if name in WINDOWS_MODULES:
            return self.is_windows
        if name in UNIX_MODULES and self.is_windows:
            return False
        if name in REMOVED_MODULES:
            return self.python[:2] < REMOVED_MODULES[name]
        if name in LATER_MODULES:
            return self.python[:2] >= LATER_MODULES[name]
        return True if name in UNIX_MODULES else None

    def has_name(self, module, name):
        """Whether a module of the standard library has this name in this world."""
        key = (module, name)
        return LATER_NAMES.get(key, (3, 0)) <= self.python[:2] < REMOVED_NAMES.get(key, (4, 0))

    @property
    def version(self):
        """The number of the version, as text."""
        return ".".join(map(str, self.python))

    @property
    def version_info(self):
        """The value of sys.version_info."""
        rest = VERSION_INFO_HERE[3:] if self.is_same_python else ("final", 0)
        return VersionInfo(*self.python + rest)

    @property
    def version_text(self):
        """The value of sys.version."""
        if self.is_same_python and self.platform == "here":
            return VERSION_HERE
        compiler = "[MSC v.1916 64 bit (AMD64)]" if self.is_windows else "[GCC 12.2.0]"
        if self.facts[IMPLEMENTATION] == "PyPy":
            compiler = "[PyPy 7.3.0 with GCC 10.2.0]"
        return "%s (main, Jan  1 2020, 00:00:00) %s" % (self.version, compiler)

    @property
    def hexversion(self):
        """The value of sys.hexversion, of a final release."""
        major, minor, micro = self.python
        return major << 24 | minor << 16 | micro << 8 | 0xF0

    @property
    def implementation(self):
        """The value of sys.implementation."""
        name = self.facts[IMPLEMENTATION].lower()
        tag = "%s-%d%d" % (name, self.python[0], self.python[1])
        return Implementation(name, self.version_info, self.hexversion, tag)

    @property
    def arguments(self):
        """The value of sys.argv."""
        return ["setup.py", "install", "--root=/"] if self.platform == "tools" else None

    @property
    def setuptools(self):
        """The version of setuptools, if it is another one."""
        return "999.0.0" if self.platform == "tools" else None


def facts_here():
    """What is true of this platform, in the order of ``PLATFORMS``."""
    bits = struct.calcsize("P") * 8
    return (
        sys.platform,
        os.name,
        platform.system(),
        platform.machine(),
        bits,
        sysconfig.get_platform(),
        platform.python_implementation(),
    )


def make_worlds(pairs):
    """The worlds for pairs of a version (null for the one that runs this) and a platform."""
    here = facts_here()
    return [World(python, name, here) for python, name in pairs]
