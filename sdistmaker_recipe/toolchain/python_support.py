"""Which versions of Python a tag says it is for. Pure."""

from __future__ import annotations

import re

_CLASSIFIER = re.compile(r"Programming Language :: Python :: (\d[\d.]*)")
_ANY_VERSION = re.compile(r"Programming Language :: Python\s*(?:['\"]|$)", re.MULTILINE)
_REQUIRES_PYTHON = re.compile(
    r"\b(?:python_requires|requires-python)['\"]?\s*[=:]\s*[bu]?['\"]?(?P<value>[^'\"\n#]+)", re.IGNORECASE
)

_UNIVERSAL = re.compile(
    r"^\[(?:bdist_wheel|wheel)\]\s*\n(?:[^\[\n]*\n)*?universal\s*=\s*(?:1|true)", re.IGNORECASE | re.MULTILINE
)


def excludes_python_2(text: str) -> bool:
    """Whether the text of a setup.py, setup.cfg, pyproject.toml or PKG-INFO excludes Python 2.

    It does if it states a Requires-Python that Python 2.7 does not fulfil, or if its classifiers name
    versions of Python and only 3. "Python" beside "Python :: 3" meant both until there was "Python :: 2".
    """
    versions = set(_CLASSIFIER.findall(text))
    means_both = versions == {"3"} and "3 :: Only" not in text and _ANY_VERSION.search(text)
    if versions and not means_both and all(version.startswith("3") for version in versions):
        return True
    return any(_excludes_python_2(match["value"]) for match in _REQUIRES_PYTHON.finditer(text))


def supports_both(header: str, setup_cfg: str) -> bool:
    """Whether a project says that it is for Python 2.7 and 3.

    It does by the classifiers in its PKG-INFO (``header``), or by the setting universal of the command
    bdist_wheel in its setup.cfg, unless its Requires-Python excludes Python 2.7.
    """
    versions = {version[0] for version in _CLASSIFIER.findall(header)}
    return ({"2", "3"} <= versions or _UNIVERSAL.search(setup_cfg) is not None) and not excludes_python_2(
        header
    )


def _excludes_python_2(specifiers: str) -> bool:
    # This import is slow, and most old tags state no such thing.
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return not SpecifierSet(specifiers.strip().rstrip(",)")).contains("2.7.18")
    except InvalidSpecifier:
        return False
