"""Patterns of the option layout: which are accepted, and what is said of others."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.configuration.declaration import Door
from sdistmaker_recipe.configuration.layout_patterns import parse
from sdistmaker_recipe.configuration.parsing import Layer, configure
from tests.unit.configuration.layers import BASE, problems


def kinds(pattern: str) -> list[str]:
    return [segment.kind for segment in parse(pattern).segments]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{project}/tags/{tag}", ["project with trunk", "name", "match"]),
        ("/{project}/tags/{tag}/src/", ["project with trunk", "name", "match", "name"]),
        ("svn/{project}/tags/{tag}", ["name", "project with trunk", "name", "match"]),
        ("*/{project}/tags/{tag}", ["match", "match", "name", "match"]),
        ("**/{project}/tags/{tag}", ["project at any depth", "name", "match"]),
        ("tags/{project}/{tag}", ["name", "match", "match"]),
        ("tags/{project}-{tag}", ["name", "match"]),
        ("tags/{tag}/{project}", ["name", "match", "match"]),
        ("tags/{tag}/{project}/src", ["name", "match", "match", "name"]),
        ("{project}/*/tags/{tag}", ["match", "match", "name", "match"]),
        ("{project}-tags/REL-{tag}", ["match", "match"]),
        ("{tag}", ["match"]),
    ],
)
def test_say_for_each_folder_what_it_stands_for(pattern, expected):
    assert kinds(pattern) == expected


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{project}/tags", "'{project}/tags' must contain {tag} once"),
        ("{tag}/{tag}", "'{tag}/{tag}' must contain {tag} once"),
        ("{project}/{project}/{tag}", "contains {project} more than once"),
        ("{name}/tags/{tag}", "has {name}, but only {project} and {tag} stand for something"),
        ("{Project}/tags/{tag}", "has {Project}, but only"),
        ("{project/tags/{tag}", "has a brace without the other"),
        ("{project}//{tag}", "is not a path of folders below the repository's URL"),
        ("../{project}/{tag}", "is not a path of folders below the repository's URL"),
        ("https://svn.example.com/svn/{tag}", "is not a path of folders below the repository's URL"),
        ("tags/{project}{tag}", "has placeholders without a text between them"),
        ("tags/*{tag}", "has placeholders without a text between them"),
        ("tags/a**/{tag}", "has placeholders without a text between them"),
        ("tags/**/{tag}", "has ** elsewhere than before {project} and a name"),
        ("**/{project}/{tag}", "has ** elsewhere than before {project} and a name"),
        ("tags/*-{project}-{tag}", "has more than two placeholders in the name of one folder"),
    ],
)
def test_that_are_wrong_are_named_with_what_is_accepted(line, said):
    (problem,) = problems(Layer("[sdists]", Door.PART, {"layout": f"tags/{{tag}}\n{line}"}))
    assert said in problem.message
    assert line in problem.message
    assert "paths of folders below the repository's URL, one a line, each with {tag} once" in problem.message


def test_that_are_empty_are_an_error():
    (problem,) = problems(Layer("[sdists]", Door.PART, {"layout": "\n"}))
    assert problem.message.startswith("is empty")


def test_are_the_same_with_slashes_around_them_and_twice():
    layer = Layer("here", Door.CONSTANT, {"LAYOUT": ["/{project}/tags/{tag}/", "{project}/tags/{tag}"]})
    assert configure([layer], BASE) == configure([], BASE)
