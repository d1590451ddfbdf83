"""Whether a push touched tags. Pure."""

from __future__ import annotations

import re

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs import PROJECT, PreviousScan
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from sdistmaker_recipe.vcs.tag_rows import Listing, head_of, is_release

_TAG_REFS = "refs/tags/"


def touches_tags(
    url: str, listing: Listing, revision: str, previous: PreviousScan, tag_filter: TagFilter
) -> bool:
    """Whether something can have changed release tags; raises ``RepositoryError`` if it is not known.

    ``revision`` is a ref, ``refs/tags/NAME``, behind the path of its repository and ``:`` where the URL names
    a folder; or that path alone, for all its tags; or the id of a commit.
    """
    path, colon, ref = revision.partition(":")
    if not colon and path.startswith("refs/"):
        path, ref = "", path
    path = path.strip("/").removesuffix(".git")
    if ref.startswith("refs/"):
        name = ref.removeprefix(_TAG_REFS)
        paths = [path] if path or "" in listing else list(listing)
        return ref.startswith(_TAG_REFS) and any(is_release(path, name, tag_filter) for path in paths)
    if re.fullmatch(r"[0-9a-f]{40}([0-9a-f]{24})?", revision):
        # Any tag may have been moved to this commit, or away from it.
        return previous.checkpoint.revision != head_of(listing)
    if path in listing:
        return True
    known = (project for project, value in previous.rows().items() if value == PROJECT)
    if path and any(f"{project}/".startswith(f"{path}/") for project in known):
        return True
    raise RepositoryError(
        url, f"no ref, commit or repository {revision}", "A ref is written as refs/tags/NAME."
    )
