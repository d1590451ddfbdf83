"""Scan: the repositories are asked which release tags are there now."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

from sdistmaker_recipe import __version__
from sdistmaker_recipe.catalog.scan_state import Scan
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.flow import moved_projects, replaced_repository
from sdistmaker_recipe.flow.opening import Run
from sdistmaker_recipe.stages import scan as stage
from sdistmaker_recipe.stages.scan import Source
from sdistmaker_recipe.vcs import server_caches

logger = logging.getLogger(__name__)


class Scanned(NamedTuple):
    """The scans of the repositories that answered; ``errors`` are of those that could not be read.

    ``nothing_found`` are messages about repositories that have no release tag and never had one.
    """

    scans: Sequence[Scan]
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    nothing_found: tuple[str, ...] = ()


def scan(run: Run) -> Scanned:
    """Scan every repository and remember what was found.

    Releases of a repository that has another UUID now are matched to its tags, and releases of projects that
    moved to another repository to the tags there. Raises ``StoreError``, and ``RepositoryError`` if no
    repository answers.
    """
    run.scan_state.keep_only(run.configuration.repository)
    scans: list[Scan] = []
    warnings: list[str] = []
    nothing_found: list[str] = []
    errors: list[RepositoryError] = []
    for source in run.sources:
        try:
            found = _scan_one(source, run)
            message = _no_tags(source, found, run)
        except RepositoryError as error:
            errors.append(error)
            continue
        scans.append(found)
        warnings += _warnings(source, found)
        if message and not (run.context.allow_empty or run.scan_state.had_tags(found)):
            nothing_found.append(f"{message}\nIf it is to be empty, use --allow-empty.")
        elif message and (run.context.tell_all or not run.scan_state.is_known_without_tags(found)):
            warnings.append(message)
    if errors and len(errors) == len(run.sources):
        raise errors[0]
    if not (errors or run.source_errors or run.context.dry_run):
        server_caches.clean(run.configuration.state / "repositories", run.configuration.repository)
    replaced = replaced_repository.match_releases(scans, run.scan_state, run.catalog)
    moved = moved_projects.match_releases(scans, run.scan_state, run.catalog, run.configuration.other_names)
    return Scanned(
        scans,
        warnings=(*run.source_warnings, *warnings, *replaced, *moved),
        errors=(*run.source_errors, *(str(error) for error in errors)),
        nothing_found=tuple(nothing_found),
    )


def _scan_one(source: Source, run: Run) -> Scan:
    logger.debug("Looking for tags in %s at revision %s", source.repository.url, source.repository.head())
    full = run.context.full_scan
    return stage.scan(source, run.configuration, run.scan_state, __version__, full=full)


def _no_tags(source: Source, found: Scan, run: Run) -> str:
    """What was looked at and what was missing if there is no release tag; "" if there are some."""
    if run.scan_state.has_tags(found):
        run.scan_state.note_tags(found)
        return ""
    looked_at, hint = stage.nothing_found(source, found, run.configuration, run.scan_state)
    return f"{source.url}: no release tag of any project is there: {looked_at}\n{hint}".rstrip()


def _warnings(source: Source, found: Scan) -> list[str]:
    forbidden = [
        f"{source.url}/{path}: the server does not let us read this folder, so it is left out until a commit "
        "changes something in it. To look at it again: --full-scan"
        for path in found.forbidden_paths
    ]
    unreadable = [
        f"{source.url}/{path}: this repository is passed over, and what was published of it stays: {reason}"
        for path, reason in found.unreadable
    ]
    lost = [f"{source.url}/{path}".rstrip("/") + f": {reason}" for path, reason in found.lost_tags]
    return forbidden + unreadable + lost
