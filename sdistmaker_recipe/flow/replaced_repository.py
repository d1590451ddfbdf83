"""A repository that was replaced by another one at the same URL, for instance by a dump and a load.

Its UUID is another one then. A tag's origin begins with the UUID, so the releases have to be matched to the
tags of the new repository, or all of them would be built again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.catalog.scan_state import Scan, ScanState
from sdistmaker_recipe.model import Release, Tag, path_in_repository, project_and_path, repository_of
from sdistmaker_recipe.names import same_version


def match_releases(scans: Iterable[Scan], scan_state: ScanState, catalog: Catalog) -> tuple[str, ...]:
    """Give releases of replaced repositories the tags of the new ones; a warning for each such repository.

    A release is known again by its tag's URL. If the last scan read another UUID at this URL, the path of the
    tag is enough. Repositories that a run has dealt with already are passed over. Raises ``StoreError``.
    """
    new = [scan for scan in scans if not scan.options_digest]
    foreign = _releases_of_others(scan_state, catalog) if new else []
    return tuple(
        warning for scan in new if foreign for warning in _match_to_scan(scan, foreign, scan_state, catalog)
    )


def _match_to_scan(
    scan: Scan, foreign: Iterable[Release], scan_state: ScanState, catalog: Catalog
) -> tuple[str, ...]:
    former = scan_state.former_origin(scan)
    candidates = [(release, place) for release in foreign if (place := _place_now(release, scan, former))]
    if not candidates:
        return ()
    finished, uuid = catalog.index_state.finished_repositories(), scan.uuid
    matches = _matches(candidates, scan_state.tags(scan), catalog)
    catalog.releases.change_origins((release, _of_tag(release, tag)) for release, tag in matches)
    if {repository_of(release.origin) for release, _tag in matches} & finished:
        # Tags that are new in it get the time of their upload, as they would have in the old repository.
        catalog.index_state.finish_repository(uuid)
    # A repository that a run has finished was reported by that run.
    return (_warning(scan.url, len(candidates), matches),) if matches or uuid not in finished else ()


def _releases_of_others(scan_state: ScanState, catalog: Catalog) -> list[Release]:
    """The releases of tags of repositories that are not read any more."""
    own = {repository_of(origin) for _url, origin in scan_state.repositories()}
    return [release for release in catalog.releases.of_other_repositories(own) if release.tag_url]


def _place_now(release: Release, scan: Scan, former: str) -> str:
    """The place that a release's tag has in the scanned repository; "" if the tag was elsewhere.

    A place is the UUID of a repository and the path from its root.
    """
    if former and (found := project_and_path(release.origin, former)):
        return f"{scan.origin}/{found[1]}"
    url = f"{scan.url}/"
    is_below = release.tag_url.startswith(url)
    return f"{scan.origin}/{unquote(release.tag_url.removeprefix(url))}" if is_below else ""


def _matches(
    candidates: Iterable[tuple[Release, str]], tags: Iterable[Tag], catalog: Catalog
) -> list[tuple[Release, Tag]]:
    """Pairs of a release and its tag, which is at the place given and has the same revision or version."""
    by_place = {f"{repository_of(tag.origin)}/{path_in_repository(tag.origin)}": tag for tag in tags}
    pairs = [(release, by_place[place]) for release, place in candidates if place in by_place]
    fitting = [
        (release, tag)
        for release, tag in pairs
        if release.is_at(tag.revision) or same_version(tag.version, release.version)
    ]
    # If several repositories had such a tag, the same revision counts most, then the later upload.
    fitting.sort(key=lambda pair: (pair[0].is_at(pair[1].revision), pair[0].sdist.upload_time))
    best = {tag.origin: (release, tag) for release, tag in fitting}
    published = catalog.releases.of_tags(best)
    return [pair for origin, pair in best.items() if origin not in published]


def _of_tag(release: Release, tag: Tag) -> Release:
    """The release with the origin and the revision of this tag.

    Revision numbers of two repositories cannot be compared, because a dump may leave out revisions. So
    another number does not mean that the tag moved. Exception: a tag that was deleted before has been made
    again.
    """
    matched = release._replace(origin=tag.origin)
    if release.is_at(tag.revision) or release.tag_deleted_in is not None:
        return matched
    return matched._replace(revision=tag.revision, tag_moved_to="")


def _warning(url: str, releases: int, matches: Sequence[tuple[Release, Tag]]) -> str:
    renumbered = sum(not release.is_at(tag.revision) for release, tag in matches)
    others = f", {renumbered} of them at another revision" if renumbered else ""
    return (
        f"{url}: the repository has another UUID than before; {len(matches)} of its {releases} releases were "
        f"recognised by their tags{others}"
    )
