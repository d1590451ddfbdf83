"""The report for people: lines of text, each with its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from sdistmaker_recipe.model import KnownFailure, Rejected, Report, Verification
from sdistmaker_recipe.numbers import count, duration
from sdistmaker_recipe.stages.report import wheels, workers
from sdistmaker_recipe.stages.report.status import broken_files
from sdistmaker_recipe.stages.report.tag_groups import (
    group_attempts,
    group_equal,
    group_label,
    group_projects,
    label,
    projects_label,
)

Meaning: TypeAlias = Literal["plain", "success", "change", "warning", "failure", "error", "detail", "heading"]

PAST_TENSE = {"yank": "yanked", "restore": "restored", "remove": "removed"}

_MOST_FILES = 10
"""So many published files are named at the end of a run."""


class Line(NamedTuple):
    """A line of the report; a terminal may show its meaning by a colour. A hint begins a line of its own."""

    text: str
    meaning: Meaning = "plain"


def as_text(report: Report, *, verbose: bool = False, quiet: bool = False) -> str:
    """The report for people, as text: see ``as_lines``."""
    return "\n".join(line.text for line in as_lines(report, verbose=verbose, quiet=quiet))


def as_lines(
    report: Report,
    *,
    verbose: bool = False,
    quiet: bool = False,
    names_published: bool = False,
    seconds: float | None = None,
) -> list[Line]:
    """The report for people.

    ``verbose`` adds the tags that were skipped. ``quiet`` leaves only warnings, errors and new failures.
    ``names_published`` adds the first files that were published, ``seconds`` how long the run took.
    """
    if quiet and not report.dry_run:
        return list(_problems(report, quiet=True))
    return list(_lines(report, verbose=verbose, names_published=names_published, seconds=seconds))


def _lines(report: Report, *, verbose: bool, names_published: bool, seconds: float | None) -> Iterator[Line]:
    plan = report.plan
    yield from _adoption(report, with_files=verbose or report.dry_run)
    if verbose:
        yield from (
            Line(f"skipped {label(skipped.tag)}: {skipped.reason}", "detail") for skipped in plan.skip
        )
        yield from (
            Line(f"not in {published.release.filename}: {', '.join(published.left_out)}", "detail")
            for published in report.published
            if published.left_out
        )
        yield from (
            Line(f"no wheel of {name}: {reason}", "detail") for name, reason in wheels.explained(report)
        )
    if report.dry_run:
        yield from (Line(f"would build {label(tag)}", "change") for tag in plan.build)
        yield from (Line(f"would build a wheel of {each.filename}", "change") for each in plan.wheels)
    yield from _release_changes(report)
    yield from _unusual_pythons(report)
    yield from (Line(text, "detail") for text in workers.built_by(report))
    if report.dry_run:
        if report.cluster and (plan.build or plan.wheels):
            yield Line(f"The Dask cluster at {report.cluster} would build them.")
        also = f" and {count(len(plan.wheels), 'wheel')}" if plan.wheels else ""
        yield Line(f"Dry run: {count(len(plan.build), 'tag')}{also} to build, {len(plan.skip)} skipped.")
    if report.verification:
        yield from _verification(report.verification)
    if names_published:
        yield from _published_files(report)
    yield from _problems(report)
    yield from _still_failing(report)
    if not report.dry_run:
        yield _summary(report, seconds)


def _unusual_pythons(report: Report) -> Iterator[Line]:
    """By which Python releases were made if it is not the usual one."""
    published = [each for each in report.published if each.release.python]
    for group in group_equal(published, lambda each: each.tag, lambda each: each.release.python):
        tags = [each.tag for each in group]
        yield Line(f"built by {group[0].release.python}: {group_label(tags)}", "detail")


def _release_changes(report: Report) -> Iterator[Line]:
    for change in report.plan.release_changes:
        if change.action in PAST_TENSE:
            verb = f"would {change.action}" if report.dry_run else PAST_TENSE[change.action]
            reason = f": {change.reason}" if change.reason else ""
            yield Line(f"{verb} {change.release.filename}{reason}", "change")


def _problems(report: Report, *, quiet: bool = False) -> Iterator[Line]:
    """Warnings, failures and errors; with ``quiet`` no failure that was reported before."""
    yield from _warnings_of_tags(report)
    yield from (Line(f"warning: {text}", "warning") for text in wheels.warnings(report))
    yield from (Line(f"warning: {text}", "warning") for text in report.warnings)
    for name, missing in wheels.new_failures(report):
        yield Line(f"no wheel of {name}: {missing.reason}", "failure")
        yield Line(f"    log of {missing.filename}: {missing.log_file}", "detail")
    yield from (Line(f"warning: {text}", "warning") for text in workers.warnings(report))
    for is_repeated in (False,) if quiet else (False, True):
        rejected = [each for each in report.rejected if each.is_repeated == is_repeated]
        of_projects = group_equal(rejected, lambda each: each.tag, lambda each: each.reason)
        for groups in group_projects(of_projects, lambda each: each.tag, lambda each: each.reason):
            yield from _failure(groups)
    yield from (Line(f"error: {problem.file} {problem.problem}", "error") for problem in broken_files(report))
    yield from (Line(f"error: {text}", "error") for text in report.nothing_found)
    yield from (Line(f"error: {text}", "error") for text in report.errors)


def _warnings_of_tags(report: Report) -> Iterator[Line]:
    warnings = [(published.tag, text) for published in report.published for text in published.warnings]
    for group in group_equal(warnings, lambda warning: warning[0], lambda warning: warning[1]):
        yield Line(f"warning: {group_label([tag for tag, _text in group])}: {group[-1][1]}", "warning")


def _adoption(report: Report, *, with_files: bool) -> Iterator[Line]:
    verb, negative = ("would take", "would not take") if report.dry_run else ("took", "did not take")
    all_adopted = report.adoption.adopted
    for adopted in all_adopted if with_files else ():
        release = adopted.release
        tag = release.tag_url or "no tag"
        if adopted.wheel:
            sdist = f"{release.project}/{release.filename}"
            yield Line(f"{verb} over {adopted.file} as a wheel of {sdist} ({tag})", "success")
            continue
        yield Line(f"{verb} over {adopted.file} as {release.project}/{release.filename} ({tag})", "success")
    if all_adopted:
        tagged = sum(bool(adopted.release.tag_url) for adopted in all_adopted)
        yield Line(f"{verb} over {count(len(all_adopted), 'archive')}, {tagged} with a known tag", "success")
    for not_adopted in report.adoption.not_adopted:
        yield Line(f"{negative} over {not_adopted.file}: {not_adopted.reason}", "warning")


def _verification(verification: Verification) -> Iterator[Line]:
    """What was found and is not broken, and how many files were compared and repaired."""
    for problem in verification.problems:
        if problem.outcome != "broken":
            verb = "found" if problem.outcome == "told" else problem.outcome
            yield Line(f"{verb} {problem.file}: {problem.problem}", "change")
    repaired = sum(problem.outcome == "repaired" for problem in verification.problems)
    yield Line(f"verified {count(verification.files, 'file')}, repaired {repaired}")


def _failure(groups: list[list[Rejected]]) -> Iterator[Line]:
    """One paragraph for tags that failed alike; reason and log are those of the newest version.

    Of several projects they are those of the first one.
    """
    newest = groups[0][-1]
    again = "again " if newest.is_repeated else ""
    yield Line(f"failed {again}{_label(groups)}: {newest.reason}", "failure")
    for reason, toolchains in group_attempts(newest.attempts[1:]).items():
        # What stands first has the cure at its end, which those of the attempts lack.
        is_same = newest.reason.startswith(reason)
        text = f"the same with {toolchains}" if is_same else f"{toolchains}: {reason}"
        yield Line(f"    {text}", "detail")
    of_tag = f" of {label(newest.tag)}" if len(groups) > 1 else ""
    if len(groups) == 1 and len(groups[0]) > 1:
        of_tag = f" of {newest.tag.name}"
    yield Line(f"    log{of_tag}: {newest.log_file}", "detail")


def _still_failing(report: Report) -> Iterator[Line]:
    failing = report.plan.known_failures
    if failing:
        tags = count(len(failing), "tag")
        yield Line(
            f"{tags} failed before, and nothing has changed since. To build again, use --retry-failed:"
        )
    of_projects = group_equal(failing, lambda still: still.tag, lambda still: still.failure.reason)
    for groups in group_projects(of_projects, lambda still: still.tag, lambda still: still.failure.reason):
        yield Line(f"    {_label(groups)}: {groups[0][-1].failure.reason}", "failure")


def _label(groups: list[list[Rejected]] | list[list[KnownFailure]]) -> str:
    tags = [[each.tag for each in group] for group in groups]
    return group_label(tags[0]) if len(tags) == 1 else projects_label(tags)


def _published_files(report: Report) -> Iterator[Line]:
    added = [published for published in report.published if not published.is_file_kept]
    if added:
        yield Line("published:")
    for published in added[:_MOST_FILES]:
        yield Line(f"    {published.release.filename}", "success")
    if len(added) > _MOST_FILES:
        yield Line(f"    and {len(added) - _MOST_FILES} more", "detail")


def _summary(report: Report, seconds: float | None) -> Line:
    kept = sum(published.is_file_kept for published in report.published)
    parts = [f"{len(report.published) - kept} published"]
    if kept:
        parts.append(f"{kept} kept")
    if report.rejected:
        parts.append(f"{len(report.rejected)} failed")
    if report.plan.known_failures:
        parts.append(f"{len(report.plan.known_failures)} still failing")
    if wheels_added := sum(bool(result.filename) for result in report.wheels):
        parts.append(f"{count(wheels_added, 'wheel')} added")
    if not report.published and not report.rejected:
        parts[0] = "nothing to build"
    content = f"{count(report.releases, 'release')} of {count(report.projects, 'project')}"
    took = "" if seconds is None else f" in {duration(seconds)}"
    return Line(f"{', '.join(parts)}{took}; {report.destination} holds {content}.", "heading")
