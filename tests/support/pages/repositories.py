"""Repositories that pages read, and the old indexes that they take over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tests.support.git import commit, git, make_bare
from tests.support.history import History, setuptools_project
from tests.support.mercurial import Hg
from tests.support.old_index import add_archive
from tests.support.pages.place import Place
from tests.support.public_index import add_sdist
from tests.support.requirements import need
from tests.support.svndump import Change, add_file


def subversion(place: Place) -> None:
    """A Subversion repository with a few small releases of two projects."""
    history = _repository(place)
    for version in ("1.0", "1.1"):
        history.release("acme.greeting", version)
    history.release("acme-ledger", "0.2")
    history.add_tag("acme-ledger", "final", setuptools_project("acme-ledger", "0.2"))


def changed_tags(place: Place) -> None:
    """A tag of a published release is deleted, and there is a new one."""
    place.history.delete("acme.greeting/tags/1.0")
    place.history.release("acme.greeting", "1.2")


def failing_tag(place: Place) -> None:
    """A tag in it that does not build."""
    place.history.add_tag("acme-ledger", "0.3", {"setup.py": "open('NEWS.txt')\n"})


def undeclared_import(place: Place) -> None:
    """A Subversion repository with a tag that imports another project to build, and does not say so."""
    history = _repository(place)
    history.release("acme-tools", "1.0")
    files = setuptools_project("acme-report", "1.0")
    history.add_tag("acme-report", "1.0", {**files, "setup.py": f"import acme_tools\n{files['setup.py']}"})


def tags_at_the_root(place: Place) -> None:
    """A Subversion repository with the tags of all projects at its root."""
    files = setuptools_project("acme-ledger", "1.0")
    folders = ("tags", "tags/acme-ledger", "tags/acme-ledger/1.0")
    _commit(_repository(place), folders, {f"{folders[-1]}/{name}": text for name, text in files.items()})


def several_projects(place: Place) -> None:
    """A Subversion repository with two projects in each tag, and a git repository of the same."""
    folders = ("packages", "packages/api", "packages/web")
    files = {
        f"packages/{name}/{path}": text
        for name in ("api", "web")
        for path, text in setuptools_project(name, "1.2").items()
    }
    tag = "tags/1.2"
    in_tag = {f"{tag}/{path}": text for path, text in files.items()}
    _commit(_repository(place), ("trunk", "tags", tag, *(f"{tag}/{name}" for name in folders)), in_tag)
    bare = make_bare(place.root / "srv/git/all.git")
    commit(bare, files)
    git(bare, "tag", "1.2", "refs/heads/main")


def tags2sdists(place: Place) -> None:
    """A folder of working copies of git, and what tags2sdists made of the first tag."""
    checkout = place.root / "srv/checkouts/acme-tool"
    checkout.mkdir(parents=True)
    git(checkout, "init", "--quiet")
    for version in ("1.0", "1.1", "2.0a1"):
        for name, text in setuptools_project("acme-tool", version).items():
            (checkout / name).write_text(text, "utf-8")
        git(checkout, "add", ".")
        git(checkout, "commit", "--quiet", "--message", version)
        git(checkout, "tag", version)
    archives = place.root / "srv/sdists/acme-tool"
    archives.mkdir(parents=True)
    add_sdist(archives, "acme-tool", "1.0", setuptools_project("acme-tool", "1.0"))


def git_repositories(place: Place) -> None:
    """A folder of git repositories."""
    bare = make_bare(place.root / "srv/git/acme-tool.git")
    for version in ("1.0", "1.1"):
        git(bare, "tag", version, commit(bare, setuptools_project("acme-tool", version)))


def mercurial_repositories(place: Place) -> None:
    """A folder of Mercurial repositories."""
    need("hg")
    hg, folder = Hg(), place.root / "srv/hg/acme.tool"
    hg.init(folder, setuptools_project("acme.tool", "1.0"))
    hg.tag(folder, "1.0")
    hg.commit(folder, setuptools_project("acme.tool", "1.1"))
    hg.tag(folder, "1.1")


def old_index(place: Place) -> None:
    """A Subversion repository, and an index that sdistmaker 1.4 made of its first tag."""
    history = _repository(place)
    for version in ("1.0", "1.1"):
        history.release("Acme.Greeting", version)
    index = place.root / "srv/packages/index"
    add_archive(index / "Acme.Greeting/Acme.Greeting-1.0.tar.gz", "Acme.Greeting", "1.0")


def other_files(place: Place) -> None:
    """What else somebody has put into that index."""
    folder = place.root / "srv/packages/index/acme-ledger"
    add_archive(folder / "acme-ledger-0.2.zip", "acme-ledger", "0.2")
    (folder / "acme-ledger-0.2-py2.6.egg").write_text("")


def converted(place: Place) -> None:
    """The same projects in git, as git svn leaves them, and a script whose part names them."""
    folder = place.root / "git"
    projects = {"acme.greeting": ("1.0", "1.1"), "acme-ledger": ("0.2",)}
    for project, versions in projects.items():
        bare = make_bare(folder / f"{project}.git")
        place.names[f"https://git.example.com/group/{project}.git"] = bare.as_uri()
        for version in versions:
            git(bare, "tag", version, commit(bare, setuptools_project(project, version)))
    working_copy = place.commands.folder / "working-copy"
    working_copy.mkdir()
    git(working_copy, "init", "--quiet")
    git(working_copy, "commit", "--quiet", "--allow-empty", "--message", "one")
    git(working_copy, "update-ref", "refs/remotes/origin/tags/1.0", "HEAD")
    script = place.commands.folder / "bin/sdists_from_tags"
    urls = "\\n".join(f"git+{path.as_uri()}" for path in folder.iterdir())
    text = script.read_text("utf-8").replace(place.history.url, urls)
    script.with_name("with_git").write_text(text, "utf-8")
    script.with_name("with_git").chmod(0o755)
    place.commands = replace(place.commands, folder=working_copy)


def _repository(place: Place) -> History:
    need("svn")
    place.history = History(place.root / "svn")
    place.names["https://svn.example.com/svn"] = place.history.url
    place.stands_for("/srv/svn", place.history.folder)
    place.options |= {"repository": place.history.url, "public-index": place.public}
    return place.history


def _commit(history: History, folders: Sequence[str], files: Mapping[str, str]) -> None:
    changes = [Change("add", folder, "dir") for folder in folders]
    history.commit([*changes, *(add_file(path, text) for path, text in files.items())])
