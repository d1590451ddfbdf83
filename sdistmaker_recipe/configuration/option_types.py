"""Parsers of option values, one for each kind of value. Pure, but for what ``urls`` looks at.

A parser takes the value that a door gives: text, or the list, number or bool of a defaults file. It returns
the value of the field. It raises ``ValueError`` with what is wrong; the caller adds what is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from sdistmaker_recipe.configuration import layout_patterns
from sdistmaker_recipe.configuration.urls import SecretError, check_url, holds_password, repository_url
from sdistmaker_recipe.names import canonicalize_name, canonicalize_version
from sdistmaker_recipe.plugins import installed_plugins

EXAMPLE = "example:"
"""The repository URL that stands for the embedded example."""


def text(value: object) -> str:
    """One line of text, stripped; it may be empty."""
    if not isinstance(value, str):
        raise ValueError("is not text")
    stripped = value.strip()
    if "\n" in stripped:
        raise ValueError("has more than one line")
    return stripped


def lines(value: object) -> tuple[str, ...]:
    """The items of a list, or of text with one item a line.

    In text, lines that begin with ``#`` are comments, and so is everything after a space and ``;``.
    """
    if isinstance(value, str):
        uncommented = (re.sub(r"(^|\s);.*", "", line).strip() for line in value.splitlines())
        return tuple(line for line in uncommented if line and not line.startswith("#"))
    if isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(item, str) for item in value):
        return tuple(item.strip() for item in value if item.strip())
    raise ValueError("is not a list of texts")


def layouts(value: object) -> tuple[str, ...]:
    """Patterns of folders' paths, one a line, each with one ``{tag}``; see ``layout_patterns``."""
    if not (written := lines(value)):
        raise ValueError("is empty")
    parsed = [layout_patterns.parse(line) for line in written]
    return tuple(dict.fromkeys(str(pattern) for pattern in parsed))


def pythons(value: object) -> tuple[str, ...]:
    """Paths of interpreters and versions, one a line. Only a path may hold spaces."""
    written = lines(value)
    if wrong := [line for line in written if "/" not in line and len(line.split()) > 1]:
        raise ValueError(f"{wrong[0]!r} holds several Pythons; write one a line, or repeat the flag")
    return written


class Pin(NamedTuple):
    """A line of the option toolchain: a glob for project names, and the toolchain that builds them.

    ``python`` is a path or a version, ``constraints`` are requirements (PEP 508).
    """

    project: str
    python: str
    constraints: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.project, self.python, *self.constraints))


def pins(value: object) -> tuple[Pin, ...]:
    """Lines of a glob, a Python and any number of constraints (PEP 508)."""
    if not (written := lines(value)):
        return ()
    # This import is slow, and few runs have such a line.
    from packaging.requirements import InvalidRequirement, Requirement

    parsed = []
    for line in written:
        project, *words = line.split()
        python, *constraints = words or [""]
        # A constraint may stand in the place of the Python.
        if not python or re.match(r"[A-Za-z][\w.-]*[<>=!~]", python):
            raise ValueError(f"{line!r} names no Python")
        try:
            requirements = tuple(str(Requirement(constraint)) for constraint in constraints)
        except InvalidRequirement:
            raise ValueError(f"{line!r} has a constraint that is no requirement") from None
        parsed.append(Pin(project, python, requirements))
    return tuple(parsed)


class BuildRequirements(NamedTuple):
    """A line of the option build-requires: a glob for project names, and requirements (PEP 508)."""

    project: str
    requirements: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.project, *self.requirements))


def build_requirements(value: object) -> tuple[BuildRequirements, ...]:
    """Lines of a glob and any number of requirements (PEP 508), which hold no spaces."""
    if not (written := lines(value)):
        return ()
    # This import is slow, and few runs have such a line.
    from packaging.requirements import InvalidRequirement, Requirement

    parsed = []
    for line in written:
        project, *words = line.split()
        if not words:
            raise ValueError(f"{line!r} names no requirement")
        try:
            requirements = [Requirement(word) for word in words]
        except InvalidRequirement:
            raise ValueError(f"{line!r} has a word that is no requirement") from None
        if any(requirement.url for requirement in requirements):
            raise ValueError(f"{line!r} has an address, but builds install by names, from build-index")
        parsed.append(BuildRequirements(project, tuple(map(str, requirements))))
    return tuple(parsed)


class Yank(NamedTuple):
    """A line of the option yank: a version of a project (normalised name) to withdraw, and the reason."""

    project: str
    version: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.project}=={self.version} {self.reason}".rstrip()


_RELEASE = re.compile(
    r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*==\s*([A-Za-z0-9][A-Za-z0-9.!+_-]*)(?:\s+(.*))?"
)


def yanks(value: object) -> tuple[Yank, ...]:
    """Lines of PROJECT==VERSION and the reason, which is optional."""
    parsed: dict[tuple[str, str], Yank] = {}
    wrong: list[str] = []
    for line in lines(value):
        if (match := _RELEASE.fullmatch(line)) is None:
            wrong.append(f"{line!r} does not begin with PROJECT==VERSION")
            continue
        name, version, reason = match.groups(default="")
        key = canonicalize_name(name), canonicalize_version(version)
        if key in parsed:
            wrong.append(f"{line!r} names a version that another line names too")
        parsed[key] = Yank(key[0], version, reason)
    if wrong:
        raise ValueError(", ".join(wrong))
    return tuple(parsed.values())


class ReleaseName(NamedTuple):
    """A version of a project (normalised name)."""

    project: str
    version: str

    def __str__(self) -> str:
        return f"{self.project}=={self.version}"


def release_names(value: object) -> tuple[ReleaseName, ...]:
    """Lines of PROJECT==VERSION."""
    matches = [(line, _RELEASE.fullmatch(line)) for line in lines(value)]
    if wrong := [line for line, match in matches if match is None or match[3]]:
        raise ValueError(", ".join(f"{line!r} is not PROJECT==VERSION" for line in wrong))
    return tuple(ReleaseName(canonicalize_name(match[1]), match[2]) for _line, match in matches if match)


class OtherName(NamedTuple):
    """A line of the option other-names: a glob for projects, and one for names that they may publish."""

    project: str
    name: str

    def __str__(self) -> str:
        return f"{self.project} {self.name}"


def other_names(value: object) -> tuple[OtherName, ...]:
    """Lines of a glob for projects, which may hold spaces, and a glob for names in metadata."""
    written = [(line, line.rsplit(None, 1)) for line in lines(value)]
    if wrong := [line for line, words in written if len(words) != 2]:
        raise ValueError(", ".join(f"{line!r} has one word" for line in wrong))
    if wrong := [line for line, words in written if not re.fullmatch(r"[A-Za-z0-9._*?\[\]!-]+", words[1])]:
        raise ValueError(", ".join(f"{line!r} ends with no name" for line in wrong))
    return tuple(OtherName(*words) for _line, words in written)


def boolean(value: object) -> bool:
    """``true``, ``yes``, ``on`` or ``1``; ``false``, ``no``, ``off`` or ``0``; upper and lower case."""
    known = {"true": True, "yes": True, "on": True, "1": True}
    known |= {"false": False, "no": False, "off": False, "0": False}
    try:
        return known[str(value).strip().lower()]
    except KeyError:
        raise ValueError("is neither true nor false") from None


def count(value: object) -> int:
    """A whole number, 0 or more."""
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,9}", str(value).strip()):
        raise ValueError("is not a whole number of 0 or more")
    return int(str(value))


def seconds(value: object) -> float:
    """A number of seconds above 0."""
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,9}(\.\d+)?", str(value).strip()):
        raise ValueError("is not a number of seconds")
    if not (number := float(str(value))):
        raise ValueError("is 0, which leaves no time to build")
    return number


def choice(*accepted: str) -> Callable[[object], str]:
    """A parser that accepts one of these words, in upper and lower case."""

    def parse(value: object) -> str:
        if (word := str(value).strip().lower()) not in accepted:
            raise ValueError("is not known")
        return word

    return parse


def folder(value: object) -> Path:
    """The path of a folder; a leading ``~`` is expanded later."""
    written = str(value).strip() if isinstance(value, (str, Path)) else ""
    if not written or "\n" in written or "\0" in written:
        raise ValueError("is not the path of a folder")
    return Path(written)


def optional_folder(value: object) -> Path | None:
    """The path of a folder, or None for an empty value."""
    return None if value in ("", None) else folder(value)


def file(value: object) -> Path:
    """The path of a file; a leading ``~`` is expanded later."""
    try:
        return folder(value)
    except ValueError:
        raise ValueError("is not the path of a file") from None


def optional_file(value: object) -> Path | None:
    """The path of a file, or None for an empty value."""
    return None if value in ("", None) else file(value)


def url(value: object) -> str:
    """An http, https or file URL without a password and without a final slash; it may be empty."""
    written = text(value)
    if written:
        check_url(written, r"https?|file", "is not an http, https or file URL")
        # Pages show it in lines that are copied into a shell.
        if re.search(r"[\s\"'<>\\`]", written):
            raise ValueError("has a space, a quote or another character that must be percent-encoded")
    return written.rstrip("/")


def scheduler(value: object) -> str:
    """The address of a Dask scheduler, with its port; it may be empty."""
    written = text(value).rstrip("/")
    if written:
        check_url(written, "tcp|tls", "is not a tcp or tls address")
        address = urlsplit(written)
        if address.path or address.query or address.username is not None:
            raise ValueError("is more than a tcp or tls address")
        if not address.port:
            raise ValueError("has no port")
    return written


def link_template(value: object) -> str:
    """An http or https URL that may hold ``{path}`` and ``{revision}``, to be replaced; it may be empty."""
    written = text(value)
    if written:
        check_url(written, "https?", "is not an http or https URL")
        if unknown := set(re.findall(r"{([^{}]*)}", written)) - {"path", "revision"}:
            raise ValueError(f"holds {{{min(unknown)}}}, but only {{path}} and {{revision}} are replaced")
    return written


def repositories(value: object) -> tuple[str, ...]:
    """Repository URLs, one a line; at least one."""
    if not (urls := optional_repositories(value)):
        raise ValueError("is empty")
    return urls


def optional_repositories(value: object) -> tuple[str, ...]:
    """Repository URLs, one a line; there may be none."""
    urls = lines(value)
    if any(holds_password(url) for url in urls):
        raise SecretError("holds a password; use the options username and password-variable instead")
    return tuple(url if url == EXAMPLE else repository_url(url) for url in urls)


class Subdirectory(NamedTuple):
    """A line of the option subdirectory: a glob for folders of a repository, and the prefix of their tags.

    ``prefix`` is None if the line names none.
    """

    glob: str
    prefix: str | None = None

    def __str__(self) -> str:
        return self.glob if self.prefix is None else f"{self.glob} = {self.prefix}"


def subdirectories(value: object) -> tuple[Subdirectory, ...]:
    """Lines of a glob for folders, and optionally ``=`` and the prefix of tags; ``.`` is the top folder."""
    parsed = []
    for line in lines(value):
        glob, separator, prefix = (part.strip() for part in line.partition("="))
        parts = glob.removeprefix("./").rstrip("/").split("/")
        if "" in parts or ".." in parts or ("." in parts and glob != "."):
            raise ValueError(f"{line!r} does not begin with the path of a folder below the repository")
        if separator and (not prefix or re.search(r"\s", prefix)):
            raise ValueError(f"{line!r} has no prefix of tags after the =")
        parsed.append(Subdirectory("/".join(parts), prefix if separator else None))
    return tuple(parsed)


def submodules(value: object) -> tuple[str, ...]:
    """``same-host`` and globs for host names, one a line; ``none`` alone, or an empty tuple, gives that.

    An empty list or text is refused, because it may be an oversight.
    """
    if value == ():
        return ()
    words = tuple(word.lower() for word in lines(value))
    if words == ("none",):
        return ()
    if not words:
        raise ValueError("is empty")
    if "none" in words:
        raise ValueError("has none beside something else")
    if wrong := [word for word in words if not re.fullmatch(r"[\w.*?\[\]:!-]+", word)]:
        raise ValueError(f"{wrong[0]!r} is not a host name")
    return words


def backend(*accepted: str) -> Callable[[object], str]:
    """A parser that accepts one of these words or the name of a plug-in, in upper and lower case."""
    parse_word = choice(*accepted)

    def parse(value: object) -> str:
        try:
            return parse_word(value)
        except ValueError as error:
            plugins = installed_plugins()
            if (word := str(value).strip().lower()) in plugins:
                return word
            names = f", and the plug-ins are {', '.join(plugins)}" if plugins else ""
            raise ValueError(f"{error}{names}") from None

    return parse


def url_path(value: object) -> str:
    """The path part of a URL; the result begins and ends with ``/``."""
    inner = text(value).strip("/")
    if not re.fullmatch(r"([A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*)?", inner) or ".." in inner.split("/"):
        raise ValueError("is not the path part of a URL")
    return f"/{inner}/" if inner else "/"


def tag_pattern(value: object) -> str:
    """A regular expression with a group named ``version``."""
    written = text(value)
    try:
        groups = re.compile(written).groupindex
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    if "version" not in groups:
        raise ValueError("has no group (?P<version>...)")
    return written


def variable_name(value: object) -> str:
    """The name of an environment variable; it may be empty."""
    if not re.fullmatch(r"([A-Za-z_][A-Za-z0-9_]*)?", written := text(value)):
        # The value may be the password itself, put into the wrong option.
        raise SecretError("is not the name of an environment variable")
    return written


def script_name(value: object) -> str:
    """A plain file name."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", written := text(value)):
        raise ValueError("is not a plain file name")
    return written
