"""Wheels beside source distributions, built by the stage ``build`` with real toolchains."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from sdistmaker_recipe.model import Built, BuiltWheel, NoWheel
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


@pytest.fixture
def builder(tmp_path: Path, cache: Path) -> Builder:
    """Builds tags of the repository ``builder.history``."""
    return Builder(History(tmp_path / "repository"), tmp_path / "builds", cache / "environments")


def build(builder: Builder, files: dict, version: str = "1.0", **job) -> Built:
    builder.history.add_tag("project", version, files)
    built = builder.build("project", version, wheels="pure", **job)
    assert isinstance(built, Built), built
    return built


def wheel_of(built: Built) -> BuiltWheel:
    assert isinstance(built.wheel, BuiltWheel), built.wheel
    return built.wheel


def test_a_wheel_is_built_from_the_sdist(builder: Builder) -> None:
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
        assert archive.read("plain_wheel-1.0.dist-info/METADATA") == wheel.metadata
        assert b"Tag: py3-none-any\n" in archive.read("plain_wheel-1.0.dist-info/WHEEL")


@pytest.mark.parametrize(
    ("sample", "version"),
    [
        ("legacy-2010", "1.1.2"),
        ("backend-in-tree", "7.0"),
        ("hatch-vcs", "2.0.1"),
        ("setuptools-scm", "1.2"),
        ("use-2to3", "1.0"),
        ("feature", "1.0"),
        ("convert-path", "1.0"),
        ("upload-command", "1.0"),
        ("pkg-resources", "1.0"),
        ("versioneer", "1.0"),
        ("pbr", "1.0"),
        ("setup-requires", "1.0"),
        ("python-2", "0.5"),
    ],
)
def test_samples(builder: Builder, sample: str, version: str) -> None:
    built = build(builder, tree(SAMPLES / sample), version)
    print(sample, built.toolchain, built.wheel)
    if isinstance(built.wheel, NoWheel):
        print(built.wheel.log)
