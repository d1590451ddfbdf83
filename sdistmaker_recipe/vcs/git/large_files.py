"""Replace the pointers of Git LFS by the files that they stand for.

A pointer is a small text with the SHA-256 of the file (docs/spec.md of git-lfs), in a file with the attribute
``filter=lfs``. Other files with such a text are files like any other. git-lfs fetches the files,
and they are copied from its folder by their digests. So no filter has to be configured, and nothing that
a tag's .gitattributes names is executed.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.vcs import Credentials
from sdistmaker_recipe.vcs.git.archive import Commit
from sdistmaker_recipe.vcs.git.errors import DamagedObjectsError
from sdistmaker_recipe.vcs.git.objects import make_git_folder
from sdistmaker_recipe.vcs.git.places import Place
from sdistmaker_recipe.vcs.git.process import Git, is_remote
from sdistmaker_recipe.vcs.git.submodules import Policy, settings_in

logger = logging.getLogger(__name__)

_MISSING = re.compile(r"missing object|does not exist on the server|\[404\]")
_NAMES_SERVER = re.compile(r"lfs\.url|remote\..*\.lfsurl|include(if\..*)?\.path", re.DOTALL)
"""Settings in ``.lfsconfig`` that say where large files are (git-lfs-config(5)), and includes of others."""
_OID = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)


class Source(NamedTuple):
    """Where large files come from: a commit, whose objects are in the folder ``objects``.

    ``git`` reads them, and ``policy`` says which other hosts a tag may name.
    """

    place: Place
    objects: Path
    commit: Commit
    credentials: Credentials
    git: Git
    policy: Policy


def replace_pointers(source: Source, folder: Path, candidates: Sequence[str]) -> None:
    """Replace those of the files at these paths below the folder that are pointers.

    Raises ``RepositoryError``.
    """
    place = source.place
    if not (paths := _with_filter(source.git, source.commit, candidates)):
        return
    if shutil.which("git-lfs") is None:
        raise RepositoryError(
            place.url,
            f"{paths[0]!r} is kept by Git LFS{_others(paths)}, and the program git-lfs is not installed",
            "Install it (Debian: apt install git-lfs).",
        )
    digests = {path: _digest(place.url, folder / path) for path in paths}
    kept = place.large_files / "objects"
    if any(not _kept(kept, digest).is_file() for digest in digests.values()):
        _check_servers(source)
        _fetch(source)
    for path, digest in digests.items():
        _replace(place.url, _kept(kept, digest), folder / path, digest, path)


def _with_filter(git: Git, commit: Commit, paths: Sequence[str]) -> list[str]:
    """Those of the paths that have the attribute ``filter=lfs`` in the commit."""
    # git 2.40 can ask for the attributes of a commit. Older ones know those of an index, which is thrown away
    # with the folder of ``git``.
    git.run(["read-tree", commit.identifier])
    asked = "".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape")
    printed = git.run(["check-attr", "--cached", "-z", "--stdin", "filter"], asked).output
    values = printed.split(b"\0")[2::3]  # a path, the name of the attribute, its value
    return [path for path, value in zip(paths, values, strict=True) if value == b"lfs"]


def _digest(url: str, pointer: Path) -> str:
    match = _OID.search(pointer.read_bytes())
    if match is None:
        raise RepositoryError(url, f"{pointer.name!r} is a pointer of Git LFS that names no file")
    return match[1].decode()


def _kept(folder: Path, digest: str) -> Path:
    """Where git-lfs keeps the file with a digest."""
    return folder / digest[:2] / digest[2:4] / digest


def _check_servers(source: Source) -> None:
    """Raise ``RepositoryError`` if a tag sends git-lfs to a host that is not allowed.

    Whoever can push would have the build machine ask it, with passwords that the account has stored.
    """
    for key, written in settings_in(source.git, source.commit.identifier, ".lfsconfig"):
        if _NAMES_SERVER.fullmatch(key):
            source.policy.check_large_files(source.place.url, source.place.server, key, written.strip())


def _fetch(source: Source) -> None:
    """Have git-lfs fetch all files of a commit. It reads ``.lfsconfig`` of the commit that HEAD names."""
    place, objects, commit, credentials = source[:4]
    if not is_remote(place.server) and not os.access(place.large_files.parent, os.W_OK):
        return
    with tempfile.TemporaryDirectory(prefix="sdistmaker-git-") as name:
        git_folder = Path(name, "lfs.git")
        make_git_folder(git_folder, commit.identifier)
        (git_folder / "HEAD").write_text(f"{commit.identifier}\n", "ascii")
        (git_folder / "shallow").write_text(f"{commit.identifier}\n", "ascii")
        (git_folder / "objects/info/alternates").write_text(f"{objects}\n", "utf-8", "surrogateescape")
        # With a GIT_DIR, git-lfs would take it for the repository at the other end too, if that is a folder.
        git = Git(place.url, server=place.server, credentials=credentials, working=git_folder)
        settings: Mapping[str, str] = {
            "remote.origin.url": place.server,
            "lfs.storage": str(place.large_files),
            "lfs.concurrenttransfers": "4",
            "safe.bareRepository": "all",
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        try:
            # Empty filters take the place of lfs.fetchinclude and lfs.fetchexclude.
            git.run([*options, "lfs", "fetch", "--include=", "--exclude=", "origin", commit.identifier])
        except RepositoryError as error:
            if not _MISSING.search(error.reason):
                raise RepositoryError(
                    place.url,
                    f"git lfs fetch failed: {error.reason}",
                    error.hint,
                    is_transient=error.is_transient,
                    is_forbidden=error.is_forbidden,
                ) from error
            # Which files are missing is seen when they are put in place.
            logger.debug("%s: %s", place.url, error.reason)


def _replace(url: str, kept: Path, target: Path, digest: str, path: str) -> None:
    """Put the file with a digest in place of its pointer, with the pointer's mode and time."""
    status = target.stat()
    found = hashlib.sha256()
    scratch = target.with_name(f"{target.name[:200]}.lfs-part")
    try:
        with kept.open("rb") as source, scratch.open("xb") as file:
            while block := source.read(1 << 20):
                found.update(block)
                file.write(block)
    except FileNotFoundError as error:
        scratch.unlink(missing_ok=True)
        raise RepositoryError(
            url,
            f"Git LFS does not have the file that {path!r} stands for ({digest[:12]}…)",
            "Push it with git lfs push --all, from a working copy that has it.",
        ) from error
    if found.hexdigest() != digest:
        scratch.unlink()
        raise DamagedObjectsError(
            url, f"the file that Git LFS keeps for {path!r} is damaged", "Run git lfs fsck."
        )
    scratch.chmod(status.st_mode & 0o7777)
    os.utime(scratch, ns=(status.st_atime_ns, status.st_mtime_ns))
    scratch.replace(target)


def _others(paths: Sequence[str]) -> str:
    return f", as are {len(paths) - 1} other files" if len(paths) > 1 else ""
