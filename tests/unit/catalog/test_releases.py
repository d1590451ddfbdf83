"""Published releases: what was written is read back, and replaced only by its own tag."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from sdistmaker_recipe.errors import StoreError
from tests.unit.values import UUID, a_file, a_release, with_sdist


class TestReleases:
    def test_come_back_as_they_were(self, catalog):
        release = a_release(yanked="why", tag_deleted_in="19", tag_moved_to="18")
        catalog.releases.publish(release)
        assert catalog.releases.all() == [release]

    def test_are_sorted_by_project_and_file_name(self, catalog):
        for project, filename in (("b", "2"), ("a", "3"), ("b", "1"), ("a", "4")):
            release = a_release(filename, project=project, filename=filename)
            catalog.releases.publish(release)
        found = [(each.project, each.filename) for each in catalog.releases.all()]
        assert found == [("a", "3"), ("a", "4"), ("b", "1"), ("b", "2")]
        assert [each.filename for each in catalog.releases.of_project("b")] == ["1", "2"]

    def test_of_a_project_are_its_own(self, catalog):
        catalog.releases.publish(a_release(project="a"))
        catalog.releases.publish(a_release(project="a-b"))
        assert [each.project for each in catalog.releases.of_project("a")] == ["a"]
        assert catalog.releases.of_project("c") == []

    def test_are_found_by_file_name_within_their_project(self, catalog):
        release = a_release()
        catalog.releases.publish(release)
        assert catalog.releases.get("acme-ledger", release.filename) == release
        assert catalog.releases.get("other", release.filename) is None
        assert catalog.releases.get("acme-ledger", "other.tar.gz") is None

    def test_are_counted_with_their_projects(self, catalog):
        assert catalog.releases.count() == (0, 0)
        for version, project in (("1.0", "a"), ("2.0", "a"), ("1.0", "b")):
            catalog.releases.publish(a_release(version, project=project))
        assert catalog.releases.count() == (3, 2)
        assert catalog.releases.projects() == ["a", "b"]
        catalog.releases.publish(a_release("1.0", project="b", revision="18"))  # in place of the first
        assert catalog.releases.count() == (3, 2)
        catalog.releases.publish(a_release("1.0", project="b", filename="c-1.0.tar.gz"))
        assert catalog.releases.count() == (3, 2)

    def test_are_found_by_the_origins_of_their_tags(self, catalog):
        releases = [a_release(f"1.{number}") for number in range(1200)]
        with catalog.batch():
            for release in releases:
                catalog.releases.publish(release)
        origins = [release.origin for release in releases]
        assert catalog.releases.of_tags([]) == {}
        assert catalog.releases.of_tags([origins[7], f"{UUID}/nowhere"]) == {origins[7]: releases[7]}
        assert catalog.releases.of_tags(origins) == dict(zip(origins, releases, strict=True))

    def test_keep_the_instant_of_their_upload_time_in_utc(self, catalog):
        summer = datetime(2012, 7, 1, 12, 30, 0, 5, tzinfo=timezone(timedelta(hours=2)))
        catalog.releases.publish(a_release(upload_time=summer))
        (release,) = catalog.releases.all()
        assert (release.sdist.upload_time, release.sdist.upload_time.tzinfo) == (summer, timezone.utc)

    def test_that_are_published_again_replace_those_of_the_same_tag(self, catalog):
        release = a_release()
        catalog.releases.publish(release)
        again = with_sdist(release, filename="acme_ledger-1.0.1.tar.gz")._replace(version="1.0.1")
        catalog.releases.publish(again)
        assert catalog.releases.all() == [again]

    def test_have_several_files_the_sdist_first(self, catalog):
        wheels = [
            a_file(f"acme_ledger-1.0-{tag}.whl", sha256=tag, metadata_sha256="cd") for tag in ("cp3", "py3")
        ]
        release = a_release(files=(a_file(), *wheels))
        other = a_release("0.9", project="other")
        for each in (release, other):
            catalog.releases.publish(each, {"ab" * 32: b"sdist", "py3": b"wheel"})
        assert catalog.releases.all() == [release, other]
        assert catalog.releases.of_project("acme-ledger") == [release]
        assert catalog.releases.get("acme-ledger", release.filename) == release
        origins = [other.origin, release.origin]
        assert catalog.releases.of_tags(origins) == dict(zip(origins, (other, release), strict=True))
        assert catalog.releases.latest(1) == [release]
        assert (catalog.releases.metadata("ab" * 32), catalog.releases.metadata("py3")) == (
            b"sdist",
            b"wheel",
        )
        catalog.releases.publish(release._replace(files=(a_file(),)))
        assert (catalog.releases.count(), catalog.releases.of_project("acme-ledger")) == (
            (2, 2),
            [a_release()],
        )

    def test_of_one_project_never_have_a_file_of_the_same_name(self, catalog):
        wheel = a_file("acme_ledger-1.0-py3-none-any.whl")
        catalog.releases.publish(a_release(files=(a_file(), wheel)))
        with pytest.raises(StoreError):
            catalog.releases.publish(a_release("1.0.0", files=(a_file("acme_ledger-1.0.0.tar.gz"), wheel)))

    def test_of_another_tag_are_never_replaced(self, catalog):
        release, other = a_release(), a_release(origin=f"{UUID}/elsewhere/tags/1.0")
        catalog.releases.publish(release)
        with pytest.raises(StoreError):
            catalog.releases.publish(other)
        assert catalog.releases.all() == [release]

    def test_of_another_tag_are_replaced_where_that_is_said(self, catalog):
        release, other = a_release(tag_deleted_in="19"), a_release(origin=f"{UUID}/elsewhere/tags/1.0")
        catalog.releases.publish(release)
        catalog.releases.publish(other, instead_of=release.origin)
        assert catalog.releases.all() == [other]


class TestMetadata:
    def test_is_found_by_the_digest_of_the_archive(self, catalog):
        catalog.releases.publish(a_release(sha256="aa"), {"aa": b"Name: acme\r\n\xff"})
        assert catalog.releases.metadata("aa") == b"Name: acme\r\n\xff"

    def test_that_is_not_known_is_empty(self, catalog):
        assert catalog.releases.metadata("aa") == b""


class TestLatest:
    def test_are_those_uploaded_last_newest_first(self, catalog):
        start = datetime(2020, 1, 1, tzinfo=timezone.utc)
        for day, version in enumerate(["3", "1", "2", "4"]):
            catalog.releases.publish(a_release(version, upload_time=start + timedelta(days=day)))
        assert [each.version for each in catalog.releases.latest(3)] == ["4", "2", "1"]
        assert len(catalog.releases.latest(10)) == 4

    def test_of_the_same_moment_are_in_order(self, catalog):
        for project in ("b", "c", "a"):
            catalog.releases.publish(a_release(project=project))
        assert [each.project for each in catalog.releases.latest(2)] == ["a", "b"]
