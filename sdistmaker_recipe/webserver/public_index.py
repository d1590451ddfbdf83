"""The public index that names which are not ours are redirected to."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

_STATED = re.compile(
    r"""^default_index_url \s* = \s* (?: os\.environ\.get\( \s* ["'][^"']*["'] \s* , \s* )?
    ["'](?P<url>https?://[^"'\\]+)["']""",
    re.MULTILINE | re.VERBOSE,
)
"""The statement in buildout's source; its own tests set another index by an environment variable."""


def default_public_index() -> str:
    """The index that buildout uses by default: stated in one place in the ecosystem, not by us.

    Read from the source, for the import takes half a second.
    """
    for path in _sources():
        if match := _STATED.search(path.read_text("utf-8")):
            return match["url"]
    from zc.buildout.easy_install import default_index_url

    return str(default_index_url)


def _sources() -> list[Path]:
    namespace = find_spec("zc")
    folders = namespace.submodule_search_locations if namespace else None
    paths = [Path(folder, "buildout", "easy_install.py") for folder in folders or ()]
    return [path for path in paths if path.is_file()]
