"""Hooks of build backends, run by a real interpreter on backends that are in the tree."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain import hooks
from sdistmaker_recipe.toolchain.build_context import BuildContext
from sdistmaker_recipe.toolchain.build_system import BuildSystem, read_build_system
from sdistmaker_recipe.toolchain.environments import BuildEnvironment
from sdistmaker_recipe.toolchain.hooks import build_sdist, get_requires_for_build_sdist
from sdistmaker_recipe.toolchain.isolation.deadline import Deadline

SAMPLE = Path(__file__).parents[2] / "samples" / "in_tree_backend"
SYSTEM = BuildSystem((), "backend", ("tools",))

WRITES = """
import pathlib
def build_sdist(directory, config_settings=None):
    pathlib.Path(directory, "acme-1.0.tar.gz").write_bytes(b"archive")
    return "acme-1.0.tar.gz"
"""


class Bench:
    """A source tree with a backend in its folder tools, and all that is needed to call that."""

    def __init__(self, folder: Path, environment: BuildEnvironment) -> None:
        self.environment = environment
        self.tree = folder / "tree"
        (self.tree / "tools").mkdir(parents=True)
        self.context = self.make_context(30)

    def make_context(self, timeout: float) -> BuildContext:
        scratch = self.tree.parent / f"scratch-{timeout:g}"
        scratch.mkdir()
        return BuildContext(self.tree, scratch, Deadline(timeout), {"SOURCE_DATE_EPOCH": "1330837567"})

    def backend(self, code: str) -> None:
        (self.tree / "tools/backend.py").write_text(code)

    def requirements(self, code: str, system: BuildSystem = SYSTEM) -> tuple[str, ...]:
        """What a hook with this body returns."""
        lines = "".join(f"    {line}\n" for line in code.splitlines())
        self.backend(f"import os, sys\ndef get_requires_for_build_sdist(config_settings=None):\n{lines}")
        return get_requires_for_build_sdist(system, self.environment, self.context)

    def build(self, code: str = WRITES, system: BuildSystem = SYSTEM) -> Path:
        self.backend(code)
        return build_sdist(system, self.environment, self.context).archive


def empty_environment(folder: Path) -> BuildEnvironment:
    """An environment with nothing installed."""
    (folder / "bin").mkdir()
    (folder / "bin/python").symlink_to(sys.executable)
    return BuildEnvironment(folder, ())


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """One for all, as builds share theirs."""
    return empty_environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture
def bench(tmp_path, environment):
    return Bench(tmp_path, environment)


def reason(call, *arguments: object) -> str:
    with pytest.raises(BuildError) as caught:
        call(*arguments)
    return caught.value.reason


class TestBuildSdist:
    def test_gives_the_archive_of_a_backend_in_the_tree(self, bench, tmp_path):
        system = read_build_system(SAMPLE)
        scratch = tmp_path / "sample"
        scratch.mkdir()
        context = BuildContext(SAMPLE, scratch, Deadline(30), {})
        assert get_requires_for_build_sdist(system, bench.environment, context) == ()
        archive = build_sdist(system, bench.environment, context).archive
        assert archive == scratch / "dist/in_tree-0.1.tar.gz"
        assert archive.read_bytes()[:2] == b"\x1f\x8b"

    def test_takes_the_archive_that_is_there_whatever_the_hook_returned(self, bench):
        code = WRITES.replace('return "acme-1.0.tar.gz"', 'return "/etc/passwd"')
        assert bench.build(code) == bench.context.scratch / "dist/acme-1.0.tar.gz"

    def test_calls_an_attribute_of_a_module(self, bench):
        code = "class make:\n    class one:\n" + "".join(f"        {line}\n" for line in WRITES.splitlines())
        code = code.replace("def build_sdist(", "@staticmethod\n        def build_sdist(")
        code = code.replace("        import pathlib\n", "").replace(
            "class make", "import pathlib\nclass make", 1
        )
        assert bench.build(code, BuildSystem((), "backend:make.one", ("tools",))).name == "acme-1.0.tar.gz"

    @pytest.mark.parametrize(
        ("body", "found"),
        [
            ("pass", 0),
            ("pathlib.Path(directory, 'acme-1.0.zip').touch()", 0),
            ("pathlib.Path(directory, 'acme-1.0.tar.gz').symlink_to('/etc/passwd')", 0),
            ("pathlib.Path(directory, 'acme-1.0.tar.gz').mkdir()", 0),
            ("[pathlib.Path(directory, n + '.tar.gz').touch() for n in 'ab']", 2),
        ],
        ids=["nothing", "zip", "symlink", "folder", "two"],
    )
    def test_wants_exactly_one_archive(self, bench, body, found):
        code = f"import pathlib\ndef build_sdist(directory, config_settings=None):\n    {body}\n"
        assert reason(bench.build, code) == f"The build wrote {found} .tar.gz files instead of one."

    def test_says_what_is_missing_of_a_backend_without_the_hook(self, bench):
        assert "build_sdist" in reason(bench.build, "")


class TestExtraRequirements:
    def test_are_what_the_hook_returns(self, bench):
        assert bench.requirements("return ['setuptools-scm>=8', 'wheel']") == ("setuptools-scm>=8", "wheel")

    def test_are_none_where_the_backend_has_no_such_hook(self, bench):
        bench.backend(WRITES)
        assert get_requires_for_build_sdist(SYSTEM, bench.environment, bench.context) == ()

    @pytest.mark.parametrize("returned", ["[]", "None"])
    def test_may_be_none(self, bench, returned):
        assert bench.requirements(f"return {returned}") == ()

    @pytest.mark.parametrize("returned", ["'wheel'", "[1]", "object()"])
    def test_must_be_a_list_of_strings(self, bench, returned):
        assert reason(bench.requirements, f"return {returned}").endswith("are not a list of strings.")

    @pytest.mark.parametrize("option", ["--target=/srv", "-r/etc/passwd"])
    def test_must_be_requirements_not_options_for_the_program_that_installs_them(self, bench, option):
        assert option in reason(bench.requirements, f"return ['wheel', {option!r}]")


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What a hook sees of the world it runs in, and the bench that it ran on."""
    environment = empty_environment(tmp_path_factory.mktemp("environment"))
    bench = Bench(tmp_path_factory.mktemp("bench"), environment)
    world = (
        "{'environment': dict(os.environ), 'folder': os.getcwd(), 'path': sys.path, 'arguments': sys.argv}"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SVN_PASSWORD", "hunter2")
        patch.setenv("PYTHONPATH", "/elsewhere")
        (answer,) = bench.requirements(f"import json\nreturn [json.dumps({world})]")
    return json.loads(answer), bench


class TestSurroundings:
    def test_are_a_clean_environment(self, seen):
        names = seen[0]["environment"].keys()
        ours = {"HOME", "LANG", "LC_ALL", "PATH", "SOURCE_DATE_EPOCH", "TMPDIR", "TZ", "VIRTUAL_ENV"}
        pythons = {"PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "PYTHONUNBUFFERED"}
        git = {"GIT_CEILING_DIRECTORIES", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_OPTIONAL_LOCKS"}
        shells = {"LOGNAME", "PWD", "USER"}
        assert ours | git | shells <= names <= ours | git | shells | pythons

    def test_do_not_depend_on_who_builds(self, seen):
        environment = seen[0]["environment"]
        assert environment["USER"] == environment["LOGNAME"] == "nobody"
        assert environment["PWD"] == seen[0]["folder"]

    def test_have_a_home_and_a_temporary_folder_in_scratch(self, seen):
        found, bench = seen
        for name in ("HOME", "TMPDIR"):
            folder = Path(found["environment"][name])
            assert folder.is_dir()
            assert bench.context.scratch in folder.parents

    def test_have_the_programs_of_the_environment_first(self, seen):
        found, bench = seen
        assert found["environment"]["PATH"].split(":")[0] == str(bench.environment.folder / "bin")

    def test_have_the_epoch_of_the_tag(self, seen):
        assert seen[0]["environment"]["SOURCE_DATE_EPOCH"] == "1330837567"

    def test_are_the_tree_as_current_folder(self, seen):
        found, bench = seen
        assert found["folder"] == str(bench.tree.resolve())

    def test_hide_the_arguments_of_the_runner(self, seen):
        assert len(seen[0]["arguments"]) == 1

    def test_have_the_backend_path_first_but_neither_tree_nor_runner(self, seen):
        found, bench = seen
        assert found["path"][0] == str((bench.tree / "tools").resolve())
        assert {"", str(bench.tree.resolve())}.isdisjoint(found["path"])
        assert str(Path(hooks.__file__).parent) not in found["path"]

    def test_have_the_tree_on_the_path_where_backend_path_says_so(self, bench):
        (bench.tree / "at_root.py").touch()
        body = "import at_root\nreturn ['ok']"
        assert "at_root" in reason(bench.requirements, body)
        assert bench.requirements(body, BuildSystem((), "backend", ("tools", "."))) == ("ok",)

    def test_take_what_is_printed_into_the_log_in_the_order_of_time(self, bench):
        bench.requirements("print('one')\nprint('two', file=sys.stderr)\nos.system('echo three')\nreturn []")
        assert bench.context.log.read_text() == "one\ntwo\nthree\n"


class TestFailures:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("raise ValueError('no version\\n  in setup.py')", "ValueError: no version in setup.py"),
            ("raise KeyError", "The build ended with KeyError."),
            ("sys.exit('error: no such file')", "SystemExit: error: no such file"),
            ("print('no pg_config here'); sys.exit(1)", "The build gave up: no pg_config here"),
            ("sys.exit(1)", "SystemExit: 1"),
            ("raise KeyboardInterrupt", "The build ended with KeyboardInterrupt."),
            ("os._exit(5)", "The build ended with exit status 5 and no result."),
            ("os._exit(0)", "The build ended with exit status 0 and no result."),
            ("os.kill(os.getpid(), 9)", "The build was ended by signal 9."),
        ],
    )
    def test_have_a_reason_of_one_sentence(self, bench, body, expected):
        assert reason(bench.requirements, body) == expected

    def test_of_a_backend_that_is_not_there_name_it(self, bench):
        bench.backend("")
        system = BuildSystem((), "no_such_backend", ("tools",))
        found = reason(get_requires_for_build_sdist, system, bench.environment, bench.context)
        assert found == "ModuleNotFoundError: No module named 'no_such_backend'"

    def test_of_a_backend_that_is_no_python_name_the_error(self, bench):
        assert reason(bench.build, "print 'hello'\n").startswith("SyntaxError: ")

    def test_have_everything_that_was_printed_as_their_log(self, bench):
        with pytest.raises(BuildError) as caught:
            bench.requirements("print('before')\nraise ValueError('no')")
        assert "before\n" in caught.value.log
        assert "Traceback (most recent call last)" in caught.value.log

    def test_of_the_count_of_archives_have_the_log_too(self, bench):
        with pytest.raises(BuildError) as caught:
            bench.build("def build_sdist(directory, config_settings=None):\n    print('nothing to do')\n")
        assert caught.value.log == "nothing to do\n"

    def test_of_text_that_no_encoding_knows_are_still_told(self, bench):
        assert reason(bench.requirements, "raise ValueError('\\udcff')").startswith("ValueError: ")

    def test_are_lasting(self, bench):
        with pytest.raises(BuildError) as caught:
            bench.requirements("raise ValueError")
        assert caught.value.is_permanent

    @pytest.mark.parametrize(
        "body",
        [
            "raise OSError(28, os.strerror(28), 'acme.egg-info')",
            "sys.exit('error: could not write to \\'x\\': No space left on device')",
            "raise BlockingIOError(11, os.strerror(11))",
            "raise OSError(12, os.strerror(12))",
        ],
    )
    def test_of_what_the_machine_lacked_for_a_moment_are_not(self, bench, body):
        with pytest.raises(BuildError) as caught:
            bench.requirements(f"print('No space left on device')\n{body}")
        assert not caught.value.is_permanent

    @pytest.mark.parametrize(
        ("body", "is_permanent"),
        [
            ("os.kill(os.getpid(), 11)", True),
            ("os.abort()", True),
            ("os._exit(5)", True),
            ("os.kill(os.getpid(), 9)", False),
            # Where the disk is full the result is as empty.
            ("os._exit(1)", False),
            ("os._exit(0)", False),
        ],
    )
    def test_without_a_word_are_lasting_where_it_was_no_lack_of_anything(self, bench, body, is_permanent):
        with pytest.raises(BuildError) as caught:
            bench.requirements(body)
        assert caught.value.is_permanent == is_permanent

    def test_are_lasting_where_only_the_log_speaks_of_such(self, bench):
        with pytest.raises(BuildError) as caught:
            bench.requirements("print('No space left on device')\nraise ValueError('other')")
        assert caught.value.is_permanent

    @pytest.mark.parametrize("forged", ["'[' * 100_000", "'{\"returned\": [' + '[],' * (4 << 20) + '[]]}'"])
    def test_of_a_result_that_a_tag_wrote_to_take_memory_are_no_success(self, bench, forged):
        result = bench.context.scratch / "get_requires_for_build_sdist.json"
        body = f"open({str(result)!r}, 'w').write({forged})\nos._exit(0)"
        assert reason(bench.requirements, body) == "The build ended with exit status 0 and no result."

    def test_of_a_result_that_is_no_json_are_no_success(self, bench):
        assert "no result" in reason(bench.requirements, "return [{(1, 2): 3}]")

    def test_of_time_name_the_limit_that_was_set(self, bench):
        bench.context = bench.make_context(0.4)
        assert (
            reason(bench.requirements, "import time; time.sleep(60)")
            == "The build took longer than 0.4 seconds. Allow more time with the option timeout."
        )

    def test_of_time_have_what_was_printed_before_as_their_log(self, bench):
        # A busy machine takes a while to get there.
        bench.context = bench.make_context(3)
        with pytest.raises(BuildError) as caught:
            bench.requirements("import time; print('step 1'); time.sleep(60)")
        assert caught.value.log == "step 1\n"

    def test_of_time_count_all_hooks_of_a_tag_together(self, bench):
        bench.context = bench.make_context(0.1)
        time.sleep(0.15)
        assert reason(bench.build) == (
            "The build took longer than 0.1 seconds. Allow more time with the option timeout."
        )
