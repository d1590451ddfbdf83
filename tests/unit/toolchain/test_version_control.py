"""Which tags ask version control for their version or files, and which versions files state."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.build_system import LEGACY_SYSTEM, BuildSystem
from sdistmaker_recipe.toolchain.exported_tag import ExportedTag, list_files
from sdistmaker_recipe.toolchain.version_control import (
    has_file_finder,
    may_ask_git,
    may_ask_other_programs,
    needs_git,
    needs_vcs_metadata,
    states_version,
)


def write(folder: Path, **files: str) -> Path:
    """Files by their names, where a double underscore stands for a dot."""
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, "utf-8")
    return folder


def exported(folder: Path, files: dict[str, str], system: BuildSystem = LEGACY_SYSTEM) -> ExportedTag:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return ExportedTag(folder, list_files(folder), system)


class TestNeedsVcsMetadata:
    @pytest.mark.parametrize(
        "requirement",
        [
            *("setuptools_scm>=3", "setuptools-scm[toml]", "hatch-vcs", "pbr", "versioneer", "versioningit"),
            *(
                "setuptools-git-versioning>=2",
                "uv-dynamic-versioning",
                "poetry-dynamic-versioning<2",
                "dunamai",
            ),
            *(
                "flit_scm",
                "get_version",
                "vcs-versioning",
                "natcap.versioner",
                "setuptools_git_ver",
                "param<2",
            ),
        ],
    )
    def test_where_what_it_needs_to_build_does(self, tmp_path, requirement):
        assert needs_vcs_metadata(tmp_path, BuildSystem(("setuptools", requirement), "any"))

    def test_where_setup_py_says_so(self, tmp_path):
        assert needs_vcs_metadata(
            write(tmp_path, setup__py="setup(setup_requires=['pbr'], pbr=True)"), LEGACY_SYSTEM
        )

    def test_not_by_a_part_of_a_word(self, tmp_path):
        assert not needs_vcs_metadata(write(tmp_path, setup__py="import pbrother, mypbr"), LEGACY_SYSTEM)

    @pytest.mark.parametrize(
        "table",
        [
            '[tool.pdm.version]\nsource = "scm"\n',
            "[tool.pdm.version]\nsource = 'scm'\n",
            "[tool.pdm]\nversion = {use_scm = true}\n",
            "[tool.pdm.version]\nuse_scm = true\n",
            '[tool.scikit-build.metadata.version]\nprovider = "scikit_build_core.metadata.setuptools_scm"\n',
            "[tool.poetry-version-plugin]\nsource = 'git-tag'\n",
        ],
    )
    def test_where_pyproject_toml_has_a_setting_for_it(self, tmp_path, table):
        write(tmp_path, pyproject__toml=table)
        assert needs_vcs_metadata(tmp_path, BuildSystem((), "any"))

    @pytest.mark.parametrize("requirement", ["params", "paramiko", "get-versions", "mypbr", "param-sweep"])
    def test_not_by_a_part_of_a_requirement(self, tmp_path, requirement):
        assert not needs_vcs_metadata(tmp_path, BuildSystem((requirement,), "any"))

    def test_not_by_a_function_that_many_files_have(self, tmp_path):
        write(tmp_path, setup__py="def get_version(): return open('VERSION').read()\n")
        assert not needs_vcs_metadata(tmp_path, LEGACY_SYSTEM)


class TestFileFinder:
    @pytest.mark.parametrize("name", ["setuptools-git", "setuptools_subversion", "setuptools_hg", "hgtools"])
    def test_is_a_plugin_of_setuptools(self, tmp_path, name):
        assert has_file_finder(write(tmp_path, setup__py=f"setup_requires=[{name!r}]"), LEGACY_SYSTEM)

    @pytest.mark.parametrize(
        "text",
        [
            '[project.entry-points."setuptools.file_finders"]\nown = "own:find"\n',
            "[project]\nentry-points = {'setuptools.file_finders' = {own = 'own:find'}}\n",
        ],
    )
    def test_may_be_what_the_tag_has_itself_if_it_builds_with_its_own_code(self, tmp_path, text):
        write(tmp_path, pyproject__toml=text)
        own = BuildSystem(("setuptools",), "helper:build_meta", (".", "src"))
        assert has_file_finder(tmp_path, own)
        assert not has_file_finder(tmp_path, BuildSystem(("setuptools",), "setuptools.build_meta"))
        write(tmp_path, pyproject__toml=f"# {text.splitlines()[0]}\n[project]\n")
        assert not has_file_finder(tmp_path, own)

    def test_is_no_tool_for_versions(self, tmp_path):
        assert not has_file_finder(tmp_path, BuildSystem(("versioningit",), "setuptools.build_meta"))


def test_only_meson_python_never_builds_without_git():
    assert needs_git(BuildSystem((), "mesonpy"))
    assert not needs_git(BuildSystem(("versioningit",), "hatchling.build"))


@pytest.mark.parametrize(
    ("requirement", "is_needed"),
    [("scikit_build>=0.13", True), ("scikit-build", True), ("scikit-build-core", False)],
)
def test_scikit_build_takes_the_files_from_git(requirement, is_needed):
    assert needs_git(BuildSystem(("setuptools", requirement), "setuptools.build_meta")) == is_needed
    assert not needs_git(BuildSystem((requirement,), "setuptools.build_meta"), has_manifest=True)


class TestMayAskGit:
    @pytest.mark.parametrize(
        "code",
        [
            "os.popen('git describe --tags')",
            "check_output(['git', 'describe', '--tags'])",
            'check_output(["git", "rev-parse", "HEAD"])',
            "Popen([GIT, 'describe'])",
            "import git\nrepo = git.Repo('.')",
            "if os.path.isdir('.git'): pass",
            "from git import Repo",
            "check_output('git -C . describe --tags', shell=True)",
            "os.popen('git --no-pager describe')",
            "os.popen('git --git-dir=.git -c core.abbrev=8 describe')",
            "check_output(['git', '-C', here, 'describe'])",
            "check_output(['git', '-C', '.', '--no-pager', 'log'])",
            "check_output([\n    'git',\n    '-C',\n    'src',\n    'describe',\n])",
            "from dulwich.porcelain import describe",
            "from dulwich import porcelain\nversion = porcelain.describe('.')",
            "import pygit2",
            "import sh\nversion = sh.git('describe')",
            "from sh import git\nversion = git.describe('--tags')",
            "Repository('.').describe()",
        ],
    )
    def test_where_code_runs_it(self, tmp_path, code):
        assert may_ask_git(exported(tmp_path, {"setup.py": "", "pkg/version.py": code}))

    @pytest.mark.parametrize(
        "code",
        [
            *("url='https://github.com/acme/git'", "import gitless", "description='no git here'", "a.git"),
            *("'git - the tag'", "import dulwichy", "def describe(self): pass", "git\n\n--tags and\ntag"),
        ],
    )
    def test_not_where_it_is_only_mentioned(self, tmp_path, code):
        assert not may_ask_git(exported(tmp_path, {"setup.py": code}))

    @pytest.mark.parametrize(
        ("name", "is_code"), [("setup.py", True), ("tox.cfg", False), ("ruff.toml", False)]
    )
    def test_the_folder_counts_only_in_code(self, tmp_path, name, is_code):
        assert may_ask_git(exported(tmp_path, {name: "exclude = ['.git']\n"})) is is_code

    def test_where_meson_runs_it(self, tmp_path):
        text = "project('x', version: run_command('git', 'describe', check: true).stdout().strip())"
        assert may_ask_git(exported(tmp_path, {"meson.build": text}))


@pytest.mark.parametrize("code", ["os.popen('svnversion')", "['svn', 'info']", "hg id -i", "['hg', 'log']"])
def test_other_programs_are_known(tmp_path, code):
    assert may_ask_other_programs(exported(tmp_path, {"setup.py": code}))


@pytest.mark.parametrize(
    ("text", "is_stated"),
    [
        ("version='1.9'", True),
        ("version='1.9.0'", True),
        ("v1.9-rc1", False),
        ("1.90", False),
        ("11.9", False),
        ("release 1.9.", True),
    ],
)
def test_a_version_is_stated_as_a_whole(tmp_path, text, is_stated):
    assert states_version("1.9", exported(tmp_path, {"pkg/__init__.py": text})) is is_stated
