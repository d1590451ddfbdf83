"""The default of the option ``public-index``: the index that buildout uses."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

_ASSIGNMENT = re.compile(
    r"""^default_index_url \s* = \s* (?: os\.environ\.get\( \s* ["'][^"']*["'] \s* , \s* )?
    ["'](?P<url>https?://[^"'\\]+)["']""",
    re.MULTILINE | re.VERBOSE,
)
"""Buildout's assignment of its default; some versions let an environment variable replace it."""


def default_public_index() -> str:
    """The URL of the index that buildout uses by default.

    It is read from buildout's source, because the import takes half a second.
    """
    for path in _sources():
        if match := _ASSIGNMENT.search(path.read_text("utf-8")):
            return match["url"]
    from zc.buildout.easy_install import default_index_url

    return str(default_index_url)


def _sources() -> list[Path]:
    namespace = find_spec("zc")
    folders = namespace.submodule_search_locations if namespace else None
    paths = [Path(folder, "buildout", "easy_install.py") for folder in folders or ()]
    return [path for path in paths if path.is_file()]
