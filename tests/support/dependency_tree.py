"""A tree of private projects with several releases each, and how clients resolve and install it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.clients import PROJECT, Pip, Poetry, Use, Uv
from tests.support.commands import Done
from tests.support.history import History, setuptools_project
from tests.support.svndump import Change, add_file

ROOT = "tree-00"
PROJECTS = 30
RELEASES = 10
_IN_PROJECT = {"POETRY_VIRTUALENVS_IN_PROJECT": "true"}


def add_tree(history: History, projects: int = PROJECTS, releases: int = RELEASES) -> None:
    """Commit the tags of a tree: each project needs two others, in one of their last three releases.

    The root wants an old release of the last project, so that the newest of everything does not go together.
    """
    folders = (f"{_name(number)}{folder}" for number in range(projects) for folder in ("", "/trunk", "/tags"))
    history.commit([Change("add", folder, "dir") for folder in folders])
    for release in range(1, releases + 1):
        changes: list[Change] = []
        for number in range(projects):
            name, version = _name(number), f"{release}.0"
            tag = f"{name}/tags/{version}"
            changes.append(Change("add", tag, "dir"))
            requires = list(_requirements(number, release, projects, releases))
            for path, content in setuptools_project(name, version, requires).items():
                changes.append(add_file(f"{tag}/{path}", content))
        history.commit(changes)


def modules(projects: int = PROJECTS) -> list[str]:
    """The modules that the tree installs, one of each project."""
    return [_name(number).replace("-", "_") for number in range(projects)]


def leaf(projects: int = PROJECTS) -> str:
    """A project of the tree that needs no other one."""
    return _name(projects - 1)


def resolve(use: Use, project: str = ROOT) -> Done:
    """Have a client find the releases that go together below a project, and install nothing."""
    if isinstance(use, Pip):
        return use.run("--python", use.python, "install", "--dry-run", project)
    if isinstance(use, Poetry):
        source = f'[[tool.poetry.source]]\nname = "ours"\nurl = "{use.index}"\npriority = "primary"\n'
        use.file("pyproject.toml", f"{_user_of(project)}[tool.poetry]\npackage-mode = false\n\n{source}")
        return use.run("lock", "--no-interaction", environment=_IN_PROJECT)
    assert isinstance(use, Uv)
    use.file("pyproject.toml", f'{_user_of(project)}[[tool.uv.index]]\nurl = "{use.index}"\ndefault = true\n')
    return use.run("lock")


def install(use: Use, project: str = ROOT) -> Done:
    """Have a client install the releases that ``resolve`` found for the same project."""
    if isinstance(use, Pip):
        return use.install(project)
    if isinstance(use, Poetry):
        return use.run("install", "--no-interaction", environment=_IN_PROJECT)
    return use.run("sync")


def _name(number: int) -> str:
    return f"tree-{number:02d}"


def _requirements(number: int, release: int, projects: int, releases: int) -> Iterator[str]:
    for child in (2 * number + 1, 2 * number + 2):
        if child < projects:
            yield f"{_name(child)}>={max(1, release - 2)},<={release}"
    if number == 0:
        yield f"{_name(projects - 1)}<{releases - 1}"


def _user_of(project: str) -> str:
    """The beginning of a pyproject.toml that wants a project of the tree."""
    return PROJECT.replace("requires-python", f'dependencies = ["{project}"]\nrequires-python')
