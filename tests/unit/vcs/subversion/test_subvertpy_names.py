"""The page about subvertpy says what is used of it; its bound in setup.py is the one that the page names."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[4]
SOURCE = ast.parse((ROOT / "sdistmaker_recipe/vcs/subversion/libsvn.py").read_text("utf-8"))
PAGE = (ROOT / "docs/explanation/subvertpy.rst").read_text("utf-8")


def imported() -> set[str]:
    """The names that are imported from subvertpy."""
    statements = (node for node in ast.walk(SOURCE) if isinstance(node, ast.ImportFrom))
    return {alias.name for node in statements if node.module == "subvertpy" for alias in node.names}


def test_the_page_names_what_is_used_of_the_private_module():
    used = {
        node.attr
        for node in ast.walk(SOURCE)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "_ra"
    }
    private = PAGE.partition("The private module\n")[2].partition("The public module")[0]
    assert set(re.findall(r"``([A-Za-z]\w+)``", private)) == used


def test_one_module_is_private_and_the_page_names_what_is_public():
    assert {name for name in imported() if name.startswith("_")} == {"_ra"}
    assert [name for name in imported() - {"_ra"} if f"``{name}``" not in PAGE] == []


def test_the_page_names_the_bound():
    bound = re.search(r'"(subvertpy>=[^;]*);', (ROOT / "setup.py").read_text("utf-8"))
    assert bound
    assert f"``{bound[1]}``" in PAGE
