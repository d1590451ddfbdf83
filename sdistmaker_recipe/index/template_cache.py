"""Templates as Jinja compiled them, kept among the system's temporary files.

To compile them takes longer than to write the pages of a project.
"""

from __future__ import annotations

from contextlib import suppress

import jinja2
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from jinja2.bccache import Bucket

from sdistmaker_recipe import __version__


class _Kept(FileSystemBytecodeCache):
    """One that never fails: what cannot be read is compiled again, what cannot be written is not kept."""

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except Exception:  # A damaged file can be anything to who unpickles it.
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def kept_templates() -> BytecodeCache | None:
    """What keeps them in a folder that only this user can read or write; None where there can be none."""
    with suppress(OSError, RuntimeError):
        # What one version compiled is not for another.
        return _Kept(pattern=f"sdistmaker-{__version__}-jinja-{_version_of_jinja()}-%s")
    return None


def _version_of_jinja() -> str:
    if told := getattr(jinja2, "__version__", ""):
        return str(told)
    # Here, for it takes a while, and versions that do not tell theirs are yet to come.
    from importlib.metadata import version

    return version("jinja2")
