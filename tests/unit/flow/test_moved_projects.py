"""Releases of projects that are in another repository than before, recognised by project and version."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sdistmaker_recipe.catalog import Catalog, open_catalog
from sdistmaker_recipe.catalog.name_use import name_use
from sdistmaker_recipe.catalog.scan_state import Scan, ScanState
from sdistmaker_recipe.configuration.option_types import OtherName
from sdistmaker_recipe.flow import moved_projects
from sdistmaker_recipe.flow.twins import known_twins, note_twin, published_elsewhere
from sdistmaker_recipe.vcs import Checkpoint, ProjectTags, ReleaseTag, ScanResult
from tests.unit.values import REPOSITORY, TIME, UUID, a_failure, a_release

GIT, GIT_URL = "git-0123456789", "git+https://git.example.com"
PROJECT = "acme.ledger"
EARLY = TIME - timedelta(days=1)


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


def elsewhere(catalog: Catalog, scan: Scan, *, deleted: str = "") -> dict[str, str]:
    state = ScanState(catalog)
    found = published_elsewhere(state.tags(scan), state, catalog, (), {deleted})
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


def test_a_project_that_is_there_keeps_the_releases_of_tags_that_it_has_no_more(catalog):
    old = scanned(catalog, project(PROJECT, "1.1", prefix=""), url=REPOSITORY, origin=UUID)
    new = scanned(catalog, project(f"group/{PROJECT}", "1.0", "1.1"))
    state = ScanState(catalog)
    for scan in (old, new):
        state.settle(scan, "dealt with")
    assert match(catalog, old, new) == ()
    assert places(catalog) == OLD
    assert elsewhere(catalog, new) == {NEW["1.0"]: "1.0", NEW["1.1"]: "1.1"}
    assert elsewhere(catalog, new, deleted=OLD["1.0"]) == {NEW["1.1"]: "1.1"}
    assert state.pending_projects(new) == [f"group/{PROJECT}"], "a build of its tag decides"


@pytest.mark.parametrize("is_there", [True, False])
def test_a_project_that_has_no_tag_left_keeps_its_releases_while_its_folder_is_there(catalog, is_there):
    folders = [project(PROJECT)] if is_there else []
    old = scanned(catalog, *folders, url=REPOSITORY, origin=UUID)
    new = scanned(catalog, project(f"group/{PROJECT}", "1.0", "1.1"))
    assert set(elsewhere(catalog, new)) == ({*NEW.values()} if is_there else set())
    match(catalog, old, new)
    assert places(catalog) == (OLD if is_there else NEW)


def test_a_project_in_a_repository_that_replaced_its_own_is_there(catalog):
    old = scanned(catalog, project(PROJECT, "1.0", "1.1", prefix=""), url=REPOSITORY, origin=UUID)
    ScanState(catalog).settle(old, "dealt with")
    restored = scanned(catalog, project(PROJECT, "1.0", prefix="r"), url=REPOSITORY, origin="restored")
    match(catalog, restored, scanned(catalog, project(f"group/{PROJECT}", "1.0", "1.1")))
    assert places(catalog) == {"1.0": f"restored/{PROJECT}/tags/r1.0", "1.1": OLD["1.1"]}


def test_what_is_withdrawn_altogether_has_not_moved(catalog):
    for version in ("1.0", "1.1"):
        catalog.releases.publish(a_release(version, tag_deleted_in="19", yanked="tag deleted in r19"))
    assert match(catalog, scanned(catalog, project(f"group/{PROJECT}", "1.0", "1.1"))) == ()
    assert places(catalog) == OLD


def test_a_name_that_belongs_to_a_third_project_is_not_taken_along(catalog):
    third = a_release("0.9", origin=f"{UUID}/first/{PROJECT}/tags/0.9")
    catalog.releases.publish(third._replace(files=(third.sdist._replace(upload_time=EARLY),)))
    old = scanned(catalog, project(f"first/{PROJECT}", "0.9", prefix=""), url=REPOSITORY, origin=UUID)
    new = scanned(catalog, project(f"group/{PROJECT}", "1.0", "1.1"))
    assert match(catalog, old, new) == ()
    line = OtherName(f"group/{PROJECT}", PROJECT)
    assert match(catalog, old._replace(options_digest=""), new, other_names=(line,))
    assert places(catalog) == {"0.9": f"{UUID}/first/{PROJECT}/tags/0.9", **NEW}


def test_of_several_projects_that_move_the_owner_takes_the_name_along(catalog):
    for folder, time in (("till", EARLY), ("a/register", TIME)):
        version = "1.0" if folder == "till" else "2.0"
        with_folder(catalog, folder, version, time)
    old = scanned(catalog, project(PROJECT, "1.0", "1.1", prefix=""), url=REPOSITORY, origin=UUID)
    match(catalog, old, scanned(catalog, project("register", "2.0"), project("till", "1.0")))
    assert {f"{GIT}/till/tags/v1.0", f"{GIT}/register/tags/v2.0"} < {
        release.origin for release in catalog.releases.all()
    }
    assert name_use("acme-till", catalog, ()).claimant == f"{GIT}/till"


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


def with_folder(catalog: Catalog, folder: str, version: str = "1.0", time: datetime = TIME) -> None:
    """Publish acme-till from a folder of another name."""
    url, origin = f"{REPOSITORY}/{folder}/tags/{version}", f"{UUID}/{folder}/tags/{version}"
    release = a_release(version, origin=origin, tag_url=url)._replace(project="acme-till", name="acme.till")
    catalog.releases.publish(release._replace(files=(release.sdist._replace(upload_time=time),)))


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


def test_a_tag_has_the_name_of_a_release_at_the_revision_at_which_it_was_built(catalog):
    scanned(catalog, project(PROJECT, "1.0", "1.1", prefix=""), url=REPOSITORY, origin=UUID)
    tags = ScanState(catalog).tags(scanned(catalog, project(f"group/{PROJECT}", "1.0", "1.1")))
    twins = published_elsewhere(tags, ScanState(catalog), catalog, ())
    assert known_twins(tags, twins, catalog) == {}
    catalog.failures.add(a_failure(tags[0]))
    note_twin(twins[NEW["1.0"]], tags[0], catalog)
    assert known_twins(tags, twins, catalog) == {NEW["1.0"]: twins[NEW["1.0"]]}
    assert catalog.failures.all() == []
    moved = [tag._replace(revision="fedcba") for tag in tags]
    assert known_twins(moved, twins, catalog) == {}
    renamed = {origin: release._replace(project="other") for origin, release in twins.items()}
    assert known_twins(tags, renamed, catalog) == {}
