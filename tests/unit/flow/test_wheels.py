"""Which published releases get a wheel, and how wheels are published as they come."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe import __version__
from sdistmaker_recipe.catalog import Catalog, open_catalog
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.doors.console import LineListener
from sdistmaker_recipe.errors import ConfigurationError, StoreError
from sdistmaker_recipe.flow import jobs, wheels
from sdistmaker_recipe.flow.context import RunContext
from sdistmaker_recipe.flow.opening import Run
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import (
    ADOPTED,
    BuildSettings,
    BuiltWheel,
    MissingWheel,
    NoWheel,
    Release,
    Site,
    WheelOutcome,
)
from sdistmaker_recipe.stages.pages import PageWriter
from tests.unit.values import a_file, a_release

MakeRun = Callable[..., Run]


@pytest.fixture
def catalog() -> Iterator[Catalog]:
    with open_catalog(None) as catalog:
        yield catalog


@pytest.fixture
def make_run(tmp_path: Path, catalog: Catalog) -> MakeRun:
    """A run over an index that is empty but for what the test puts there."""

    def make(configuration: Configuration | None = None, **context: bool) -> Run:
        store = IndexStore(tmp_path / "index", tmp_path / "aside")
        return Run(
            configuration=configuration or Configuration(destination=tmp_path / "index"),
            context=RunContext(Path, **context),
            listener=LineListener(said.append),
            catalog=catalog,
            scan_state=ScanState(catalog),
            store=store,
            writer=PageWriter(store, catalog, Site()),
            options_digest="",
            public_index="",
            server_configurations={},
            sources=(),
            source_warnings=(),
            source_errors=(),
        )

    said: list[str] = []
    make.said = said  # type: ignore[attr-defined]
    return make


def publish(run: Run, version: str, *, project: str = "acme-ledger", wheel: bool = False) -> Release:
    """Publish a release whose sdist is there, with or without its wheel."""
    release = a_release(version, project=project, sha256=hashlib.sha256(version.encode()).hexdigest())
    run.store.add_archive(project, release.filename, version.encode())
    if wheel:
        name = f"{project.replace('-', '_')}-{version}-py3-none-any.whl"
        run.store.add_archive(project, name, b"wheel")
        release = release._replace(files=(*release.files, a_file(name, sha256=f"wheel {project} {version}")))
    run.catalog.releases.publish(release)
    return release


def missing(release: Release, **more: bool) -> MissingWheel:
    return MissingWheel(release.project, release.filename, release.sha256, __version__, "why", True, **more)


def a_wheel(release: Release, content: bytes = b"wheel") -> WheelOutcome:
    name = f"{release.project.replace('-', '_')}-{release.version}-py3-none-any.whl"
    digest = hashlib.sha256(content).hexdigest()
    wheel = BuiltWheel(name, content, digest, len(content), b"Name: it\n")
    return WheelOutcome(release.project, release.filename, wheel)


class TestReleasesToBuild:
    def test_are_none_unless_something_is_wrong_or_asked_for(self, make_run):
        run = make_run()
        publish(run, "1.0")
        publish(run, "1.1", wheel=True)
        assert wheels.releases_to_build(["acme-ledger"], [], run) == ()

    def test_are_those_whose_wheel_is_lost(self, make_run):
        run = make_run()
        release = publish(run, "1.1", wheel=True)
        (run.store.folder / release.project / release.wheels[0].filename).unlink()
        assert wheels.releases_to_build([], [], run) == ()
        assert wheels.releases_to_build(["acme-ledger"], [], run) == (release,)
        assert wheels.still_to_build([release], run) == [release]

    def test_are_those_that_failed_for_the_moment_unless_no_wheels_are_wanted(self, make_run):
        run = make_run()
        release, other = publish(run, "1.0"), publish(run, "1.1")
        run.catalog.wheels.record_missing(missing(release, is_permanent=False))
        run.catalog.wheels.record_missing(missing(other))
        assert wheels.releases_to_build([], [], run) == (release,)
        assert wheels.releases_to_build([], [], make_run(Configuration(wheels="none"))) == ()

    def test_are_all_without_one_if_asked_for_each_once(self, make_run):
        run = make_run(wheels_for_all=True)
        first, second = publish(run, "1.0", project="zebra"), publish(run, "1.0")
        publish(run, "1.1", wheel=True)
        run.catalog.wheels.record_missing(missing(publish(run, "1.2")))
        assert wheels.releases_to_build(["zebra"], [first], run) == (second, first)

    def test_have_to_be_there_still_when_it_is_their_turn(self, make_run):
        run = make_run()
        gone, lost, has_one = publish(run, "1.0"), publish(run, "1.1"), publish(run, "1.2", wheel=True)
        run.catalog.withdrawals.unpublish([gone])
        (run.store.folder / lost.project / lost.filename).unlink()
        assert wheels.still_to_build([gone, lost, has_one], run) == []


def test_the_option_and_the_flag_may_contradict():
    asked = RunContext(Path, wheels_for_all=True)
    with pytest.raises(ConfigurationError, match="--wheels-for-all: contradicts wheels = none; set wheels"):
        wheels.refuse_contradiction("none", asked)
    wheels.refuse_contradiction("pure", asked)
    wheels.refuse_contradiction("none", RunContext(Path))


class TestBatches:
    def test_publish_what_comes_and_pages_of_a_project_when_it_is_complete(self, make_run):
        run = make_run()
        first, second, other = publish(run, "1.0"), publish(run, "1.1"), publish(run, "1.0", project="other")
        batches = wheels.WheelBatches(run, Counter({"acme-ledger": 2, "other": 2}))
        batches.add(a_wheel(first))
        batches.add(a_wheel(other))
        page = run.store.folder / "acme-ledger/index.html"
        assert not page.exists()
        batches.add(WheelOutcome(second.project, second.filename, NoWheel("It has compiled parts.")))
        batches.publish()
        assert "acme_ledger-1.0-py3-none-any.whl" in page.read_text("utf-8")
        assert not (run.store.folder / "other/index.html").exists()
        assert [result.filename for result in batches.results] == [
            "acme_ledger-1.0-py3-none-any.whl",
            "other-1.0-py3-none-any.whl",
            "",
        ]
        assert make_run.said == [
            "published acme_ledger-1.0-py3-none-any.whl",
            "published other-1.0-py3-none-any.whl",
        ]

    def test_publish_the_others_if_the_disk_refuses_one(self, make_run, monkeypatch):
        run = make_run()
        first, second = publish(run, "1.0", project="acme"), publish(run, "1.1", project="acme")
        add = run.store.add_archive

        def refuse(project: str, filename: str, content: bytes) -> object:
            if "1.0" in filename:
                raise StoreError("no room")
            return add(project, filename, content)

        monkeypatch.setattr(run.store, "add_archive", refuse)
        batches = wheels.WheelBatches(run, Counter({"acme": 2}))
        batches._last_batch = float("inf")
        batches.add(a_wheel(first))
        batches.add(a_wheel(second))
        with pytest.raises(StoreError, match="no room"):
            batches.publish()
        kept = run.catalog.releases.of_project("acme")
        assert [len(release.wheels) for release in kept] == [0, 1]
        batches.publish()
        assert len(batches.results) == 1

    def test_remove_the_files_that_were_built(self, make_run, tmp_path):
        run = make_run()
        release = publish(run, "1.0")
        path = tmp_path / "built.whl"
        path.write_bytes(b"wheel")
        outcome = a_wheel(release)
        batches = wheels.WheelBatches(run)
        batches.add(outcome._replace(wheel=outcome.wheel._replace(archive=path)))
        assert not path.exists()
        assert run.store.digest("acme-ledger", "acme_ledger-1.0-py3-none-any.whl") == outcome.wheel.sha256


class TestJobs:
    SETTINGS = BuildSettings(Path("scratch"), Path("output"), Path("environments"), 5.0)

    def job(self, release: Release):
        from sdistmaker_recipe.configuration.option_types import BuildRequirements, Pin

        configuration = Configuration(
            toolchain=(Pin("acme.ledger", "3.9", ("setuptools<58",)),),
            build_requires=(BuildRequirements("acme.ledger", ("numpy",)),),
        )
        return jobs._wheel_job(release, Path("/srv/index"), self.SETTINGS, configuration)

    def test_have_what_the_options_say_of_the_folder_of_the_tag(self):
        job = self.job(a_release(name="Else"))
        assert (job.project, job.filename) == ("acme-ledger", "acme_ledger-1.0.tar.gz")
        assert job.sdist == Path("/srv/index/acme-ledger/acme_ledger-1.0.tar.gz")
        assert (job.toolchain, job.pin, job.requires) == (
            "setuptools==80.0",
            ("3.9", "setuptools<58"),
            ("numpy",),
        )

    def test_go_by_the_name_of_a_release_without_a_tag(self):
        origin = f"{ADOPTED}acme-ledger/acme_ledger-1.0.tar.gz"
        assert self.job(a_release(origin=origin, name="acme.ledger")).requires == ("numpy",)
        assert self.job(a_release(origin=origin, name="Else")).requires == ()
