"""Markers of development versions are dropped if the version without them is that of the tag."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace

import pytest

from sdistmaker_recipe.names import same_version
from sdistmaker_recipe.toolchain.preparation import marker_variables
from sdistmaker_recipe.toolchain.worker import SHIMS
from tests.unit.values import a_tag


@pytest.fixture(scope="module")
def markers():
    spec = importlib.util.spec_from_file_location("sdistmaker_markers", SHIMS / "sdistmaker_markers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def settle(markers, monkeypatch):
    """What the markers of a command add to the version, for a tag."""

    def run(tag: str, bare: str, options: dict | None = None, **attributes: object) -> str:
        for name, value in marker_variables(a_tag(tag)).items():
            monkeypatch.setenv(name, value)
        from_config = {name: ("setup.cfg", value) for name, value in (options or {}).items()}
        distribution = SimpleNamespace(get_version=lambda: bare, get_option_dict=lambda name: from_config)
        command = SimpleNamespace(distribution=distribution, **attributes)
        markers.settle_markers(command)
        assert (command.tag_date, command.tag_svn_revision) == (0, 0)
        distribution.get_version = lambda: bare + command.tag_build
        second = SimpleNamespace(distribution=distribution, **attributes)
        markers.settle_markers(second)
        assert second.tag_build == command.tag_build
        return command.tag_build

    return run


class TestSettleMarkers:
    @pytest.mark.parametrize("tag", ["1.0", "1.0.0", "1.0-final-fix"])
    def test_drops_them_where_the_bare_version_is_that_of_the_tag(self, settle, tag):
        bare = "1.0" if same_version(tag, "1.0") else tag
        assert settle(tag, bare, {"tag_svn_revision": "1"}, tag_build=".dev", tag_date=1) == ""

    @pytest.mark.parametrize(
        ("tag", "marker"),
        [("1.0rc1", "rc1"), ("1.0-beta-2", "b2"), ("1.0.dev0", "dev"), ("1.0.post1", ".post1")],
    )
    def test_keeps_what_makes_the_version_of_the_tag(self, settle, tag, marker):
        assert settle(tag, "1.0", tag_build=marker) == marker

    def test_keeps_them_where_neither_version_is_that_of_the_tag(self, settle):
        assert settle("2.0", "2.1", tag_build=".dev", tag_date=0) == ".dev"

    @pytest.mark.parametrize("on", [1, True, "1", "true", "yes"])
    def test_knows_the_date_and_the_revision_in_the_tag(self, settle, on):
        assert settle("1.0.dev-r12", "1.0", {"tag_svn_revision": on}, tag_build=".dev") == ".dev-r12"
        assert settle("1.0.dev-20100305", "1.0", tag_build=".dev", tag_date=on) == ".dev-20100305"

    @pytest.mark.parametrize("off", [0, None, "", "0", "false", "no", "off"])
    def test_knows_what_is_off(self, settle, off):
        assert settle("2.0", "1.0", {"tag_svn_revision": off}, tag_build=None, tag_date=off) == ""

    def test_takes_others_from_the_tag_itself_for_the_same_version_each_time(self, settle):
        added = settle("2.0", "1.0", {"tag_svn_revision": "1"}, tag_build="a", tag_date=1)
        assert added == "a-r17-20120304"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.0", "1.0.0"),
        ("1.0rc1", "v1.0-RC.1"),
        ("1.0c1", "1.0.pre1"),
        ("1.0-1", "1.0.post1"),
        ("1.0dev", "1.0.dev0"),
        ("1!1.0", "1.0"),
        ("1.0+a-b", "1.0+A.b"),
        ("1.0a", "1.0a1"),
        ("1.0-x-y", "1.0-X-y"),
        ("1.0.post", "1.0"),
        ("01.2", "1.2"),
        ("1.0alpha2", "1.0a2"),
        ("1.0rev3", "1.0-r3"),
        ("1.0.dev-r3", "1.0.dev3"),
        ("0", "0.0"),
    ],
)
def test_versions_are_compared_as_by_the_library_packaging(markers, one, other):
    expected = same_version(one, other) or one.lower() == other.lower()
    assert markers.is_same_version(one, other) is expected


class TestRemoveMarkers:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (
                "[egg_info]\ntag_build = dev\nTAG-DATE: 1\nx = y\n[o]\ntag_build = z\n",
                "[egg_info]\nx = y\n[o]\ntag_build = z\n",
            ),
            ("[egg_info]\r\ntag_build =\r\n  dev\r\n  x\r\n", "[egg_info]\r\n"),
        ],
    )
    def test_from_setup_cfg(self, markers, tmp_path, before, after):
        path = tmp_path / "setup.cfg"
        path.write_bytes(before.encode())
        (tmp_path / "linked").hardlink_to(path)
        markers.remove_markers(str(path), "egg_info")
        assert (path.read_bytes(), (tmp_path / "linked").read_bytes()) == (after.encode(), before.encode())

    def test_from_pyproject_toml(self, markers, tmp_path):
        path = tmp_path / "pyproject.toml"
        path.write_text('[tool.distutils.egg-info]\n  tag-build = "dev"\n  x = 1\n')
        markers.remove_markers(str(path), "tool.distutils.egg_info")
        assert path.read_text() == "[tool.distutils.egg-info]\n  x = 1\n"

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ('[tool.distutils]\negg_info = {tag_build = "dev"}\n', "[tool.distutils]\negg_info = {}\n"),
            (
                "[tool.distutils]\negg-info = { tag-date = true, x = 'a', \"tag_build\" = 'b' }\n",
                "[tool.distutils]\negg-info = { x = 'a'}\n",
            ),
            ('[tool]\ndistutils = {egg_info = {tag_build = "d"}}\n', "[tool]\ndistutils = {egg_info = {}}\n"),
            ('[tool]\ndistutils.egg_info.tag-build = "dev"\nx = 1\n', "[tool]\nx = 1\n"),
            ('tool.distutils.egg_info = {tag_build="d"}\n', "tool.distutils.egg_info = {}\n"),
            (
                "[tool.\"distutils\" . 'egg_info']\n'tag_build' = \"dev\"\n",
                "[tool.\"distutils\" . 'egg_info']\n",
            ),
            (
                '[tool.other]\negg_info = {tag_build = "dev"}\n',
                '[tool.other]\negg_info = {tag_build = "dev"}\n',
            ),
            ('[x]\ntool = {tag_build = "dev"}\n', '[x]\ntool = {tag_build = "dev"}\n'),
        ],
    )
    def test_from_any_spelling_of_toml(self, markers, tmp_path, before, after):
        path = tmp_path / "pyproject.toml"
        path.write_text(before)
        markers.remove_markers(str(path), "tool.distutils.egg_info")
        assert path.read_text() == after

    def test_without_a_file_nothing_is_made(self, markers, tmp_path):
        markers.remove_markers(str(tmp_path / "setup.cfg"), "egg_info")
        assert list(tmp_path.iterdir()) == []


class TestAddRevisionOptions:
    def test_as_setuptools_had_them(self, markers):
        command = SimpleNamespace(user_options=[("tag-build=", "b", "")], boolean_options=[], negative_opt={})
        markers.add_revision_options(command)
        assert [option[:2] for option in command.user_options] == [
            ("tag-build=", "b"),
            ("tag-svn-revision", "r"),
            ("no-svn-revision", "R"),
        ]
        assert command.boolean_options == ["tag-svn-revision"]
        assert command.negative_opt == {"no-svn-revision": "tag-svn-revision"}

    def test_changes_nothing_where_it_has_them(self, markers):
        command = SimpleNamespace(user_options=[("tag-svn-revision", "r", "")])
        markers.add_revision_options(command)
        assert command.user_options == [("tag-svn-revision", "r", "")]
