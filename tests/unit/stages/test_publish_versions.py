"""Which tag gets a version: a pre-release tag publishes no final one, and a release can be handed over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.configuration.option_types import release_names
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.index.atomic_files import sha256_of
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Built, ProjectDetails, Published, Rejected
from sdistmaker_recipe.stages.publish import Index, publish
from tests.support.old_index import add_archive
from tests.unit.values import TIME, a_tag

DEFAULTS = Configuration()
FINAL = Configuration(version_mismatch="publish-final")
HAND_OVER = Configuration(hand_over=release_names("Acme.Ledger==2.0.0"))


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with open_catalog(None) as catalog:
        yield Index(IndexStore(tmp_path / "index", tmp_path / "aside"), catalog, tmp_path / "state")


def build(tmp_path: Path, tag: str, version: str) -> Built:
    """What a tag gives; the archive says from which tag it is."""
    path = tmp_path / f"built-{tag}.tar.gz"
    add_archive(path, "Acme.Ledger", version, more=f"Author: {tag}\n")
    return Built(
        tag=a_tag(tag, version=tag.removeprefix("v")),
        name="Acme.Ledger",
        version=version,
        archive=path,
        sha256=sha256_of(path),
        size=path.stat().st_size,
        metadata=b"Name: Acme.Ledger\n",
        requires_python="",
        toolchain="declared",
        details=ProjectDetails(),
    )


class TestPrereleaseTag:
    @pytest.mark.parametrize(
        "tag",
        [
            "2.0b1",
            "2.0-rc-1",
            "2.0.beta2",
            "2.0dev",
            "2.0-SNAPSHOT",
            "2.0.dev-r12",
            "2.0-preview",
            "2.0-M1",
            "2.0-test1",
            "2.0-prerelease",
        ],
    )
    def test_publishes_no_final_version(self, index, tmp_path, tag):
        rejected = publish(build(tmp_path, tag, "2.0"), index, TIME, DEFAULTS)
        assert isinstance(rejected, Rejected)
        assert rejected.reason == (
            f"the tag says version {tag}, its metadata 2.0, and a pre-release tag publishes no final version."
            " Make a tag 2.0 for the final version, or a new pre-release tag whose metadata says so."
            " To publish this tag as 2.0 all the same, set version-mismatch = publish-final."
        )
        assert isinstance(publish(build(tmp_path, "2.0", "2.0"), index, TIME, DEFAULTS), Published)

    @pytest.mark.parametrize("version", ["2.0b1", "2.0rc2", "2.0.dev1", "2.0-SNAPSHOT"])
    def test_publishes_another_prerelease(self, index, tmp_path, version):
        assert isinstance(publish(build(tmp_path, "2.0b1", version), index, TIME, DEFAULTS), Published)

    def test_publishes_one_where_the_option_says_so(self, index, tmp_path):
        published = publish(build(tmp_path, "2.0b1", "2.0"), index, TIME, FINAL)
        assert isinstance(published, Published)
        assert published.warnings == ("the tag says version 2.0b1, its metadata 2.0",)

    def test_makes_its_own_release_again_whose_file_was_lost(self, index, tmp_path):
        built = build(tmp_path, "2.0b1", "2.0")
        publish(built, index, TIME, FINAL)
        (index.store.folder / "acme-ledger" / "acme_ledger-2.0.tar.gz").unlink()
        assert isinstance(publish(built, index, TIME, DEFAULTS), Published)

    def test_takes_over_no_final_release_either(self, index, tmp_path):
        published = publish(build(tmp_path, "2.0", "2.0"), index, TIME, DEFAULTS)
        assert isinstance(published, Published)
        index.catalog.releases.publish(published.release._replace(tag_deleted_in="9"))
        assert isinstance(publish(build(tmp_path, "2.0b1", "2.0"), index, TIME, DEFAULTS), Rejected)

    @pytest.mark.parametrize("tag", ["2.0", "2.0-final-fix", "2.0.post1", "2.0-developers"])
    def test_is_not_any_other(self, index, tmp_path, tag):
        assert isinstance(publish(build(tmp_path, tag, "1.9"), index, TIME, DEFAULTS), Published)


class TestVersionThatPep440DoesNotKnow:
    @pytest.mark.parametrize(("tag", "version"), [("1.0_p1", "1.0-p1"), ("1.0-Final", "1.0-final")])
    def test_is_the_tags_as_setuptools_writes_it(self, index, tmp_path, tag, version):
        options = Configuration(version_mismatch="refuse")
        published = publish(build(tmp_path, tag, version), index, TIME, options)
        assert isinstance(published, Published)
        assert published.warnings == ()

    def test_is_another_one_if_more_differs(self, index, tmp_path):
        options = Configuration(version_mismatch="refuse")
        assert isinstance(publish(build(tmp_path, "1.0_p1", "1.0-p2"), index, TIME, options), Rejected)


class TestHandOver:
    """A release that another tag published goes to the tag of that version, if the option says so."""

    @pytest.fixture(params=["2.0b1", "1.9-fix"])
    def former(self, request, index, tmp_path) -> str:
        built = build(tmp_path, request.param, "2.0")
        publish(built, index, TIME, FINAL)
        return built.tag.url

    def test_is_named_where_the_tag_is_refused(self, index, tmp_path, former):
        rejected = publish(build(tmp_path, "2.0", "2.0"), index, TIME, DEFAULTS)
        assert rejected.reason == (
            f"acme_ledger-2.0.tar.gz was published from {former}; the first stays. To replace it by a"
            " build of this tag, set hand-over = acme-ledger==2.0: the file changes, so pinned hashes will"
            " refuse it."
        )

    def test_replaces_the_file_and_says_so(self, index, tmp_path, former):
        built = build(tmp_path, "2.0", "2.0")
        published = publish(built, index, TIME, HAND_OVER)
        (warning,) = published.warnings
        assert warning == (
            f"acme_ledger-2.0.tar.gz was published from {former}. The option hand-over gives it to this"
            " tag, and it is another file now: pinned hashes refuse it"
        )
        (release,) = index.catalog.releases.all()
        assert (release.origin, release.sha256) == (built.tag.origin, built.sha256)
        path = index.store.folder / "acme-ledger" / release.filename
        assert path.read_bytes() == built.archive.read_bytes()

    def test_is_not_undone_by_the_former_tag(self, index, tmp_path, former):
        publish(build(tmp_path, "2.0", "2.0"), index, TIME, HAND_OVER)
        name = former.rpartition("/")[2]
        assert isinstance(publish(build(tmp_path, name, "2.0"), index, TIME, HAND_OVER), Rejected)

    @pytest.mark.parametrize("line", ["acme-ledger==2.1", "acme==2.0", ""])
    def test_concerns_the_release_that_it_names(self, index, tmp_path, former, line):
        options = Configuration(hand_over=release_names(line))
        assert isinstance(publish(build(tmp_path, "2.0", "2.0"), index, TIME, options), Rejected)

    def test_is_not_for_a_tag_of_another_name(self, index, tmp_path, former):
        rejected = publish(build(tmp_path, "2.1", "2.0"), index, TIME, HAND_OVER)
        assert rejected.reason.endswith("(the tag says version 2.1, its metadata 2.0); the first stays.")
        said = former.rpartition("/")[2]
        assert f"was published from {former} though that tag says {said} (the tag" in rejected.reason

    def test_a_tag_that_says_its_version_is_not_said_to_say_another(self, index, tmp_path):
        publish(build(tmp_path, "v2.0", "2.0"), index, TIME, DEFAULTS)
        rejected = publish(build(tmp_path, "2.1", "2.0"), index, TIME, DEFAULTS)
        assert "/v2.0 (the tag says version 2.1, its metadata 2.0); the first stays." in rejected.reason

    def test_prefers_the_name_that_is_the_version(self, index, tmp_path):
        publish(build(tmp_path, "v2.0.0", "2.0"), index, TIME, DEFAULTS)
        assert "hand-over" in publish(build(tmp_path, "2.0", "2.0"), index, TIME, DEFAULTS).reason
        assert isinstance(publish(build(tmp_path, "2.0", "2.0"), index, TIME, HAND_OVER), Published)
        rejected = publish(build(tmp_path, "v2.0.0", "2.0"), index, TIME, HAND_OVER)
        assert rejected.reason.endswith("the first stays.")
