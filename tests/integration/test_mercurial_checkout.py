"""Tags of Mercurial whose build asks version control give what a build in a working copy of the tag gives."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.pip_settings import uv_variables
from tests.integration.test_checkout import SAMPLES, members
from tests.support.commands import Commands, program
from tests.support.mercurial import Hg
from tests.support.requirements import need

POETRY = """\
[build-system]
requires = ["poetry-core>=1.0.0", "poetry-dynamic-versioning>=1.0.0,<2.0.0"]
build-backend = "poetry_dynamic_versioning.backend"
[tool.poetry]
name = "sample"
version = "0.0.0"
description = ""
authors = ["A <a@example.org>"]
[tool.poetry.dependencies]
python = ">=3.8"
[tool.poetry-dynamic-versioning]
enable = true
vcs = "mercurial"
"""
TOOLS = {
    "setuptools-scm": SAMPLES["samples"]["setuptools-scm-8.3.1"]["files"],
    "hatch-vcs": SAMPLES["samples"]["hatch-vcs-build-hook"]["files"],
    "pdm-backend": SAMPLES["samples"]["pdm-backend-2.5-scm-write_to"]["files"],
    "poetry-dynamic-versioning": {"pyproject.toml": POETRY},
    "uv-dynamic-versioning": SAMPLES["samples"]["uv-dynamic-versioning"]["files"],
}


@pytest.mark.parametrize("tool", TOOLS)
def test_an_archive_is_that_of_a_working_copy(tool: str, own_index: Commands, tmp_path: Path) -> None:
    need("hg")
    hg, repository = Hg(), tmp_path / "repository"
    hg.init(repository, {**SAMPLES["common"], **TOOLS[tool]})
    hg.tag(repository, "v1.2.2")
    hg.commit(repository, {"sample/more.py": "", "sample/more.txt": "more\n"})
    hg.tag(repository, "v1.2.3")
    hg.commit(repository, {"sample/later.py": ""})
    checkout = tmp_path / "checkout"
    hg("clone", "-q", "-u", "v1.2.3", repository, checkout)
    hg.close()
    index = uv_variables("", {**os.environ, **own_index.environment}, Path(sys.prefix))
    environment = {**own_index.environment, **index, "HGRCPATH": ""}
    for command in (
        (program("uv"), "build", "--sdist", "--quiet", "--out-dir", tmp_path / "theirs", checkout),
        (program("make_sdist"), f"hg+{repository.as_uri()}/tags/v1.2.3", tmp_path / "ours"),
    ):
        done = own_index.run(*command, environment=environment)
        assert done.status == 0, done.output
    (theirs,) = (tmp_path / "theirs").glob("*.tar.gz")
    (ours,) = (tmp_path / "ours").rglob("*.tar.gz")
    assert ours.name == theirs.name
    by_them, by_us = members(theirs), members(ours)
    assert by_them.keys() == by_us.keys()
    changed = {path for path in by_them if by_them[path] != by_us[path]}
    assert changed == set()
