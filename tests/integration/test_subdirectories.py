"""Several projects in one git repository: which tags are whose, and what is around a project in its build."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.option_types import Subdirectory
from sdistmaker_recipe.vcs import open_repository
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.support.commands import Commands
from tests.support.git import FIRST_SECOND, commit, git, make_bare
from tests.support.git_servers import git_daemon
from tests.support.history import setuptools_project
from tests.support.process import LOOPBACK

pytestmark = pytest.mark.usefixtures("forked_commands")


def files(version: str, *projects: str) -> dict[str, str]:
    """The files of a repository with projects below packages."""
    found = {"README.rst": "All of them.\n", "packages/notes/notes.txt": "no project\n"}
    for project in projects:
        for path, text in setuptools_project(f"acme.{project}", version).items():
            found[f"packages/{project}/{path}"] = text
    return found


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    made = make_bare(tmp_path / "served" / "mono.git")
    commit(made, files("1.0", "api"))
    git(made, "tag", "1.0", "main")
    commit(made, files("1.2", "api", "web"), seconds=FIRST_SECOND + 5)
    for name in ("1.2", "api-v1.2.1", "web/1.2.2", "packages/web/v1.2.3", "core-1.9"):
        git(made, "tag", name, "main")
    return made


def test_a_tag_builds_the_projects_whose_prefix_it_has(bare: Path, commands: Commands) -> None:
    url = f"git+{bare.as_uri()}"
    arguments = ("--repository", url, "--destination", "index", "--dry-run")
    report = commands.report(*arguments, "--subdirectory", "packages/*")
    found = {(tag["project"], tag["tag"]) for tag in report["to_build"]}
    assert found == {
        ("api", "1.0"),
        ("api", "1.2"),
        ("web", "1.2"),
        ("api", "api-v1.2.1"),
        ("web", "web/1.2.2"),
        ("web", "packages/web/v1.2.3"),
    }
    report = commands.report(*arguments, "--subdirectory", "packages/api = api-v")
    assert {(tag["project"], tag["tag"]) for tag in report["to_build"]} == {("api", "api-v1.2.1")}


def test_a_tag_with_the_longer_name_of_another_project_is_not_taken(bare: Path, commands: Commands) -> None:
    commit(bare, files("3.0", "api", "api-v2"))
    git(bare, "tag", "api-v2-3.0", "main")
    arguments = ("--repository", f"git+{bare.as_uri()}", "--destination", "index", "--dry-run")
    report = commands.report(*arguments, "--subdirectory", "packages/*")
    assert {tag["project"] for tag in report["to_build"] if tag["tag"] == "api-v2-3.0"} == {"api-v2"}
    report = commands.report(*arguments, "--subdirectory", "packages/*", "--exclude", "packages/api-v2")
    assert not [tag for tag in report["to_build"] if tag["tag"] == "api-v2-3.0"]


def test_a_tag_whose_folders_are_lost_costs_no_other(bare: Path, commands: Commands) -> None:
    commit(bare, files("3.0", "api", "lost"))
    git(bare, "tag", "3.0", "main")
    lost = git(bare, "rev-parse", "main:packages/lost")
    (bare / "objects" / lost[:2] / lost[2:]).unlink()
    arguments = ("--repository", f"git+{bare.as_uri()}", "--destination", "index", "--dry-run")
    done = commands.sdists_from_tags(*arguments, "--subdirectory", "packages/*")
    assert done.status == 0, done.output
    assert "objects of the tag 3.0 are missing. The other tags are read." in done.output
    assert "api 1.2" in done.output
    (warning,) = commands.report(*arguments, "--subdirectory", "packages/*")["warnings"]
    assert warning.startswith(f"git+{bare.as_uri()}: objects of the tag 3.0 are missing. ")


def test_explain_says_whose_a_tag_is(bare: Path, commands: Commands) -> None:
    url = f"git+{bare.as_uri()}"
    with open_repository(url) as repository:
        tag_filter = TagFilter(url, subdirectories=(Subdirectory("packages/*"),))
        said = {
            path: repository.explain(path, tag_filter).reasons[0]
            for path in ("packages/api/tags/1.2", "packages/api/tags/web/1.2.2", "packages/notes/tags/1.2")
        }
    assert "the tag 1.2 is one of" in said["packages/api/tags/1.2"]
    assert "is not one of" in said["packages/api/tags/web/1.2.2"]
    assert "no line of subdirectory matches packages/notes" in said["packages/notes/tags/1.2"]


@pytest.mark.parametrize("kind", ["file", "daemon"])
def test_each_project_is_built_from_its_folder(
    bare: Path, commands: Commands, tmp_path: Path, kind: str
) -> None:
    with git_daemon(bare.parent, tmp_path) as server:
        url = f"git+{bare.as_uri()}" if kind == "file" else f"git://{LOOPBACK}:{server.port}/mono.git"
        arguments = ("--repository", url, "--destination", "index", "--subdirectory", "packages/*")
        done = commands.sdists_from_tags(*arguments)
        found = sorted(path.name for path in (commands.folder / "index").glob("acme-*/acme_*.tar.gz"))
        assert found == ["acme_api-1.0.tar.gz", "acme_api-1.2.tar.gz", "acme_web-1.2.tar.gz"], done.output
        git(bare, "tag", "-d", "1.0")
        again = commands.sdists_from_tags(*arguments)
        assert "acme_api-1.0.tar.gz" in again.output
        commit(bare, files("2.0", "api"))
        git(bare, "tag", "2.0", "main")
        assert "acme_api-2.0.tar.gz" in commands.sdists_from_tags(*arguments).output


def test_what_is_outside_the_folder_is_there_as_in_a_checkout(bare: Path, commands: Commands) -> None:
    setup = "from setuptools import setup\nversion = open('../../VERSION').read().strip()\n"
    setup += "setup(name='acme.api', version=version, py_modules=['api'], license_files=['LICENSE'])\n"
    content = {
        "VERSION": "3.0\n",
        "LICENSE": "All rights\n",
        "packages/api/setup.py": setup,
        "packages/api/api.py": "",
        "packages/api/MANIFEST.in": "include LICENSE\n",
    }
    commit(bare, content)
    index = bare / "with-link"
    link = git(bare, "hash-object", "-w", "--stdin", stdin=b"../../LICENSE")
    git(bare, "read-tree", "main", index=index)
    git(bare, "update-index", "--add", "--cacheinfo", f"120000,{link},packages/api/LICENSE", index=index)
    made = git(bare, "commit-tree", git(bare, "write-tree", index=index), "-m", "x")
    git(bare, "tag", "3.0", made)
    arguments = ("--repository", f"git+{bare.as_uri()}", "--destination", "index")
    done = commands.sdists_from_tags(*arguments, "--subdirectory", "packages/api", "--verify-builds", "never")
    archive = commands.folder / "index/acme-api/acme_api-3.0.tar.gz"
    assert archive.exists(), done.output
    with tarfile.open(archive) as opened:
        license_file = opened.getmember("acme_api-3.0/LICENSE")
        assert license_file.isfile()
        extracted = opened.extractfile(license_file)
        assert extracted is not None
        assert extracted.read() == b"All rights\n"


def test_a_link_out_of_the_repository_is_refused(bare: Path, commands: Commands) -> None:
    index = bare / "with-link"
    link = git(bare, "hash-object", "-w", "--stdin", stdin=b"../" * 20 + b"etc/hostname")
    git(bare, "read-tree", "main", index=index)
    git(bare, "update-index", "--add", "--cacheinfo", f"120000,{link},packages/api/LICENSE", index=index)
    made = git(bare, "commit-tree", git(bare, "write-tree", index=index), "-m", "x")
    git(bare, "tag", "api-4.0", made)
    arguments = ("--repository", f"git+{bare.as_uri()}", "--destination", "index")
    done = commands.sdists_from_tags(*arguments, "--subdirectory", "packages/api = api-")
    assert "symbolic link that leads out of it: LICENSE" in done.output
