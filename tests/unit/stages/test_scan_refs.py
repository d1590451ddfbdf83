"""Scans and deleted tags of a backend that has refs and no folders: stages and catalog need no more."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from sdistmaker_recipe.catalog import Catalog, open_catalog
from sdistmaker_recipe.catalog.scan_state import GoneTag, Scan, ScanState
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.model import Tag
from sdistmaker_recipe.stages import scan
from sdistmaker_recipe.stages.scan import Source
from sdistmaker_recipe.stages.withdraw import Deleted, find_deleted
from tests.support.ref_repository import RefRepository, RefServer
from tests.unit.values import a_release

DIGEST = "dealt with"
FILES = {"setup.py": "setup()\n"}


class Scanner:
    """Scans a server of repositories, two of which have tags."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog, self.state = catalog, ScanState(catalog)
        self.server = RefServer()
        for name in ("api", "group/web", "empty"):
            self.server.push(name, "refs/heads/main", FILES)
        for repository in ("api", "group/web"):
            for tag in ("v1.0", "v1.1", "nightly"):
                self.tag(repository, tag)

    def tag(self, repository: str, name: str) -> str:
        return self.server.push(repository, f"refs/tags/{name}", FILES)

    def untag(self, repository: str, name: str) -> str:
        return self.server.push(repository, f"refs/tags/{name}", None)

    def source(self) -> Source:
        return Source(self.server.url, RefRepository(self.server))

    def scan(self, configuration: Configuration | None = None, *, full: bool = False) -> Scan:
        return scan.scan(self.source(), configuration or Configuration(), self.state, "2.0", full=full)

    def tags(self) -> list[Tag]:
        return self.state.tags(self.scan())

    def publish(self) -> None:
        for tag in self.tags():
            release = a_release(origin=tag.origin, filename=tag.path, revision=tag.revision)
            self.catalog.releases.publish(release, {release.sha256: b""})
        self.state.settle(self.scan(), DIGEST)

    def find_deleted(self, configuration: Configuration | None = None, digest: str = DIGEST) -> Deleted:
        found = self.scan(configuration)
        return find_deleted(found, self.source().repository, self.state, self.catalog, digest)


@pytest.fixture
def scanner() -> Iterator[Scanner]:
    with open_catalog(None) as catalog:
        yield Scanner(catalog)


def test_tags_have_paths_and_origins_in_the_notation_that_all_systems_share(scanner):
    first, *_others = tags = scanner.tags()
    assert [tag.path for tag in tags] == [
        "api/tags/v1.0",
        "api/tags/v1.1",
        "group/web/tags/v1.0",
        "group/web/tags/v1.1",
    ]
    assert (first.project, first.version) == ("api", "1.0")
    assert first.origin == f"{scanner.server.identity}/api/tags/v1.0"
    assert first.project_origin == f"{scanner.server.identity}/api"
    assert first.revision == scanner.server.refs["api"]["refs/tags/v1.0"]


def test_names_are_those_of_all_projects_with_or_without_tags(scanner):
    found = scanner.scan()
    assert scanner.state.project_names(found, pending=False) == {"api", "web", "empty"}
    assert scanner.state.pending_projects(found) == ["api", "empty", "group/web"]
    assert scanner.state.has_tags(found)


def test_a_scan_asks_once(scanner):
    scanner.scan()
    scanner.scan()
    scanner.tag("api", "v1.2")
    scanner.scan()
    assert scanner.server.questions == 3


def test_only_the_project_that_changed_is_pending(scanner):
    scanner.publish()
    scanner.tag("group/web", "v2.0")
    scanner.tag("api", "nightly")
    found = scanner.scan()
    assert scanner.state.pending_projects(found) == ["group/web"]
    scanner.state.settle(found, DIGEST)
    assert scanner.state.pending_projects(found) == []


def test_a_tag_that_moved_has_its_new_revision(scanner):
    scanner.publish()
    before = {tag.path: tag.revision for tag in scanner.tags()}
    scanner.tag("api", "v1.0")
    after = {tag.path: tag.revision for tag in scanner.tags()}
    assert {path for path in after if after[path] != before[path]} == {"api/tags/v1.0"}
    assert scanner.state.gone_tags(scanner.scan()) == []


def test_a_deleted_tag_is_gone_until_it_is_settled_or_comes_back(scanner):
    scanner.publish()
    before = scanner.scan().checkpoint.revision
    scanner.untag("api", "v1.0")
    assert scanner.state.gone_tags(scanner.scan()) == [GoneTag("api", "v1.0", before)]
    ((release, revision),) = scanner.find_deleted().releases
    assert (release.filename, revision) == ("api/tags/v1.0", ""), "git does not say when"
    scanner.tag("api", "v1.0")
    assert scanner.find_deleted() == Deleted()


def test_tags_of_a_repository_that_is_gone_are_deleted(scanner):
    scanner.publish()
    scanner.server.remove("group/web")
    found = [release.filename for release, _revision in scanner.find_deleted().releases]
    assert found == ["group/web/tags/v1.0", "group/web/tags/v1.1"]
    assert scanner.state.project_names(scanner.scan(), pending=False) == {"api", "empty"}


def test_what_an_option_hides_is_not_deleted(scanner):
    scanner.publish()
    hiding = Configuration(exclude=("api",))
    assert scanner.find_deleted(hiding) == Deleted()
    scanner.untag("api", "v1.1")
    found = scanner.find_deleted(hiding, "another")
    assert [release.filename for release, _revision in found.releases] == ["api/tags/v1.1"]


def test_a_push_touches_tags_or_none(scanner):
    scanner.scan()

    def is_touched(push: str) -> bool:
        return scan.is_touched([scanner.source()], push, Configuration(), scanner.state, "2.0")

    assert not is_touched(scanner.server.push("api", "refs/heads/main", FILES))
    assert not is_touched(scanner.tag("api", "nightly"))
    assert is_touched(scanner.tag("api", "v1.2"))
    assert is_touched(scanner.untag("api", "v1.0"))


def test_any_changes_are_followed(scanner):
    with open_catalog(None) as other:
        fresh, random = ScanState(other), Random(1)
        for _ in range(200):
            repository = random.choice(["api", "group/web", "new"])
            refs = scanner.server.refs.get(repository, {})
            tags = [ref.removeprefix("refs/tags/") for ref in refs if ref.startswith("refs/tags/")]
            if tags and random.random() < 0.4:
                scanner.untag(repository, random.choice(tags))
            elif refs and random.random() < 0.1:
                scanner.server.remove(repository)
            else:
                scanner.tag(repository, random.choice(["v1.0", "v2.0", "v3.0", "nightly"]))
            found = scanner.scan()
            everything = scan.scan(scanner.source(), Configuration(), fresh, "2.0", full=True)
            assert scanner.state.rows(found) == fresh.rows(everything)
            assert scanner.state.tags(found) == fresh.tags(everything)
