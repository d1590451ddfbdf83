"""The svn program where there is no binding for libsvn, and what it prints."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs import Credentials, load_repository, open_repository
from sdistmaker_recipe.vcs.subversion.program import SvnProgramConnection


@pytest.fixture
def no_binding(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without subvertpy."""
    monkeypatch.setitem(sys.modules, "subvertpy", None)
    monkeypatch.delitem(sys.modules, "sdistmaker_recipe.vcs.subversion.libsvn", raising=False)


@pytest.mark.parametrize("scheme", ["git+file", "hg+file"])
def test_a_folder_that_cannot_be_looked_at_is_no_error_of_the_program(tmp_path: Path, scheme: str) -> None:
    # The system refuses a long name to every account, and a folder of another account in the same way.
    with pytest.raises(PathNotFoundError, match="no such folder") as raised:
        open_repository(f"{scheme}://{tmp_path}/{'x' * 300}/tags/1.0").check("")
    assert raised.value.hint == "Check the path, and who may read it."


@pytest.mark.parametrize("content", ["[global\n", None])
def test_settings_of_subversion_that_cannot_be_read_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    pytest.importorskip("subvertpy")
    servers = tmp_path / ".subversion/servers"
    servers.parent.mkdir()
    # As with the home folder of root, a folder cannot be read as a file.
    servers.write_text(content) if content else servers.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(RepositoryError, match=f"settings cannot be read: .*{servers}") as raised:
        open_repository("file:///srv/svn", "subversion").head()
    assert "set HOME" in raised.value.hint


URLS = ["http://h/x", "HTTPS://h/x", "svn://h/x", "svn+ssh://h/x", "svn+other://h/x", "file:///x"]


@pytest.mark.parametrize("url", URLS)
def test_auto_falls_back_to_the_svn_program(
    no_binding: None, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "svn"
    program.write_text("#!/bin/sh\necho 'svn: E000042: hello from svn' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(RepositoryError, match="hello from svn"):
        open_repository(url).head()


def test_without_any_means_the_hint_names_both(
    no_binding: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RepositoryError, match="no svn program") as caught:
        open_repository("svn://example.com/x")
    assert "subvertpy" in caught.value.hint
    assert "apt install subversion" in caught.value.hint
    with pytest.raises(RepositoryError, match="subvertpy") as caught:
        open_repository("svn://example.com/x", "subversion")
    assert "subversion-cli" in caught.value.hint
    with pytest.raises(RepositoryError, match="svn does not run") as caught:
        open_repository("svn://example.com/x", "subversion-cli").head()
    assert "apt install subversion" in caught.value.hint
    with pytest.raises(RepositoryError, match="svnadmin does not run"):
        load_repository(tmp_path / "new", io.BytesIO())


def test_what_svn_printed_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "svn"
    program.write_text(
        '#!/bin/sh\nprintf "Host key unknown.\\nsvn: E170013: Unable\\nsvn: E210002: closed\\n" >&2\nexit 1\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(RepositoryError, match=r"through ssh.*E210002: closed"):
        SvnProgramConnection("svn+ssh://example.com/x", Credentials()).head()
