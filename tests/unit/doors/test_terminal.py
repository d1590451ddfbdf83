"""What only a terminal shows: a progress bar with messages above it, and colours by meaning."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest

from sdistmaker_recipe.doors.terminal import has_colours, is_terminal, print_lines, progress_bar
from sdistmaker_recipe.model import Plan, Published, Rejected, WorkerUse
from sdistmaker_recipe.stages.report import Line
from tests.unit.values import a_release, a_tag

PUBLISHED = Published(a_release(), a_tag())
REJECTED = Rejected(a_tag("0.9"), "[red]SyntaxError[/red]: line 3", Path("/srv/x.log"))
COLOURS = {"TERM": "xterm-256color"}


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")


class TestProgressBar:
    def test_writes_a_line_for_a_tag_that_failed_and_none_for_others(self, capsys):
        with progress_bar() as listener:
            listener.planned(Plan(build=(a_tag(), a_tag("0.9"))))
            listener.finished(PUBLISHED)
            listener.finished(REJECTED)
        written = capsys.readouterr()
        assert written.out == ""
        assert "failed acme.ledger 0.9" in written.err
        assert "published" not in written.err

    def test_tells_the_workers_of_a_cluster_apart(self):
        with progress_bar() as listener:
            listener.planned(Plan(build=(a_tag(), a_tag("0.9"))))
            listener.workers_changed([])
            listener.workers_changed([WorkerUse("tcp://a:1", jobs=12), WorkerUse("tcp://b:1", jobs=7)])
            listener.finished(REJECTED)
            (task,) = listener._progress.tasks
            assert task.description == "Building on 2 workers, 7 to 12 tags each, 1 failed"

    def test_takes_nothing_in_a_name_for_markup(self, capsys):
        tag = a_tag("0.9")._replace(name="[bold]0.9[/]")
        with progress_bar() as listener:
            listener.planned(Plan(build=(tag,)))
            listener.finished(REJECTED._replace(tag=tag))
        assert "[bold]0.9[/]" in capsys.readouterr().err

    def test_names_one_tag_of_those_of_a_project_that_fail_alike(self, capsys):
        tags = [a_tag(f"0.{number}") for number in range(20)]
        with progress_bar() as listener:
            listener.planned(Plan(build=tuple(tags)))
            for tag in tags:
                listener.finished(REJECTED._replace(tag=tag))
            listener.finished(REJECTED._replace(tag=a_tag(project="other")))
            listener.finished(REJECTED._replace(reason="another one"))
        lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("failed")]
        assert lines == ["failed acme.ledger 0.0", "failed other 1.0", "failed acme.ledger 0.9"]

    def test_shows_log_messages_above_it_on_the_same_stream(self, capsys, monkeypatch):
        stream = io.StringIO()
        root = logging.getLogger()
        monkeypatch.setattr(root, "handlers", [logging.StreamHandler(stream)])
        long = "/srv/" + "x" * 200
        with progress_bar() as listener:
            listener.planned(Plan(build=(a_tag(),)))
            logging.getLogger("sdistmaker_recipe.test").warning("warning: %s\u202e is slow", long)
        logging.getLogger("sdistmaker_recipe.test").warning("later")
        assert f"warning: {long}\\u202e is slow\n" in capsys.readouterr().err
        assert stream.getvalue() == "later\n"


class TestColours:
    def written(self, *lines: Line) -> str:
        stream = Terminal()
        print_lines(lines, stream)
        return stream.getvalue()

    @pytest.mark.parametrize(
        ("meaning", "code"),
        [("error", "1;31"), ("failure", "31"), ("warning", "33"), ("success", "32"), ("detail", "2")],
    )
    def test_are_those_of_the_meaning(self, meaning, code):
        assert self.written(Line("text", meaning)) == f"\x1b[{code}mtext\x1b[0m\n"

    def test_mark_the_first_line_of_a_message_but_not_its_hint(self):
        assert self.written(Line("error: x\nhint", "error")) == "\x1b[1;31merror: x\x1b[0m\nhint\n"

    def test_take_nothing_for_markup_or_for_codes_and_break_no_path(self):
        path = "/srv/" + "x" * 200
        text = self.written(Line(f"[bold]{path} 1.0 :smile: \x1b[31m"))
        assert text == f"[bold]{path} 1.0 :smile: \\x1b[31m\n"

    @pytest.mark.parametrize(
        ("stream", "environment", "has"),
        [
            (Terminal(), COLOURS, True),
            (io.StringIO(), COLOURS, False),
            (Terminal(), {**COLOURS, "NO_COLOR": "1"}, False),
            (Terminal(), {**COLOURS, "NO_COLOR": ""}, True),
            (Terminal(), {"TERM": "dumb"}, False),
            (Terminal(), {}, False),
        ],
    )
    def test_are_only_on_a_terminal_that_has_them_and_whose_user_wants_them(self, stream, environment, has):
        assert has_colours(stream, environment) == has

    def test_are_a_matter_apart_from_the_progress_bar(self):
        assert is_terminal(Terminal(), {**COLOURS, "NO_COLOR": "1"})
        assert not is_terminal(Terminal(), {"TERM": "dumb"})
