"""The Python API, used by a program as the page shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import Commands, index_files, program
from tests.support.git import GitServer, commit, git, make_bare
from tests.support.history import History, setuptools_project
from tests.support.pages.blocks import blocks

PAGE = Path(__file__).parents[3] / "docs/reference/python-api.rst"
BROKEN = {"setup.py": "raise RuntimeError('no such luck')\n"}


def subversion(folder: Path) -> str:
    """A repository with two releases of a project, and a tag that does not build."""
    history = History(folder)
    history.release("acme.tool", "1.0")
    history.release("acme.tool", "1.1")
    history.add_tag("broken", "0.1", BROKEN)
    return history.url


def of_git(folder: Path) -> str:
    """Repositories with the same releases, in a folder."""
    for project, name, files in (
        ("acme.tool", "1.0", setuptools_project("acme.tool", "1.0")),
        ("acme.tool", "1.1", setuptools_project("acme.tool", "1.1")),
        ("broken", "0.1", BROKEN),
    ):
        server = GitServer(folder)
        if not server.at(project).exists():
            make_bare(server.at(project))
        commit(server.at(project), files)
        git(server.at(project), "tag", name, "refs/heads/main")
    return GitServer(folder).url


def the_example(url: str) -> str:
    """The program of the page, for this repository and an index in the current folder."""
    (text,) = [block.text for block in blocks(PAGE, "python")]
    for placeholder, ours in (("https://svn.example.com/svn", url), ("/srv/packages/index", "index")):
        assert text.count(placeholder) == 1
        text = text.replace(placeholder, ours)
    # Most tests do without wheels, which take time.
    return text.replace("newest=5,", 'newest=5, wheels="none",')


@pytest.mark.parametrize("make", [subversion, of_git])
def test_the_program_of_the_page_makes_a_run(make, commands: Commands, tmp_path: Path) -> None:
    script = commands.folder / "example.py"
    script.write_text(the_example(make(tmp_path / "repositories")), "utf-8")
    first = commands.run(program("python"), script)
    assert first.status == 0, first.output
    *lines, status = first.stdout.splitlines()
    failed, *published = sorted(lines)
    assert published == ["published acme.tool 1.0", "published acme.tool 1.1"]
    assert "broken" in failed
    assert failed.endswith("RuntimeError: no such luck")
    assert status == "status 1"
    files = [f"acme-tool/acme_tool-{version}.tar.gz" for version in ("1.0", "1.1")]
    assert index_files(commands.folder / "index") == files

    again = commands.run(program("python"), script)
    assert (again.status, again.stdout) == (0, "status 0\n"), again.output


def test_the_import_of_the_package_imports_none_of_its_parts(commands: Commands) -> None:
    code = "import sys, sdistmaker_recipe; print([name for name in sys.modules if name.count('sdistmaker')])"
    done = commands.run(program("python"), "-c", code)
    assert done.stdout == "['sdistmaker_recipe']\n", done.output
