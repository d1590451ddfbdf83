"""What the doors share: the context of a run, and listeners that show how it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.doors.console import LineListener, SilentListener, run_context, without_password
from sdistmaker_recipe.errors import ConfigurationError
from sdistmaker_recipe.model import Plan, Published, Rejected, Skipped, WheelResult
from sdistmaker_recipe.vcs import Credentials
from tests.unit.values import a_release, a_tag

WITH_PASSWORD = Configuration(username="builder", password_variable="SVN_PASSWORD")
PUBLISHED = Published(a_release(), a_tag())
REJECTED = Rejected(a_tag("0.9"), "[red]SyntaxError[/red]: line 3", Path("/srv/x.log"))


class TestRunContext:
    def test_have_no_credentials_by_default(self):
        assert run_context(Configuration(), {}).credentials == Credentials()

    def test_have_the_password_from_the_variable_that_the_option_names(self):
        found = run_context(WITH_PASSWORD, {"SVN_PASSWORD": "hunter2", "PASSWORD": "other"})
        assert found.credentials == Credentials("builder", "hunter2")

    def test_have_the_user_name_also_without_a_password(self):
        assert run_context(Configuration(username="builder"), {}).credentials == Credentials("builder")

    @pytest.mark.parametrize("environment", [{}, {"svn_password": "hunter2"}])
    def test_miss_a_variable_that_is_not_set(self, environment):
        with pytest.raises(ConfigurationError) as caught:
            run_context(WITH_PASSWORD, environment)
        (problem,) = caught.value.problems
        assert problem.option == "password-variable"
        assert "the variable that it names is not set" in problem.message
        assert "hunter2" not in str(problem)

    def test_show_no_password_when_they_are_printed(self):
        assert "hunter2" not in repr(run_context(WITH_PASSWORD, {"SVN_PASSWORD": "hunter2"}))

    def test_have_the_environment_as_it_was_then(self):
        environment = {"HOME": "/home/builder"}
        found = run_context(Configuration(), environment)
        environment["HOME"] = "/elsewhere"
        assert found.environment["HOME"] == "/home/builder"

    def test_have_a_cache_folder_of_the_user_named_by_this_program(self, monkeypatch):
        monkeypatch.setenv("XDG_CACHE_HOME", "/home/builder/.cache")
        assert run_context(Configuration(), {}).cache() == Path("/home/builder/.cache/sdistmaker_recipe")


class TestWithoutPassword:
    def test_the_variable_is_gone_until_the_end(self):
        environment = {"SVN_PASSWORD": "hunter2", "OTHER": "1"}
        with without_password(WITH_PASSWORD, environment):
            assert environment == {"OTHER": "1"}
        # Another part of the buildout may need it.
        assert environment == {"SVN_PASSWORD": "hunter2", "OTHER": "1"}

    def test_nothing_changes_without_a_password(self):
        environment = {"OTHER": "1"}
        for configuration in (Configuration(), WITH_PASSWORD):
            with without_password(configuration, environment):
                assert environment == {"OTHER": "1"}
            assert environment == {"OTHER": "1"}


class TestLineListener:
    @pytest.mark.parametrize(
        ("tags", "lines"), [(0, []), (1, ["Building 1 tag."]), (2, ["Building 2 tags."])]
    )
    def test_say_how_much_there_is_to_do_if_anything(self, tags, lines):
        written: list[str] = []
        LineListener(written.append).planned(Plan(build=(a_tag(),) * tags))
        assert written == lines

    def test_say_how_many_wheels_there_are_to_build(self):
        written: list[str] = []
        for count in (1, 2):
            LineListener(written.append).planned(Plan(wheels=(a_release(),) * count))
        assert written == ["Building 1 wheel.", "Building 2 wheels."]

    def test_name_wheels_that_are_published(self):
        written: list[str] = []
        listener = LineListener(written.append)
        listener.wheel_finished(WheelResult(a_release(), "acme_ledger-1.0-py3-none-any.whl"))
        listener.wheel_finished(WheelResult(a_release()))
        assert written == ["published acme_ledger-1.0-py3-none-any.whl"]

    def test_say_of_each_tag_how_it_came_out(self):
        written: list[str] = []
        listener = LineListener(written.append)
        listener.finished(PUBLISHED)
        listener.finished(REJECTED)
        assert written[0] == "published acme_ledger-1.0.tar.gz from acme.ledger 1.0"
        assert written[1].startswith("failed acme.ledger 0.9")
        listener.finished(Skipped(a_tag("1.1"), "published from elsewhere"))
        assert written[2:] == ["skipped acme.ledger 1.1"]


class TestSilentListener:
    def test_says_nothing(self, capsys):
        SilentListener().planned(Plan(build=(a_tag(),)))
        SilentListener().finished(REJECTED)
        assert capsys.readouterr() == ("", "")
