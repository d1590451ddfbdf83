"""Releases of projects that are in another repository than before, recognised by project and version."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.catalog import Catalog, open_catalog
from sdistmaker_recipe.catalog.name_use import name_use
from sdistmaker_recipe.catalog.scan_state import Scan, ScanState
from sdistmaker_recipe.configuration.option_types import OtherName
from sdistmaker_recipe.flow import moved_projects
from sdistmaker_recipe.vcs import Checkpoint, ProjectTags, ReleaseTag, ScanResult
from tests.unit.values import REPOSITORY, TIME, UUID, a_release

GIT, GIT_URL = "git-0123456789", "git+https://git.example.com"
PROJECT = "acme.ledger"


@pytest.fixture
def catalog():
    with open_catalog(None) as opened:
        opened.releases.publish(a_release("1.0"))
        opened.releases.publish(a_release("1.1"))
        opened.index_state.finish_repository(UUID)
        yield opened


def scanned(catalog: Catalog, *projects: ProjectTags, url: str = GIT_URL, origin: str = GIT) -> Scan:
    found = ScanResult(Checkpoint("20", "20", TIME), projects)
    return ScanState(catalog).replace(url, origin, "options", found)


def project(path: str, *versions: str, prefix: str = "v") -> ProjectTags:
    tags = (ReleaseTag(f"{prefix}{version}", version, "abcdef", TIME) for version in versions)
    return ProjectTags(path, tuple(tags))


def match(catalog: Catalog, *scans: Scan, other_names: tuple[OtherName, ...] = ()) -> tuple[str, ...]:
    return moved_projects.match_releases(scans, ScanState(catalog), catalog, other_names)


def elsewhere(catalog: Catalog, scan: Scan) -> dict[str, str]:
    state = ScanState(catalog)
    found = moved_projects.published_elsewhere(state.tags(scan), state, catalog, ())
    return {origin: release.version for origin, release in found.items()}


def places(catalog: Catalog) -> dict[str, str]:
    return {release.version: release.origin for release in catalog.releases.all()}


OLD = {version: f"{UUID}/{PROJECT}/tags/{version}" for version in ("1.0", "1.1")}
NEW = {version: f"{GIT}/group/{PROJECT}/tags/v{version}" for version in ("1.0", "1.1")}


def test_releases_get_the_tags_of_the_new_repository_and_nothing_else_changes(catalog):
    before = catalog.releases.all()
    (warning,) = match(catalog, scanned(catalog, project(f"group/{PROJECT}", "1.0", "1.1", "1.2")))
    assert warning.startswith(f"{GIT_URL}: releases that were published from another repository")
    assert "project and version: 2." in warning
    assert places(catalog) == NEW
    after = catalog.releases.all()
    assert [each.files for each in after] == [each.files for each in before]
    assert {each.revision for each in after} == {"abcdef"}
    assert after[0].tag_url == f"{GIT_URL}/group/{PROJECT}/tags/v1.0"
    assert GIT in catalog.index_state.finished_repositories(), "a new tag there is new"


def test_tags_that_are_in_both_stay_with_the_one_that_published(catalog):
    old = scanned(catalog, project(PROJECT, "1.0", "1.1", prefix=""), url=REPOSITORY, origin=UUID)
    new = scanned(catalog, project(f"group/{PROJECT}", "1.0", "1.1", "1.2"))
    assert match(catalog, old, new) == ()
    assert places(catalog) == OLD
    assert elsewhere(catalog, new) == {NEW["1.0"]: "1.0", NEW["1.1"]: "1.1"}


def test_a_tag_that_the_old_repository_has_no_more_is_taken_over_alone(catalog):
    old = scanned(catalog, project(PROJECT, "1.1", prefix=""), url=REPOSITORY, origin=UUID)
    new = scanned(catalog, project(f"group/{PROJECT}", "1.0", "1.1"))
    match(catalog, old, new)
    assert places(catalog) == {"1.0": NEW["1.0"], "1.1": OLD["1.1"]}


def test_a_repository_that_is_left_after_both_were_read_is_noticed(catalog):
    old = scanned(catalog, project(PROJECT, "1.0", "1.1", prefix=""), url=REPOSITORY, origin=UUID)
    new = scanned(catalog, project(f"group/{PROJECT}", "1.0", "1.1"))
    match(catalog, old, new)
    state = ScanState(catalog)
    for scan in (old, new):
        state.settle(scan, "dealt with")
    state.keep_only([GIT_URL])
    assert match(catalog, state.scan(GIT_URL))
    assert places(catalog) == NEW


def test_the_project_with_most_of_the_tags_gets_all_of_them(catalog):
    scan = scanned(catalog, project(f"fork/{PROJECT}", "1.0"), project(f"group/{PROJECT}", "1.0", "1.1"))
    match(catalog, scan)
    assert places(catalog) == NEW


def test_another_project_or_version_is_not_taken(catalog):
    assert match(catalog, scanned(catalog, project("acme.other", "1.0"), project(PROJECT, "7.0"))) == ()
    assert places(catalog) == OLD


def with_folder(catalog: Catalog, folder: str) -> None:
    """Publish acme-till 1.0 from a folder of another name."""
    url, origin = f"{REPOSITORY}/{folder}/tags/1.0", f"{UUID}/{folder}/tags/1.0"
    release = a_release("1.0", origin=origin, tag_url=url)._replace(project="acme-till", name="acme.till")
    catalog.releases.publish(release)


def test_a_folder_of_another_name_is_known_by_its_name_and_keeps_the_name_of_its_project(catalog):
    with_folder(catalog, "till")
    old = scanned(catalog, project(PROJECT, "1.0", "1.1", prefix=""), url=REPOSITORY, origin=UUID)
    assert match(catalog, old, scanned(catalog, project("till", "1.0")))
    assert f"{GIT}/till/tags/v1.0" in places(catalog).values()
    assert name_use("acme-till", catalog, ()).claimant == f"{GIT}/till"


def test_of_several_folders_of_that_name_none_is_taken(catalog):
    with_folder(catalog, "till")
    assert match(catalog, scanned(catalog, project("a/till", "1.0"), project("b/till", "1.0"))) == ()


def test_other_names_tells_which_project_it_is(catalog):
    line = OtherName("books", "acme.ledger")
    assert match(catalog, scanned(catalog, project("books", "1.0", "1.1"))) == ()
    scan = scanned(catalog, project("books", "1.0", "1.1"))
    assert match(catalog, scan, other_names=(line,))
    assert set(places(catalog).values()) == {f"{GIT}/books/tags/v1.0", f"{GIT}/books/tags/v1.1"}


def test_a_release_whose_tag_was_deleted_before_is_not_built_again(catalog):
    catalog.releases.publish(a_release("1.0", tag_deleted_in="19", yanked="tag deleted in r19"))
    match(catalog, scanned(catalog, project(f"group/{PROJECT}", "1.0", "1.1")))
    release = catalog.releases.get("acme-ledger", "acme_ledger-1.0.tar.gz")
    assert (release.origin, release.revision, release.tag_deleted_in) == (NEW["1.0"], "abcdef", "19")


def test_little_is_asked_if_nothing_changed(catalog, monkeypatch):
    scan = scanned(catalog, project(f"group/{PROJECT}", "1.0"))
    match(catalog, scan)
    ScanState(catalog).settle(scan, "dealt with")
    monkeypatch.setattr(type(catalog.releases), "_select", None)
    assert match(catalog, ScanState(catalog).scan(GIT_URL)) == ()
