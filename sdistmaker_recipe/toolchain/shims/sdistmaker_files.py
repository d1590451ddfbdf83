"""A plugin of setuptools: the files of a tag are those that its export wrote.

setuptools took the files that Subversion knows into an sdist by itself until 10.0. A build that shall have
them names a file with their paths in SDISTMAKER_FILES, one a line, relative to the tag. Any Python runs this.
"""

import io
import os


def exported(folder=""):
    """The exported files below a folder, which is relative to the tag; nothing where none shall be added."""
    listing = os.environ.get("SDISTMAKER_FILES")
    if not listing:
        return []
    prefix = os.path.normpath(folder or ".")
    prefix = "" if prefix == "." else prefix + os.sep
    with io.open(
        listing, encoding="utf-8", errors="surrogateescape" if str is not bytes else "ignore"
    ) as file:
        names = file.read().splitlines()
    return [str(name) for name in names if name.startswith(prefix) and os.path.lexists(name)]


def tell_pbr(distribution):
    """Have pbr, which asks git and no plugin, take the exported files; for any other project do nothing."""
    if getattr(distribution, "pbr", None):
        from pbr import git

        git._find_git_files = lambda *arguments, **named: exported()


def take_version(distribution, keyword, value):
    """Stand in for hgtools, which gave up these keywords: the version is the tag_build of setup.cfg."""
    from setuptools.command.egg_info import egg_info

    try:
        from configparser import RawConfigParser
    except ImportError:
        from ConfigParser import RawConfigParser

    parser = RawConfigParser()
    parser.read("setup.cfg")
    if not value or not parser.has_option("egg_info", "tag_build"):
        return
    version = distribution.metadata.version = parser.get("egg_info", "tag_build")

    def tagged_version(command):
        command.tag_build = version
        return version

    egg_info.tagged_version = tagged_version
