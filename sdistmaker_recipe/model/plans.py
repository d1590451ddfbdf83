"""What a run will do: tags to build, tags to skip, known failures, changes of releases."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.model.releases import Release, ReleaseChange
from sdistmaker_recipe.model.tags import Tag


class Skipped(NamedTuple):
    """A tag that is not built, and why."""

    tag: Tag
    reason: str


class Failure(NamedTuple):
    """A failure in the catalog; ``fingerprint`` is a digest of all that could change the outcome.

    A failure that is not ``is_permanent`` is tried again in each run. People know the tag by ``project``
    (normalised), ``tag`` and ``revision``.
    """

    origin: str
    fingerprint: str
    reason: str
    log_file: Path
    is_permanent: bool = True
    project: str = ""
    tag: str = ""
    revision: str = ""


class KnownFailure(NamedTuple):
    """A tag that failed in an earlier run, with nothing changed since."""

    tag: Tag
    failure: Failure


class Plan(NamedTuple):
    """What a run will do: tags to build, tags to skip, known failures, changes of releases.

    ``wheels`` are the published releases that get a wheel, from their sdist.
    """

    build: tuple[Tag, ...] = ()
    skip: tuple[Skipped, ...] = ()
    known_failures: tuple[KnownFailure, ...] = ()
    release_changes: tuple[ReleaseChange, ...] = ()
    wheels: tuple[Release, ...] = ()
