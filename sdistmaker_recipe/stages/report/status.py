"""The exit status of a run."""

from __future__ import annotations

from sdistmaker_recipe.model import IndexProblem, Report

DONE = 0
SOME_TAG_FAILED = 1
BROKEN = 3


def exit_status(report: Report, *, strict: bool) -> int:
    """The exit status of the run.

    0: done. 1: a tag newly failed, a file of the index is broken, or a repository has no release tag; with
    ``strict`` also if a tag that failed before still fails. 3: a repository could not be read.
    """
    if report.errors:
        return BROKEN
    if broken_files(report) or report.nothing_found:
        return SOME_TAG_FAILED
    if any(strict or not rejected.is_repeated for rejected in report.rejected) or (
        strict and report.plan.known_failures
    ):
        return SOME_TAG_FAILED
    return DONE


def broken_files(report: Report) -> list[IndexProblem]:
    """The files of the index that cannot be repaired."""
    problems = report.verification.problems if report.verification else ()
    return [problem for problem in problems if problem.outcome == "broken"]
