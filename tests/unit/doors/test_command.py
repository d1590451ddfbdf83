"""Arguments of the two commands, as far as no repository is needed for them."""

from __future__ import annotations

import json
import os
import re
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.declaration import Door
from sdistmaker_recipe.configuration.options import Configuration, grouped_options, options
from sdistmaker_recipe.doors import command, defaults_file
from sdistmaker_recipe.doors.arguments import make_sdist_parser, sdists_from_tags_parser
from sdistmaker_recipe.doors.help_pages import help_text
from sdistmaker_recipe.errors import LockHeldError, RepositoryError, SdistmakerError, StoreError
from sdistmaker_recipe.flow.engine import Made, RunContext
from sdistmaker_recipe.model import Attempt, KnownFailure, NoWheel, Plan, Rejected, Report
from tests.unit.values import a_failure, a_tag

REJECTED = Rejected(a_tag(), "no setup.py", Path("/srv/x.log"))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty current folder; relative paths of the command line are below it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def arguments(monkeypatch):
    """Set the arguments of the command line."""

    def write(*written: str) -> None:
        monkeypatch.setattr(sys, "argv", ["program", *written])

    return write


class Engine:
    """Stands in for the engine: remembers how it was called, and answers as told."""

    def __init__(self) -> None:
        self.configuration = Configuration()
        self.context = RunContext(Path)
        self.error: SdistmakerError | None = None
        self.report = Report(Path("/srv/index"), Plan())
        self.made: Made | Rejected = Made(Path("dist/acme-1.0.tar.gz"))

    def run(self, configuration: Configuration, context: RunContext, listener: object) -> Report:
        self._note(configuration, context)
        return self.report

    def make_one(self, configuration: Configuration, context: RunContext) -> Made | Rejected:
        self._note(configuration, context)
        return self.made

    def _note(self, configuration: Configuration, context: RunContext) -> None:
        self.configuration, self.context = configuration, context
        if self.error is not None:
            raise self.error


@pytest.fixture
def engine(monkeypatch):
    stand_in = Engine()
    monkeypatch.setattr(command.engine, "run", stand_in.run)
    monkeypatch.setattr(command.engine, "make_one", stand_in.make_one)
    return stand_in


@pytest.fixture
def no_engine(monkeypatch):
    """The engine must not be reached."""

    def fail(*arguments: object) -> None:
        pytest.fail("the engine was called")

    monkeypatch.setattr(command.engine, "run", fail)
    monkeypatch.setattr(command.engine, "make_one", fail)


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.usefixtures("no_engine")
class TestHelp:
    def test_shows_an_example_and_every_exit_status(self, arguments, capsys):
        arguments("--help")
        with pytest.raises(SystemExit, match=r"^0$"):
            command.main()
        text = flat(capsys.readouterr().out)
        assert "sdists_from_tags --repository https://svn.example.com/svn --destination /srv/index" in text
        for status in (
            "0 done",
            "1 a tag newly failed",
            "2 an option is wrong",
            "3 the repository",
            "4 another run",
        ):
            assert status in text

    @pytest.mark.parametrize(
        ("parser", "causes"),
        [
            (sdists_from_tags_parser, ("newly failed", "release tag", "--strict", "--verify", "--explain")),
            (make_sdist_parser, ("does not build", "--wheel")),
        ],
    )
    def test_says_all_that_status_1_stands_for(self, parser, causes):
        text = flat(parser().format_help()).rpartition(" 1 ")[2].partition(" 2 ")[0]
        assert [cause for cause in causes if cause not in text] == []

    def test_shows_every_option_with_its_meaning(self, arguments, capsys, monkeypatch):
        monkeypatch.setenv("COLUMNS", "10000")
        arguments("--help")
        with pytest.raises(SystemExit):
            command.main()
        text = flat(capsys.readouterr().out)
        for option in options(Door.FLAG):
            pattern = rf" {option.spelling(Door.FLAG)} \S+ {re.escape(option.help)} "
            assert re.search(pattern, text), option.name

    def test_lists_the_options_under_the_heading_of_their_group(self, arguments, capsys, monkeypatch):
        monkeypatch.setenv("COLUMNS", "10000")
        arguments("--help")
        with pytest.raises(SystemExit):
            command.main()
        text = capsys.readouterr().out
        for group, declared in grouped_options(Door.FLAG).items():
            section = text.partition(f"\n{group.value}:\n")[2].partition("\n\n")[0]
            found = re.findall(r"^  (--\S+) ", section, re.MULTILINE)
            assert found == [option.spelling(Door.FLAG) for option in declared]

    def test_of_one_group_is_that_group_alone(self, arguments, capsys, monkeypatch):
        monkeypatch.setenv("COLUMNS", "80")
        for group, declared in grouped_options(Door.FLAG).items():
            arguments("--help", group.name.lower().replace("_", "-"))
            with pytest.raises(SystemExit, match=r"^0$"):
                command.main()
            text = capsys.readouterr().out
            assert text.startswith(f"{group.value}:\n")
            found = re.findall(r"^  (--\S+) ", text, re.MULTILINE)
            assert found == [option.spelling(Door.FLAG) for option in declared]

    def test_of_each_group_is_one_screen(self, monkeypatch):
        monkeypatch.setenv("COLUMNS", "80")
        parser = sdists_from_tags_parser()
        overview = help_text(parser, "", is_terminal=True).partition("More help:\n")[2].splitlines()
        topics = [line.split()[1] for line in overview]
        assert (len(topics), topics[-1]) == (17, "all")
        for topic in topics[:-1]:
            lines = help_text(parser, topic, is_terminal=True).splitlines()
            assert max(map(len, lines)) < 80
            # One of 24 lines is for the prompt.
            assert len(lines) < 24, topic

    def test_shows_the_few_words_that_an_option_accepts(self):
        text = flat(help_text(sdists_from_tags_parser(), "builds", is_terminal=True))
        assert "--sandbox auto|bubblewrap|none What isolates builds" in text
        assert "Accepted: auto" not in text

    def test_on_a_terminal_is_one_screen_that_names_the_groups(self, arguments, capsys, monkeypatch):
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        arguments("--help")
        with pytest.raises(SystemExit, match=r"^0$"):
            command.main()
        lines = capsys.readouterr().out.splitlines()
        assert sum(1 + len(line) // 81 for line in lines) < 24
        assert "  --help web-server     The web server" in lines
        assert "  --help all            Everything" in lines

    def test_of_a_group_that_is_not_there_names_the_groups(self, arguments, capsys):
        arguments("-h", "tag")
        with pytest.raises(SystemExit, match=r"^2$"):
            command.main()
        assert "--help has no group 'tag'; there are: all, output" in capsys.readouterr().err

    @pytest.mark.parametrize("parser", [sdists_from_tags_parser, make_sdist_parser])
    def test_fits_80_columns_and_leaves_paths_in_one_piece(self, parser, monkeypatch):
        monkeypatch.setenv("COLUMNS", "80")
        lines = parser().format_help().splitlines()
        # The command of the example is in one line, so that it can be copied.
        assert [line for line in lines if len(line) > 80 and "--destination /srv/index" not in line] == []
        assert any("docs/how-to/repository-layouts.rst" in line for line in lines)

    def test_of_make_sdist_shows_an_example_and_its_arguments(self, arguments, capsys):
        arguments("--help")
        with pytest.raises(SystemExit, match=r"^0$"):
            command.make_sdist()
        text = flat(capsys.readouterr().out)
        assert "make_sdist https://svn.example.com/svn/acme.greeting/tags/1.0 dist" in text
        assert "TAG_URL" in text
        assert "--newest" not in text

    @pytest.mark.parametrize("call", [command.main, command.make_sdist])
    def test_version_is_that_of_the_package(self, arguments, capsys, call):
        arguments("--version")
        with pytest.raises(SystemExit, match=r"^0$"):
            call()
        assert capsys.readouterr().out == f"sdistmaker_recipe {version('sdistmaker_recipe')}\n"

    def test_print_example_defaults_prints_the_defaults_file_and_stops(self, arguments, capsys):
        arguments("--print-example-defaults")
        assert command.main() == 0
        assert capsys.readouterr() == (defaults_file.example_defaults(), "")


@pytest.mark.usefixtures("no_engine")
class TestSchedule:
    @pytest.mark.parametrize("flag", ["--print-hook", "--print-cron", "--print-systemd"])
    @pytest.mark.parametrize(
        ("given", "added"),
        [
            ([], "--quiet --wait 600"),
            (["-v"], "--wait 600"),
            (["-q"], "--wait 600"),
            (["--wait", "5"], "--quiet"),
            (["-v", "--wait", "0"], "--wait 600"),
        ],
    )
    def test_has_the_arguments_that_are_given_and_what_does_not_contradict_them(
        self, arguments, capsys, folder, flag, given, added
    ):
        arguments(*given, flag)
        assert command.main() == 0
        expected = f"{folder / 'program'} {' '.join([added, *given])}".rstrip()
        assert re.search(
            rf"(^|[ =]){re.escape(expected)}( --revision|$)", capsys.readouterr().out, re.MULTILINE
        )

    def test_names_an_account_without_a_name_by_its_number(self, arguments, capsys, monkeypatch):
        for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(os, "getuid", lambda: 54321)
        arguments("--print-systemd")
        assert command.main() == 0
        assert "\nUser=54321\n" in capsys.readouterr().out


@pytest.mark.usefixtures("no_engine")
class TestWrongArguments:
    def test_are_all_listed_together_with_status_2(self, arguments, capsys, folder):
        (folder / "defaults.py").write_text("BLACKLISTED = []\nNEWEST = -1\n")
        arguments("--jobs", "many", "--colour=red", "--destinatoin", "x", "-d", "defaults.py", "--vcs", "cvs")
        assert command.main(part="sdists", options={"timeout": "soon"}, base=str(folder)) == 2
        written = capsys.readouterr()
        assert written.out == ""
        assert [line.split(" = ")[0].removeprefix("error: ") for line in written.err.splitlines()] == [
            "[sdists]: timeout",
            "defaults.py: BLACKLISTED: is not an option; did you mean BLACKLIST?",
            "defaults.py: NEWEST",
            "command line: --vcs",
            "command line: --jobs",
            "command line: --colour: is not an option",
            "command line: --destinatoin: is not an option; did you mean --destination?",
        ]

    def test_that_no_flag_precedes_are_wrong_too(self, arguments, capsys):
        arguments("dist")
        assert command.main() == 2
        assert "dist: is not an option" in capsys.readouterr().err

    def test_that_no_flag_precedes_are_told_where_to_stand(self, arguments, capsys):
        arguments("https://svn.example.com/svn")
        assert command.main() == 2
        assert capsys.readouterr().err == (
            "error: command line: https://svn.example.com/svn: is not an option; write the option before its "
            "value (--help lists the options)\n"
        )

    def test_are_shown_as_they_were_typed(self, arguments, capsys):
        arguments("--repository", "svn/here")
        assert command.main() == 2
        text = capsys.readouterr().err
        assert text.startswith("error: command line: --repository = 'svn/here': ")
        assert "one a line" not in text

    @pytest.mark.parametrize(("flag", "meant"), [("--dryrun", "--dry-run"), ("--verbos", "--verbose")])
    def test_may_be_meant_for_what_is_no_option_of_a_part(self, arguments, capsys, flag, meant):
        arguments(flag)
        assert command.main() == 2
        assert f"{flag}: is not an option; did you mean {meant}?" in capsys.readouterr().err

    @pytest.mark.parametrize("flag", ["--script", "--run"])
    def test_are_options_that_only_a_part_has(self, arguments, capsys, flag):
        arguments(flag, "x")
        assert command.main() == 2
        assert f"{flag}: is not an option" in capsys.readouterr().err

    def test_are_flags_cut_short(self, arguments, capsys):
        arguments("--repo", "https://svn.example.com")
        assert command.main() == 2
        assert "--repo: is not an option; did you mean --repository?" in capsys.readouterr().err

    def test_are_two_that_exclude_each_other(self, arguments, capsys):
        arguments("--quiet", "--verbose")
        with pytest.raises(SystemExit, match=r"^2$"):
            command.main()

    @pytest.mark.parametrize(
        "written",
        [
            ["--repository", "https://builder:hunter2@svn.example.com/svn"],
            ["--repositry=https://builder:hunter2@svn.example.com/svn"],
            ["--repositry", "https://builder:hunter2@svn.example.com/svn"],
            ["https://builder:hunter2@svn.example.com/svn"],
            ["--password", "hunter2"],
            ["--password=hunter2"],
        ],
    )
    def test_never_repeat_a_password(self, arguments, capsys, written):
        arguments(*written)
        assert command.main() == 2
        assert "hunter2" not in capsys.readouterr().err

    def test_are_a_defaults_file_that_is_not_there(self, arguments, capsys):
        arguments("--defaults-file", "none.py")
        assert command.main() == 2
        assert "none.py: defaults-file: cannot be read: No such file" in capsys.readouterr().err

    def test_are_a_password_variable_that_is_not_set(self, arguments, capsys, monkeypatch):
        monkeypatch.delenv("SVN_PASSWORD", raising=False)
        arguments("--password-variable", "SVN_PASSWORD")
        assert command.main() == 2
        assert "the variable that it names is not set" in capsys.readouterr().err


class TestConfiguration:
    def test_is_the_default_below_the_current_folder_without_arguments(self, arguments, engine, folder):
        arguments()
        assert command.main() == 0
        assert engine.configuration == Configuration(destination=folder / "var/private")

    def test_comes_from_part_file_python_and_flags_the_later_winning(self, arguments, engine, folder):
        (folder / "one.py").write_text("JOBS = 2\nNEWEST = 2\nPYTHON = 'two'\nUSERNAME = 'two'\n")
        (folder / "two.py").write_text("NEWEST = 3\n")
        arguments("--username", "four", "-d", "two.py")
        part = {"wait": "1", "jobs": "1", "destination": "index", "script": "x"}
        options = {"defaults_file": "one.py", "python": "three", "part": "sdists", "options": part}
        assert command.main(**options, base="/buildout") == 0
        found = engine.configuration
        assert (found.wait, found.jobs, found.newest, found.python, found.username) == (
            1,
            2,
            3,
            "three",
            "four",
        )
        assert found.destination == Path("/buildout/index")

    def test_has_a_list_from_a_flag_that_is_repeated(self, arguments, engine):
        arguments("--ignore", "a", "--ignore", "b", "--include=*")
        assert command.main() == 0
        assert (engine.configuration.ignore, engine.configuration.include) == (("a", "b"), ("*",))

    def test_takes_false_from_a_flag(self, arguments, engine):
        arguments("--prereleases", "false")
        assert command.main() == 0
        assert engine.configuration.prereleases is False

    def test_can_be_called_as_sdistmaker_1_4_was(self, arguments, engine, folder):
        (folder / "defaults.py").write_text("BASE = 'https://svn.example.com/svn'\nOUTDIR = 'var/private'\n")
        arguments()
        assert command.main(defaults_file=str(folder / "defaults.py")) == 0
        assert engine.configuration.repository == ("https://svn.example.com/svn",)
        assert engine.configuration.destination == folder / "var/private"


class TestRunContext:
    def test_are_those_of_the_flags(self, arguments, engine):
        arguments("--dry-run", "--retry-failed", "--verbose")
        assert command.main(public_index="https://example.com/simple") == 0
        found = engine.context
        assert (found.dry_run, found.retry_failed, found.verbose) == (True, True, True)
        assert found.public_index == "https://example.com/simple"
        assert found.environment == dict(os.environ)

    def test_are_none_of_them_without_flags(self, arguments, engine):
        arguments()
        command.main()
        found = engine.context
        assert (found.dry_run, found.retry_failed, found.verbose) == (False, False, False)

    def test_have_the_password_that_the_environment_has(self, arguments, engine, monkeypatch):
        monkeypatch.setenv("SVN_PASSWORD", "hunter2")
        arguments("--username", "builder", "--password-variable", "SVN_PASSWORD")
        assert command.main() == 0
        assert engine.context.credentials.password == "hunter2"


class TestExitStatus:
    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (RepositoryError("https://svn.example.com", "no answer", "Is it up?"), 3),
            (StoreError("disk full"), 3),
            (LockHeldError("Another run works on it.", "Wait."), 4),
        ],
    )
    def test_of_an_error_is_its_own_and_the_error_is_told(self, arguments, engine, capsys, error, status):
        arguments()
        engine.error = error
        assert command.main() == status
        assert capsys.readouterr() == ("", f"error: {error}\n")

    def test_is_1_when_a_tag_newly_failed(self, arguments, engine, capsys):
        arguments()
        engine.report = Report(Path("/srv/index"), Plan(), rejected=(REJECTED,))
        assert command.main() == 1
        assert "failed acme.ledger 1.0: no setup.py" in capsys.readouterr().out

    def test_counts_tags_that_failed_before_only_when_strict(self, arguments, engine):
        engine.report = Report(
            Path("/srv/index"), Plan(known_failures=(KnownFailure(a_tag(), a_failure(a_tag())),))
        )
        arguments()
        assert command.main() == 0
        arguments("--strict")
        assert command.main() == 1

    def test_of_an_error_of_the_program_is_3_and_the_reason_comes_last(self, arguments, monkeypatch, capsys):
        def fail(*arguments: object) -> None:
            raise TypeError("no such thing")

        monkeypatch.setattr(command.engine, "run", fail)
        arguments()
        assert command.main() == 3
        lines = capsys.readouterr().err.splitlines()
        assert lines[0] == "Traceback (most recent call last):"
        assert lines[-2:] == [
            "error: TypeError: no such thing",
            "This is an error in sdistmaker_recipe itself. Please report it with the lines above.",
        ]

    def test_of_an_interruption_is_that_of_a_shell(self, arguments, monkeypatch, capsys):
        def interrupt(*arguments: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(command.engine, "run", interrupt)
        arguments()
        assert command.main() == 130
        assert capsys.readouterr().err == "interrupted\n"


class TestOutput:
    def test_is_the_report(self, arguments, engine, capsys):
        arguments()
        command.main()
        assert capsys.readouterr() == ("nothing to build; /srv/index holds 0 releases of 0 projects.\n", "")

    def test_is_nothing_when_quiet_and_all_is_well(self, arguments, engine, capsys):
        arguments("-q")
        assert command.main() == 0
        assert capsys.readouterr() == ("", "")

    def test_is_json_alone_when_asked_for(self, arguments, engine, capsys):
        engine.report = Report(Path("/srv/index"), Plan(), rejected=(REJECTED,))
        arguments("--json")
        assert command.main() == 1
        written = capsys.readouterr()
        assert json.loads(written.out)["exit_status"] == 1
        assert written.err == ""

    def test_escapes_what_would_change_the_console(self, arguments, engine, capsys):
        engine.report = Report(
            Path("/srv/index"), Plan(), rejected=(REJECTED._replace(reason="a\u202eb\x1b[2J"),)
        )
        arguments()
        command.main()
        assert "a\\u202eb\\x1b[2J" in capsys.readouterr().out

    def test_of_an_error_is_escaped_too(self, arguments, engine, capsys):
        engine.error = RepositoryError("https://x", "a\u202eb")
        arguments()
        command.main()
        assert capsys.readouterr().err == "error: https://x: a\\u202eb\n"

    @pytest.mark.parametrize(
        ("environment", "on_terminal"), [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({}, False)]
    )
    def test_ends_on_a_terminal_with_the_next_step(
        self, arguments, engine, capsys, monkeypatch, environment, on_terminal
    ):
        monkeypatch.setattr(os, "environ", environment)
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        engine.report = Report(Path("/srv/index"), Plan(), releases=1, projects=1)
        arguments("--destination", "/srv/index")
        command.main()
        text = capsys.readouterr().out
        assert ("Include /srv/index-apache.conf" in text) == on_terminal
        assert ("\x1b[" in text) == on_terminal


class TestMakeSdist:
    URL = "https://svn.example.com/svn/acme/tags/1.0"

    def test_prints_the_wheel_too_if_asked_for(self, arguments, engine, capsys):
        engine.made = Made(Path("dist/acme-1.0.tar.gz"), Path("dist/acme-1.0-py3-none-any.whl"))
        arguments(self.URL, "dist", "--wheel")
        assert command.make_sdist() == 0
        assert engine.context.wheel
        assert capsys.readouterr().out == "dist/acme-1.0.tar.gz\ndist/acme-1.0-py3-none-any.whl\n"

    def test_says_why_there_is_no_wheel(self, arguments, engine, capsys):
        missing = NoWheel("It has compiled parts.", is_failure=True)
        engine.made = Made(Path("dist/acme-1.0.tar.gz"), missing, Path("logs/wheel.log"))
        arguments(self.URL, "dist", "--wheel")
        assert command.make_sdist() == 1
        assert capsys.readouterr() == (
            "dist/acme-1.0.tar.gz\n",
            "log: logs/wheel.log\nno wheel: It has compiled parts.\n",
        )

    def test_takes_the_url_of_a_tag_and_a_destination(self, arguments, engine, folder, capsys):
        arguments(self.URL, "dist", "--timeout", "5")
        assert command.make_sdist() == 0
        assert engine.configuration == Configuration(
            repository=(self.URL,), destination=folder / "dist", timeout=5.0
        )
        assert capsys.readouterr().out == "dist/acme-1.0.tar.gz\n"

    def test_says_why_a_tag_does_not_build_with_status_1(self, arguments, engine, capsys):
        arguments(self.URL, "dist")
        engine.made = REJECTED
        assert command.make_sdist() == 1
        written = capsys.readouterr()
        assert written.out == ""
        assert written.err == f"log: /srv/x.log\nfailed {a_tag().url}: no setup.py\n"

    def test_names_the_toolchains_that_were_tried_and_ends_with_the_reason(self, arguments, engine, capsys):
        arguments(self.URL, "dist")
        attempts = (Attempt("declared", "no setup.py"), Attempt("python3.9", "SyntaxError"))
        engine.made = REJECTED._replace(attempts=attempts)
        assert command.make_sdist() == 1
        assert capsys.readouterr().err.splitlines() == [
            "    declared: no setup.py",
            "    python3.9: SyntaxError",
            "log: /srv/x.log",
            f"failed {a_tag().url}: no setup.py",
        ]

    def test_prints_the_log_only_when_verbose(self, arguments, engine, capsys, folder):
        log = folder / "x.log"
        log.write_text("Traceback")
        engine.made = REJECTED._replace(log_file=log)
        for verbose in ([], ["-v"]):
            arguments(self.URL, "dist", *verbose)
            command.make_sdist()
            assert ("Traceback" in capsys.readouterr().err) == bool(verbose)

    @pytest.mark.usefixtures("no_engine")
    def test_lists_all_that_is_wrong_together(self, arguments, capsys):
        arguments("nonsense", "dist", "--timeout", "soon", "--colour")
        assert command.make_sdist() == 2
        text = capsys.readouterr().err
        assert len(text.splitlines()) == 3
        for said in ("'nonsense' is not", "--timeout = 'soon'", "--colour: is not an option"):
            assert said in text

    @pytest.mark.usefixtures("no_engine")
    @pytest.mark.parametrize("flag", ["--jobs", "--newest", "--ignore", "--destination", "--repository"])
    def test_does_not_know_the_options_of_the_other_command(self, arguments, capsys, flag):
        arguments(self.URL, "dist", flag, "2")
        assert command.make_sdist() == 2
        assert f"{flag}: is not an option" in capsys.readouterr().err

    @pytest.mark.usefixtures("no_engine")
    def test_does_not_guess_an_option_of_the_other_command(self, arguments, capsys):
        arguments(self.URL, "dist", "--newst", "2")
        assert command.make_sdist() == 2
        assert "--newst: is not an option\n" in capsys.readouterr().err

    @pytest.mark.usefixtures("no_engine")
    @pytest.mark.parametrize(
        ("given", "wrong"),
        [
            (("svn/tags/1.0", "dist"), "arguments: TAG_URL = 'svn/tags/1.0': "),
            ((URL, ""), "arguments: DESTINATION = '': "),
            ((URL, "~nobody-of-this-name/dist"), "options: DESTINATION = '"),
            ((URL, "dist", "--destination", "x"), "command line: --destination: is not an option\n"),
        ],
    )
    def test_names_wrong_arguments_as_its_usage_does(self, arguments, capsys, given, wrong):
        arguments(*given)
        assert command.make_sdist() == 2
        assert wrong in capsys.readouterr().err

    @pytest.mark.usefixtures("no_engine")
    def test_does_not_know_flags_cut_short(self, arguments, capsys):
        arguments(self.URL, "dist", "--time", "5")
        assert command.make_sdist() == 2
        assert "--time: is not an option" in capsys.readouterr().err

    @pytest.mark.usefixtures("no_engine")
    def test_never_repeats_a_password(self, arguments, capsys):
        arguments("https://builder:hunter2@svn.example.com/svn/acme/tags/1.0", "dist")
        assert command.make_sdist() == 2
        assert "hunter2" not in capsys.readouterr().err

    @pytest.mark.parametrize("error", [StoreError("disk full"), RepositoryError("https://x", "no answer")])
    def test_ends_with_the_status_of_an_error(self, arguments, engine, capsys, error):
        arguments(self.URL, "dist")
        engine.error = error
        assert command.make_sdist() == 3
        assert capsys.readouterr().err == f"error: {error}\n"

    @pytest.mark.parametrize("written", [[], ["https://svn.example.com/a/tags/1"]])
    def test_needs_both_arguments(self, arguments, written):
        arguments(*written)
        with pytest.raises(SystemExit, match=r"^2$"):
            command.make_sdist()
