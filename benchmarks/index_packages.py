"""The releases that an index is written of, the same for all contenders. Pure.

They are what setuptools makes of the projects of ``benchmarks.projects``: metadata with Dynamic fields, so no
core metadata file is served beside an archive (PEP 643), and a description of some forty lines.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from benchmarks import projects
from sdistmaker_recipe.index import core_metadata
from sdistmaker_recipe.index.layout import project_folder, sdist_filename
from sdistmaker_recipe.model import Built, Release, ReleaseFile, Tag

BEGIN = datetime(2010, 1, 4, 9, tzinfo=timezone.utc)
BETWEEN = timedelta(minutes=500)

REPOSITORY = "https://svn.example.com/svn"
UUID = "11111111-2222-4333-8444-555555555555"
REQUIRES_PYTHON = ">=3.8,<4"
METADATA = """\
Metadata-Version: 2.4
Name: {name}
Version: {version}
Summary: {summary}
Home-page: https://www.example.com/{name}
Author: Acme
Author-email: packages@example.com
License: BSD
Classifier: Intended Audience :: Developers
Classifier: Programming Language :: Python
Classifier: Topic :: Office/Business
Requires-Python: {requires_python}
Dynamic: author
Dynamic: author-email
Dynamic: classifier
Dynamic: description
Dynamic: home-page
Dynamic: license
Dynamic: requires-python
Dynamic: summary

{description}"""


@dataclass(frozen=True, slots=True)
class Package:
    """A release to be listed: ``number`` counts releases over time, ``described`` has its description."""

    tag: projects.Release
    number: int
    described: projects.Release

    @property
    def filename(self) -> str:
        """The archive's name, the same for all contenders."""
        return sdist_filename(self.tag.name, self.tag.version)

    @property
    def archive(self) -> bytes:
        """What stands for the archive: nobody unpacks it."""
        return f"{self.filename}\n".encode() * 20

    @property
    def sha256(self) -> str:
        """The archive's SHA-256 in hexadecimal."""
        return hashlib.sha256(self.archive).hexdigest()

    @property
    def upload_time(self) -> datetime:
        """When it was uploaded, in UTC."""
        return BEGIN + self.number * BETWEEN

    @property
    def summary(self) -> str:
        """What its metadata says in a line."""
        return f"Keeps every {self.tag.name.partition('-')[2]} of the company"

    @property
    def metadata(self) -> bytes:
        """Its PKG-INFO."""
        text = METADATA.format(
            name=self.tag.name,
            version=self.tag.version,
            summary=self.summary,
            requires_python=REQUIRES_PYTHON,
            description=projects.description(self.described),
        )
        return text.encode()


def packages(count: int, releases: int) -> tuple[Package, ...]:
    """So many releases of each of so many projects; the first releases of all are the oldest."""
    tags = sorted(projects.releases(count, releases), key=lambda tag: (tag.number, tag.name))
    return tuple(Package(tag, number, tag) for number, tag in enumerate(tags))


def added(listed: tuple[Package, ...], *, described_anew: bool) -> Package:
    """One release more, of the project in the middle; its description may be that of the release before."""
    newest = listed[len(listed) - 1 - len({each.tag.name for each in listed}) // 2].tag
    tag = projects.Release(newest.name, f"1.{newest.number + 1}")
    return Package(tag, len(listed), tag if described_anew else newest)


def line_for_dumb_pypi(package: Package) -> str:
    """What dumb-pypi's list of packages says of a release: all that it can be told."""
    return json.dumps(
        {
            "filename": package.filename,
            "hash": f"sha256={package.sha256}",
            "requires_python": REQUIRES_PYTHON,
            "upload_timestamp": int(package.upload_time.timestamp()),
        }
    )


def release_of(package: Package) -> Release:
    """What our catalog knows of a release."""
    built = built_of(package)
    return Release(
        project=project_folder(built.name),
        name=built.name,
        version=built.version,
        files=(
            ReleaseFile(package.filename, "sdist", built.sha256, built.size, upload_time=package.upload_time),
        ),
        requires_python=built.requires_python,
        origin=built.tag.origin,
        tag_url=built.tag.url,
        revision=built.tag.revision,
        toolchain=built.toolchain,
        summary=built.details.summary,
    )


def built_of(package: Package, archive: bytes = b"") -> Built:
    """A release as it comes from the build."""
    return Built(
        tag=_tag_of(package),
        name=package.tag.name,
        version=package.tag.version,
        archive=archive,
        sha256=package.sha256,
        size=len(package.archive),
        metadata=package.metadata,
        requires_python=REQUIRES_PYTHON,
        toolchain="declared",
        details=core_metadata.project_details(package.metadata),
    )


def _tag_of(package: Package) -> Tag:
    return Tag(
        repository=REPOSITORY,
        project_path=package.tag.name,
        name=package.tag.version,
        path=package.tag.path,
        version=package.tag.version,
        revision=str(2 * package.number + 2),
        time=package.upload_time,
        origin=f"{UUID}/{package.tag.path}",
    )
