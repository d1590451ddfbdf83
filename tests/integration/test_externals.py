"""Tags with svn:externals, through the command."""

from __future__ import annotations

import pytest

from tests.support.commands import Commands, index_files
from tests.support.history import History
from tests.support.svndump import Change

pytestmark = pytest.mark.usefixtures("forked_commands")


def test_an_external_that_is_not_followed_fails_its_tag_until_the_option_is_set(
    history: History, commands: Commands
) -> None:
    history.release("plain", "1.0")
    history.release("pkg", "1.0")
    external = {"svn:externals": "^/plain/tags/1.0/plain.py more.py\n"}
    history.commit([Change("change", "pkg/tags/1.0", "dir", properties=external)])
    arguments = ("--repository", history.url, "--destination", "index")
    (failed,) = commands.report(*arguments, "--externals", "none")["failed"]
    assert failed["reason"].startswith("The tag cannot be exported: the external more.py leads to file://")
    assert failed["reason"].endswith("To follow it, set externals = same-repository")
    index = commands.folder / "index"
    assert index_files(index) == ["plain/plain-1.0.tar.gz"]
    assert "set externals = same-repository" in (index / "failed.html").read_text("utf-8")
    assert commands.report(*arguments, "--externals", "none")["failed"] == []
    assert [each["project"] for each in commands.report(*arguments)["published"]] == ["pkg"]
    assert commands.make_sdist(f"{history.url}/pkg/tags/1.0", "dist").status == 0
