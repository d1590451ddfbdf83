"""What watches runs: a report that is kept, metrics, and a check, of runs that go well and badly."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pytest

from tests.support.commands import WITHOUT_WHEELS, Commands, Done, program
from tests.support.example_files import EXAMPLES, yaml_file
from tests.support.history import History

FOLDER = EXAMPLES / "monitoring"


class Watched:
    """Runs by ``keep_report.sh``, and what the other programs make of the report."""

    def __init__(self, commands: Commands, history: History) -> None:
        self.commands, self.history = commands, history
        self.report = commands.folder / "report.json"

    def run(self, *more: str) -> Done:
        options = ("--repository", self.history.url, "--destination", "index", *WITHOUT_WHEELS, *more)
        command = (FOLDER / "keep_report.sh", program("sdists_from_tags"), *options)
        return self.commands.run(*command, environment={"REPORT": str(self.report)})

    def check(self, *more: str) -> tuple[int, str]:
        done = self.commands.run(program("python"), FOLDER / "check_packages.py", self.report, *more)
        assert done.stdout.count("\n") == 1
        return done.status, done.stdout.strip()

    def metrics(self) -> dict[str, float]:
        output = self.commands.folder / "packages.prom"
        done = self.commands.run(program("python"), FOLDER / "write_metrics.py", self.report, output)
        assert (done.status, done.output) == (0, "")
        assert not list(self.commands.folder.glob("*.new"))
        lines = [line.split() for line in output.read_text().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in lines}


@pytest.fixture
def watched(commands: Commands, history: History) -> Watched:
    history.release("acme.tool", "1.0")
    return Watched(commands, history)


def test_a_good_run_is_ok(watched: Watched) -> None:
    before = time.time() - 1
    done = watched.run()
    assert (done.status, done.output) == (0, "")
    assert json.loads(watched.report.read_text())["releases"] == 1
    assert watched.check() == (0, "PACKAGES OK - 1 releases of 1 projects")
    found = watched.metrics()
    assert before <= found.pop("sdists_last_report_timestamp_seconds") <= time.time()
    assert found == {
        "sdists_exit_status": 0,
        "sdists_failing_tags": 0,
        "sdists_unreadable_repositories": 0,
        "sdists_warnings": 0,
        "sdists_releases": 1,
        "sdists_projects": 1,
    }


def test_a_tag_that_fails_stays_a_warning(watched: Watched) -> None:
    watched.history.add_tag("broken", "0.1", {"setup.py": "raise RuntimeError('a|b')\n"})
    assert watched.run().status == 1
    line = "PACKAGES WARNING - tags that do not build: 1, such as broken 0.1: RuntimeError: a/b"
    assert watched.check() == (1, line)
    assert watched.metrics()["sdists_exit_status"] == 1
    assert watched.run().status == 0
    assert watched.check() == (1, line)
    found = watched.metrics()
    assert (found["sdists_exit_status"], found["sdists_failing_tags"]) == (0, 1)


def test_a_repository_that_cannot_be_read_is_critical(watched: Watched, tmp_path: Path) -> None:
    gone = (tmp_path / "gone").as_uri()
    assert watched.run("--repository", gone).status == 3
    status, line = watched.check()
    assert status == 2
    assert gone in line
    assert watched.metrics()["sdists_unreadable_repositories"] == 1


def test_a_run_without_a_report_leaves_the_old_one_which_grows_old(watched: Watched) -> None:
    assert watched.run().status == 0
    before = watched.report.read_bytes()
    done = watched.run("--newest", "many")
    assert done.status == 2
    assert "newest" in done.stderr
    assert watched.report.read_bytes() == before
    assert not list(watched.commands.folder.glob("*.new"))
    old = time.time() - 7200
    os.utime(watched.report, (old, old))
    assert watched.check() == (2, "PACKAGES CRITICAL - no run has made a report for 120 minutes")
    assert watched.check("8000")[0] == 0


@pytest.mark.parametrize("content", [None, "", "{}", "[]"])
def test_no_report_is_unknown(watched: Watched, content: str | None) -> None:
    if content is not None:
        watched.report.write_text(content)
    status, line = watched.check()
    assert status == 3
    assert line.startswith("PACKAGES UNKNOWN - ")


def test_the_alerts_ask_for_metrics_that_are_written() -> None:
    (group,) = yaml_file(FOLDER / "alerts.yml")["groups"]
    written = set(re.findall(r'"(sdists_\w+)":', (FOLDER / "write_metrics.py").read_text("utf-8")))
    asked = {name for rule in group["rules"] for name in re.findall(r"sdists_\w+", rule["expr"])}
    assert len(group["rules"]) == 3
    assert asked
    assert asked <= written
    assert all(set(rule) <= {"alert", "expr", "for", "annotations"} for rule in group["rules"])
