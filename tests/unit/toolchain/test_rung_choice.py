"""Which rungs come after a failure that has to do with version control, or with a module that is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.model import BuildJob, BuildSettings
from sdistmaker_recipe.toolchain import rung_choice
from sdistmaker_recipe.toolchain.build_system import LEGACY_SYSTEM, BuildSystem
from sdistmaker_recipe.toolchain.exported_tag import ExportedTag, list_files
from sdistmaker_recipe.toolchain.git_repository import NoRepositoryError
from sdistmaker_recipe.toolchain.ladder import DECLARED, Interpreter, Rung, taking_version, with_git
from sdistmaker_recipe.toolchain.rung_choice import (
    FailedRung,
    cure_for_failure,
    first_rungs,
    main_failure,
    remaining_rungs,
)
from sdistmaker_recipe.toolchain.sdist_checks import VersionControlError
from tests.unit.values import a_tag

PYTHON = Interpreter("/python3.11", (3, 11))
DECLARED_RUNG = Rung(DECLARED, PYTHON)
GIT_RUNG = with_git(DECLARED_RUNG)
TAG = a_tag("2.0")
DESCRIBES = "from subprocess import check_output\nversion = check_output(['git', 'describe'])\n"


@pytest.fixture(autouse=True)
def one_python(monkeypatch):
    monkeypatch.setattr(rung_choice, "default_interpreter", lambda settings: PYTHON)
    monkeypatch.setattr(rung_choice, "find_interpreter", lambda *arguments: PYTHON)
    monkeypatch.setattr(rung_choice, "find_interpreters", lambda *arguments: (PYTHON,))


def job(**changes) -> BuildJob:
    folder = Path("/nowhere")
    settings = BuildSettings(folder, folder, folder, 60, **changes.pop("settings", {}))
    return BuildJob(TAG, "file:///repository", "auto", "1", settings, **changes)


def exported(folder: Path, setup_py: str, system: BuildSystem = LEGACY_SYSTEM) -> ExportedTag:
    (folder / "setup.py").write_text(setup_py, "utf-8")
    return ExportedTag(folder, list_files(folder), system)


def version_error(version: str, *, has_git: bool = False) -> VersionControlError:
    return VersionControlError(version, TAG, "", has_git=has_git)


def after(tag: ExportedTag, *failures: tuple[Rung, BuildError], **changes) -> tuple[Rung, ...]:
    return remaining_rungs([FailedRung(*failure) for failure in failures], (), tag, job(**changes))


class TestGit:
    def test_is_not_there_at_first(self, tmp_path):
        assert first_rungs(exported(tmp_path, DESCRIBES), job()) == (DECLARED_RUNG,)

    def test_is_there_at_first_for_a_backend_that_never_builds_without(self, tmp_path):
        tag = exported(tmp_path, "", BuildSystem(("meson-python",), "mesonpy"))
        assert first_rungs(tag, job()) == (GIT_RUNG,)
        assert first_rungs(tag, job(pin=("3.11",)))[0].has_git

    def test_is_there_after_a_version_that_is_not_the_tags(self, tmp_path):
        found = after(exported(tmp_path, DESCRIBES), (DECLARED_RUNG, version_error("0.0.1")))
        assert found[0] == GIT_RUNG

    @pytest.mark.parametrize(
        "reason",
        [
            "CalledProcessError: Command '['git', 'describe']' returned non-zero exit status 128.",
            "InvalidVersion: Invalid version: 'unknown'",
            "FileNotFoundError: [Errno 2] No such file or directory: 'PKG-INFO'",
            "LookupError: unable to detect version",
        ],
    )
    def test_is_there_after_a_failure_that_may_come_from_it(self, tmp_path, reason):
        found = after(exported(tmp_path, DESCRIBES), (DECLARED_RUNG, BuildError(reason)))
        assert found[0] == GIT_RUNG

    @pytest.mark.parametrize(
        "reason",
        [
            "ModuleNotFoundError: No module named 'setuptools.command.upload'",
            "SyntaxError: Missing parentheses in call to 'print'",
            "The build requirements cannot be installed: no such thing",
        ],
    )
    def test_is_no_cure_for_other_failures(self, tmp_path, reason):
        found = after(exported(tmp_path, DESCRIBES), (DECLARED_RUNG, BuildError(reason)))
        assert GIT_RUNG not in found

    def test_is_no_cure_if_nothing_asks_it(self, tmp_path):
        found = after(exported(tmp_path, ""), (DECLARED_RUNG, BuildError("LookupError: no version")))
        assert GIT_RUNG not in found

    def test_is_tried_for_what_build_requires_installs(self, tmp_path):
        requires = ("katversion",)
        rung = DECLARED_RUNG._replace(requirements=requires)
        found = after(exported(tmp_path, ""), (rung, version_error("0.0")), requires=requires)
        assert found[0] == with_git(rung)

    def test_is_tried_once(self, tmp_path):
        first = (DECLARED_RUNG, version_error("0.0.1"))
        second = (GIT_RUNG, version_error("0.0.2", has_git=True))
        assert after(exported(tmp_path, DESCRIBES), first, second) == ()

    def test_leaves_the_ladder_to_other_failures(self, tmp_path):
        reason = BuildError("InvalidVersion: Invalid version: '1.0-final'")
        found = after(exported(tmp_path, DESCRIBES), (DECLARED_RUNG, reason), (GIT_RUNG, reason))
        assert found[0].name == "setuptools 65.7"


class TestVersionThatGitDoesNotChange:
    def test_is_the_projects_own(self, tmp_path):
        first = (DECLARED_RUNG, version_error("1.9"))
        second = (GIT_RUNG, version_error("1.9", has_git=True))
        assert after(exported(tmp_path, DESCRIBES), first, second)[0] == taking_version(DECLARED_RUNG)

    @pytest.mark.parametrize("version", ["0.0.0", "0.0.1", "0.0", "0.0.0.dev0", "unknown", "0+unknown"])
    def test_is_refused_if_tools_write_it(self, tmp_path, version):
        first = (DECLARED_RUNG, version_error(version))
        second = (GIT_RUNG, version_error(version, has_git=True))
        assert after(exported(tmp_path, f"{DESCRIBES}# {version}"), first, second) == ()

    def test_is_refused_if_another_program_may_give_it(self, tmp_path):
        first = (DECLARED_RUNG, version_error("1.9.dev0"))
        second = (GIT_RUNG, version_error("1.9.dev0", has_git=True))
        assert after(exported(tmp_path, f"{DESCRIBES}\nos.popen('svnversion')"), first, second) == ()

    @pytest.mark.parametrize(("stated", "count"), [("version = '1.9'", 1), ("", 0)])
    def test_counts_if_git_is_missing_and_a_file_states_it(self, tmp_path, stated, count):
        first = (DECLARED_RUNG, version_error("1.9"))
        second = (GIT_RUNG, NoRepositoryError("the program git is not installed"))
        found = after(exported(tmp_path, f"{DESCRIBES}{stated}"), first, second)
        assert found.count(taking_version(DECLARED_RUNG)) == count

    def test_is_refused_if_git_gave_the_tags_version(self, tmp_path):
        first = (DECLARED_RUNG, version_error("1.9"))
        second = (GIT_RUNG, BuildError("The archive builds again as asks 1.9 instead of asks 2.0."))
        found = after(exported(tmp_path, f"{DESCRIBES}fallback = '1.9'"), first, second)
        assert taking_version(DECLARED_RUNG) not in found


class TestMissingModule:
    NUMPY = BuildError("ModuleNotFoundError: No module named 'numpy'")

    def test_is_installed_if_it_is_a_common_one(self, tmp_path):
        found = after(exported(tmp_path, ""), (DECLARED_RUNG, self.NUMPY))
        assert found[0].requirements == ("numpy<2",)

    def test_is_not_if_its_name_is_private_or_that_of_the_project(self, tmp_path):
        settings = {"private_names": frozenset({"numpy"})}
        found = after(exported(tmp_path, ""), (DECLARED_RUNG, self.NUMPY), settings=settings)
        assert not any(rung.requirements for rung in found)

    def test_is_installed_in_addition_to_build_requires(self, tmp_path):
        rung = DECLARED_RUNG._replace(requirements=("six",))
        found = after(exported(tmp_path, ""), (rung, self.NUMPY), requires=("six",))
        assert found[0].requirements == ("six", "numpy<2")
        assert all(rung.requirements[:1] == ("six",) for rung in found)

    def test_is_installed_three_times_at_most(self, tmp_path):
        rungs = [DECLARED_RUNG]
        failures = []
        for module in ("six", "yaml", "requests", "numpy"):
            failures.append((rungs[-1], BuildError(f"ModuleNotFoundError: No module named '{module}'")))
            found = after(exported(tmp_path, ""), *failures)
            rungs.append(found[0])
        assert [len(rung.requirements) for rung in rungs[:4]] == [0, 1, 2, 3]
        assert rungs[4].requirements == ()

    def test_names_the_option_and_the_line(self):
        failure = FailedRung(DECLARED_RUNG, self.NUMPY)
        assert cure_for_failure(failure, frozenset(), job()) == (
            f". The tag does not declare it. To install it, set build-requires = {TAG.project} numpy<2."
        )

    def test_of_a_version_that_setuptools_refuses_is_to_state_another(self):
        failure = FailedRung(DECLARED_RUNG, BuildError("InvalidVersion: Invalid version: 'unknown'"))
        assert cure_for_failure(failure, frozenset(), job()) == (
            ". PEP 440 does not know it. "
            "State the version in setup.py, setup.cfg or pyproject.toml in a new tag."
        )

    def test_names_an_older_version_if_the_installed_one_does_not_have_it(self):
        failure = FailedRung(
            DECLARED_RUNG, BuildError("ModuleNotFoundError: No module named 'flit_core.old'")
        )
        assert cure_for_failure(failure, frozenset(), job()).endswith(
            f"set build-requires = {TAG.project} flit_core<VERSION."
        )

    def test_of_the_tag_itself_needs_no_option(self):
        failure = FailedRung(DECLARED_RUNG, self.NUMPY)
        assert cure_for_failure(failure, frozenset({"numpy/__init__.py"}), job()) == ""


class TestMainFailure:
    def test_is_the_first(self):
        failures = [
            FailedRung(Rung(name, PYTHON), BuildError(name)) for name in ("declared", "setuptools 81")
        ]
        assert main_failure(failures) == failures[0]

    def test_is_that_with_what_the_first_one_had_lacked(self):
        more = DECLARED_RUNG._replace(name="declared with six", requirements=("six",))
        failures = [FailedRung(rung, BuildError("")) for rung in (DECLARED_RUNG, more, with_git(more))]
        assert main_failure(failures) == failures[2]

    def test_is_the_first_if_that_cannot_be_installed(self):
        more = DECLARED_RUNG._replace(name="declared with six", requirements=("six",))
        wrong = BuildError("The build requirements cannot be installed: no network")
        failures = [FailedRung(DECLARED_RUNG, BuildError("")), FailedRung(more, wrong)]
        assert main_failure(failures) == failures[0]
