"""The order in which builds are published: it decides which of two tags gets a version."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from sdistmaker_recipe.errors import ClusterError
from sdistmaker_recipe.index.file_conflicts import name_rank
from sdistmaker_recipe.model import BuildJob, Failed, Outcome, Tag
from sdistmaker_recipe.names import canonicalize_version, same_version


def in_order_of_jobs(jobs: Sequence[BuildJob], outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """Outcomes in the order of jobs: which of two tags gets a version must not depend on their speed.

    If the cluster that builds goes, the outcomes that waited only for tags of other projects come last.
    """
    waiting: dict[str, Outcome] = {}
    left = [job.tag for job in reversed(jobs)]
    try:
        for outcome in outcomes:
            waiting[outcome.tag.origin] = outcome
            while left and left[-1].origin in waiting:
                yield waiting.pop(left.pop().origin)
    except ClusterError:
        unfinished: set[str] = set()
        for tag in reversed(left):
            if tag.origin not in waiting:
                unfinished.add(tag.project_origin)
            elif tag.project_origin not in unfinished:
                yield waiting.pop(tag.origin)
        raise


def order_for_publishing(tags: Sequence[Tag], outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """The outcomes of tags in the order in which they get versions: see ``jobs.build_all``."""
    return _matching_versions_first(_best_names_first(tags, outcomes))


def _best_names_first(tags: Sequence[Tag], outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """The outcomes, those of tags of the same version of a project together, the best name first."""
    missing = Counter(map(_version_of, tags))
    waiting: defaultdict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        key = _version_of(outcome.tag)
        missing[key] -= 1
        waiting[key].append(outcome)
        if not missing[key]:
            yield from sorted(waiting.pop(key), key=_rank)


def _version_of(tag: Tag) -> tuple[str, str]:
    return tag.project_origin, canonicalize_version(tag.version)


def _rank(outcome: Outcome) -> int:
    return 0 if isinstance(outcome, Failed) else name_rank(outcome.tag.name, outcome.version)


def _matching_versions_first(outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    others: list[Outcome] = []
    for outcome in outcomes:
        if isinstance(outcome, Failed) or same_version(outcome.tag.version, outcome.version):
            yield outcome
        else:
            others.append(outcome)
    yield from others
