"""Which folder may publish under a name: the one that first published it, or whose own name it is. Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from sdistmaker_recipe.configuration.option_types import OtherName
from sdistmaker_recipe.index.layout import normalised_name_of
from sdistmaker_recipe.model import Tag, repository_of

WARNED_NOTE = "names of several projects told"
"""The note in the catalog of the names that a warning was about, after ``start_of_warned_note``."""
_BELONGS = "that name belongs to"
_NAME_IN_REASON = re.compile(rf"metadata says (\S+), and {_BELONGS} ")


class Folder(NamedTuple):
    """The folder of a project: its origin, its name, and its path below the URL of the repository."""

    origin: str
    name: str
    path: str

    @property
    def normalised(self) -> str:
        """The normalised name of the folder, "" if there is none."""
        return normalised_name_of(self.name)


class Publisher(NamedTuple):
    """A project that has published under a name.

    ``is_live`` is false if all its tags of that name are deleted, or if its repository is read no more.
    ``is_there`` says whether the last scan found the project. A guest publishes under the name of another
    one, by the option other-names.
    """

    folder: Folder
    is_live: bool
    is_there: bool
    is_guest: bool = False

    @property
    def origin(self) -> str:
        """The origin of the project."""
        return self.folder.origin


class NameUse(NamedTuple):
    """All that is known of the use of a normalised name.

    ``publishers`` come in the order of their first release. ``folders`` are the origins of the projects whose
    folder has that name. ``has_unknown`` says that a release was taken over whose tag is not known.
    ``is_private`` is true if the name was ever private or published. ``claimant`` is the origin of the
    project whose metadata gave the name first, "" if it is not known. ``repositories`` are the UUIDs of the
    repositories that are read.
    """

    name: str
    publishers: tuple[Publisher, ...] = ()
    folders: tuple[str, ...] = ()
    has_unknown: bool = False
    is_private: bool = False
    claimant: str = ""
    repositories: frozenset[str] = frozenset()


class Verdict(NamedTuple):
    """Whether a tag may publish under a name. If not, ``owner`` is the origin of the project that may.

    ``owner`` is "" if nobody knows. ``may_change`` says that other builds of this run can change the answer.
    """

    is_allowed: bool
    owner: str = ""
    may_change: bool = False


ALLOWED = Verdict(is_allowed=True)


def folder_of(tag: Tag) -> Folder:
    """The folder of the project that a tag is of."""
    return Folder(tag.project_origin, tag.project, tag.project_path)


def owner_of(use: NameUse) -> Publisher | None:
    """The publisher that a name belongs to; None if nothing is published under it but by guests."""
    publishers = [each for each in use.publishers if not each.is_guest]
    called = [each for each in publishers if each.folder.normalised == use.name]
    live = [each for each in publishers if each.is_live]
    order = [
        *(each for each in live if _is_same_project(each.origin, use.claimant, use)),
        *(each for each in called if each.is_live),
        *(each for each in called if each.is_there),
        *live,
        *publishers,
    ]
    return next(iter(order), None)


def verdict(
    folder: Folder,
    use: NameUse,
    *,
    is_moved: bool,
    has_known_version: bool,
    is_last: bool,
    has_known_file: bool = False,
) -> Verdict:
    """Whether a tag in the folder may publish under the name.

    ``is_moved`` says that it builds a release whose tag is gone, and is that very tag in another place. It
    takes the name along if its owner has no other tag of that name. With ``has_known_version`` it has at
    least the version of a release whose tag is not known, with ``has_known_file`` the very file.
    ``is_last`` says that no other build of this run can tell more.
    """
    own, is_called = folder.origin, folder.normalised == use.name
    owner = owner_of(use)
    others = [origin for origin in use.folders if not _is_same_project(own, origin, use)]
    if not owner and not is_last and is_called and use.has_unknown and others:
        # Another folder of that name may build what was taken over.
        return Verdict(is_allowed=False, may_change=True)
    if (is_moved or has_known_file) and not (owner and owner.is_live):
        return ALLOWED
    if has_known_file and not is_called:
        # A guest stays one without the catalog. This gives no right to publish more.
        return ALLOWED
    if owner:
        return _verdict_with_owner(own, owner, use, is_called=is_called, is_last=is_last)
    if is_called:
        return ALLOWED
    if others:
        return Verdict(is_allowed=False, owner=others[0])
    if use.has_unknown:
        return Verdict(is_allowed=is_last and has_known_version, may_change=not is_last)
    if not use.is_private or (use.claimant and _is_same_project(own, use.claimant, use)):
        return ALLOWED
    return Verdict(is_allowed=False, owner=use.claimant or next((each.origin for each in use.publishers), ""))


def may_inherit(folder: Folder, former: str, use: NameUse, lines: Iterable[OtherName]) -> bool:
    """Whether a folder may get releases of a name, of the project ``former`` that left, without a build.

    It may not if the name belongs to a third project that is there, unless the option other-names lets the
    folder publish under it.
    """
    owner = owner_before(former, use)
    if owner is None or not owner.is_there or owner.origin in (former, folder.origin):
        return True
    return allowing_line(folder, use.name, lines) is not None


def heir_of_adopted(use: NameUse, projects: Iterable[str]) -> str:
    """The origin of the project to which releases of a name belong that were taken over without a tag.

    That is the owner of the name, or if nobody has published under it the only project that is called so. If
    there are several it is "", and builds decide. ``projects`` are the origins of some that are called so.
    """
    if owner := owner_of(use):
        return owner.origin
    claimants = {*projects, *use.folders, *filter(None, [use.claimant])}
    return claimants.pop() if len(claimants) == 1 else ""


def owner_before(former: str, use: NameUse) -> Publisher | None:
    """The publisher that a name belonged to as long as the project with the origin ``former`` had tags."""
    publishers = [each._replace(is_live=each.is_live or each.origin == former) for each in use.publishers]
    return owner_of(use._replace(publishers=tuple(publishers)))


def may_use_line(folder: Folder, line: OtherName) -> bool:
    """Whether a line of the option other-names is about the project in this folder."""
    return any(fnmatchcase(name, line.project) for name in (folder.name, folder.normalised, folder.path))


def allowing_line(folder: Folder, name: str, lines: Iterable[OtherName]) -> OtherName | None:
    """The line of the option other-names that lets a folder publish under a normalised name."""
    matching = (line for line in lines if fnmatchcase(name, re.sub(r"[-_.]+", "-", line.name).lower()))
    return next((line for line in matching if may_use_line(folder, line)), None)


def refusal(folder: Folder, written: str, name: str, owner: str) -> str:
    """Why a tag is not published under a name (as ``written`` in its metadata), and the line to set."""
    return (
        f"its metadata says {written}, and {_BELONGS} {whose(owner)}. If this project may publish under it "
        f"too, set other-names = {line_for(folder, name, owner)}"
    )


def refused_name(reason: str) -> str:
    """The normalised name in a text of ``refusal``; "" for any other reason."""
    found = _NAME_IN_REASON.search(reason)
    return normalised_name_of(found[1]) if found else ""


def mixed_warning(folder: Folder, name: str, owner: str) -> str:
    """That a folder has published under a name that belongs to another one, and what becomes of it."""
    return (
        f"{name}: releases of {whose(folder.origin)} have this name, which belongs to {whose(owner)}. They "
        "stay, and new tags will be refused. If this project may go on, set "
        f"other-names = {line_for(folder, name, owner)}"
    )


def start_of_warned_note(lines: Iterable[OtherName]) -> str:
    """A digest of the option other-names: with other lines, there are other names to warn of."""
    return f"{zlib.crc32(' '.join(map(str, lines)).encode()):08x}"


def line_for(folder: Folder, name: str, owner: str) -> str:
    """The line of the option other-names that lets a folder publish under a name."""
    is_namesake = folder.normalised == normalised_name_of(owner.rpartition("/")[2])
    written = folder.path if is_namesake and folder.path else folder.name
    # A comment begins with "#" or ";", and "[" begins a range.
    is_plain = re.fullmatch(r"[^\s#;*?\[\]]+", written)
    return f"{written if is_plain else folder.normalised} {name}"


def foreign_publishers(use: NameUse) -> Sequence[Publisher]:
    """The publishers of a name whose next tag will be refused: it belongs to another one of them."""
    owner = owner_of(use)
    return [
        each
        for each in use.publishers
        if owner
        and each.is_live
        and not _is_same_project(each.origin, owner.origin, use)
        and each.folder.normalised != use.name
    ]


def _verdict_with_owner(
    own: str, owner: Publisher, use: NameUse, *, is_called: bool, is_last: bool
) -> Verdict:
    if _is_same_project(own, owner.origin, use):
        return ALLOWED
    if is_called and any(each.origin == own for each in use.publishers):
        return ALLOWED
    if owner.is_live:
        return Verdict(is_allowed=False, owner=owner.origin)
    # All its tags are gone. Its successor is the folder that has them now, or that has its name.
    is_successor = is_called and not owner.is_there
    return Verdict(is_allowed=is_successor, owner=owner.origin, may_change=not is_last)


def _is_same_project(one: str, other: str, use: NameUse) -> bool:
    """Whether two origins are of one project.

    A repository may have got another UUID. Folders side by side whose names differ in spelling only are one
    project, unless the name in question is their own.
    """
    if one == other:
        return True
    (repository, _, path), (other_repository, _, other_path) = one.partition("/"), other.partition("/")
    # At its root every repository of a single project has the same path.
    if path and path == other_path and not use.repositories >= {repository, other_repository}:
        return True
    (parent, _, folder), (other_parent, _, other_folder) = one.rpartition("/"), other.rpartition("/")
    name = normalised_name_of(folder)
    return parent == other_parent and name == normalised_name_of(other_folder) and name not in ("", use.name)


def whose(origin: str) -> str:
    """A project in words, by its path in its repository."""
    if not origin:
        return "another project, which this index had before"
    path = origin.partition("/")[2]
    return f"the folder {path}" if path else f"the repository {repository_of(origin)}"
