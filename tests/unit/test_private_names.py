"""Names that are never redirected: guessed from folders, or told by metadata, with nothing published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.configuration import Configuration
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Built, Failed, Rejected, Tag
from sdistmaker_recipe.stages.publish import Index, keep_failure, mark_private, publish
from tests.unit.values import TIME, a_release, a_tag


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with open_catalog(None) as catalog:
        yield Index(IndexStore(tmp_path / "index"), catalog, tmp_path / "state")


def built(tag: Tag, name: str, version: str) -> Built:
    return Built(tag, name, version, b"\x1f\x8b", "ab", 2, b"", "", "setuptools")


def markers(index: Index) -> set[str]:
    return set(index.store.folders())


class TestNamesOfMetadata:
    def test_stay_private_when_the_build_failed_later(self, index):
        keep_failure(Failed(a_tag(), "why", names=("Acme.Secret", "other")), index)
        assert markers(index) == {"acme-secret", "other"}
        assert index.catalog.private_names() == {"acme-secret", "other"}

    def test_stay_private_when_the_version_is_refused(self, index):
        refused = built(a_tag("2.0", project="secret"), "Acme.Secret", "1.0")
        assert isinstance(publish(refused, index, TIME, Configuration(version_mismatch="refuse")), Rejected)
        assert markers(index) == {"acme-secret"}

    def test_are_no_guess_that_is_taken_back(self, index):
        keep_failure(Failed(a_tag(), "why", names=("secret",)), index)
        release = a_release(project="acme-secret", origin=a_tag(project="secret").origin)
        index.catalog.publish(release, b"")
        mark_private([a_tag(project="secret")], [], index)
        assert markers(index) == {"secret", "acme-secret"}
        assert index.catalog.private_names() == {"secret", "acme-secret"}

    def test_turn_guesses_into_names_for_good(self, index):
        tag = a_tag(project="secret")
        mark_private([tag], [], index)
        keep_failure(Failed(tag, "why", names=("secret",)), index)
        assert index.catalog.told_names() == {"secret"}


def test_a_guess_is_taken_back_when_metadata_says_another_name(index):
    tag = a_tag(project="secret")
    mark_private([tag], [], index)
    assert markers(index) == {"secret"}
    index.catalog.publish(a_release(project="acme-secret", origin=tag.origin), b"")
    mark_private([tag], [], index)
    assert markers(index) == {"acme-secret"}
    assert index.catalog.private_names() == {"acme-secret"}
