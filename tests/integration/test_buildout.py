"""One buildout run turns the tags of a served repository into an index that Apache serves and clients use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import Commands, Done, index_files
from tests.support.history import History
from tests.support.httpd import Httpd, make_passable
from tests.support.subversion import dav, svn_url, svnserve

SNIPPET_MODULES = ("alias", "headers", "rewrite", "setenvif")

CONFIG = """\
[buildout]
parts = sdists
index = {public}/

[sdists]
recipe = sdistmaker_recipe
repository = {url}
{options}
"""


@pytest.fixture(params=["svnserve", "mod_dav_svn"])
def url(request: pytest.FixtureRequest, history: History, tmp_path: Path) -> Iterator[str]:
    """The URL of the history, served by a real server."""
    scratch = tmp_path / "svn-server"
    scratch.mkdir()
    if request.param == "svnserve":
        with svnserve(history.folder.parent, scratch) as server:
            yield f"{svn_url(server)}/{history.folder.name}"
    else:
        make_passable(history.folder)
        with dav(history.folder.parent, scratch) as httpd:
            yield f"{httpd.url}/open/{history.folder.name}"


def test_a_buildout_run_makes_an_index_that_clients_install_from(
    url: str, history: History, commands: Commands, public: str, tmp_path: Path
) -> None:
    history.release("Only.Ours", "1.0", requires=["shared"])
    history.release("shared", "1.0")
    config = CONFIG.format(public=public, url=url, options="")
    index = commands.folder / "var/private"

    first = commands.buildout(config)
    assert first.status == 0, first.output
    assert index_files(index) == ["only-ours/only_ours-1.0.tar.gz", "shared/shared-1.0.tar.gz"]
    before = _times(index)

    again = commands.buildout(config)
    assert again.status == 0, again.output
    assert "nothing to build" in again.output
    assert _times(index) == before

    _install_everything(commands, index, tmp_path)

    history.release("shared", "1.1")
    third = commands.buildout(config)
    assert _published(third) == ["shared-1.1.tar.gz"]

    changed = commands.buildout(CONFIG.format(public=public, url=url, options="exclude = shared"))
    assert changed.status == 0, changed.output
    assert "Uninstalling sdists" in changed.output
    assert index_files(index) == [
        "only-ours/only_ours-1.0.tar.gz",
        "shared/shared-1.0.tar.gz",
        "shared/shared-1.1.tar.gz",
    ]
    assert "shared-1.1.tar.gz" in (index / "shared/index.html").read_text()


def _install_everything(commands: Commands, index: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index-server"
    folder.mkdir()
    make_passable(index)
    with Httpd(folder, _virtual_host(index), SNIPPET_MODULES) as httpd:
        assert "Syntax OK" in httpd.configtest()
        for name, install in (("pip", commands.pip_install), ("uv", commands.uv_install)):
            python = commands.clean_python(f"with-{name}")
            done = install(python, httpd.url, "only.ours", "stranger")
            assert done.status == 0, done.output
            versions = {
                each: commands.module_version(python, each) for each in ("only_ours", "stranger", "shared")
            }
            assert versions == {"only_ours": "1.0", "stranger": "9.0", "shared": "1.0"}, name


def _virtual_host(index: Path) -> str:
    snippet = index.with_name(f"{index.name}-apache.conf")
    deny = "<Directory />\nRequire all denied\n</Directory>"
    return f'{deny}\n<VirtualHost *>\nInclude "{snippet}"\n</VirtualHost>\n'


def _published(done: Done) -> list[str]:
    assert done.status == 0, done.output
    lines = (line.partition("published ")[2] for line in done.output.splitlines() if ": published " in line)
    return [line.split()[0] for line in lines]


def _times(index: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in index.rglob("*") if path.is_file()}
