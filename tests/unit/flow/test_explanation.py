"""What is said of a URL, a project, a tag and an archive: found or ignored, published, failed, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sdistmaker_recipe import __version__
from sdistmaker_recipe.catalog import Catalog, open_catalog
from sdistmaker_recipe.catalog.scan_state import ScanState
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.doors.console import SilentListener
from sdistmaker_recipe.flow.context import RunContext
from sdistmaker_recipe.flow.explanation import Explanation, explain_in
from sdistmaker_recipe.flow.opening import Run
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.model import ADOPTED, Failure, Site
from sdistmaker_recipe.stages.pages import PageWriter
from sdistmaker_recipe.stages.plan import fingerprint
from sdistmaker_recipe.stages.scan import Source
from sdistmaker_recipe.vcs.subversion.repository import SubversionRepository
from tests.support.memory_repository import Folder, MemoryRepository
from tests.unit.values import UUID, a_release, a_tag

URL = "https://svn.example.com/svn"
CONFIGURATION = replace(
    Configuration(), repository=(URL,), exclude=("old",), reserved=("corp-*",), prereleases=False
)
LOG = """\
https://svn.example.com/svn/acme.ledger/tags/2.0@1
no setup.py

--- declared: no setup.py
Traceback
--- setuptools 81: no setup.py
--- python2.7: SyntaxError: x
"""


@pytest.fixture
def catalog() -> Iterator[Catalog]:
    with open_catalog(None) as catalog:
        yield catalog


@pytest.fixture
def ask(catalog: Catalog, tmp_path: Path) -> Callable[[str], Explanation]:
    """Explain something; there is a release, a failed tag, a tag to build, and what options leave out."""
    history = MemoryRepository(identity=UUID)
    tags = ("1.0", "2.0", "3.0", "3.1", "4.0rc1", "final")
    history.commit({f"acme.ledger/tags/{name}": Folder() for name in tags})
    history.commit(dict.fromkeys(("acme.ledger/trunk", "old/trunk", "old/tags/1.0", ".attic/x"), Folder()))
    history.commit({"other/trunk": Folder(), "other/tags/1.0": Folder()})
    catalog.releases.publish(a_release(revision="1", toolchain="setuptools 57.5"))
    catalog.releases.publish(a_release("0.9", tag_deleted_in="7", yanked="tag deleted in r7"))
    catalog.releases.publish(a_release("0.1", origin=f"{ADOPTED}acme-ledger/x", tag_url="", toolchain=""))
    log = tmp_path / "logs/2.0.log"
    log.parent.mkdir()
    log.write_text(LOG)
    failed = a_tag("2.0", revision="1")
    digest = fingerprint(failed, CONFIGURATION, __version__)
    catalog.failures.add(Failure(failed.origin, digest, "no setup.py", log, project="acme-ledger", tag="2.0"))
    store = IndexStore(tmp_path / "index", tmp_path / "aside")
    for version in ("1.0", "0.9", "0.1"):
        store.add_archive("acme-ledger", f"acme_ledger-{version}.tar.gz", b"")
    run = Run(
        configuration=CONFIGURATION,
        context=RunContext(Path, dry_run=True, tell_all=True),
        listener=SilentListener(),
        catalog=catalog,
        scan_state=ScanState(catalog),
        store=store,
        writer=PageWriter(store, catalog, Site()),
        options_digest="",
        public_index="",
        server_configurations={},
        sources=(Source(URL, SubversionRepository(lambda: history.open(""))),),
        source_warnings=(),
        source_errors=(),
    )
    return lambda subject: explain_in(run, subject)


def text(found: Explanation) -> str:
    return "\n".join(line.text for line in found.lines)


@pytest.mark.parametrize(
    "subject",
    [
        f"{URL}/acme.ledger/tags/1.0",
        f"{URL}/acme%2Eledger/tags/1.0/",
        f"{URL}/acme.ledger/tags/1.0/src/acme.py",
        "acme.ledger/tags/1.0",
        "acme.ledger 1.0",
        "Acme_Ledger==1.0.0",
        "acme-ledger-1.0",
        "acme_ledger-1.0.tar.gz",
    ],
)
def test_a_published_tag_is_known_by_all_its_names(ask, subject):
    found = ask(subject)
    assert found.is_known
    lines = text(found).splitlines()
    assert lines[0] == "acme.ledger 1.0"
    assert lines[1].startswith(f"    tag: {URL}/acme.ledger/tags/1.0, revision 1 of 2010-01-02")
    assert "    found: acme.ledger/tags/1.0 is a release tag: tag-pattern finds version 1.0" in lines
    assert any(line.startswith("    published: acme.ledger 1.0 as /") for line in lines)
    assert "    built by: setuptools 57.5" in lines
    assert lines[-1] == "    next run: does not build it: published as acme_ledger-1.0.tar.gz"


def test_a_failed_tag_has_its_reason_the_toolchains_that_were_tried_and_what_to_do(ask):
    lines = text(ask("2.0")).splitlines()
    assert "    failed: no setup.py" in lines
    assert [line for line in lines if "tried" in line] == [
        "    tried: declared, setuptools 81: no setup.py",
        "    tried: python2.7: SyntaxError: x",
    ]
    assert "--retry-failed" in lines[-1]


def test_a_log_that_is_gone_is_said_to_be(ask, tmp_path):
    (tmp_path / "logs/2.0.log").unlink()
    assert "cannot be read (No such file or directory)" in text(ask("2.0"))


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("acme.ledger 3.0", "next run: builds this tag"),
        ("acme.ledger 4.0rc1", "next run: does not build it: a pre-release, and prereleases is false"),
        (f"{URL}/acme.ledger/tags/final", "the option tag-pattern does not match final"),
        ("acme.ledger final", "the option tag-pattern does not match final"),
        ("ACME-ledger final", "the option tag-pattern does not match final"),
        (f"{URL}/old/tags/1.0", "the option exclude leaves it out by old"),
        ("old", "the option exclude leaves it out by old"),
        (".attic/x", ".attic is not looked into: the option ignore has .attic"),
        (f"{URL}/acme.ledger/trunk", "acme.ledger/trunk is not looked into"),
        (URL, "the URL is no project, because it holds no folder named trunk"),
        ("corp-secrets", "The option reserved keeps the name private: corp-*"),
    ],
)
def test_the_option_that_decides_is_named(ask, subject, said):
    found = ask(subject)
    assert found.is_known
    assert said in text(found)


@pytest.mark.parametrize("subject", ["acme.ledger", "ACME_ledger", f"{URL}/acme.ledger"])
def test_a_project_has_a_line_for_each_state_of_its_tags_by_version(ask, subject):
    lines = text(ask(subject)).splitlines()
    assert lines[0] == f"acme.ledger ({URL}/acme.ledger)"
    states = [line for line in lines if line.startswith("    ") and ": " in line and "found" not in line]
    assert states[:4] == [
        "    1.0: published as acme_ledger-1.0.tar.gz",
        "    2.0: failed: no setup.py",
        "    3.0, 3.1: the next run builds this tag",
        "    4.0rc1: the next run does not build it: a pre-release, and prereleases is false",
    ]
    assert "    found: the option tag-pattern does not match 1 of them (final)" in lines


def test_a_release_without_its_tag_says_what_became_of_the_tag(ask):
    deleted = text(ask("acme.ledger 0.9")).splitlines()
    assert deleted[1].endswith("/acme.ledger/tags/0.9, deleted in revision 7")
    assert deleted[-1] == "    yanked: tag deleted in r7"
    assert "not known; the archive was in the index before" in text(ask("acme.ledger 0.1"))


def test_a_release_whose_tag_is_left_out_names_the_option(ask, catalog):
    changes = {"name": "old", "project": "old", "filename": "old-1.0.tar.gz"}
    catalog.releases.publish(a_release("1.0", origin="old", tag_url=f"{URL}/old/tags/1.0", **changes))
    lines = text(ask("old 1.0")).splitlines()
    assert lines[1].endswith("/old/tags/1.0, which this scan does not find")
    assert lines[2].endswith("the option exclude leaves it out by old")


def test_tags_of_several_projects_are_all_explained(ask):
    headings = [line.text for line in ask("1.0").lines if line.meaning == "heading"]
    assert headings == ["acme.ledger 1.0", "other 1.0"]


@pytest.mark.parametrize(
    "subject", ["nowhere", "acme.ledger 9.0", f"{URL}/nowhere", "https://elsewhere.example.com/svn", ""]
)
def test_anything_else_is_unknown_and_the_places_are_named(ask, subject, tmp_path):
    found = ask(subject)
    assert not found.is_known
    assert URL in text(found)
    assert str(tmp_path / "index") in text(found)
