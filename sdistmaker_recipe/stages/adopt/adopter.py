"""Take over one file of an index after the other."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from sdistmaker_recipe.catalog import Catalog, archives, former_names
from sdistmaker_recipe.catalog.archives import ArchiveMetadata
from sdistmaker_recipe.catalog.former_names import FormerName
from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.index import layout, yanking
from sdistmaker_recipe.index.atomic_files import disk_errors, sha256_of
from sdistmaker_recipe.index.existing_files import IndexPath, ListedFile, ListedFiles, read_index_json
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import ADOPTED, Adopted, NotAdopted, Release, ReleaseFile
from sdistmaker_recipe.names import canonicalize_name, same_version


class _NotAdoptedError(Exception):
    """A file is not taken over, and why."""


class _ContentNotListedError(_NotAdoptedError):
    """Our page of a project lists the file with other content: it must not pass for the published one."""

    def __init__(self, project: str) -> None:
        super().__init__(f"its content is not what {project}/index.json lists")
        self.project = project


class Adopter:
    """Takes over files; ``adopted`` are those that it took. Without ``change`` it changes no file.

    Its public methods raise ``StoreError``.
    """

    def __init__(self, store: IndexStore, catalog: Catalog, *, change: bool) -> None:
        self.adopted: list[Adopted] = []
        self._store = store
        self._catalog = catalog
        self._change = change
        self._reasons: dict[IndexPath, str] = {}
        # A run that broke off left these files, and this run removes them later.
        self._to_remove = {file.sha256 for file in catalog.withdrawals.files_to_remove()}
        self._quarantined_projects: set[str] = set()
        # These two are of the last folder asked for: files come folder by folder.
        self._listed: tuple[str, ListedFiles] = ("", {})
        self._second_names: tuple[str, dict[str, Release]] = ("", {})

    def adopt(self, path: IndexPath) -> None:
        """Take over a file, or note why not. A file that the catalog knows is passed over."""
        is_known = not path.problem and (self._is_known(path) or self._is_second_name(path))
        if is_known or path in self._reasons:
            return
        try:
            with disk_errors(self._path(path)):
                self._adopt(path)
        except _ContentNotListedError as error:
            self._reasons[path] = f"{error}; {self._quarantine(path)}"
            self._quarantined_projects.add(error.project)
        except _NotAdoptedError as error:
            self._reasons[path] = str(error)

    def not_adopted(self) -> tuple[NotAdopted, ...]:
        """The files that were not taken over, each with the reason."""
        return tuple(NotAdopted(str(path), reason) for path, reason in self._reasons.items())

    def remove_pages_without_files(self) -> None:
        """Remove the pages of projects all of whose listed files went into quarantine."""
        if self._change:
            for project in self._quarantined_projects:
                if not self._catalog.releases.of_project(project):
                    self._store.remove_files(project, layout.PROJECT_PAGES)
                    self._store.remove_release_pages(project, self._store.release_pages(project))

    def _adopt(self, path: IndexPath) -> None:
        if path.problem:
            raise _NotAdoptedError(path.problem)
        if layout.is_wheel(path.filename):
            self._adopt_wheel(path)
            return
        metadata, sha256 = _read(self._path(path))
        if sha256 in self._to_remove:
            return
        own_path = _own_path(path, metadata)
        listed = self._listed_file(own_path)
        is_listed = listed is not None and listed.sha256 == sha256
        if self._belongs_to_release(path, own_path, metadata, sha256, is_listed=is_listed):
            return
        if listed is not None and not is_listed:
            raise _ContentNotListedError(own_path.folder)
        if self._make_room(own_path, sha256):
            # The file that was in the place of this one is the release now.
            self._belongs_to_release(path, own_path, metadata, sha256, is_listed=False)
            return
        self._publish(path, own_path, metadata, sha256, listed)

    def _adopt_wheel(self, path: IndexPath) -> None:
        """Take a wheel over, as a file of the release whose sdist is known."""
        release = self._release_of_wheel(path)
        metadata, sha256 = _read(self._path(path), archives.read_wheel)
        if sha256 in self._to_remove:
            return
        if canonicalize_name(metadata.name) != release.project or not same_version(
            metadata.version, release.version
        ):
            raise _NotAdoptedError(f"its metadata is that of {metadata.name} {metadata.version}")
        own_path = IndexPath(release.project, path.filename)
        published = next((file for file in release.wheels if file.filename == path.filename), None)
        if published or self._catalog.wheels.owner(*own_path[:2]):
            if published and published.sha256 == sha256:
                self._record_former_name(path, release, sha256)
                return
            raise _NotAdoptedError(f"{own_path} is published already, with other content")
        listed = self._listed_file(own_path)
        if listed is not None and listed.sha256 != sha256:
            raise _ContentNotListedError(own_path.folder)
        status = self._path(path).stat()
        self._add_own_name(path, own_path, status.st_mtime)
        wheel = ReleaseFile(
            filename=path.filename,
            kind="wheel",
            sha256=sha256,
            size=status.st_size,
            upload_time=(listed.upload_time if listed else None) or _utc(status.st_mtime),
            metadata_sha256=metadata.metadata_sha256,
        )
        changed = self._catalog.wheels.add(release, wheel, metadata.metadata)
        if path != own_path:
            self._record_former_name(path, changed, sha256)
        self.adopted.append(Adopted(str(path), changed, wheel.filename))

    def _release_of_wheel(self, path: IndexPath) -> Release:
        """The release that a wheel's name says; raises ``_NotAdoptedError`` if none of it is known."""
        # Few indexes have wheels to take over.
        from packaging.utils import InvalidWheelFilename, parse_wheel_filename

        try:
            # Unlike that of an sdist, the name stays as it is: it says for which Pythons the wheel is.
            if not layout.has_wheel_characters(path.filename):
                raise ValueError("it is too long, or has other characters")
            project, version, _build, _tags = parse_wheel_filename(path.filename)
            sdist = layout.sdist_filename(project, str(version))
        except (InvalidWheelFilename, ValueError) as error:
            reason = f"it is not a source distribution, and its name is not that of a wheel: {error}"
            raise _NotAdoptedError(reason) from error
        release = self._catalog.releases.find(project, sdist, str(version))
        if release is None:
            reason = f"it is not a source distribution, and there is none of {project} {version}"
            raise _NotAdoptedError(f"{reason}, as a wheel needs")
        return release

    def _publish(
        self,
        path: IndexPath,
        own_path: IndexPath,
        metadata: ArchiveMetadata,
        sha256: str,
        listed: ListedFile | None,
    ) -> None:
        """Enter a release of this file into the catalog; ``listed`` is what our own page said of it."""
        status = self._path(path).stat()
        self._add_own_name(path, own_path, status.st_mtime)
        yanked = listed.yanked if listed else None
        sdist = ReleaseFile(
            filename=own_path.filename,
            kind="sdist",
            sha256=sha256,
            size=status.st_size,
            upload_time=(listed.upload_time if listed else None) or _utc(status.st_mtime),
            metadata_sha256=metadata.metadata_sha256,
        )
        release = Release(
            project=own_path.folder,
            name=metadata.name,
            version=metadata.version,
            files=(sdist,),
            requires_python=metadata.requires_python,
            origin=f"{ADOPTED}{own_path}",
            tag_url="",
            revision="",
            toolchain="",
            summary=metadata.details.summary,
            yanked=yanked,
            tag_deleted_in=yanking.deleted_revision(yanked),
            python=listed.python if listed else "",
            lacks_code=listed.lacks_code if listed else False,
        )
        self._catalog.releases.publish(release, {sha256: metadata.metadata})
        if path != own_path:
            self._record_former_name(path, release, sha256)
        self.adopted.append(Adopted(str(path), release))

    def _is_known(self, path: IndexPath) -> bool:
        is_published = self._catalog.wheels.owner(path.folder, path.filename)
        return bool(is_published or self._catalog.former_names.get(path.folder, path.filename))

    def _is_second_name(self, path: IndexPath) -> bool:
        """Whether a file is a second name by rule of a known sdist, found without reading it."""
        if self._second_names[0] != path.folder:
            self._second_names = (path.folder, self._second_names_in(path.folder))
        release = self._second_names[1].get(path.filename)
        return release is not None and self._store.is_same_file(
            release.project, release.filename, path.folder, path.filename
        )

    def _second_names_in(self, folder: str) -> dict[str, Release]:
        project = canonicalize_name(folder)
        releases = self._catalog.releases.of_project(project)
        known = self._catalog.former_names.of_project(project)
        legacy_folders = former_names.legacy_folders(project, [release.name for release in releases], known)
        return former_names.second_names(folder, releases, known) if folder in legacy_folders else {}

    def _belongs_to_release(
        self, path: IndexPath, own_path: IndexPath, metadata: ArchiveMetadata, sha256: str, *, is_listed: bool
    ) -> bool:
        """Whether the file's release is in the catalog already; the file is then a former name of it.

        Raises ``_NotAdoptedError`` if the release has other content.
        """
        release = self._catalog.releases.find(own_path.folder, own_path.filename, metadata.version)
        # If two tags were 1.0 and 1.0.0, our pages listed both.
        if release is None or (release.filename != own_path.filename and is_listed):
            return False
        self._record_former_name(path, release, sha256)
        if release.sha256 != sha256:
            published = f"{release.project}/{release.filename}"
            raise _NotAdoptedError(
                f"{published} is {metadata.name} {metadata.version} already, with other content"
            )
        return True

    def _record_former_name(self, path: IndexPath, release: Release, sha256: str) -> None:
        """Record that a file has this name, unless it is a second name by rule, which may change later."""
        by_rule = former_names.is_by_rule(path.folder, path.filename, release, release.name)
        if not by_rule or sha256 != release.sha256:
            name = FormerName(path.folder, path.filename, release.project, sha256)
            self._catalog.former_names.add(name)

    def _add_own_name(self, path: IndexPath, own_path: IndexPath, mtime: float) -> None:
        """Give a file the name that clients look for, beside the name that it has."""
        self._catalog.private_names.update([own_path.folder], ())
        if path == own_path or not self._change:
            return
        stored = self._store.add_archive(own_path.folder, own_path.filename, self._path(path))
        own = self._path(own_path)
        # If this run breaks off, the next one takes the upload time from a copy. A link has that time, which
        # only the owner of the file could set.
        if stored.is_new and own.stat().st_mtime != mtime:
            os.utime(own, (mtime, mtime))

    def _make_room(self, own_path: IndexPath, sha256: str) -> bool:
        """Take over what is in the place of a new file, or move it into quarantine; whether it was taken."""
        is_known = self._catalog.releases.get(own_path.folder, own_path.filename) is not None
        if is_known or not self._store.path_exists(own_path.folder, own_path.filename):
            return False
        is_file = self._store.has_file(own_path.folder, own_path.filename)
        if is_file and sha256_of(self._path(own_path)) == sha256:
            return False
        try:
            self._adopt(own_path._replace(problem="" if is_file else "it is not a file"))
        except _NotAdoptedError as error:
            self._reasons[own_path] = f"{error}; it is in the way, and {self._quarantine(own_path)}"
            return False
        return True

    def _quarantine(self, path: IndexPath) -> str:
        """Move a file into quarantine, if files may change; what happened, or would happen, to it."""
        if not self._change:
            return f"would be moved to {self._store.quarantine_folder}"
        return f"is moved to {self._store.quarantine(path.folder, path.filename)}"

    def _listed_file(self, own_path: IndexPath) -> ListedFile | None:
        if self._listed[0] != own_path.folder:
            page = self._store.folder / own_path.folder / "index.json"
            self._listed = (own_path.folder, read_index_json(page))
        return self._listed[1].get(own_path.filename)

    def _path(self, path: IndexPath) -> Path:
        return self._store.folder / path.folder / path.filename


def _read(
    path: Path, read: Callable[[Path], ArchiveMetadata] = archives.read_archive
) -> tuple[ArchiveMetadata, str]:
    """The metadata and the SHA-256 of an archive."""
    try:
        return read(path), sha256_of(path)
    except BuildError as error:
        raise _NotAdoptedError(str(error)) from error
    except OSError as error:
        raise _NotAdoptedError(f"it cannot be read: {error.strerror or error}") from error


def _own_path(path: IndexPath, metadata: ArchiveMetadata) -> IndexPath:
    """The path that a release with this metadata has in an index of ours."""
    try:
        project = layout.project_folder(metadata.name)
        suffix = layout.sdist_suffix(path.filename)
        filename = layout.sdist_filename(metadata.name, metadata.version, suffix)
    except ValueError as error:
        raise _NotAdoptedError(f"its metadata cannot be used: {error}") from error
    if not layout.is_sdist_of(path.filename, metadata.name, metadata.version):
        raise _NotAdoptedError(f"its metadata is that of {metadata.name} {metadata.version}")
    return IndexPath(project, filename)


def _utc(mtime: float) -> datetime:
    """The time of a file; the epoch if the file system has no usable one."""
    try:
        return datetime.fromtimestamp(mtime, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, timezone.utc)
