"""Layers from every door become a ``Configuration``, or every problem at once."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdistmaker_recipe.configuration.declaration import Door
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.configuration.parsing import Check, Layer, configure
from sdistmaker_recipe.errors import ConfigurationError, Problem
from tests.unit.configuration.layers import BASE, URLS, by_name, part, problems

PATH_OPTIONS = ("destination", "public-certificates", "auth-file", "nginx-config", "environments")


class TestConfigure:
    def test_without_layers_gives_the_defaults_below_base(self):
        assert configure([], BASE) == Configuration(destination=BASE / "var/private")

    def test_lets_the_later_layer_win_option_by_option(self):
        layers = [
            part(jobs="1", newest="5"),
            Layer("defaults.py", Door.CONSTANT, {"JOBS": 2}),
            Layer("command line", Door.FLAG, {"--jobs": "3"}),
        ]
        configuration = configure(layers, BASE)
        assert (configuration.jobs, configuration.newest) == (3, 5)

    def test_changes_none_of_the_layers(self):
        values = {"jobs": "1", "destination": "x"}
        configure([Layer("[sdists]", Door.PART, values)], BASE)
        assert values == {"jobs": "1", "destination": "x"}

    def test_gives_a_frozen_value(self):
        with pytest.raises(FrozenInstanceError):
            configure([], BASE).jobs = 3

    def test_drops_the_comments_of_a_multi_line_value(self):
        value = "\n    # old things\n    attic\n    sandbox ; nobody's\n    ; more to come\n"
        assert configure([part(ignore=value)], BASE).ignore == ("attic", "sandbox")


class TestPaths:
    @pytest.mark.parametrize("option", PATH_OPTIONS)
    def test_that_are_relative_are_below_base(self, option):
        assert getattr(configure([part(**{option: "a/b"})], BASE), by_name(option).field_name) == BASE / "a/b"

    @pytest.mark.parametrize("option", PATH_OPTIONS)
    def test_that_are_absolute_stay_as_they_are(self, option):
        assert getattr(configure([part(**{option: "/srv/b"})], BASE), by_name(option).field_name) == Path(
            "/srv/b"
        )

    def test_may_begin_at_home(self, monkeypatch):
        monkeypatch.setenv("HOME", "/home/builder")
        assert configure([part(destination="~/index")], BASE).destination == Path("/home/builder/index")

    @pytest.mark.parametrize("option", PATH_OPTIONS)
    def test_at_the_home_of_nobody_are_a_problem_of_their_option(self, option):
        (problem,) = problems(part(**{option: "~no-such-user/index"}))
        assert (problem.option, problem.value) == (option, "~no-such-user/index")

    def test_of_what_lies_beside_the_index_come_from_its_name(self):
        configuration = configure([part(destination="var/private/")], BASE)
        assert configuration.state == BASE / "var/private-state"
        assert configuration.apache_config == BASE / "var/private-apache.conf"

    @given(st.lists(st.sampled_from(["..", ".", "a", "b.c"]), min_size=1, max_size=6))
    def test_of_what_must_not_be_served_are_never_inside_the_index(self, segments):
        base = Path("/1/2/3/4/5/6/7")
        configuration = configure([part(destination="/".join(segments))], base)
        for beside in (configuration.state, configuration.apache_config):
            assert configuration.destination not in beside.parents
            assert beside.parent == configuration.destination.parent

    @pytest.mark.parametrize("destination", ["/", "//", "/srv/.."])
    def test_that_leave_no_place_beside_the_index_are_a_problem(self, destination):
        (problem,) = problems(part(destination=destination))
        assert (problem.option, problem.value) == ("destination", destination)

    @pytest.mark.parametrize("path", ["var/private", "var/private/x/nginx.conf", "./var//private/x"])
    def test_of_what_is_written_for_nginx_is_not_in_the_index(self, path):
        (problem,) = problems(part(nginx_config=path))
        assert problem.option == "nginx-config"
        assert "lies in the index" in problem.message

    def test_of_what_is_written_for_nginx_is_not_that_for_apache(self):
        (problem,) = problems(part(nginx_config="var/index-apache.conf", destination="var/index"))
        assert (problem.option, problem.value) == ("nginx-config", "/buildout/var/index-apache.conf")

    @pytest.mark.parametrize("path", ["var/private.conf", "var/privates/nginx.conf"])
    def test_of_what_is_written_for_nginx_are_beside_the_index(self, path):
        assert configure([part(nginx_config=path)], BASE).nginx_config == BASE / path


class TestProblems:
    def test_are_reported_all_together_in_the_order_of_layers(self):
        found = problems(
            part(jobs="many", colour="red", timeout="0"),
            Layer("defaults.py", Door.CONSTANT, {"NEWEST": -1, "REPOSITORY": []}),
            Layer("command line", Door.FLAG, {"--vcs": "cvs", "--destinatoin": None}),
        )
        assert [(each.source, each.option) for each in found] == [
            ("[sdists]", "jobs"),
            ("[sdists]", "colour"),
            ("[sdists]", "timeout"),
            ("defaults.py", "NEWEST"),
            ("defaults.py", "REPOSITORY"),
            ("command line", "--vcs"),
            ("command line", "--destinatoin"),
        ]

    def test_show_in_the_error_place_name_value_and_what_is_accepted(self):
        with pytest.raises(ConfigurationError) as caught:
            configure([part(jobs="many", vcs="cvs")], BASE)
        assert str(caught.value).splitlines() == [
            "[sdists]: jobs = 'many': is not a whole number of 0 or more; accepted: a whole number",
            (
                "[sdists]: vcs = 'cvs': is not known; accepted: auto, subversion, subversion-cli, git, "
                "mercurial or the name of a plug-in"
            ),
        ]

    def test_end_with_the_value_that_was_meant_if_that_is_known(self):
        (problem,) = problems(part(repository="/srv/svn"))
        assert problem.message == "'/srv/svn' is not the URL of a repository; did you mean file:///srv/svn?"

    def test_end_with_status_2(self):
        assert ConfigurationError([]).exit_status == 2

    def test_of_an_early_layer_stay_though_a_later_one_sets_the_option_well(self):
        (problem,) = problems(part(jobs="many"), Layer("command line", Door.FLAG, {"--jobs": "3"}))
        assert problem.source == "[sdists]"

    @pytest.mark.parametrize(
        ("door", "name", "meant"),
        [
            (Door.PART, "tag_pattern", "tag-pattern"),
            (Door.PART, "repositry", "repository"),
            (Door.CONSTANT, "BLACKLISTS", "BLACKLIST"),
            (Door.CONSTANT, "DESTINATOIN", "DESTINATION"),
            (Door.FLAG, "--job", "--jobs"),
        ],
    )
    def test_of_an_unknown_name_say_what_may_be_meant(self, door, name, meant):
        (problem,) = problems(Layer("here", door, {name: "x"}))
        assert problem.message == f"is not an option; did you mean {meant}?"

    def test_of_an_unknown_name_suggest_nothing_that_is_far_off(self):
        (problem,) = problems(part(zzz="x"))
        assert problem.message == "is not an option"

    def test_of_an_unknown_name_do_not_repeat_its_value(self):
        (problem,) = problems(part(password="hunter2"))
        assert "hunter2" not in str(problem)

    def test_of_more_quick_ways_than_repositories(self):
        (problem,) = problems(part(repository=URLS[0], repository_on_server="file:///a\nfile:///b"))
        assert problem.option == "repository-on-server"
        assert problem.message == (
            "has 2 lines, but repository has 1; write at most one line for each line of repository"
        )

    def test_of_a_repository_named_twice(self):
        (problem,) = problems(part(repository=f"{URLS[0]}\n{URLS[0]}/"))
        assert (problem.option, problem.message) == (
            "repository",
            "names the same URL twice; remove one of the two lines",
        )

    def test_of_options_together_are_seen_across_layers(self):
        on_server = Layer("defaults.py", Door.CONSTANT, {"BASE_ON_SERVER": ["file:///a", "file:///b"]})
        assert configure([on_server, part(repository=list(URLS))], BASE).repository == URLS
        (problem,) = problems(on_server, part(repository=URLS[0]))
        assert problem.option == "repository-on-server"

    def test_of_a_bad_repository_bring_no_false_one_about_repository_on_server(self):
        found = problems(
            part(repository="nonsense\nhttps://svn.example.com", repository_on_server="file:///a\nfile:///b")
        )
        assert [problem.option for problem in found] == ["repository"]


SECRET = "Tr0ub4dor-and-3"
LIST_OPTIONS = ("repository", "repository-on-server")
URLS_WITH_A_PASSWORD = {
    "well formed": f"https://builder:{SECRET}@svn.example.com/svn",
    "without a user": f"http://:{SECRET}@svn.example.com",
    "scheme in upper case": f"HTTPS://builder:{SECRET}@svn.example.com/svn",
    "scheme not accepted": f"ftp://builder:{SECRET}@svn.example.com/svn",
    "scheme misspelt": f"htps://builder:{SECRET}@svn.example.com/svn",
    "scheme forgotten": f"builder:{SECRET}@svn.example.com/svn",
    "port no number": f"https://builder:{SECRET}@svn.example.com:x/svn",
    "two at signs": f"https://builder:{SECRET}@home@svn.example.com/svn",
    "bracket left open": f"https://builder:{SECRET}@[2001:db8::1/svn",
    "host not for NFKC": f"https://builder:{SECRET}@ex\u2100mple.com/svn",
    "host forgotten": f"https://builder:{SECRET}@",
    "scheme and colon forgotten": f"//builder:{SECRET}@svn.example.com/svn",
    "one slash": f"https:/builder:{SECRET}@svn.example.com/svn",
    "no slashes": f"https:builder:{SECRET}@svn.example.com/svn",
    "on the second line": f"https://svn.example.com\nhttps://builder:{SECRET}@svn.example.com",
}


class TestChecks:
    """What doors look at beside the values themselves."""

    def check(self, *options: str) -> Check:
        """A check that reads these options, and always finds something wrong."""
        return Check(options, lambda found: [Problem("web server", "public", found.public, "is wrong")])

    def test_are_reported_with_all_other_problems(self):
        with pytest.raises(ConfigurationError) as caught:
            configure([part(jobs="many", public="none")], BASE, [self.check("public", "url-path")] * 2)
        assert [problem.option for problem in caught.value.problems] == ["jobs", "public"]
        assert caught.value.problems[1].value == "none"

    @pytest.mark.parametrize(
        "layer",
        [
            part(jobs="many"),
            Layer("defaults", Door.CONSTANT, {"JOBS": "many"}),
            Layer("arguments", Door.FLAG, {"--jobs": "many"}),
        ],
    )
    def test_that_read_an_option_with_a_problem_bring_no_false_one(self, layer):
        with pytest.raises(ConfigurationError) as caught:
            configure([layer], BASE, [self.check("public", "jobs")])
        assert len(caught.value.problems) == 1

    def test_see_absolute_paths(self):
        seen: list[Path] = []

        def look(found: Configuration) -> tuple[Problem, ...]:
            seen.append(found.destination)
            return ()

        assert configure([part(destination="index")], BASE, [Check(("destination",), look)])
        assert seen == [BASE / "index"]


class TestPasswords:
    @pytest.mark.parametrize("url", URLS_WITH_A_PASSWORD.values(), ids=URLS_WITH_A_PASSWORD)
    @pytest.mark.parametrize("option", ["repository", "public-index"])
    def test_in_a_url_are_refused_and_never_repeated(self, option, url):
        with pytest.raises(ConfigurationError) as caught:
            configure([Layer("here", Door.PART, {option: url})], BASE)
        assert SECRET not in str(caught.value)
        assert SECRET not in repr(caught.value)

    def test_in_the_url_of_a_repository_are_refused_with_what_to_do(self):
        (problem,) = problems(part(repository=f"https://builder:{SECRET}@svn.example.com/svn"))
        assert problem.message.startswith(
            "holds a password; use the options username and password-variable instead (the value is"
        )

    @given(
        st.sampled_from(LIST_OPTIONS),
        st.sampled_from(tuple(Door)),
        st.permutations([f"https://builder:{SECRET}@svn.example.com/svn", *URLS, "nonsense"]),
    )
    def test_are_not_repeated_where_another_line_is_wrong(self, name, door, lines):
        value = list(lines) if door is Door.FLAG else "\n".join(lines)
        layer = Layer("here", door, {by_name(name).spelling(door): value})
        with pytest.raises(ConfigurationError) as caught:
            configure([layer], BASE)
        assert SECRET not in str(caught.value)

    @pytest.mark.parametrize("name", ["REPOSITORY", "BASE_ON_SERVER", "PUBLIC_INDEX"])
    def test_are_not_repeated_where_the_value_is_of_the_wrong_type(self, name):
        value = [f"https://builder:{SECRET}@svn.example.com/svn", None]
        (problem,) = problems(Layer("defaults.py", Door.CONSTANT, {name: value}))
        assert SECRET not in str(problem)

    def test_are_not_repeated_where_they_stand_in_place_of_their_variable(self):
        (problem,) = problems(part(password_variable=SECRET))
        assert SECRET not in str(problem)
        assert problem.option == "password-variable"
