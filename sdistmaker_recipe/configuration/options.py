"""Options, each declared once, and the frozen ``Configuration`` they make.

A field of ``Configuration`` is an option. From its one declaration come the part option ``tag-pattern``, the
defaults-file constant ``TAG_PATTERN``, the flag ``--tag-pattern`` and its entry on the reference page. This
module is pure: mappings in, a ``Configuration`` or a ``ConfigurationError`` with every problem out.
"""

from __future__ import annotations

import enum
import os.path
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from sdistmaker_recipe.configuration.option_types import (
    EXAMPLE,
    Pin,
    SecretError,
    Yank,
    boolean,
    choice,
    count,
    file,
    folder,
    lines,
    link_template,
    may_hold_password,
    optional_file,
    optional_folder,
    optional_repositories,
    pins,
    repositories,
    script_name,
    seconds,
    tag_pattern,
    text,
    url,
    url_path,
    variable_name,
    yanks,
)
from sdistmaker_recipe.errors import ConfigurationError, Problem

TAG_PATTERN = r"(?i:v|release-|PROJECT-)?(?P<version>\d.*)"
"""Matches the whole name of a tag that names a release; PROJECT stands for the project's name."""


class Door(enum.Enum):
    """Where options come in; each writes an option's name in its own way."""

    PART = "part"
    CONSTANT = "constant"
    FLAG = "flag"


EVERY_DOOR = frozenset(Door)


class Option(NamedTuple):
    """The declaration of one option; ``default`` is written as a part option would be."""

    name: str
    parse: Callable[[object], Any]
    default: str
    help: str
    accepts: str
    alias: str = ""
    doors: frozenset[Door] = EVERY_DOOR
    many: bool = False

    @property
    def field_name(self) -> str:
        """The field of ``Configuration``, and the flag's destination."""
        return self.name.replace("-", "_")

    def spelling(self, door: Door) -> str:
        """The option's name as the door's users write it."""
        return {
            Door.PART: self.name,
            Door.CONSTANT: self.field_name.upper(),
            Door.FLAG: f"--{self.name}",
        }[door]


class Layer(NamedTuple):
    """Values from one place, under the names written there; ``source`` names the place in errors.

    ``strangers`` are names that the door itself does not accept, reported with all other problems.
    """

    source: str
    door: Door
    values: Mapping[str, object]
    strangers: tuple[str, ...] = ()


def _option(
    parse: Callable[[object], Any],
    default: str,
    help: str,  # noqa: A002
    accepts: str,
    alias: str = "",
    doors: frozenset[Door] = EVERY_DOOR,
) -> Any:  # noqa: ANN401  # the type is the field's own
    declared = {
        "parse": parse,
        "default": default,
        "help": help,
        "accepts": accepts,
        "alias": alias,
        "doors": doors,
        "many": parse in (lines, pins, repositories, optional_repositories, yanks),
    }
    return field(default=parse(default), metadata=declared)


_RECIPE = frozenset({Door.PART})
_GLOBS = "names or globs, one a line"


@dataclass(frozen=True, kw_only=True, slots=True)
class Configuration:
    """All options of a run, parsed; the declarations below are also their documentation."""

    repository: tuple[str, ...] = _option(
        repositories,
        EXAMPLE,
        "Where to look for release tags. The default is a small repository shipped with the package.",
        "URLs (http, https, svn, svn+ssh, file) without a password, one a line, or example:",
        alias="BASE",
    )
    repository_on_server: tuple[str, ...] = _option(
        optional_repositories,
        "",
        "The same repositories by a quicker way, such as file:// on the repository's own server. Tried "
        "first, line by line beside repository; where it does not work repository is read, with a warning.",
        "URLs, one a line, in the order of repository",
        alias="BASE_ON_SERVER",
    )
    vcs: str = _option(
        choice("auto", "subversion", "subversion-cli"),
        "auto",
        "What reads the repository: libsvn, or the svn program where libsvn's binding is missing.",
        "auto, subversion or subversion-cli",
    )
    connections: int = _option(
        count,
        "0",
        "How many connections to a repository there may be at once, where there is much to read. 0 is 8 over "
        "a network, and 1 for file. Where the server allows fewer, those are used.",
        "a whole number",
    )
    username: str = _option(
        text,
        "",
        "The user name for the repository. Without it the credentials that Subversion has cached are used.",
        "a name",
    )
    password_variable: str = _option(
        variable_name,
        "",
        "The environment variable that holds the password for the repository. "
        "A password itself is never an option: buildout writes options to disk.",
        "the name of an environment variable",
    )
    include: tuple[str, ...] = _option(
        lines, "", "Only projects whose path below the repository matches one of these.", "globs, one a line"
    )
    exclude: tuple[str, ...] = _option(
        lines, "", "No project whose path below the repository matches one of these.", "globs, one a line"
    )
    ignore: tuple[str, ...] = _option(
        lines,
        ".svn\n.attic",
        "Folders never looked into, wherever they are.",
        _GLOBS,
        alias="BLACKLIST",
    )
    stop_indicators: tuple[str, ...] = _option(
        lines,
        "",
        "Where a folder holds one of these it is no project, and there is none further down.",
        _GLOBS,
        alias="STOP_INDICATORS",
    )
    tag_pattern: str = _option(
        tag_pattern,
        TAG_PATTERN,
        "Matches the whole name of a tag that names a release, the version in the group named version. "
        "PROJECT stands for the project's name.",
        "a regular expression with a group (?P<version>...)",
    )
    prereleases: bool = _option(
        boolean, "true", "Whether tags of alpha, beta, candidate and dev versions are built.", "true or false"
    )
    newest: int = _option(
        count,
        "0",
        "Build only so many of each project's newest versions; 0 builds all. Nothing published goes away.",
        "a whole number",
    )
    deleted_tags: str = _option(
        choice("yank", "keep", "remove"),
        "yank",
        "What happens to a release whose tag was deleted. yank: its file stays for those who ask for that "
        "very version, and clients pass it over otherwise, until the tag is there again. keep: nothing. "
        "remove: its file goes.",
        "yank, keep or remove",
    )
    moved_tags: str = _option(
        choice("keep", "replace-unpublished"),
        "keep",
        "What happens to a release whose tag is at another revision than it was built from. keep: the file "
        "stays, and a warning says so. replace-unpublished: the same, but where deleted-tags had withdrawn "
        "the release before the tag was made again, the tag is built and the file replaced.",
        "keep or replace-unpublished",
    )
    yank: tuple[Yank, ...] = _option(
        yanks,
        "",
        "Releases that are withdrawn whatever becomes of their tags: the file stays for those who ask for "
        "that very version, and clients pass it over otherwise. They show the reason, which may be left out.",
        "PROJECT==VERSION REASON, such as acme-ledger==1.2 Loses data, one a line",
    )
    destination: Path = _option(
        folder,
        "var/private",
        "The folder of the index. Beside it come DESTINATION-apache.conf and DESTINATION-state.",
        "the path of a folder",
        alias="OUTDIR",
    )
    url_path: str = _option(
        url_path,
        "/",
        "Where in its virtual host the web server shows the index.",
        "/ or a path such as /simple/",
    )
    public_index: str = _option(
        url,
        "",
        "Where the web server sends clients for names that are not ours. The default is buildout's own index "
        "option, else the index that buildout uses by default.",
        "the URL of a simple index",
    )
    public: str = _option(
        choice("redirect", "proxy", "none"),
        "redirect",
        "What answers for a name that is not ours: a redirect to public-index; its page, fetched and handed "
        "on by the web server; or 404.",
        "redirect, proxy or none",
    )
    public_certificates: Path = _option(
        file,
        "/etc/ssl/certs/ca-certificates.crt",
        "The certificates of the authorities that a web server with public = proxy trusts to know the public "
        "index.",
        "the path of a file",
    )
    reserved: tuple[str, ...] = _option(
        lines, "", "Names never redirected to the public index, beside those that were ever ours.", _GLOBS
    )
    index_url: str = _option(
        url,
        "",
        "The URL that clients know the index by: for the lines to copy on pages, and for the feed.",
        "a URL",
    )
    browse_url: str = _option(
        link_template,
        "",
        "Where people look at the repository: pages link each tag there. {path} stands for the tag's path "
        "from the repository's root, which otherwise follows the URL, {revision} for its revision.",
        "a URL, for instance https://svn.example.com/viewvc/{path}?pathrev={revision}",
    )
    check_public: bool = _option(
        boolean,
        "false",
        "Whether to ask public-index, once a day, for each name of ours, and to warn in the report and on "
        "the project's page of one that is taken there. It thereby learns our names.",
        "true or false",
    )
    auth_file: Path | None = _option(
        optional_file,
        "",
        "The file of names and passwords, as htpasswd writes it, of those whom the web server lets in.",
        "the path of a file",
    )
    require: tuple[str, ...] = _option(
        lines,
        "",
        "Whom the web server lets in: one line has to be met, and a password given where auth-file is set. "
        "nginx knows ip and local only.",
        "ip ADDRESSES-OR-NETWORKS, host NAMES, user NAMES or local, one a line",
    )
    nginx_config: Path | None = _option(
        optional_file,
        "",
        "Where to write a configuration for nginx, beside that for Apache. Without it none is written.",
        "the path of a file",
    )
    version_mismatch: str = _option(
        choice("publish", "refuse"),
        "publish",
        "What happens to a tag that builds another version than its name says: "
        "publish it with a warning, or refuse it.",
        "publish or refuse",
    )
    jobs: int = _option(
        count, "0", "How many tags are built at once; 0 is the number of cores.", "a whole number"
    )
    timeout: float = _option(
        seconds,
        "300",
        "How many seconds one tag may take, whatever is tried; making build environments does not count.",
        "seconds",
    )
    build_index: str = _option(
        url,
        "",
        "Where build requirements come from. The default is the index in pip's configuration.",
        "the URL of a simple index",
    )
    python: str = _option(
        text,
        "",
        "The Python that builds. The default is the one that runs this program.",
        "the path of an interpreter, or a version that uv finds",
    )
    pythons: tuple[str, ...] = _option(
        lines,
        "",
        "The Pythons tried where the one that builds does not do, in this order. The default is all that "
        "are found on PATH and by uv, newest first, Python 2 last.",
        "paths of interpreters, or versions such as 2.7, one a line",
    )
    toolchain: tuple[Pin, ...] = _option(
        pins,
        "",
        "Projects that are built just so: a glob for the project's name, a Python, and constraints on what "
        "is installed to build it.",
        "PROJECT-GLOB PYTHON CONSTRAINTS, such as acme-* 3.9 setuptools<58, one a line",
    )
    include_versioned_files: str = _option(
        choice("auto", "always", "never"),
        "auto",
        "Whether setuptools puts all files of a tag into the archive but those that MANIFEST.in excludes. "
        "auto: where there is no MANIFEST.in, and where setuptools did so when the tag was made, which was "
        "until the end of 2014.",
        "auto, always or never",
    )
    verify_builds: str = _option(
        choice("auto", "always", "never"),
        "auto",
        "Whether each archive is unpacked and built once more to see that name and version stay the same. "
        "auto: where the archive lacks files of the tag, or the version comes from the repository.",
        "auto, always or never",
    )
    sandbox: str = _option(
        choice("auto", "bubblewrap", "none"),
        "auto",
        "What holds builds: with bubblewrap they see the system read-only, one folder of their own to write "
        "to, no network, no home and none of the caller's environment. auto: bubblewrap where it works, else "
        "none with a warning.",
        "auto, bubblewrap or none",
    )
    unbuildable: str = _option(
        choice("report", "archive"),
        "report",
        "What happens to a tag that no toolchain builds: it is only reported, or an archive of its own files "
        "and a PKG-INFO of what is known without running it is published, with a warning.",
        "report or archive",
    )
    environments: Path | None = _option(
        optional_folder,
        "",
        "Where build environments are kept between runs. The default is in the user's cache folder.",
        "the path of a folder",
    )
    wait: int = _option(
        count, "0", "How long to wait for another run on the same destination to end.", "whole seconds"
    )
    script: str = _option(
        script_name,
        "sdists_from_tags",
        "The name of the script in buildout's bin folder.",
        "a file name",
        doors=_RECIPE,
    )
    run: bool = _option(
        boolean,
        "true",
        "Whether buildout itself runs the engine; false only writes the script.",
        "true or false",
        doors=_RECIPE,
    )

    @property
    def state(self) -> Path:
        """The folder beside the index, for what must not be served."""
        return self.destination.with_name(f"{self.destination.name}-state")

    @property
    def apache_config(self) -> Path:
        """The file beside the index to be included in a virtual host."""
        return self.destination.with_name(f"{self.destination.name}-apache.conf")


def options(door: Door | None = None) -> tuple[Option, ...]:
    """Every option, or those that a door accepts, in the order of their declaration."""
    every = tuple(Option(name=each.name.replace("_", "-"), **each.metadata) for each in fields(Configuration))
    return tuple(option for option in every if door is None or door in option.doors)


def configure(layers: Iterable[Layer], base: Path) -> Configuration:
    """The configuration that these layers make together, a later one winning; relative paths are below base.

    Raises ``ConfigurationError`` with every unknown name and every bad value of every layer.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for layer in layers:
        parsed, found = _parse_layer(layer)
        values |= parsed
        problems += found
    wrong = {problem.option for problem in problems}
    problems += [each for each in _contradictions(values) if not wrong & _REPOSITORIES]
    for name, option in ((option.field_name, option.name) for option in options() if option.parse in _PATHS):
        path = values.get(name, getattr(Configuration(), name))
        try:
            values[name] = None if path is None else _absolute(path, base)
        except ValueError as error:
            problems.append(Problem("options", option, str(path), str(error)))
    problems += _misplaced(values)
    if problems:
        raise ConfigurationError(problems)
    return Configuration(**values)


_PATHS = (file, folder, optional_file, optional_folder)


def _misplaced(values: Mapping[str, Any]) -> list[Problem]:
    """A file that is written where another thing is."""
    written, index = values.get("nginx_config"), values.get("destination")
    if written is None or index is None:
        return []
    if index in (written, *written.parents):
        message = "lies in the index, where it would be served: write it elsewhere"
    elif written == Configuration(destination=index).apache_config:
        message = "is where the configuration for Apache is written: choose another name"
    else:
        return []
    return [Problem("options", "nginx-config", str(written), message)]


def _absolute(path: Path, base: Path) -> Path:
    try:
        absolute = Path(os.path.normpath(base / path.expanduser()))
    except RuntimeError:
        raise ValueError("is at the home of a user that is not known") from None
    if not absolute.name:
        raise ValueError("leaves no place beside it for what must not be served")
    return absolute


def _parse_layer(layer: Layer) -> tuple[dict[str, Any], list[Problem]]:
    known = _known(layer.door)
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    written = dict(layer.values) | dict.fromkeys(layer.strangers)
    for name, value in written.items():
        if name not in known or name in layer.strangers:
            problems.append(Problem(layer.source, _shown(name), None, _unknown(name, known)))
            continue
        try:
            values[known[name].field_name] = known[name].parse(value)
        except ValueError as error:
            problems.append(_problem(layer.source, name, value, error, known[name]))
    return values, problems


def _problem(source: str, name: str, value: object, error: ValueError, option: Option) -> Problem:
    secret = isinstance(error, SecretError) or may_hold_password(repr(value))
    what = "holds what may be a password, so it is not shown" if secret else str(error)
    return Problem(source, name, None if secret else value, f"{what}; accepted: {option.accepts}")


def _shown(name: str) -> str:
    return "..." if may_hold_password(name) else name


def _known(door: Door) -> dict[str, Option]:
    declared = options(door)
    named = {option.spelling(door): option for option in declared}
    if door is Door.CONSTANT:
        named |= {option.alias: option for option in declared if option.alias}
    return named


def _unknown(name: str, known: Iterable[str]) -> str:
    import difflib

    near = [each for each in difflib.get_close_matches(name, known, n=1) if each != name]
    return f"is not an option; did you mean {near[0]}?" if near else "is not an option"


_REPOSITORIES = {
    spelling
    for option in options()
    if option.name in ("repository", "repository-on-server")
    for spelling in (*(option.spelling(door) for door in Door), option.alias)
}


def _contradictions(values: Mapping[str, Any]) -> list[Problem]:
    """What is wrong only when options are seen together."""
    repository = values.get("repository", (EXAMPLE,))
    on_server = values.get("repository_on_server", ())
    problems = []
    if len(on_server) > len(repository):
        message = f"has more lines ({len(on_server)}) than repository ({len(repository)})"
        problems.append(Problem("options", "repository-on-server", on_server, message))
    if len(set(repository)) < len(repository):
        problems.append(Problem("options", "repository", repository, "names one URL twice"))
    return problems
