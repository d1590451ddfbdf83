"""Whole runs over git: a folder of repositories beside Subversion, tags that go and come back."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from tests.support.commands import Commands, index_files
from tests.support.git import FIRST_SECOND, commit, git, make_bare
from tests.support.history import History, setuptools_project

pytestmark = pytest.mark.usefixtures("forked_commands")


class Folder:
    """A folder of bare repositories."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"git+{folder.as_uri()}"

    def release(self, project: str, version: str, tag: str = "", **files: str) -> Path:
        bare = self.folder / f"{project}.git"
        if not bare.exists():
            make_bare(bare)
        name = project.rpartition("/")[2]
        commit(bare, {**setuptools_project(name, version), **files}, seconds=FIRST_SECOND + len(version))
        git(bare, "tag", tag or version, "main")
        return bare


@pytest.fixture
def git_folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "git")
    made.release("group/acme.tool", "1.0", "v1.0")
    made.release("group/acme.tool", "1.1", "v1.1")
    made.release("acme.other", "0.9")
    return made


def files_of(commands: Commands, index: str) -> dict[str, bool]:
    """The files of all projects, and whether each is yanked."""
    found = {}
    for page in (commands.folder / index).glob("*/index.json"):
        for file in json.loads(page.read_text())["files"]:
            found[file["filename"]] = bool(file.get("yanked"))
    return found


def test_git_and_subversion_fill_one_index(git_folder: Folder, history: History, commands: Commands) -> None:
    history.release("acme.greeting", "1.0")
    arguments = ("--repository", git_folder.url, "--repository", history.url, "--destination", "index")
    done = commands.sdists_from_tags(*arguments)
    assert done.status == 0, done.output
    expected = ["acme_greeting-1.0", "acme_other-0.9", "acme_tool-1.0", "acme_tool-1.1"]
    assert sorted(files_of(commands, "index")) == [f"{name}.tar.gz" for name in expected]
    archive = commands.folder / "index/acme-tool/acme_tool-1.0.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as opened:
        assert {member.mtime for member in opened} <= {FIRST_SECOND + 3}
    again = commands.sdists_from_tags(*arguments)
    assert again.status == 0
    assert "nothing to build" in again.output


def test_a_tag_goes_and_comes_back(git_folder: Folder, commands: Commands) -> None:
    arguments = ("--repository", git_folder.url, "--destination", "index")
    assert commands.sdists_from_tags(*arguments).status == 0
    bare = git_folder.folder / "group/acme.tool.git"
    made = git(bare, "rev-parse", "v1.0")
    git(bare, "tag", "-d", "v1.0")
    assert commands.sdists_from_tags(*arguments).status == 0
    assert files_of(commands, "index")["acme_tool-1.0.tar.gz"]
    git(bare, "tag", "-a", "-m", "signed anew", "v1.0", made)
    assert commands.sdists_from_tags(*arguments).status == 0
    assert files_of(commands, "index") == dict.fromkeys(files_of(commands, "index"), False)


def test_a_tag_that_moved_is_reported_and_one_that_was_signed_anew_is_not(
    git_folder: Folder, commands: Commands
) -> None:
    arguments = ("--repository", git_folder.url, "--destination", "index")
    assert commands.sdists_from_tags(*arguments).status == 0
    bare = git_folder.folder / "group/acme.tool.git"
    git(bare, "tag", "-f", "-a", "-m", "signed anew", "v1.0", "v1.0^{commit}")
    assert "v1.0" not in commands.sdists_from_tags(*arguments).output
    git(bare, "tag", "-f", "v1.0", "v1.1")
    moved = commands.report(*arguments)
    assert any("v1.0" in warning for warning in moved["warnings"])
    assert len(files_of(commands, "index")) == 3


def test_a_folder_that_is_not_mounted_withdraws_nothing(git_folder: Folder, commands: Commands) -> None:
    arguments = ("--repository", git_folder.url, "--destination", "index")
    assert commands.sdists_from_tags(*arguments).status == 0
    git_folder.folder.rename(git_folder.folder.with_name("elsewhere"))
    git_folder.folder.mkdir()
    done = commands.sdists_from_tags(*arguments)
    assert done.status == 3
    assert "no git repository is in this folder" in done.output
    assert not any(files_of(commands, "index").values())


def test_a_plain_path_and_a_single_tag(git_folder: Folder, commands: Commands) -> None:
    bare = git_folder.folder / "group/acme.tool.git"
    for path in (bare, git_folder.folder / "group"):
        done = commands.sdists_from_tags("--repository", path, "--destination", path.name, "--dry-run")
        assert done.status == 0, done.output
        assert "v1.1" in done.output
    done = commands.make_sdist(f"git+{bare.as_uri()}/tags/v1.1", "single")
    assert done.status == 0, done.output
    assert [path for path in index_files(commands.folder / "single") if path.endswith(".tar.gz")]


def test_a_tag_without_its_submodule_fails_alone(git_folder: Folder, commands: Commands) -> None:
    bare = git_folder.release("broken", "1.0", "none")
    link = f"160000,{'1' * 40},vendor".encode()
    index = bare / "with-link"
    git(bare, "read-tree", "main", index=index)
    git(bare, "update-index", "--add", "--cacheinfo", link.decode(), index=index)
    made = git(bare, "commit-tree", git(bare, "write-tree", index=index), "-m", "x")
    git(bare, "tag", "1.0", made)
    done = commands.sdists_from_tags("--repository", git_folder.url, "--destination", "index")
    assert done.status == 1
    assert "failed broken 1.0" in done.output
    assert "submodule 'vendor' has no URL" in done.output
    assert "submodules = none" in done.output
    assert len(files_of(commands, "index")) == 3


def test_a_repository_whose_tags_are_of_no_commit_says_so(git_folder: Folder, commands: Commands) -> None:
    bare = git_folder.folder / "acme.other.git"
    git(bare, "tag", "-d", "0.9")
    git(bare, "tag", "2.0", "main^{tree}")
    done = commands.sdists_from_tags("--repository", f"git+{bare.as_uri()}", "--destination", "index")
    assert done.status == 1
    assert "whose tags name no commit that can be read: 2.0" in done.output
    assert "tag-pattern" not in done.output
    explained = commands.sdists_from_tags(
        "--repository", f"git+{bare.as_uri()}", "--destination", "index", "--explain", "tags/2.0"
    )
    assert "names a tree, not a commit" in explained.output


def test_explain_says_why_a_tag_is_no_release(git_folder: Folder, commands: Commands) -> None:
    bare = git_folder.folder / "acme.other.git"
    git(bare, "tag", "2.0", "main^{tree}")
    done = commands.sdists_from_tags("--repository", git_folder.url, "--destination", "index")
    assert done.status == 0, done.output
    done = commands.sdists_from_tags(
        "--repository", git_folder.url, "--destination", "index", "--explain", "acme.other/tags/2.0"
    )
    assert "names a tree, not a commit" in done.output
