"""Modules that setup.py imports without declaring them: common ones are installed, and no private names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import public_index
from tests.support.commands import Commands
from tests.support.history import History, setuptools_project
from tests.support.process import Server

pytestmark = pytest.mark.usefixtures("forked_commands")

IMPORTS = """\
import {module}
from setuptools import setup
setup(name='ledger', version='1.0', py_modules=['ledger'])
"""


@pytest.fixture(scope="module", autouse=True)
def distributions(public_folder: Path) -> None:
    """Distributions on the public index: a common one, and one of which only its project knows."""
    for name in ("requests", "acme-tools"):
        public_index.add_sdist(public_folder, name, "1.0", setuptools_project(name, "1.0"))
    public_index.write_pages(public_folder)


@pytest.fixture
def index(commands: Commands, history: History):
    def build(module: str, *options: str) -> dict:
        files = {"setup.py": IMPORTS.format(module=module), "ledger.py": ""}
        history.add_tag("ledger", "1.0", files)
        return commands.report("--repository", history.url, "--destination", "index", *options)

    return build


def asked_for(server: Server, name: str) -> bool:
    return f"/simple/{name}/" in server.log.read_text("utf-8", "replace")


def test_a_common_module_is_installed(index) -> None:
    (published,) = index("requests")["published"]
    assert published["toolchain"] == "declared with requests"


def test_an_unknown_module_is_not_looked_for(index, public_server: Server) -> None:
    (failed,) = index("acme_secret")["failed"]
    assert failed["reason"] == (
        "ModuleNotFoundError: No module named 'acme_secret'. The tag does not declare it. If the index has "
        "it by the name acme_secret, set build-requires = ledger acme_secret."
    )
    assert not asked_for(public_server, "acme-secret")
    assert not asked_for(public_server, "acme_secret")


def test_the_option_installs_it(index) -> None:
    (published,) = index("acme_tools", "--build-requires", "led* acme-tools")["published"]
    assert published["toolchain"] == "declared"


@pytest.mark.parametrize("is_project", [True, False])
def test_a_private_or_reserved_name_is_not_installed_unasked(
    index, history: History, *, is_project: bool
) -> None:
    if is_project:
        history.release("requests", "0.1")
    report = index("requests", *(() if is_project else ("--reserved", "req*")))
    (failed,) = report["failed"]
    assert failed["reason"].endswith("To install it, set build-requires = ledger requests.")
    assert all("with" not in attempt["toolchain"] for attempt in failed["attempts"])
