"""Plug-ins: found by entry points, imported only when one serves a URL, and errors that say whose."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import NoReturn

import pytest

from sdistmaker_recipe.configuration import option_types
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.plugins import installed_plugins, plugin_for_scheme
from sdistmaker_recipe.vcs import open_repository


class Site:
    """Installs distributions that declare plug-ins, by their metadata alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, distribution: str, entry_points: str, version: str = "1.2", **modules: str) -> None:
        metadata_folder = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        metadata_folder.mkdir()
        text = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        (metadata_folder / "METADATA").write_text(text)
        (metadata_folder / "entry_points.txt").write_text(f"[sdistmaker_recipe.vcs]\n{entry_points}\n")
        for name, source in modules.items():
            (self.folder / f"{name}.py").write_text(source)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield Site(tmp_path)
    for name in set(sys.modules) - before:
        del sys.modules[name]


OPENER = """\
def open_repository(url, credentials, connections, settings):
    return url, credentials, connections
"""


@pytest.mark.parametrize(
    "url", ["folders:///srv/x", "FOLDERS://example.com/x", "folders+https://example.com/x", "folders+ssh://x"]
)
def test_a_plugin_serves_the_scheme_of_its_name_and_those_that_begin_with_it(site: Site, url: str) -> None:
    site.install("acme-folders", "folders = acme_folders_a:open_repository", acme_folders_a=OPENER)
    assert option_types.repositories(url) == (url,)
    opened = open_repository(url, connections=3)
    assert opened[0] == url
    assert opened[2] == 3


def test_the_longer_of_two_names_serves_a_url(site: Site) -> None:
    site.install("acme-folders", "folders = a:open\nfolders+https = b:open")
    plugins = installed_plugins()
    found = [plugin_for_scheme(plugins, scheme) for scheme in ("folders+https", "folders+ssh", "foldersx")]
    assert [plugin and plugin.name for plugin in found] == ["folders+https", "folders", None]


def test_the_option_vcs_names_a_plugin_for_urls_that_others_serve_too(site: Site) -> None:
    site.install("acme-folders", "Folders = acme_folders_b:open_repository", acme_folders_b=OPENER)
    assert option_types.backend("auto")(" Folders ") == "folders"
    assert open_repository("https://example.com/x", "folders")[0] == "https://example.com/x"


def test_builtin_backends_come_first_and_read_no_entry_point(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> NoReturn:
        raise AssertionError("entry points were read")

    site.install("acme-svn", "svn = nowhere:open\nfile = nowhere:open\nsubversion = nowhere:open")
    monkeypatch.setattr(metadata, "entry_points", refuse)
    for url in ("https://example.com/svn", "svn+ssh://example.com/svn", "file:///srv/svn"):
        assert option_types.repositories(url) == (url,)
        for vcs in ("auto", "subversion"):
            open_repository(url, option_types.backend("auto", "subversion")(vcs)).close()


def test_what_nobody_serves_lists_the_plugins(site: Site) -> None:
    site.install("acme-folders", "folders = nowhere:open\nzipped = nowhere:open")
    with pytest.raises(RepositoryError) as caught:
        open_repository("ftp://example.com/x")
    assert "https" in caught.value.hint
    assert "folders://" in caught.value.hint
    assert "zipped://" in caught.value.hint
    with pytest.raises(RepositoryError) as caught:
        open_repository("ftp://example.com/x", "cvs")
    assert "subversion-cli, folders, zipped" in caught.value.hint
    with pytest.raises(ValueError, match="zipped serves zipped://"):
        option_types.repositories("ftp://example.com/x")
    with pytest.raises(ValueError, match="folders, zipped"):
        option_types.backend("auto")("cvs")


@pytest.mark.parametrize("url", ["folders://", "folders:x", "folders:/x", "folders"])
def test_what_is_no_url_is_refused(site: Site, url: str) -> None:
    site.install("acme-folders", "folders = nowhere:open")
    with pytest.raises(ValueError, match="is not the URL of a repository"):
        option_types.repositories(url)


def test_a_password_is_refused_for_plugins_too(site: Site) -> None:
    site.install("acme-folders", "folders = nowhere:open")
    for parse in (option_types.repositories, open_repository):
        with pytest.raises((ValueError, RepositoryError)) as caught:
            parse("folders://reader:geheim@example.com/x")
        assert "geheim" not in str(caught.value)


BROKEN = {
    "import of what is missing": ("import no_such_module_x\n", "no_such_module_x"),
    "syntax": ("def open_repository(:\n", "SyntaxError"),
    "another error": ("1 / 0\n", "ZeroDivisionError"),
    "exit": ("raise SystemExit('wrong Python')\n", "wrong Python"),
    "no such object": ("", "open_repository"),
}


@pytest.mark.parametrize(("source", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_plugin_that_does_not_import_names_its_distribution_and_the_reason(
    site: Site, source: str, reason: str
) -> None:
    site.install("acme-folders", "folders = acme_folders_c:open_repository", acme_folders_c=source)
    with pytest.raises(RepositoryError) as caught:
        open_repository("folders:///srv/x")
    assert "acme-folders 1.2" in caught.value.message
    assert reason in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("source", ["open_repository = None\n", "def open_repository(url): ...\n"])
def test_a_plugin_that_cannot_be_called_is_named(site: Site, source: str) -> None:
    site.install("acme-folders", "folders = acme_folders_d:open_repository", acme_folders_d=source)
    with pytest.raises(RepositoryError, match=r"acme-folders 1\.2 .* TypeError"):
        open_repository("folders:///srv/x")


def test_an_error_of_a_plugin_about_its_repository_is_kept(site: Site) -> None:
    source = (
        "from sdistmaker_recipe.errors import RepositoryError\n"
        "def open_repository(url, credentials, connections, settings):\n"
        "    raise RepositoryError(url, 'gone fishing')\n"
    )
    site.install("acme-folders", "folders = acme_folders_e:open_repository", acme_folders_e=source)
    with pytest.raises(RepositoryError, match=r"^folders:///srv/x: gone fishing$"):
        open_repository("folders:///srv/x")


def test_two_distributions_with_one_plugin_are_an_error_only_where_it_is_asked_for(site: Site) -> None:
    site.install("acme-folders", "folders = acme_folders_f:open_repository", acme_folders_f=OPENER)
    site.install("other-folders", "folders = other:open\nother = acme_folders_f:open_repository", "3.4")
    assert open_repository("other:///srv/x")[0] == "other:///srv/x"
    with pytest.raises(RepositoryError) as caught:
        open_repository("folders:///srv/x")
    assert "acme-folders 1.2" in caught.value.message
    assert "other-folders 3.4" in caught.value.message
