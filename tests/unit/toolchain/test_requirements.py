"""What tags ask for is installed by its name."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.requirements import refuse_direct_references, requirement_problem

NAMES = [
    "setuptools",
    " setuptools >= 61.0, < 80",
    "acme.tools[extra-one,two]==1.0.*",
    "pytz (>=2008c)",
    "old==1.0-dev_r1234",
    'tomli>=1; python_version < "3.11"',
    "tomli; platform_version == 'a/b:c@d'",
]
ADDRESSES = [
    "acme @ file:///srv/acme",
    "acme@https://example.com/acme-1.0.zip",
    "acme[extra] @ git+ssh://git@example.com/acme ; python_version > '3'",
    "git+https://example.com/acme",
    "/srv/acme",
    "planted/acme",
    "./acme",
    " .",
    "..",
]


@pytest.mark.parametrize("requirement", NAMES)
def test_names_with_all_that_may_follow_them_come_from_the_index(requirement):
    refuse_direct_references(["wheel", requirement])


@pytest.mark.parametrize("requirement", ADDRESSES)
def test_addresses_and_folders_are_refused(requirement):
    with pytest.raises(
        BuildError, match=r"which is an address or a folder\. Require it by its name, and add it to the index"
    ) as caught:
        refuse_direct_references(["wheel", requirement])
    assert caught.value.is_permanent
    assert requirement in caught.value.reason


@pytest.mark.parametrize("requirement", NAMES[:4])
def test_a_requirement_has_no_flaw(requirement):
    assert requirement_problem(requirement) == ""


@pytest.mark.parametrize(
    "requirement", ["a b", "a>>1", "a; " + "(" * 10_000], ids=["two", "operator", "depth"]
)
def test_the_flaw_of_what_is_none_is_one_line(requirement):
    reason = requirement_problem(requirement)
    assert reason
    assert "\n" not in reason
