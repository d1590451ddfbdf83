"""What bootstrap.py runs for each of its commands. No command is really run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

import bootstrap

LINT = ["ruff check", "ruff format --check", "lint-imports"]
DOCS = [" ".join(bootstrap.SPELLING), " ".join(bootstrap.SPHINX)]


class Recorder:
    """Takes the place of what runs commands; those in ``failing`` end with status 2."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.failing: set[str] = set()

    def __call__(self, *command: str | Path) -> int:
        self.commands.append(" ".join(map(str, command)))
        return 2 if self.commands[-1].partition(" --numprocesses")[0] in self.failing else 0


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(bootstrap, "tool", recorder)
    monkeypatch.setattr(bootstrap, "tests_compiled_meanwhile", nullcontext)
    monkeypatch.setattr(bootstrap, "INDEX", tmp_path)
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))
    for name in ("make_environment", "install", "install_debian_packages", "make_buildout"):
        monkeypatch.setattr(bootstrap, name, lambda *_: None)
    return recorder


def test_test_runs_all_checks_and_pytest_with_its_arguments(tools: Recorder) -> None:
    assert bootstrap.main(["test", "-k", "name"]) == 0
    *checks, pytest_command = tools.commands
    assert checks == [*LINT, "mypy", *DOCS]
    assert pytest_command == f"pytest {' '.join(bootstrap.PARALLEL)} -k name"


def test_the_tests_are_compiled_while_the_checks_run(tools: Recorder, monkeypatch) -> None:
    @contextmanager
    def compiled() -> Iterator[None]:
        tools.commands.append("begin")
        yield
        tools.commands.append("end")

    monkeypatch.setattr(bootstrap, "tests_compiled_meanwhile", compiled)
    assert bootstrap.main(["test"]) == 0
    begin, *checks, end, _pytest = tools.commands
    assert (begin, checks, end) == ("begin", [*LINT, "mypy", *DOCS], "end")


def test_test_goes_on_after_a_check_that_fails_and_names_it(tools: Recorder, capsys) -> None:
    tools.failing = {"ruff format --check"}
    assert bootstrap.main(["test"]) == 1
    assert len(tools.commands) == 7
    assert capsys.readouterr().out.endswith("what they said: ruff format --check\n")


@pytest.mark.parametrize("failing", [{"pytest"}, {"pytest", "mypy"}])
def test_the_exit_status_of_test_is_that_of_pytest_where_it_fails(tools: Recorder, failing: set[str]) -> None:
    tools.failing = failing
    assert bootstrap.main(["test"]) == 2


def test_unit_runs_the_unit_tests_alone(tools: Recorder) -> None:
    assert bootstrap.main(["unit", "-x"]) == 0
    assert tools.commands == [f"pytest {' '.join(bootstrap.PARALLEL)} tests/unit -x"]


@pytest.mark.parametrize(("command", "expected"), [("lint", LINT), ("types", ["mypy"]), ("docs", DOCS)])
@pytest.mark.parametrize("fails", [False, True])
def test_lint_types_and_docs_run_their_tools(
    tools: Recorder, command: str, expected: list[str], fails: bool
) -> None:
    tools.failing = {expected[0]} if fails else set()
    assert bootstrap.main([command]) == int(fails)
    assert tools.commands == expected


@pytest.mark.parametrize("fails", [False, True])
def test_docs_ends_with_the_file_to_open_if_it_was_built(tools: Recorder, capsys, fails: bool) -> None:
    tools.failing = {DOCS[-1]} if fails else set()
    bootstrap.main(["docs"])
    assert ("index.html" in capsys.readouterr().out) == (not fails)


@pytest.mark.parametrize(
    "arguments", [[], ["-v"], ["install", "sdists"], ["query", "sdists:recipe"], ["sdists:jobs=2"]]
)
def test_other_arguments_are_for_buildout(tools: Recorder, monkeypatch, arguments: list[str]) -> None:
    called: list[tuple] = []
    monkeypatch.setattr(bootstrap, "call", lambda *command: called.append(command) or 3)
    monkeypatch.setattr(bootstrap, "run_quietly", lambda _, command: (called.append(command) or 3, ["why"]))
    assert bootstrap.main(arguments) == 3
    assert called == [(bootstrap.PYTHON, bootstrap.BUILDOUT, *arguments)]
    assert tools.commands == []


@pytest.mark.parametrize(
    ("status", "shown"), [(0, ["sdists: 1 published"]), (1, ["While:", "sdists: 1 published"])]
)
def test_what_buildout_prints_is_held_back_unless_it_fails(
    tools: Recorder, monkeypatch, capsys, status: int, shown: list[str]
) -> None:
    printed = ["While:", "sdists: 1 published"]
    monkeypatch.setattr(bootstrap, "run_quietly", lambda *_: (status, printed))
    assert bootstrap.main([]) == status
    assert capsys.readouterr().out.splitlines() == shown


def test_a_run_ends_with_three_things_to_do(tools: Recorder, monkeypatch, capsys, tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme/index.html").touch()
    monkeypatch.setattr(bootstrap, "run_quietly", lambda *_: (0, []))
    assert bootstrap.main([]) == 0
    last = capsys.readouterr().out.splitlines()[-4:]
    assert last[0] == "What to do next:"
    assert [line.rpartition(" ")[2] for line in last[1:]] == ["serve", "try", "bin/buildout"]


@pytest.mark.parametrize("is_built", [True, False])
def test_try_and_serve_build_the_index_first_where_it_is_missing(
    tools: Recorder, monkeypatch, tmp_path: Path, is_built: bool
) -> None:
    done: list[str] = []
    if is_built:
        (tmp_path / "acme").mkdir()
        (tmp_path / "acme/index.html").touch()
    monkeypatch.setattr(bootstrap, "run_quietly", lambda doing, _: (done.append(doing) or 0, []))
    monkeypatch.setitem(bootstrap.EXAMPLE, "try", lambda _, arguments: done.extend(arguments) or 0)
    assert bootstrap.main(["try", "acme"]) == 0
    assert done == (["acme"] if is_built else ["Running bin/buildout", "acme"])


@pytest.mark.parametrize(
    ("root", "apt_status", "reason"),
    [(None, 0, "bootstrap.py needs apt and root for that"), ((), 100, "apt failed, see above"), ((), 0, "")],
)
def test_debian_packages_that_are_not_installed_are_named(
    monkeypatch, capsys, root, apt_status, reason
) -> None:
    monkeypatch.setattr(bootstrap, "is_installed", lambda package: package != "apache2")
    monkeypatch.setattr(bootstrap, "as_root", lambda: root)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(bootstrap, "call", lambda *_: apt_status)
    bootstrap.install_debian_packages()
    said = capsys.readouterr().out
    assert reason in said
    assert said.partition("tests: ")[2] == ("apt install apache2\n" if reason else "")
    assert bool(said) == bool(reason)


@pytest.mark.parametrize(("typed", "meant"), [("tset", "test"), ("testing", "test"), ("typs", "types")])
def test_a_command_that_nobody_knows_is_refused_before_anything_is_done(
    tools: Recorder, monkeypatch, typed: str, meant: str
) -> None:
    monkeypatch.setattr(bootstrap, "make_environment", lambda: pytest.fail("something was done"))
    with pytest.raises(SystemExit) as ended:
        bootstrap.main([typed])
    assert f"{typed} is no command. Did you mean {meant}? " in str(ended.value)
    assert "python3 bootstrap.py --help" in str(ended.value)


def test_an_argument_that_nobody_knows_is_refused_before_anything_is_done(
    tools: Recorder, monkeypatch
) -> None:
    monkeypatch.setattr(bootstrap, "make_environment", lambda: pytest.fail("something was done"))
    with pytest.raises(SystemExit, match=r"bootstrap.py serve does not know --port"):
        bootstrap.main(["serve", "--port"])


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder in place of the project's, with what an earlier build left."""
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/old-1.0.tar.gz").touch()
    return tmp_path


def test_package_builds_and_then_checks_what_was_built(tools: Recorder, project: Path, monkeypatch) -> None:
    def tool(*command: str) -> int:
        if command[0] == "pyproject-build":
            assert not (project / "dist").exists()
            (project / "dist").mkdir()
            for name in ("a-2.0.tar.gz", "a-2.0-py3-none-any.whl"):
                (project / "dist" / name).touch()
        return tools(*command)

    monkeypatch.setattr(bootstrap, "tool", tool)
    tools.failing = {f"check-wheel-contents {project}/dist/a-2.0-py3-none-any.whl"}
    assert bootstrap.main(["package"]) == 1
    assert [command.partition(" ")[0] for command in tools.commands] == [
        *("pyproject-build", "twine", "check-wheel-contents", "pyroma"),
    ]


def test_package_checks_nothing_if_the_build_fails(tools: Recorder, project: Path) -> None:
    tools.failing = {f"{' '.join(bootstrap.BUILD)} {project}/dist ."}
    assert bootstrap.main(["package"]) == 2
    assert len(tools.commands) == 1


def test_a_command_like_no_other_is_answered_with_all_commands(tools: Recorder) -> None:
    said = r"xyz is no command. The commands are test, unit, lint, types, docs, package, and"
    with pytest.raises(SystemExit, match=said):
        bootstrap.main(["xyz"])


def test_the_file_that_says_which_python_is_needed_has_nothing_that_python_2_cannot_parse() -> None:
    tree = ast.parse((Path(__file__).parents[2] / "bootstrap.py").read_text("utf-8"))
    kinds = {type(node).__name__ for node in ast.walk(tree)}
    assert not kinds & {"JoinedStr", "FunctionDef", "AnnAssign", "NamedExpr", "Starred", "Match"}


def test_the_readme_names_the_packages_that_tests_need():
    readme = (Path(__file__).parents[2] / "README.rst").read_text("utf-8")
    assert [package for package in bootstrap.DEBIAN_PACKAGES if f"``{package}``" not in readme] == []
