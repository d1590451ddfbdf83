"""A Subversion repository of many projects with many tags each, as cheap copies, made quickly."""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.svndump import Change, Dump, add_file, add_folder, change_file, copy_folder

SETUP = """\
from setuptools import setup
setup(name={name!r}, version={version!r}, py_modules=[])
"""


def make_large_repository(folder: Path, projects: int, tags: int, together: int = 1) -> str:
    """A repository at the new folder whose projects have that many tags each; its file:// URL.

    It has a revision for all projects' beginnings and two for each tag: work on trunk, and the copy that is
    the tag; or for so many projects ``together``, which is quicker to load.
    """
    names = [f"acme.part{number:05}" for number in range(projects)]
    with tempfile.TemporaryFile(dir=folder.parent) as stream:
        dump = Dump(stream)
        dump.commit(_beginnings(names), log="Begin")
        for number in range(tags):
            version = f"1.{number}"
            for start in range(0, projects, together):
                some = names[start : start + together]
                work = dump.commit([_work(name, version) for name in some], log="Work")
                copies = [copy_folder(f"{name}/tags/{version}", f"{name}/trunk", work) for name in some]
                dump.commit(copies, log=f"Tag {version}")
        stream.seek(0)
        subprocess.run(["svnadmin", "create", str(folder)], check=True)
        # Nobody needs it after a loss of power.
        quickly = ("--quiet", "--no-flush-to-disk", "--memory-cache-size", "64")
        subprocess.run(["svnadmin", "load", *quickly, str(folder)], stdin=stream, check=True)
    return folder.absolute().as_uri()


def _work(name: str, version: str) -> Change:
    return change_file(f"{name}/trunk/setup.py", SETUP.format(name=name, version=version))


def _beginnings(names: list[str]) -> Iterator[Change]:
    for name in names:
        for below in ("", "/branches", "/tags", "/trunk"):
            yield add_folder(f"{name}{below}")
        yield add_file(f"{name}/trunk/setup.py", "")


def main() -> None:
    """Make a repository, and print its URL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder that is not there yet")
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--tags", type=int, default=10)
    parser.add_argument("--together", type=int, default=1, help="projects that share a commit")
    arguments = parser.parse_args()
    print(make_large_repository(arguments.folder, arguments.projects, arguments.tags, arguments.together))


if __name__ == "__main__":
    main()
