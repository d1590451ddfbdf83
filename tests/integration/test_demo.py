"""``bootstrap.py demo``: the index of the example that a browser shows from files, the same each time."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

import bootstrap_example

LINK = re.compile(r'(?:href|src)="([^"#]+)')


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, made in another folder than the project's."""
    root = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap_example, "ROOT", root)
        patch.setattr(bootstrap_example, "DEMO", root / "build/docs/demo")
        assert bootstrap_example.run_demo(root, []) == 0
        first = content(root / "build/docs/demo")
        assert bootstrap_example.run_demo(root, []) == 0
    assert content(root / "build/docs/demo") == first
    return root / "build/docs/demo"


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def pages_for_people(demo: Path) -> list[Path]:
    return [*demo.rglob("about*.html"), demo / "failed.html"]


def test_it_is_the_whole_example_but_what_needs_python2(demo: Path) -> None:
    text = (demo / "about.html").read_text("utf-8")
    assert "29 releases of 6 projects" in text
    assert "1 failed tag" in text
    assert "acme-punchcard" not in text
    assert len(pages_for_people(demo)) == 1 + 6 + 29 + 1


def test_each_link_leads_to_a_file_and_not_to_a_folder(demo: Path) -> None:
    missing = []
    for page in pages_for_people(demo):
        for link in LINK.findall(page.read_text("utf-8")):
            target = unquote(unescape(link))
            if not re.match("[a-z]+:", target) and not (page.parent / target).is_file():
                missing.append((page.name, link))
    assert missing == []


def test_it_names_no_path_of_the_machine(demo: Path) -> None:
    for name, data in content(demo).items():
        assert str(demo.parents[2]).encode() not in data, name
