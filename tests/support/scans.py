"""Scan a repository again and again, and compare what is remembered with what is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.model import Tag
from sdistmaker_recipe.stages import scan
from sdistmaker_recipe.stages.scan import Source
from sdistmaker_recipe.vcs import PROJECT
from sdistmaker_recipe.vcs.subversion.connection import Connection
from sdistmaker_recipe.vcs.subversion.repository import SubversionRepository

URL = "https://svn.example.com/svn"
VERSION = "2.0"


def subversion_source(connection: Connection, head: str = "", connections: int = 1, url: str = URL) -> Source:
    """A source that reads one connection, as often as it opens one, in the revision ``head``."""
    return Source(url, SubversionRepository(lambda: connection, connections, head))


@contextmanager
def two_scan_states() -> Iterator[tuple[ScanState, ScanState]]:
    """Empty ones, in memory."""
    with open_catalog(None) as catalog, open_catalog(None) as other:
        yield ScanState(catalog), ScanState(other)


def compare_scans(
    connection: Connection,
    revisions: Sequence[str],
    configuration: Configuration,
    states: tuple[ScanState, ScanState],
    connections: int = 1,
) -> None:
    """Scan at each of the revisions in turn; each time the same must be known as after a first scan.

    A tag that is new or another since the last run that came to its end must be in a project that is pending,
    and one that is no longer there must be known to be gone. The repository is read from several threads
    where there are more ``connections`` than one; what is compared with is read by one.
    """
    last, fresh = states
    before: set[Tag] = set()
    gone: set[str] = set()
    for revision in revisions:
        source = subversion_source(connection, revision, connections)
        alone = subversion_source(connection, revision)
        found = scan.scan(source, configuration, last, VERSION, full=revision == revisions[0])
        wanted = scan.scan(alone, configuration, fresh, VERSION, full=True)
        where = f"after revision {revision}"
        assert last.rows(found) == fresh.rows(wanted), where
        assert last.tags(found) == fresh.tags(wanted), where
        assert last.project_names(found, pending=False) == fresh.project_names(wanted, pending=False), where
        now = set(last.tags(found))
        pending = set(last.pending_projects(found))
        assert {tag.project_path for tag in now - before} <= pending, where
        projects = {path for path, kind in last.rows(found).items() if kind == PROJECT}
        assert {tag.project_path for tag in before - now} & projects <= pending, where
        gone = (gone | {tag.origin for tag in before}) - {tag.origin for tag in now}
        told = {tag.origin(found.origin) for tag in last.gone_tags(found)}
        assert told == gone or not found.options_digest, where
        if int(revision) % 4:
            last.settle(found, "dealt with")
            assert not last.pending_projects(found)
            assert not last.gone_tags(found)
            gone.clear()
        before = now
