"""Descriptions in a process of their own: the same HTML, and an end to what takes too long."""

from __future__ import annotations

import os
import signal

import pytest

from sdistmaker_recipe.errors import StoreError
from sdistmaker_recipe.index import description_renderer
from sdistmaker_recipe.index.description import plain_description, render_description
from sdistmaker_recipe.index.description_renderer import DescriptionRenderer
from sdistmaker_recipe.model import ProjectDetails

MARKDOWN = "text/markdown"
BUSY = ProjectDetails(description=">" * 190_000, content_type=MARKDOWN)
"""Keeps a processor for minutes."""
LARGE = ProjectDetails(
    description="|a" * 2000 + "|\n" + "|-" * 2000 + "|\n" + "|a\n" * 50_000, content_type=MARKDOWN
)
"""Takes gigabytes."""
TEXT = "*Much* to say\n"
SOME = [
    ProjectDetails(description=TEXT),
    ProjectDetails(description=TEXT, content_type=MARKDOWN),
    ProjectDetails(description="\xe4"),
]


def started(some: DescriptionRenderer) -> int:
    assert some._started
    return some._started.process.pid


def test_the_html_is_the_same():
    with DescriptionRenderer() as some:
        assert [some.render(each) for each in SOME] == [render_description(each) for each in SOME]


def test_one_process_is_for_all_and_ends_with_it():
    with DescriptionRenderer() as some:
        processes = {started(some) for each in SOME if some.render(each)}
    assert len(processes) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(processes.pop(), 0)


def test_nothing_to_render_needs_no_process():
    with DescriptionRenderer() as some:
        assert some.render(ProjectDetails()) == ""
        assert some._started is None


def test_what_takes_too_long_is_shown_as_written(monkeypatch):
    sooner = f"import {description_renderer.__name__} as module; module._SECONDS = 0"
    monkeypatch.setattr(
        description_renderer, "_START", description_renderer._START.replace("from", f"{sooner}; from", 1)
    )
    with DescriptionRenderer() as some:
        assert some.render(BUSY) == plain_description(BUSY)
        # Others are rendered as ever.
        assert [some.render(each) for each in SOME] == [render_description(each) for each in SOME]


def test_what_takes_too_much_memory_is_shown_as_written():
    with DescriptionRenderer() as some:
        assert some.render(LARGE) == plain_description(LARGE)


def test_a_process_that_ended_costs_no_more_than_one_description():
    with DescriptionRenderer() as some:
        some.render(SOME[0])
        os.kill(started(some), signal.SIGKILL)
        assert some.render(SOME[0]) == plain_description(SOME[0])
        assert some.render(SOME[0]) == render_description(SOME[0])


def test_an_interrupted_answer_is_none_to_what_comes_next(monkeypatch):
    with DescriptionRenderer() as some:
        some.render(SOME[0])
        former = signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyboardInterrupt):
            some.render(BUSY)
        signal.signal(signal.SIGALRM, former)
        assert some.render(SOME[1]) == render_description(SOME[1])


def test_an_interrupt_is_not_for_the_process():
    with DescriptionRenderer() as some:
        some.render(SOME[0])
        os.kill(started(some), signal.SIGINT)
        assert some.render(SOME[1]) == render_description(SOME[1])


def test_a_process_that_does_not_start_is_an_error(monkeypatch):
    monkeypatch.setattr(description_renderer.sys, "executable", "/nowhere/python")
    with (
        pytest.raises(StoreError, match="process that renders descriptions does not start"),
        DescriptionRenderer() as some,
    ):
        some.render(SOME[0])
