"""The report for programs, as JSON."""

from __future__ import annotations

import json
from typing import Any

from sdistmaker_recipe.model import (
    Adopted,
    Published,
    Rejected,
    ReleaseChange,
    Report,
    Tag,
    Verification,
)
from sdistmaker_recipe.stages.report import wheels
from sdistmaker_recipe.stages.report.status import exit_status
from sdistmaker_recipe.stages.report.text import PAST_TENSE

REPORT_VERSION = 1
"""The version of the form of the document. It goes up if a key is removed or gets another meaning."""


def as_json(report: Report, *, strict: bool) -> str:
    """The report for programs; later versions add keys and never remove one."""
    plan = report.plan
    document = {
        "report_version": REPORT_VERSION,
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
        "wheels_to_build": wheels.to_build(plan.wheels) if report.dry_run else [],
        "wheels_added": wheels.added(report.wheels),
        "wheels_missing": wheels.missing(wheels.wheel_results(report)),
        **{
            key: [_changed_release(change) for change in plan.release_changes if change.action == action]
            for action, key in PAST_TENSE.items()
        },
        "adopted": [_adopted(adopted) for adopted in report.adoption.adopted],
        "left_alone": [not_adopted._asdict() for not_adopted in report.adoption.not_adopted],
        "verified": _verified(report.verification) if report.verification else None,
        "warnings": [*report.nothing_found, *report.warnings, *wheels.warnings(report)],
        "nothing_found": list(report.nothing_found),
        "errors": list(report.errors),
        "releases": report.releases,
        "projects": report.projects,
        "executor": {"name": "dask" if report.cluster else "local", "scheduler": report.cluster},
        "workers": [use._asdict() for use in report.workers],
    }
    return _escape(json.dumps(document, indent=1, ensure_ascii=False))


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
        "wheels": [wheel.filename for wheel in published.release.wheels],
        "toolchain": published.release.toolchain,
        "python": published.release.python,
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
    file = next((wheel for wheel in release.wheels if wheel.filename == adopted.wheel), release.sdist)
    return {
        "file": adopted.file,
        "project": release.project,
        "name": release.name,
        "version": release.version,
        "filename": file.filename,
        "sha256": file.sha256,
        "url": release.tag_url,
        "revision": release.revision,
    }


def _escape(text: str) -> str:
    """JSON with the characters escaped that could mislead who reads it, such as those of text direction."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(char if char == "\n" or char.isprintable() else json.dumps(char)[1:-1] for char in text)
