"""What tags lack is given to them: versions, files, setuptools of old, and no development markers."""

from __future__ import annotations

import importlib.util
import os
import sys
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

from sdistmaker_recipe.toolchain.build_system import LEGACY_SYSTEM, BuildSystem
from sdistmaker_recipe.toolchain.preparation import (
    FILES_VARIABLE,
    bootstrap_modules,
    needs_versioned_files,
    remove_development_markers,
    version_variables,
    write_hgtools_version,
)
from sdistmaker_recipe.toolchain.worker import SHIMS
from tests.unit.values import a_tag

OLD = datetime(2014, 6, 1, tzinfo=timezone.utc)
NEW = datetime(2015, 6, 1, tzinfo=timezone.utc)


def write(folder: Path, **files: str) -> Path:
    """Files by their names, where a double underscore stands for a dot."""
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, "utf-8")
    return folder


class TestVersionVariables:
    def test_tell_the_version_to_all_who_ask_the_repository(self, tmp_path):
        assert version_variables(a_tag("1.2"), tmp_path) == {
            "SETUPTOOLS_SCM_PRETEND_VERSION": "1.2",
            "VCS_VERSIONING_PRETEND_VERSION": "1.2",
            "PBR_VERSION": "1.2",
            "PDM_BUILD_SCM_VERSION": "1.2",
            "PDM_PEP517_SCM_VERSION": "1.2",
            "POETRY_DYNAMIC_VERSIONING_BYPASS": "1.2",
            "UV_DYNAMIC_VERSIONING_BYPASS": "1.2",
            "GITVERSIONED__VERSION": "1.2",
            "DV_NEW_VERSION": "1.2",
            "PYPIGIT_VERSION": "1.2",
            "SCM_DESCRIBE": "v1.2-0-g0000000",
            "GIT_VERSIONER_VERSION": "1.2",
            "GIT_VERSIONER_VERSION_SHORT": "1.2",
            "GIT_VERSIONER_VERSION_PY": "1.2",
            "GIT_VERSIONER_VERSION_PY_SHORT": "1.2",
            "GIT_VERSIONER_ON_TAG": "True",
            "GIT_VERSIONER_DIRTY": "False",
        }

    def test_name_the_project_for_polyversion_only(self, tmp_path):
        write(tmp_path, setup__py="setup(name='acme', setup_requires=['polyversion'], polyversion=True)")
        assert version_variables(a_tag("1.2"), tmp_path)["acme_VERSION"] == "1.2"

    def test_have_the_version_of_the_tag_not_its_name(self, tmp_path):
        assert version_variables(a_tag("v1.2", version="1.2"), tmp_path)["PBR_VERSION"] == "1.2"

    def test_have_it_as_pep_440_writes_it(self, tmp_path):
        assert version_variables(a_tag("1.0-RC1"), tmp_path)["PBR_VERSION"] == "1.0rc1"

    def test_are_none_for_a_version_that_pep_440_does_not_know(self, tmp_path):
        assert version_variables(a_tag("1.0-final-fix"), tmp_path) == {}


class TestNeedsVersionedFiles:
    @pytest.mark.parametrize(
        ("manifest", "time", "wanted"),
        [(False, OLD, True), (False, NEW, True), (True, OLD, True), (True, NEW, False)],
    )
    def test_as_setuptools_did_then_or_where_nothing_says_which(self, tmp_path, manifest, time, wanted):
        if manifest:
            write(tmp_path, MANIFEST__in="include x\n")
        assert needs_versioned_files(tmp_path, a_tag(time=time), LEGACY_SYSTEM) is wanted

    def test_where_a_plugin_had_asked_the_repository(self, tmp_path):
        system = BuildSystem(("setuptools_scm",), "setuptools.build_meta")
        assert needs_versioned_files(write(tmp_path, MANIFEST__in=""), a_tag(time=NEW), system)


class TestBootstrapModules:
    @pytest.mark.parametrize(
        ("code", "found"),
        [
            ("import ez_setup\nez_setup.use_setuptools()", {"ez_setup.py"}),
            ("from ez_setup import use_setuptools", {"ez_setup.py"}),
            ("try:\n    import distribute_setup\nexcept ImportError: pass", {"distribute_setup.py"}),
            ("import os, ez_setup", {"ez_setup.py"}),
            ("# import ez_setup", set()),
            ("from setuptools import setup  # no ez_setup", {"ez_setup.py"}),
            ("import ez_setup_of_mine", set()),
        ],
    )
    def test_are_what_setup_py_imports(self, tmp_path, code, found):
        assert bootstrap_modules(write(tmp_path, setup__py=code)) == found

    def test_are_none_without_setup_py(self, tmp_path):
        assert bootstrap_modules(tmp_path) == frozenset()

    @pytest.mark.parametrize("name", ["ez_setup.py", "distribute_setup.py"])
    def test_have_stand_ins_that_do_nothing(self, name):
        values: dict = {}
        exec(compile((SHIMS / name).read_bytes(), name, "exec"), values)
        assert values["use_setuptools"]("0.6c9", download_delay=0) is None
        assert values["main"](["--version"]) is None


class TestDevelopmentMarkers:
    @pytest.mark.parametrize(
        "marker",
        ["tag_build = dev", "tag_build=.dev", "tag-build: dev", "tag_date = 1", "tag_svn_revision = 1"],
    )
    def test_are_taken_back(self, tmp_path, marker):
        path = write(tmp_path, setup__cfg=f"[egg_info]\n{marker}\n[x]\na = b\n") / "setup.cfg"
        remove_development_markers(tmp_path)
        assert path.read_text() == "[egg_info]\n[x]\na = b\n"

    def test_of_other_sections_stay(self, tmp_path):
        text = "[other]\ntag_build = dev\n[egg_info]\negg_base = .\n"
        remove_development_markers(write(tmp_path, setup__cfg=text))
        assert (tmp_path / "setup.cfg").read_text() == text

    def test_bytes_and_line_ends_stay_as_they_are(self, tmp_path):
        (tmp_path / "setup.cfg").write_bytes(b"[egg_info]\r\ntag_build = dev\r\n[x]\r\nname = Zo\xeb\r\n")
        remove_development_markers(tmp_path)
        assert (tmp_path / "setup.cfg").read_bytes() == b"[egg_info]\r\n[x]\r\nname = Zo\xeb\r\n"

    def test_go_with_all_lines_of_their_value(self, tmp_path):
        text = "[egg_info]\ntag_build =\n  dev\n  x\negg_base = .\n"
        remove_development_markers(write(tmp_path, setup__cfg=text))
        assert (tmp_path / "setup.cfg").read_text() == "[egg_info]\negg_base = .\n"

    def test_a_file_without_any_is_not_touched(self, tmp_path):
        path = write(tmp_path, setup__cfg="[egg_info]\n") / "setup.cfg"
        path.chmod(0o444)
        before = path.stat().st_mtime_ns
        remove_development_markers(tmp_path)
        assert path.stat().st_mtime_ns == before

    def test_without_setup_cfg_nothing_is_made(self, tmp_path):
        remove_development_markers(tmp_path)
        assert list(tmp_path.iterdir()) == []


class TestWriteHgtoolsVersion:
    USES = "setup(use_vcs_version=True)"

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("", "[egg_info]\ntag_build = 1.2\n"),
            ("[x]\na = b", "[x]\na = b\n[egg_info]\ntag_build = 1.2\n"),
            ("[egg_info]\negg_base = .\n[x]\n", "[egg_info]\ntag_build = 1.2\negg_base = .\n[x]\n"),
        ],
    )
    def test_writes_it_where_an_sdist_has_it(self, tmp_path, before, after):
        write_hgtools_version(write(tmp_path, setup__py=self.USES, setup__cfg=before), a_tag("1.2"))
        assert (tmp_path / "setup.cfg").read_text() == after

    def test_does_nothing_elsewhere(self, tmp_path):
        write_hgtools_version(write(tmp_path, setup__py="setup()"), a_tag("1.2"))
        assert not (tmp_path / "setup.cfg").exists()


ODD_NAME = "a\x0cb\x85c\u2028d\r.txt"
"""What is the end of a line to some."""


@pytest.fixture
def finder(tmp_path, monkeypatch):
    """The plugin of setuptools, in a tree with a list of three files of which one is gone."""
    listing = tmp_path / "listing"
    paths = [b"setup.py", b"docs/a.txt", b"docs/gone.txt", b"docsier/b.txt", b"Zo\xeb.txt"]
    listing.write_bytes(b"\n".join([*paths, ODD_NAME.encode(), b""]))
    for path in ("setup.py", "docs/a.txt", "docsier/b.txt", os.fsdecode(b"Zo\xeb.txt"), ODD_NAME):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(FILES_VARIABLE, str(listing))
    spec = importlib.util.spec_from_file_location("sdistmaker_files", SHIMS / "sdistmaker_files.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestFinder:
    def test_gives_all_that_is_there(self, finder):
        everything = ["setup.py", "docs/a.txt", "docsier/b.txt", os.fsdecode(b"Zo\xeb.txt"), ODD_NAME]
        assert finder.exported() == finder.exported(".") == everything

    def test_gives_what_is_below_a_folder(self, finder):
        assert finder.exported("docs") == finder.exported("./docs/") == ["docs/a.txt"]

    def test_gives_nothing_where_nothing_shall_be_added(self, finder, monkeypatch):
        monkeypatch.delenv(FILES_VARIABLE)
        assert finder.exported() == []

    def test_tells_pbr_which_asks_no_plugin(self, finder, monkeypatch):
        git = SimpleNamespace(_find_git_files=None)
        monkeypatch.setitem(sys.modules, "pbr", SimpleNamespace(git=git))
        finder.tell_pbr(SimpleNamespace(pbr=None))
        assert git._find_git_files is None
        finder.tell_pbr(SimpleNamespace(pbr=True))
        assert git._find_git_files(git_dir="x") == finder.exported()
