"""Say what a run did: takes a ``Report``, gives text, JSON and an exit status. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sdistmaker_recipe.model import (
    Adopted,
    IndexProblem,
    Published,
    Rejected,
    ReleaseChange,
    Report,
    Tag,
    Verification,
)

_PAST_TENSE = {"yank": "yanked", "restore": "restored", "remove": "removed"}

DONE = 0
SOME_TAG_FAILED = 1
BROKEN = 3


def exit_status(report: Report, *, strict: bool) -> int:
    """The exit status of the run.

    0: done. 1: a tag newly failed, or a file of the index is broken; with ``strict`` also if a tag that
    failed before still fails. 3: a repository could not be read.
    """
    if report.errors:
        return BROKEN
    if _broken(report):
        return SOME_TAG_FAILED
    if any(strict or not rejected.is_repeated for rejected in report.rejected) or (
        strict and report.plan.known_failures
    ):
        return SOME_TAG_FAILED
    return DONE


def as_text(report: Report, *, verbose: bool = False, quiet: bool = False) -> str:
    """The report for people.

    ``verbose`` adds the tags that were skipped. ``quiet`` leaves only warnings, errors and new failures.
    """
    lines = _problems(report, quiet=True) if quiet and not report.dry_run else _lines(report, verbose=verbose)
    return "\n".join(lines)


def as_json(report: Report, *, strict: bool) -> str:
    """The report for programs; later versions add keys and never remove one."""
    plan = report.plan
    document = {
        "destination": str(report.destination),
        "dry_run": report.dry_run,
        "exit_status": exit_status(report, strict=strict),
        "to_build": [_tag(tag) for tag in plan.build] if report.dry_run else [],
        "published": [_published(published) for published in report.published],
        "failed": [_failed(rejected) for rejected in report.rejected],
        "still_failing": [
            {**_tag(still.tag), "reason": still.failure.reason, "log": str(still.failure.log_file)}
            for still in plan.known_failures
        ],
        "skipped": [{**_tag(skipped.tag), "reason": skipped.reason} for skipped in plan.skip],
        **{
            key: [_changed_release(change) for change in plan.release_changes if change.action == action]
            for action, key in _PAST_TENSE.items()
        },
        "adopted": [_adopted(adopted) for adopted in report.adoption.adopted],
        "left_alone": [not_adopted._asdict() for not_adopted in report.adoption.not_adopted],
        "verified": _verified(report.verification) if report.verification else None,
        "warnings": list(report.warnings),
        "errors": list(report.errors),
        "releases": report.releases,
        "projects": report.projects,
    }
    return json.dumps(document, indent=1, ensure_ascii=False)


def label(tag: Tag) -> str:
    """The tag as people know it: the name of its project and its own name."""
    return f"{tag.project} {tag.name}"


def _tag(tag: Tag) -> dict[str, Any]:
    return {
        "project": tag.project,
        "tag": tag.name,
        "version": tag.version,
        "url": tag.url,
        "revision": tag.revision,
    }


def _published(published: Published) -> dict[str, Any]:
    return {
        **_tag(published.tag),
        "name": published.release.name,
        "filename": published.release.filename,
        "sha256": published.release.sha256,
        "toolchain": published.release.toolchain,
        "warnings": list(published.warnings),
        "left_out": list(published.left_out),
        "took_over": published.former_tag_url,
    }


def _failed(rejected: Rejected) -> dict[str, Any]:
    return {
        **_tag(rejected.tag),
        "reason": rejected.reason,
        "log": str(rejected.log_file),
        "attempts": [attempt._asdict() for attempt in rejected.attempts],
    }


def _changed_release(change: ReleaseChange) -> dict[str, Any]:
    return {
        "project": change.release.project,
        "version": change.release.version,
        "filename": change.release.filename,
        "url": change.release.tag_url,
        "revision": change.release.revision,
        "reason": change.reason,
    }


def _verified(verification: Verification) -> dict[str, Any]:
    problems = [problem._asdict() for problem in verification.problems]
    return {"files": verification.files, "findings": problems}


def _adopted(adopted: Adopted) -> dict[str, Any]:
    release = adopted.release
    return {
        "file": adopted.file,
        "project": release.project,
        "name": release.name,
        "version": release.version,
        "filename": release.filename,
        "sha256": release.sha256,
        "url": release.tag_url,
        "revision": release.revision,
    }


def _lines(report: Report, *, verbose: bool) -> Iterator[str]:
    plan = report.plan
    yield from _adoption(report, with_files=verbose or report.dry_run)
    if verbose:
        yield from (f"skipped {label(skipped.tag)}: {skipped.reason}" for skipped in plan.skip)
        yield from (
            f"not in {published.release.filename}: {', '.join(published.left_out)}"
            for published in report.published
            if published.left_out
        )
    if report.dry_run:
        yield from (f"would build {label(tag)}" for tag in plan.build)
    yield from _release_changes(report)
    if report.dry_run:
        yield f"Dry run: {_count(len(plan.build), 'tag')} to build, {len(plan.skip)} skipped."
    if report.verification:
        yield from _verification(report.verification)
    yield from _problems(report)
    yield from _still_failing(report)
    if not report.dry_run:
        yield _summary(report)


def _release_changes(report: Report) -> Iterator[str]:
    for change in report.plan.release_changes:
        if change.action in _PAST_TENSE:
            verb = f"would {change.action}" if report.dry_run else _PAST_TENSE[change.action]
            reason = f": {change.reason}" if change.reason else ""
            yield f"{verb} {change.release.filename}{reason}"


def _problems(report: Report, *, quiet: bool = False) -> Iterator[str]:
    """Warnings, failures and errors; with ``quiet`` no failure that was reported before."""
    for published in report.published:
        yield from (f"warning: {label(published.tag)}: {text}" for text in published.warnings)
    yield from (f"warning: {text}" for text in report.warnings)
    for rejected in report.rejected:
        if not (quiet and rejected.is_repeated):
            yield from _failure(rejected)
    yield from (f"error: {problem.file} {problem.problem}" for problem in _broken(report))
    yield from (f"error: {text}" for text in report.errors)


def _adoption(report: Report, *, with_files: bool) -> Iterator[str]:
    verb, negative = ("would take", "would not take") if report.dry_run else ("took", "did not take")
    all_adopted = report.adoption.adopted
    for adopted in all_adopted if with_files else ():
        release = adopted.release
        tag = release.tag_url or "no tag"
        yield f"{verb} over {adopted.file} as {release.project}/{release.filename} ({tag})"
    if all_adopted:
        tagged = sum(bool(adopted.release.tag_url) for adopted in all_adopted)
        yield f"{verb} over {_count(len(all_adopted), 'archive')}, {tagged} with a known tag"
    for not_adopted in report.adoption.not_adopted:
        yield f"{negative} over {not_adopted.file}: {not_adopted.reason}"


def _verification(verification: Verification) -> Iterator[str]:
    """What was found and is not broken, and how many files were compared and repaired."""
    for problem in verification.problems:
        if problem.outcome != "broken":
            verb = "found" if problem.outcome == "told" else problem.outcome
            yield f"{verb} {problem.file}: {problem.problem}"
    repaired = sum(problem.outcome == "repaired" for problem in verification.problems)
    yield f"verified {_count(verification.files, 'file')}, repaired {repaired}"


def _broken(report: Report) -> list[IndexProblem]:
    problems = report.verification.problems if report.verification else ()
    return [problem for problem in problems if problem.outcome == "broken"]


def _failure(rejected: Rejected) -> Iterator[str]:
    yield f"failed {'again ' if rejected.is_repeated else ''}{label(rejected.tag)}: {rejected.reason}"
    others = rejected.attempts[1:]
    for attempt in others:
        if attempt.reason != rejected.reason:
            yield f"    {attempt.toolchain}: {attempt.reason}"
    if same := [attempt.toolchain for attempt in others if attempt.reason == rejected.reason]:
        yield f"    the same with {', '.join(same)}"
    yield f"    log: {rejected.log_file}"


def _still_failing(report: Report) -> Iterator[str]:
    if report.plan.known_failures:
        count = _count(len(report.plan.known_failures), "tag")
        yield f"{count} failed before, and nothing has changed since. To build again, use --retry-failed:"
    for still in report.plan.known_failures:
        yield f"    {label(still.tag)}: {still.failure.reason}"


def _summary(report: Report) -> str:
    kept = sum(published.is_file_kept for published in report.published)
    parts = [f"{len(report.published) - kept} published"]
    if kept:
        parts.append(f"{kept} kept")
    if report.rejected:
        parts.append(f"{len(report.rejected)} failed")
    if report.plan.known_failures:
        parts.append(f"{len(report.plan.known_failures)} still failing")
    if not report.published and not report.rejected:
        parts[0] = "nothing to build"
    content = f"{_count(report.releases, 'release')} of {_count(report.projects, 'project')}"
    return f"{', '.join(parts)}; {report.destination} holds {content}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
