"""Several projects in one tree of Subversion: whose a tag is, and what is around a project in its build."""

from __future__ import annotations

import subprocess
import tarfile
from dataclasses import replace

import pytest

from sdistmaker_recipe.configuration.option_types import subdirectories
from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs.subversion.repository import SubversionRepository
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.support.commands import Commands
from tests.support.history import setuptools_project
from tests.support.long_form import IS_LONG
from tests.support.memory_repository import Content, MemoryRepository, symlink
from tests.support.requirements import need
from tests.support.subversion import create

pytestmark = pytest.mark.usefixtures("forked_commands")

URL = "https://svn.example.com/svn"
ANY = TagFilter(URL, subdirectories=subdirectories("packages/*"))


def files(version: str, *projects: str) -> dict[str, str]:
    """The files of a trunk with projects below packages."""
    found = {"trunk/README.rst": "All of them.\n", "trunk/packages/notes/notes.txt": "no project\n"}
    for project in projects:
        for path, text in setuptools_project(f"acme.{project}", version).items():
            found[f"trunk/packages/{project}/{path}"] = text
    return found


def two_projects(base: str = "") -> MemoryRepository:
    """A history whose tag 1.0 has one of the projects, and whose later tags have both."""
    history = MemoryRepository()
    history.commit({f"{base}{path}": text for path, text in files("1.0", "api").items()})
    history.commit(copies={f"{base}tags/1.0": f"{base}trunk"})
    history.commit({f"{base}{path}": text for path, text in files("1.2", "api", "web").items()})
    for name in ("1.2", "api-v1.2.1", "web/1.2.2", "packages/web/v1.2.3", "core-1.9", "latest"):
        history.commit(copies={f"{base}tags/{name}": f"{base}trunk"})
    return history


CONNECTIONS = ("subversion", "subversion-cli")
in_short_by_libsvn = pytest.mark.parametrize(
    "vcs", CONNECTIONS if IS_LONG else CONNECTIONS[:1], indirect=True
)
"""For tests that ask what tests/contract asks of each connection. The other tests export by both."""


@pytest.fixture(params=CONNECTIONS)
def vcs(request: pytest.FixtureRequest) -> str:
    if request.param == "subversion-cli":
        need("svn")
    return request.param


class Index:
    """Runs over a history, on disk anew for each run."""

    def __init__(self, history: MemoryRepository, commands: Commands, vcs: str, lines: str) -> None:
        self.history, self.commands = history, commands
        self.folder = commands.folder / "svn"
        folders = [word for line in lines.splitlines() for word in ("--subdirectory", line)]
        self.options = ("--vcs", vcs, "--destination", "index", *folders)

    def url(self) -> str:
        if self.folder.exists():
            subprocess.run(["rm", "-rf", self.folder], check=True)
        return create(self.folder, self.history)

    def run(self, *more: str) -> str:
        return self.commands.sdists_from_tags("--repository", self.url(), *self.options, *more).output

    def planned(self, *more: str) -> set[tuple[str, str]]:
        report = self.commands.report("--repository", self.url(), *self.options, "--dry-run", *more)
        return {(tag["project"], tag["tag"]) for tag in report["to_build"]}

    def files(self) -> list[str]:
        return sorted(path.name for path in (self.commands.folder / "index").glob("*/acme_*.tar.gz"))


@in_short_by_libsvn
def test_a_tag_builds_the_projects_whose_prefix_it_has(commands: Commands, vcs: str) -> None:
    index = Index(two_projects(), commands, vcs, "packages/*")
    assert index.planned() == {
        ("api", "1.0"),
        ("api", "1.2"),
        ("web", "1.2"),
        ("api", "api-v1.2.1"),
        ("web", "web/1.2.2"),
        ("web", "packages/web/v1.2.3"),
    }
    index = Index(two_projects(), commands, vcs, "packages/api = api-v\npackages/web = web/")
    assert index.planned() == {("api", "api-v1.2.1"), ("web", "web/1.2.2")}
    assert index.planned("--exclude", "packages/w*") == {("api", "api-v1.2.1")}


@in_short_by_libsvn
def test_a_tag_with_the_longer_name_of_another_project_is_not_taken(commands: Commands, vcs: str) -> None:
    history = two_projects()
    history.commit(files("3.0", "api", "api-v2"))
    history.commit(copies={"tags/api-v2-3.0": "trunk"})
    index = Index(history, commands, vcs, "packages/*")
    assert {project for project, tag in index.planned() if tag == "api-v2-3.0"} == {"api-v2"}
    assert not [tag for _project, tag in index.planned("--exclude", "packages/api-v2") if tag == "api-v2-3.0"]


@in_short_by_libsvn
def test_the_folder_with_trunk_may_be_anywhere(commands: Commands, vcs: str) -> None:
    index = Index(two_projects("teams/red/"), commands, vcs, "packages/*")
    assert ("api", "1.0") in index.planned()
    assert index.planned("--ignore", "web") == {("api", "1.0"), ("api", "1.2"), ("api", "api-v1.2.1")}


@in_short_by_libsvn
def test_the_line_with_a_dot_is_for_tags_that_are_a_project(commands: Commands, vcs: str) -> None:
    history = two_projects()
    history.commit({f"lib/trunk/{path}": text for path, text in setuptools_project("lib", "3.0").items()})
    history.commit(copies={"lib/tags/3.0": "lib/trunk", "lib/tags/lib-v3.1": "lib/trunk"})
    index = Index(history, commands, vcs, "packages/api\n.")
    planned = index.planned()
    assert {("lib", "3.0"), ("lib", "lib-v3.1"), ("api", "1.2")} <= planned
    assert not any(project == "web" for project, _tag in planned)


def test_each_project_is_built_from_its_folder_and_nothing_is_built_twice(
    commands: Commands, vcs: str
) -> None:
    history = two_projects()
    index = Index(history, commands, vcs, "packages/*")
    said = index.run()
    built = ["acme_api-1.0.tar.gz", "acme_api-1.2.tar.gz", "acme_web-1.2.tar.gz"]
    assert index.files() == built, said
    with tarfile.open(next((commands.folder / "index").glob("*/acme_web-1.2.tar.gz"))) as opened:
        names = opened.getnames()
    assert "acme_web-1.2/setup.py" in names
    assert not any("README" in name or "packages" in name for name in names)
    page = (commands.folder / "index/acme-web/index.html").read_text()
    assert "acme_web-1.2.tar.gz" in page
    history.commit({f"trunk/{number}": "" for number in range(3)})
    assert "nothing to build" in index.run()
    history.commit(files("2.0", "api"))
    history.commit(copies={"tags/api/2.0": "trunk"})
    assert "acme_api-2.0.tar.gz" in index.run()
    history.commit({"tags/1.2/packages/web": None})
    said = index.run()
    assert "acme_web-1.2.tar.gz" in said
    assert "published as acme_api-1.2.tar.gz from revision 4; the tag is now at" in said
    history.commit({"tags/1.0": None})
    assert "acme_api-1.0.tar.gz" in index.run()
    assert index.files() == [*built[:2], "acme_api-2.0.tar.gz", built[2]]


@in_short_by_libsvn
def test_a_project_that_moves_in_trunk_stays_in_its_former_tags(commands: Commands, vcs: str) -> None:
    history = two_projects()
    index = Index(history, commands, vcs, "packages/*\nlibs/*")
    before = index.planned()
    history.commit({"trunk/packages/api": None}, copies={"trunk/libs/api": ("trunk/packages/api", 3)})
    history.commit(copies={"tags/1.4": "trunk"})
    assert index.planned() - before == {("api", "1.4"), ("web", "1.4")}


def outside(content: dict[str, Content | str]) -> MemoryRepository:
    setup = "from setuptools import setup\nversion = open('../../VERSION').read().strip()\n"
    setup += "setup(name='acme.api', version=version, py_modules=['api'], license_files=['LICENSE'])\n"
    history = MemoryRepository()
    history.commit(
        {
            "trunk/VERSION": "3.0\n",
            "trunk/LICENSE": "All rights\n",
            "trunk/packages/api/setup.py": setup,
            "trunk/packages/api/api.py": "",
            "trunk/packages/api/MANIFEST.in": "include LICENSE\n",
            **content,
        }
    )
    history.commit(copies={"tags/3.0": "trunk"})
    return history


def test_what_is_outside_the_folder_is_there_as_in_a_checkout(commands: Commands, vcs: str) -> None:
    history = outside({"trunk/packages/api/LICENSE": symlink("../../LICENSE")})
    index = Index(history, commands, vcs, "packages/api")
    said = index.run("--verify-builds", "never")
    archive = commands.folder / "index/acme-api/acme_api-3.0.tar.gz"
    assert archive.exists(), said
    with tarfile.open(archive) as opened:
        license_file = opened.extractfile("acme_api-3.0/LICENSE")
        assert license_file is not None
        assert license_file.read() == b"All rights\n"


def test_a_link_out_of_the_tag_is_refused(commands: Commands, vcs: str) -> None:
    history = outside({"trunk/packages/api/LICENSE": symlink(f"{'../' * 20}etc/hostname")})
    said = Index(history, commands, vcs, "packages/api").run()
    assert "symbolic link that leads out of it: LICENSE" in said


@in_short_by_libsvn
def test_make_sdist_builds_what_a_run_builds(commands: Commands, vcs: str) -> None:
    history = two_projects()
    index = Index(history, commands, vcs, "packages/*")
    index.run()
    of_run = next((commands.folder / "index").glob("*/acme_web-1.2.tar.gz")).read_bytes()
    url, options = index.folder.as_uri(), ("--vcs", vcs, "--subdirectory", "packages/*")
    done = commands.make_sdist(f"{url}/tags/1.2/packages/web", "one", *options)
    assert done.status == 0, done.output
    assert (commands.folder / "one/acme-web/acme_web-1.2.tar.gz").read_bytes() == of_run
    done = commands.make_sdist(f"{url}/tags/1.2", "two", *options)
    assert "the tag has several projects: packages/api, packages/web" in done.output
    assert "Name one of them, as in --subdirectory packages/api" in done.output
    done = commands.make_sdist(f"{url}/tags/1.2", "two", "--vcs", vcs, "--subdirectory", "packages/web")
    assert (commands.folder / "two/acme-web/acme_web-1.2.tar.gz").read_bytes() == of_run, done.output


def test_a_hook_ends_at_once_unless_a_tag_was_touched() -> None:
    history = two_projects()
    for changes, copies, is_touched in (
        ({"trunk/x": ""}, {}, False),
        ({}, {"tags/api-1.9": "trunk"}, True),
        ({"tags/1.2/packages/api/setup.py": "raise SystemExit\n"}, {}, True),
        ({"trunk/packages/api/setup.py": "raise SystemExit\n"}, {}, False),
    ):
        known = SubversionRepository(lambda: history)
        previous = previous_scan(known)
        revision = history.commit(changes, copies)
        with SubversionRepository(lambda: history) as repository:
            assert repository.touches_tags(revision, previous, ANY) is is_touched


def previous_scan(repository: SubversionRepository):
    from tests.support.tag_servers import Known

    return Known(repository.all_tags(ANY)).previous()


def test_a_run_without_news_lists_no_folder() -> None:
    history = two_projects()
    previous = previous_scan(SubversionRepository(lambda: history))
    history.commit({"trunk/x": ""})
    history.calls.clear()
    found = SubversionRepository(lambda: history).changed_tags(previous, ANY)
    assert found is not None
    assert not found.projects
    assert not [call for call in history.calls if call[0] == "entries"]
    history.commit(copies={"tags/web-1.9": "trunk"})
    history.calls.clear()
    found = SubversionRepository(lambda: history).changed_tags(previous, ANY)
    assert found is not None
    assert [(project.path, [tag.name for tag in project.tags]) for project in found.projects] == [
        ("packages/web", ["web-1.9"])
    ]
    listed = [path for call, path, _revision in history.calls if call == "entries"]
    assert listed == ["tags", "tags/web-1.9", "tags/web-1.9/packages", "tags/web-1.9/packages/web"]


def test_explain_says_whose_a_tag_is(commands: Commands) -> None:
    index = Index(two_projects(), commands, "auto", "packages/*")
    arguments = ("--repository", index.url(), *index.options, "--explain")

    def said(subject: str) -> str:
        return commands.sdists_from_tags(*arguments, subject).output

    assert "tags/1.2/packages/api is a release tag of api, version 1.2" in said("tags/1.2")
    assert "the tag 1.2 is one of this project" in said("tags/1.2/packages/web")
    assert "the tag web/1.2.2 is not one of this project" in said("tags/web/1.2.2/packages/api")
    assert "is a release tag of web, version 1.2.2" in said("packages/web/tags/web/1.2.2")
    assert "no line of subdirectory matches packages/notes" in said("tags/1.2/packages/notes")
    assert "next run: builds this tag" in said("web 1.2.2")
    assert "its tags are in tags" in said(index.folder.as_uri())
    assert "is looked into for no tag" in said("trunk/packages/api")


def test_a_repository_without_such_tags_is_told_why(commands: Commands) -> None:
    said = Index(two_projects(), commands, "auto", "libs/*").run()
    assert "and none has a project that it publishes" in said
    assert "The line . is for tags that are a project themselves" in said
    assert "no release tag of any project is there" in said


def test_the_options_layout_and_subdirectory_do_not_go_together(commands: Commands) -> None:
    said = Index(two_projects(), commands, "auto", "packages/*").run("--layout", "releases/{tag}")
    assert "only one of the options layout and subdirectory" in said


def test_a_url_of_no_such_tag_is_an_error() -> None:
    history = two_projects()
    history.commit({"tags/1.2/notes/notes.txt": ""})
    for path, error, reason in (
        ("tags/1.2/notes", PathNotFoundError, "no project of this tag is here"),
        ("trunk", PathNotFoundError, "not the URL of a tag"),
        ("tags/1.2", RepositoryError, "several projects"),
    ):
        tag_filter = replace(ANY, url=f"{URL}/{path}")
        repository = SubversionRepository(lambda path=path: history.open(path))
        with pytest.raises(error, match=reason):
            repository.tag_at_url(tag_filter)


def test_a_project_that_may_not_be_read_in_a_tag_is_not_taken_for_deleted() -> None:
    history = two_projects()
    previous = previous_scan(SubversionRepository(lambda: history))
    history.forbidden = frozenset({"tags/1.2/packages/web"})
    repository = SubversionRepository(lambda: history)
    found = repository.all_tags(ANY)
    assert found.forbidden_paths == ("tags/1.2/packages/web",)
    web = next(project for project in found.projects if project.path == "packages/web")
    assert "1.2" not in [tag.name for tag in web.tags]
    paths = ["tags/1.2/packages/web", "tags/1.2/packages/api", "tags/1.0/packages/web", "tags/9/packages/api"]
    assert repository.presence(paths) == dict(zip(paths, ("there", "there", "gone", "gone"), strict=True))
    history.forbidden = frozenset()
    history.commit({"tags/1.2/packages/web/more": ""})
    now = SubversionRepository(lambda: history).changed_tags(previous, ANY)
    assert now is not None
    assert [project.path for project in now.projects if "1.2" in {tag.name for tag in project.tags}] == [
        "packages/api",
        "packages/web",
    ]


def test_the_revision_in_which_a_project_went_from_a_tag_is_known() -> None:
    history = two_projects()
    before = history.head()
    gone = history.commit({"tags/1.2/packages/web": None})
    history.commit({"tags/1.0": None})
    repository = SubversionRepository(lambda: history)
    paths = {"tags/1.2/packages/web": before, "tags/1.0/packages/api": before}
    assert repository.deletions(paths) == {
        "tags/1.2/packages/web": gone,
        "tags/1.0/packages/api": history.head(),
    }
