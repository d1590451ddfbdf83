"""What the recipe and the commands share: listeners that show a run, and the context of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.configuration.parsing import Check
from sdistmaker_recipe.errors import ConfigurationError, Problem, StoreError
from sdistmaker_recipe.flow.context import RunContext
from sdistmaker_recipe.model import Plan, Published, Skipped, TagResult, WheelResult, WorkerUse
from sdistmaker_recipe.numbers import count
from sdistmaker_recipe.stages import report
from sdistmaker_recipe.vcs import Credentials


def current_folder() -> Path:
    """The folder that relative paths are below; raises ``StoreError`` if it was deleted meanwhile."""
    try:
        return Path.cwd()
    except OSError as error:
        raise StoreError(
            f"The current folder cannot be found: {error.strerror}",
            "Change into a folder that is there: cd /",
        ) from error


def run_context(configuration: Configuration, environment: Mapping[str, str]) -> RunContext:
    """The context of a run in this environment.

    Raises ``ConfigurationError`` if the variable that should hold the password is not set.
    """
    if problems := _password_problems(configuration, environment):
        raise ConfigurationError(problems)
    variable = configuration.password_variable
    return RunContext(
        cache=_cache_folder,
        # Helper programs must not see the password.
        environment={name: value for name, value in environment.items() if name != variable},
        credentials=Credentials(
            configuration.username or None, environment.get(variable) if variable else None
        ),
    )


def password_check(environment: Mapping[str, str]) -> Check:
    """The check that the variable that should hold the password is set in this environment."""
    return Check(("password-variable",), lambda configuration: _password_problems(configuration, environment))


def _password_problems(configuration: Configuration, environment: Mapping[str, str]) -> list[Problem]:
    variable = configuration.password_variable
    if not variable or variable in environment:
        return []
    # The message does not show the name, because somebody may have written the password itself there.
    message = "the variable that it names is not set; set it to the password, or correct the name"
    return [Problem("environment", "password-variable", None, message)]


@contextmanager
def without_password(configuration: Configuration, environment: MutableMapping[str, str]) -> Iterator[None]:
    """Take the password out of ``environment``, which is that of this process, during the context.

    Builds that run without a sandbox can read it there. Other parts of a buildout may need it afterwards.
    """
    variable = configuration.password_variable
    if not variable:
        yield
        return
    # Few runs have a password.
    from sdistmaker_recipe.executors.private_process import erase_initial_value

    password = environment.pop(variable, None)
    erase_initial_value(variable)
    try:
        yield
    finally:
        if password is not None:
            environment[variable] = password


def _cache_folder() -> Path:
    # Imported here, because only a run that builds something needs it.
    from platformdirs import user_cache_path

    return user_cache_path("sdistmaker_recipe", appauthor=False)


class LineListener(NamedTuple):
    """A listener that writes a line for each tag."""

    write: Callable[[str], None]

    def planned(self, plan: Plan) -> None:
        """Write how many tags will be built, if any."""
        if plan.build:
            self.write(f"Building {count(len(plan.build), 'tag')}.")
        if plan.wheels:
            self.write(f"Building {count(len(plan.wheels), 'wheel')}.")

    def finished(self, outcome: TagResult) -> None:
        """Write whether a tag was published, failed, or is none of ours to publish."""
        self.write(_line(outcome))

    def wheel_finished(self, result: WheelResult) -> None:
        """Write which wheel was published. The report says why others were not."""
        if result.filename:
            self.write(f"published {result.filename}")

    def workers_changed(self, workers: Sequence[WorkerUse]) -> None:
        """Write nothing."""


class SilentListener:
    """A listener that writes nothing."""

    def planned(self, plan: Plan) -> None:
        """Write nothing."""

    def finished(self, outcome: TagResult) -> None:
        """Write nothing."""

    def wheel_finished(self, result: WheelResult) -> None:
        """Write nothing."""

    def workers_changed(self, workers: Sequence[WorkerUse]) -> None:
        """Write nothing."""


def _line(outcome: TagResult) -> str:
    if isinstance(outcome, Published):
        done = "kept" if outcome.is_file_kept else "published"
        return f"{done} {outcome.release.filename} from {report.label(outcome.tag)}"
    if isinstance(outcome, Skipped):
        return f"skipped {report.label(outcome.tag)}"
    # The report says the reason, with the path of the log.
    return f"failed {report.label(outcome.tag)}"
