"""Where uv is found, and what is said if it fails."""

from __future__ import annotations

import sys
import time

import pytest
import uv

from sdistmaker_recipe.errors import BuildError, ToolchainError
from sdistmaker_recipe.model import BuildSettings
from sdistmaker_recipe.toolchain import environments
from sdistmaker_recipe.toolchain.environments import _uv_error, environment_for, uv_program
from sdistmaker_recipe.toolchain.ladder import Interpreter, Rung


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


class TestAnEnvironmentThatCannotBeMade:
    @pytest.fixture(autouse=True)
    def tries(self, monkeypatch):
        """The requirements of each try; all fail."""
        tries = []

        def fail(folder, rung, requirements, settings):
            tries.append(requirements)
            raise BuildError("Request failed.", "log", is_permanent=False)

        monkeypatch.setattr(environments, "_make", fail)
        monkeypatch.setattr(environments, "_failures", {})
        return tries

    def failure(self, tmp_path, requirement):
        rung = Rung("declared", Interpreter(sys.executable, (3, 11)))
        with pytest.raises(BuildError) as caught:
            environment_for([requirement], rung, BuildSettings(tmp_path, tmp_path, tmp_path, 300))
        return caught.value

    def test_is_not_tried_again_for_each_tag(self, tmp_path, tries):
        first = self.failure(tmp_path, "a")
        first.names = ("of-the-first-tag",)
        second = self.failure(tmp_path, "a")
        assert (second.reason, second.log, second.is_permanent) == ("Request failed.", "log", False)
        assert second.names == ()
        self.failure(tmp_path, "b")
        assert tries == [["a"], ["b"]]

    def test_is_tried_again_after_a_while(self, tmp_path, tries, monkeypatch):
        self.failure(tmp_path, "a")
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + 31)
        self.failure(tmp_path, "a")
        assert tries == [["a"], ["a"]]


def test_the_reason_names_a_certificate_that_uv_does_not_trust_and_what_to_do():
    printed = """\
error: Failed to fetch: https://packages.example.com/setuptools/
  cause: error sending request for url (https://packages.example.com/setuptools/)
  cause: client error (Connect)
  cause: invalid peer certificate: UnknownIssuer

hint: Consider enabling use of system TLS certificates with the `--system-certs` command-line flag
"""
    reason = str(_uv_error(["pip", "install"], printed, printed))
    assert reason.startswith(
        "The build requirements cannot be installed: Failed to fetch: "
        "https://packages.example.com/setuptools/: invalid peer certificate: UnknownIssuer. "
    )
    assert "SSL_CERT_FILE" in reason
