"""Explain what was decided about a URL, a project or a tag, and why. Nothing is changed.

The repositories are scanned and the next run is planned, as in a dry run. So the answer holds for what is in
the repository now.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.catalog.name_use import name_use
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.flow.context import Listener, RunContext
from sdistmaker_recipe.flow.explained_subject import (
    Decisions,
    is_project_of,
    paths_meant,
    releases_named,
    source_and_path,
    tags_named,
)
from sdistmaker_recipe.flow.opening import Run, open_run
from sdistmaker_recipe.flow.planning import plan
from sdistmaker_recipe.flow.scanning import scan
from sdistmaker_recipe.index import name_rules
from sdistmaker_recipe.model import ADOPTED, Attempt, Release, Tag
from sdistmaker_recipe.names import canonicalize_name, version_key
from sdistmaker_recipe.stages.report import Line, group_attempts, label, tag_names
from sdistmaker_recipe.stages.scan import Source
from sdistmaker_recipe.vcs.tag_filter import TagFilter, first_match

_MOST_TAGS = 5
"""So many tags are explained in full; of more, each has one line."""

_ATTEMPT = re.compile(r"^--- (?P<toolchain>[^:\n]+): (?P<reason>.*)$", re.MULTILINE)
"""The heading of a toolchain's output in the log of a failed tag."""

_LOG_SIZE = 4_000_000


class Explanation(NamedTuple):
    """What is known; ``is_known`` is false if nothing is."""

    is_known: bool
    lines: tuple[Line, ...]


def explain(
    configuration: Configuration, context: RunContext, listener: Listener, subject: str
) -> Explanation:
    """Explain ``subject``: a URL, the name or path of a project, a tag, or the name of an archive.

    Raises ``SdistmakerError``.
    """
    context = replace(context, dry_run=True, tell_all=True)
    with open_run(configuration, context, listener) as run:
        return explain_in(run, subject.strip())


def explain_in(run: Run, subject: str) -> Explanation:
    """Explain the subject by a dry run that is open. Raises ``SdistmakerError``."""
    lines = tuple(_explain(subject, _decide(run), run)) if subject else ()
    return Explanation(is_known=bool(lines), lines=lines or tuple(_unknown(subject, run)))


def _decide(run: Run) -> Decisions:
    scanned = scan(run)
    planned = plan(scanned, run).plan
    next_run = {tag.origin: "builds this tag" for tag in planned.build}
    next_run |= {skipped.tag.origin: f"does not build it: {skipped.reason}" for skipped in planned.skip}
    next_run |= {
        known.tag.origin: "does not build it again, because nothing has changed since it failed. "
        "To build it again, use --retry-failed"
        for known in planned.known_failures
    }
    return Decisions(
        tags=[tag for found in scanned.scans for tag in run.scan_state.tags(found)],
        releases={release.origin: release for release in run.catalog.releases.all()},
        failures={failure.origin: failure for failure in run.catalog.failures.all()},
        next_run=next_run,
    )


def _explain(subject: str, decisions: Decisions, run: Run) -> Iterator[Line]:
    """Everything that the subject can mean; nothing if it means nothing."""
    source, path = source_and_path(subject, run.sources)
    if source is not None:
        tags = [tag for tag in decisions.tags if tag.repository == source.url]
        project = next((tag.project_path for tag in tags if tag.project_path == path), None)
        of_path = [tag for tag in tags if f"{path}/".startswith(f"{tag.path}/")]
        if of_path or project is None:
            yield from _explain_tags(of_path, decisions, run) if of_path else _explain_path(source, path, run)
        else:
            yield from _explain_projects([tag for tag in tags if tag.project_path == path], decisions, run)
        return
    tags = tags_named(subject, decisions)
    releases = releases_named(subject, decisions, {tag.origin for tag in tags})
    is_project = bool(tags) and all(is_project_of(subject, tag) for tag in tags)
    yield from _explain_projects(tags, decisions, run) if is_project else _explain_tags(tags, decisions, run)
    for release in releases:
        yield from _explain_release_without_tag(release, run)
    if not tags and not releases:
        for source in run.sources:
            for path in paths_meant(subject, source, decisions):
                yield from _explain_path(source, path, run)
        yield from _explain_name(subject, run)


def _explain_tags(tags: Sequence[Tag], decisions: Decisions, run: Run) -> Iterator[Line]:
    for tag in tags:
        if len(tags) > _MOST_TAGS:
            yield Line(f"{label(tag)} ({tag.url}): {_state(tag, decisions)}")
        else:
            yield from _explain_tag(tag, decisions, run)


def _explain_tag(tag: Tag, decisions: Decisions, run: Run) -> Iterator[Line]:
    yield Line(label(tag), "heading")
    yield Line(f"    tag: {tag.url}, revision {tag.revision} of {tag.time:%Y-%m-%d %H:%M} UTC")
    source = next(source for source in run.sources if source.url == tag.repository)
    for reason in _reasons(source, tag.path, run):
        yield Line(f"    found: {reason}")
    if release := decisions.releases.get(tag.origin):
        yield from _describe_release(release, run)
        yield from _describe_name(tag, release, run)
    if failure := decisions.failures.get(tag.origin):
        yield Line(f"    failed: {failure.reason}", "failure")
        yield from _describe_attempts(failure.log_file)
    yield Line(f"    next run: {_next_run(tag, decisions)}")


def _next_run(tag: Tag, decisions: Decisions) -> str:
    return decisions.next_run.get(tag.origin, "leaves it as it is")


def _describe_release(release: Release, run: Run) -> Iterator[Line]:
    path = run.store.folder / release.project / release.filename
    time = f"{release.sdist.upload_time:%Y-%m-%d %H:%M} UTC"
    yield Line(f"    published: {release.name} {release.version} as {path}, {time}", "success")
    if release.toolchain:
        yield Line(f"    built by: {release.toolchain}")
    for wheel in release.wheels:
        yield Line(f"    wheel: {wheel.filename}, {wheel.upload_time:%Y-%m-%d %H:%M} UTC", "success")
    if missing := run.catalog.wheels.missing(release):
        yield Line(f"    no wheel: {missing.reason}", "failure" if missing.is_failure else "plain")
    if release.yanked is not None:
        yield Line(f"    yanked: {release.yanked or 'no reason is given'}", "warning")


def _describe_name(tag: Tag, release: Release, run: Run) -> Iterator[Line]:
    """Why a tag may publish under a name that is not that of its folder."""
    folder = name_rules.folder_of(tag)
    if release.project == folder.normalised:
        return
    line = name_rules.allowing_line(folder, release.project, run.configuration.other_names)
    use = name_use(release.project, run.catalog, run.configuration.other_names)
    owner = name_rules.owner_of(use)
    if line:
        why = f"other-names = {line} allows it"
    elif owner is None or owner.origin == tag.project_origin:
        why = "it belongs to this folder, which was the first to publish it"
    else:
        why = f"it belongs to {name_rules.whose(owner.origin)}, and new tags of this folder are refused"
    yield Line(f"    name: {release.project}; {why}")


def _describe_attempts(log_file: Path) -> Iterator[Line]:
    try:
        with log_file.open(encoding="utf-8", errors="replace") as file:
            text = file.read(_LOG_SIZE)
    except OSError as error:
        yield Line(f"    log: {log_file} cannot be read ({error.strerror})", "warning")
        return
    attempts = [Attempt(found["toolchain"], found["reason"]) for found in _ATTEMPT.finditer(text)]
    for reason, toolchains in group_attempts(attempts).items():
        yield Line(f"    tried: {toolchains}: {reason}", "detail")
    yield Line(f"    log: {log_file}", "detail")


def _explain_release_without_tag(release: Release, run: Run) -> Iterator[Line]:
    yield Line(f"{release.name} {release.version}", "heading")
    if release.origin.startswith(ADOPTED) or not release.tag_url:
        yield Line("    tag: not known; the archive was in the index before")
    else:
        deleted = release.tag_deleted_in
        gone = f", deleted in revision {deleted}" if deleted else ", which this scan does not find"
        yield Line(f"    tag: {release.tag_url}{gone}")
        source, path = source_and_path(release.tag_url, run.sources)
        if source is not None and not deleted:
            for reason in _reasons(source, path, run):
                yield Line(f"    found: {reason}")
    yield from _describe_release(release, run)


def _explain_projects(tags: Sequence[Tag], decisions: Decisions, run: Run) -> Iterator[Line]:
    """Each project of these tags, with one line for tags of which the same is to be said."""
    for repository, path in dict.fromkeys((tag.repository, tag.project_path) for tag in tags):
        of_project = [tag for tag in tags if (tag.repository, tag.project_path) == (repository, path)]
        source = next(source for source in run.sources if source.url == repository)
        yield Line(f"{of_project[0].project} ({repository}/{path})".replace("/)", ")"), "heading")
        for reason in _reasons(source, _folder_of_tags(path, of_project), run):
            yield Line(f"    found: {reason}")
        states: dict[str, list[Tag]] = {}
        for tag in sorted(of_project, key=lambda tag: version_key(tag.version)):
            states.setdefault(_state(tag, decisions), []).append(tag)
        for state, group in states.items():
            yield Line(f"    {tag_names(group)}: {state}")


def _folder_of_tags(project: str, tags: Iterable[Tag]) -> str:
    """The folder of a project, or the lowest one that holds its tags if one of them is elsewhere."""
    paths = [tag.path for tag in tags]
    if not project or all(path.startswith(f"{project}/") for path in paths):
        return project
    return os.path.commonpath([path.rpartition("/")[0] for path in paths])


def _state(tag: Tag, decisions: Decisions) -> str:
    """What became of a tag, in one line."""
    if release := decisions.releases.get(tag.origin):
        return f"published as {release.filename}{', and yanked' if release.yanked is not None else ''}"
    if failure := decisions.failures.get(tag.origin):
        return f"failed: {failure.reason}"
    return f"the next run {_next_run(tag, decisions)}"


def _explain_path(source: Source, path: str, run: Run) -> Iterator[Line]:
    """What a scan makes of a path that is neither a release tag nor a project with release tags."""
    found = source.repository.explain(path, TagFilter.of(source.url, run.configuration))
    if found.is_there:
        yield Line(f"{source.url}/{path}".rstrip("/"), "heading")
        for reason in found.reasons:
            yield Line(f"    {reason}")


def _explain_name(name: str, run: Run) -> Iterator[Line]:
    """Why a name is private that has no release."""
    normalised = canonicalize_name(name)
    if glob := first_match(name, run.configuration.reserved) or first_match(
        normalised, run.configuration.reserved
    ):
        yield Line(f"{name} is no project here. The option reserved keeps the name private: {glob}")
    elif normalised in run.catalog.private_names.all():
        yield Line(f"{name} has no release. The name is private, so web servers never redirect it.")


def _reasons(source: Source, path: str, run: Run) -> tuple[str, ...]:
    return source.repository.explain(path, TagFilter.of(source.url, run.configuration)).reasons


def _unknown(subject: str, run: Run) -> Iterator[Line]:
    yield Line(f"{subject}: no tag, project, release or folder of this name or URL is known.", "failure")
    yield Line("Looked at:")
    for source in run.sources:
        yield Line(f"    {source.url}")
    yield Line(f"    {run.store.folder}")
    yield Line("Write a URL, the name of a project, a tag such as 1.0, or both, such as 'acme 1.0'.")
