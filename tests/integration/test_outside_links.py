"""Tags with symbolic links out of them, whatever builds them: no archive gets a file of this machine."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from tests.support.commands import Commands, index_files
from tests.support.history import History, setuptools_project
from tests.support.requirements import need
from tests.support.svndump import add_symlink

pytestmark = pytest.mark.usefixtures("forked_commands")

FLIT = """\
[build-system]
requires = ["flit_core"]
build-backend = "flit_core.buildapi"
[project]
name = "{0}"
version = "1.0"
description = "x"
[tool.flit.sdist]
include = ["LICENSE", "README"]
"""
HATCH = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "{0}"
version = "1.0"
[tool.hatch.build.targets.sdist.force-include]
"LICENSE" = "RENAMED"
"""
MAKES_A_LINK = """\
import os
from setuptools import setup
os.symlink("/etc/passwd", "data.cfg")
setup(name={0!r}, version="1.0", py_modules=[])
"""


def project(name: str) -> dict[str, str]:
    """A small tag, built by what the first part of its name says."""
    kind = name.partition("-")[0]
    if kind == "setuptools":
        return {**setuptools_project(name, "1.0"), "MANIFEST.in": "include README LICENSE"}
    if kind == "broken":
        return {"setup.py": "raise RuntimeError"}
    pyproject = {"flit": FLIT, "hatch": HATCH}[kind]
    return {"pyproject.toml": pyproject.format(name), f"{name.replace('-', '_')}.py": "'''Text'''\n"}


def test_a_link_out_of_the_tag_is_refused_and_one_within_it_is_not(
    history: History, commands: Commands
) -> None:
    for kind in ("setuptools", "flit", "hatch", "broken"):
        outside = f"{kind}-outside"
        history.add_tag(outside, "1.0", {**project(outside), "README": "text"})
        history.commit([add_symlink(f"{outside}/tags/1.0/LICENSE", "/etc/passwd")])
    for kind in ("setuptools", "flit"):
        inside = f"{kind}-inside"
        history.add_tag(inside, "1.0", {**project(inside), "LICENSE": "the text"})
        history.commit([add_symlink(f"{inside}/tags/1.0/README", "LICENSE")])
    options = ("--destination", "index", "--unbuildable", "archive", "--sandbox", "none")
    report = commands.report("--repository", history.url, *options)
    assert {failed["project"] for failed in report["failed"]} == {
        "setuptools-outside",
        "flit-outside",
        "hatch-outside",
        "broken-outside",
    }
    reason = "The tag has a symbolic link that leads out of it: LICENSE -> /etc/passwd. "
    assert [failed for failed in report["failed"] if not failed["reason"].startswith(reason)] == []
    index = commands.folder / "index"
    assert index_files(index) == [
        "flit-inside/flit_inside-1.0.tar.gz",
        "setuptools-inside/setuptools_inside-1.0.tar.gz",
    ]
    for path in index_files(index):
        assert content(index / path, "README") in (b"the text", "LICENSE")


def content(archive: Path, name: str) -> bytes | str:
    """What the archive has under this name: bytes, or the target of a link."""
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as tar:
        (member,) = [member for member in tar if member.name.partition("/")[2] == name]
        return member.linkname if member.issym() else tar.extractfile(member).read()


@pytest.mark.parametrize(("rung", "sandbox"), [("declared", "auto"), ("python2.7", "none")])
def test_a_link_that_the_build_makes_is_refused_if_it_is_packed(
    history: History, own_index: Commands, rung: str, sandbox: str
) -> None:
    files = {"setup.py": MAKES_A_LINK.format("evil"), "MANIFEST.in": "include data.cfg"}
    history.add_tag("evil", "1.0", files)
    history.add_tag("good", "1.0", {"setup.py": MAKES_A_LINK.format("good")})
    if rung == "python2.7":
        need("python2.7")
    toolchain = ("--toolchain", f"* {rung}") if rung == "python2.7" else ()
    report = own_index.report(
        "--repository", history.url, "--destination", "index", "--sandbox", sandbox, *toolchain
    )
    (failed,) = report["failed"]
    assert failed["project"] == "evil"
    assert "by a symbolic link out of the tag: data.cfg -> /etc/passwd. " in failed["reason"]
    assert len(failed["attempts"]) == 1
    assert index_files(own_index.folder / "index") == ["good/good-1.0.tar.gz"]
