"""Scan a repository again and again, and compare what is remembered with what is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.scan_state import LastScan
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.model import Tag
from sdistmaker_recipe.stages import scan
from sdistmaker_recipe.stages.scan import Source
from sdistmaker_recipe.vcs import Repository

URL = "https://svn.example.com/svn"
VERSION = "2.0"


@contextmanager
def two_memories() -> Iterator[tuple[LastScan, LastScan]]:
    """Empty ones, in memory."""
    with open_catalog(None) as catalog, open_catalog(None) as other:
        yield LastScan(catalog), LastScan(other)


def compare_scans(
    repository: Repository,
    pegs: Sequence[str],
    configuration: Configuration,
    memories: tuple[LastScan, LastScan],
    connections: int = 1,
) -> None:
    """Scan at each of the revisions in turn; each time the same must be known as after a first scan.

    A tag that is new or another since the last run that came to its end must be in a project that is pending,
    and one that is no longer there must be known to be gone. The repository is read from several threads
    where there are more ``connections`` than one; what is compared with is read by one.
    """
    last, fresh = memories
    before: set[Tag] = set()
    gone: set[str] = set()
    for peg in pegs:
        source = Source(URL, repository, peg, connections, lambda: repository)
        alone = Source(URL, repository, peg)
        found = scan.scan(source, configuration, last, VERSION, full=peg == pegs[0])
        wanted = scan.scan(alone, configuration, fresh, VERSION, full=True)
        where = f"after revision {peg}"
        assert last.folders(found) == fresh.folders(wanted), where
        assert last.tags(found) == fresh.tags(wanted), where
        assert last.names(found, pending=False) == fresh.names(wanted, pending=False), where
        now = set(last.tags(found))
        pending = set(last.pending(found))
        assert {tag.project_path for tag in now - before} <= pending, where
        projects = {path for path, kind in last.folders(found).items() if kind == "project"}
        assert {tag.project_path for tag in before - now} & projects <= pending, where
        gone = (gone | {tag.origin for tag in before}) - {tag.origin for tag in now}
        told = {f"{found.origin}/{tag.path}" for tag in last.gone(found)}
        assert told == gone or not found.options_digest, where
        if int(peg) % 4:
            last.settle(found, "dealt with")
            assert not last.pending(found)
            assert not last.gone(found)
            gone.clear()
        before = now
