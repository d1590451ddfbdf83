"""Which names are private, and whether strangers have them: a name that was ever private is never redirected.

An empty folder in the index keeps a name from being redirected, see ``webserver``; the catalog has the list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta, timezone

from sdistmaker_recipe.catalog import Catalog
from sdistmaker_recipe.index.layout import is_allowed_folder, normalised_name_of
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import Tag

_ASKED_EVERY = timedelta(hours=23)
_SOME = 5
"""Of so many names a warning tells."""


def keep(catalog: Catalog, store: IndexStore) -> None:
    """Keep from being redirected all names that ever were private, and those of all projects: once a run.

    Raises ``StoreError``.
    """
    names = frozenset(catalog.projects()) | catalog.former_projects() | catalog.told_names()
    known = catalog.private_names()
    if names - known:
        catalog.set_private_names(names - known, ())
    store.mark_private(known | names)


def mark_guessed(tags: Collection[Tag], untagged: Iterable[str], catalog: Catalog, store: IndexStore) -> None:
    """Keep the names of projects from being redirected, those too of which nothing is published yet.

    Those of these tags, and all that they are published under; ``keep`` sees to others. The name of such a
    project is guessed from its folder; the guess is taken back once every tag of every project of that name
    is published, for then the metadata says the names. ``untagged`` names projects without a release tag. The
    tags of all projects must be given that have one of the names; names without a project here stay as they
    are, as where their tags are gone; and a name that metadata ever gave is no guess. Raises ``StoreError``.
    """
    published = catalog.releases_from([tag.origin for tag in tags])
    claims = {guess: False for name in untagged if (guess := normalised_name_of(name))}
    for tag in tags:
        if guess := normalised_name_of(tag.project):
            claims[guess] = claims.get(guess, True) and tag.origin in published
    settled = {guess for guess, is_settled in claims.items() if is_settled}
    settled -= catalog.names_of_metadata(settled)
    private = (claims.keys() | {release.project for release in published.values()}) - settled
    known = catalog.private_names()
    if private - known or settled & known:
        catalog.set_private_names(private - known, settled & known)
    for name in settled:
        store.unmark_private(name)
    store.mark_private(private)


def mark_told(names: Iterable[str], catalog: Catalog, store: IndexStore) -> None:
    """Keep names that metadata gave from being redirected for good, though nothing of them is published.

    Raises ``StoreError``.
    """
    told = {told for name in names if (told := normalised_name_of(name))}
    if told:
        catalog.keep_told_names(told)
        store.mark_private(told)


def mark_found(names: Iterable[str], catalog: Catalog, store: IndexStore, *, change: bool) -> None:
    """Keep names for good that the index had before us: of its folders, and more that are given.

    An empty folder says nothing where a guess of ours made it. Without ``change`` no folder is made. Raises
    ``StoreError``.
    """
    folders = [each for each in store.folders() if not each.startswith(".") and is_allowed_folder(each)]
    guesses = catalog.private_names()
    found = {normalised_name_of(name) for name in names}
    for folder in folders:
        name = normalised_name_of(folder)
        if not (folder == name and name in guesses and store.is_empty(folder)):
            found.add(name)
    found -= catalog.names_of_metadata(found) | {""}
    if found:
        catalog.keep_told_names(found)
        if change:
            store.mark_private(found)


def find_taken(catalog: Catalog, public_index: str) -> tuple[str, ...]:
    """Ask the public index for each private name not asked for today; warnings of those that are taken.

    Also for those of which nothing is published: whoever asks for one elsewhere gets a stranger's. Raises
    ``StoreError``.
    """
    # Here, for few runs ask.
    from sdistmaker_recipe.index import public_names

    now = datetime.now(timezone.utc)
    names = sorted({*catalog.projects(), *catalog.private_names()})
    before = catalog.watched()
    due = [name for name in names if name not in before or now - before[name][1] > _ASKED_EVERY]
    answers: dict[str, bool] = {}
    unknown: defaultdict[str, list[str]] = defaultdict(list)
    warnings: list[str] = []
    try:
        for name, answer in public_names.look_up_projects(due, public_index):
            if isinstance(answer, bool):
                answers[name] = answer
            else:
                unknown[answer].append(name)
    except public_names.PublicIndexError as error:
        warnings.append(f"check-public: {error.message}; it is asked again in the next run")
    for answer, names in unknown.items():
        warnings.append(f"check-public: {answer} for {_some(names)}; it is asked again in the next run")
    if answers:
        catalog.watch(answers, now)
    taken = [name for name in due if answers.get(name)]
    return (*(f"{name}: the public index has a project of this name too" for name in taken), *warnings)


def _some(names: Sequence[str]) -> str:
    """A list of names for people that does not get long."""
    more = len(names) - _SOME
    return ", ".join(names[:_SOME]) + (f" and {more} more" if more > 0 else "")
