"""Projects whose tags are in another repository than before, for instance in git and not in Subversion.

Each release belongs to the tag that it was made from. If its project is not found any more, and a tag of the
same project and version is in another repository, the release is given to that one, as it is. Nobody has
built that tag, so the name must belong to no third project (``name_rules.may_inherit``). As long as its
project is there, the release keeps its tag, be it deleted or not: see ``flow.twins``.

A repository of git or Mercurial can also move within a folder that is read as one. Then a tag of the same
project and version counts if it is at the same commit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from sdistmaker_recipe.catalog import Catalog, name_use
from sdistmaker_recipe.catalog.scan_state import Scan, ScanState
from sdistmaker_recipe.configuration.option_types import OtherName
from sdistmaker_recipe.flow.twins import are_apart, is_same_release
from sdistmaker_recipe.index.file_conflicts import name_rank, tag_name
from sdistmaker_recipe.index.name_rules import allowing_line, folder_of, may_inherit, owner_before
from sdistmaker_recipe.model import (
    ADOPTED,
    TAGS,
    Release,
    Tag,
    project_name,
    project_origin,
    repository_of,
)
from sdistmaker_recipe.names import canonicalize_name

_SHORTEST_ID = 40
"""The digits of a commit's id in git and Mercurial, at least."""
_MATCHED = "repositories whose tags were compared with all releases"


def match_releases(
    scans: Sequence[Scan], scan_state: ScanState, catalog: Catalog, other_names: Sequence[OtherName]
) -> tuple[str, ...]:
    """Give releases of projects that left the tags of other repositories; a warning for each of these.

    All releases are compared after a change of the repositories or of what is read in them, otherwise those
    of projects that changed. ``other_names`` is the option. Raises ``StoreError``.
    """
    read = " ".join(sorted(origin for _url, origin in scan_state.repositories()))
    is_full = catalog.note(_MATCHED) != read or any(not scan.options_digest for scan in scans)
    releases = _releases_to_match(scans, scan_state, catalog, is_full=is_full)
    orphans = [release for release in releases if not release.origin.startswith(ADOPTED)]
    orphans = _without_tag(orphans, scan_state) if orphans else []
    tags = _free_tags(orphans, scan_state, catalog, other_names) if orphans else {}
    pairs = _pairs(orphans, tags, scan_state, catalog, other_names) if tags else []
    heirs = _heirs_of_names(pairs, catalog, other_names)
    with catalog.batch():
        for release, tag in pairs:
            catalog.releases.assign_tag(release, tag)
        for release, tag in heirs:
            name_use.pass_on_name(release, tag, catalog)
        # A release that is given may have been withdrawn. One that is not given may be what a tag builds.
        scan_state.mark_pending([*(tag for _release, tag in pairs), *_twins(orphans, tags)])
        _finish_repositories(pairs, catalog)
        if is_full and catalog.note(_MATCHED) != read:
            catalog.set_note(_MATCHED, read)
    return tuple(_warnings(pairs, orphans))


def _releases_to_match(
    scans: Sequence[Scan], scan_state: ScanState, catalog: Catalog, *, is_full: bool
) -> list[Release]:
    """The releases whose tags may be in another repository now."""
    read = {repository_of(origin) for _url, origin in scan_state.repositories()}
    if is_full:
        # The tags of a single repository are not in another one.
        return catalog.releases.all() if len(read) > 1 else catalog.releases.of_other_repositories(read)
    names = {name for scan in scans for name in scan_state.project_names(scan, pending=True)}
    gone = [tag.origin(scan.origin) for scan in scans for tag in scan_state.gone_tags(scan)]
    if not names and not gone:
        return []
    found = catalog.releases.of_other_repositories(read)
    without_tag = catalog.releases.of_tags(gone).values()
    # All releases of a project go together, also those whose tags were deleted before.
    of_projects = {release.project for release in without_tag} | (names if len(read) > 1 else set())
    found += [release for name in of_projects for release in catalog.releases.of_project(name)]
    return [*{release.origin: release for release in found}.values()]


def _without_tag(releases: Sequence[Release], scan_state: ScanState) -> list[Release]:
    """The releases whose tags no repository has that is read."""
    found: set[str] = set()
    by_repository: defaultdict[str, list[str]] = defaultdict(list)
    for release in releases:
        by_repository[repository_of(release.origin)].append(release.origin)
    for url, origin in scan_state.repositories():
        scan, origins = scan_state.scan(url), by_repository[repository_of(origin)]
        if scan is not None and origins:
            found.update(tag.origin for tag in scan_state.tags_from(scan, origins))
    return [release for release in releases if release.origin not in found]


def _pairs(
    orphans: Sequence[Release],
    tags: dict[str, list[Tag]],
    scan_state: ScanState,
    catalog: Catalog,
    other_names: Sequence[OtherName],
) -> list[tuple[Release, Tag]]:
    """Each release with the tag that it is given, all of a project with tags of one project."""
    by_project: defaultdict[tuple[str, str], list[Release]] = defaultdict(list)
    for release in orphans:
        by_project[release.project, project_origin(release.origin)].append(release)
    namesakes = Counter(folder for group in by_project.values() for folder in _folder_names(group[0]))
    pairs: list[tuple[Release, Tag]] = []
    taken: set[str] = set()
    for (name, origin), releases in sorted(by_project.items()):
        if all(release.tag_deleted_in is not None for release in releases):
            # The project was given up, and has not moved: a build decides what is in a tag of its name.
            continue
        candidates = [tag for tag in tags.get(name, ()) if _has_moved_to(tag, releases)]
        for line_name in _names_by_option(name, other_names):
            candidates += [
                tag
                for tag in tags.get(line_name, ())
                if _has_moved_to(tag, releases) and allowing_line(folder_of(tag), name, other_names)
            ]
        if not candidates:
            candidates = _by_folder(releases, tags, namesakes)
        heirs = _heirs(name, origin, candidates, scan_state, catalog, other_names)
        candidates = [tag for tag in candidates if tag.project_origin in heirs]
        matches = _best_project(releases, [tag for tag in candidates if tag.origin not in taken])
        taken |= {tag.origin for _release, tag in matches}
        pairs += matches
    return pairs


def _free_tags(
    orphans: Iterable[Release], scan_state: ScanState, catalog: Catalog, other_names: Sequence[OtherName]
) -> dict[str, list[Tag]]:
    """The tags without a release, by the normalised names of their folders."""
    names = {name for release in orphans for name in (release.project, *_folder_names(release))}
    names |= {name for project in tuple(names) for name in _names_by_option(project, other_names)}
    found: defaultdict[str, list[Tag]] = defaultdict(list)
    for name, tags in scan_state.projects_named(sorted(names)):
        found[name] += tags
    published = catalog.releases.of_tags({tag.origin for tags in found.values() for tag in tags})
    return {name: [tag for tag in tags if tag.origin not in published] for name, tags in found.items()}


def _heirs(
    name: str,
    origin: str,
    tags: Iterable[Tag],
    scan_state: ScanState,
    catalog: Catalog,
    other_names: Sequence[OtherName],
) -> set[str]:
    """The projects of these tags that may get the releases of a name that the project at an origin has."""
    folders = {tag.project_origin: folder_of(tag) for tag in tags}
    if not folders:
        return set()
    there = {place for place in scan_state.places_of(origin) if scan_state.has_project(place)}
    use = name_use.name_use(name, catalog, other_names)
    return {
        project
        for project, folder in folders.items()
        if there <= {project} and may_inherit(folder, origin, use, other_names)
    }


def _heirs_of_names(
    pairs: Iterable[tuple[Release, Tag]], catalog: Catalog, other_names: Sequence[OtherName]
) -> list[tuple[Release, Tag]]:
    """Of pairs of releases and tags those in which the name of the release goes to the tag's project too.

    The first pair of each project is enough.
    """
    first = {(release.project, project_origin(release.origin)): (release, tag) for release, tag in pairs}
    found: list[tuple[Release, Tag]] = []
    for (name, origin), pair in first.items():
        owner = owner_before(origin, name_use.name_use(name, catalog, other_names))
        if owner is not None and owner.origin == origin:
            found.append(pair)
    return found


def _twins(releases: Iterable[Release], tags: dict[str, list[Tag]]) -> Iterator[Tag]:
    """The tags of other repositories that may build one of these releases."""
    for release in releases:
        for name in (release.project, *_folder_names(release)):
            for tag in tags.get(name, ()):
                if are_apart(release, tag) and is_same_release(release, tag):
                    yield tag


def _by_folder(releases: Sequence[Release], tags: dict[str, list[Tag]], namesakes: Counter[str]) -> list[Tag]:
    """The tags of the one project whose folder is named like that of releases; none if there are several."""
    for name in _folder_names(releases[0]):
        candidates = [tag for tag in tags.get(name, ()) if _has_moved_to(tag, releases)]
        if candidates and namesakes[name] == 1 and len({tag.project_origin for tag in candidates}) == 1:
            return candidates
    return []


def _best_project(releases: Sequence[Release], tags: Iterable[Tag]) -> list[tuple[Release, Tag]]:
    """The pairs of releases and tags of the project that has most of them."""
    by_project: defaultdict[str, list[Tag]] = defaultdict(list)
    for tag in tags:
        by_project[tag.project_origin].append(tag)
    path = project_origin(releases[0].origin).partition("/")[2]
    best: list[tuple[Release, Tag]] = []
    for _project, candidates in sorted(
        by_project.items(), key=lambda item: (item[0].partition("/")[2] != path, item[0])
    ):
        pairs = _of_one_project(releases, candidates)
        if len(pairs) > len(best):
            best = pairs
    return best


def _of_one_project(releases: Sequence[Release], tags: Sequence[Tag]) -> list[tuple[Release, Tag]]:
    """Pairs of releases and tags: tags of the same name first, then those that say the version best."""
    possible = [
        (tag.name != tag_name(release), name_rank(tag.name, release.version), release.origin, tag.origin)
        for release in releases
        for tag in tags
        if is_same_release(release, tag) and _has_moved_to(tag, [release])
    ]
    by_origin, tag_of = {each.origin: each for each in releases}, {each.origin: each for each in tags}
    given: dict[str, str] = {}
    used: set[str] = set()
    for _is_renamed, _rank, origin, new_origin in sorted(possible):
        if origin not in given and new_origin not in used:
            given[origin] = new_origin
            used.add(new_origin)
    return [(by_origin[origin], tag_of[new_origin]) for origin, new_origin in given.items()]


def _has_moved_to(tag: Tag, releases: Iterable[Release]) -> bool:
    """Whether the tag of one of these releases can be this one now."""
    return any(are_apart(release, tag) or _is_same_commit(release, tag) for release in releases)


def _is_same_commit(release: Release, tag: Tag) -> bool:
    """Whether a tag of another project is at the commit of a release. Numbers of revisions are no ids."""
    is_id = len(tag.revision) >= _SHORTEST_ID
    return is_id and release.is_at(tag.revision) and project_origin(release.origin) != tag.project_origin


def _folder_names(release: Release) -> set[str]:
    """The normalised names that the folder of a release's tag has, as its origin and its URL say."""
    by_url = project_name(release.tag_url.rpartition(f"/{TAGS}/")[0], "")
    by_origin = project_origin(release.origin).partition("/")[2].rpartition("/")[2]
    return {canonicalize_name(name) for name in (by_url, by_origin) if name}


def _names_by_option(name: str, other_names: Iterable[OtherName]) -> set[str]:
    """The normalised names of folders that may publish under a name, by the option other-names."""
    lines = [line for line in other_names if fnmatchcase(name, canonicalize_name(line.name))]
    return {canonicalize_name(line.project.rpartition("/")[2]) for line in lines} - {name}


def _finish_repositories(pairs: Iterable[tuple[Release, Tag]], catalog: Catalog) -> None:
    """Tags that are new there get the time of their upload, as they would have in the old repository."""
    finished = catalog.index_state.finished_repositories() if pairs else frozenset()
    moves = {(repository_of(release.origin), repository_of(tag.origin)) for release, tag in pairs}
    for repository in {new for old, new in moves if old in finished} - finished:
        catalog.index_state.finish_repository(repository)


def _warnings(pairs: Sequence[tuple[Release, Tag]], orphans: Sequence[Release]) -> Iterator[str]:
    within = Counter(tag.repository for release, tag in pairs if not are_apart(release, tag))
    for url, count in sorted(within.items()):
        yield (
            f"{url}: releases of projects that moved were recognised by their commits: {count}. Their files "
            "stay, and from now on the tags there count for them."
        )
    pairs = [(release, tag) for release, tag in pairs if are_apart(release, tag)]
    counts = Counter(tag.repository for _release, tag in pairs)
    given = {release.origin for release, _tag in pairs}
    left = Counter(release.project for release in orphans if release.origin not in given)
    projects: defaultdict[str, set[str]] = defaultdict(set)
    for release, tag in pairs:
        projects[tag.repository].add(release.project)
    for url, count in sorted(counts.items()):
        without = sum(left[project] for project in projects[url])
        rest = (
            f" Other releases of these projects have no such tag here and stay too: {without}."
            if without
            else ""
        )
        yield (
            f"{url}: releases that were published from another repository were recognised by project and "
            f"version: {count}. Their files stay, and from now on the tags here count for them.{rest}"
        )
