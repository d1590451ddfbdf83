"""Several projects in one Mercurial repository: whose a tag is, and what is around a project in its build."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.option_types import Subdirectory
from sdistmaker_recipe.vcs import open_repository
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.support.commands import Commands
from tests.support.history import setuptools_project
from tests.support.mercurial import Hg, hg_serve
from tests.support.process import LOOPBACK
from tests.support.requirements import need
from tests.support.tag_servers import Known

pytestmark = pytest.mark.usefixtures("forked_commands")

TAGS = ("1.2", "api-v1.2.1", "web/1.2.2", "packages/web/v1.2.3", "core-1.9")


def files(version: str, *projects: str) -> dict[str, str]:
    """The files of a repository with projects below packages."""
    found = {"README.rst": "All of them.\n", "packages/notes/notes.txt": "no project\n"}
    for project in projects:
        for path, text in setuptools_project(f"acme.{project}", version).items():
            found[f"packages/{project}/{path}"] = text
    return found


class Mono:
    """A repository with two projects, of which the first tag has one."""

    def __init__(self, folder: Path) -> None:
        self.hg, self.folder = Hg(), folder
        self.hg.init(folder, files("1.0", "api"))
        self.hg.tag(folder, "1.0")
        self.hg.commit(folder, files("1.2", "api", "web"))
        for name in TAGS:
            self.hg.tag(folder, name)

    def tag(self, name: str, content: dict[str, str]) -> None:
        self.hg.commit(self.folder, content)
        self.hg.tag(self.folder, name)


@pytest.fixture
def mono(tmp_path: Path) -> Iterator[Mono]:
    need("hg")
    made = Mono(tmp_path / "served/mono")
    yield made
    made.hg.close()


@pytest.fixture(params=["file", "folder", "http"])
def url(request: pytest.FixtureRequest, mono: Mono, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield f"hg+{mono.folder.as_uri()}"
    elif request.param == "folder":
        yield f"hg+{mono.folder.parent.as_uri()}"
    else:
        (tmp_path / "server").mkdir()
        with hg_serve(mono.folder.parent, tmp_path / "server") as server:
            yield f"hg+http://{LOOPBACK}:{server.port}/mono"


def test_a_tag_builds_the_projects_whose_prefix_it_has(url: str, commands: Commands) -> None:
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


def test_each_project_is_built_from_its_folder(url: str, mono: Mono, commands: Commands) -> None:
    arguments = ("--repository", url, "--destination", "index", "--subdirectory", "packages/*")
    done = commands.sdists_from_tags(*arguments)
    index = commands.folder / "index"
    built = {"acme_api-1.0.tar.gz", "acme_api-1.2.tar.gz", "acme_web-1.2.tar.gz"}
    assert {path.name for path in index.glob("*/acme_*.tar.gz")} == built, done.output
    with tarfile.open(index / "acme-web/acme_web-1.2.tar.gz") as opened:
        assert not any("README" in name or "packages" in name for name in opened.getnames())
    assert "nothing to build" in commands.sdists_from_tags(*arguments).output
    mono.tag("2.0", files("2.0", "api"))
    mono.hg.untag(mono.folder, "1.0")
    done = commands.sdists_from_tags(*arguments, "--deleted-tags", "remove")
    now = {path.name for path in index.glob("*/acme_*.tar.gz")}
    assert now == built - {"acme_api-1.0.tar.gz"} | {"acme_api-2.0.tar.gz"}, done.output


def test_what_is_outside_the_folder_is_there_as_in_a_checkout(mono: Mono, commands: Commands) -> None:
    setup = "from setuptools import setup\nversion = open('../../VERSION').read().strip()\n"
    setup += "setup(name='acme.api', version=version, py_modules=['api'], license_files=['LICENSE'])\n"
    (mono.folder / "packages/api/LICENSE").symlink_to("../../LICENSE")
    content = {
        "VERSION": "3.0\n",
        "LICENSE": "All rights\n",
        "packages/api/setup.py": setup,
        "packages/api/api.py": "",
        "packages/api/MANIFEST.in": "include LICENSE\n",
    }
    mono.tag("3.0", content)
    arguments = ("--repository", f"hg+{mono.folder.as_uri()}", "--destination", "index", "--newest", "1")
    done = commands.sdists_from_tags(*arguments, "--subdirectory", "packages/api", "--verify-builds", "never")
    archive = commands.folder / "index/acme-api/acme_api-3.0.tar.gz"
    assert archive.exists(), done.output
    with tarfile.open(archive) as opened:
        license_file = opened.extractfile("acme_api-3.0/LICENSE")
        assert license_file is not None
        assert license_file.read() == b"All rights\n"


def test_a_link_out_of_the_repository_is_refused(mono: Mono, commands: Commands) -> None:
    (mono.folder / "packages/api/LICENSE").symlink_to(f"{'../' * 20}etc/hostname")
    mono.tag("api-4.0", {})
    arguments = ("--repository", f"hg+{mono.folder.as_uri()}", "--destination", "index")
    done = commands.sdists_from_tags(*arguments, "--subdirectory", "packages/api = api-")
    assert "symbolic link that leads out of it: LICENSE" in done.output


def test_explain_says_whose_a_tag_is(mono: Mono) -> None:
    url = f"hg+{mono.folder.as_uri()}"
    tag_filter = TagFilter(url, subdirectories=(Subdirectory("packages/*"),))
    with open_repository(url) as repository:

        def said(path: str) -> str:
            return " ".join(repository.explain(path, tag_filter).reasons)

        assert "the tag 1.2 is one of" in said("packages/api/tags/1.2")
        assert "is not one of" in said("packages/api/tags/web/1.2.2")
        assert "no line of subdirectory matches packages/notes" in said("packages/notes/tags/1.2")
        assert said("tags/1.2").count("is one of this project") == 2
        assert repository.explain("packages/api/tags/9.9", tag_filter).is_there is False


def test_a_push_touches_tags_or_none(mono: Mono) -> None:
    url = f"hg+{mono.folder.parent.as_uri()}"
    tag_filter = TagFilter(url, subdirectories=(Subdirectory("packages/*"),))
    with open_repository(url) as repository:
        known = Known(repository.all_tags(tag_filter)).previous()
    work = mono.hg.commit(mono.folder, {"packages/api/more": "text"})
    with open_repository(url) as repository:
        assert not repository.touches_tags(work, known, tag_filter)
    tag = mono.hg.tag(mono.folder, "api-1.9")
    with open_repository(url) as repository:
        assert repository.touches_tags(tag, known, tag_filter)


def test_make_sdist_builds_what_a_run_builds(mono: Mono, commands: Commands) -> None:
    url = f"hg+{mono.folder.as_uri()}"
    commands.sdists_from_tags("--repository", url, "--destination", "index", "--subdirectory", "packages/*")
    of_run = (commands.folder / "index/acme-web/acme_web-1.2.tar.gz").read_bytes()
    done = commands.make_sdist(f"{url}/packages/web/tags/1.2", "one")
    assert (commands.folder / "one/acme-web/acme_web-1.2.tar.gz").read_bytes() == of_run, done.output
    done = commands.make_sdist(f"{url}/tags/1.2", "two", "--subdirectory", "packages/*")
    assert "the tag has several projects: packages/api, packages/web" in done.output
    done = commands.make_sdist(f"{url}/tags/1.2", "two", "--subdirectory", "packages/web")
    assert (commands.folder / "two/acme-web/acme_web-1.2.tar.gz").read_bytes() == of_run, done.output
