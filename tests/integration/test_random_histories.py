"""Random histories: a scan that looks only at what changed knows what a scan of everything would know."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.configuration.option_types import subdirectories
from sdistmaker_recipe.stages import scan
from tests.support.long_form import IS_LONG
from tests.support.memory_repository import Folder, MemoryRepository
from tests.support.random_history import CONFIGURATION, random_history
from tests.support.scans import URL, VERSION, compare_scans, subversion_source, two_scan_states
from tests.unit.values import a_release

HISTORIES = 40_000 if IS_LONG else 2_000
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_any_history_is_scanned_as_if_for_the_first_time(part):
    with two_scan_states() as states:
        for seed in range(part, HISTORIES, PARTS):
            history, pegs = random_history(seed)
            try:
                compare_scans(history, pegs, CONFIGURATION, states)
            except AssertionError as error:
                raise AssertionError(f"in the history with seed {seed}") from error


LAYOUTS = (
    ("tags/{project}/{tag}",),
    ("tags/{project}-{tag}",),
    ("tags/{tag}/{project}",),
    ("{project}/tags/{tag}/red",),
    ("{project}/*/tags/{tag}",),
    ("**/{project}/tags/{tag}", "{project}/branches/{tag}"),
    ("{project}/tags/*/{tag}", "tags/{tag}"),
    ("{project}/tags/{tag}", "tags/{project}/{tag}", "**/{project}/tags/{tag}", "{project}/*/tags/{tag}"),
    ("{project}/tags/{tag}", "{project}/tags/*/{tag}", "*/{project}-{tag}/red"),
)


@pytest.mark.parametrize("layout", LAYOUTS, ids=" ".join)
def test_any_history_in_another_layout_is_scanned_as_if_for_the_first_time(layout):
    configuration = replace(CONFIGURATION, layout=layout)
    found = 0
    with two_scan_states() as states:
        for seed in range(HISTORIES // 20):
            history, pegs = random_history(seed, layout)
            try:
                compare_scans(history, pegs, configuration, states)
            except AssertionError as error:
                raise AssertionError(f"in the history with seed {seed}") from error
            found += states[0].has_tags(states[0].scan(URL))
    assert found > HISTORIES // 60, "most of the histories have tags in this layout"


SUBDIRECTORIES = (
    "*",
    "red\nblue = blue-",
    "red/*\n*/blue\n.",
    ". = red-\nbase/*\nred = red/",
    "*/* = v\n*/* = red/v",
)


@pytest.mark.parametrize("lines", SUBDIRECTORIES, ids=repr)
def test_any_history_of_several_projects_is_scanned_as_if_for_the_first_time(lines):
    configuration = replace(CONFIGURATION, subdirectory=subdirectories(lines))
    tags, found = ("tags/{tag}", "red/tags/{tag}", "tags/red/{tag}", "tags/blue-{tag}"), 0
    with two_scan_states() as states:
        for seed in range(HISTORIES // 10):
            history, pegs = random_history(seed, tags, projects=True)
            try:
                compare_scans(history, pegs, configuration, states)
            except AssertionError as error:
                raise AssertionError(f"in the history with seed {seed}") from error
            found += states[0].has_tags(states[0].scan(URL))
    assert found > HISTORIES // 30, "many of the histories have tags of projects in folders"


@pytest.mark.parametrize("lines", SUBDIRECTORIES, ids=repr)
def test_what_could_not_be_read_of_several_projects_is_found_with_the_next_change_in_it(lines):
    with two_scan_states() as states:
        for seed in range(HISTORIES // 20):
            read_what_was_hidden(seed, states, ("tags/{tag}", "tags/red/{tag}"), subdirectories(lines))


@pytest.mark.parametrize("layout", LAYOUTS, ids=" ".join)
def test_what_could_not_be_read_in_another_layout_is_found_with_the_next_change_in_it(layout):
    with two_scan_states() as states:
        for seed in range(HISTORIES // 40):
            read_what_was_hidden(seed, states, layout)


@pytest.mark.parametrize("part", range(PARTS))
def test_what_could_not_be_read_at_first_is_found_with_the_next_change_in_it(part):
    with two_scan_states() as states:
        for seed in range(part, HISTORIES // 4, PARTS):
            read_what_was_hidden(seed, states)


def read_what_was_hidden(seed, states, layout=(), lines=()):
    is_layout = layout and not lines
    configuration = replace(CONFIGURATION, layout=layout if is_layout else CONFIGURATION.layout)
    configuration = replace(configuration, subdirectory=lines)
    history, pegs = random_history(seed, layout, projects=bool(lines))
    random = Random(seed)
    there = folders_of(history, pegs[0])
    history.hidden = frozenset(random.sample(there, min(len(there), random.randint(1, 3))))
    scan.scan(subversion_source(history, pegs[0]), configuration, states[0], VERSION, full=True)
    shown = [path for path in history.hidden if path in folders_of(history, history.head())]
    history.hidden = frozenset()
    history.commit({f"{path}/noticed": "" for path in shown})
    source = subversion_source(history)
    found = scan.scan(source, configuration, states[0], VERSION, full=False)
    wanted = scan.scan(source, configuration, states[1], VERSION, full=True)
    where = f"in the history with seed {seed}, of {shown}"
    assert states[0].rows(found) == states[1].rows(wanted), where
    assert states[0].tags(found) == states[1].tags(wanted), where


def folders_of(history: MemoryRepository, revision: str) -> list[str]:
    tree = history.revisions[int(revision)].tree
    return [path for path, node in tree.items() if path and isinstance(node.content, Folder)]


def test_releases_of_tags_that_are_not_seen_are_all_that_have_none():
    with open_catalog(None) as catalog:
        last = ScanState(catalog)
        for seed in range(60):
            history, pegs = random_history(seed)
            history._identity = f"11111111-0000-4000-8000-{seed:012}"
            published: set[str] = set()
            for peg in pegs:
                source = subversion_source(history, peg)
                found = scan.scan(source, CONFIGURATION, last, VERSION, full=False)
                now = {tag.origin for tag in last.tags(found)}
                assert set(last.origins_without_tag(found)) == published - now, (seed, peg)
                with catalog.batch():
                    for origin in now - published:
                        catalog.releases.publish(a_release(origin=origin, filename=origin))
                published |= now
