"""Names that are never redirected: guessed from folders, or told by metadata, with nothing published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.name_reservation import reserve_all, update_guessed_names
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.flow.reserved_names import select_names_to_reserve
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Built, Failed, ProjectDetails, Rejected, Tag
from sdistmaker_recipe.stages.publish import Index, publish, reject_failed
from sdistmaker_recipe.vcs import Checkpoint, ProjectTags, ReleaseTag, ScanResult
from tests.unit.values import TIME, a_release, a_tag


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with open_catalog(None) as catalog:
        yield Index(IndexStore(tmp_path / "index"), catalog, tmp_path / "state")


def built(tag: Tag, name: str, version: str) -> Built:
    return Built(tag, name, version, b"\x1f\x8b", "ab", 2, b"", "", "setuptools", ProjectDetails())


def markers(index: Index) -> set[str]:
    return set(index.store.folders())


class TestNamesOfMetadata:
    def test_stay_private_when_the_build_failed_later(self, index):
        reject_failed(Failed(a_tag(), "why", names=("Acme.Secret", "No Name")), index)
        assert markers(index) == {"acme-secret", "no-name"}
        assert index.catalog.private_names.all() == {"acme-secret", "no-name"}

    def test_stay_private_when_the_version_is_refused(self, index):
        refused = built(a_tag("2.0", project="secret"), "Acme.Secret", "1.0")
        assert isinstance(publish(refused, index, TIME, Configuration(version_mismatch="refuse")), Rejected)
        assert markers(index) == {"acme-secret"}

    def test_are_no_guess_that_is_taken_back(self, index):
        reject_failed(Failed(a_tag(), "why", names=("secret",)), index)
        release = a_release(project="acme-secret", origin=a_tag(project="secret").origin)
        index.catalog.releases.publish(release)
        update_guessed_names([a_tag(project="secret")], [], index.catalog, index.store)
        assert markers(index) == {"secret", "acme-secret"}
        assert index.catalog.private_names.all() == {"secret", "acme-secret"}

    def test_turn_guesses_into_names_for_good(self, index):
        tag = a_tag(project="secret")
        update_guessed_names([tag], [], index.catalog, index.store)
        reject_failed(Failed(tag, "why", names=("secret",)), index)
        assert index.catalog.private_names.from_metadata() == {"secret"}


def test_a_folder_whose_name_no_project_can_have_gives_a_guess_too(index):
    update_guessed_names(
        [a_tag(project="My Tool"), a_tag(project="_under")], ["tool_", "..."], index.catalog, index.store
    )
    assert markers(index) == {"my-tool", "under", "tool"}
    assert index.catalog.private_names.all() == {"my-tool", "under", "tool"}


def test_of_a_tag_that_is_built_again_all_projects_of_that_name_are_looked_at(index):
    last = ScanState(index.catalog)
    tag = ReleaseTag("1.0", "1.0", "1", TIME)
    projects = tuple(ProjectTags(name, (tag,)) for name in ("My Tool", "my_tool", "other"))
    found = ScanResult(Checkpoint("1", "1", TIME), projects)
    last.settle(last.replace("https://svn.example.com/svn", "uuid", "f", found), "dealt with")
    scan = last.scan("https://svn.example.com/svn")
    names_to_reserve = select_names_to_reserve([scan], last, "dealt with", [a_tag(project="My Tool")])
    assert [tag.project for tag in names_to_reserve.tags] == ["My Tool", "my_tool"]


def test_a_guess_is_taken_back_when_metadata_says_another_name(index):
    tag = a_tag(project="secret")
    update_guessed_names([tag], [], index.catalog, index.store)
    assert markers(index) == {"secret"}
    index.catalog.releases.publish(a_release(project="acme-secret", origin=tag.origin))
    update_guessed_names([tag], [], index.catalog, index.store)
    assert markers(index) == {"acme-secret"}
    assert index.catalog.private_names.all() == {"acme-secret"}


def test_a_run_begins_with_folders_for_all_names_that_ever_were(index):
    index.catalog.releases.publish(a_release(project="acme-ledger"))
    reject_failed(Failed(a_tag(), "why", names=("told",)), index)
    update_guessed_names([a_tag(project="guess")], [], index.catalog, index.store)
    for name in markers(index):
        index.store.unmark_private(name)
    reserve_all(index.catalog, index.store)
    assert markers(index) == {"acme-ledger", "told", "guess"}
    assert index.catalog.private_names.all() == {"acme-ledger", "told", "guess"}


def test_a_name_that_is_of_metadata_too_is_no_guess_to_take_back(index):
    tag = a_tag(project="secret")
    index.catalog.releases.publish(a_release(project="acme-secret", origin=tag.origin))
    index.catalog.releases.publish(a_release(project="secret", origin="uuid/other/tags/1.0"))
    update_guessed_names([tag], [], index.catalog, index.store)
    assert markers(index) == {"secret", "acme-secret"}
    assert index.catalog.private_names.known_from_metadata(["secret", "acme-secret", "other"]) == {
        "secret",
        "acme-secret",
    }
