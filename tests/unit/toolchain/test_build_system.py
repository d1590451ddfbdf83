"""What a tag declares of how it is built."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.build_system import LEGACY_SYSTEM, BuildSystem, read_build_system


@pytest.fixture
def tree(tmp_path):
    """A source tree with this pyproject.toml, or none; its folder."""

    def write(pyproject: str | bytes | None = None, *others: str):
        if pyproject is not None:
            data = pyproject if isinstance(pyproject, bytes) else pyproject.encode()
            (tmp_path / "pyproject.toml").write_bytes(data)
        for other in others:
            (tmp_path / other).touch()
        return tmp_path

    return write


def table(text: str) -> str:
    return f"[build-system]\n{text}\n"


def reason(folder) -> str:
    with pytest.raises(BuildError) as caught:
        read_build_system(folder)
    return caught.value.reason


class TestLegacy:
    def test_is_what_a_setup_py_alone_gets(self, tree):
        assert read_build_system(tree(None, "setup.py")) == LEGACY_SYSTEM

    def test_is_what_pep_517_says(self):
        assert BuildSystem(("setuptools",), "setuptools.build_meta:__legacy__", ()) == LEGACY_SYSTEM

    @pytest.mark.parametrize(
        "pyproject", ["", "[tool.black]\nline-length = 88\n", "[project]\nname = 'acme'\n"]
    )
    def test_is_what_a_pyproject_without_build_system_gets(self, tree, pyproject):
        assert read_build_system(tree(pyproject)) == LEGACY_SYSTEM

    def test_backend_goes_with_requirements_that_name_no_backend(self, tree):
        system = read_build_system(tree(table("requires = ['setuptools<70', 'wheel']")))
        assert system == BuildSystem(("setuptools<70", "wheel"), LEGACY_SYSTEM.backend)


class TestDeclared:
    def test_backend_and_requirements_are_taken_as_written(self, tree):
        text = (
            "requires = ['flit_core >=3.2,<4 ; python_version>\"3\"']\nbuild-backend = 'flit_core.buildapi'"
        )
        assert read_build_system(tree(table(text), "setup.py")) == BuildSystem(
            ('flit_core >=3.2,<4 ; python_version>"3"',), "flit_core.buildapi"
        )

    def test_backend_may_be_an_attribute(self, tree):
        text = "requires = []\nbuild-backend = 'tools.backend:make.one'"
        assert read_build_system(tree(table(text))).backend == "tools.backend:make.one"

    @pytest.mark.parametrize("path", ["tools", ".", "./tools/build", "tools/../tools"])
    def test_backend_may_be_in_the_tree(self, tree, path):
        text = f"requires = []\nbuild-backend = 'backend'\nbackend-path = ['{path}']"
        assert read_build_system(tree(table(text))) == BuildSystem((), "backend", (path,))

    def test_text_is_utf_8(self, tree):
        text = table("requires = []\nbuild-backend = 'Zähler'")
        assert read_build_system(tree(text)).backend == "Zähler"

    def test_poetry_of_2018_declared_none(self, tree):
        text = '[tool.poetry]\nname = "pkg"\n'
        assert read_build_system(tree(text)).backend == "poetry.core.masonry.api"
        assert read_build_system(tree(f'{text}[project]\nname = "pkg"\n')) == LEGACY_SYSTEM
        assert read_build_system(tree(text, "setup.py")) == LEGACY_SYSTEM


class TestMalformed:
    def test_a_tree_with_neither_file_says_so(self, tree):
        assert reason(tree(None, "README.txt")) == (
            "The tag has neither setup.py nor pyproject.toml. "
            "Leave it out with the option exclude, ignore or tag-pattern."
        )

    @pytest.mark.parametrize(
        ("files", "said"),
        [
            (["src/setup.py", "doc/x"], "its folder 'src' has one. To build that from Subversion, set for "),
            (["src/setup.py"], "layout = {project}/tags/{tag}/src. Otherwise leave it out with"),
            (["src/setup.py"], "beside the line {project}/tags/{tag} for other projects"),
            (["a/setup.py", "b/pyproject.toml", "c/x"], "2 of its folders have one. "),
            (["a/setup.py", "b/pyproject.toml"], "layout = tags/{tag}/{project}. Otherwise"),
        ],
    )
    def test_a_tree_with_a_file_further_down_names_the_layout(self, tmp_path, files, said):
        for file in files:
            (tmp_path / file).parent.mkdir()
            (tmp_path / file).touch()
        (tmp_path / "link").symlink_to("a")
        assert said in reason(tmp_path)

    def test_folders_of_those_names_do_not_count(self, tmp_path):
        (tmp_path / "setup.py").mkdir()
        (tmp_path / "pyproject.toml").mkdir()
        assert reason(tmp_path).startswith("The tag has neither")

    @pytest.mark.parametrize(
        "pyproject",
        ["[build-system", "a = \n", b"[build-system]\nrequires = ['\xff']\n", "a = " + "[" * 100_000],
        ids=["table", "value", "encoding", "depth"],
    )
    def test_what_is_no_toml_cannot_be_read(self, tree, pyproject):
        assert reason(tree(pyproject, "setup.py")).startswith("pyproject.toml cannot be read: ")

    @pytest.mark.parametrize("pyproject", [table(""), table("build-backend = 'x'"), "build-system = 3\n"])
    def test_a_table_without_requires_is_against_pep_518(self, tree, pyproject):
        assert reason(tree(pyproject)) == "pyproject.toml: [build-system] has no requires."

    @pytest.mark.parametrize("requires", ["'setuptools'", "[1]", "['a', ['b']]", "{a = 1}", "true"])
    def test_requires_must_be_a_list_of_strings(self, tree, requires):
        found = reason(tree(table(f"requires = {requires}")))
        assert found == "pyproject.toml: [build-system] requires is not a list of strings."

    @pytest.mark.parametrize(
        "requirement",
        ["", "a b", "--index-url=x", "-e .", "a>>1", "../local", "-r x.txt", "a; " + "(" * 10_000],
        ids=["nothing", "two", "option", "editable", "operator", "path", "file", "depth"],
    )
    def test_a_requirement_that_is_none_is_named(self, tree, requirement):
        found = reason(tree(table(f"requires = ['setuptools', '{requirement}']")))
        assert found.startswith(f"pyproject.toml: [build-system] requires {requirement!r}: ")

    @pytest.mark.parametrize("backend", ["1", "true", "['a']", "[]", "0", "false", "{}"])
    def test_backend_must_be_a_string(self, tree, backend):
        text = table(f"requires = []\nbuild-backend = {backend}")
        assert reason(tree(text)) == "pyproject.toml: build-backend is not a string."

    @pytest.mark.parametrize("path", ["[1]", "true", "{}"])
    def test_backend_path_must_be_a_list_of_strings(self, tree, path):
        text = table(f"requires = []\nbuild-backend = 'x'\nbackend-path = {path}")
        assert reason(tree(text)) == "pyproject.toml: [build-system] backend-path is not a list of strings."

    @pytest.mark.parametrize("path", ["/usr/lib", "..", "../elsewhere", "tools/../../elsewhere"])
    def test_backend_path_must_be_in_the_tree_as_pep_517_asks(self, tree, path):
        text = table(f"requires = []\nbuild-backend = 'x'\nbackend-path = ['{path}']")
        assert "backend-path" in reason(tree(text))


def test_a_malformed_requirement_is_told_in_one_sentence(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[build-system]\nrequires = ['setuptools >>> 3']\n")
    with pytest.raises(BuildError) as caught:
        read_build_system(tmp_path)
    start = "pyproject.toml: [build-system] requires 'setuptools >>> 3': Expected "
    assert caught.value.reason.startswith(start)
    assert not {"\n", "^"} & set(caught.value.reason)
