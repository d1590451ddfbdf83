"""Whole histories of releases for git repositories, loaded at once by git fast-import."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.support.git import FIRST_SECOND, git, make_bare

DAY = 86_400


@dataclass(frozen=True)
class Release:
    """A commit of exactly these files, and the annotated tag of it; both have that time."""

    tag: str
    files: Mapping[str, str | bytes]
    executables: Container[str] = frozenset()
    seconds: int = FIRST_SECOND


def load_releases(repository: Path, releases: Iterable[Release]) -> None:
    """Add the releases to the branch main of a repository, each on top of the one before."""
    parent = git(repository, "for-each-ref", "--format=%(objectname)", "refs/heads/main")
    begin = f"reset refs/heads/main\nfrom {parent}\n\n".encode() if parent else b""
    stream = b"".join([begin, *(part for release in releases for part in _commit_and_tag(release))])
    git(repository, "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet", stdin=stream)


@dataclass
class GitHistory:
    """A folder of bare repositories, one for each project; it has what ``History`` has of it."""

    folder: Path
    _commits: int = field(default=0, init=False)

    @property
    def url(self) -> str:
        """The URL of the folder."""
        return f"git+{self.folder.as_uri()}"

    def add_tag(
        self,
        project: str,
        name: str,
        files: Mapping[str, str | bytes],
        executables: Container[str] = (),
        *,
        date: datetime | None = None,
    ) -> None:
        """Commit these files to a project's repository, and tag that."""
        bare = self.folder / f"{project}.git"
        if not bare.exists():
            make_bare(bare)
        self._commits += 1
        seconds = int(date.timestamp()) if date else FIRST_SECOND + self._commits * DAY
        load_releases(bare, [Release(name, files, executables, seconds)])


def _commit_and_tag(release: Release) -> Iterator[bytes]:
    who = f"Ann <ann@example.com> {release.seconds} +0000\n".encode()
    yield b"commit refs/heads/main\ncommitter " + who
    yield _data(f"Work towards {release.tag}")
    yield b"deleteall\n"
    for path, content in release.files.items():
        mode = "100755" if path in release.executables else "100644"
        yield f"M {mode} inline {path}\n".encode()
        yield _data(content)
    yield f"tag {release.tag}\nfrom refs/heads/main\ntagger ".encode() + who
    yield _data(f"Tag {release.tag}")


def _data(content: str | bytes) -> bytes:
    data = content if isinstance(content, bytes) else content.encode()
    return b"data %d\n%b\n" % (len(data), data)
