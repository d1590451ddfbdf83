"""Where build requirements come from: what pip would read, said to uv.

What pip does was compared with pip itself: ``create_command("install").parser.get_default_values()``.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.pip_settings import pip_settings, uv_variables

ETC = Path("/etc/pip.conf")


class Machine:
    """A machine below a folder, on which pip may be configured in all the places that pip knows."""

    def __init__(self, folder: Path) -> None:
        self.prefix = folder / "venv"
        self.places = {
            "xdg first": folder / "xdg1/pip/pip.conf",
            "xdg second": folder / "xdg2/pip/pip.conf",
            "etc": folder / "etc/pip.conf",
            "legacy user": folder / "home/.pip/pip.conf",
            "user": folder / "home/.config/pip/pip.conf",
            "prefix": self.prefix / "pip.conf",
            "chosen": folder / "chosen.conf",
        }
        self.environment = {
            "HOME": str(folder / "home"),
            "XDG_CONFIG_DIRS": f"{folder / 'xdg1'}:{folder / 'xdg2'}",
        }

    def write(self, place: str, text: str) -> None:
        self.places[place].parent.mkdir(parents=True, exist_ok=True)
        self.places[place].write_text(text, "utf-8")

    def index(self, place: str, section: str = "global") -> str:
        """Configure an index of its own in a place; its URL."""
        url = f"https://{place.replace(' ', '-')}.{section}.example.com/simple"
        self.write(place, f"[{section}]\nindex-url = {url}\n")
        return url

    def choose(self) -> None:
        self.environment["PIP_CONFIG_FILE"] = str(self.places["chosen"])

    def settings(self, **variables: str) -> dict[str, str]:
        return pip_settings(self.environment | variables, self.prefix)

    def uv(self, build_index: str = "", **variables: str) -> dict[str, str]:
        """What is added to the environment for uv, or changed."""
        environment = self.environment | variables
        found = uv_variables(build_index, environment, self.prefix)
        return {name: value for name, value in found.items() if environment.get(name) != value}


@pytest.fixture
def machine(tmp_path, monkeypatch):
    made = Machine(tmp_path)
    read_text = Path.read_text

    def read(self: Path, encoding: str | None = None) -> str:
        return read_text(made.places["etc"] if self == ETC else self, encoding)

    monkeypatch.setattr(Path, "read_text", read)
    return made


PLACES = ["xdg first", "xdg second", "etc", "legacy user", "user", "prefix"]


class TestPipSettings:
    def test_are_none_on_a_machine_without_configuration(self, machine):
        assert machine.settings() == {}

    @pytest.mark.parametrize("place", PLACES)
    def test_come_from_each_file_that_pip_reads(self, machine, place):
        assert machine.settings() == {}
        url = machine.index(place)
        assert machine.settings() == {"index-url": url}

    @pytest.mark.parametrize(("earlier", "later"), list(pairwise(PLACES)))
    def test_of_a_later_file_win(self, machine, earlier, later):
        winner = machine.index(later)
        machine.index(earlier)
        assert machine.settings()["index-url"] == winner

    def test_of_the_chosen_file_win_over_all_files(self, machine):
        for place in PLACES:
            machine.index(place)
        url = machine.index("chosen")
        machine.choose()
        assert machine.settings() == {"index-url": url}

    def test_of_the_user_are_not_read_where_a_file_is_chosen(self, machine):
        machine.write("user", "[global]\nextra-index-url = https://user.example.com\n")
        machine.write("legacy user", "[global]\nfind-links = /home/wheels\n")
        machine.write("prefix", "[global]\ntrusted-host = venv.example.com\n")
        url = machine.index("chosen")
        machine.choose()
        assert machine.settings() == {"index-url": url, "trusted-host": "venv.example.com"}

    def test_of_the_user_are_read_where_the_chosen_file_is_not_there(self, machine):
        url = machine.index("user")
        machine.choose()
        assert machine.settings() == {"index-url": url}

    def test_of_all_files_are_left_out_where_the_chosen_one_is_dev_null(self, machine):
        for place in PLACES:
            machine.index(place)
        assert machine.settings(PIP_CONFIG_FILE="/dev/null") == {}

    def test_of_the_environment_win_over_all_files(self, machine):
        machine.index("chosen", "install")
        machine.choose()
        url = "https://variable.example.com"
        assert machine.settings(PIP_INDEX_URL=url) == {"index-url": url}

    def test_of_the_environment_count_also_without_files(self, machine):
        variables = {"PIP_CONFIG_FILE": "/dev/null", "PIP_FIND_LINKS": "/wheels", "PIP_INDEX_URL": ""}
        assert machine.settings(**variables) == {"find-links": "/wheels"}

    def test_that_are_empty_in_the_environment_do_not_count(self, machine):
        url = machine.index("user")
        assert machine.settings(PIP_INDEX_URL="") == {"index-url": url}

    def test_that_are_empty_in_a_later_file_take_back_those_of_an_earlier(self, machine):
        machine.index("etc")
        machine.write("user", "[global]\nindex-url =\n")
        assert machine.settings() == {}

    def test_of_the_command_win_over_global_in_one_file(self, machine):
        machine.write("user", "[install]\nindex-url = https://i\n[global]\nindex-url = https://g\n")
        assert machine.settings() == {"index-url": "https://i"}

    def test_of_the_command_win_over_global_of_a_later_file(self, machine):
        url = machine.index("etc", "install")
        machine.index("user", "global")
        assert machine.settings() == {"index-url": url}

    def test_of_other_commands_do_not_count(self, machine):
        machine.index("user", "download")
        assert machine.settings() == {}

    @pytest.mark.parametrize("name", ["index-url", "index_url", "Index-URL", "--index-url"])
    def test_may_be_spelt_as_pip_allows(self, machine, name):
        machine.write("user", f"[global]\n{name} = https://x.example.com\n")
        assert machine.settings() == {"index-url": "https://x.example.com"}

    def test_keep_percent_signs(self, machine):
        machine.write("user", "[global]\nindex-url = https://a:b%40c@x.example.com\n")
        assert machine.settings() == {"index-url": "https://a:b%40c@x.example.com"}

    @pytest.mark.parametrize("text", ["index-url = x\n", "[global\n", "[global]\nnonsense\n"])
    def test_of_a_file_that_is_broken_are_none(self, machine, text):
        machine.write("user", text)
        assert machine.settings() == {}

    def test_of_a_file_that_is_not_utf_8_are_none(self, machine):
        machine.index("user")
        machine.places["user"].write_bytes(b"[global]\nindex-url = https://\xff\n")
        assert machine.settings() == {}

    def test_heed_another_configuration_folder_of_the_user(self, machine, tmp_path):
        machine.index("user")
        folder = tmp_path / "settings/pip"
        folder.mkdir(parents=True)
        (folder / "pip.conf").write_text("[global]\nindex-url = https://x.example.com\n")
        settings = machine.settings(XDG_CONFIG_HOME=str(tmp_path / "settings"))
        assert settings == {"index-url": "https://x.example.com"}

    def test_without_a_home_are_those_of_the_machine(self, machine):
        url = machine.index("etc")
        machine.index("user")
        del machine.environment["HOME"]
        assert machine.settings() == {"index-url": url}


class TestUvVariables:
    def test_are_the_environment_where_nothing_is_configured(self, machine):
        assert uv_variables("", machine.environment, machine.prefix) == machine.environment

    def test_say_what_pip_is_told_in_uvs_words(self, machine):
        machine.write(
            "user",
            "[global]\n"
            "index-url = https://one.example.com\n"
            "extra-index-url =\n    https://two.example.com\n    https://three.example.com\n"
            "find-links =\n    /srv/wheels\n    /srv/more\n"
            "trusted-host = one.example.com two.example.com:8080\n"
            "cert = /etc/ssl/company.pem\n",
        )
        assert machine.uv() == {
            "UV_DEFAULT_INDEX": "https://one.example.com",
            "UV_INDEX": "https://two.example.com https://three.example.com",
            "UV_FIND_LINKS": "/srv/wheels,/srv/more",
            "UV_INSECURE_HOST": "one.example.com two.example.com:8080",
            "SSL_CERT_FILE": "/etc/ssl/company.pem",
            "UV_INDEX_STRATEGY": "unsafe-best-match",
        }

    def test_let_uv_choose_among_indexes_as_pip_does_only_where_there_are_several(self, machine):
        machine.index("user")
        assert "UV_INDEX_STRATEGY" not in machine.uv()

    def test_keep_the_strategy_that_the_environment_has(self, machine):
        found = machine.uv(PIP_EXTRA_INDEX_URL="https://two.example.com", UV_INDEX_STRATEGY="first-index")
        assert "UV_INDEX_STRATEGY" not in found

    @pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX"])
    def test_leave_uv_alone_where_the_environment_tells_it_an_index(self, machine, name):
        machine.index("user")
        assert machine.uv(**{name: "https://x.example.com"}) == {}

    def test_keep_each_other_thing_that_the_environment_tells_uv(self, machine):
        machine.write("user", "[global]\nindex-url = https://one.example.com\nfind-links = /srv/wheels\n")
        assert machine.uv(UV_FIND_LINKS="/mine") == {"UV_DEFAULT_INDEX": "https://one.example.com"}

    def test_have_the_build_index_before_everything(self, machine):
        for place in PLACES:
            machine.index(place)
        said = {"UV_DEFAULT_INDEX": "https://x", "PIP_INDEX_URL": "https://y"}
        assert machine.uv("https://build.example.com", **said) == {
            "UV_DEFAULT_INDEX": "https://build.example.com"
        }

    @pytest.mark.parametrize("name", ["UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"])
    def test_have_no_other_index_beside_the_build_index(self, machine, name):
        environment = machine.environment | {name: "https://x.example.com"}
        found = uv_variables("https://build.example.com", environment, machine.prefix)
        assert found == machine.environment | {"UV_DEFAULT_INDEX": "https://build.example.com"}

    def test_do_not_change_what_was_given(self, machine):
        before = dict(machine.environment)
        uv_variables("https://build.example.com", machine.environment, machine.prefix)
        assert machine.environment == before
