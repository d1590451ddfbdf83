"""What the doors share: how a run is followed, and what it needs to know of its environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import ConfigurationError, Problem
from sdistmaker_recipe.flow.context import RunContext
from sdistmaker_recipe.flow.engine import Listener
from sdistmaker_recipe.model import Plan, Published, Rejected
from sdistmaker_recipe.stages import report
from sdistmaker_recipe.vcs import Credentials

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


def run_context(configuration: Configuration, environment: Mapping[str, str]) -> RunContext:
    """What a run needs to know of this environment.

    Raises ``ConfigurationError`` where the variable that should hold the password is not set.
    """
    variable = configuration.password_variable
    if variable and variable not in environment:
        problem = Problem("environment", "password-variable", None, "the variable that it names is not set")
        raise ConfigurationError([problem])
    return RunContext(
        cache=_cache_folder,
        # Helper programs have no business with the password.
        environment={name: value for name, value in environment.items() if name != variable},
        credentials=Credentials(
            configuration.username or None, environment.get(variable) if variable else None
        ),
    )


def _cache_folder() -> Path:
    # Here, for only a run that builds something asks.
    from platformdirs import user_cache_path

    return user_cache_path("sdistmaker_recipe", appauthor=False)


class Lines(NamedTuple):
    """A listener that writes a line for each tag."""

    write: Callable[[str], None]

    def planned(self, plan: Plan) -> None:
        """Say how much there is to do, if anything."""
        if plan.build:
            self.write(f"Building {len(plan.build)} tags." if len(plan.build) > 1 else "Building 1 tag.")

    def finished(self, outcome: Published | Rejected) -> None:
        """Say how a tag came out."""
        self.write(_line(outcome))


class Silent:
    """A listener that says nothing."""

    def planned(self, plan: Plan) -> None:
        """Nothing to say."""

    def finished(self, outcome: Published | Rejected) -> None:
        """Nothing to say."""


@contextmanager
def progress_bar() -> Iterator[Listener]:
    """A listener that draws a bar on standard error, with a line above it for each tag that failed."""
    # Only a run that a person watches pays for this import.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bar(progress, progress.add_task("Looking for tags", total=None))


class _Bar(NamedTuple):
    progress: Progress
    task: TaskID

    def planned(self, plan: Plan) -> None:
        self.progress.update(self.task, description="Building", total=len(plan.build))

    def finished(self, outcome: Published | Rejected) -> None:
        self.progress.advance(self.task)
        if isinstance(outcome, Rejected):
            self.progress.console.print(_line(outcome), markup=False, highlight=False)


def _line(outcome: Published | Rejected) -> str:
    if isinstance(outcome, Published):
        done = "kept" if outcome.is_file_kept else "published"
        return f"{done} {outcome.release.filename} from {report.label(outcome.tag)}"
    # The reason comes with the report, beside the log.
    return f"failed {report.label(outcome.tag)}"
