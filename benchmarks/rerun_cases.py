"""What is measured of reruns: each action by each way, some rounds of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import rerun_loops
from benchmarks.contenders import predecessor
from benchmarks.harness import load, say
from benchmarks.programs import PYTHON_VERSIONS, FailedError, need, python2, said_by
from benchmarks.rerun_course import (
    Course,
    Way,
    add_tag,
    check_published,
    check_scanned,
    command,
    copy_filled,
)
from benchmarks.rerun_table import (
    AGAIN,
    FIRST,
    LOG,
    LOG_AGAIN,
    LS,
    MORE,
    NAMES,
    SDISTMAKER,
    Result,
)
from benchmarks.watched import Spent, watched

LISTING = """\
import sys
sys.path[:0] = {folders!r}
from tha.tagfinder import extracter, finder, lister
url, projects = sys.argv[1], int(sys.argv[2])
found = 0
for name in lister.SvnLister(url, ignore=['.svn', '.attic']).contents[:projects]:
    start = lister.SvnLister(url + '/' + name, ignore=['.svn', '.attic'])
    for project in finder.Finder(start, extracter.BaseExtracter, stop_indicators=[]).projects:
        project.name
        found += len(project.tags)
print(found)
"""
"""What ``main`` of sdistmaker.iterator does before it makes anything, of the first so many projects."""


@dataclass
class Rounds:
    """The rounds of one action by one way, as they come."""

    action: str
    way: Way
    calls: str = ""
    spents: list[Spent] = field(default_factory=list)
    questions: list[int] = field(default_factory=list)
    handshakes: list[int] = field(default_factory=list)

    def add(self, run: Callable[[Mapping[str, str]], Spent], environment: Mapping[str, str]) -> None:
        """One round more of it."""
        proxy = self.way.proxy
        if proxy:
            proxy.forget()
        # What others wrote must not be waited for by who syncs.
        os.sync()
        self.spents.append(run({**environment, **(self.way.variables or {})}))
        if proxy:
            self.questions.append(sum(each.questions for each in proxy.connections))
            self.handshakes.append(sum(each.handshakes for each in proxy.connections))
        say(f"{NAMES[self.action]}, {self.way.key}: {self.spents[-1].seconds:.3f} s, load {load()}")

    def result(self, factor: float = 1) -> Result:
        """All of them, the seconds multiplied by a factor."""
        return Result(
            self.action,
            self.way.key,
            tuple(each.seconds * factor for each in self.spents),
            tuple(self.questions),
            tuple(self.handshakes),
            max(each.memory for each in self.spents),
            max(each.helper for each in self.spents),
            self.calls,
        )


@dataclass(frozen=True, slots=True)
class Case:
    """What each measurement is given; ``sample`` says how many projects the loops list."""

    course: Course
    ways: Sequence[Way]
    folder: Path
    rounds: int
    sample: int


def ours(case: Case, actions: Sequence[str]) -> list[Result]:
    """First scans, runs with nothing to do, and runs after a tag was added: those that were chosen."""
    found = [_first(case, way, scanned=FIRST in actions) for way in case.ways]
    if AGAIN in actions:
        for way in case.ways:
            found.append(rounds := Rounds(AGAIN, way))
            for _round in range(case.rounds):
                _run(case, way, rounds)
    if MORE in actions:
        every = [Rounds(MORE, way) for way in case.ways]
        for _round in range(case.rounds):
            # The same tag for all.
            version = add_tag(case.course, case.folder)
            for rounds in every:
                _run(case, rounds.way, rounds)
                check_published(case.course, case.folder / rounds.way.key, version)
        found += every
    return [each.result() for each in found if each.action in actions]


def loops(case: Case, actions: Sequence[str]) -> list[Result]:
    """What one would do with the svn program; raises ``MissingError`` where there is none."""
    need("svn")
    script, found = [sys.executable, rerun_loops.__file__], []
    count = min(case.sample, case.course.size.projects)
    if LS in actions:
        found += [_sampled(case, LS, way, [*script, "ls", way.url, str(count)], 2) for way in case.ways]
    if LOG in actions:
        head = said_by(["svn", "info", "--show-item", "revision", case.course.url], case.course.environment)
        for way in case.ways:
            for action, first, wanted in ((LOG, "1", case.course.tags), (LOG_AGAIN, head, 0)):
                rounds = Rounds(action, way)
                _watch(rounds, [*script, "log", way.url, first], case, wanted)
                found.append(rounds.result())
    return found


def sdistmaker(case: Case) -> list[Result]:
    """How version 1.4 looks for tags; raises ``MissingError`` where there is no Python 2.7."""
    need("svn")
    python = python2(case.course.environment)
    say(f"Python 2: {said_by([python, '-c', PYTHON_VERSIONS], case.course.environment)}")
    kept = case.course.filled.parent / "predecessor"
    folders = [str(each) for each in predecessor(kept, case.course.environment)]
    script = case.folder / "listing.py"
    script.write_text(LISTING.format(folders=folders), "utf-8")
    count = min(case.sample, case.course.size.projects)
    # For each project: itself, its trunk twice and setup.py for the name, its tags.
    return [
        _sampled(case, SDISTMAKER, way, [python, str(script), way.url, str(count)], 5) for way in case.ways
    ]


def _first(case: Case, way: Way, *, scanned: bool) -> Rounds:
    """Runs of which each finds a full index, and knows nothing of the repository; the first one's stays."""
    rounds = Rounds(FIRST, way)
    for number in range(case.rounds if scanned else 1):
        place = case.folder / f"{way.key}-{number}"
        copy_filled(case.course, place)
        _run(case, way, rounds, place)
        check_scanned(case.course, place)
        if number == 0:
            place.rename(case.folder / way.key)
    return rounds


def _run(case: Case, way: Way, rounds: Rounds, place: Path | None = None) -> None:
    index = place or case.folder / way.key
    ours = command(way.url, index, case.course.environments)
    rounds.add(lambda environment: watched(ours, index, environment), case.course.environment)


def _sampled(case: Case, action: str, way: Way, started: Sequence[str], per_project: int) -> Result:
    """One round of a loop over some projects, scaled by how many calls it made of all."""
    count, every = min(case.sample, case.course.size.projects), case.course.size.projects
    made, all_calls = 1 + per_project * count, 1 + per_project * every
    rounds = Rounds(action, way, "" if made == all_calls else f"{made:,} of {all_calls:,}")
    _watch(rounds, started, case, count * case.course.size.tags)
    return rounds.result(all_calls / made)


def _watch(rounds: Rounds, started: Sequence[str], case: Case, wanted: int) -> None:
    """One round of a loop; raises ``FailedError`` unless it says that it found as many tags as wanted."""
    rounds.add(lambda environment: watched(started, case.folder, environment), case.course.environment)
    said = (case.folder / "log").read_text("utf-8").split()[-1]
    if not said.isdigit() or int(said) < wanted:
        raise FailedError(f"{NAMES[rounds.action]}: {said} tags were found of {wanted}")
