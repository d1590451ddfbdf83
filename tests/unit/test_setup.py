"""The metadata of the package, as setup.py gives them to setuptools."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import setuptools
from docutils.core import publish_doctree
from docutils.nodes import image, reference

from sdistmaker_recipe import __version__

ROOT = Path(__file__).parents[2]
README = """\
Read `the pages
<docs/index.rst>`_, `LICENSE <LICENSE>`__ or `elsewhere <https://example.com/a>`_.

.. image:: docs/run.svg
   :alt: a run

.. image:: https://example.com/b.png

Code: ``a <b>`` and `one`_.

.. _one: https://example.com/one
"""


@pytest.fixture(scope="module")
def setup() -> dict[str, Any]:
    """What setup.py defines, and in "given" what it gives to setuptools."""
    given: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "315619200")
        patch.setattr(setuptools, "setup", lambda **arguments: given.update(arguments))
        return runpy.run_path(str(ROOT / "setup.py")) | {"given": given}


def links(text: str) -> list[str]:
    settings = {"halt_level": 2, "report_level": 5, "raw_enabled": False, "file_insertion_enabled": False}
    tree = publish_doctree(text, settings_overrides=settings)
    return [
        *(node["refuri"] for node in tree.findall(reference) if "refuri" in node),
        *(node["uri"] for node in tree.findall(image)),
    ]


def test_links_to_files_are_absolute_if_the_files_have_a_url(setup):
    text = setup["index_text"](README, "https://code.example.com/files")
    assert links(text) == [
        "https://code.example.com/files/docs/index.rst",
        "https://code.example.com/files/LICENSE",
        "https://example.com/a",
        "https://example.com/one",
        "https://code.example.com/files/docs/run.svg",
        "https://example.com/b.png",
    ]
    assert ":alt: a run" in text


def test_links_to_files_are_text_if_the_files_have_no_url(setup):
    text = setup["index_text"](README, "")
    assert links(text) == ["https://example.com/a", "https://example.com/one", "https://example.com/b.png"]
    assert text.startswith("Read the pages (docs/index.rst), LICENSE or `elsewhere ")
    assert "run.svg" not in text
    assert ":alt:" not in text
    assert "Code: ``a <b>`` and `one`_." in text


@pytest.mark.parametrize("url", ["", "https://code.example.com/files"])
def test_the_readme_has_no_relative_link_in_an_index(setup, url):
    text = setup["index_text"]((ROOT / "README.rst").read_text("utf-8"), url)
    assert [link for link in links(text) if not re.match(r"https?://", link)] == []
    assert bool(url) == (url + "/docs/index.rst" in links(text))


def test_the_metadata_say_what_an_index_shows(setup):
    given = setup["given"]
    assert given["version"] == __version__
    assert given["license_expression"] == "BSD-3-Clause"
    assert given["license_files"] == ["LICENSE"]
    # PEP 639: the expression alone says the license.
    assert "license" not in given
    assert [text for text in given["classifiers"] if text.startswith("License")] == []
    assert given["python_requires"] == ">=3.10"
    assert all(given[name] for name in ("author", "description", "keywords", "long_description"))
    holder = re.search(r"Copyright \(c\) (.*)", (ROOT / "LICENSE").read_text("utf-8"))
    assert holder
    assert given["author"] == holder[1]


def test_each_dependency_has_a_lower_bound(setup):
    """CONTRIBUTING.rst says how the lowest versions are tested."""
    given = setup["given"]
    every = [
        *given["install_requires"],
        *(each for extra in given["extras_require"].values() for each in extra),
    ]
    assert [requirement for requirement in every if ">=" not in requirement] == []


def test_manual_pages_and_completion_are_installed_where_tools_look(setup):
    installed = [file for _, files in setup["given"]["data_files"] for file in files]
    assert sorted(installed) == sorted(
        str(file.relative_to(ROOT)) for file in (ROOT / "share").rglob("*") if file.is_file()
    )
    assert all(
        Path(file).parent == Path(folder) for folder, files in setup["given"]["data_files"] for file in files
    )
    assert len(installed) >= 8
