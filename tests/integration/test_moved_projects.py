"""Whole runs after a move: from Subversion to git, at once or by project, and from server to server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.commands import Commands
from tests.support.git import FIRST_SECOND, commit, git, make_bare
from tests.support.history import History, setuptools_project
from tests.support.mercurial import Hg
from tests.support.requirements import need

pytestmark = pytest.mark.usefixtures("forked_commands")

LEDGER = {"1.0": "v1.0", "1.1": "v1.1", "1.2": "1.2"}


class File(NamedTuple):
    """What clients see of a file of the index."""

    content: bytes
    upload_time: str
    yanked: bool


class Company:
    """An index of projects in Subversion, of which some come to git."""

    def __init__(self, folder: Path, history: History, commands: Commands) -> None:
        self.history, self.commands = history, commands
        self.git_folder = folder / "git"
        for version in LEDGER:
            history.release("acme.ledger", version)
        history.release("acme.other", "2.0")

    @property
    def git_url(self) -> str:
        return f"git+{self.git_folder.as_uri()}"

    def convert(self, project: str, tags: dict[str, str], *, dist: str = "") -> Path:
        """Make a bare repository with a commit and a tag for each version, later than those in Subversion."""
        bare = self.git_folder / f"{project}.git"
        if not bare.exists():
            make_bare(bare)
        for number, (version, tag) in enumerate(tags.items()):
            files = setuptools_project(dist or project, version)
            commit(bare, {**files, ".gitignore": "*.pyc\n"}, seconds=FIRST_SECOND + number)
            git(bare, "tag", tag, "main")
        return bare

    def run(self, *repositories: str, options: tuple[str, ...] = ()) -> dict:
        arguments = [part for url in repositories for part in ("--repository", url)]
        return self.commands.report(*arguments, "--destination", "index", *options)

    def files(self) -> dict[str, File]:
        found = {}
        for page in (self.commands.folder / "index").glob("*/index.json"):
            for file in json.loads(page.read_text())["files"]:
                content = (page.parent / file["filename"]).read_bytes()
                found[file["filename"]] = File(content, file["upload-time"], bool(file.get("yanked")))
        return found


@pytest.fixture
def company(tmp_path: Path, history: History, commands: Commands) -> Company:
    made = Company(tmp_path, history, commands)
    made.run(history.url)
    assert len(made.files()) == 4
    return made


@pytest.mark.parametrize("deleted_tags", ["yank", "remove", "keep"])
def test_all_projects_move_at_once(company: Company, deleted_tags: str) -> None:
    options = ("--deleted-tags", deleted_tags, "--moved-tags", "replace-unpublished")
    before = company.files()
    bare = company.convert("acme.ledger", LEDGER)
    company.convert("acme.other", {"2.0": "2.0"})
    moved = company.run(company.git_url, options=options)
    assert company.files() == before
    assert moved["published"] == []
    assert [w for w in moved["warnings"] if "project and version: 4." in w]
    assert len(moved["warnings"]) == 1, moved["warnings"]
    assert company.run(company.git_url, options=options)["warnings"] == []

    company.convert("acme.ledger", {"1.3": "v1.3"})
    company.run(company.git_url, options=options)
    new = company.files()
    assert set(new) - set(before) == {"acme_ledger-1.3.tar.gz"}
    assert {name: new[name] for name in before} == before

    git(bare, "tag", "-f", "v1.1", "v1.3")
    (warning,) = company.run(company.git_url, options=options)["warnings"]
    assert "acme.ledger 1.1" in warning or "v1.1" in warning
    git(bare, "tag", "-d", "v1.0")
    company.run(company.git_url, options=options)
    # Git does not say when a tag was deleted, so its release is yanked and not removed.
    is_yanked = deleted_tags != "keep"
    expected = before["acme_ledger-1.0.tar.gz"]._replace(yanked=is_yanked)
    assert company.files()["acme_ledger-1.0.tar.gz"] == expected


def test_releases_without_a_tag_in_git_stay(company: Company) -> None:
    before = company.files()
    company.convert("acme.ledger", {"1.2": "v1.2"})
    (warning,) = company.run(company.git_url, options=("--deleted-tags", "remove"))["warnings"]
    assert "stay too: 2." in warning
    assert company.files() == before
    # A tag that is pushed later is known again too.
    company.convert("acme.ledger", {"1.1": "v1.1"})
    late = company.run(company.git_url, options=("--deleted-tags", "remove"))
    assert late["published"] == []
    assert company.files() == before


@pytest.mark.parametrize("single", [True, False])
def test_one_project_moves_and_is_excluded_in_subversion(company: Company, single: bool) -> None:
    before = company.files()
    bare = company.convert("acme.ledger", LEDGER)
    both = (company.history.url, f"git+{bare.as_uri()}" if single else company.git_url)
    options = ("--deleted-tags", "remove", "--exclude", f"{company.history.url}/acme.ledger")
    step = company.run(*both, options=options)
    assert company.files() == before
    assert (step["published"], step["failed"]) == ([], [])
    assert company.run(*both, options=options)["warnings"] == []
    company.convert("acme.ledger", {"1.3": "v1.3"})
    company.history.release("acme.other", "2.1")
    assert company.run(*both, options=options)["failed"] == []
    assert set(company.files()) - set(before) == {"acme_ledger-1.3.tar.gz", "acme_other-2.1.tar.gz"}
    git(bare, "tag", "-d", "v1.0")
    company.run(*both, options=options)
    assert [name for name, file in company.files().items() if file.yanked] == ["acme_ledger-1.0.tar.gz"]


def test_both_have_the_tags_until_they_are_deleted_in_subversion(company: Company) -> None:
    before = company.files()
    both = (company.git_url, company.history.url)
    bare = company.convert("acme.ledger", LEDGER)
    for _run in range(2):
        step = company.run(*both, options=("--deleted-tags", "remove"))
        assert (step["published"], step["failed"], step["warnings"]) == ([], [], [])
    git(bare, "tag", "-f", "v1.1", "v1.0")
    step = company.run(*both, options=("--deleted-tags", "remove"))
    assert (step["published"], step["failed"], step["warnings"]) == ([], [], [])
    company.history.delete("acme.ledger/tags/1.0")
    assert company.run(*both, options=("--deleted-tags", "remove"))["published"] == []
    company.history.delete("acme.ledger")
    assert company.run(*both, options=("--deleted-tags", "remove"))["published"] == []
    assert company.files() == before
    git(bare, "tag", "-d", "v1.0")
    company.run(*both, options=("--deleted-tags", "remove"))
    assert [name for name, file in company.files().items() if file.yanked] == ["acme_ledger-1.0.tar.gz"]


def test_the_last_step_leaves_subversion(company: Company) -> None:
    before = company.files()
    bare = company.convert("acme.ledger", LEDGER)
    company.convert("acme.other", {"2.0": "v2.0"})
    company.run(company.history.url, company.git_url)
    assert company.run(company.git_url)["published"] == []
    assert company.files() == before
    git(bare, "tag", "-d", "v1.0")
    company.run(company.git_url)
    assert company.files()["acme_ledger-1.0.tar.gz"].yanked


def test_a_git_server_gets_another_url(company: Company) -> None:
    company.convert("acme.till", {"1.0": "v1.0", "1.1": "v1.1"})
    company.run(f"{company.git_url}/acme.till.git")
    before = company.files()
    assert "acme_till-1.0.tar.gz" in before
    company.git_folder = company.git_folder.rename(company.git_folder.with_name("new-server"))
    moved = company.run(f"{company.git_url}/acme.till.git")
    assert (moved["published"], moved["failed"]) == ([], [])
    assert company.files() == before
    bare = company.convert("acme.till", {"1.2": "v1.2"})
    git(bare, "tag", "-d", "v1.0")
    company.run(f"{company.git_url}/acme.till.git")
    after = company.files()
    assert set(after) - set(before) == {"acme_till-1.2.tar.gz"}
    assert [name for name, file in after.items() if file.yanked] == ["acme_till-1.0.tar.gz"]


@pytest.mark.parametrize("system", ["git", "hg"])
@pytest.mark.parametrize(("before", "after"), [("", "alpha"), ("alpha", "group/alpha")])
def test_a_repository_moves_within_a_folder(
    tmp_path: Path, commands: Commands, system: str, before: str, after: str
) -> None:
    need(system)
    root, company = tmp_path / "all/root", Company.__new__(Company)
    company.commands = commands
    suffix = ".git" if system == "git" else ""
    place = root / f"{before}{suffix}" if before else root
    files = {version: setuptools_project("alpha", version) for version in ("1.0", "1.1")}
    if system == "git":
        make_bare(place)
        for version, content in files.items():
            commit(place, content)
            git(place, "tag", version, "main")
    else:
        hg = Hg()
        hg.init(place, files["1.0"])
        for version, content in files.items():
            hg.commit(place, {**content, "NEWS": version})
            hg.tag(place, version)
        hg.close()
    url, options = f"{system}+{root.as_uri()}", ("--deleted-tags", "remove")
    company.run(url, options=options)
    published = company.files()
    assert len(published) == 2
    place.rename(tmp_path / "moved")
    (root / after).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "moved").rename(root / f"{after}{suffix}")
    moved = company.run(url, options=options)
    assert (moved["to_build"], moved["failed"], moved["published"]) == ([], [], [])
    assert "recognised by their commits: 2" in moved["warnings"][0]
    assert company.files() == published
    again = company.run(url, options=options)
    assert (again["warnings"], again["to_build"]) == ([], [])
    assert company.files() == published


@pytest.mark.parametrize("deleted_tags", ["yank", "remove"])
def test_subversion_gets_another_url_and_uuid(company: Company, tmp_path: Path, deleted_tags: str) -> None:
    before, options = company.files(), ("--deleted-tags", deleted_tags)
    dumped = ["svnadmin", "dump", "-q", str(company.history.folder)]
    dump = subprocess.run(dumped, capture_output=True, check=True).stdout
    new = tmp_path / "elsewhere"
    subprocess.run(["svnadmin", "create", str(new)], check=True)
    load = ["svnadmin", "load", "-q", "--ignore-uuid", str(new)]
    subprocess.run(load, input=dump, check=True, capture_output=True)
    moved = company.run(new.as_uri(), options=options)
    assert (moved["to_build"], moved["failed"]) == ([], [])
    assert "project and version: 4." in moved["warnings"][0]
    assert company.files() == before


def test_a_folder_that_is_named_other_than_its_project(company: Company) -> None:
    company.history.release("till", "1.0", dist="acme.till")
    company.run(company.history.url)
    before = company.files()
    bare = company.convert("till", {"1.0": "v1.0"}, dist="acme.till")
    company.convert("till", {"1.1": "v1.1"}, dist="acme.till")
    moved = company.run(f"git+{bare.as_uri()}")
    assert moved["failed"] == []
    assert set(company.files()) - set(before) == {"acme_till-1.1.tar.gz"}
    assert {name: company.files()[name] for name in before} == before


def test_a_tag_that_was_deleted_in_subversion_and_is_in_git_restores_its_release(company: Company) -> None:
    before = company.files()
    company.history.delete("acme.ledger/tags/1.0")
    company.run(company.history.url)
    assert company.files()["acme_ledger-1.0.tar.gz"].yanked
    company.convert("acme.ledger", LEDGER)
    moved = company.run(company.git_url, options=("--moved-tags", "replace-unpublished"))
    assert moved["published"] == []
    assert company.files() == before


def test_a_project_of_another_name_moves_while_subversion_stays(company: Company) -> None:
    for version in ("1.0", "1.1"):
        company.history.release("till", version, dist="acme.till")
    company.run(company.history.url)
    before = company.files()
    company.convert("till", {"1.1": "v1.1", "1.2": "v1.2"}, dist="acme.till")
    options = ("--exclude", f"{company.history.url}/till")
    moved = company.run(company.history.url, company.git_url, options=options)
    assert moved["failed"] == []
    assert set(company.files()) - set(before) == {"acme_till-1.2.tar.gz"}
    assert {name: company.files()[name] for name in before} == before


def test_projects_move_to_mercurial(company: Company, tmp_path: Path) -> None:
    need("hg")
    before = company.files()
    hg, project = Hg(), tmp_path / "hg/acme.ledger"
    hg.init(project, setuptools_project("acme.ledger", "1.0"))
    for version in ("1.0", "1.1", "1.2"):
        hg.commit(project, {**setuptools_project("acme.ledger", version), "NEWS": version})
        hg.tag(project, f"release-{version}")
    options = ("--deleted-tags", "remove", "--tag-pattern", "(?:release-)?(?P<version>[0-9.]+)")
    moved = company.run(f"hg+{project.as_uri()}", options=options)
    assert (moved["published"], moved["failed"]) == ([], [])
    assert company.files() == before
    hg.untag(project, "release-1.0")
    company.run(f"hg+{project.as_uri()}", options=options)
    assert set(before) - set(company.files()) == {"acme_ledger-1.0.tar.gz"}


def test_projects_move_into_one_repository(company: Company) -> None:
    before = company.files()
    bare = make_bare(company.git_folder / "all.git")
    for project, version in (("acme.ledger", "1.0"), ("acme.ledger", "1.1"), ("acme.other", "2.0")):
        files = setuptools_project(project, version)
        commit(bare, {f"packages/{project}/{path}": text for path, text in files.items()})
        git(bare, "tag", f"{project}-{version}", "main")
    options = ("--subdirectory", "packages/*", "--deleted-tags", "remove")
    moved = company.run(f"git+{bare.as_uri()}", options=options)
    assert (moved["published"], moved["failed"]) == ([], [])
    assert company.files() == before
    assert "project and version: 3." in moved["warnings"][0]


def test_several_projects_move_from_one_tree_into_one_repository(
    tmp_path: Path, history: History, commands: Commands
) -> None:
    company = Company(tmp_path, history, commands)
    projects = {f"packages/{name}": setuptools_project(f"acme.{name}", "1.0") for name in ("api", "web")}
    trunk = {f"{folder}/{path}": text for folder, files in projects.items() for path, text in files.items()}
    later = {**trunk, "packages/api/setup.py": setuptools_project("acme.api", "1.1")["setup.py"]}
    history.add_tag("one", "1.0", trunk)
    history.add_tag("one", "api/1.1", later)
    options = ("--subdirectory", "packages/*", "--deleted-tags", "remove")
    company.run(f"{history.url}/one", options=options)
    before = company.files()
    assert sorted(before) == ["acme_api-1.0.tar.gz", "acme_api-1.1.tar.gz", "acme_web-1.0.tar.gz"]
    bare = make_bare(company.git_folder / "one.git")
    commit(bare, trunk)
    git(bare, "tag", "v1.0", "main")
    commit(bare, later)
    git(bare, "tag", "api-1.1", "main")
    moved = company.run(f"git+{bare.as_uri()}", options=options)
    assert (moved["published"], moved["failed"]) == ([], [])
    assert company.files() == before
    assert "project and version: 3." in moved["warnings"][0]
    git(bare, "tag", "-d", "v1.0")
    company.run(f"git+{bare.as_uri()}", options=options)
    yanked = {name for name, file in company.files().items() if file.yanked}
    assert yanked == {"acme_api-1.0.tar.gz", "acme_web-1.0.tar.gz"}
