"""Releases of a repository that has another UUID than before, recognised by the URLs of their tags."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.catalog import Catalog, open_catalog
from sdistmaker_recipe.catalog.scan_state import Scan, ScanState
from sdistmaker_recipe.flow import replaced_repository
from sdistmaker_recipe.vcs import Checkpoint, ProjectTags, ReleaseTag, ScanResult
from tests.unit.values import REPOSITORY, TIME, UUID, a_failure, a_release, a_tag, with_sdist

NEW = "99999999-2222-4333-8444-555555555555"
PROJECT = "acme.ledger"


@pytest.fixture
def catalog():
    with open_catalog(None) as opened:
        opened.releases.publish(a_release("1.0"))
        opened.releases.publish(a_release("1.1"))
        opened.index_state.finish_repository(UUID)
        opened.pages.mark_written(opened.pages.stale())
        yield opened


def scanned(
    catalog: Catalog, *tags: str, revision: str = "17", uuid: str = NEW, url: str = REPOSITORY
) -> Scan:
    """What is remembered of a repository that has these tags, all at one revision."""
    project = ProjectTags(PROJECT, tuple(ReleaseTag(name, name, revision, TIME) for name in tags))
    found = ScanResult(Checkpoint("20", "20", TIME), (project,))
    return ScanState(catalog).replace(url, uuid, "options", found)


def match_releases(catalog: Catalog, scan: Scan) -> str:
    """The one warning, or none."""
    (warning,) = replaced_repository.match_releases([scan], ScanState(catalog), catalog) or ("",)
    return warning


def origins(catalog: Catalog) -> list[str]:
    return [release.origin.partition("/")[0] for release in catalog.releases.all()]


def test_all_are_told_of_once_and_nothing_else_changes(catalog):
    before = catalog.releases.all()
    scan = scanned(catalog, "1.0", "1.1")
    assert match_releases(catalog, scan) == (
        f"{REPOSITORY}: the repository has another UUID than before; 2 of its 2 releases were "
        "recognised by their tags"
    )
    assert [each._replace(origin="") for each in catalog.releases.all()] == [
        each._replace(origin="") for each in before
    ]
    assert set(catalog.releases.of_tags([a_tag("1.0").origin.replace(UUID, NEW)])) != set()
    assert origins(catalog) == [NEW, NEW]
    assert catalog.pages.stale() == {"acme-ledger"}
    assert NEW in catalog.index_state.finished_repositories(), "what is new in it is new"
    assert match_releases(catalog, scanned(catalog, "1.0", "1.1")) == ""


def test_a_url_that_was_another_when_a_release_was_published_is_known_again(catalog):
    scanned(catalog, "1.0", "1.1", uuid=UUID, url="https://svn.example.com/moved")
    scan = scanned(catalog, "1.0", "1.1", url="https://svn.example.com/moved")
    assert "2 of its 2 releases were" in match_releases(catalog, scan)
    assert origins(catalog) == [NEW, NEW]


def test_a_repository_that_numbers_revisions_anew_has_moved_no_tag(catalog):
    assert "2 of them at another revision" in match_releases(
        catalog, scanned(catalog, "1.0", "1.1", revision="5")
    )
    assert {(each.revision, each.tag_moved_to) for each in catalog.releases.all()} == {("5", "")}


def test_a_tag_that_had_moved_before_is_not_told_of_again(catalog):
    catalog.releases.publish(a_release(tag_moved_to="30"))
    match_releases(catalog, scanned(catalog, "1.0", revision="30"))
    release = catalog.releases.get("acme-ledger", "acme_ledger-1.0.tar.gz")
    assert (release.origin[: len(NEW)], release.revision, release.tag_moved_to) == (NEW, "17", "30")


def test_a_deleted_tag_that_is_there_at_another_revision_was_made_again(catalog):
    catalog.releases.publish(a_release(tag_deleted_in="19", yanked="tag deleted in r19"))
    match_releases(catalog, scanned(catalog, "1.0", revision="30"))
    release = catalog.releases.get("acme-ledger", "acme_ledger-1.0.tar.gz")
    assert (release.origin[: len(NEW)], release.revision, release.tag_deleted_in) == (NEW, "17", "19")


def test_a_tag_at_another_revision_must_say_the_version(catalog):
    catalog.releases.publish(a_release("1.0")._replace(version="3.0"))
    match_releases(catalog, scanned(catalog, "1.0", "1.1", revision="5"))
    assert sorted(origins(catalog)) == [UUID, NEW]
    match_releases(catalog, scanned(catalog, "1.0", "1.1"))
    assert origins(catalog) == [NEW, NEW]


def test_what_is_not_there_any_more_stays_as_it_is(catalog):
    assert "1 of its 2 releases were" in match_releases(catalog, scanned(catalog, "1.1"))
    assert origins(catalog) == [UUID, NEW]
    catalog.index_state.finish_repository(NEW)
    assert match_releases(catalog, scanned(catalog, "1.1")) == "", "told once"


def test_a_repository_that_is_another_one_is_told_of(catalog):
    assert "0 of its 2 releases were" in match_releases(catalog, scanned(catalog, "7.0"))
    assert origins(catalog) == [UUID, UUID]
    assert NEW not in catalog.index_state.finished_repositories()


def test_a_repository_that_is_read_still_keeps_its_own(catalog):
    scanned(catalog, "1.0", uuid=UUID, url="https://svn.example.com/moved")
    assert match_releases(catalog, scanned(catalog, "1.0", "1.1")) == ""
    assert origins(catalog) == [UUID, UUID]


def test_a_tag_that_something_else_was_published_of_is_not_taken(catalog):
    catalog.releases.publish(a_release("9.0", origin=f"{NEW}/{PROJECT}/tags/1.0"))
    assert "1 of its 2 releases were" in match_releases(catalog, scanned(catalog, "1.0", "1.1"))


def test_of_several_repositories_that_were_at_the_url_the_latest_counts(catalog):
    later = a_release("1.0.0", origin=f"older/{PROJECT}/tags/1.0", tag_url=a_tag("1.0").url)
    catalog.releases.publish(with_sdist(later, upload_time=TIME.replace(year=2020)))
    match_releases(catalog, scanned(catalog, "1.0", "1.1"))
    assert {each.filename: each.origin[:5] for each in catalog.releases.all()} == {
        "acme_ledger-1.0.0.tar.gz": NEW[:5],
        "acme_ledger-1.0.tar.gz": UUID[:5],
        "acme_ledger-1.1.tar.gz": NEW[:5],
    }


def test_a_failure_of_the_tag_is_forgotten(catalog):
    catalog.failures.add(a_failure(a_tag("1.0", origin=f"{NEW}/{PROJECT}/tags/1.0")))
    match_releases(catalog, scanned(catalog, "1.0"))
    assert catalog.failures.all() == []


def test_nothing_is_asked_once_a_run_has_dealt_with_the_repository(catalog, monkeypatch):
    scan = scanned(catalog, "1.0")._replace(options_digest="dealt with")
    monkeypatch.setattr(catalog, "rows", None)
    assert match_releases(catalog, scan) == ""
