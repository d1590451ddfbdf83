"""The defaults file: printed with its documentation, read again, wrong in ways that point to a line."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.declaration import Door
from sdistmaker_recipe.configuration.options import Configuration, grouped_options, options
from sdistmaker_recipe.configuration.parsing import configure
from sdistmaker_recipe.doors import defaults_file
from sdistmaker_recipe.errors import ConfigurationError

SAMPLES = Path(__file__).parents[2] / "samples" / "defaults"
BASE = Path("/buildout")
EXAMPLE = defaults_file.example_defaults()


@pytest.fixture
def file(tmp_path):
    """Write a defaults file; its path."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "defaults.py"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def message(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        defaults_file.read_defaults(path)
    (problem,) = caught.value.problems
    assert problem.source == str(path)
    return problem.message


class TestPrinted:
    def test_file_loads_back_to_the_default_configuration(self, file):
        layer = defaults_file.read_defaults(file(defaults_file.example_defaults()))
        assert configure([layer], BASE) == configure([], BASE)

    def test_file_sets_every_constant_once_in_the_order_of_declaration(self):
        statements = ast.parse(defaults_file.example_defaults()).body
        names = [statement.targets[0].id for statement in statements]
        assert names == [option.spelling(Door.CONSTANT) for option in options(Door.CONSTANT)]

    @pytest.mark.parametrize("option", options(Door.CONSTANT), ids=lambda option: option.name)
    def test_file_documents_every_constant_above_it(self, option):
        above, _, _ = EXAMPLE.partition(f"\n{option.spelling(Door.CONSTANT)} = ")
        block = above.rpartition("\n\n")[2].splitlines()
        assert all(line.startswith("# ") for line in block)
        comment = "".join(line[2:] for line in block).replace(" ", "")
        for said in (option.help, option.accepts, option.alias):
            assert said.replace(" ", "") in comment

    def test_file_has_a_heading_above_the_first_constant_of_each_group(self):
        for group, (first, *_) in grouped_options(Door.CONSTANT).items():
            above, _, _ = EXAMPLE.partition(f"\n{first.spelling(Door.CONSTANT)} = ")
            assert above.split("\n\n")[-2].splitlines()[-1].startswith(f"# ---- {group.value} ---")

    def test_file_has_no_line_that_is_too_long_to_read(self):
        assert max(map(len, defaults_file.example_defaults().splitlines())) <= 110

    def test_file_has_no_option_of_parts_only(self):
        assert "SCRIPT" not in defaults_file.example_defaults()


class TestSdistmaker14:
    def test_file_works_as_it_is(self):
        layer = defaults_file.read_defaults(SAMPLES / "sdistmaker_1_4.py")
        assert configure([layer], BASE) == Configuration(
            repository=("https://svn.example.com/svn/Products",),
            repository_on_server=("file:///srv/svn/Products",),
            ignore=(".svn", ".attic", "thirdparty"),
            stop_indicators=("setup.py", "buildout.cfg"),
            destination=BASE / "var/private",
        )

    def test_file_may_leave_base_on_server_empty(self, file):
        layer = defaults_file.read_defaults(
            file("BASE = 'https://svn.example.com/svn'\nBASE_ON_SERVER = ''\n")
        )
        assert configure([layer], BASE).repository_on_server == ()

    def test_names_and_ours_can_stand_in_one_file(self, file):
        layer = defaults_file.read_defaults(file("OUTDIR = 'var/index'\nJOBS = 2\n"))
        configuration = configure([layer], BASE)
        assert (configuration.destination, configuration.jobs) == (BASE / "var/index", 2)


class TestRead:
    def test_layer_names_the_file_as_its_source(self, file):
        path = file("JOBS = 2\n")
        layer = defaults_file.read_defaults(path)
        assert (layer.source, layer.door, layer.values) == (str(path), Door.CONSTANT, {"JOBS": 2})

    def test_ignores_what_is_not_in_upper_case(self, file):
        text = "import os\nfrom pathlib import Path\njobs = 3\ndef helper():\n    return 2\nJOBS = helper()\n"
        assert defaults_file.read_defaults(file(text)).values == {"JOBS": 2}

    def test_lets_the_file_know_where_it_is(self, file):
        path = file("import os\nDESTINATION = os.path.join(os.path.dirname(__file__), 'index')\n")
        assert defaults_file.read_defaults(path).values == {"DESTINATION": str(path.with_name("index"))}

    def test_does_not_run_the_file_as_a_program(self, file):
        assert defaults_file.read_defaults(file("if __name__ == '__main__':\n    JOBS = 2\n")).values == {}

    def test_heeds_the_encoding_that_the_file_declares(self, file):
        path = file("# -*- coding: latin-1 -*-\nUSERNAME = 'Jürgen'\n".encode("latin-1"))
        assert defaults_file.read_defaults(path).values == {"USERNAME": "Jürgen"}

    def test_leaves_no_module_behind(self, file):
        path = file("JOBS = 2\n")
        defaults_file.read_defaults(path)
        assert list(path.parent.iterdir()) == [path]

    def test_finds_unknown_names_and_bad_values_of_the_file_together(self, file):
        path = file("BLACKLISTED = ['a']\nJOBS = 'many'\n")
        with pytest.raises(ConfigurationError) as caught:
            configure([defaults_file.read_defaults(path)], BASE)
        assert str(caught.value).splitlines() == [
            f"{path}: BLACKLISTED: is not an option; did you mean BLACKLIST?",
            f"{path}: JOBS = 'many': is not a whole number of 0 or more; accepted: a whole number",
        ]


class TestErrors:
    def test_say_that_the_file_is_not_there(self, tmp_path):
        assert message(tmp_path / "none.py") == "cannot be read: No such file or directory"

    def test_say_that_it_is_a_folder(self, tmp_path):
        assert message(tmp_path) == "cannot be read: Is a directory"

    def test_name_the_line_of_a_syntax_error(self, file):
        assert message(file("JOBS = 2\n\nprint 'hello'\n")).startswith("line 3: SyntaxError: ")

    def test_name_the_line_that_raised(self, file):
        assert message(file("A = 1\nB = A / 0\n")) == "line 2: ZeroDivisionError: division by zero"

    def test_name_the_innermost_line_of_the_file(self, file):
        text = "def ports():\n    return {}['svn']\n\nJOBS = ports()\n"
        assert message(file(text)) == "line 2: KeyError: 'svn'"

    def test_name_the_files_own_line_where_another_module_raised(self, file):
        text = "import json\n\nJOBS = json.loads('{')\n"
        assert message(file(text)).startswith("line 3: JSONDecodeError: ")

    def test_name_the_files_own_line_where_another_module_is_no_python(self, file, tmp_path, monkeypatch):
        (tmp_path / "broken_settings.py").write_text("\n" * 40 + "print 'hello'\n")
        monkeypatch.syspath_prepend(tmp_path)
        assert message(file("JOBS = 2\nimport broken_settings\n")).startswith("line 2: SyntaxError: ")

    def test_name_the_line_of_bytes_that_are_not_in_the_files_encoding(self, file):
        assert message(file(b"JOBS = 2\nUSERNAME = 'J\xfcrgen'\n")).startswith("line 2: SyntaxError: ")

    def test_name_no_line_where_there_is_none(self, file):
        assert "None" not in message(file(b"JOBS = 2\0\n"))

    def test_keep_what_raised_as_their_cause(self, file):
        with pytest.raises(ConfigurationError) as caught:
            defaults_file.read_defaults(file("1 / 0\n"))
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
