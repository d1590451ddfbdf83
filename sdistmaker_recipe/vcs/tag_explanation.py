"""What a scan makes of a tag or a repository of a system that lists tags by name, in words. Pure.

``system`` is the name of the system, as a word before "repository".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sdistmaker_recipe.model import project_name, split_tag_path
from sdistmaker_recipe.numbers import count
from sdistmaker_recipe.vcs import NothingFound, ScanExplanation
from sdistmaker_recipe.vcs.subdirectories import HINT, split_project, whose
from sdistmaker_recipe.vcs.tag_filter import TagFilter, first_match
from sdistmaker_recipe.vcs.tag_rows import Listing, Resolve, is_release

_MOST_NAMES = 3


def nothing_found(listing: Listing, tag_filter: TagFilter, system: str, how_to_tag: str) -> NothingFound:
    """What a scan looked at that found no release tag; ``how_to_tag`` is the hint without any tag."""
    is_every = bool(tag_filter.subdirectories)
    wanted = {path: tags for path, tags in listing.items() if is_every or tag_filter.wants_project(path)}
    others = sorted(name for tags in wanted.values() for name in tags)
    looked_at = _all_of(listing, system)
    if not wanted:
        return NothingFound(
            f"{looked_at}, and include and exclude leave out all", "Change the options include and exclude."
        )
    if others:
        shown = _some(others)
        if is_every:
            looked_at = f"{looked_at}, whose tags publish no project by the option subdirectory: {shown}"
            return NothingFound(looked_at, HINT)
        named = [name for path, tags in wanted.items() for name in tags if is_release(path, name, tag_filter)]
        if named:
            return NothingFound(
                f"{looked_at}, whose tags name no commit that can be read: {_some(sorted(named))}",
                "Tag a commit. The option --explain says what such a tag is: --explain tags/NAME.",
            )
        return NothingFound(
            f"{looked_at}, whose tags name no release: {shown}",
            "Set the option tag-pattern to a pattern that matches the names of release tags.",
        )
    return NothingFound(f"{looked_at}, without any tag", how_to_tag)


def _all_of(listing: Listing, system: str) -> str:
    if "" in listing:
        return f"the {system} repository"
    return count(len(listing), f"{system} repository", f"{system} repositories")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMES]) + (" and others" if len(names) > _MOST_NAMES else "")


def explain(
    listing: Listing, path: str, tag_filter: TagFilter, resolve: Resolve, system: str
) -> ScanExplanation:
    """What a scan makes of what is at a path: a repository, or a tag."""
    if path in listing:
        return ScanExplanation(is_there=True, reasons=(_of_repository(path, listing, tag_filter, system),))
    project, name = split_tag_path(path) or (path, "")
    split = split_project(listing, project)
    if tag_filter.subdirectories and split and name in listing[split[0]]:
        return ScanExplanation(
            is_there=True, reasons=tuple(_in_folder(listing, *split, name, tag_filter, resolve))
        )
    if project not in listing:
        return ScanExplanation(
            is_there=False, reasons=(f"no {system} repository {project or 'of this name'} is there",)
        )
    if name not in listing[project]:
        return ScanExplanation(
            is_there=False, reasons=(f"the {system} repository has no tag {name}" if name else "no tag",)
        )
    if not tag_filter.wants_project(project):
        return ScanExplanation(is_there=True, reasons=(_of_repository(project, listing, tag_filter, system),))
    if not is_release(project, name, tag_filter):
        return ScanExplanation(is_there=True, reasons=(f"tag-pattern does not match the tag's name {name}",))
    resolved = resolve({project: {name: listing[project][name]}}).get(project, {}).get(name)
    if resolved is None:
        return ScanExplanation(is_there=True, reasons=("its objects are missing in the repository",))
    if resolved.ignored:
        return ScanExplanation(is_there=True, reasons=(f"the tag {resolved.ignored}, so it is no release",))
    return ScanExplanation(is_there=True, reasons=(f"tag-pattern matches the tag's name {name}",))


def _in_folder(
    listing: Listing, path: str, folder: str, name: str, tag_filter: TagFilter, resolve: Resolve
) -> Iterator[str]:
    """What a scan makes of a tag for a folder, or for all folders that are projects, by subdirectory."""
    resolved = resolve({path: {name: listing[path][name]}}).get(path, {}).get(name)
    if resolved is None:
        yield "its objects are missing in the repository"
        return
    if resolved.ignored:
        yield f"the tag {resolved.ignored}, so it is no release"
        return
    found = resolved.folders or ()
    if folder or folder in found or not found:
        yield whose(path, folder, name, tag_filter, is_project=folder in found, projects=found)
        return
    for each in found:
        yield f"{each}: {whose(path, each, name, tag_filter, is_project=True, projects=found)}"


def _of_repository(path: str, listing: Listing, tag_filter: TagFilter, system: str) -> str:
    name = path or project_name(tag_filter.url, path)
    if glob := first_match(name, tag_filter.exclude):
        return f"exclude = {glob} leaves out the project {name}"
    if tag_filter.include and not first_match(name, tag_filter.include):
        return f"no line of include matches the project {name}"
    return f"it is a {system} repository with {count(len(listing[path]), 'tag')}"
