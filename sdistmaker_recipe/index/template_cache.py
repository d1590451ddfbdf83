"""A cache of compiled templates, in the system's folder for temporary files.

Compiling the templates takes longer than writing the pages of a project.
"""

from __future__ import annotations

from contextlib import suppress

import jinja2
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from jinja2.bccache import Bucket

from sdistmaker_recipe import __version__


class _TolerantCache(FileSystemBytecodeCache):
    """A cache that never fails: an unreadable template is compiled again, an unwritable one is not kept."""

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except Exception:  # Unpickling a damaged file can raise anything.
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def template_cache() -> BytecodeCache | None:
    """The cache, in a folder that only this user can read and write; None if there can be no such folder."""
    with suppress(OSError, RuntimeError):
        # Each version of this package and of Jinja has files of its own.
        return _TolerantCache(pattern=f"sdistmaker-{__version__}-jinja-{_jinja_version()}-%s")
    return None


def _jinja_version() -> str:
    if version := getattr(jinja2, "__version__", ""):
        return str(version)
    # Imported here because it is slow, and today's versions of Jinja have the attribute.
    from importlib import metadata

    return metadata.version("jinja2")
