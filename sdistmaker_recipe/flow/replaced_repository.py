"""A repository that has another UUID than before, at the URL that it had: dumped and loaded, for instance.

A tag's origin begins with that UUID, so nothing that was published of the repository would be known any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.catalog.scan_state import LastScan, Scan
from sdistmaker_recipe.model import Release, Tag, repository_of
from sdistmaker_recipe.names import same_version


def match_releases(scans: Iterable[Scan], last: LastScan, catalog: Catalog) -> tuple[str, ...]:
    """Find the tags of releases whose repository has another UUID now; a warning of each such repository.

    A release is known by its tag's URL, and by its path if the last scan read the other UUID at this URL. Of
    repositories that a run has dealt with nothing is asked. Raises ``StoreError``.
    """
    new = [scan for scan in scans if not scan.options_digest]
    foreign = _foreign(last, catalog) if new else []
    return tuple(
        warning for scan in new if foreign for warning in _match_releases(scan, foreign, last, catalog)
    )


def _match_releases(
    scan: Scan, foreign: Iterable[Release], last: LastScan, catalog: Catalog
) -> tuple[str, ...]:
    former = last.former_origin(scan)
    theirs = [(release, origin) for release in foreign if (origin := _origin_now(release, scan, former))]
    if not theirs:
        return ()
    before, uuid = catalog.repositories(), scan.uuid
    found = _made_of(theirs, last.tags(scan), catalog)
    catalog.change_origins((release, _as_of(release, tag)) for release, tag in found)
    if {repository_of(release.origin) for release, _tag in found} & before:
        # What is new in it is no older than it would have been in the one before.
        catalog.finish(uuid)
    # One that a run has finished was told of.
    return (_told(scan.url, len(theirs), found),) if found or uuid not in before else ()


def _foreign(last: LastScan, catalog: Catalog) -> list[Release]:
    """The releases of tags whose repository is none of those that are read now."""
    own = {repository_of(origin) for _url, origin in last.repositories()}
    return [release for release in catalog.releases_but_of(own) if release.tag_url]


def _origin_now(release: Release, scan: Scan, former: str) -> str:
    """What the origin of a release's tag is if that is in this repository; "" where it was in another."""
    if former and release.origin.startswith(f"{former}/"):
        return scan.origin + release.origin.removeprefix(former)
    url = f"{scan.url}/"
    is_below = release.tag_url.startswith(url)
    return f"{scan.origin}/{unquote(release.tag_url.removeprefix(url))}" if is_below else ""


def _made_of(
    releases: Iterable[tuple[Release, str]], tags: Iterable[Tag], catalog: Catalog
) -> list[tuple[Release, Tag]]:
    """Releases, told with the origins of their tags, and those tags; of the same revision or version."""
    there = {tag.origin: tag for tag in tags}
    pairs = [(release, there[origin]) for release, origin in releases if origin in there]
    fitting = [(r, tag) for r, tag in pairs if r.is_at(tag.revision) or same_version(tag.version, r.version)]
    # Where several repositories had such a tag, the latest that fits best.
    fitting.sort(key=lambda pair: (pair[0].is_at(pair[1].revision), pair[0].upload_time))
    best = {tag.origin: (release, tag) for release, tag in fitting}
    taken = catalog.releases_from(best)
    return [pair for origin, pair in best.items() if origin not in taken]


def _as_of(release: Release, tag: Tag) -> Release:
    """The release as one of this tag.

    Numbers of two repositories cannot be compared: a dump may leave out revisions. So a tag with another one
    did not move for that; unless it had been deleted, for then it was made again.
    """
    known = release._replace(origin=tag.origin)
    if release.is_at(tag.revision) or release.deleted is not None:
        return known
    return known._replace(revision=tag.revision, moved_to="")


def _told(url: str, releases: int, found: Sequence[tuple[Release, Tag]]) -> str:
    renumbered = sum(not release.is_at(tag.revision) for release, tag in found)
    others = f", {renumbered} of them at another revision" if renumbered else ""
    return (
        f"{url}: the repository has another UUID than before; of {releases} releases of it {len(found)} were "
        f"recognised by their tags{others}"
    )
