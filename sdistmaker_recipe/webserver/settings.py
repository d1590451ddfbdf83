"""The values that the configuration of a web server is made from, and checks of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sdistmaker_recipe.errors import ConfigurationError, Problem
from sdistmaker_recipe.webserver.access_control import parse_rule
from sdistmaker_recipe.webserver.globs import is_glob

PUBLIC_CHOICES = ("redirect", "proxy", "none")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The values of one index; raises ``ConfigurationError`` with all values that are wrong.

    ``index`` is the absolute folder of the published index, without ``..``. ``url_path`` is its URL path in
    the virtual host: "/", or for instance "/simple/". ``public_index`` is the http or https URL of a simple
    index; any name that is not ours goes to ``public_index/NAME/``. Names that match a glob in ``reserved``
    (``*``, ``?``, ``[a-c]``) never go there. ``public`` is "redirect", "proxy" (the server fetches the public
    page) or "none" (the answer is 404).

    ``auth_file`` is the absolute path of an htpasswd file outside of the index; all others get 401.
    ``require`` holds lines for ``access_control.parse_rule``; a client must meet one of them as well.
    ``certificates`` is the absolute path of the CA certificates that a proxy checks the public index by.
    ``index_url`` is the URL of this index, "" if not known; the public index must be another one.
    """

    index: Path
    url_path: str
    public_index: str
    reserved: tuple[str, ...] = ()
    public: str = "redirect"
    auth_file: Path | None = None
    require: tuple[str, ...] = ()
    certificates: Path = Path("/etc/ssl/certs/ca-certificates.crt")
    index_url: str = ""

    def __post_init__(self) -> None:
        if problems := tuple(_problems(self)):
            raise ConfigurationError(problems)

    @property
    def prefix(self) -> str:
        """The URL path without its final slash: "", or for instance "/simple"."""
        return self.url_path.rstrip("/")

    @property
    def is_https_proxy(self) -> bool:
        """Whether the server fetches pages from the public index by https."""
        return self.public == "proxy" and self.public_index.lower().startswith("https:")

    @property
    def public_origin(self) -> str:
        """Scheme, host and port of the public index (RFC 6454), without a final slash."""
        parts = urlsplit(self.public_index)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def paths(self) -> Iterator[tuple[str, Path]]:
        """Every path that a configuration contains, with the name of its option."""
        yield "destination", self.index
        if self.auth_file is not None:
            yield "auth-file", self.auth_file
        if self.is_https_proxy:
            yield "public-certificates", self.certificates


def option_problem(option: str, value: object, message: str) -> Problem:
    """A wrong value of an option that is for web servers."""
    return Problem("web server", option, value, message)


def path_problems(settings: ServerSettings, explain: Callable[[str], str]) -> Iterator[Problem]:
    """The paths that one server cannot write; ``explain`` says why it cannot write a path, "" if it can."""
    for option, path in settings.paths:
        if reason := explain(str(path)):
            yield option_problem(option, str(path), f"{reason}: choose another path")


def _problems(settings: ServerSettings) -> Iterator[Problem]:
    if not settings.index.is_absolute() or ".." in settings.index.parts:
        yield option_problem("destination", str(settings.index), "must be an absolute path without ..")
    if not re.fullmatch(r"/(?:(?!\.{1,2}/)[A-Za-z0-9._~-]+/)*", settings.url_path):
        yield option_problem("url-path", settings.url_path, "must be / or a path such as /simple/")
    for glob in settings.reserved:
        if not is_glob(glob):
            yield option_problem("reserved", glob, "must be a project name, or a pattern with *, ? or [a-c]")
    if settings.public not in PUBLIC_CHOICES:
        yield option_problem("public", settings.public, f"must be one of {', '.join(PUBLIC_CHOICES)}")
    elif settings.public != "none":
        if reason := _why_not_public_index(settings.public_index):
            yield option_problem("public-index", None, reason)
        elif settings.public_index.rstrip("/") == settings.index_url.rstrip("/"):
            message = "is this index itself (index-url), so redirects would go in a circle: use another URL"
            yield option_problem("public-index", None, message)
    yield from _access_problems(settings)


def _access_problems(settings: ServerSettings) -> Iterator[Problem]:
    for line in settings.require:
        try:
            rule = parse_rule(line)
        except ValueError as error:
            yield option_problem("require", line, str(error))
        else:
            if rule.kind == "user" and settings.auth_file is None:
                message = "names a user, which needs auth-file: set that option, or remove the line"
                yield option_problem("require", line, message)
    if settings.auth_file is not None:
        yield from _file_problems("auth-file", settings.auth_file, settings.index)
    if settings.is_https_proxy:
        yield from _file_problems("public-certificates", settings.certificates, settings.index)


def _file_problems(option: str, path: Path, index: Path) -> Iterator[Problem]:
    if not path.is_absolute() or ".." in path.parts:
        yield option_problem(option, str(path), "must be an absolute path without ..")
    elif index in path.parents:
        yield option_problem(
            option, str(path), "lies in the index, so web servers would serve it: move it elsewhere"
        )


def _why_not_public_index(url: str) -> str:
    """Why clients cannot be sent to this URL, or ""; the URL may hold a password, so it is not repeated."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return f"is not a URL: {error}"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "must be the http or https URL of a simple index"
    if "@" in parts.netloc:
        return "holds a user name, which every client would see: use a URL without it"
    if re.search(r"[^!-~]|[\"<>\\^`{|}]", url) or "?" in url or "#" in url:
        return "holds a query, a fragment, or a character that must be percent-encoded: use another URL"
    return ""
