"""The arguments of the commands: their parsers, and the given flags as a layer of options."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from typing import Any

from sdistmaker_recipe import __version__
from sdistmaker_recipe.configuration import option_types
from sdistmaker_recipe.configuration.declaration import Door, Option
from sdistmaker_recipe.configuration.options import grouped_options, options
from sdistmaker_recipe.configuration.parsing import Layer
from sdistmaker_recipe.doors.console import current_folder
from sdistmaker_recipe.doors.help_pages import HelpFormatter

_EXAMPLE = """\
example:
  sdists_from_tags --repository https://svn.example.com/svn --destination /srv/index

  This builds a source distribution of every release tag, keeps them in the
  index /srv/index, and writes /srv/index-apache.conf, which a virtual host of
  Apache includes. The next run builds only what is new.

exit status:
  0  done
  1  a tag newly failed to build, or a repository never had a release tag;
     with --strict a tag still fails; with --verify a file cannot be repaired;
     with --explain nothing is known
  2  an option is wrong
  3  the repository, the disk, a program or the cluster failed
  4  another run works on the same destination
"""

_MAKE_SDIST_EXAMPLE = """\
example:
  make_sdist https://svn.example.com/svn/acme.greeting/tags/1.0 dist

exit status:
  0  done
  1  the tag does not build; with --wheel it has no wheel
  2  an option is wrong
  3  the repository, the disk or a program failed, or another file of that
     name is there
"""

_MAKE_SDIST_OPTIONS = frozenset(
    {
        "vcs",
        "username",
        "password-variable",
        "layout",
        "externals",
        "submodules",
        "subdirectory",
        "tag-pattern",
        "toolchain",
        "build-requires",
        "include-versioned-files",
        "verify-builds",
        "unbuildable",
        "timeout",
        "sandbox",
        "build-index",
        "python",
        "pythons",
        "environments",
    }
)

_METAVARS: dict[Callable[[object], Any], str] = {
    option_types.boolean: "true|false",
    option_types.count: "N",
    option_types.file: "FILE",
    option_types.folder: "FOLDER",
    option_types.layouts: "PATTERN",
    option_types.lines: "GLOB",
    option_types.link_template: "URL",
    option_types.optional_file: "FILE",
    option_types.optional_folder: "FOLDER",
    option_types.optional_repositories: "URL",
    option_types.pythons: "PYTHON",
    option_types.repositories: "URL",
    option_types.scheduler: "ADDRESS",
    option_types.seconds: "SECONDS",
    option_types.tag_pattern: "REGEX",
    option_types.url: "URL",
    option_types.url_path: "PATH",
    option_types.variable_name: "NAME",
}

# Where the type of the value does not say what it is.
_METAVARS_BY_NAME = {
    "python": "PYTHON",
    "require": "RULE",
    "site-title": "TEXT",
    "username": "NAME",
    "vcs": "BACKEND",
    "wait": "SECONDS",
}

_OBVIOUS = frozenset(
    {
        *("a URL", "a name", "a text of one line", "a whole number", "globs", "names or globs"),
        *("the name of an environment variable", "the path of a file", "the path of a folder"),
        *("the URL of a simple index", "whole seconds"),
    }
)
"""Accepted values that the word after the flag says too."""
_WORD = re.compile(r"[a-z0-9-]+")

SCHEDULE_FLAGS = ("--print-hook", "--print-cron", "--print-systemd")


def sdists_from_tags_parser() -> argparse.ArgumentParser:
    """The parser of ``sdists_from_tags``."""
    parser = argparse.ArgumentParser(
        prog="sdists_from_tags",
        usage="%(prog)s [--repository URL] [--destination FOLDER] [options]",
        description="Build a source distribution of each release tag, and keep an index of them.",
        epilog=_EXAMPLE,
        formatter_class=HelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    output = _add_common_flags(parser, has_groups=True)
    output.add_argument("--json", action="store_true", help="Print the report as JSON.")
    output.add_argument(
        "--strict", action="store_true", help="Exit with 1 also if a tag that failed before still fails."
    )
    _add_run_flags(parser)
    _add_defaults_file_flags(parser)
    _add_schedule_flags(parser)
    _add_options(parser)
    return parser


def make_sdist_parser() -> argparse.ArgumentParser:
    """The parser of ``make_sdist``."""
    parser = argparse.ArgumentParser(
        prog="make_sdist",
        usage="%(prog)s TAG_URL DESTINATION [options]",
        description="Build a source distribution of one tag.",
        epilog=_MAKE_SDIST_EXAMPLE,
        formatter_class=HelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    parser.add_argument("tag_url", metavar="TAG_URL", help="The URL of the tag's folder in the repository.")
    parser.add_argument(
        "destination", metavar="DESTINATION", help="The archive is written to DESTINATION/PROJECT/."
    )
    output = _add_common_flags(parser)
    output.add_argument(
        "--wheel", action="store_true", help="Build a wheel too, from the source distribution."
    )
    _add_options(parser, _MAKE_SDIST_OPTIONS)
    return parser


def flags_layer(
    parser: argparse.ArgumentParser, arguments: argparse.Namespace, unknown: Sequence[str]
) -> Layer:
    """The options that were given as flags; unknown arguments are reported with all other problems."""
    given = {option.spelling(Door.FLAG): getattr(arguments, option.field_name, None) for option in options()}
    values = {flag: value for flag, value in given.items() if value is not None}
    for flag in ("--destination", "--environments"):
        # A typed path is relative to the current folder, even if the script belongs to another folder.
        path = values.get(flag)
        if path and path.strip() and not path.startswith("~"):
            values[flag] = str(current_folder() / path.strip())
    return Layer("command line", Door.FLAG, values, _unknown_flags(unknown), parser._option_string_actions)


def _unknown_flags(unknown: Sequence[str]) -> tuple[str, ...]:
    names = [argument.partition("=")[0] for argument in unknown]
    # The word after an unknown flag is most likely its value, perhaps a password.
    flags = [name for name in names if name.startswith("-")] or names
    return tuple(dict.fromkeys(flags))


def _add_common_flags(
    parser: argparse.ArgumentParser, *, has_groups: bool = False
) -> argparse._ArgumentGroup:
    """Add what both commands accept; the group of flags about output.

    With ``has_groups`` the help can be printed group by group.
    """
    information = parser.add_argument_group("Help")
    if has_groups:
        words = "Print the flags and options of one group, such as tags, or of all, and stop."
        information.add_argument(
            "-h", "--help", nargs="?", const="", metavar="GROUP", dest="help_topic", help=words
        )
    else:
        information.add_argument("-h", "--help", action="help", help="Print this help, and stop.")
    information.add_argument(
        "--version",
        action="version",
        version=f"sdistmaker_recipe {__version__}",
        help="Print the version, and stop.",
    )
    output = parser.add_argument_group("Output")
    verbosity = output.add_mutually_exclusive_group()
    verbosity.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="Print more, and the output of helper programs such as uv.",
    )
    verbosity.add_argument(
        "-q", "--quiet", action="store_true", help="Print only warnings, errors and new failures."
    )
    return output


def _add_run_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("This run")
    group.add_argument(
        "--dry-run", action="store_true", help="Print what would be built, and change nothing."
    )
    group.add_argument(
        "--explain",
        metavar="WHAT",
        help="Print what was decided about a URL, a project or a tag, and why. Change nothing.",
    )
    group.add_argument(
        "--full-scan",
        action="store_true",
        help="Look at the whole repository and index, not only at what changed.",
    )
    group.add_argument(
        "--retry-failed", action="store_true", help="Build tags again that failed before, even if unchanged."
    )
    group.add_argument(
        "--revision",
        metavar="N",
        default="",
        help="Do nothing if revision N of the repository changed no tag. This is for hooks.",
    )
    group.add_argument(
        "--allow-empty",
        action="store_true",
        help="Accept a repository that has no release tag and never had one. Otherwise the exit status is 1.",
    )
    group.add_argument(
        "--verify",
        action="store_true",
        help="Compare every file of the index with the catalog, the SQLite file that remembers what was "
        "published, and repair what is missing or damaged.",
    )
    group.add_argument(
        "--adopt",
        action="store_true",
        help="Take over archives that somebody else put into the index.",
    )
    group.add_argument(
        "--wheels-for-all",
        action="store_true",
        help="Build a wheel for each published release that has none.",
    )


def _add_defaults_file_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("Defaults file")
    group.add_argument(
        "-d", "--defaults-file", metavar="FILE", help="Read options from this Python file, which is run."
    )
    group.add_argument(
        "--print-example-defaults",
        action="store_true",
        help="Print a defaults file with every option and its description, and stop.",
    )


def _add_schedule_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("Run this command regularly")
    texts = {
        "--print-hook": "Print a hook that runs this command, and stop: for Subversion, git or Mercurial, "
        "as the repository is.",
        "--print-cron": "Print a line for crontab that runs this command, and stop.",
        "--print-systemd": "Print a service and a timer for systemd that run this command, and stop.",
    }
    for flag in SCHEDULE_FLAGS:
        kind = flag.removeprefix("--print-")
        group.add_argument(flag, dest="schedule", action="store_const", const=kind, help=texts[flag])


def _add_options(parser: argparse.ArgumentParser, names: frozenset[str] | None = None) -> None:
    """Add the options, or those with these names, under the heading of their group."""
    for group, declared in grouped_options(Door.FLAG).items():
        if not (shown := [option for option in declared if names is None or option.name in names]):
            continue
        section = parser.add_argument_group(group.value)
        for option in shown:
            section.add_argument(
                option.spelling(Door.FLAG),
                action="append" if option.many else "store",
                metavar=_metavar(option),
                help=_help(option).replace("%", "%%"),
            )


def _help(option: Option) -> str:
    accepts = option.accepted(Door.FLAG)
    accepted = "" if _choices(option) or accepts in _OBVIOUS else f" Accepted: {accepts}."
    repeatable = " Can be repeated." if option.many else ""
    default = f" Default: {' '.join(option.default.split())}." if option.default else ""
    return f"{option.help}{accepted}{repeatable}{default}"


def _metavar(option: Option) -> str:
    """The word after a flag in its help: the values if there are a few, or else the kind of value."""
    if option.name in _METAVARS_BY_NAME:
        return _METAVARS_BY_NAME[option.name]
    return "|".join(_choices(option)) or _METAVARS.get(option.parse, "VALUE")


def _choices(option: Option) -> list[str]:
    """The values of an option that accepts only a few words; empty for others."""
    words = option.accepts.replace(" or ", ", ").split(", ")
    return words if len(words) > 1 and all(map(_WORD.fullmatch, words)) else []
