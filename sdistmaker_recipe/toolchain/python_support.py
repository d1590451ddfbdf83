"""Which versions of Python a tag says it is for. Pure."""

from __future__ import annotations

import re

_CLASSIFIER = re.compile(r"Programming Language :: Python :: (\d[\d.]*)")
_REQUIRES_PYTHON = re.compile(
    r"\b(?:python_requires|requires-python)['\"]?\s*[=:]\s*[bu]?['\"]?(?P<value>[^'\"\n#]+)", re.IGNORECASE
)


def excludes_python_2(text: str) -> bool:
    """Whether the text of a setup.py, setup.cfg, pyproject.toml or PKG-INFO excludes Python 2.

    It does if it states a Requires-Python that Python 2.7 does not fulfil, or if its classifiers name
    versions of Python and only 3.
    """
    versions = _CLASSIFIER.findall(text)
    if versions and all(version.startswith("3") for version in versions):
        return True
    return any(_excludes_python_2(match["value"]) for match in _REQUIRES_PYTHON.finditer(text))


def _excludes_python_2(specifiers: str) -> bool:
    # This import is slow, and most old tags state no such thing.
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return not SpecifierSet(specifiers.strip().rstrip(",)")).contains("2.7.18")
    except InvalidSpecifier:
        return False
