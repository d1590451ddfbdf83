"""Configuration of web servers as pure text: what every server must do, said once.

``ServerSettings`` goes in; a module a server (``apache``, ``nginx``) makes the text. All serve this layout::

    INDEX/index.html, INDEX/index.json                      the root page
    INDEX/PROJECT/index.html, INDEX/PROJECT/index.json      a project's page, under its PEP 503 name
    INDEX/PROJECT/ARCHIVE, INDEX/PROJECT/ARCHIVE.metadata   its files
    INDEX/PROJECT/ without index.html                       a name that was private once: 404
    INDEX/My.Project/index.html, INDEX/My.Project/ARCHIVE   the same for clients that never normalise
    INDEX/about.html, INDEX/PROJECT/about.html              pages for people, in place of those for clients
    INDEX/FILE                                              what the pages for people need: ROOT_NAMES
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sdistmaker_recipe.errors import ConfigurationError, Problem
from sdistmaker_recipe.webserver.access import parse_rule

PUBLIC_CHOICES = ("redirect", "proxy", "none")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
FOREVER = "max-age=31536000, immutable"
"""Cache-Control of archives, and of their metadata: what is published is never changed. A metadata file can
come later than its archive; until then it is a 404, which nobody keeps."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What a server configuration is made from; raises ``ConfigurationError`` with every wrong value.

    ``index`` is the absolute folder of the published index, without ``..``. ``url_path`` says where in its
    virtual host the index is shown, "/" or for instance "/simple/". ``public_index`` is the http(s) URL of a
    simple index: a name that is not ours goes to ``public_index/NAME/``. ``reserved`` holds globs (``*``,
    ``?``, ``[a-c]``) of names that never do. ``public`` is "redirect", "proxy" to fetch the public page and
    hand it on, or "none" for 404 instead.

    ``auth_file`` is the absolute path of an htpasswd file outside of the index: who is not in it gets 401.
    ``require`` holds lines for ``access.parse_rule``, one of which has to be met as well. ``certificates`` is
    the absolute path of the CA certificates that a proxy checks the public index by. ``own_url`` is the URL
    of this index where that is known: it is not the public one.
    """

    index: Path
    url_path: str
    public_index: str
    reserved: tuple[str, ...] = ()
    public: str = "redirect"
    auth_file: Path | None = None
    require: tuple[str, ...] = ()
    certificates: Path = Path("/etc/ssl/certs/ca-certificates.crt")
    own_url: str = ""

    def __post_init__(self) -> None:
        if problems := tuple(_problems(self)):
            raise ConfigurationError(problems)

    @property
    def prefix(self) -> str:
        """The URL path without its final slash: "" or for instance "/simple"."""
        return self.url_path.rstrip("/")

    @property
    def secure_proxy(self) -> bool:
        """Whether pages are fetched from the public index by https."""
        return self.public == "proxy" and self.public_index.lower().startswith("https:")

    @property
    def public_host(self) -> str:
        """Scheme, host and port of the public index, without a final slash."""
        parts = urlsplit(self.public_index)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def paths(self) -> Iterator[tuple[str, Path]]:
        """Every path that is written into a configuration, with the option it comes from."""
        yield "destination", self.index
        if self.auth_file is not None:
            yield "auth-file", self.auth_file
        if self.secure_proxy:
            yield "public-certificates", self.certificates


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with each ``@name@`` replaced, in one pass: values are not looked into."""
    return re.sub("@([a-z_]+)@", lambda match: values[match[1]], template)


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
    elif settings.public != "none" and settings.public_index.rstrip("/") == settings.own_url.rstrip("/"):
        yield problem("public-index", None, "is this index itself (index-url): names would lead in a circle")
    yield from _problems_of_access(settings)


def _problems_of_access(settings: ServerSettings) -> Iterator[Problem]:
    for line in settings.require:
        try:
            rule = parse_rule(line)
        except ValueError as error:
            yield problem("require", line, str(error))
        else:
            if rule.kind == "user" and settings.auth_file is None:
                yield problem("require", line, "names a user, which needs auth-file")
    if settings.auth_file is not None:
        yield from _problems_with_file("auth-file", settings.auth_file, settings.index)
    if settings.secure_proxy:
        yield from _problems_with_file("public-certificates", settings.certificates, settings.index)


def _problems_with_file(option: str, path: Path, index: Path) -> Iterator[Problem]:
    if not path.is_absolute() or ".." in path.parts:
        yield problem(option, str(path), "must be an absolute path without ..")
    elif index in path.parents:
        yield problem(option, str(path), "lies in the index, where it would be served: move it elsewhere")


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
