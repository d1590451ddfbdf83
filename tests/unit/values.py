"""Values of the model for tests: each made by one call, with only what matters spelled out."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from packaging.utils import canonicalize_name

from sdistmaker_recipe.model import Failure, Plan, Release, ReleaseFile, Report, Tag

REPOSITORY = "https://svn.example.com/svn"
UUID = "11111111-2222-4333-8444-555555555555"
TIME = datetime(2012, 3, 4, 5, 6, 7, 890, tzinfo=timezone.utc)


def a_tag(name: str = "1.0", *, project: str = "acme.ledger", **changes: Any) -> Tag:
    """A tag whose name is its version."""
    path = f"{project}/tags/{name}"
    tag = Tag(
        repository=REPOSITORY,
        project_path=project,
        name=name,
        path=path,
        version=name,
        revision="17",
        time=TIME,
        origin=f"{UUID}/{path}",
    )
    return tag._replace(**changes)


def a_file(filename: str = "acme_ledger-1.0.tar.gz", **changes: Any) -> ReleaseFile:
    """A published file: an sdist, or a wheel where its name says so."""
    kind: Literal["sdist", "wheel"] = "wheel" if filename.endswith(".whl") else "sdist"
    return ReleaseFile(filename, kind, sha256="ab" * 32, size=1234, upload_time=TIME)._replace(**changes)


def a_release(version: str = "1.0", *, project: str = "acme-ledger", **changes: Any) -> Release:
    """What is published of a tag of that version; ``changes`` may be of its sdist, too."""
    written = project.replace("-", ".")
    tag = a_tag(version, project=written)
    release = Release(
        project=project,
        name=written,
        version=version,
        files=(a_file(f"{project.replace('-', '_')}-{version}.tar.gz"),),
        requires_python=">=3.8",
        origin=tag.origin,
        tag_url=tag.url,
        revision=tag.revision,
        toolchain="setuptools==80.0",
    )
    of_sdist = {name: changes.pop(name) for name in ReleaseFile._fields if name in changes}
    return with_sdist(release, **of_sdist)._replace(**changes)


def with_sdist(release: Release, **changes: Any) -> Release:
    """The release with its sdist changed."""
    sdist = release.sdist._replace(**changes)
    return release._replace(files=(sdist, *(file for file in release.files if file.kind != "sdist")))


def a_failure(tag: Tag, fingerprint: str = "f1", reason: str = "SyntaxError: print") -> Failure:
    """A remembered failure of a tag."""
    log_file = Path("/srv/index-state/logs/one.log")
    return Failure(tag.origin, fingerprint, reason, log_file, project=canonicalize_name(tag.project))


def a_report(plan: Plan | None = None, **changes: Any) -> Report:
    """A report of a run over /srv/index in which nothing happened."""
    return Report(Path("/srv/index"), plan or Plan(), releases=3, projects=2)._replace(**changes)
