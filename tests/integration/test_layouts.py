"""Real repositories in each layout, read by both programs and turned into an index by the commands."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.commands import Commands, Done, index_files
from tests.support.history import History, setuptools_project
from tests.support.requirements import need
from tests.support.svndump import Change, add_file

pytestmark = pytest.mark.usefixtures("forked_commands")

FILES = ["acme/acme-1.0.tar.gz", "acme/acme-1.1.tar.gz", "tool/tool-2.0.tar.gz"]

# The line of the option, where the trunk of a project is, and where its tags are.
LAYOUTS = {
    "tags/{project}/{tag}": ("trunk/PROJECT", "tags/PROJECT/NAME"),
    "tags/{project}-{tag}": ("trunk/PROJECT", "tags/PROJECT-NAME"),
    "tags/{tag}/{project}": ("trunk/PROJECT", "tags/NAME/PROJECT"),
    "{project}/tags/{tag}/src": ("PROJECT/trunk/src", "PROJECT/tags/NAME/src"),
    "{project}/*/tags/{tag}": ("PROJECT/3.x/trunk", "PROJECT/3.x/tags/NAME"),
    "**/{project}/tags/{tag}": ("group/PROJECT/main", "group/PROJECT/tags/NAME"),
    "{project}/releases/{tag}": ("PROJECT/trunk", "PROJECT/releases/NAME"),
}


class Layout:
    """A repository in one layout, and the commands that read it."""

    def __init__(self, history: History, commands: Commands, line: str) -> None:
        self.history, self.commands, self.line = history, commands, line
        self.trunk, self.tags = LAYOUTS[line]

    def path(self, project: str, version: str) -> str:
        return self.tags.replace("PROJECT", project).replace("NAME", version)

    def release(self, project: str, version: str) -> None:
        self.add(self.trunk.replace("PROJECT", project), {})
        self.add(self.path(project, version), setuptools_project(project, version))

    def add(self, folder: str, files: Mapping[str, str]) -> None:
        changes = [*self.history._missing(folder)]
        changes += [add_file(f"{folder}/{path}", content) for path, content in files.items()]
        if changes:
            self.history.commit(changes)

    @property
    def arguments(self) -> tuple[str, ...]:
        return "--repository", self.history.url, "--destination", "index"

    def run(self, *more: str) -> dict:
        found = self.commands.report(*self.arguments, "--layout", self.line, *more)
        assert found["exit_status"] == 0, found
        return found

    def text(self, *more: str) -> Done:
        return self.commands.sdists_from_tags(*self.arguments, *more)

    @property
    def files(self) -> list[str]:
        return sorted(index_files(self.commands.folder / "index"))


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest, history: History, commands: Commands) -> Layout:
    made = Layout(history, commands, request.param)
    for project, version in (("acme", "1.0"), ("acme", "1.1"), ("tool", "2.0")):
        made.release(project, version)
    return made


def test_all_tags_are_published_and_followed(layout: Layout) -> None:
    first = layout.run()
    assert sorted(each["filename"] for each in first["published"]) == sorted(
        Path(file).name for file in FILES
    )
    assert layout.files == FILES
    assert {each["url"] for each in first["published"]} == {
        f"{layout.history.url}/{layout.path(project, version)}"
        for project, version in (("acme", "1.0"), ("acme", "1.1"), ("tool", "2.0"))
    }
    quiet = layout.run()
    assert (quiet["published"], quiet["yanked"], quiet["warnings"]) == ([], [], [])
    layout.release("acme", "1.2")
    assert [each["filename"] for each in layout.run()["published"]] == ["acme-1.2.tar.gz"]
    layout.history.delete(layout.path("acme", "1.1"))
    (yanked,) = layout.run()["yanked"]
    assert yanked["filename"] == "acme-1.1.tar.gz"
    assert yanked["reason"] == f"tag deleted in r{layout.history.youngest}"
    other = ("--layout", "nothing/{project}/{tag}", "--deleted-tags", "remove", "--allow-empty")
    found = layout.commands.report(*layout.arguments, *other)
    assert [each["filename"] for each in found["removed"]] == ["acme-1.1.tar.gz"], (
        "the others are only hidden"
    )
    back = layout.run()
    assert (back["published"], back["yanked"], back["removed"]) == ([], [], [])


def test_the_program_svn_the_hook_and_the_other_commands_agree(layout: Layout) -> None:
    need("svn")
    check_hint(layout)
    assert len(layout.run("--vcs", "subversion-cli")["published"]) == 3
    assert layout.files == FILES
    check_hook(layout)
    check_explanation(layout)
    check_make_sdist(layout)


def check_hint(layout: Layout) -> None:
    """A run without the option names the line to write, unless the usual layout finds the tags, too."""
    if layout.line in ("{project}/tags/{tag}/src", "tags/{tag}/{project}", "{project}/*/tags/{tag}"):
        return
    done = layout.text("--dry-run")
    assert done.status == 1
    assert "docs/how-to/repository-layouts.rst" in done.output or "Set layout = " in done.output
    line = done.output.partition("Set layout = ")[2].splitlines()[0]
    found = layout.commands.report(*layout.arguments, "--layout", line, "--dry-run")
    assert len(found["to_build"]) == 3, found


def check_hook(layout: Layout) -> None:
    """A hook is done at once unless a tag was touched."""
    with closing(sqlite3.connect(layout.commands.folder / "index-state/catalog.sqlite3")) as catalog:
        before = catalog.execute("SELECT peg FROM scan").fetchall()
        trunk = layout.trunk.replace("PROJECT", "acme")
        layout.history.commit([Change("change", trunk, "dir", None, {"some": "property"})])
        assert layout.run("--revision", str(layout.history.youngest))["published"] == []
        assert catalog.execute("SELECT peg FROM scan").fetchall() == before, "nothing was scanned"
        layout.release("tool", "2.1")
        (published,) = layout.run("--revision", str(layout.history.youngest))["published"]
        assert published["filename"] == "tool-2.1.tar.gz"


def check_explanation(layout: Layout) -> None:
    path = layout.path("acme", "1.0")
    wanted = f"found: {path} is a release tag of acme by layout = {layout.line}"
    of_tag = layout.text("--layout", layout.line, "--explain", f"{layout.history.url}/{path}")
    assert wanted in of_tag.output
    of_project = layout.text("--layout", layout.line, "--explain", "acme")
    assert of_project.status == 0
    assert "is not there" not in of_project.output
    assert "1.1: published as acme-1.1.tar.gz" in of_project.output


def check_make_sdist(layout: Layout) -> None:
    """It finds project and version in the URL."""
    url = f"{layout.history.url}/{layout.path('acme', '1.1')}"
    done = layout.commands.make_sdist(url, "out", "--layout", layout.line)
    assert done.status == 0, done.output
    assert sorted(index_files(layout.commands.folder / "out")) == ["acme/acme-1.1.tar.gz"]


class TestOneLayoutAfterAnother:
    @pytest.fixture
    def layout(self, history: History, commands: Commands) -> Layout:
        made = Layout(history, commands, "tags/{project}/{tag}")
        made.release("acme", "1.0")
        made.release("acme", "1.1")
        return made

    def test_tags_that_were_moved_take_their_releases_over(self, layout: Layout) -> None:
        need("svn")
        layout.run()
        before = {file: (layout.commands.folder / "index" / file).read_bytes() for file in layout.files}
        url = layout.history.url
        svn = ("svn", "--quiet", "--message", "move")
        layout.commands.run(*svn, "mkdir", f"{url}/acme", f"{url}/acme/trunk")
        assert layout.commands.run(*svn, "move", f"{url}/tags/acme", f"{url}/acme/tags").status == 0
        found = layout.commands.report(*layout.arguments)
        assert found["exit_status"] == 0, found
        assert (found["yanked"], found["removed"]) == ([], [])
        after = {file: (layout.commands.folder / "index" / file).read_bytes() for file in layout.files}
        assert after == before
        again = layout.commands.report(*layout.arguments)
        assert (again["published"], again["yanked"], again["warnings"]) == ([], [], [])

    def test_several_lines_find_the_tags_of_all(self, layout: Layout) -> None:
        layout.history.release("tool", "3.0")
        layout.history.release("acme", "1.2")
        both = ("--layout", "{project}/tags/{tag}", "--layout", "tags/{project}/{tag}")
        found = layout.commands.report(*layout.arguments, *both)
        assert len(found["published"]) == 4
        assert layout.commands.report(*layout.arguments, *both)["published"] == []


def test_a_tag_that_another_line_finds_now_stays_published(history: History, commands: Commands) -> None:
    made = Layout(history, commands, "{project}/*/tags/{tag}")
    made.release("acme", "1.0")
    usual = ("--repository", history.url, "--destination", "index")
    branch = made.path("acme", "1.0").split("/tags/")[0]
    first = commands.report(*usual)
    assert [each["filename"] for each in first["published"]] == ["acme-1.0.tar.gz"], branch
    bytes_before = (commands.folder / "index/acme/acme-1.0.tar.gz").read_bytes()
    changed = made.run()
    assert (changed["failed"], changed["yanked"]) == ([], [])
    assert (commands.folder / "index/acme/acme-1.0.tar.gz").read_bytes() == bytes_before
    made.release("acme", "1.1")
    assert [each["filename"] for each in made.run()["published"]] == ["acme-1.1.tar.gz"]
    both = commands.report(*made.arguments, "--layout", "{project}/tags/{tag}")
    assert both["failed"] == []
