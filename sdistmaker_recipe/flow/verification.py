"""Compare the whole index with the catalog, and repair what can be made again.

The comparison comes before the plan, so the same run builds missing files again. A damaged file is moved to
the quarantine. Only temporary files of a killed run are deleted.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from contextlib import suppress
from typing import Literal, TypeAlias

from sdistmaker_recipe.catalog import archives, former_names
from sdistmaker_recipe.catalog.former_names import FormerName
from sdistmaker_recipe.errors import BuildError, CatalogDamagedError
from sdistmaker_recipe.index import existing_files, layout
from sdistmaker_recipe.index.atomic_files import is_temporary
from sdistmaker_recipe.model import ADOPTED, IndexProblem, Release, ReleaseFile, Verification
from sdistmaker_recipe.names import canonicalize_name
from sdistmaker_recipe.stages.pages import PageWriter, SecondName

Outcome: TypeAlias = Literal["repaired", "repairable", "broken", "told"]
"""See ``model.IndexProblem``."""

_MISSING = "is missing"
_NO_FILE = "is no file"
_PAGE_CURE = "--adopt takes over the archives beside it, and if there is none, delete the page"


class Verifier:
    """Compares an index with its catalog; with ``change`` it repairs. Public methods raise ``StoreError``."""

    def __init__(self, writer: PageWriter, *, change: bool) -> None:
        self._writer = writer
        self._store = writer.store
        self._catalog = writer.catalog
        self._names = writer.catalog.former_names
        self._change = change
        self._files = 0
        self._problems: dict[str, IndexProblem] = {}
        self._lost: dict[Release, str] = {}
        self._lost_wheels: dict[tuple[str, str, ReleaseFile], str] = {}
        # Archives that a dry run leaves in place: other names cannot be compared with them.
        self._damaged: set[tuple[str, str]] = set()

    @property
    def lost(self) -> frozenset[Release]:
        """The releases whose files are to be built again."""
        return frozenset(self._lost)

    @property
    def releases_with_lost_wheels(self) -> frozenset[Release]:
        """The releases whose wheels are to be built again from their sdists."""
        keys = {(project, filename) for project, filename, _wheel in self._lost_wheels}
        found = (self._catalog.releases.get(project, filename) for project, filename in keys)
        return frozenset(release for release in found if release)

    def verify(self) -> None:
        """Compare the catalog, archives, former names, pages and all other files of the index."""
        self._catalog.check()
        projects = self._catalog.releases.projects()
        for project in projects:
            releases = self._catalog.releases.of_project(project)
            for release in releases:
                self._verify_archive(release)
                for wheel in release.wheels:
                    self._verify_wheel(release, wheel)
            self._verify_former_names(project, releases)
        if self._writer.is_current():
            self._verify_pages(projects)
        folders = self._store.folders()
        self._verify_private(folders)
        for folder in ("", *(name for name in sorted(folders) if not name.startswith("."))):
            self._verify_folder(folder)

    def finish(self) -> Verification:
        """The result, after the builds."""
        changed_projects: set[str] = set()
        for before, problem in self._lost.items():
            now = self._catalog.releases.find(before.project, before.filename, before.version)
            if now is not None and not self._store.has_file(now.project, now.filename):
                now = None
            if now is not None and self._change:
                archives.update_second_names(before, now, self._store, self._catalog)
                changed_projects.add(before.project)
            outcome, explanation = self._outcome(before, now)
            self._note(f"{before.project}/{before.filename}", f"{problem}; {explanation}", outcome)
        for (project, sdist, wheel), problem in self._lost_wheels.items():
            outcome, explanation = self._wheel_outcome(project, sdist, wheel)
            self._note(f"{project}/{wheel.filename}", f"{problem}; {explanation}", outcome)
        self._writer.write_projects(sorted(changed_projects))
        return Verification(self._files, tuple(self._problems.values()))

    def _verify_archive(self, release: Release) -> None:
        project, filename = release.project, release.filename
        if not (problem := self._problem_of(release, release.sdist)):
            return
        copy = archives.find_copy(release, self._store, self._catalog)
        if not copy:
            self._lost[release] = problem
        elif self._change:
            self._store.add_archive(project, filename, self._store.folder / copy)
        if copy:
            self._note(f"{project}/{filename}", f"{problem}; {copy} still holds it", self._repair)

    def _verify_wheel(self, release: Release, wheel: ReleaseFile) -> None:
        if not (problem := self._problem_of(release, wheel)):
            return
        copy = archives.find_copy_of_wheel(release, wheel, self._store, self._catalog)
        if not copy:
            self._lost_wheels[release.project, release.filename, wheel] = problem
            return
        if self._change:
            self._store.add_archive(release.project, wheel.filename, self._store.folder / copy)
        self._note(f"{release.project}/{wheel.filename}", f"{problem}; {copy} still holds it", self._repair)

    def _problem_of(self, release: Release, file: ReleaseFile) -> str:
        """What is wrong with a file of a release, which is then moved away; "" if nothing is."""
        self._files += 1
        project, filename = release.project, file.filename
        digest = self._store.digest(project, filename)
        if digest == file.sha256:
            return ""
        self._refuse_damaged_digest(release, file, digest)
        is_there = self._store.path_exists(project, filename)
        problem = "holds other bytes than were published" if digest else _NO_FILE if is_there else _MISSING
        if is_there and self._change:
            problem += f", and is moved to {self._store.quarantine(project, filename)}"
        elif not self._change:
            self._damaged.add((project, filename))
        return problem

    def _refuse_damaged_digest(self, release: Release, file: ReleaseFile, digest: str) -> None:
        """Raise ``CatalogDamagedError`` if the catalog, not the archive, holds another digest than before.

        The catalog keeps the metadata of each archive by its digest, so it knows the digest of an archive
        that it published. An archive that somebody put in place of one has no metadata there.
        """
        releases = self._catalog.releases
        if digest and releases.metadata(digest) and not releases.metadata(file.sha256):
            raise self._damage(f"{release.project}/{file.filename}", "sha256")

    def _refuse_damaged_text(self, project: str) -> None:
        """Raise ``CatalogDamagedError`` if the catalog says something else of a release than its archive.

        A page that differs from the catalog can be the right one.
        """
        for release in self._catalog.releases.of_project(project):
            if self._store.digest(project, release.filename) == release.sha256:
                with suppress(BuildError):
                    archive = archives.read_archive(self._store.folder / project / release.filename)
                    for field in ("name", "version", "requires_python"):
                        if getattr(archive, field) != getattr(release, field):
                            raise self._damage(f"{project}/{release.filename}", field)

    def _damage(self, file: str, field: str) -> CatalogDamagedError:
        return self._catalog.damage(f"{field} of {file} is not what the archive has")

    def _verify_former_names(self, project: str, releases: Sequence[Release]) -> None:
        by_digest = {release.sha256: release for release in releases}
        for name in self._names.of_project(project):
            self._files += 1
            release = by_digest.get(name.sha256)
            if release is None:
                self._verify_other_file(name)
            elif release not in self._lost:
                self._verify_second_name(SecondName(project, release.filename, name.folder, name.filename))

    def _verify_second_name(self, second: SecondName) -> None:
        is_damaged = (second.project, second.filename) in self._damaged
        if not is_damaged and not self._store.is_same_archive(*second):
            self._note(f"{second.folder}/{second.name}", "is no second name of its archive", self._repair)
            if self._change:
                self._store.link_archive(*second)

    def _verify_other_file(self, name: FormerName) -> None:
        """A file that an adopted index had beside the release's own file: no page names it."""
        digest = self._store.digest(name.folder, name.filename)
        if digest and digest != name.sha256:
            self._note(f"{name.folder}/{name.filename}", "holds other bytes than when it was found", "told")
        if digest != name.sha256 and self._change:
            self._names.remove([name])

    def _verify_pages(self, projects: Sequence[str]) -> None:
        owed = self._catalog.pages.stale()
        wrong: set[str] = set()
        chosen = [project for project in projects if project not in owed]
        for project, path, is_right in self._writer.compare_projects(chosen, self._damaged):
            if not is_right and project not in wrong:
                self._refuse_damaged_text(project)
            if self._compare(path, is_right=is_right):
                wrong.add(project)
        if self._change:
            self._writer.write_projects(sorted(wrong))
        if "" in owed:
            return
        compared = self._writer.compare_root()
        found = [path for path, is_right in compared if self._compare(path, is_right=is_right)]
        if found and self._change:
            self._writer.write_root()

    def _compare(self, path: str, *, is_right: bool) -> bool:
        """Note a page that is not right, and count it; whether it is wrong."""
        self._files += 1
        if not is_right:
            is_there = self._store.path_exists(*path.rpartition("/")[::2])
            self._note(path, "is not as the catalog has it" if is_there else _MISSING, self._repair)
        return not is_right

    def _verify_private(self, folders: Container[str]) -> None:
        without = sorted(name for name in self._catalog.private_names.all() if name not in folders)
        for name in without:
            self._note(name, "is a private name without its marker, an empty folder", self._repair)
        if self._change:
            self._store.mark_private(without)

    def _verify_folder(self, folder: str) -> None:
        known = self._known(folder)
        for name in existing_files.file_names(self._store.folder / folder):
            path = f"{folder}/{name}" if folder else name
            if name in known:
                continue
            archive = name.removesuffix(layout.METADATA_SUFFIX)
            if is_temporary(name) or (archive != name and archive in known):
                self._note(path, "is left over from a run", self._repair)
                if self._change:
                    self._store.remove_files(folder, [name])
            elif folder and (layout.sdist_suffix(name) or layout.is_wheel(name)):
                self._note(path, "is not in the catalog; --adopt takes it over", "told")
            elif folder and not known and name in layout.PROJECT_PAGES:
                self._note(
                    path, f"is a page, but the catalog has no release of {folder}; {_PAGE_CURE}", "told"
                )

    def _known(self, folder: str) -> frozenset[str]:
        """The names of the archives and metadata files that belong into a folder."""
        project = canonicalize_name(folder)
        releases = self._catalog.releases.of_project(project)
        known = {*self._names.in_folder(folder)}
        if folder == project:
            files = [file for release in releases for file in release.files]
            known |= {file.filename for file in files}
            known |= {f"{file.filename}{layout.METADATA_SUFFIX}" for file in files if file.metadata_sha256}
        else:
            known |= {*former_names.second_names(folder, releases, self._names.of_project(project))}
        return frozenset(known)

    def _outcome(self, before: Release, now: Release | None) -> tuple[Outcome, str]:
        has_tag = before.tag_deleted_in is None and not before.origin.startswith(ADOPTED)
        if not has_tag and (now is None or not self._change):
            return "broken", "no tag is known that it can be built from again"
        if not self._change:
            return "repairable", "it is built again from its tag"
        if now is None:
            return "broken", "its tag does not build it again"
        if now.sha256 != before.sha256:
            return "broken", "it was built again with other bytes, which pinned hashes refuse"
        return "repaired", "it was built again with the same bytes"

    def _wheel_outcome(self, project: str, sdist: str, wheel: ReleaseFile) -> tuple[Outcome, str]:
        if not self._change:
            return "repairable", "it is built again from the source distribution"
        release = self._catalog.releases.get(project, sdist)
        wheels = release.wheels if release else ()
        now = next((file for file in wheels if file.filename == wheel.filename), None)
        if now is None or not self._store.has_file(project, wheel.filename):
            return "broken", "it cannot be built again, and the index lists the source distribution alone"
        if now.sha256 != wheel.sha256:
            return "broken", "it was built again with other bytes, which pinned hashes refuse"
        return "repaired", "it was built again with the same bytes"

    def _note(self, file: str, problem: str, outcome: Outcome) -> None:
        self._problems.setdefault(file, IndexProblem(file, problem, outcome))

    @property
    def _repair(self) -> Outcome:
        return "repaired" if self._change else "repairable"
