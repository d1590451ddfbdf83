"""What a door gives to a run beside the options: its surroundings, and who follows the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.model import Plan, TagResult, WheelResult, WorkerUse
from sdistmaker_recipe.vcs import Credentials


class Listener(Protocol):
    """Follows a run, in the thread that called ``engine.run``."""

    def planned(self, plan: Plan) -> None:
        """The plan is made, and the builds begin."""

    def finished(self, outcome: TagResult) -> None:
        """A tag is built and published, or failed, or it turned out that there is nothing to publish."""

    def wheel_finished(self, result: WheelResult) -> None:
        """The wheel of a release that was published before is published, or there is none."""

    def workers_changed(self, workers: Sequence[WorkerUse]) -> None:
        """The workers of the cluster did something; without a cluster this is never called."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """The surroundings of a run and the flags that are valid for one run only.

    - ``cache`` gives the user's cache folder for this program.
    - ``environment`` holds the caller's environment variables, without the password.
    - ``credentials`` are for the repositories.
    - ``public_index`` is the URL of the public index if the option of that name is empty; with "" buildout's
      constant is used.
    - ``dry_run`` stops after the plan and changes nothing.
    - ``retry_failed`` builds tags again that failed before.
    - ``full_scan`` reads the whole repository, whatever earlier runs saw.
    - ``revision`` ends the run unless this revision, of any of the repositories, could have changed a tag; ""
      for no such condition.
    - ``allow_empty`` makes a repository without release tags no error.
    - ``tell_all`` makes the plan give the reason for every tag that is left alone.
    - ``verbose`` shows the output of helper programs.
    - ``adopt`` takes over archives that the catalog does not know.
    - ``verify`` compares the whole index with the catalog.
    - ``wheel`` has ``engine.make_one`` build a wheel too.
    - ``wheels_for_all`` builds wheels for published releases that have none.
    """

    cache: Callable[[], Path]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    credentials: Credentials = field(default_factory=Credentials)
    public_index: str = ""
    dry_run: bool = False
    retry_failed: bool = False
    full_scan: bool = False
    revision: str = ""
    allow_empty: bool = False
    tell_all: bool = False
    verbose: bool = False
    adopt: bool = False
    verify: bool = False
    wheel: bool = False
    wheels_for_all: bool = False

    def environments(self, configuration: Configuration) -> Path:
        """The folder of build environments."""
        return configuration.environments or self.cache() / "environments"
