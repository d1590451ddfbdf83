"""What a run did, for people, for programs, and as exit status."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.model import (
    Adopted,
    Adoption,
    Attempt,
    IndexProblem,
    KnownFailure,
    NotAdopted,
    Plan,
    Published,
    Rejected,
    ReleaseChange,
    Report,
    Skipped,
    Verification,
    WorkerUse,
)
from sdistmaker_recipe.stages.report import as_json, as_lines, as_text, exit_status, label
from sdistmaker_recipe.stages.report.next_steps import next_steps
from sdistmaker_recipe.stages.report.text import duration
from tests.unit.values import REPOSITORY, a_failure, a_release, a_report, a_tag

TAG = a_tag()
PUBLISHED = Published(a_release(), TAG)
MISMATCH = Published(a_release(), TAG, ("the tag says version 1.0, its metadata 1.0.1",))
REJECTED = Rejected(a_tag("0.9"), "SyntaxError: invalid syntax", Path("/srv/index-state/logs/x.log"))
FAILING = Plan(known_failures=(KnownFailure(a_tag("0.8"), a_failure(a_tag("0.8"))),))
SKIPPED = Plan(skip=(Skipped(a_tag("0.7"), "published as acme_ledger-0.7.tar.gz"),))
YANKED = ReleaseChange(
    a_release(yanked="tag deleted in r19", tag_deleted_in="19"), "yank", "tag deleted in r19"
)
RELEASE_CHANGES = Plan(
    release_changes=(
        YANKED,
        ReleaseChange(a_release("1.1"), "restore", "its tag is there again"),
        ReleaseChange(a_release("1.2"), "remove", "tag deleted"),
        ReleaseChange(a_release("1.3"), "yank", ""),
        ReleaseChange(a_release("1.4"), "moved", "acme.ledger 1.4: moved"),
        ReleaseChange(a_release("1.5"), "note"),
    )
)
TO_BUILD = a_report(
    Plan(build=(TAG,), skip=SKIPPED.skip, known_failures=FAILING.known_failures), dry_run=True
)


class TestExitStatus:
    @pytest.mark.parametrize(
        ("report", "status", "strict"),
        [
            (a_report(), 0, 0),
            (a_report(published=(MISMATCH,), warnings=("slow",)), 0, 0),
            (a_report(rejected=(REJECTED,)), 1, 1),
            (a_report(FAILING), 0, 1),
            (a_report(FAILING, dry_run=True), 0, 1),
            (a_report(errors=("no answer",)), 3, 3),
            (a_report(nothing_found=("no tag",)), 1, 1),
            (a_report(nothing_found=("no tag",), dry_run=True), 1, 1),
            (a_report(FAILING, rejected=(REJECTED,), errors=("no answer",)), 3, 3),
        ],
        ids=[
            "nothing",
            "warnings",
            "newly failed",
            "still failing",
            "dry run",
            "unread",
            "empty",
            "empty dry run",
            "everything",
        ],
    )
    def test_is_that_of_the_worst(self, report, status, strict):
        assert exit_status(report, strict=False) == status
        assert exit_status(report, strict=True) == strict


class TestText:
    def test_says_that_there_was_nothing_to_do(self):
        assert as_text(a_report()) == "nothing to build; /srv/index holds 3 releases of 2 projects."

    def test_counts_one_without_an_s(self):
        report = a_report(published=(PUBLISHED,), releases=1, projects=1)
        assert as_text(report) == "1 published; /srv/index holds 1 release of 1 project."

    def test_says_of_a_failed_tag_which_why_and_where_the_log_is(self):
        assert as_text(a_report(published=(PUBLISHED,), rejected=(REJECTED,))).splitlines() == [
            "failed acme.ledger 0.9: SyntaxError: invalid syntax",
            "    log: /srv/index-state/logs/x.log",
            "1 published, 1 failed; /srv/index holds 3 releases of 2 projects.",
        ]

    def test_does_not_say_nothing_to_build_where_all_failed(self):
        assert "nothing to build" not in as_text(a_report(rejected=(REJECTED,)))

    def test_reminds_of_what_still_fails_and_says_how_to_try_again(self):
        assert as_text(a_report(FAILING)).splitlines() == [
            "1 tag failed before, and nothing has changed since. To build again, use --retry-failed:",
            "    acme.ledger 0.8: SyntaxError: print",
            "nothing to build, 1 still failing; /srv/index holds 3 releases of 2 projects.",
        ]

    def test_has_warnings_of_tags_and_of_the_run_and_errors(self):
        report = a_report(published=(MISMATCH,), warnings=("fell back",), errors=("no answer",))
        assert as_text(report).splitlines()[:3] == [
            "warning: acme.ledger 1.0: the tag says version 1.0, its metadata 1.0.1",
            "warning: fell back",
            "error: no answer",
        ]

    def test_says_by_which_python_releases_were_made_if_it_is_not_the_usual_one(self):
        tags = [a_tag(name) for name in ("1.0", "1.1", "2.0")]
        pythons = ("python2.7", "python2.7", "")
        published = tuple(
            Published(a_release(tag.version, python=python), tag)
            for tag, python in zip(tags, pythons, strict=True)
        )
        lines = as_text(a_report(published=published)).splitlines()
        assert [line for line in lines if "built by" in line] == [
            "built by python2.7: acme.ledger: 2 tags (1.0, 1.1)"
        ]

    def test_lists_skipped_tags_only_when_verbose(self):
        line = "skipped acme.ledger 0.7: published as acme_ledger-0.7.tar.gz"
        assert line not in as_text(a_report(SKIPPED)).splitlines()
        assert line in as_text(a_report(SKIPPED), verbose=True).splitlines()

    def test_is_empty_when_quiet_and_nothing_went_wrong_now(self):
        assert as_text(a_report(FAILING, published=(PUBLISHED,)), quiet=True) == ""

    def test_has_what_went_wrong_now_when_quiet(self):
        report = a_report(rejected=(REJECTED,), warnings=("fell back",), errors=("no answer",))
        assert as_text(report, quiet=True).splitlines() == [
            "warning: fell back",
            "failed acme.ledger 0.9: SyntaxError: invalid syntax",
            "    log: /srv/index-state/logs/x.log",
            "error: no answer",
        ]

    @pytest.mark.parametrize("quiet", [False, True])
    def test_of_a_dry_run_says_what_would_be_built_also_when_quiet(self, quiet):
        lines = as_text(TO_BUILD, quiet=quiet).splitlines()
        assert lines[:2] == ["would build acme.ledger 1.0", "Dry run: 1 tag to build, 1 skipped."]
        assert not any("holds" in line for line in lines)

    def test_tells_of_releases_that_are_withdrawn_or_no_longer(self):
        assert as_text(a_report(RELEASE_CHANGES)).splitlines()[:-1] == [
            "yanked acme_ledger-1.0.tar.gz: tag deleted in r19",
            "restored acme_ledger-1.1.tar.gz: its tag is there again",
            "removed acme_ledger-1.2.tar.gz: tag deleted",
            "yanked acme_ledger-1.3.tar.gz",
        ]
        assert as_text(a_report(RELEASE_CHANGES), quiet=True) == ""

    def test_of_a_dry_run_says_what_would_become_of_them(self):
        lines = as_text(a_report(RELEASE_CHANGES, dry_run=True)).splitlines()
        assert lines[0] == "would yank acme_ledger-1.0.tar.gz: tag deleted in r19"
        assert [line.split()[:2] for line in lines[:4]] == [
            ["would", action] for action in ("yank", "restore", "remove", "yank")
        ]

    def test_counts_a_release_that_was_taken_over_as_kept(self):
        kept = Published(a_release(), TAG, former_tag_url=f"{REPOSITORY}/old/tags/1.0", is_file_kept=True)
        assert as_text(a_report(published=(PUBLISHED, kept, kept))).startswith("1 published, 2 kept; ")

    def test_has_what_was_not_found_as_an_error_also_when_quiet(self):
        report = a_report(nothing_found=("https://x: 7 folders, none named trunk.",))
        for quiet in (False, True):
            assert "error: https://x: 7 folders, none named trunk." in as_text(report, quiet=quiet)


def failures(*versions: str, reason: str = "no setup.py", **changes) -> tuple[Rejected, ...]:
    return tuple(
        Rejected(a_tag(version), reason, Path(f"/srv/logs/{version}.log"))._replace(**changes)
        for version in versions
    )


class TestEqualFailures:
    TWENTY = failures(*(f"1.{number}" for number in range(20, 0, -1)))

    def test_of_a_project_are_one_paragraph_with_the_log_of_the_newest(self):
        assert as_text(a_report(rejected=self.TWENTY)).splitlines() == [
            "failed acme.ledger: 20 tags (1.1 … 1.20): no setup.py",
            "    log of 1.20: /srv/logs/1.20.log",
            "0 published, 20 failed; /srv/index holds 3 releases of 2 projects.",
        ]

    def test_are_all_in_the_json(self):
        found = json.loads(as_json(a_report(rejected=self.TWENTY), strict=False))["failed"]
        assert [(each["tag"], each["log"]) for each in found] == [
            (each.tag.name, str(each.log_file)) for each in self.TWENTY
        ]

    def test_of_few_tags_name_each(self):
        text = as_text(a_report(rejected=failures("1.10", "1.9", "1.0rc1")))
        assert text.splitlines()[0] == "failed acme.ledger: 3 tags (1.0rc1, 1.9, 1.10): no setup.py"

    def test_are_equal_although_their_reasons_name_the_tag(self):
        rejected = tuple(
            failure._replace(reason=f"{failure.tag.url}: acme-{failure.tag.version}/setup.py is missing")
            for failure in failures("1.9", "1.10")
        )
        first = as_text(a_report(rejected=rejected)).splitlines()[0]
        assert first == (
            "failed acme.ledger: 2 tags (1.9, 1.10): "
            f"{REPOSITORY}/acme.ledger/tags/1.10: acme-1.10/setup.py is missing"
        )

    def test_are_not_equal_if_numbers_differ_that_are_not_of_the_tag(self):
        rejected = failures("1", reason="line 1") + failures("2", reason="line 2")
        assert as_text(a_report(rejected=rejected)).count("failed acme.ledger ") == 2

    def test_of_several_projects_or_repositories_are_apart(self):
        other = Rejected(a_tag(project="other"), "no setup.py", Path("/x.log"))
        elsewhere = Rejected(a_tag(repository="https://elsewhere"), "no setup.py", Path("/y.log"))
        text = as_text(a_report(rejected=(*failures("1.0"), other, elsewhere)))
        assert text.count("no setup.py") == 3

    @pytest.mark.parametrize(("number", "paragraphs"), [(5, 10), (6, 2)])
    def test_of_many_projects_are_one_paragraph(self, number, paragraphs):
        names = [f"acme.tool-{letter}" for letter in "abcdefgh"[:number]]
        rejected = tuple(
            Rejected(
                a_tag(version, project=name),
                f"No module named numpy. Set build-requires = {name.replace('.', '_')} numpy.",
                Path(f"/srv/logs/{name}-{version}.log"),
            )
            for name in names
            for version in ("1.0", "1.1")
        )
        lines = as_text(a_report(rejected=rejected)).splitlines()[:-1]
        assert len(lines) == paragraphs
        if number == 6:
            what = f"12 tags of 6 projects ({', '.join(names)})"
            assert lines == [
                f"failed {what}: No module named numpy. Set build-requires = acme_tool-a numpy.",
                "    log of acme.tool-a 1.1: /srv/logs/acme.tool-a-1.1.log",
            ]

    def test_of_many_projects_name_ten_of_them(self):
        rejected = tuple(
            Rejected(a_tag("1.0", project=f"p{number}"), "no setup.py", Path("/x.log"))
            for number in range(12)
        )
        first = as_text(a_report(rejected=rejected)).splitlines()[0]
        assert first.startswith("failed 12 tags of 12 projects (p0, p1, ")
        assert first.endswith(", p9 and 2 more): no setup.py")

    def test_of_many_projects_that_failed_before_are_one_line(self):
        tags = [a_tag("1.0", project=f"p{number}") for number in range(7)]
        plan = Plan(known_failures=tuple(KnownFailure(tag, a_failure(tag)) for tag in tags))
        (line,) = as_text(a_report(plan)).splitlines()[1:-1]
        assert line == "    7 tags of 7 projects (p0, p1, p2, p3, p4, p5, p6): SyntaxError: print"

    def test_that_failed_before_are_apart_from_new_ones(self):
        report = a_report(rejected=failures("1.0", is_repeated=True) + failures("1.1"))
        assert as_text(report).splitlines()[:4:2] == [
            "failed acme.ledger 1.1: no setup.py",
            "failed again acme.ledger 1.0: no setup.py",
        ]
        assert as_text(report, quiet=True).splitlines()[0::2] == ["failed acme.ledger 1.1: no setup.py"]

    def test_show_the_toolchains_of_the_one_whose_log_is_named(self):
        attempts = (Attempt("declared", "no setup.py"), Attempt("python2.7", "SyntaxError"))
        lines = as_text(a_report(rejected=failures("1.0", "1.1", attempts=attempts))).splitlines()
        assert lines[1:3] == ["    python2.7: SyntaxError", "    log of 1.1: /srv/logs/1.1.log"]

    def test_name_toolchains_that_failed_alike_on_one_line(self):
        names = ("declared", "setuptools 81", "python3.12", "python2.7", "python3.6")
        reasons = ("No module named x.", "No module named x.", "print x", "No module x", "print x")
        attempts = tuple(map(Attempt, names, reasons))
        rejected = failures("1.0", attempts=attempts, reason="No module named x. Set build-requires.")
        assert as_text(a_report(rejected=rejected)).splitlines()[1:4] == [
            "    the same with setuptools 81",
            "    python3.12, python3.6: print x",
            "    python2.7: No module x",
        ]

    def test_of_an_earlier_run_are_one_line(self):
        tags = [a_tag(f"0.{number}") for number in range(1, 6)]
        plan = Plan(known_failures=tuple(KnownFailure(tag, a_failure(tag)) for tag in tags))
        lines = as_text(a_report(plan)).splitlines()
        assert lines[1:-1] == ["    acme.ledger: 5 tags (0.1 … 0.5): SyntaxError: print"]

    def test_equal_warnings_of_published_tags_are_one_line_too(self):
        published = tuple(
            Published(a_release(version), a_tag(version), (f"the tag says version {version}, metadata 9",))
            for version in ("1.0", "1.1", "1.2", "1.3")
        )
        lines = as_text(a_report(published=published)).splitlines()
        assert lines[:-1] == [
            "warning: acme.ledger: 4 tags (1.0 … 1.3): the tag says version 1.3, metadata 9"
        ]


class TestEndOnATerminal:
    def lines(self, number: int, **changes) -> list[str]:
        published = tuple(Published(a_release(f"1.{n}"), a_tag(f"1.{n}")) for n in range(number))
        report = a_report(published=published, **changes)
        return [line.text for line in as_lines(report, names_published=True, seconds=4.24)]

    def test_names_what_was_published_and_the_time_it_took(self):
        assert self.lines(2) == [
            "published:",
            "    acme_ledger-1.0.tar.gz",
            "    acme_ledger-1.1.tar.gz",
            "2 published in 4.2 s; /srv/index holds 3 releases of 2 projects.",
        ]

    def test_names_the_first_ten_and_counts_the_others(self):
        lines = self.lines(14)
        assert lines[10:12] == ["    acme_ledger-1.9.tar.gz", "    and 4 more"]
        assert len(lines) == 13

    def test_says_nothing_of_published_files_where_there_are_none(self):
        assert self.lines(0) == ["nothing to build in 4.2 s; /srv/index holds 3 releases of 2 projects."]

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (0.04, "0.0 s"),
            (59.4, "59.4 s"),
            (59.6, "1 min 0 s"),
            (192, "3 min 12 s"),
            (3900, "1 h 5 min"),
        ],
    )
    def test_says_how_long_in_units_for_people(self, seconds, text):
        assert duration(seconds) == text


class TestNextSteps:
    CONFIGURATION = Configuration(destination=Path("/srv/index"), url_path="/simple/")

    def text(self, *, first: bool = False, **options: Any) -> str:
        published = (PUBLISHED,) if first else ()
        report = a_report(published=published, releases=1 if first else 3)
        return "\n".join(line.text for line in next_steps(report, replace(self.CONFIGURATION, **options)))

    @pytest.mark.parametrize("first", [True, False])
    def test_name_the_lines_for_the_web_server_and_for_clients(self, first):
        text = self.text(first=first)
        assert "    Include /srv/index-apache.conf\n" in text
        project = "acme.ledger" if first else "PROJECT"
        assert f"    pip install --index-url https://YOUR.HOST/simple/ {project}\n" in text
        assert "set the option index-url" in text

    def test_end_when_the_url_of_the_index_is_set_but_for_the_first_run(self):
        url = "https://packages.example.com"
        assert self.text(index_url=url) == ""
        assert f"pip install --index-url {url}/ acme.ledger" in self.text(first=True, index_url=url)

    def test_name_the_line_for_nginx_where_its_configuration_is_written(self):
        assert "    include /srv/nginx.conf;" in self.text(nginx_config=Path("/srv/nginx.conf"))

    def test_are_none_for_an_index_without_releases_and_in_a_dry_run(self):
        for report in (a_report(releases=0, projects=0), a_report(dry_run=True)):
            assert next_steps(report, self.CONFIGURATION) == []


class TestCluster:
    WORKERS = (
        WorkerUse("tcp://a:1", "host-a", 12, 70.4),
        WorkerUse("tcp://b:1", "", 1, 2.0, ("was lost.",)),
        WorkerUse("tcp://c:1", "host-c", 0, 0.0, ("no Python 2.7. Install it.", "was lost.")),
    )

    def test_tells_its_workers_apart(self):
        lines = as_text(a_report(workers=self.WORKERS, cluster="tcp://dask:8786")).splitlines()
        assert lines[:4] == [
            "built by tcp://a:1 (host-a): 12 tags in 1 min 10 s",
            "built by tcp://b:1: 1 tag in 2.0 s",
            "warning: workers tcp://b:1, tcp://c:1: was lost.",
            "warning: worker tcp://c:1: no Python 2.7. Install it.",
        ]

    def test_has_only_the_range_of_many_workers(self):
        workers = tuple(WorkerUse(f"tcp://{each}:1", "", 3 + each, 2.0, ("was lost.",)) for each in range(12))
        lines = as_text(a_report(workers=workers)).splitlines()
        assert lines[0] == "built by 12 workers: 3 to 14 tags each, 24.0 s of all of them together"
        assert lines[1].endswith("tcp://9:1 and 2 more: was lost.")

    def test_is_named_in_a_dry_run(self):
        text = as_text(TO_BUILD._replace(cluster="tcp://dask:8786"))
        assert "\nThe Dask cluster at tcp://dask:8786 would build them.\nDry run:" in text
        assert "cluster" not in as_text(TO_BUILD)

    def test_is_in_the_json(self):
        found = json.loads(as_json(a_report(workers=self.WORKERS[1:2], cluster="tcp://dask:1"), strict=False))
        assert found["executor"] == {"name": "dask", "scheduler": "tcp://dask:1"}
        use = {"address": "tcp://b:1", "host": "", "jobs": 1, "seconds": 2.0, "notes": ["was lost."]}
        assert found["workers"] == [use]


class TestJson:
    @pytest.mark.parametrize("char", ["\u202e", "\u2066", "\x9b", "\u2028", "\U000e0041"])
    def test_escapes_characters_that_have_no_shape_and_keeps_their_value(self, char):
        report = a_report(rejected=(REJECTED._replace(reason=f"a{char}b"),))
        text = as_json(report, strict=False)
        assert char not in text
        assert json.loads(text)["failed"][0]["reason"] == f"a{char}b"

    def test_has_every_key_also_when_nothing_happened(self):
        found = json.loads(as_json(a_report(), strict=False))
        expected = {
            "report_version": 1,
            "destination": "/srv/index",
            "dry_run": False,
            "exit_status": 0,
            "to_build": [],
            "published": [],
            "failed": [],
            "still_failing": [],
            "skipped": [],
            "yanked": [],
            "restored": [],
            "removed": [],
            "warnings": [],
            "errors": [],
            "releases": 3,
            "projects": 2,
        }
        assert found | expected == found

    def test_names_each_tag_in_full(self):
        (found,) = json.loads(as_json(a_report(published=(MISMATCH,)), strict=False))["published"]
        expected = {
            "project": "acme.ledger",
            "tag": "1.0",
            "version": "1.0",
            "url": f"{REPOSITORY}/acme.ledger/tags/1.0",
            "revision": "17",
            "name": "acme.ledger",
            "filename": "acme_ledger-1.0.tar.gz",
            "sha256": "ab" * 32,
            "warnings": ["the tag says version 1.0, its metadata 1.0.1"],
        }
        assert found | expected == found

    def test_has_the_reasons_of_failed_failing_and_skipped_tags(self):
        plan = FAILING._replace(skip=SKIPPED.skip)
        document = json.loads(as_json(a_report(plan, rejected=(REJECTED,)), strict=False))
        found = {key: document[key][0] for key in ("failed", "still_failing", "skipped")}
        assert {key: (each["tag"], each["reason"]) for key, each in found.items()} == {
            "failed": ("0.9", "SyntaxError: invalid syntax"),
            "still_failing": ("0.8", "SyntaxError: print"),
            "skipped": ("0.7", "published as acme_ledger-0.7.tar.gz"),
        }
        assert found["failed"]["log"] == "/srv/index-state/logs/x.log"
        assert found["still_failing"]["log"] == "/srv/index-state/logs/one.log"

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_has_what_becomes_of_releases(self, dry_run):
        document = json.loads(as_json(a_report(RELEASE_CHANGES, dry_run=dry_run), strict=False))
        found = {
            key: [each["version"] for each in document[key]] for key in ("yanked", "restored", "removed")
        }
        assert found == {"yanked": ["1.0", "1.3"], "restored": ["1.1"], "removed": ["1.2"]}
        assert document["yanked"][0] == {
            "project": "acme-ledger",
            "version": "1.0",
            "filename": "acme_ledger-1.0.tar.gz",
            "url": f"{REPOSITORY}/acme.ledger/tags/1.0",
            "revision": "17",
            "reason": "tag deleted in r19",
        }

    def test_lists_what_to_build_in_a_dry_run_only(self):
        assert [tag["tag"] for tag in json.loads(as_json(TO_BUILD, strict=False))["to_build"]] == ["1.0"]
        done = json.loads(as_json(TO_BUILD._replace(dry_run=False), strict=False))
        assert done["to_build"] == []

    @pytest.mark.parametrize("strict", [False, True])
    def test_says_the_exit_status_of_the_command(self, strict):
        report = a_report(FAILING)
        assert json.loads(as_json(report, strict=strict))["exit_status"] == exit_status(report, strict=strict)

    def test_keeps_names_readable(self):
        assert "Zähler" in as_json(a_report(rejected=(REJECTED._replace(reason="Zähler"),)), strict=False)


def test_a_tag_is_called_by_its_project_and_its_name():
    assert label(a_tag("v1.0", project="Products/acme.ledger")) == "acme.ledger v1.0"


class TestAdoption:
    TAKEN = (
        Adopted("Acme.Ledger/Acme.Ledger-1.0.tar.gz", a_release("1.0")),
        Adopted("acme-ledger/acme_ledger-0.9.tar.gz", a_release("0.9", origin="adopted:x", tag_url="")),
    )
    LEFT = (NotAdopted("acme-ledger/acme_ledger-1.0.whl", "it is no source distribution"),)

    def report(self, **changes) -> Report:
        return a_report(adoption=Adoption(self.TAKEN, self.LEFT), **changes)

    def test_is_counted_in_one_line_and_what_is_left_alone_named(self):
        assert as_text(self.report()).splitlines()[:2] == [
            "took over 2 archives, 1 with a known tag",
            "did not take over acme-ledger/acme_ledger-1.0.whl: it is no source distribution",
        ]

    @pytest.mark.parametrize(("dry_run", "would"), [(True, "would take"), (False, "took")])
    def test_is_told_file_by_file_in_a_dry_run_or_with_verbose(self, dry_run, would):
        lines = as_text(self.report(dry_run=dry_run), verbose=not dry_run).splitlines()
        tag = "https://svn.example.com/svn/acme.ledger/tags/1.0"
        assert lines[:3] == [
            f"{would} over {self.TAKEN[0].file} as acme-ledger/acme_ledger-1.0.tar.gz ({tag})",
            f"{would} over {self.TAKEN[1].file} as acme-ledger/acme_ledger-0.9.tar.gz (no tag)",
            f"{would} over 2 archives, 1 with a known tag",
        ]

    def test_is_all_in_the_json(self):
        found = json.loads(as_json(self.report(), strict=False))
        assert [(each["file"], each["version"], each["url"] != "") for each in found["adopted"]] == [
            (self.TAKEN[0].file, "1.0", True),
            (self.TAKEN[1].file, "0.9", False),
        ]
        assert found["left_alone"] == [{"file": self.LEFT[0].file, "reason": self.LEFT[0].reason}]


class TestVerification:
    FOUND = Verification(
        7,
        (
            IndexProblem("a/index.html", "is missing", "repaired"),
            IndexProblem("a/a-1.0.tar.gz", "is missing", "broken"),
            IndexProblem("a/a-2.0.tar.gz", "is not in the catalog", "told"),
        ),
    )

    def test_tells_what_was_found_and_how_much_was_repaired(self):
        lines = as_text(a_report(verification=self.FOUND)).splitlines()
        assert lines[:4] == [
            "repaired a/index.html: is missing",
            "found a/a-2.0.tar.gz: is not in the catalog",
            "verified 7 files, repaired 1",
            "error: a/a-1.0.tar.gz is missing",
        ]

    def test_quiet_tells_only_of_what_is_broken(self):
        text = as_text(a_report(verification=self.FOUND), quiet=True)
        assert text == "error: a/a-1.0.tar.gz is missing"

    @pytest.mark.parametrize(
        ("found", "status"), [(FOUND, 1), (FOUND._replace(problems=FOUND.problems[::2]), 0)]
    )
    def test_what_is_broken_makes_the_status_1(self, found, status):
        assert exit_status(a_report(verification=found), strict=False) == status

    def test_is_in_the_json_where_it_was_asked_for(self):
        assert json.loads(as_json(a_report(), strict=False))["verified"] is None
        found = json.loads(as_json(a_report(verification=self.FOUND), strict=False))["verified"]
        assert found["files"] == 7
        assert found["findings"][0] == {
            "file": "a/index.html",
            "problem": "is missing",
            "outcome": "repaired",
        }
