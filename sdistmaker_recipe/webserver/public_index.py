"""The public index that names which are not ours are redirected to."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path


def default_public_index() -> str:
    """The index that buildout uses by default: stated in one place in the ecosystem, not by us.

    Read from the source, for the import takes half a second.
    """
    for path in _sources():
        for statement in ast.parse(path.read_bytes()).body:
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
                names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
                if "default_index_url" in names:
                    return str(statement.value.value)
    from zc.buildout.easy_install import default_index_url

    return str(default_index_url)


def _sources() -> list[Path]:
    namespace = find_spec("zc")
    folders = namespace.submodule_search_locations if namespace else None
    paths = [Path(folder, "buildout", "easy_install.py") for folder in folders or ()]
    return [path for path in paths if path.is_file()]
