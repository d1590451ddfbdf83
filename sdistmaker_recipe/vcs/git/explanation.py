"""What a scan makes of a tag or a repository, in words, and whether a push touched tags. Pure."""

from __future__ import annotations

import re

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import project_name, split_tag_path
from sdistmaker_recipe.vcs import PROJECT, NothingFound, PreviousScan, ScanExplanation
from sdistmaker_recipe.vcs.tag_filter import TagFilter, first_match
from sdistmaker_recipe.vcs.tag_rows import Listing, Resolve, head_of, is_release

_TAG_REFS = "refs/tags/"
_MOST_NAMES = 3


def touches_tags(
    url: str, listing: Listing, revision: str, previous: PreviousScan, tag_filter: TagFilter
) -> bool:
    """Whether something can have changed release tags; raises ``RepositoryError`` where it is not known.

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
    if path in listing or previous.rows().get(path) == PROJECT:
        return True
    raise RepositoryError(
        url, f"no ref, commit or repository {revision}", "A ref is written as refs/tags/NAME."
    )


def nothing_found(listing: Listing, tag_filter: TagFilter) -> NothingFound:
    """What a scan looked at that found no release tag."""
    wanted = {path: tags for path, tags in listing.items() if tag_filter.wants_project(path)}
    others = sorted(name for tags in wanted.values() for name in tags)
    looked_at = f"{len(listing)} git repositories" if "" not in listing else "the git repository"
    if not wanted:
        return NothingFound(looked_at, "The options include and exclude let none of them through.")
    if others:
        shown = ", ".join(others[:_MOST_NAMES]) + (" and others" if len(others) > _MOST_NAMES else "")
        return NothingFound(
            f"{looked_at}, whose tags name no release: {shown}",
            "Set the option tag-pattern to a pattern that matches the names of release tags.",
        )
    return NothingFound(f"{looked_at}, without any tag", "Push the tags: git push --tags.")


def explain(listing: Listing, path: str, tag_filter: TagFilter, resolve: Resolve) -> ScanExplanation:
    """What a scan makes of what is at a path: a repository, or a tag."""
    if path in listing:
        return ScanExplanation(is_there=True, reasons=(_of_repository(path, listing, tag_filter),))
    project, name = split_tag_path(path) or (path, "")
    if project not in listing:
        return ScanExplanation(
            is_there=False, reasons=(f"no git repository {project or 'of this name'} is there",)
        )
    if name not in listing[project]:
        return ScanExplanation(
            is_there=False, reasons=(f"the git repository has no tag {name}" if name else "no tag",)
        )
    if not tag_filter.wants_project(project):
        return ScanExplanation(is_there=True, reasons=(_of_repository(project, listing, tag_filter),))
    if not is_release(project, name, tag_filter):
        return ScanExplanation(is_there=True, reasons=(f"tag-pattern does not match the tag's name {name}",))
    resolved = resolve({project: {name: listing[project][name]}}).get(project, {}).get(name)
    if resolved is None:
        return ScanExplanation(is_there=True, reasons=("its objects are missing in the repository",))
    if resolved.ignored:
        return ScanExplanation(is_there=True, reasons=(f"the tag {resolved.ignored}, so it is no release",))
    return ScanExplanation(is_there=True, reasons=(f"tag-pattern matches the tag's name {name}",))


def _of_repository(path: str, listing: Listing, tag_filter: TagFilter) -> str:
    name = path or project_name(tag_filter.url, path)
    if glob := first_match(name, tag_filter.exclude):
        return f"exclude = {glob} leaves out the project {name}"
    if tag_filter.include and not first_match(name, tag_filter.include):
        return f"no line of include matches the project {name}"
    return f"it is a git repository with {len(listing[path])} tags"
