"""Decide which tags to build: tags and what is known of them in, a ``Plan`` out. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.index.file_conflicts import may_replace_file
from sdistmaker_recipe.index.name_rules import folder_of, may_use_line
from sdistmaker_recipe.model import Failure, KnownFailure, Plan, Release, Skipped, Tag
from sdistmaker_recipe.names import canonicalize_name, canonicalize_version, same_version, version_key


@dataclass(frozen=True, slots=True)
class CatalogState:
    """What earlier runs left: releases and failures by origin, and releases whose file is gone.

    ``releases_without_tag`` are the releases whose tags were deleted, each by project and version as
    ``packaging.utils.canonicalize_version`` has it; another tag may take one over. ``published_elsewhere``
    are the releases that projects of other repositories keep, by the origins of the tags that build them too.
    """

    releases: Mapping[str, Release] = field(default_factory=dict)
    failures: Mapping[str, Failure] = field(default_factory=dict)
    missing_files: Set[str] = frozenset()
    releases_without_tag: Set[tuple[str, str]] = frozenset()
    published_elsewhere: Mapping[str, Release] = field(default_factory=dict)


def plan(tags: Iterable[Tag], known: CatalogState, configuration: Configuration, version: str) -> Plan:
    """What to do with each of the tags; ``version`` is this package's own, a reason to try again."""
    # Repositories can overlap; the one that is named first has the tag.
    every = sorted({tag.origin: tag for tag in reversed(list(tags))}.values())
    skipped = {**_prereleases(every, configuration), **_too_old(every, configuration)}
    build: list[Tag] = []
    failing: list[KnownFailure] = []
    for tag in every:
        release = known.releases.get(tag.origin)
        lost = release is not None and release.origin in known.missing_files
        failure = known.failures.get(tag.origin)
        if release is not None and not lost and not may_replace_file(release, tag.revision, configuration):
            skipped[tag] = published(tag, release)
        elif release is None and (kept := known.published_elsewhere.get(tag.origin)):
            skipped[tag] = kept_elsewhere(kept)
        elif tag in skipped and not lost and not _may_take_over(tag, known.releases_without_tag):
            continue
        # What follows holds whatever a filter says: a file that was published is made again.
        elif failure is not None and _stands(failure, tag, configuration, version):
            failing.append(KnownFailure(tag, failure))
        else:
            build.append(tag)
    for tag in (*build, *(each.tag for each in failing)):
        skipped.pop(tag, None)
    skips = tuple(Skipped(tag, skipped[tag]) for tag in every if tag in skipped)
    return Plan(build=tuple(build), skip=skips, known_failures=tuple(failing))


def _may_take_over(tag: Tag, releases_without_tag: Set[tuple[str, str]]) -> bool:
    return (canonicalize_name(tag.project), canonicalize_version(tag.version)) in releases_without_tag


def _stands(failure: Failure, tag: Tag, configuration: Configuration, version: str) -> bool:
    return failure.is_permanent and failure.fingerprint == fingerprint(tag, configuration, version)


def fingerprint(tag: Tag, configuration: Configuration, version: str) -> str:
    """A digest of all that could make a failing tag build after all."""
    handed_over = [line for line in configuration.hand_over if same_version(line.version, tag.version)]
    other_names = [line for line in configuration.other_names if may_use_line(folder_of(tag), line)]
    matters = (tag.revision, *_matters(configuration, version), *handed_over, *other_names)
    return hashlib.sha256(repr(matters).encode()).hexdigest()


def options_digest(configuration: Configuration, version: str) -> str:
    """A digest of all but the tags that could change a plan: while it is the same, only other tags matter."""
    matters = (
        *_matters(configuration, version),
        configuration.prereleases,
        configuration.newest,
        configuration.deleted_tags,
        configuration.moved_tags,
        configuration.yank,
        configuration.hand_over,
        configuration.other_names,
    )
    return hashlib.sha256(repr(matters).encode()).hexdigest()


def _matters(configuration: Configuration, version: str) -> tuple[object, ...]:
    return (
        version,
        configuration.timeout,
        configuration.build_index,
        configuration.python,
        configuration.pythons,
        configuration.toolchain,
        configuration.build_requires,
        configuration.include_versioned_files,
        configuration.verify_builds,
        configuration.sandbox,
        configuration.unbuildable,
        configuration.version_mismatch,
        configuration.externals,
    )


def published(tag: Tag, release: Release) -> str:
    """Why a published tag is left alone."""
    if release.revision == tag.revision:
        return f"published as {release.filename}"
    return (
        f"published as {release.filename} from revision {release.revision}; "
        f"the tag is now at {tag.revision}, the published file stays"
    )


def kept_elsewhere(release: Release) -> str:
    """Why a tag is left alone that builds a release of another project of the same name."""
    return f"published as {release.filename} from {release.tag_url}, which is still there"


def _prereleases(tags: Iterable[Tag], configuration: Configuration) -> dict[Tag, str]:
    if configuration.prereleases:
        return {}
    return {tag: "a pre-release, and prereleases is false" for tag in tags if _is_prerelease(tag)}


def _is_prerelease(tag: Tag) -> bool:
    known, version, _ = version_key(tag.version)
    return bool(known) and version.is_prerelease


def _too_old(tags: Iterable[Tag], configuration: Configuration) -> dict[Tag, str]:
    """All but the newest so many of each project; pre-releases that are left out do not count."""
    if not configuration.newest:
        return {}
    projects: dict[tuple[str, str], list[Tag]] = defaultdict(list)
    for tag in tags:
        if configuration.prereleases or not _is_prerelease(tag):
            projects[tag.repository, tag.project_path].append(tag)
    reason = f"not among the newest {configuration.newest} of its project"
    old: dict[Tag, str] = {}
    for of_one in projects.values():
        newest_first = sorted(of_one, key=lambda tag: version_key(tag.version), reverse=True)
        old |= dict.fromkeys(newest_first[configuration.newest :], reason)
    return old
