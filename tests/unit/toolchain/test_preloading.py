"""Only backends that read nothing when they are imported are imported before the tag is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.build_system import LEGACY_SYSTEM, BuildSystem
from sdistmaker_recipe.toolchain.hook_runner import may_be_preloaded
from sdistmaker_recipe.toolchain.preloading import module_to_preload


def environment(folder: Path, **path_files: str) -> Path:
    packages = folder / "lib/python3.11/site-packages"
    packages.mkdir(parents=True)
    for name, content in path_files.items():
        (packages / f"{name.replace('_', '-')}.pth").write_text(content, "utf-8")
    return folder


@pytest.mark.parametrize("backend", ["setuptools.build_meta", "hatchling.build", "flit_core.buildapi"])
def test_a_backend_that_reads_nothing_is(tmp_path, backend):
    assert module_to_preload(BuildSystem((), backend), environment(tmp_path)) == backend


def test_an_object_of_it_is_found_in_its_module(tmp_path):
    assert module_to_preload(LEGACY_SYSTEM, environment(tmp_path)) == "setuptools.build_meta"


@pytest.mark.parametrize(
    "backend",
    [
        *("poetry_dynamic_versioning.backend", "flit_scm:buildapi", "scikit_build_core.build"),
        *("pdm.pep517.api", "mesonpy", "my_backend", "setuptools"),
    ],
)
def test_any_other_is_not(tmp_path, backend):
    assert module_to_preload(BuildSystem((), backend), environment(tmp_path)) == ""


def test_a_backend_of_the_tag_is_not(tmp_path):
    system = BuildSystem((), "hatchling.build", ("tools",))
    assert module_to_preload(system, environment(tmp_path)) == ""


def test_none_is_if_the_environment_changes_modules_at_its_start(tmp_path):
    folder = environment(tmp_path, zzz_poetry="import poetry_dynamic_versioning\n")
    assert module_to_preload(LEGACY_SYSTEM, folder) == ""


def test_files_of_setuptools_and_of_namespaces_change_nothing(tmp_path):
    folder = environment(
        tmp_path, distutils_precedence="import os;\n", zope_nspkg="import sys\n", plain="/srv/import x\n"
    )
    assert module_to_preload(LEGACY_SYSTEM, folder) == "setuptools.build_meta"


@pytest.mark.parametrize(
    ("file", "is_preloaded"),
    [
        ("/env/lib/python3.11/site-packages/setuptools/command/sdist.py", True),
        ("/env/lib/python3.11/site-packages/setuptools/_vendor/packaging/tags.py", True),
        ("/usr/lib/python3.11/email/message.py", True),
        ("/env/lib/python3.11/site-packages/setuptools_git_versioning/__init__.py", False),
        ("/env/lib/python3.11/site-packages/versioningit/__init__.py", False),
        (None, False),
    ],
)
def test_of_modules_that_a_build_imports_only_those_of_setuptools_and_python_are(file, is_preloaded):
    class Module:
        __file__ = file

    assert may_be_preloaded(Module) is is_preloaded
