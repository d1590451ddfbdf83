"""The commands ``sdists_from_tags`` and ``make_sdist``: arguments, logging, exit status."""

from __future__ import annotations

import argparse
import gc
import getpass
import io
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sdistmaker_recipe import __version__
from sdistmaker_recipe.configuration import option_types
from sdistmaker_recipe.configuration.options import Configuration, Door, Layer, Option, configure, options
from sdistmaker_recipe.doors import console, schedules
from sdistmaker_recipe.doors.defaults_file import example_defaults, read_defaults
from sdistmaker_recipe.errors import SdistmakerError
from sdistmaker_recipe.flow import engine
from sdistmaker_recipe.flow.engine import Listener
from sdistmaker_recipe.model import Failed
from sdistmaker_recipe.stages import report

_EXAMPLE = """\
example:
  sdists_from_tags --repository https://svn.example.com/svn --destination /srv/index

  builds a source distribution of every release tag, keeps them in /srv/index, and writes
  /srv/index-apache.conf to be included in a virtual host. Run again it builds what is new.

exit status:
  0 done; 1 a tag newly failed to build; 2 an option is wrong; 3 the repository or the disk
  failed; 4 another run works on the same destination
"""

_MAKE_EXAMPLE = """\
example:
  make_sdist https://svn.example.com/svn/acme.greeting/tags/1.0 dist

exit status:
  0 done; 1 the tag does not build; 2 an option is wrong; 3 the repository or the disk failed
"""


def main(
    defaults_file: str | None = None,
    python: str | None = None,
    *,
    part: str = "",
    options: Mapping[str, str] | None = None,
    base: str | None = None,
    public_index: str = "",
) -> int:
    """Run ``sdists_from_tags`` with the arguments of the command line; the exit status.

    A zc.recipe.egg part passes ``defaults_file`` and ``python`` by its option ``arguments``; the script that
    our recipe generates passes the name and the options of its part, the buildout's folder (relative paths
    are below it) and its public index.
    """
    _settle()
    parser = _parser()
    arguments, unknown = parser.parse_known_args()
    if arguments.print_example_defaults:
        sys.stdout.write(example_defaults())
        return 0
    files = [Path(file) for file in (defaults_file, arguments.defaults_file) if file]
    with _errors() as status:
        layers = [Layer(f"[{part}]", Door.PART, options or {})]
        layers += [read_defaults(file) for file in files]
        layers.append(Layer("arguments", Door.FLAG, {"--python": python} if python else {}))
        layers.append(_flags(arguments, unknown))
        configuration = configure(layers, Path(base or Path.cwd()))
        if arguments.schedule:
            sys.stdout.write(_schedule(arguments, configuration))
            return 0
        return _run(configuration, arguments, public_index)
    return status[0]


def make_sdist() -> int:
    """Run ``make_sdist`` with the arguments of the command line; the exit status."""
    parser = argparse.ArgumentParser(
        prog="make_sdist",
        usage="%(prog)s TAG_URL DESTINATION [options]",
        description="Build a source distribution of one tag.",
        epilog=_MAKE_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("tag_url", metavar="TAG_URL", help="the tag's folder in the repository")
    parser.add_argument(
        "destination", metavar="DESTINATION", help="the archive comes to DESTINATION/PROJECT/"
    )
    _add_common(parser)
    _add_options(parser, _MAKE_SDIST_OPTIONS)
    _settle()
    arguments, unknown = parser.parse_known_args()
    _configure_logging(arguments)
    with _errors() as status:
        written = {"--repository": [arguments.tag_url], "--destination": arguments.destination}
        layers = [Layer("command line", Door.FLAG, written), _flags(arguments, unknown)]
        configuration = configure(layers, Path.cwd())
        context = replace(console.run_context(configuration, os.environ), verbose=arguments.verbose)
        made = engine.make_one(configuration, context)
        if isinstance(made, Failed):
            sys.stderr.write(f"{made.log}\nfailed {made.tag.url}: {made.reason}\n")
            return report.SOME_TAG_FAILED
        sys.stdout.write(f"{made}\n")
        return report.DONE
    return status[0]


_METAVARS: dict[Callable[[object], Any], str] = {
    option_types.boolean: "true|false",
    option_types.count: "N",
    option_types.folder: "FOLDER",
    option_types.lines: "GLOB",
    option_types.optional_folder: "FOLDER",
    option_types.optional_repositories: "URL",
    option_types.repositories: "URL",
    option_types.seconds: "SECONDS",
    option_types.tag_pattern: "REGEX",
    option_types.url: "URL",
    option_types.url_path: "PATH",
    option_types.variable_name: "NAME",
}

_SCHEDULES = {
    "--print-hook": ("hook", "print a post-commit hook for Subversion that runs this command, and stop"),
    "--print-cron": ("cron", "print a line for crontab that runs this command, and stop"),
    "--print-systemd": ("systemd", "print a service and a timer that run this command, and stop"),
}

_MAKE_SDIST_OPTIONS = frozenset(
    {
        "vcs",
        "username",
        "password-variable",
        "tag-pattern",
        "timeout",
        "build-index",
        "python",
        "environments",
    }
)


def _schedule(arguments: argparse.Namespace, configuration: Configuration) -> str:
    """What starts this program, with the arguments that it has now, by itself."""
    given = [each for each in sys.argv[1:] if each not in _SCHEDULES]
    command = schedules.unattended(
        [str(Path(sys.argv[0]).absolute()), *given],
        told=arguments.verbose or arguments.quiet,
        waits=configuration.wait > 0,
    )
    # What is typed is meant from where it is typed.
    folder = Path.cwd()
    if arguments.schedule == "hook":
        return schedules.post_commit_hook(command, folder, configuration.state / "hook.log")
    if arguments.schedule == "cron":
        return schedules.crontab(command, folder)
    return schedules.systemd_units(command, folder, configuration.script, _account())


def _account() -> str:
    """The name of who runs this, or the number of one that has no name, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _run(configuration: Configuration, arguments: argparse.Namespace, public_index: str) -> int:
    _configure_logging(arguments)
    context = replace(
        console.run_context(configuration, os.environ),
        public_index=public_index,
        dry_run=arguments.dry_run,
        retry_failed=arguments.retry_failed,
        full_scan=arguments.full_scan,
        revision=arguments.revision,
        adopt=arguments.adopt,
        verify=arguments.verify,
        tell_all=arguments.verbose or arguments.json,
        verbose=arguments.verbose,
    )
    with _listener(arguments) as listener:
        result = engine.run(configuration, context, listener)
    if arguments.json:
        _print(report.as_json(result, strict=arguments.strict))
    elif text := report.as_text(
        result, verbose=arguments.verbose, quiet=arguments.quiet and not arguments.strict
    ):
        _print(text)
    return report.exit_status(result, strict=arguments.strict)


@contextmanager
def _listener(arguments: argparse.Namespace) -> Iterator[Listener]:
    if arguments.json or arguments.quiet:
        yield console.Silent()
    elif sys.stderr.isatty() and not arguments.verbose:
        with console.progress_bar() as bar:
            yield bar
    else:
        yield console.Lines(_print)


def _print(line: str) -> None:
    """Print a line; nobody who stops reading stops the work."""
    try:
        print(line, flush=True)  # noqa: T201
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _settle() -> None:
    """End on signals as on Ctrl-C, in order; print what the terminal has no letter for in some other way."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def _errors() -> Iterator[list[int]]:
    """An error of ours ends on standard error and leaves its exit status in the list."""
    status = [report.DONE]
    try:
        yield status
    except SdistmakerError as error:
        sys.stderr.write(f"error: {error}\n")
        status[0] = error.exit_status
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        status[0] = 130
    finally:
        # Else the interpreter looks through all there is for garbage as it ends.
        gc.freeze()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sdists_from_tags",
        usage="%(prog)s [--repository URL] [--destination FOLDER] [options]",
        description="Build source distributions of a repository's release tags and keep them in an index.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_common(parser)
    parser.add_argument("-d", "--defaults-file", metavar="FILE", help="a Python file with options")
    parser.add_argument(
        "--print-example-defaults", action="store_true", help="print a documented defaults file and stop"
    )
    for flag, (kind, text) in _SCHEDULES.items():
        parser.add_argument(flag, dest="schedule", action="store_const", const=kind, help=text)
    parser.add_argument("--dry-run", action="store_true", help="say what would be built, and change nothing")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--strict", action="store_true", help="exit with 1 also for tags that failed before")
    parser.add_argument(
        "--full-scan", action="store_true", help="look at all there is, not only at what changed"
    )
    parser.add_argument(
        "--revision", metavar="N", default="", help="do nothing unless this revision changed a tag: for hooks"
    )
    parser.add_argument(
        "--adopt", action="store_true", help="take over archives that somebody put into the index"
    )
    parser.add_argument(
        "--verify", action="store_true", help="compare all of the index with the catalog, and repair it"
    )
    parser.add_argument("--retry-failed", action="store_true", help="build tags again that failed before")
    _add_options(parser)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", action="version", version=f"sdistmaker_recipe {__version__}")
    talk = parser.add_mutually_exclusive_group()
    talk.add_argument(
        "-v", "--verbose", action="store_true", help="say more, and show helper programs' output"
    )
    talk.add_argument("-q", "--quiet", action="store_true", help="say nothing but what went wrong now")


def _add_options(parser: argparse.ArgumentParser, names: frozenset[str] | None = None) -> None:
    group = parser.add_argument_group("options that a part or a defaults file can set too")
    for option in options(Door.FLAG):
        if names is None or option.name in names:
            group.add_argument(
                option.spelling(Door.FLAG),
                action="append" if option.many else "store",
                metavar=_METAVARS.get(option.parse, "VALUE"),
                help=_help(option).replace("%", "%%"),
            )


def _help(option: Option) -> str:
    many = " Can be repeated." if option.many else ""
    default = f" Default: {' '.join(option.default.split())}." if option.default else ""
    return f"{option.help} Accepted: {option.accepts}.{many}{default}"


def _flags(arguments: argparse.Namespace, unknown: Sequence[str]) -> Layer:
    """The flags that were given; unknown arguments go along, to be reported with all other problems."""
    given = {option.spelling(Door.FLAG): getattr(arguments, option.field_name, None) for option in options()}
    values = {flag: value for flag, value in given.items() if value is not None}
    strange = [argument.partition("=")[0] for argument in unknown]
    # What follows an unknown flag is most likely its value.
    flags = [argument for argument in strange if argument.startswith("-")] or strange
    for flag in ("--destination", "--environments"):
        # What is typed is meant from where it is typed, whatever folder a script belongs to.
        written = values.get(flag)
        if written and written.strip() and not written.startswith("~"):
            values[flag] = str(Path.cwd() / written.strip())
    return Layer("command line", Door.FLAG, values, tuple(dict.fromkeys(flags)))


def _configure_logging(arguments: argparse.Namespace) -> None:
    level = logging.DEBUG if arguments.verbose else logging.WARNING if arguments.quiet else logging.INFO
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    # Only ours: what libraries tell their developers is of no use here.
    logging.getLogger("sdistmaker_recipe").setLevel(level)
