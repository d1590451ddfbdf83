"""Where uv is found, and what is said if it fails."""

from __future__ import annotations

import pytest
import uv

from sdistmaker_recipe.errors import ToolchainError
from sdistmaker_recipe.toolchain.environments import _uv_error, uv_program


class TestUvProgram:
    @pytest.fixture(autouse=True)
    def missing(self, monkeypatch):
        def find_uv_bin():
            raise FileNotFoundError("/here\n/there")

        monkeypatch.setattr(uv, "find_uv_bin", find_uv_bin)

    def test_is_that_of_the_path_where_the_package_has_none(self, monkeypatch, tmp_path):
        program = tmp_path / "uv"
        program.touch(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert uv_program() == str(program)

    def test_is_missed_with_a_word_on_what_to_do(self, monkeypatch, tmp_path):
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(ToolchainError, match="The program uv is not there") as caught:
            uv_program()
        assert "beside buildout" in caught.value.hint


@pytest.mark.parametrize("took", ["8.4s", "12s", "870ms"])
def test_the_reason_of_a_failure_does_not_depend_on_how_long_it_took(took):
    printed = f"""\
  × Request failed after 3 retries in {took}
  ├─▶ Failed to fetch: `https://packages.example.com/setuptools/`
  ╰─▶ connection refused
"""
    assert str(_uv_error(["pip", "install"], printed, printed)) == (
        "The build requirements cannot be installed: Request failed after 3 retries: "
        "Failed to fetch: `https://packages.example.com/setuptools/`"
    )
