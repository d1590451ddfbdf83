"""Which tag a wheel gets by the builds in other worlds; no code of a tag runs here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sdistmaker_recipe.toolchain.wheels.compatibility import MAX_EXPERIMENTS, WheelBuild, find_compatibility
from sdistmaker_recipe.toolchain.wheels.metadata_comparison import is_same_metadata
from sdistmaker_recipe.toolchain.wheels.questions import VERSION_CONTROL, Questions, read_questions

FILES = {"a.py": "1"}
METADATA = b"Name: a\nVersion: 1\n"
SUSPICIOUS = Questions(suspicions=frozenset({"sys.version_info"}))
FIRST = WheelBuild(FILES, METADATA, SUSPICIOUS)


class Tag:
    """Builds as a tag would whose result is ``result(python, platform)``; it asks for that alone.

    "raise" stands for a build that fails.
    """

    def __init__(self, result, python=(3, 11, 7), metadata=METADATA, **questions):
        self.result, self.python, self.metadata, self.questions = result, python, metadata, questions
        self.requests: list[Mapping[str, Any]] = []

    def __call__(self, request):
        self.requests.append(request)
        results = [self.result(world.python or self.python, world.platform) for world in request["worlds"]]
        mine = results[request["current"]]
        differing = frozenset(index for index, other in enumerate(results) if other != mine)
        asked = Questions(differing=differing, asked=frozenset({"sys.x"}), **self.questions)
        if mine == "raise":
            return WheelBuild({}, b"", Questions(), "it failed")
        return WheelBuild({"a.py": str(mine)}, self.metadata, asked)


def tag_of(tag, first=FIRST, **options):
    return find_compatibility(first, tag, python=(3, 11), **options).python_tag


def test_without_a_suspicious_name_nothing_is_built_again():
    tag = Tag(lambda python, platform: 1)
    assert tag_of(tag, WheelBuild(FILES, METADATA, Questions())) == "py3"
    assert not tag.requests


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (lambda python, platform: 1, "py3"),
        (lambda python, platform: 1 if python >= (3, 8) else 2, "py38"),
        (lambda python, platform: 1 if python >= (3, 8, 1) else 2, "py39"),
        (lambda python, platform: "raise" if python < (3, 6) else 1, "py36"),
        (lambda python, platform: 1 if python < (3, 14) else 2, ""),
        (lambda python, platform: 1 if (3, 5) < python < (3, 90) else 2, ""),
        (lambda python, platform: "raise" if python > (3, 90) else 1, ""),
        (lambda python, platform: 2 if platform == "win32" else 1, ""),
        (lambda python, platform: 2 if platform == "darwin" and python < (3, 7) else 1, "py37"),
        (lambda python, platform: 2 if platform == "darwin" and python > (3, 13) else 1, ""),
        (lambda python, platform: 1 if python[1] in (11, 99) else 2, ""),
    ],
)
def test_a_tag_says_no_more_than_was_shown(result, expected):
    assert tag_of(Tag(result)) == expected


def test_one_build_speaks_for_all_worlds_that_are_alike():
    tag = Tag(lambda python, platform: 1 if python >= (3, 8) else 2)
    assert tag_of(tag) == "py38"
    assert len(tag.requests) == 2


def test_too_many_differences_are_not_all_tried():
    tag = Tag(lambda python, platform: 1)
    original = tag.__call__

    def build(request):
        build = original(request)
        every = frozenset(range(len(request["worlds"]))) - {request["current"]}
        return build._replace(questions=build.questions._replace(differing=every))

    found = find_compatibility(FIRST, build, python=(3, 11))
    assert not found.python_tag
    assert len(tag.requests) <= MAX_EXPERIMENTS


def test_pythons_that_the_metadata_excludes_do_not_matter():
    metadata = METADATA + b"Requires-Python: >=3.8,<3.14\n"
    tag = Tag(lambda python, platform: 1 if (3, 8) <= python < (3, 14) else 2, metadata=metadata)
    assert tag_of(tag, FIRST._replace(metadata=metadata)) == "py3"


def test_a_question_without_an_answer_gives_no_wheel():
    asked = frozenset({"it reads the environment variable X"})
    found = find_compatibility(FIRST, Tag(lambda *_: 1, unanswerable=asked), python=(3, 11))
    assert not found.python_tag
    assert "environment variable X" in found.reason
    first = FIRST._replace(questions=Questions(unanswerable=asked))
    assert not find_compatibility(first, Tag(lambda *_: 1), python=(3, 11)).python_tag


def test_doubts_count_in_code_that_is_called():
    first = FIRST._replace(questions=Questions(doubts=frozenset({"it asks for the terminal"})))
    tag = Tag(lambda *_: 1)
    assert tag_of(tag, first) == "py3"
    assert tag.requests[0]["called_only"]


def test_a_doubt_that_arises_in_another_world_leads_to_one_more_build():
    tag = Tag(lambda *_: 1)

    def rebuild(request):
        build = tag(request)
        doubts = frozenset() if request["called_only"] else frozenset({"it uses f_back"})
        return build._replace(questions=build.questions._replace(doubts=doubts))

    assert tag_of(rebuild) == "py3"
    assert [request["called_only"] for request in tag.requests] == [False, True]


@pytest.mark.parametrize(("changed", "expected"), [("", "py3"), ("absent", ""), ("other", "")])
def test_version_control_is_asked_in_vain(changed, expected):
    tag = Tag(lambda *_: 1)
    asking = frozenset({VERSION_CONTROL})

    def rebuild(request):
        build = tag(request)
        build = build._replace(questions=build.questions._replace(suspicions=asking))
        return build._replace(files={"a.py": "2"}) if changed and request["programs"] == changed else build

    assert tag_of(rebuild, FIRST._replace(questions=Questions(suspicions=asking))) == expected


def test_another_result_of_the_same_build_gives_no_wheel():
    assert tag_of(Tag(lambda *_: 2)) == ""


def test_a_doubtful_build_is_repeated_with_plain_values():
    tag = Tag(lambda *_: 1, is_doubtful=True)
    tag_of(tag)
    assert [request["lazy"] for request in tag.requests[:2]] == [True, False]


def test_python_2():
    first = WheelBuild(FILES, METADATA, Questions())
    assert find_compatibility(first, Tag(lambda *_: 1), python=(2, 7)).python_tag == "py2"
    assert find_compatibility(FIRST, Tag(lambda *_: 1), python=(2, 7)).python_tag == "py27"
    asks = first._replace(questions=Questions(asked=frozenset({"os.listdir"})))
    assert find_compatibility(asks, Tag(lambda *_: 2), python=(2, 7)).python_tag == ""


@pytest.mark.parametrize(
    ("on_python_2", "converts", "expected"),
    [
        (WheelBuild(FILES, METADATA, Questions()), False, "py2.py3"),
        (WheelBuild(FILES, METADATA, SUSPICIOUS), False, "py27.py3"),
        (WheelBuild(FILES, METADATA, Questions()), True, "py3"),
        (WheelBuild({"a.py": "2"}, METADATA, Questions()), False, "py3"),
        (WheelBuild(FILES, METADATA + b"Requires-Dist: b\n", Questions()), False, "py3"),
        (WheelBuild({}, b"", Questions(), "failed"), False, "py3"),
        (WheelBuild(FILES, METADATA, Questions(unanswerable=frozenset({"x"}))), False, "py3"),
    ],
)
def test_both_pythons(on_python_2, converts, expected):
    first = WheelBuild(FILES, METADATA, Questions())
    options = {"rebuild_on_python_2": lambda: on_python_2, "converts_sources": converts}
    assert tag_of(Tag(lambda *_: 1), first, **options) == expected


def test_the_folder_of_the_build_in_the_metadata():
    questions = Questions(tree="/tmp/build/tree/")
    first = WheelBuild(FILES, METADATA + b"Summary: /tmp/build/tree/setup.py\n", questions)
    assert tag_of(Tag(lambda *_: 1), first) == ""


@pytest.mark.parametrize("asked", [None, [], {"unanswerable": 1, "differing": "x", "suspicions": [1]}])
def test_what_a_tag_may_have_written_is_read_with_distrust(asked):
    questions = read_questions({"asked": asked})
    assert questions.suspicions == frozenset()
    assert questions.unanswerable or questions.is_doubtful


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (b"Requires-Dist: b\nRequires-Dist: c\n", b"Requires-Dist: c\nRequires-Dist: B\n", True),
        (b"Requires-Dist: b (>=1)\n", b"Requires-Dist: b>=1\n", True),
        (b"Requires-Dist: b\n", b"Requires-Dist: c\n", False),
        (b"Metadata-Version: 1.0\nHome-page: UNKNOWN\n", b"Metadata-Version: 2.1\n", True),
        (b"Summary: a\n", b"Summary: b\n", False),
        (b"Summary: a\n\nOne\n", b"Summary: a\n\nTwo\n", False),
        (b"Requires-Python: >=3\n", b"", False),
    ],
)
def test_metadata_is_compared_by_its_meaning(one, other, expected):
    assert is_same_metadata(one, other) is expected


@pytest.mark.parametrize(("changed", "expected"), [(0, "py3"), (1, ""), (3, "")])
def test_sets_are_made_in_several_orders(changed, expected):
    tag = Tag(lambda python, platform: 1)

    def rebuild(request):
        build = tag(request)
        return build._replace(files={"a.py": "2"}) if changed and request["hash_seed"] == changed else build

    first = FIRST._replace(questions=Questions(suspicions=frozenset({"the order of sets"})))
    assert tag_of(rebuild, first) == expected
    seeds = [request["hash_seed"] for request in tag.requests]
    assert seeds[: seeds.index(changed) + 1] == list(range(changed + 1))
