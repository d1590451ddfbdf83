"""Whole runs over Mercurial, with Subversion beside it in one part: what becomes of releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import Commands, index_files
from tests.support.history import History, setuptools_project
from tests.support.mercurial import Hg, hg_serve
from tests.support.process import LOOPBACK
from tests.support.requirements import need

pytestmark = pytest.mark.usefixtures("forked_commands")

BOTH = ["acme-tool/acme_tool-1.0.tar.gz", "acme-tool/acme_tool-1.1.tar.gz"]
OTHER = ["ledger/ledger-3.0.tar.gz"]


def test_releases_follow_tags(commands: Commands, history: History, public: str, tmp_path: Path) -> None:
    need("hg")
    hg = Hg()
    project = tmp_path / "hg/acme.tool"
    first = hg.init(project, setuptools_project("acme.tool", "1.0"))
    hg.tag(project, "1.0")
    hg.commit(project, setuptools_project("acme.tool", "1.1"))
    hg.tag(project, "1.1")
    history.release("ledger", "3.0")
    index = commands.folder / "index"
    (tmp_path / "server").mkdir()
    with hg_serve(project.parent, tmp_path / "server") as server:
        urls = [f"hg+http://{LOOPBACK}:{server.port}/acme.tool", history.url]
        options = [word for url in urls for word in ("--repository", url)]
        options += ["--destination", str(index), "--public-index", public, "--deleted-tags", "remove"]
        made = commands.sdists_from_tags(*options)
        assert made.status == 0, made.output
        assert index_files(index) == [*BOTH, *OTHER]
        assert "nothing to build" in commands.sdists_from_tags(*options).output

        gone = hg.untag(project, "1.0")
        hg.tag(project, "1.1")
        removed = commands.sdists_from_tags(*options)
        assert f"removed acme_tool-1.0.tar.gz: tag deleted in {gone}" in removed.output
        assert "the published file stays" in removed.output
        assert index_files(index) == [BOTH[1], *OTHER]

        hg.tag(project, "1.0", "-r", first)
        back = commands.sdists_from_tags(*options)
        assert back.status == 0, back.output
        assert index_files(index) == [*BOTH, *OTHER]

        touched = commands.sdists_from_tags(*options, "--revision", hg.commit(project, {"notes": ""}))
        assert (touched.status, touched.stderr) == (0, ""), touched.output
        unknown = commands.sdists_from_tags(*options, "--revision", "ab" * 20)
        assert unknown.status == 3, unknown.output

    # A server that is gone does not keep the other repository from being read.
    history.release("ledger", "3.1")
    partly = commands.sdists_from_tags(*options)
    assert partly.status == 3, partly.output
    assert "ledger/ledger-3.1.tar.gz" in index_files(index)
    assert index_files(index)[:2] == BOTH
    hg.close()
