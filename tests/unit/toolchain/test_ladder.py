"""The ladder of toolchains: what is tried, in which order, and what a failure says of the next."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.configuration.option_types import Pin
from sdistmaker_recipe.toolchain.build_system import LEGACY_SYSTEM, BuildSystem
from sdistmaker_recipe.toolchain.ladder import (
    DECLARED,
    Interpreter,
    Rung,
    all_rungs,
    imports_feature,
    move_to_front,
    pin_for,
    remembered_first,
    rungs_after_failure,
    uses_setuptools,
    with_feature_first,
    with_versioned_files,
)


def python(text: str) -> Interpreter:
    major, minor = text.split(".")
    return Interpreter(f"/opt/python{text}", (int(major), int(minor)))


OTHERS = tuple(map(python, ("3.13", "3.9", "3.6", "2.7")))
FLIT = BuildSystem(("flit_core>=3",), "flit_core.buildapi")


def described(found: tuple[Rung, ...]) -> list[str]:
    return [f"{rung.name} on {rung.python.label}" for rung in found]


class TestRungs:
    def test_are_what_is_declared_then_older_setuptools_then_other_pythons(self):
        assert described(all_rungs(LEGACY_SYSTEM, python("3.11"), OTHERS, has_setup_py=True)) == [
            "declared on python3.11",
            "setuptools 81 on python3.11",
            "setuptools 71.1 on python3.11",
            "setuptools 65.7 on python3.11",
            "setuptools 57.5 on python3.11",
            "setuptools 45.3 on python3.9",
            "python3.13 on python3.13",
            "python3.9 on python3.9",
            "python3.6 on python3.6",
            "python2.7 on python2.7",
        ]

    def test_have_an_old_cython_where_one_is_asked_for(self):
        system = BuildSystem(("setuptools", "Cython>=0.29"), "setuptools.build_meta")
        found = all_rungs(system, python("3.13"), [python("3.9")], has_setup_py=True)
        assert found[1] == Rung("Cython 0.29", python("3.9"), ("Cython<3",))

    def test_use_another_python_for_a_setuptools_that_the_first_one_is_too_new_for(self):
        found = described(all_rungs(LEGACY_SYSTEM, python("3.14"), OTHERS, has_setup_py=True))
        assert found[1:5] == [
            "setuptools 81 on python3.14",
            "setuptools 71.1 on python3.13",
            "setuptools 65.7 on python3.9",
            "setuptools 57.5 on python3.9",
        ]

    def test_leave_out_a_setuptools_that_no_python_here_can_run(self):
        found = described(all_rungs(LEGACY_SYSTEM, python("3.14"), [python("2.7")], has_setup_py=True))
        assert found == [
            "declared on python3.14",
            "setuptools 81 on python3.14",
            "python2.7 on python2.7",
        ]

    def test_constrain_setuptools_to_a_version(self):
        by_name = {
            rung.name: rung.constraints
            for rung in all_rungs(LEGACY_SYSTEM, python("3.11"), (), has_setup_py=True)
        }
        assert by_name["setuptools 65.7"] == ("setuptools==65.7.*",)
        assert by_name[DECLARED] == ()

    def test_never_give_to_python_2_what_declares_its_requirements(self):
        system = BuildSystem(("setuptools", "acme-helper"), "setuptools.build_meta")
        names = {rung.name for rung in all_rungs(system, python("3.11"), OTHERS, has_setup_py=True)}
        assert "python2.7" not in names
        assert "python3.9" in names

    @pytest.mark.parametrize(
        ("requires", "backend", "is_tried"),
        [
            (("setuptools>=40", "Wheel"), "setuptools.build_meta", True),
            (("setuptools", "wheel"), LEGACY_SYSTEM.backend, True),
            (("setuptools", "acme-helper"), LEGACY_SYSTEM.backend, False),
            (("setuptools",), "own", False),
        ],
    )
    def test_python_2_is_for_tags_that_ask_for_nothing_it_would_have_to_install(
        self, requires, backend, is_tried
    ):
        found = all_rungs(BuildSystem(requires, backend), python("3.11"), [python("2.7")], has_setup_py=True)
        assert any(rung.runs_setup_py for rung in found) == is_tried

    def test_have_no_older_setuptools_for_other_backends(self):
        found = described(all_rungs(FLIT, python("3.11"), OTHERS, has_setup_py=False))
        assert found == [
            "declared on python3.11",
            "python3.13 on python3.13",
            "python3.9 on python3.9",
            "python3.6 on python3.6",
        ]

    def test_name_no_toolchain_twice(self):
        found = all_rungs(LEGACY_SYSTEM, python("3.9"), OTHERS, has_setup_py=True)
        assert len({rung.name for rung in found}) == len(found)
        assert "python3.9" not in {rung.name for rung in found}

    @pytest.mark.parametrize(("version", "runs"), [("2.7", True), ("3.5", True), ("3.6", False)])
    def test_run_setup_py_themselves_before_pep_517(self, version, runs):
        assert Rung("any", python(version)).runs_setup_py is runs


@pytest.mark.parametrize(
    ("system", "uses"),
    [
        (LEGACY_SYSTEM, True),
        (BuildSystem(("setuptools>=40", "wheel"), "backend", ("tools",)), True),
        (BuildSystem(("Setuptools[x]==1; python_version>'3'",), "own"), True),
        (BuildSystem((), "setuptools.build_meta"), True),
        (BuildSystem(("setuptools_scm", "hatchling"), "hatchling.build"), False),
        (FLIT, False),
    ],
)
def test_setuptools_is_used_where_it_is_backend_or_required(system, uses):
    assert uses_setuptools(system) is uses


EVERY = all_rungs(LEGACY_SYSTEM, python("3.11"), OTHERS, has_setup_py=True)
LEFT = EVERY[1:]

# What the failures of real tags say, from the interpreters and setuptools of the ladder.
CURED_BY = [
    ("ModuleNotFoundError: No module named 'pkg_resources'", "setuptools 81"),
    ("ImportError: No module named pkg_resources", "setuptools 81"),
    ("ModuleNotFoundError: No module named 'setuptools.command.upload'", "setuptools 71.1"),
    ("InvalidVersion: Invalid version: '1.0-final-fix'", "setuptools 65.7"),
    ("ImportError: cannot import name 'convert_path' from 'setuptools' (x.py)", "setuptools 65.7"),
    ("SetupRequirementsError: error in x setup command: use_2to3 is invalid.", "setuptools 57.5"),
    ("SyntaxError: invalid syntax", "python2.7"),
    ("TabError: inconsistent use of tabs and spaces in indentation", "python2.7"),
    ("ModuleNotFoundError: No module named 'ConfigParser'", "python2.7"),
    ("ModuleNotFoundError: No module named 'urllib2'", "python2.7"),
    ("NameError: name 'execfile' is not defined", "python2.7"),
    ("NameError: name 'unicode' is not defined", "python2.7"),
    ("AttributeError: 'dict' object has no attribute 'has_key'", "python2.7"),
]


class TestAfter:
    @pytest.mark.parametrize(("failure", "cure"), CURED_BY)
    def test_comes_the_likeliest_cure_then_all_others_in_order(self, failure, cure):
        found = [rung.name for rung in rungs_after_failure(failure, LEFT)]
        assert found[0] == cure
        assert found[1:] == [rung.name for rung in LEFT if rung.name != cure]

    @pytest.mark.parametrize(
        "failure", ["RuntimeError: no", "ModuleNotFoundError: No module named 'configparser2'", ""]
    )
    def test_comes_the_next_where_nothing_tells(self, failure):
        assert rungs_after_failure(failure, LEFT) == LEFT

    @pytest.mark.parametrize(
        "failure",
        [
            "The build reads requirements.txt, which the archive lacks.",
            "The build took longer than 600 seconds.",
            "FileNotFoundError: [Errno 2] No such file or directory: 'README.txt'",
        ],
    )
    def test_comes_nothing_where_no_toolchain_helps(self, failure):
        assert rungs_after_failure(f"{failure}\na log", LEFT) == ()

    def test_a_word_in_the_log_stops_nothing(self):
        assert (
            rungs_after_failure("RuntimeError: no\nThe build reads a, which the archive lacks.", LEFT) == LEFT
        )

    def test_a_cure_that_was_tried_leaves_the_others(self):
        left = [rung for rung in LEFT if rung.name != "setuptools 81"]
        assert rungs_after_failure("No module named 'pkg_resources'", left) == tuple(left)


class TestFeature:
    @pytest.mark.parametrize(
        "text",
        [
            "from setuptools import setup, Extension, Feature\n",
            "try:\n    from setuptools import Feature\nexcept ImportError:\n    pass\n",
            "from setuptools import (setup,\n    Feature)\n",
        ],
    )
    def test_is_seen_where_it_is_imported(self, text):
        assert imports_feature(text)

    @pytest.mark.parametrize(
        "text",
        ["from setuptools import setup\nFeature = 1", "import Feature", "from setuptools import Features"],
    )
    def test_is_not_seen_elsewhere(self, text):
        assert not imports_feature(text)

    def test_brings_those_to_the_front_that_have_it(self):
        found = [rung.name for rung in with_feature_first(EVERY)]
        assert found[:3] == ["setuptools 45.3", "python2.7", DECLARED]
        assert len(found) == len(EVERY)


class TestRemembered:
    def test_comes_first(self):
        found = [rung.name for rung in remembered_first(EVERY, "setuptools 57.5")]
        assert found[:3] == ["setuptools 57.5", DECLARED, "setuptools 81"]
        assert len(found) == len(EVERY)

    def test_comes_first_with_versioned_files_and_then_without(self):
        found = remembered_first(EVERY, "setuptools 81 with versioned files")
        assert found[0] == with_versioned_files(EVERY[1])
        assert (found[0].has_versioned_files, found[1].has_versioned_files) == (True, False)
        assert found[1:] == move_to_front(EVERY, "setuptools 81")

    @pytest.mark.parametrize("name", ["", "pinned", "python3.3", "python3.3 with versioned files"])
    def test_changes_nothing_where_it_is_no_longer_there(self, name):
        assert remembered_first(EVERY, name) == EVERY


class TestPinned:
    PINS = (Pin("acme-*", "2.7", ()), Pin("acme-new", "3.9", ("setuptools<58",)), Pin("*", "3.11", ()))

    @pytest.mark.parametrize(
        ("project", "found"), [("acme-new", "2.7"), ("Acme.New", "2.7"), ("acme", "3.11"), ("Other", "3.11")]
    )
    def test_is_the_first_line_that_matches_as_written_or_normalised(self, project, found):
        assert pin_for(project, self.PINS).python == found

    def test_is_nothing_where_none_matches(self):
        assert pin_for("other", self.PINS[:2]) is None

    def test_knows_names_as_written(self):
        assert pin_for("Acme.New", [Pin("Acme.*", "2.7", ())]) is not None


def test_what_only_python_2_reads_is_tried_on_nothing_else():
    failure = (
        "SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)? (<string>, line 5)"
    )
    assert [rung.name for rung in rungs_after_failure(failure, LEFT)] == ["python2.7"]
    assert rungs_after_failure(failure, [rung for rung in LEFT if rung.name != "python2.7"]) == ()
