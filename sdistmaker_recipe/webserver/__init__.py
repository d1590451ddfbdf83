"""Configuration of web servers as pure text: what every server must do, said once.

``ServerSettings`` goes in; a module a server (``apache``) makes the text. All of them serve this layout::

    INDEX/index.html, INDEX/index.json                      the root page
    INDEX/PROJECT/index.html, INDEX/PROJECT/index.json      a project's page, under its PEP 503 name
    INDEX/PROJECT/ARCHIVE, INDEX/PROJECT/ARCHIVE.metadata   its files
    INDEX/PROJECT/ without index.html                       a name that was private once: 404
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sdistmaker_recipe.errors import ConfigurationError, Problem

PUBLIC_CHOICES = ("redirect", "none")

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"

_JSON_NAMES = r"application/vnd\.pypi\.simple\.(?:v1|latest)\+json"
_HTML_NAMES = r"application/vnd\.pypi\.simple\.(?:v1|latest)\+html"
_FULL = r"(?:;\s*q=1(?:\.0*)?\s*)?"
_SOME = r"(?:;\s*q=(?:1|0?\.0*[1-9])[0-9.]*\s*)?"


def _listed(media_types: str, quality: str) -> str:
    """A regular expression for an Accept header that lists one of the types with such a quality."""
    return rf"(?:^|[,\s]){media_types}\s*{quality}(?:,|$)"


# Regular expressions (PCRE, case ignored) over an Accept header, PEP 691. A page is JSON when ACCEPTS_JSON
# and (JSON_FIRST or not ACCEPTS_HTML): servers compare no quality values, so only a full one wins.
ACCEPTS_JSON = _listed(_JSON_NAMES, _SOME)
JSON_FIRST = _listed(_JSON_NAMES, _FULL)
ACCEPTS_HTML = _listed(rf"(?:text/html|text/\*|\*/\*|{_HTML_NAMES})", _SOME)
# An HTML page calls itself HTML, not text/html, when NAMES_HTML and not TEXT_HTML_FIRST.
NAMES_HTML = _listed(_HTML_NAMES, _SOME)
TEXT_HTML_FIRST = _listed("text/html", _FULL)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What a server configuration is made from; raises ``ConfigurationError`` with every wrong value.

    ``index`` is the absolute folder of the published index, without ``..``. ``url_path`` says where in its
    virtual host the index is shown, "/" or for instance "/simple/". ``public_index`` is the http(s) URL of a
    simple index: a name that is not ours goes to ``public_index/NAME/``. ``reserved`` holds globs (``*``,
    ``?``, ``[a-c]``) of names that never do. ``public`` is "redirect", or "none" for 404 instead.
    """

    index: Path
    url_path: str
    public_index: str
    reserved: tuple[str, ...] = ()
    public: str = "redirect"

    def __post_init__(self) -> None:
        if problems := tuple(_problems(self)):
            raise ConfigurationError(problems)

    @property
    def prefix(self) -> str:
        """The URL path without its final slash: "" or for instance "/simple"."""
        return self.url_path.rstrip("/")


def problem(option: str, value: object, message: str) -> Problem:
    """A wrong value of an option that only the server configuration uses."""
    return Problem("web server", option, value, message)


def glob_pattern(glob: str, *, normalised: bool) -> str:
    """The regular expression, to match all of a lower-case name, for a glob of project names.

    With ``normalised`` it is meant for names in the spelling of PEP 503: then ``.``, ``_`` and ``-`` in
    the glob all mean ``-``, and a run of them is one.
    """
    return "".join(_translated(token, normalised) for token in _GLOB_TOKEN.findall(glob.lower()))


_GLOB_TOKEN = re.compile(r"\[!?[A-Za-z0-9._-]+\]|[*?]|[A-Za-z0-9]+|[._-]+")
_WILDCARDS = {"*": ".*", "?": "."}


def _translated(token: str, normalised: bool) -> str:  # noqa: FBT001
    if token in _WILDCARDS:
        return _WILDCARDS[token]
    if token.startswith("["):
        return _character_class(token[1:-1], normalised)
    if token[0] in "._-":
        return "-" if normalised else token.replace(".", r"\.")
    return token


def _character_class(inner: str, normalised: bool) -> str:  # noqa: FBT001
    parts = re.findall(r"[a-z0-9]-[a-z0-9]|.", inner.removeprefix("!"))
    separators = "".join(sorted(set(parts) & set("._-"), key="._-".index))
    if normalised and separators:
        separators = "-"
    others = "".join(part for part in parts if part not in "._-")
    return f"[{'^' if inner.startswith('!') else ''}{others}{separators}]"


def _problems(settings: ServerSettings) -> Iterator[Problem]:
    if not settings.index.is_absolute() or ".." in settings.index.parts:
        yield problem("destination", str(settings.index), "must be an absolute path without ..")
    if not re.fullmatch(r"/(?:(?!\.{1,2}/)[A-Za-z0-9._~-]+/)*", settings.url_path):
        yield problem("url-path", settings.url_path, "must be / or a path such as /simple/")
    for glob in settings.reserved:
        if not _is_glob(glob):
            yield problem("reserved", glob, "is not a project name, nor a glob of * ? [a-c] and such names")
    if settings.public not in PUBLIC_CHOICES:
        yield problem("public", settings.public, f"must be one of {', '.join(PUBLIC_CHOICES)}")
    elif settings.public != "none" and (wrong := _wrong_with_url(settings.public_index)):
        yield problem("public-index", None, wrong)


def _is_glob(glob: str) -> bool:
    if not re.fullmatch(r"(?:\[!?[A-Za-z0-9._-]+\]|[A-Za-z0-9._*?-])+", glob):
        return False
    try:
        re.compile(glob_pattern(glob, normalised=False))
    except re.error:  # a range from z to a
        return False
    return True


def _wrong_with_url(url: str) -> str:
    """What makes the URL no simple index to send clients to, or ""; the URL itself may hold a password."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return f"is not a URL: {error}"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "must be the http or https URL of a simple index"
    if "@" in parts.netloc:
        return "names a user, whom every client would be told: use a URL without"
    if re.search(r"[^!-~]|[\"<>\\^`{|}]", url) or "?" in url or "#" in url:
        return "holds a query, or characters that must be percent-encoded in a URL"
    return ""
