"""Say what a run did: a ``Report`` in, text, JSON and an exit status out. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sdistmaker_recipe.model import Adopted, IndexProblem, Rejected, ReleaseChange, Report, Tag, Verification

_DONE = {"yank": "yanked", "restore": "restored", "remove": "removed"}

DONE = 0
SOME_TAG_FAILED = 1
BROKEN = 3


def exit_status(report: Report, *, strict: bool) -> int:
    """0 done; 1 a tag newly failed (strict: or still fails); 3 a repository could not be read.

    1 too where a file of the index is broken.
    """
    if report.errors:
        return BROKEN
    if _broken(report):
        return SOME_TAG_FAILED
    if any(strict or not each.is_repeated for each in report.rejected) or (
        strict and report.plan.known_failures
    ):
        return SOME_TAG_FAILED
    return DONE


def as_text(report: Report, *, verbose: bool = False, quiet: bool = False) -> str:
    """The report for people; verbose lists the tags left alone too, quiet only what went wrong now."""
    lines = _wrong(report, quiet=True) if quiet and not report.dry_run else _lines(report, verbose=verbose)
    return "\n".join(lines)


def as_json(report: Report, *, strict: bool) -> str:
    """The report for programs; keys are only ever added."""
    plan = report.plan
    document = {
        "destination": str(report.destination),
        "dry_run": report.dry_run,
        "exit_status": exit_status(report, strict=strict),
        "to_build": [_tag(tag) for tag in plan.build] if report.dry_run else [],
        "published": [
            {
                **_tag(each.tag),
                "name": each.release.name,
                "filename": each.release.filename,
                "sha256": each.release.sha256,
                "toolchain": each.release.toolchain,
                "warnings": list(each.warnings),
                "left_out": list(each.left_out),
                "took_over": each.former_tag_url,
            }
            for each in report.published
        ],
        "failed": [
            {
                **_tag(each.tag),
                "reason": each.reason,
                "log": str(each.log_file),
                "attempts": [attempt._asdict() for attempt in each.attempts],
            }
            for each in report.rejected
        ],
        "still_failing": [
            {**_tag(each.tag), "reason": each.failure.reason, "log": str(each.failure.log_file)}
            for each in plan.known_failures
        ],
        "skipped": [{**_tag(each.tag), "reason": each.reason} for each in plan.skip],
        **{
            key: [
                _release(release_change)
                for release_change in plan.release_changes
                if release_change.action == action
            ]
            for action, key in _DONE.items()
        },
        "adopted": [_adopted(each) for each in report.adoption.adopted],
        "left_alone": [each._asdict() for each in report.adoption.not_adopted],
        "verified": _verified(report.verification) if report.verification else None,
        "warnings": list(report.warnings),
        "errors": list(report.errors),
        "releases": report.releases,
        "projects": report.projects,
    }
    return json.dumps(document, indent=1, ensure_ascii=False)


def label(tag: Tag) -> str:
    """A tag as people know it: its project and its name."""
    return f"{tag.project} {tag.name}"


def _tag(tag: Tag) -> dict[str, Any]:
    return {
        "project": tag.project,
        "tag": tag.name,
        "version": tag.version,
        "url": tag.url,
        "revision": tag.revision,
    }


def _release(release_change: ReleaseChange) -> dict[str, Any]:
    return {
        "project": release_change.release.project,
        "version": release_change.release.version,
        "filename": release_change.release.filename,
        "url": release_change.release.tag_url,
        "revision": release_change.release.revision,
        "reason": release_change.reason,
    }


def _verified(verification: Verification) -> dict[str, Any]:
    return {"files": verification.files, "findings": [each._asdict() for each in verification.problems]}


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
    yield from _adoption(report, every=verbose or report.dry_run)
    if verbose:
        yield from (f"skipped {label(each.tag)}: {each.reason}" for each in plan.skip)
        yield from (
            f"not in {each.release.filename}: {', '.join(each.left_out)}"
            for each in report.published
            if each.left_out
        )
    if report.dry_run:
        yield from (f"would build {label(tag)}" for tag in plan.build)
    yield from _release_changes(report)
    if report.dry_run:
        yield f"Dry run: {_count(len(plan.build), 'tag')} to build, {len(plan.skip)} left alone."
    if report.verification:
        yield from _verification(report.verification)
    yield from _wrong(report)
    yield from _still_failing(report)
    if not report.dry_run:
        yield _summary(report)


def _release_changes(report: Report) -> Iterator[str]:
    for release_change in report.plan.release_changes:
        if release_change.action in _DONE:
            done = f"would {release_change.action}" if report.dry_run else _DONE[release_change.action]
            reason = f": {release_change.reason}" if release_change.reason else ""
            yield f"{done} {release_change.release.filename}{reason}"


def _wrong(report: Report, *, quiet: bool = False) -> Iterator[str]:
    yield from (f"warning: {label(each.tag)}: {text}" for each in report.published for text in each.warnings)
    yield from (f"warning: {text}" for text in report.warnings)
    for each in report.rejected:
        if not (quiet and each.is_repeated):
            yield from _failure(each)
    yield from (f"error: {each.file} {each.problem}" for each in _broken(report))
    yield from (f"error: {text}" for text in report.errors)


def _adoption(report: Report, *, every: bool) -> Iterator[str]:
    would = "would take" if report.dry_run else "took"
    taken = report.adoption.adopted
    for each in taken if every else ():
        tag = each.release.tag_url or "no tag"
        yield f"{would} over {each.file} as {each.release.project}/{each.release.filename} ({tag})"
    if taken:
        tagged = sum(bool(each.release.tag_url) for each in taken)
        yield f"{would} over {_count(len(taken), 'archive')}, {tagged} of tags that are known"
    yield from (f"left alone {each.file}: {each.reason}" for each in report.adoption.not_adopted)


def _verification(found: Verification) -> Iterator[str]:
    """What was found but for what is broken, and how much of it was made good."""
    for each in found.problems:
        if each.outcome != "broken":
            yield f"{each.outcome if each.outcome != 'told' else 'found'} {each.file}: {each.problem}"
    repaired = sum(each.outcome == "repaired" for each in found.problems)
    yield f"verified {_count(found.files, 'file')}, repaired {repaired}"


def _broken(report: Report) -> list[IndexProblem]:
    findings = report.verification.problems if report.verification else ()
    return [each for each in findings if each.outcome == "broken"]


def _failure(rejected: Rejected) -> Iterator[str]:
    yield f"failed {'again ' if rejected.is_repeated else ''}{label(rejected.tag)}: {rejected.reason}"
    others = rejected.attempts[1:]
    yield from (f"    {each.toolchain}: {each.reason}" for each in others if each.reason != rejected.reason)
    if same := [each.toolchain for each in others if each.reason == rejected.reason]:
        yield f"    the same with {', '.join(same)}"
    yield f"    log: {rejected.log_file}"


def _still_failing(report: Report) -> Iterator[str]:
    if report.plan.known_failures:
        count = _count(len(report.plan.known_failures), "tag")
        yield f"{count} failed before, with nothing changed since (--retry-failed tries again):"
    for still in report.plan.known_failures:
        yield f"    {label(still.tag)}: {still.failure.reason}"


def _summary(report: Report) -> str:
    kept = sum(1 for each in report.published if each.is_file_kept)
    parts = [f"{len(report.published) - kept} published"]
    if kept:
        parts.append(f"{kept} kept")
    if report.rejected:
        parts.append(f"{len(report.rejected)} failed")
    if report.plan.known_failures:
        parts.append(f"{len(report.plan.known_failures)} still failing")
    if not report.published and not report.rejected:
        parts[0] = "nothing to build"
    holds = f"{_count(report.releases, 'release')} of {_count(report.projects, 'project')}"
    return f"{', '.join(parts)}; {report.destination} holds {holds}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
