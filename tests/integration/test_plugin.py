"""The documented plug-in, installed by pip into an environment: a run, its builders, and what goes wrong."""

from __future__ import annotations

import shutil
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.commands import WITHOUT_WHEELS, Commands, Done, index_files
from tests.support.folders import PLUGIN
from tests.support.history import History, setuptools_project

SCRIPT = "import sys; from sdistmaker_recipe import scripts; sys.exit(scripts.{name}())"


class Environment:
    """A virtual environment with this package, into which pip installs the plug-in."""

    def __init__(self, commands: Commands) -> None:
        self.commands = commands
        self.python = commands.clean_python("environment")
        # What the tests run with is there too, as if it were installed.
        (packages,) = self.python.parents[1].glob("lib/python*/site-packages")
        own = sysconfig.get_path("purelib")
        (packages / "own.pth").write_text(f"import site; site.addsitedir({own!r})\n")
        self.source = Path(shutil.copytree(PLUGIN, commands.folder / "plugin"))
        self.index = commands.folder / "index"
        self.releases = commands.folder / "releases"

    def install_plugin(self) -> None:
        pip = [self.python, "-m", "pip", "install", "--quiet"]
        done = self.commands.run(*pip, self.source)
        assert done.status == 0, done.output

    def add_release(self, project: str, name: str, files: Mapping[str, str]) -> None:
        self.releases.mkdir(exist_ok=True)
        (self.releases / ".folders-id").write_text("5f1c3a0e\n")
        for path, text in files.items():
            file = self.releases / project / "tags" / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def sdists_from_tags(self, *arguments: str) -> Done:
        url = f"folders://{self.releases}"
        options = ["--repository", url, "--destination", self.index, *arguments]
        script = SCRIPT.format(name="sdists_from_tags")
        return self.commands.run(self.python, "-c", script, *options, *WITHOUT_WHEELS)


@pytest.fixture
def environment(commands: Commands) -> Environment:
    made = Environment(commands)
    for version in ("1.0", "1.1", "1.2"):
        made.add_release("group/acme.tool", version, setuptools_project("acme.tool", version))
    made.add_release("acme.other", "0.9", setuptools_project("acme.other", "0.9"))
    return made


def test_a_plugin_is_installed_and_its_releases_are_published(environment: Environment) -> None:
    missing = environment.sdists_from_tags()
    assert missing.status == 2, missing.output
    assert "is not the URL of a repository" in missing.stderr

    environment.install_plugin()
    done = environment.sdists_from_tags()
    assert done.status == 0, done.output
    assert index_files(environment.index) == [
        "acme-other/acme_other-0.9.tar.gz",
        *(f"acme-tool/acme_tool-{version}.tar.gz" for version in ("1.0", "1.1", "1.2")),
    ]
    again = environment.sdists_from_tags()
    assert "nothing to build" in again.output

    environment.add_release("acme.other", "1.0", setuptools_project("acme.other", "1.0"))
    shutil.rmtree(environment.releases / "group/acme.tool/tags/1.0")
    third = environment.sdists_from_tags("--deleted-tags", "yank")
    assert third.status == 0, third.output
    assert "acme-other/acme_other-1.0.tar.gz" in index_files(environment.index)
    # A disk does not tell whether a folder was removed or is missing in a restored backup.
    assert "acme_tool-1.0.tar.gz" in third.output
    page = (environment.index / "acme-tool/index.html").read_text()
    assert page.count("data-yanked") == 1


def test_the_same_release_has_the_same_bytes_by_make_sdist(environment: Environment, tmp_path: Path) -> None:
    environment.install_plugin()
    assert environment.sdists_from_tags().status == 0
    url = f"folders://{environment.releases}/group/acme.tool/tags/1.1"
    made = environment.commands.run(
        environment.python, "-c", SCRIPT.format(name="make_sdist"), url, tmp_path / "single"
    )
    assert made.status == 0, made.output
    (single,) = (tmp_path / "single").rglob("*.tar.gz")
    assert single.read_bytes() == (environment.index / "acme-tool/acme_tool-1.1.tar.gz").read_bytes()


def test_a_plugin_that_does_not_import_is_an_error_with_its_name(environment: Environment) -> None:
    module = environment.source / "folders_backend.py"
    module.write_text(module.read_text().replace("import os\n", "import no_such_library\n"))
    environment.install_plugin()
    done = environment.sdists_from_tags()
    assert done.status == 3, done.output
    assert "folders-backend 1.0" in done.stderr
    assert "No module named 'no_such_library'" in done.stderr


def test_an_error_in_a_plugin_is_told_as_such_and_the_other_repositories_are_read(
    environment: Environment, history: History
) -> None:
    history.release("acme.greeting", "1.0")
    module = environment.source / "folders_backend.py"
    text = module.read_text()
    module.write_text(
        text.replace("def head(self) -> str:\n", "def head(self) -> str:\n        raise ValueError('odd')\n")
    )
    assert module.read_text() != text
    environment.install_plugin()
    done = environment.sdists_from_tags("--repository", history.url)
    assert done.status == 3, done.output
    assert (
        "the plug-in folders of the distribution folders-backend 1.0 failed: ValueError: odd" in done.output
    )
    assert "Traceback" not in done.output
    assert index_files(environment.index) == ["acme-greeting/acme_greeting-1.0.tar.gz"]


def test_an_unknown_scheme_names_what_plugins_serve(environment: Environment) -> None:
    environment.install_plugin()
    done = environment.sdists_from_tags("--repository", "fossil://example.com/x")
    assert done.status == 2, done.output
    assert "the plug-in folders serves folders://" in done.stderr
    named = environment.sdists_from_tags("--vcs", "fossil")
    assert "folders" in named.stderr.partition("vcs")[2]
    assert environment.sdists_from_tags("--vcs", "folders", "--dry-run").status == 0
