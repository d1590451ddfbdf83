"""A plugin of setuptools that lists the files of a tag, by its export.

Until 10.0 setuptools itself added the files that Subversion knows to an sdist. A build that needs them has
the name of a file in the variable SDISTMAKER_FILES. It has one path a line, relative to the tag. Python 2.7
and any Python 3 run this.
"""

import io
import os


def exported(folder=""):
    """The exported files below a folder, which is relative to the tag; none without the variable."""
    listing = os.environ.get("SDISTMAKER_FILES")
    if not listing:
        return []
    prefix = os.path.normpath(folder or ".")
    prefix = "" if prefix == "." else prefix + os.sep
    with io.open(listing, "rb") as file:
        # Names may have other characters that end a line for splitlines.
        names = file.read().split(b"\n")
    if str is not bytes:
        names = [name.decode("utf-8", "surrogateescape") for name in names]
    return [name for name in names if name.startswith(prefix) and os.path.lexists(name)]


def tell_pbr(distribution):
    """If the project uses pbr, which asks git and no plugin, let it take the exported files."""
    if getattr(distribution, "pbr", None):
        from pbr import git

        git._find_git_files = lambda *arguments, **named: exported()


def take_version(distribution, keyword, value):
    """Take the version from tag_build in setup.cfg, for keywords of hgtools that it no longer has."""
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
