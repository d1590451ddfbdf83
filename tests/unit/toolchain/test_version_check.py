"""Whether somebody meant the version that a build gives."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain import version_check
from sdistmaker_recipe.toolchain.build_context import BuildContext
from sdistmaker_recipe.toolchain.isolation.deadline import Deadline
from sdistmaker_recipe.toolchain.version_check import check_version
from tests.unit.values import a_tag


@pytest.fixture
def context(tmp_path: Path) -> BuildContext:
    made = BuildContext(tmp_path / "tree", tmp_path, Deadline(30), {})
    made.tree.mkdir()
    made.log.write_text("what was printed\n")
    return made


def refusal(version: str, tag: str, context: BuildContext) -> str:
    with pytest.raises(BuildError) as caught:
        check_version(version, a_tag(tag), context)
    assert caught.value.log == "what was printed\n"
    return caught.value.reason


@pytest.mark.parametrize(
    "version", ["0.0.0", "0+unknown", "0", "0.0.0.dev0", "0.0.0.post1", "0.0.1", "0.0.1.dev2"]
)
def test_a_version_that_stands_for_none_is_refused(context, version):
    assert refusal(version, "1.0", context) == (
        f"The build found no version: its metadata says {version}. "
        "State the version in setup.py, setup.cfg or pyproject.toml in a new tag."
    )


@pytest.mark.parametrize("name", ["setup.py", "setup.cfg", "pyproject.toml"])
def test_such_a_version_is_accepted_where_a_file_states_it(context, name):
    (context.tree / name).write_text("version = '0.0.0'")
    check_version("0.0.0", a_tag("1.0"), context)


def test_such_a_version_is_accepted_where_the_tag_has_it(context):
    check_version("0.0.0", a_tag("0.0"), context)


@pytest.mark.parametrize(
    "text",
    [
        "install_requires=['six<20.0.0', 'a==0.0.0', 'b>= 0.0.0']",
        "version = '10.0.0'",
        "'0.0.0.dev1'",
        "'.'.join('000')",
    ],
)
def test_a_requirement_or_a_longer_version_states_none(context, text):
    (context.tree / "setup.py").write_text(text)
    assert refusal("0.0.0", "1.0", context).startswith("The build found no version")


def test_a_version_with_an_identifier_is_accepted_where_a_file_states_it(context):
    version = "1.4+g2ac833a"
    (context.tree / "setup.py").write_text(f"version='{version}.d2'")
    assert refusal(version, "1.0", context).startswith("The build found no version")
    (context.tree / "setup.py").write_text(f"version='{version}'")
    check_version(version, a_tag("1.0"), context)


@pytest.mark.parametrize(
    ("version", "tag"), [("0.0.1", "0.0.1.post1"), ("0.0.0.dev0", "0.0"), ("0.0.1.dev0", "0.0.1")]
)
def test_the_first_version_of_a_project_is_accepted(context, version, tag):
    check_version(version, a_tag(tag), context)


@pytest.mark.parametrize(
    ("version", "is_accepted"), [("0.0.1", True), ("0.0.0", False), ("1.0+g2ac833a", False)]
)
def test_only_the_first_version_is_accepted_where_any_file_states_it(context, version, is_accepted):
    if is_accepted:
        check_version(version, a_tag("1.0"), context, lambda: True)
    else:
        with pytest.raises(BuildError, match=r"^The build found no version"):
            check_version(version, a_tag("1.0"), context, lambda: True)


def test_a_tag_that_pep_440_does_not_know_is_not_like_a_version_that_stands_for_none(context):
    assert refusal("0.0.0", "final-1", context).startswith("The build found no version")


@pytest.mark.parametrize(
    "code",
    [
        "version=os.environ.get('BUILD', '0.1.dev0'),",
        "version = os.getenv('BUILD', \"0.1.dev0\")",
        "version = environ['V'] if 'V' in environ else '0.1.dev0'",
        "version=os.environ.get('BUILD') or '0.1.dev0',",
        "version=os.getenv(\n    'BUILD',\n    '0.1.dev0',\n),",
    ],
)
def test_what_stands_for_a_variable_that_is_not_set_is_refused(context, code):
    (context.tree / "setup.py").write_text(f"import os\nsetup(\n{code}\n)\n")
    assert refusal("0.1.dev0", "1.0", context).startswith(
        "The version comes from an environment variable that is not set: the tag says 1.0, its metadata 0.1."
    )
    check_version("0.1.dev0", a_tag("0.1.dev"), context)
    (context.tree / "setup.py").write_text(f"{code}\nversion = '0.1.dev0'\n")
    check_version("0.1.dev0", a_tag("1.0"), context)


def test_a_default_in_any_module_is_refused(context):
    module = context.tree / "src" / "p" / "__init__.py"
    module.parent.mkdir(parents=True)
    module.write_text("try:\n    from p._version import version\nexcept ImportError:\n    version = '0.1'\n")
    files = {"src/p/__init__.py"}
    with pytest.raises(
        BuildError, match=r"^The version comes from a default, because .*: the tag says 1.0, its"
    ):
        check_version("0.1", a_tag("1.0"), context, lambda: True, files)
    check_version("0.1", a_tag("0.1"), context, lambda: True, files)
    (context.tree / "VERSION").write_text("0.1\n")
    check_version("0.1", a_tag("1.0"), context, lambda: True, {*files, "VERSION"})


@pytest.mark.parametrize(
    "form",
    [
        *("%Y%m%d", "1.%Y%m%d.101500", "%Y.%m.%d", "1.0.dev%Y%m%d", "1.0.dev%Y%m%d%H", "1.0.%Y%m%d%H%M"),
        *(
            "1.0.dev%Y%m%d%H%M%S",
            "%Y%m%d%H%M%S%f",
            "%y.%m.%d",
            "1.%y%m%d",
            "1.0.dev%y%m%d%H%M",
            "%Y.%m",
            "1.%Y%m",
        ),
        *("%Y.%m.dev0", "1.0.%s", "1.0.dev%s123"),
    ],
)
def test_the_time_of_the_build_is_refused(context, form):
    version = datetime.now(timezone.utc).strftime(form)
    assert refusal(version, "1.0", context).startswith("The version comes from the clock: the tag says 1.0,")
    check_version(version, a_tag(version), context)
    check_version(version, a_tag("1.0"), context, lambda: True)


@pytest.mark.parametrize("day", [date(2031, 1, 5), date(2031, 11, 30)])
def test_a_date_as_pep_440_normalises_it_is_refused(context, monkeypatch, day):
    class Then(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(day.year, day.month, day.day, 12, tzinfo=tz)

    monkeypatch.setattr(version_check, "datetime", Then)
    for version in (
        *(f"{day.year}.{day.month}.{day.day}", f"{day:%y}.{day.month}.{day.day}", f"{day.year}.{day.month}"),
        *(f"{day:%Y%m%d%H%M%S}", f"1.0.dev{day:%y%m%d}", f"{int(Then.now(timezone.utc).timestamp()) - 3600}"),
    ):
        assert refusal(version, "1.0", context).startswith("The version comes from the clock")
    for version in (
        *(f"{day.year}.{day.month}.100", f"{day.year}.{day.month}.{day.day + 700}", f"9{day:%Y%m%d}"),
        *(
            f"{day.year}.{day.month + 1 - day.month // 6}9.1",
            f"{day:%y}{day.month}.{day.day}",
            f"1{day:%y%m%d}",
        ),
        *(f"{day:%Y%m%d}1", f"{day:%y}.{day.month}", "1796029118", "20310601", "2031"),
    ):
        check_version(version, a_tag("1.0"), context)


def test_another_date_is_accepted(context):
    check_version("1.20200229", a_tag("1.0"), context)
    check_version("1.0.1577836800", a_tag("1.0"), context)


def test_any_other_version_is_accepted(context):
    check_version("1.1", a_tag("1.0"), context)


@pytest.mark.parametrize(
    "version", ["0+untagged.1.g2ac833a", "0.0.0.post1.dev0+e5c4382", "1.4.dev2+ge5c4382ff"]
)
def test_a_version_that_only_a_commit_gives_is_refused(context, version):
    assert refusal(version, "1.0", context).startswith("The build found no version")


@pytest.mark.parametrize(
    "version", ["unknown", "None", "1.9-final-fix", "(1, 9)", "fatal-.not.a.git.repository-dirty"]
)
def test_a_version_that_pep_440_does_not_know_is_refused(context, version):
    (context.tree / "setup.py").write_text(f"setup(version={version!r})")
    assert refusal(version, "1.0", context) == (
        f"The build gives the version {version!r}. It is neither a version by PEP 440 nor what the tag says, "
        "1.0. State the version in setup.py, setup.cfg or pyproject.toml in a new tag."
    )


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("1.20.0-SNAPSHOT", "1.20.0-SNAPSHOT"),
        ("1.0_final_fix", "1.0-final-fix"),
        ("2.0.dev-r12", "2.0.dev-r12"),
    ],
)
def test_unless_the_tag_says_it(context, tag, version):
    check_version(version, a_tag(tag), context)
