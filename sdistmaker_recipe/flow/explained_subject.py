"""What the subject of ``--explain`` can mean: a URL, or the name of a project, tag, release or file. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from sdistmaker_recipe.model import TAGS, Failure, Release, Tag, project_name
from sdistmaker_recipe.names import canonicalize_name, same_version
from sdistmaker_recipe.stages.scan import Source


class Decisions(NamedTuple):
    """Everything that is decided: tags, releases and failures by origin, and the plan of the next run."""

    tags: Sequence[Tag]
    releases: Mapping[str, Release]
    failures: Mapping[str, Failure]
    next_run: Mapping[str, str]


def source_and_path(subject: str, sources: Iterable[Source]) -> tuple[Source | None, str]:
    """The repository that a URL is in, and the path below it."""
    url = unquote(subject).rstrip("/")
    for source in sources:
        for start in (source.url, source.repository.url):
            root = unquote(start).rstrip("/")
            if f"{url}/".startswith(f"{root}/"):
                return source, url[len(root) :].strip("/")
    return None, ""


def tags_named(subject: str, decisions: Decisions) -> list[Tag]:
    """The tags of a project, or those with this path, name, version, or file; see ``_split``."""
    project, version = _split(subject)
    if version:
        return [
            tag
            for tag in decisions.tags
            if is_project_of(project, tag) and (tag.name == version or same_version(tag.version, version))
        ]
    if of_project := [tag for tag in decisions.tags if is_project_of(subject, tag)]:
        return of_project
    releases = decisions.releases
    project, _, version = subject.rpartition("-")
    return [
        tag
        for tag in decisions.tags
        if subject.strip("/") == tag.path
        or subject in (tag.name, tag.version)
        or (tag.origin in releases and _is_named(subject, releases[tag.origin]))
        or (project and is_project_of(project, tag) and same_version(tag.version, version))
    ]


def releases_named(subject: str, decisions: Decisions, explained: set[str]) -> list[Release]:
    """The releases of this name whose tags are not there any more, or not known."""
    there = {tag.origin for tag in decisions.tags} | explained
    project, version = _split(subject)
    return [
        release
        for origin, release in decisions.releases.items()
        if origin not in there
        and (
            _is_named(subject, release)
            or (
                version
                and release.project == canonicalize_name(project)
                and same_version(release.version, version)
            )
        )
    ]


def paths_meant(subject: str, source: Source, decisions: Decisions) -> Iterator[str]:
    """The paths in a repository that the subject can mean: itself, or a tag that is no release."""
    yield subject.strip("/")
    project, tag = _split(subject)
    if not tag:
        yield f"{TAGS}/{project.strip('/')}"
    else:
        tags = [found for found in decisions.tags if found.repository == source.url]
        known = {found.project_path for found in tags if is_project_of(project, found)}
        if project == project_name(source.url, ""):
            known.add("")
        for path in sorted(known) or [project]:
            yield f"{path}/{TAGS}/{tag}".strip("/")


def is_project_of(subject: str, tag: Tag) -> bool:
    """Whether the subject is the name or the path of a tag's project."""
    names = (tag.project, tag.project_path)
    return subject.strip("/") in names or canonicalize_name(subject) == canonicalize_name(tag.project)


def _is_named(subject: str, release: Release) -> bool:
    files = [file.filename for file in release.files]
    return subject in (release.name, release.tag_url, *files) or release.project == canonicalize_name(subject)


def _split(subject: str) -> tuple[str, str]:
    """The project and the version of ``PROJECT VERSION`` or ``PROJECT==VERSION``; the version may be ""."""
    project, _, version = subject.replace("==", " ").partition(" ")
    return project.strip(), version.strip()
