"""Reserve private names: record them in the catalog, and make their markers in the index.

A name that was ever private is never redirected to the public index. The *marker* of a private name is a
folder of that name in the index, empty until something is published: web servers redirect only names without
a folder (see ``webserver``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta, timezone

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.index.layout import is_allowed_folder, normalised_name_of
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Tag

_ASK_AGAIN_AFTER = timedelta(hours=23)
_NAMES_IN_WARNING = 5


def reserve_all(catalog: Catalog, store: IndexStore) -> None:
    """Reserve the names of all projects that ever had a release, and make missing markers of private names.

    A run does this once. Raises ``StoreError``.
    """
    names = frozenset(catalog.releases.projects()) | catalog.releases.former_projects()
    known = catalog.private_names.all()
    if names - known:
        catalog.private_names.update(names - known, ())
    store.mark_private(known | names)


def update_guessed_names(
    tags: Collection[Tag], untagged: Iterable[str], catalog: Catalog, store: IndexStore
) -> None:
    """Reserve the names of projects of which nothing may be published yet, and take back wrong guesses.

    ``tags`` are all tags of the projects in question, ``untagged`` the names of projects without a release
    tag. Until a tag is published its project's name is guessed from the folder. Metadata says the name of a
    release; so the guess is taken back once each tag of each project of that name is published, unless
    metadata ever gave that name. Other names stay as they are. Raises ``StoreError``.
    """
    published = catalog.releases.of_tags([tag.origin for tag in tags])
    is_settled = {guess: False for name in untagged if (guess := normalised_name_of(name))}
    for tag in tags:
        if guess := normalised_name_of(tag.project):
            is_settled[guess] = is_settled.get(guess, True) and tag.origin in published
    settled = {guess for guess in is_settled if is_settled[guess]}
    settled -= catalog.private_names.known_from_metadata(settled)
    private = (is_settled.keys() | {release.project for release in published.values()}) - settled
    known = catalog.private_names.all()
    if private - known or settled & known:
        catalog.private_names.update(private - known, settled & known)
    for name in settled:
        store.unmark_private(name)
    store.mark_private(private)


def reserve_metadata_names(names: Iterable[str], catalog: Catalog, store: IndexStore) -> None:
    """Reserve names from metadata for good, though no release of them is published. Raises ``StoreError``."""
    normalised = {name for text in names if (name := normalised_name_of(text))}
    if normalised:
        catalog.private_names.add_from_metadata(normalised)
        store.mark_private(normalised)


def reserve_existing_names(
    names: Iterable[str], catalog: Catalog, store: IndexStore, *, change: bool
) -> None:
    """Reserve for good the names of folders that the index had before it was taken over, and ``names``.

    An empty folder counts unless it is the marker of a guess. Without ``change`` no marker is made. Raises
    ``StoreError``.
    """
    folders = [name for name in store.folders() if not name.startswith(".") and is_allowed_folder(name)]
    known = catalog.private_names.all()
    found = {normalised_name_of(name) for name in names}
    for folder in folders:
        name = normalised_name_of(folder)
        is_marker = folder == name and name in known and store.is_empty(folder)
        if not is_marker:
            found.add(name)
    found -= catalog.private_names.known_from_metadata(found) | {""}
    if found:
        catalog.private_names.add_from_metadata(found)
        if change:
            store.mark_private(found)


def check_public_index(catalog: Catalog, public_index: str) -> tuple[str, ...]:
    """Ask the public index for private names, each once a day; a warning of each that has a project there.

    An unpublished name is asked for, too: without this index a client would get a stranger's project. Raises
    ``StoreError``.
    """
    # Imported here, because few runs ask.
    from sdistmaker_recipe.index import public_names

    now = datetime.now(timezone.utc)
    names = sorted({*catalog.releases.projects(), *catalog.private_names.all()})
    before = catalog.public_names.answers()
    due = [name for name in names if name not in before or now - before[name][1] > _ASK_AGAIN_AFTER]
    answers: dict[str, bool] = {}
    unanswered: defaultdict[str, list[str]] = defaultdict(list)
    warnings: list[str] = []
    try:
        for name, answer in public_names.look_up_projects(due, public_index):
            if isinstance(answer, bool):
                answers[name] = answer
            else:
                unanswered[answer].append(name)
    except public_names.PublicIndexError as error:
        warnings.append(f"check-public: {error.message}; it is asked again in the next run")
    for reason, names_of_reason in unanswered.items():
        text = _listing(names_of_reason)
        warnings.append(f"check-public: {reason} for {text}; it is asked again in the next run")
    if answers:
        catalog.public_names.record(answers, now)
    taken = [name for name in due if answers.get(name)]
    return (*(f"{name}: the public index has a project of this name too" for name in taken), *warnings)


def _listing(names: Sequence[str]) -> str:
    """Some of the names, and how many more there are."""
    more = len(names) - _NAMES_IN_WARNING
    return ", ".join(names[:_NAMES_IN_WARNING]) + (f" and {more} more" if more > 0 else "")
