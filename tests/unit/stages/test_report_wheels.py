"""What the report says of wheels: failures once, other reasons to those who ask, and what was added."""

from __future__ import annotations

import json
from pathlib import Path

from sdistmaker_recipe.model import MissingWheel, Plan, Published, Report, WheelResult
from sdistmaker_recipe.stages import report
from tests.unit.values import a_file, a_release, a_report, a_tag

LOG = Path("/srv/index-state/logs/wheel.log")


def without(version: str = "1.0", *, failed: bool = True, reason: str = "", **more: bool) -> WheelResult:
    """A release that has no wheel."""
    release = a_release(version)
    text = reason or ("bdist_wheel failed." if failed else "It has compiled parts.")
    missing = MissingWheel(
        release.project,
        release.filename,
        release.sha256,
        "2.0",
        text,
        failed,
        log_file=LOG if failed else None,
    )
    return WheelResult(release, missing=missing, **more)


def added(version: str = "1.0", warning: str = "") -> WheelResult:
    release = a_release(version)
    wheel = a_file(f"acme_ledger-{version}-py3-none-any.whl", sha256="ef" * 32)
    return WheelResult(release._replace(files=(*release.files, wheel)), wheel.filename, warning=warning)


def published(*results: WheelResult) -> Report:
    """A run that published releases, with what became of their wheels."""
    tags = [Published(result.release, a_tag(result.release.version), wheel=result) for result in results]
    return a_report(published=tuple(tags))


def lines(shown: Report, **how: bool) -> list[str]:
    return [line.text for line in report.as_lines(shown, **how)]


FAILED = [
    "no wheel of acme_ledger-1.0.tar.gz: bdist_wheel failed.",
    f"    log of acme_ledger-1.0.tar.gz: {LOG}",
]


class TestFailures:
    def test_are_said_with_the_log_and_the_status_stays(self):
        for shown in (published(without()), a_report(wheels=(without(),))):
            assert lines(shown)[:2] == FAILED
            assert lines(shown, quiet=True) == FAILED
            assert lines(shown, verbose=True).count(FAILED[0]) == 1
            assert report.exit_status(shown, strict=True) == report.DONE

    def test_of_a_project_with_one_reason_are_said_once(self):
        results = [
            without(version, reason=f"{version} has no setup.py.") for version in ("1.0", "1.1", "1.2")
        ]
        assert lines(published(*results), quiet=True) == [
            "no wheel of 3 releases (acme_ledger-1.0.tar.gz … acme_ledger-1.2.tar.gz): 1.2 has no setup.py.",
            f"    log of acme_ledger-1.2.tar.gz: {LOG}",
        ]

    def test_that_were_reported_before_are_for_those_who_ask(self):
        shown = a_report(wheels=(without(is_repeated=True),))
        assert lines(shown, quiet=True) == []
        assert "no wheel" not in "".join(lines(shown))
        assert FAILED[0] in lines(shown, verbose=True)


def test_other_reasons_are_for_those_who_ask():
    shown = published(without(failed=False))
    assert "no wheel" not in "".join(lines(shown) + lines(shown, quiet=True))
    assert "no wheel of acme_ledger-1.0.tar.gz: It has compiled parts." in lines(shown, verbose=True)


def test_wheels_of_new_releases_are_no_news():
    assert lines(published(added()))[-1] == "1 published; /srv/index holds 3 releases of 2 projects."


def test_wheels_of_published_releases_are_counted():
    shown = a_report(wheels=(added("1.0"), added("1.1"), without("1.2", failed=False)))
    assert lines(shown)[-1] == "nothing to build, 2 wheels added; /srv/index holds 3 releases of 2 projects."


def test_warnings_are_said_even_if_quiet():
    shown = a_report(wheels=(added(warning="it was lost"),))
    assert lines(shown, quiet=True) == ["warning: it was lost"]
    assert "it was lost" in json.loads(report.as_json(shown, strict=False))["warnings"]


def test_a_dry_run_says_which_would_be_built():
    shown = a_report(Plan(wheels=(a_release("1.0"), a_release("1.1"))), dry_run=True)
    assert lines(shown) == [
        "would build a wheel of acme_ledger-1.0.tar.gz",
        "would build a wheel of acme_ledger-1.1.tar.gz",
        "Dry run: 0 tags and 2 wheels to build, 0 skipped.",
    ]
    document = json.loads(report.as_json(shown, strict=False))
    assert [each["version"] for each in document["wheels_to_build"]] == ["1.0", "1.1"]


def test_the_report_for_programs_has_each():
    shown = published(added(), without("1.1"))._replace(wheels=(added("0.9"), without("0.8", failed=False)))
    document = json.loads(report.as_json(shown, strict=False))
    assert [each["wheels"] for each in document["published"]] == [["acme_ledger-1.0-py3-none-any.whl"], []]
    assert document["wheels_added"] == [
        {
            "project": "acme-ledger",
            "version": "0.9",
            "sdist": "acme_ledger-0.9.tar.gz",
            "filename": "acme_ledger-0.9-py3-none-any.whl",
            "sha256": "ef" * 32,
        }
    ]
    assert [(each["version"], each["failed"], each["log"]) for each in document["wheels_missing"]] == [
        ("1.1", True, str(LOG)),
        ("0.8", False, ""),
    ]
    assert document["wheels_to_build"] == []
