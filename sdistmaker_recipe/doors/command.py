"""The commands ``sdists_from_tags`` and ``make_sdist``: options, logging, report, exit status."""

from __future__ import annotations

import argparse
import gc
import getpass
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sdistmaker_recipe.configuration.declaration import Door
from sdistmaker_recipe.configuration.option_types import EXAMPLE
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.configuration.parsing import Layer, configure
from sdistmaker_recipe.doors import console, terminal
from sdistmaker_recipe.doors.arguments import (
    SCHEDULE_FLAGS,
    flags_layer,
    make_sdist_parser,
    sdists_from_tags_parser,
)
from sdistmaker_recipe.doors.defaults_file import example_defaults, read_defaults
from sdistmaker_recipe.doors.help_pages import help_text
from sdistmaker_recipe.doors.printable import PrintableMessages
from sdistmaker_recipe.doors.streams import (
    prepare_streams,
    print_errors,
    print_lines,
    print_progress,
    print_text,
)
from sdistmaker_recipe.errors import ConfigurationError, SdistmakerError
from sdistmaker_recipe.flow import engine
from sdistmaker_recipe.flow.context import Listener, RunContext
from sdistmaker_recipe.flow.option_checks import option_checks
from sdistmaker_recipe.model import NoWheel, Rejected, Report
from sdistmaker_recipe.stages import report
from sdistmaker_recipe.vcs import system_of

_POSITIONAL = "arguments"
_UNKNOWN = 1
"""The exit status of --explain if nothing is known."""


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

    A part of zc.recipe.egg passes ``defaults_file`` and ``python`` by its option ``arguments``. The script
    that our recipe generates passes the other arguments: the name and the options of its part, the folder of
    the buildout (relative paths are below it), and the public index of the buildout.
    """
    _prepare_process()
    parser = sdists_from_tags_parser()
    arguments, unknown = parser.parse_known_args()
    files = [Path(file) for file in (defaults_file, arguments.defaults_file) if file]
    with _errors_reported() as status:
        if arguments.help_topic is not None:
            print_text(help_text(parser, arguments.help_topic, is_terminal=sys.stdout.isatty()))
            parser.exit()
        if arguments.print_example_defaults:
            print_text(example_defaults())
            return 0
        layers = [Layer(f"[{part}]", Door.PART, options or {})]
        layers += [read_defaults(file) for file in files]
        layers.append(Layer("arguments", Door.FLAG, {"--python": python} if python else {}))
        layers.append(flags_layer(parser, arguments, unknown))
        # What is printed for a schedule runs in another environment.
        password = () if arguments.schedule else (console.password_check(os.environ),)
        checks = (*option_checks(public_index), *password)
        configuration = configure(layers, Path(base) if base else console.current_folder(), checks)
        if arguments.schedule:
            print_text(_schedule(arguments, configuration))
            return 0
        return _run(configuration, arguments, public_index)
    return status[0]


def make_sdist() -> int:
    """Run ``make_sdist`` with the arguments of the command line; the exit status."""
    _prepare_process()
    parser = make_sdist_parser()
    arguments, unknown = parser.parse_known_args()
    _configure_logging(arguments)
    with _errors_reported() as status:
        positional = {"--repository": [arguments.tag_url], "--destination": arguments.destination}
        layers = [
            Layer(_POSITIONAL, Door.FLAG, positional),
            flags_layer(parser, arguments, unknown),
        ]
        with _positional_names():
            configuration = configure(layers, console.current_folder(), [console.password_check(os.environ)])
        context = replace(
            console.run_context(configuration, os.environ), verbose=arguments.verbose, wheel=arguments.wheel
        )
        with console.without_password(configuration, os.environ):
            made = engine.make_one(configuration, context)
        if isinstance(made, Rejected):
            _print_failure(made, verbose=arguments.verbose)
            return report.SOME_TAG_FAILED
        paths = [made.sdist, *([made.wheel] if isinstance(made.wheel, Path) else [])]
        print_lines([report.Line(str(path)) for path in paths])
        if isinstance(made.wheel, NoWheel):
            _print_missing_wheel(made.wheel, made.wheel_log)
            return report.SOME_TAG_FAILED
        return report.DONE
    return status[0]


@contextmanager
def _positional_names() -> Iterator[None]:
    """Name what is wrong with the arguments of ``make_sdist`` as its usage does."""
    try:
        yield
    except ConfigurationError as error:
        names = {
            (_POSITIONAL, "--repository"): "TAG_URL",
            (_POSITIONAL, "--destination"): "DESTINATION",
            ("options", "destination"): "DESTINATION",
        }
        raise ConfigurationError(
            [
                problem._replace(option=names.get((problem.source, problem.option), problem.option))
                for problem in error.problems
            ]
        ) from None


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
        wheels_for_all=arguments.wheels_for_all,
        allow_empty=arguments.allow_empty,
        tell_all=arguments.verbose or arguments.json,
        verbose=arguments.verbose,
    )
    if arguments.explain is not None:
        return _explain(configuration, context, arguments.explain)
    start = time.monotonic()
    with console.without_password(configuration, os.environ), _listener(arguments) as listener:
        result = engine.run(configuration, context, listener)
    if arguments.json:
        print_lines([report.Line(report.as_json(result, strict=arguments.strict))])
    else:
        quiet = arguments.quiet and not arguments.strict
        seconds = time.monotonic() - start
        print_lines(_report_lines(result, configuration, arguments, quiet=quiet, seconds=seconds))
    return report.exit_status(result, strict=arguments.strict)


def _explain(configuration: Configuration, context: RunContext, subject: str) -> int:
    # Few runs explain.
    from sdistmaker_recipe.flow import explanation

    found = explanation.explain(configuration, context, console.SilentListener(), subject)
    print_lines(found.lines)
    return report.DONE if found.is_known else _UNKNOWN


def _report_lines(
    result: Report,
    configuration: Configuration,
    arguments: argparse.Namespace,
    *,
    quiet: bool,
    seconds: float,
) -> Sequence[report.Line]:
    """The report; on a terminal with what was published, how long it took, and what to do next."""
    if quiet or not terminal.is_terminal(sys.stdout, os.environ):
        return report.as_lines(result, verbose=arguments.verbose, quiet=quiet)
    # Few runs have a terminal.
    from sdistmaker_recipe.stages.report.next_steps import next_steps

    lines = report.as_lines(
        result,
        verbose=arguments.verbose,
        # Otherwise each of them was named when it was published.
        names_published=_shows_bar(arguments),
        seconds=seconds,
    )
    return [*lines, *next_steps(result, configuration)]


@contextmanager
def _listener(arguments: argparse.Namespace) -> Iterator[Listener]:
    if arguments.json or arguments.quiet:
        yield console.SilentListener()
    elif _shows_bar(arguments):
        with terminal.progress_bar() as bar:
            yield bar
    else:
        yield console.LineListener(print_progress)


def _shows_bar(arguments: argparse.Namespace) -> bool:
    return not arguments.verbose and terminal.is_terminal(sys.stderr, os.environ)


def _schedule(arguments: argparse.Namespace, configuration: Configuration) -> str:
    """The hook, crontab line or systemd units that run this command with its present arguments."""
    given = [argument for argument in sys.argv[1:] if argument not in SCHEDULE_FLAGS]
    # Few calls need this import.
    from sdistmaker_recipe.doors import schedules

    command = schedules.unattended(
        [str(Path(sys.argv[0]).absolute()), *given],
        verbosity_given=arguments.verbose or arguments.quiet,
        wait_given=configuration.wait > 0,
    )
    # Relative paths in the arguments are meant from the current folder.
    folder = console.current_folder()
    if arguments.schedule == "hook":
        log = configuration.state / "hook.log"
        return schedules.hooks(_systems(configuration), command, folder, log, configuration.script)
    if arguments.schedule == "cron":
        return schedules.crontab(command, folder)
    return schedules.systemd_units(command, folder, configuration.script, _account_name())


def _systems(configuration: Configuration) -> Sequence[str]:
    """The version control systems of all repositories, each once. The example is of Subversion."""
    urls = [url for url in configuration.repository if url != EXAMPLE]
    return tuple(dict.fromkeys(system_of(url, configuration.vcs) for url in urls)) or ("subversion",)


def _account_name() -> str:
    """The name of the account, or its number if it has no name, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _print_failure(rejected: Rejected, *, verbose: bool) -> None:
    """Print why a tag failed, on standard error. The output of the build is in the log."""
    attempts = report.group_attempts(rejected.attempts)
    lines = [report.Line(f"    {names}: {reason}", "detail") for reason, names in attempts.items()]
    if verbose:
        lines.append(report.Line(rejected.log_file.read_text("utf-8", errors="replace")))
    lines.append(report.Line(f"log: {rejected.log_file}", "detail"))
    lines.append(report.Line(f"failed {rejected.tag.url}: {rejected.reason}", "failure"))
    print_errors(lines)


def _print_missing_wheel(wheel: NoWheel, log_file: Path | None) -> None:
    """Print on standard error why there is no wheel."""
    lines = [report.Line(f"log: {log_file}", "detail")] if log_file else []
    print_errors([*lines, report.Line(f"no wheel: {wheel.reason}", "failure")])


def _prepare_process() -> None:
    """Have other signals end the process in order, as Ctrl-C does, and prepare what is printed to.

    A signal that is ignored stays so: ``nohup`` ignores SIGHUP.
    """
    prepare_streams()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


@contextmanager
def _errors_reported() -> Iterator[list[int]]:
    """Print an error of ours on standard error, and put its exit status into the list."""
    status = [report.DONE]
    try:
        yield status
    except SdistmakerError as error:
        print_errors([report.Line(f"error: {error}", "error")])
        status[0] = error.exit_status
    except KeyboardInterrupt:
        print_errors([report.Line("interrupted")])
        status[0] = 130
    except Exception as error:
        # A run does not end with status 1, which means that a tag failed.
        import traceback

        message = (
            f"error: {type(error).__name__}: {error}\n"
            "This is an error in sdistmaker_recipe itself. Please report it with the lines above."
        )
        lines = [report.Line(traceback.format_exc().rstrip(), "detail"), report.Line(message, "error")]
        print_errors(lines)
        status[0] = report.BROKEN
    finally:
        # Log messages that could not be written may still be in the buffer.
        print_errors(())
        # Otherwise the interpreter searches all objects for garbage when it ends, which takes time.
        gc.freeze()


def _configure_logging(arguments: argparse.Namespace) -> None:
    level = logging.DEBUG if arguments.verbose else logging.WARNING if arguments.quiet else logging.INFO
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(PrintableMessages())
    logging.basicConfig(format="%(message)s", handlers=[handler])
    # Only our own messages: debug messages of libraries do not help the user.
    logging.getLogger("sdistmaker_recipe").setLevel(level)
