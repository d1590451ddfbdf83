"""What the report says of wheels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sdistmaker_recipe.model import MissingWheel, Release, Report, WheelResult


def wheel_results(report: Report) -> list[WheelResult]:
    """What became of wheels: of tags that were built, then of releases that were published before."""
    return [*(each.wheel for each in report.published if each.wheel), *report.wheels]


def new_failures(report: Report) -> Iterator[tuple[str, MissingWheel]]:
    """Wheels that failed and were not reported before, those of a project with the same reason together.

    Each with the words that name its releases; of several, the log and the reason are those of the last one.
    """
    groups: dict[tuple[str, str], list[WheelResult]] = {}
    for result in wheel_results(report):
        missing = result.missing
        if missing is not None and missing.is_failure and not result.is_repeated:
            reason = missing.reason.replace(result.release.version, "VERSION")
            groups.setdefault((missing.project, reason), []).append(result)
    for results in groups.values():
        last = results[-1].missing
        if last is not None:
            yield _label([result.release for result in results]), last


def explained(report: Report) -> Iterator[tuple[str, str]]:
    """Releases without a wheel whose build did not fail anew: the name of the sdist, and the reason."""
    for result in wheel_results(report):
        missing = result.missing
        if missing is not None and (result.is_repeated or not missing.is_failure):
            yield missing.filename, missing.reason


def warnings(report: Report) -> Iterator[str]:
    """Warnings about wheels that were published before."""
    return (result.warning for result in wheel_results(report) if result.warning)


def added(results: Iterable[WheelResult]) -> list[dict[str, Any]]:
    """The wheels that were added, for programs."""
    return [
        {**_release(result.release), "filename": wheel.filename, "sha256": wheel.sha256}
        for result in results
        for wheel in result.release.wheels
        if wheel.filename == result.filename
    ]


def missing(results: Iterable[WheelResult]) -> list[dict[str, Any]]:
    """The releases that got no wheel, for programs."""
    return [
        {
            **_release(result.release),
            "reason": result.missing.reason,
            "failed": result.missing.is_failure,
            "log": str(result.missing.log_file or ""),
        }
        for result in results
        if result.missing
    ]


def to_build(releases: Iterable[Release]) -> list[dict[str, Any]]:
    """The releases that would get a wheel, for programs."""
    return [_release(release) for release in releases]


def _label(releases: list[Release]) -> str:
    names = [release.filename for release in releases]
    return names[0] if len(names) == 1 else f"{len(names)} releases ({names[0]} … {names[-1]})"


def _release(release: Release) -> dict[str, Any]:
    return {"project": release.project, "version": release.version, "sdist": release.filename}
