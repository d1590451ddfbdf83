"""What a run did: tags published and failed, files taken over, problems found in the index."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from sdistmaker_recipe.model.builds import Attempt
from sdistmaker_recipe.model.plans import Plan, Skipped
from sdistmaker_recipe.model.releases import MissingWheel, Release
from sdistmaker_recipe.model.tags import Tag


class WheelResult(NamedTuple):
    """What became of the wheel of a release: ``filename`` is the wheel that was added, "" for none.

    ``release`` is as it is afterwards. ``missing`` says why no wheel was added, and ``is_repeated`` is true
    if an earlier run reported the same failure. ``warning`` is about a wheel that was published before.
    """

    release: Release
    filename: str = ""
    missing: MissingWheel | None = None
    is_repeated: bool = False
    warning: str = ""


class Published(NamedTuple):
    """A release that this run added.

    ``former_tag_url`` is the URL of the deleted tag that the release belonged to before, "" for none.
    ``is_file_kept`` is true if the file was published before, from that tag or without one. ``wheel`` is
    None if no wheel was asked for.
    """

    release: Release
    tag: Tag
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    former_tag_url: str = ""
    is_file_kept: bool = False
    wheel: WheelResult | None = None


class Rejected(NamedTuple):
    """A tag that failed, or that was built and not published: the reason, and the file with the log.

    ``is_repeated`` is true if the run before reported the same.
    """

    tag: Tag
    reason: str
    log_file: Path
    attempts: tuple[Attempt, ...] = ()
    is_repeated: bool = False


TagResult: TypeAlias = Published | Rejected | Skipped
"""What became of a tag that was built: also skipped, if the build showed that there is nothing to publish."""


class Adopted(NamedTuple):
    """A release that was taken over from ``file``, a path in the index.

    With ``wheel``, the name of a wheel, the file is that of a release whose sdist was taken over or built.
    """

    file: str
    release: Release
    wheel: str = ""


class NotAdopted(NamedTuple):
    """A file of the index that was not taken over, and why."""

    file: str
    reason: str


class Adoption(NamedTuple):
    """What became of files that other tools, or runs with another catalog, left in the index."""

    adopted: tuple[Adopted, ...] = ()
    not_adopted: tuple[NotAdopted, ...] = ()


class IndexProblem(NamedTuple):
    """A difference between the index and the catalog, at the path ``file``.

    ``outcome`` is "repaired"; "repairable" if a run that may change files would repair it; "broken" if
    this program cannot repair it; or "told" if no repair is needed.
    """

    file: str
    problem: str
    outcome: Literal["repaired", "repairable", "broken", "told"]


class Verification(NamedTuple):
    """The problems found in an index; ``files`` is how many files were compared with the catalog."""

    files: int
    problems: tuple[IndexProblem, ...] = ()


class WorkerUse(NamedTuple):
    """What a worker of a cluster did: how many jobs, and for how many seconds of them.

    ``notes`` say what was wrong with it.
    """

    address: str
    host: str = ""
    jobs: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()


class Report(NamedTuple):
    """All that a run did.

    ``dry_run`` is true if it stopped after the plan. ``releases`` and ``projects`` count what the index
    holds now. ``errors`` are of repositories that could not be read while others could. ``nothing_found`` are
    messages about repositories without any release tag that never had one. ``verification`` is None unless
    the door asked for it. ``wheels`` are those of releases that were published before. ``cluster`` is the
    address of the Dask scheduler that builds, "" if this machine does, and ``workers`` say what its
    workers did.
    """

    destination: Path
    plan: Plan
    published: tuple[Published, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    nothing_found: tuple[str, ...] = ()
    releases: int = 0
    projects: int = 0
    dry_run: bool = False
    adoption: Adoption = Adoption()
    verification: Verification | None = None
    wheels: tuple[WheelResult, ...] = ()
    cluster: str = ""
    workers: tuple[WorkerUse, ...] = ()
