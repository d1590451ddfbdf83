"""Compare two installed versions of this package over the same work, in one run.

Run from the project's folder, with another checkout that ``python3 bootstrap.py`` has set up::

    .venv/bin/python -m benchmarks.versions --before ../other/.venv/bin/sdists_from_tags

README.rst beside this file says what is measured, and how.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.harness import load, machine, positive, say
from benchmarks.programs import need, program, programs_environment, said_by, timed
from benchmarks.projects import Release, project_files, releases
from benchmarks.repository import make_repository
from benchmarks.table import aligned

NOTHING, NEW_TAG, COLD = "nothing new", "one new tag", "all tags, cold"


@dataclass(frozen=True, slots=True)
class Version:
    """A version under test: its command, and the folder that its index and its environments are in."""

    command: str
    folder: Path

    def run(self, url: str, environment: Mapping[str, str], destination: str = "out") -> float:
        """The seconds of one run; raises ``FailedError``."""
        command = [
            self.command,
            "--quiet",
            "--repository",
            url,
            "--destination",
            str(self.folder / destination),
        ]
        return timed(
            [*command, "--environments", str(self.folder / "environments")], self.folder, environment
        )


def main() -> int:
    """Measure and print; the exit status is 0 whatever the ratios are."""
    arguments = _parser().parse_args()
    need("svnmucc")
    before = load()
    with tempfile.TemporaryDirectory(prefix="versions-") as name:
        folder = Path(name)
        environment = programs_environment(os.environ, folder / "kept")
        tags = releases(arguments.projects, arguments.tags)
        url = make_repository(folder / "repository", tags)
        versions = [
            Version(command, folder / key)
            for key, command in (("before", str(arguments.before)), ("after", program("sdists_from_tags")))
        ]
        for version in versions:
            version.folder.mkdir()
            say(f"The first run of {version.command}, which makes build environments")
            version.run(url, environment)
        pairs = dict(
            _measure(versions, url, tags[0].name, environment, arguments.rounds, arguments.cold_rounds)
        )
    print(*machine(f"{before} before, {load()} after"), "", _table(pairs), sep="\n")
    return 0


def _measure(
    versions: Sequence[Version],
    url: str,
    project: str,
    environment: Mapping[str, str],
    rounds: int,
    cold_rounds: int,
) -> Iterator[tuple[str, list[list[float]]]]:
    """Each case with the seconds of all rounds, of both versions in the order given."""
    say(NOTHING)
    yield NOTHING, [_both(versions, url, environment, number) for number in range(rounds)]
    say(NEW_TAG)
    new_tag: list[list[float]] = []
    for number in range(rounds):
        _add_tag(url, project, f"9.{number}", versions[0].folder, environment)
        new_tag.append(_both(versions, url, environment, number))
    yield NEW_TAG, new_tag
    say(COLD)
    cold: list[list[float]] = []
    for number in range(cold_rounds):
        cold.append(_both(versions, url, environment, number, "cold"))
        for version in versions:
            for folder in version.folder.glob("cold*"):
                shutil.rmtree(folder) if folder.is_dir() else folder.unlink()
    yield COLD, cold


def _both(
    versions: Sequence[Version],
    url: str,
    environment: Mapping[str, str],
    number: int,
    destination: str = "out",
) -> list[float]:
    """The seconds of both versions; every second round begins with the second one."""
    order = list(versions) if number % 2 == 0 else list(reversed(versions))
    seconds = {version.command: version.run(url, environment, destination) for version in order}
    return [seconds[version.command] for version in versions]


def _add_tag(url: str, project: str, version: str, folder: Path, environment: Mapping[str, str]) -> None:
    """Commit work to a project's trunk and copy that as a new tag, in one revision each."""
    trunk = f"{url}/{project}/trunk"
    work = ["svnmucc", "--message", "Work"]
    for path, content in project_files(Release(project, version)).items():
        if path == "setup.py":
            (folder / path).write_text(content, "utf-8")
            work += ["put", str(folder / path), f"{trunk}/{path}"]
    said_by(work, environment)
    tag = f"{url}/{project}/tags/{version}"
    said_by(["svn", "copy", "--quiet", "--message", "Tag", trunk, tag], environment)


def _table(pairs: Mapping[str, Sequence[Sequence[float]]]) -> str:
    rows = [["what", "ms before", "ms after", "after : before", "of all rounds", "rounds"]]
    for what, seconds in pairs.items():
        ratios = [after / before for before, after in seconds]
        rows.append(
            [
                what,
                f"{median(before for before, _ in seconds) * 1000:,.0f}",
                f"{median(after for _, after in seconds) * 1000:,.0f}",
                f"{median(ratios):.3f}",
                f"{min(ratios):.2f} to {max(ratios):.2f}",
                str(len(seconds)),
            ]
        )
    return aligned(rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.versions", description=__doc__, allow_abbrev=False
    )
    text = "the command sdists_from_tags of the version to compare with"
    parser.add_argument("--before", type=Path, required=True, metavar="COMMAND", help=text)
    parser.add_argument("--projects", type=positive, default=40, help="default: 40")
    parser.add_argument("--tags", type=positive, default=5, help="of each project; default: 5")
    parser.add_argument("--rounds", type=positive, default=15, help="of the short runs; default: 15")
    parser.add_argument("--cold-rounds", type=positive, default=3, help="of cold runs; default: 3")
    return parser


if __name__ == "__main__":
    sys.exit(main())
