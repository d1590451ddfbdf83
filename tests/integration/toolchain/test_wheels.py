"""Wheels beside source distributions, built by the stage ``build`` with real toolchains."""

from __future__ import annotations

import os
import shutil
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sdistmaker_recipe.errors import ToolchainError
from sdistmaker_recipe.model import Built, BuiltWheel, NoWheel, WheelJob
from sdistmaker_recipe.stages.build import build_published
from sdistmaker_recipe.toolchain.interpreters import find_interpreter
from tests.support.builds import Builder
from tests.support.history import History, tree

SAMPLES = Path(__file__).parents[2] / "samples" / "tags"
PLAIN = {
    "setup.py": """\
from setuptools import setup
setup(name='Plain.Wheel', version='1.0', packages=['plain'], package_data={'plain': ['*.txt']},
      scripts=['bin/plain'], install_requires=['z', 'a'])
""",
    "README.txt": "",
    "bin/plain": "#!/usr/bin/python\n",
    "plain/__init__.py": "",
    "plain/words.txt": "ä\n",
}
FLIT = {
    "pyproject.toml": '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n'
    '[project]\nname = "by-it"\nversion = "1.0"\ndescription = "d"\n',
    "by_it.py": "",
}
HATCHLING = {
    "pyproject.toml": '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    '[project]\nname = "by-it"\nversion = "1.0"\n',
    "by_it.py": "",
}
POETRY = {
    "pyproject.toml": '[build-system]\nrequires = ["poetry-core"]\n'
    'build-backend = "poetry.core.masonry.api"\n'
    '[tool.poetry]\nname = "by-it"\nversion = "1.0"\ndescription = "d"\nauthors = []\n',
    "by_it.py": "",
}
PDM = {
    "pyproject.toml": '[build-system]\nrequires = ["pdm-backend"]\nbuild-backend = "pdm.backend"\n'
    '[project]\nname = "by-it"\nversion = "1.0"\n',
    "by_it.py": "",
}
EXTENSION = """\
from setuptools import setup, Extension
setup(name='compiled', version='1.0', ext_modules=[Extension('compiled', ['compiled.c'])])
"""


@pytest.fixture
def builder(tmp_path: Path, cache: Path) -> Builder:
    """Builds tags of the repository ``builder.history``."""
    return Builder(History(tmp_path / "repository"), tmp_path / "builds", cache / "environments")


def build(builder: Builder, files: Mapping[str, Any], version: str = "1.0", **job: Any) -> Built:
    """The outcome of a tag with these files."""
    builder.history.add_tag("project", version, files)
    return build_again(builder, version, **job)


def build_again(builder: Builder, version: str = "1.0", **job: Any) -> Built:
    built = builder.build("project", version, wheels="pure", **job)
    assert isinstance(built, Built), built
    assert Path(built.archive).exists()
    # Nothing of either build stays.
    assert [path for path in builder.folder.glob("scratch/*/*") if "-shm" not in str(path)] == []
    return built


def wheel_of(built: Built) -> BuiltWheel:
    assert isinstance(built.wheel, BuiltWheel), built.wheel
    return built.wheel


def no_wheel_of(built: Built) -> NoWheel:
    assert isinstance(built.wheel, NoWheel), built.wheel
    return built.wheel


def names(wheel: BuiltWheel) -> list[str]:
    with zipfile.ZipFile(wheel.archive) as archive:
        return archive.namelist()


class TestWarnings:
    def test_a_release_that_no_client_builds_says_which_tools_it_needs(self, builder: Builder) -> None:
        files = {"setup.py": f"import pkg_resources\n{EXTENSION}", "compiled.c": "int main;"}
        built = build(builder, files)
        assert built.toolchain == "setuptools 81"
        (warning,) = built.warnings
        assert "setuptools==81.* in the option --build-constraint of pip or uv" in warning

    def test_a_requirement_that_clients_refuse_is_named(self, builder: Builder) -> None:
        files = {
            "setup.py": "from setuptools import setup\n"
            "setup(name='wants', version='1.0', py_modules=['wants'], extras_require={'x': ['six>=1.*']})\n",
            "wants.py": "",
        }
        built = build(builder, files)
        assert no_wheel_of(built).is_failure
        requirement, toolchain = built.warnings
        assert requirement.startswith(
            "pip 24.1 and newer do not install this release, for it requires 'six>=1.*'"
        )
        assert "setuptools==65.7.* in the option" in toolchain


class TestBuild:
    def test_a_wheel_is_built_from_the_sdist(self, builder: Builder) -> None:
        wheel = wheel_of(build(builder, PLAIN))
        assert wheel.filename == "plain_wheel-1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel.archive) as archive:
            assert archive.namelist() == [
                "plain/__init__.py",
                "plain/words.txt",
                "plain_wheel-1.0.data/scripts/plain",
                "plain_wheel-1.0.dist-info/METADATA",
                "plain_wheel-1.0.dist-info/WHEEL",
                "plain_wheel-1.0.dist-info/top_level.txt",
                "plain_wheel-1.0.dist-info/RECORD",
            ]
            assert archive.read("plain_wheel-1.0.data/scripts/plain") == b"#!python\n"
            assert archive.read("plain_wheel-1.0.dist-info/METADATA") == wheel.metadata
            assert archive.testzip() is None

    def test_none_is_built_unless_it_is_asked_for(self, builder: Builder) -> None:
        builder.history.add_tag("project", "1.0", PLAIN)
        assert builder.build("project", "1.0").wheel is None

    def test_it_gets_what_a_client_gets_and_nothing_from_the_repository(self, builder: Builder) -> None:
        setup = (
            "import os\nfrom setuptools import setup\n"
            "secret = sorted(n for n in os.environ if 'VERSION' in n or 'SDISTMAKER' in n)\n"
            "if os.path.exists('PKG-INFO') and secret: raise SystemExit(str(secret))\n"
            "setup(name='p', version='1.0', py_modules=['p'])\n"
        )
        built = build(builder, {"setup.py": setup, "p.py": ""})
        assert not getattr(built.wheel, "is_failure", False), built.wheel

    @pytest.mark.parametrize(
        "files", [FLIT, HATCHLING, POETRY, PDM], ids=["flit", "hatchling", "poetry", "pdm"]
    )
    def test_other_backends_build_it_too(self, builder: Builder, files: dict[str, str]) -> None:
        wheel = wheel_of(build(builder, files))
        assert wheel.filename == "by_it-1.0-py3-none-any.whl"
        assert "by_it.py" in names(wheel)

    @pytest.mark.parametrize(
        ("sample", "version", "toolchain"),
        [
            ("backend-in-tree", "7.0", "declared"),
            ("upload-command", "1.0", "setuptools 71.1"),
            ("convert-path", "1.0", "setuptools 65.7"),
            ("use-2to3", "1.0", "setuptools 57.5"),
            ("feature", "1.0", "setuptools 45.3"),
        ],
    )
    def test_the_toolchain_of_the_sdist_builds_it(
        self, builder: Builder, sample: str, version: str, toolchain: str
    ) -> None:
        built = build(builder, tree(SAMPLES / sample), version)
        assert built.toolchain == toolchain
        assert wheel_of(built).filename.endswith("-py3-none-any.whl")

    def test_python_2_builds_it_for_python_2(self, builder: Builder) -> None:
        _need_python_2()
        built = build(builder, tree(SAMPLES / "python-2"), "0.5")
        assert built.python == "python2.7"
        assert wheel_of(built).filename == "python_2-0.5-py2-none-any.whl"

    @pytest.mark.parametrize("sandbox", ["auto", "none"])
    def test_the_sandbox_makes_no_difference(self, builder: Builder, sandbox: str) -> None:
        assert wheel_of(build(builder, PLAIN, sandbox=sandbox)).size > 0


def _need_python_2() -> None:
    try:
        find_interpreter("2.7", tuple(os.environ.items()))
    except ToolchainError:
        pytest.skip("no Python 2.7 here")


class TestNone:
    def test_of_compiled_parts_which_are_not_compiled(self, builder: Builder) -> None:
        built = build(builder, {"setup.py": EXTENSION, "compiled.c": "no C at all"})
        none = no_wheel_of(built)
        assert (none.reason, none.is_failure) == ("It has parts that are compiled for one platform.", False)

    def test_of_compiled_parts_without_which_setup_py_would_go_on(self, builder: Builder) -> None:
        setup = EXTENSION.replace("setup(", "try:\n    setup(").rstrip()
        setup += "\nexcept Exception:\n    setup(name='compiled', version='1.0')\n"
        built = build(builder, {"setup.py": setup, "compiled.c": "no C at all"})
        assert no_wheel_of(built).reason == "It has parts that are compiled for one platform."

    def test_of_compiled_parts_with_python_2(self, builder: Builder) -> None:
        _need_python_2()
        setup = f"print 'two'\n{EXTENSION}"
        built = build(builder, {"setup.py": setup, "compiled.c": "no C at all"})
        assert no_wheel_of(built).reason == "It has parts that are compiled for one platform."

    def test_of_a_version_that_pep_440_does_not_know(self, builder: Builder) -> None:
        none = no_wheel_of(build(builder, tree(SAMPLES / "odd-version"), "1.0-final-fix"))
        assert (none.is_failure, "PEP 440 does not know the version" in none.reason) == (False, True)

    def test_of_a_tag_that_no_toolchain_builds(self, builder: Builder) -> None:
        settings = builder.settings(wheels="pure", unbuildable="archive", pythons=(shutil.which("python3"),))
        built = build(builder, {"setup.py": "raise RuntimeError"}, settings=settings)
        assert no_wheel_of(built).reason == "No toolchain builds the tag, so none builds a wheel."


class TestSameBytes:
    def test_from_another_folder_umask_and_time_zone(
        self, builder: Builder, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = wheel_of(build(builder, PLAIN))
        again = wheel_of(build_again(builder))
        elsewhere = Builder(builder.history, tmp_path / "far" / "ünd dort", cache / "environments")
        monkeypatch.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        before = os.umask(0o077)
        try:
            third = wheel_of(build_again(elsewhere))
        finally:
            os.umask(before)
            monkeypatch.delenv("TZ")
            time.tzset()
        assert first.sha256 == again.sha256 == third.sha256
        assert first.filename == again.filename == third.filename

    def test_for_an_sdist_that_is_published_already(self, builder: Builder) -> None:
        built = build(builder, PLAIN)
        settings = builder.settings(wheels="pure")
        filename = "plain_wheel-1.0.tar.gz"
        job = WheelJob("plain-wheel", filename, Path(built.archive), settings, toolchain=built.toolchain)
        for each in (job, job._replace(toolchain="")):
            outcome = build_published(each)
            assert (outcome.project, outcome.filename) == ("plain-wheel", filename)
            assert isinstance(outcome.wheel, BuiltWheel), outcome.wheel
            assert outcome.wheel.sha256 == wheel_of(built).sha256
        assert Path(built.archive).stat().st_size == built.size


class TestPublished:
    @pytest.mark.parametrize("toolchain", ["setuptools 45.3", ""])
    def test_is_built_by_its_toolchain_or_by_the_ladder(self, builder: Builder, toolchain: str) -> None:
        built = build(builder, tree(SAMPLES / "feature"))
        settings = builder.settings(wheels="pure")
        job = WheelJob("feature", "feature-1.0.tar.gz", Path(built.archive), settings, toolchain)
        outcome = build_published(job)
        assert isinstance(outcome.wheel, BuiltWheel), outcome.wheel
        assert outcome.wheel.sha256 == wheel_of(built).sha256

    @pytest.mark.parametrize(
        ("filename", "toolchain", "reason"),
        [
            ("p-1.0.zip", "", "Wheels are built from source distributions in .tar.gz files only."),
            ("p-1.0.tar.gz", "files only", "No toolchain builds the tag, so none builds a wheel."),
            ("p-1.0_x.tar.gz", "", "PEP 440 does not know the version 1.0_x, and no wheel can have such a"),
        ],
    )
    def test_has_none_though_nothing_failed(
        self, builder: Builder, filename: str, toolchain: str, reason: str
    ) -> None:
        job = WheelJob("p", filename, Path("/nowhere"), builder.settings(wheels="pure"), toolchain)
        none = build_published(job).wheel
        assert isinstance(none, NoWheel)
        assert none.reason.startswith(reason)
        assert not none.is_failure

    def test_that_is_damaged_is_a_failure(self, builder: Builder, tmp_path: Path) -> None:
        (tmp_path / "sdist").write_bytes(b"no archive")
        job = WheelJob("p", "p-1.0.tar.gz", tmp_path / "sdist", builder.settings(wheels="pure"))
        none = build_published(job).wheel
        assert isinstance(none, NoWheel)
        assert none.is_failure
        assert none.reason.startswith("The archive cannot be read")
