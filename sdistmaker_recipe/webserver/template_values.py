"""Fill in the templates of a configuration, and the values that all web servers have in common. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sdistmaker_recipe.model import ARCHIVE_SUFFIXES, PROJECT_PAGES_PATTERN, ROOT_NAMES
from sdistmaker_recipe.webserver import content_negotiation
from sdistmaker_recipe.webserver.globs import any_glob_pattern
from sdistmaker_recipe.webserver.settings import ServerSettings

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ARCHIVE_CACHE_CONTROL = "max-age=31536000, immutable"
"""Cache-Control of archives and of their metadata files, which never change once they are published."""

_SUFFIXES = "|".join(suffix.lower().replace(".", "[.]") for suffix in ARCHIVE_SUFFIXES)
ARCHIVE_PATTERN = f"(?i:[^/]+[.](?:{_SUFFIXES})(?:[.]metadata|[.]asc)?)"
"""The names of archives, of their metadata files, and of their signatures: a regular expression for PCRE."""

NORMALISING_CLIENTS = "vnd[.]pypi[.]simple|xhtml"
"""Matches the header Accept of installers that know PEP 503, and of browsers; upper and lower case are equal.

Others may be easy_install, or a zc.buildout that needs a folder of ``index.layout.legacy_folders``.
"""


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with each ``@name@`` replaced by its value; values are inserted as they are."""
    return re.sub("@([a-z_]+)@", lambda match: values[match[1]], template)


def common_values(settings: ServerSettings) -> dict[str, str]:
    """The values that the templates of every server use."""
    return {
        "url_path": settings.url_path,
        "prefix": settings.prefix,
        "pattern": settings.prefix.replace(".", "[.]"),
        "root_files": "|".join(ROOT_NAMES).replace(".", "[.]"),
        "project_files": f"{PROJECT_PAGES_PATTERN}|{ARCHIVE_PATTERN}",
        "archives": ARCHIVE_PATTERN,
        "normalising_clients": NORMALISING_CLIENTS,
        "policy": CONTENT_SECURITY_POLICY,
        "archive_cache_control": ARCHIVE_CACHE_CONTROL,
        **content_negotiation.PATTERNS,
    }


def reserved_values(settings: ServerSettings) -> dict[str, str]:
    """The values for reserved names: the globs, and the expressions for names as written and normalised."""
    return {
        "globs": ", ".join(settings.reserved),
        "written": any_glob_pattern(settings.reserved, normalised=False),
        "normalised": any_glob_pattern(settings.reserved, normalised=True),
    }
