"""The order in which outcomes are published: which of several tags gets a version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sdistmaker_recipe.flow.publishing_order import order_for_publishing
from sdistmaker_recipe.model import Built, Failed, Outcome, ProjectDetails
from tests.unit.values import a_tag


def built(name: str, version: str, tag_version: str = "") -> Built:
    tag = a_tag(name, version=tag_version or name)
    return Built(tag, "acme", version, Path("x"), "ab", 1, b"", "", "declared", ProjectDetails())


def order(*outcomes: Outcome) -> list[str]:
    tags = [outcome.tag for outcome in outcomes]
    return [outcome.tag.name for outcome in order_for_publishing(tags, iter(outcomes))]


def test_the_tag_whose_name_is_the_version_comes_first():
    prefixed, longer = built("v1.0", "1.0", "1.0"), built("1.0.0", "1.0")
    assert order(prefixed, longer, built("1.0", "1.0"))[0] == "1.0"


@pytest.mark.parametrize("version", ["1.0", "1.0.0"])
def test_the_built_version_decides_which_spelling_that_is(version):
    assert order(built("1.0", version), built("1.0.0", version))[0] == version


def test_tags_that_build_another_version_come_last():
    assert order(built("1.9", "2.0"), built("2.0", "2.0"), built("2.1", "2.1")) == ["2.0", "2.1", "1.9"]


def test_other_outcomes_keep_their_order_and_do_not_wait():
    seen: list[str] = []

    def outcomes() -> Iterator[Outcome]:
        for outcome in (built("1.0", "1.0"), Failed(a_tag("1.1"), "no"), built("1.2", "1.2")):
            seen.append(outcome.tag.name)
            yield outcome

    ordered = order_for_publishing([a_tag(name) for name in ("1.0", "1.1", "1.2")], outcomes())
    assert next(ordered).tag.name == "1.0"
    assert seen == ["1.0"]
    assert [outcome.tag.name for outcome in ordered] == ["1.1", "1.2"]
