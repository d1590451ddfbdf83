"""The Python API: options checked, flags handed on, the password kept from builds, the page true."""

from __future__ import annotations

import inspect
import os
import re
from pathlib import Path

import pytest

import sdistmaker_recipe
from sdistmaker_recipe import Configuration, Report, exit_status, run
from sdistmaker_recipe.doors import api
from sdistmaker_recipe.doors.arguments import sdists_from_tags_parser
from sdistmaker_recipe.errors import ConfigurationError, SdistmakerError
from sdistmaker_recipe.model import Published, Rejected, Release, Tag
from tests.unit.values import a_report, a_tag

PAGE = (Path(__file__).parents[3] / "docs/reference/python-api.rst").read_text("utf-8")
OUTSIDE_OF_A_RUN = {"explain"}
"""Flags of the group "This run" that print something in place of a run."""


class Engine:
    """Takes the place of the engine, and notes what it was given."""

    def __init__(self) -> None:
        self.calls: list[tuple] = []

    def run(self, configuration, context, listener) -> Report:
        self.calls.append((configuration, context, listener, dict(os.environ)))
        return a_report()


@pytest.fixture
def engine(monkeypatch, tmp_path) -> Engine:
    made = Engine()
    monkeypatch.setattr(api, "engine", made)
    monkeypatch.chdir(tmp_path)
    return made


def section(title: str) -> str:
    _, _, rest = PAGE.partition(f"\n{title}\n{'-' * len(title)}\n")
    assert rest, title
    return re.split(r"\n[^\n]+\n-{3,}\n", rest)[0]


def keywords(function) -> set[str]:
    parameters = inspect.signature(function).parameters.values()
    return {each.name for each in parameters if each.kind is each.KEYWORD_ONLY}


def test_a_run_is_what_the_engine_does_with_absolute_paths(engine, tmp_path):
    report = run(Configuration(repository=("file:///srv/svn/",), destination=Path("index")))
    assert report == a_report()
    ((configuration, context, _, _),) = engine.calls
    assert configuration.repository == ("file:///srv/svn",)
    assert configuration.destination == tmp_path / "index"
    assert not context.dry_run


def test_lists_may_be_texts_as_in_a_part(engine):
    run(Configuration(repository="file:///a\nfile:///b", toolchain=("acme-* 3.9 wheel",), jobs="3"))  # type: ignore[arg-type]
    configuration = engine.calls[0][0]
    assert configuration.repository == ("file:///a", "file:///b")
    assert configuration.toolchain[0].constraints == ("wheel",)
    assert configuration.jobs == 3


def test_wrong_options_are_reported_together_and_nothing_is_done(engine):
    with pytest.raises(ConfigurationError) as caught:
        run(Configuration(repository=("svn.example.com",), newest=-1, wheels="all"))
    assert [problem.option for problem in caught.value.problems] == ["repository", "newest", "wheels"]
    assert {problem.source for problem in caught.value.problems} == {"Configuration"}
    assert not engine.calls


@pytest.mark.parametrize("flag", sorted(keywords(run)))
def test_each_flag_reaches_the_run(engine, flag):
    value = "17" if flag == "revision" else True
    run(Configuration(), **{flag: value})
    assert getattr(engine.calls[0][1], flag) == value


def test_the_flags_are_those_of_the_command_for_one_run():
    (group,) = [each for each in sdists_from_tags_parser()._action_groups if each.title == "This run"]
    assert {action.dest for action in group._group_actions} - OUTSIDE_OF_A_RUN == keywords(run)


def test_builds_cannot_read_the_password(engine, monkeypatch):
    monkeypatch.setenv("SVN_PASSWORD", "hunter2")
    run(Configuration(username="builder", password_variable="SVN_PASSWORD"))
    ((_, context, _, environment),) = engine.calls
    assert "SVN_PASSWORD" not in environment
    assert context.credentials.password == "hunter2"
    assert os.environ["SVN_PASSWORD"] == "hunter2"


def test_it_prints_nothing(engine, capsys):
    run(Configuration())
    listener = engine.calls[0][2]
    listener.finished(Rejected(a_tag(), "reason", Path("/srv/x.log")))
    assert capsys.readouterr() == ("", "")


def test_the_exit_status_is_that_of_the_command():
    repeated = Rejected(a_tag(), "reason", Path("/srv/x.log"), is_repeated=True)
    assert exit_status(a_report()) == 0
    assert exit_status(a_report(rejected=(repeated,))) == 0
    assert exit_status(a_report(rejected=(repeated,)), strict=True) == 1
    assert exit_status(a_report(errors=("svn is gone",))) == 3


def test_the_package_has_these_names_and_no_others():
    assert sdistmaker_recipe.__all__ == ["Configuration", "Report", "exit_status", "run"]
    assert all(f"``{name}``" in section("What is stable") for name in sdistmaker_recipe.__all__)
    with pytest.raises(AttributeError, match="no attribute 'runn'"):
        _ = sdistmaker_recipe.runn


def test_the_page_has_the_signatures():
    for function in (run, exit_status):
        written = re.search(rf"^    {function.__name__}\((.*?)\) ->", PAGE, re.MULTILINE | re.DOTALL)[1]
        assert set(re.findall(r"(\w+)=", written)) == keywords(function)


def test_the_page_names_fields_that_are_there():
    fields = re.findall(r"^``(\w+)``$", section("Report"), re.MULTILINE)
    assert len(fields) == 10
    assert set(fields) <= set(Report._fields)
    sentences = section("Report").partition("A *release*")[2]
    of_release, of_tag = (set(re.findall(r"``(\w+)``", text)) for text in sentences.split("A\n*tag*"))
    assert not [name for name in of_release if not hasattr(Release, name)]
    assert not [name for name in of_tag if not hasattr(Tag, name)]
    assert {"release", "tag", "warnings"} <= set(Published._fields)
    assert {"tag", "reason", "log_file", "is_repeated"} <= set(Rejected._fields)


def test_the_page_has_the_exit_status_of_each_error():
    rows = re.findall(r"^``(\w+Error)`` +(\d)", section("Errors"), re.MULTILINE)
    # Errors of one module are caught before a caller sees them, and known only once it is imported.
    public = (
        each for each in SdistmakerError.__subclasses__() if each.__module__ == SdistmakerError.__module__
    )
    errors = {each.__name__: each for each in public}
    assert {name: int(status) for name, status in rows} == {
        name: error.exit_status for name, error in errors.items()
    }
