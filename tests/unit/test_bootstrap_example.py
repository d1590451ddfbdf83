"""The lines that bootstrap.py prints of the example."""

from __future__ import annotations

from pathlib import Path

import pytest

import bootstrap_example
from bootstrap_example import next_steps, part_lines, run_try, started_as, wrong_argument

PRINTED = """\
Develop: '/project/.'
Installing sdists.
sdists: Building 2 tags.
sdists: published a-1.0.tar.gz from a 1.0
sdists: failed b 1.0
sdists: failed b 1.0: ValueError: no
sdists:     log: /project/var/private-state/logs/b-1.0-0a1b2c3d.log
sdists: 1 published, 1 failed; /project/var/private holds 1 release of 1 project.
sdists:
sdists: Next step: serve the index. Apache needs this line in a virtual host:
sdists:     Include /project/var/private-apache.conf
"""


def test_of_buildout_only_what_the_part_says_is_shown() -> None:
    assert part_lines(PRINTED.splitlines()) == [
        "sdists: failed b 1.0: ValueError: no",
        "sdists:     log: /project/var/private-state/logs/b-1.0-0a1b2c3d.log",
        "sdists: 1 published, 1 failed; /project/var/private holds 1 release of 1 project.",
    ]


def test_the_sandbox_that_the_example_does_not_need_is_not_missed() -> None:
    said = "bubblewrap is not installed, so builds run without a sandbox. Install it"
    assert part_lines([f"sdists: warning: {said}", "sdists: warning: a 1.0: another"]) == [
        "sdists: warning: a 1.0: another"
    ]


def test_three_things_to_do_next_are_short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap_example.sys, "orig_argv", ["/opt/bin/python3", "bootstrap.py"])
    monkeypatch.setattr(bootstrap_example.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(bootstrap_example.sys, "argv", ["bootstrap.py"])
    monkeypatch.chdir(Path(__file__).parents[2])
    steps = next_steps()
    assert [step.partition(":")[2].strip() for step in steps] == [
        "python3 bootstrap.py serve",
        "python3 bootstrap.py try",
        "write its URL into buildout.cfg, then run bin/buildout",
    ]
    assert max(map(len, steps)) < 100


@pytest.mark.parametrize(
    ("found", "expected"), [("/shims/python3.12", "python3.12"), (None, ".venv/bin/python")]
)
def test_the_lines_name_a_python_that_is_there(
    monkeypatch: pytest.MonkeyPatch, found: str | None, expected
) -> None:
    monkeypatch.setattr(bootstrap_example.shutil, "which", lambda _: found)
    monkeypatch.chdir(Path(__file__).parents[2])
    assert started_as("/opt/bin/python3.12", "the copy/bootstrap.py") == f"{expected} 'the copy/bootstrap.py'"


@pytest.mark.parametrize(
    ("command", "arguments", "is_wrong"),
    [
        ("serve", [], False),
        ("serve", ["--no-browser"], False),
        ("serve", ["--port"], True),
        ("serve", ["--no-browser", "80"], True),
        ("try", ["acme-tables"], False),
        ("try", ["acme-tables", "acme-ledger"], True),
        ("try", ["--user"], True),
        ("demo", [], False),
        ("demo", ["here"], True),
        ("test", ["-x", "--anything"], False),
        ("", [], False),
    ],
)
def test_an_argument_that_a_command_does_not_know_is_refused(command: str, arguments, is_wrong: bool) -> None:
    wrong = wrong_argument(command, arguments)
    assert bool(wrong) == is_wrong
    assert wrong.startswith(
        f"bootstrap.py {command} does not know {' '.join(arguments)}." if is_wrong else ""
    )


def test_try_says_so_if_nothing_is_published(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"holds no release. bin/buildout says why"):
        run_try(tmp_path, [])


@pytest.mark.parametrize("status", [0, 2])
def test_try_ends_with_the_folder_only_if_the_installation_worked(
    tmp_path: Path, monkeypatch, capsys, status: int
) -> None:
    monkeypatch.setattr(bootstrap_example, "call", lambda *_command, **_streams: status)
    assert run_try(tmp_path, ["acme-tables"]) == status
    last = f"acme-tables is installed in {bootstrap_example.ROOT / 'var' / 'try'}\n"
    assert capsys.readouterr().out.endswith(last) == (status == 0)
