"""Which packages a part's script runs with, how they are found, and that it is right after any run."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.support import eggs, folders
from tests.support.commands import Commands, program
from tests.support.eggs import Deployment
from tests.support.history import History, setuptools_project
from tests.support.public_index import download_wheels

PART = """
[sdists]
recipe = sdistmaker_recipe
run = false
"""

EGG_PART = """
[other]
recipe = zc.recipe.egg
eggs = sdistmaker_recipe
scripts = sdists_from_tags=other
"""

LOOKED = "Installing 'sdistmaker_recipe'."
"""What buildout says in its debug log where it looks for the package and all that it needs."""


def _paths(commands: Commands, script: str = "sdists_from_tags") -> list[str]:
    """What the script puts before sys.path."""
    text = (commands.folder / "bin" / script).read_text()
    return re.findall("'(.*)'", text[text.index("sys.path") : text.index("  ]\n")])


def _run(commands: Commands, config: str, *arguments: str) -> str:
    done = commands.buildout(config, *arguments)
    assert done.status == 0, done.output
    return done.output


def _beside_buildout(sections: str = "", options: str = "") -> str:
    """A configuration for the package as it is installed beside buildout, as in the tests' environment."""
    return f"[buildout]\nparts = sdists\n{options}\n{PART}\n{sections}"


class TestBesideBuildout:
    def test_nothing_is_looked_for(self, commands: Commands) -> None:
        for _each in ("installed", "updated"):
            assert LOOKED not in _run(commands, _beside_buildout(), "-v")
        # It does say so where it looks.
        assert LOOKED in _run(commands, f"[buildout]\nparts = other\n{EGG_PART}", "-v")

    def test_the_script_has_the_paths_that_zc_recipe_egg_gives_it(self, commands: Commands) -> None:
        _run(commands, f"[buildout]\nparts = sdists other\n{PART}{EGG_PART}")
        assert _paths(commands) == _paths(commands, "other")
        assert commands.run("bin/sdists_from_tags", "--version").status == 0

    def test_a_pin_comes_before_what_is_installed(self, commands: Commands, tmp_path: Path) -> None:
        download_wheels(tmp_path / "wheels", ["mdurl==0.1.1"])
        find = f"find-links = {tmp_path / 'wheels'}"
        for pin, found in {"": [], "mdurl = 0.1.1": ["mdurl-0.1.1"], "mdurl = >=0.1": []}.items():
            (commands.folder / "buildout.cfg").write_text(_beside_buildout(f"[versions]\n{pin}\n", find))
            # bin/buildout that "bootstrap" makes puts what is beside it before all eggs.
            done = commands.run(program("buildout"), "-Uv")
            assert done.status == 0, done.output
            names = [Path(path).name.partition("-py")[0] for path in _paths(commands)]
            assert [name for name in names if name.startswith("mdurl")] == found
            assert (LOOKED in done.output) == bool(found)

    @pytest.mark.parametrize("option", ["show-picked-versions = true", "allow-picked-versions = true"])
    def test_versions_that_are_picked_are_told(self, commands: Commands, option: str) -> None:
        assert (LOOKED in _run(commands, _beside_buildout("", option), "-v")) == option.startswith("show")

    def test_options_of_buildout_itself_change_it(self, commands: Commands) -> None:
        _run(commands, _beside_buildout())
        assert "join(base, " not in (commands.folder / "bin/sdists_from_tags").read_text()
        assert "Updating sdists" in _run(commands, _beside_buildout("", "relative-paths = true"))
        assert "base = os.path.dirname(base)" in (commands.folder / "bin/sdists_from_tags").read_text()

    def test_it_is_for_the_interpreter_that_runs_buildout(self, commands: Commands) -> None:
        _run(commands, _beside_buildout())
        other = Path(sys.executable).with_name("python" if sys.executable.endswith("3") else "python3")
        done = commands.run(other, "bin/buildout", "-U")
        assert (done.status, "Updating sdists" in done.output) == (0, True), done.output
        first, *_rest = (commands.folder / "bin/sdists_from_tags").read_text().splitlines()
        assert first == f"#!{other}"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The package and all it needs as wheels, with two versions of one of them."""
    made = eggs.make_deployment(tmp_path_factory.mktemp("deployment"))
    download_wheels(made.wheels, ["mdurl==0.1.1"])
    return made


class TestEggs:
    @pytest.fixture
    def deployed(self, commands: Commands, deployment: Deployment) -> Commands:
        """A folder with bin/buildout, which has no package beside it but what it needs itself."""
        return commands.with_bin_buildout(deployment.buildout)

    @pytest.fixture
    def config(self, deployment: Deployment) -> str:
        pins = {"mdurl": "0.1.1"}
        return deployment.config("sdists", deployment.folder / "eggs", pins) + PART

    def test_distributions_are_looked_for_once_in_a_run(self, deployed: Commands, config: str) -> None:
        for word in ("Installing sdists", "Updating sdists"):
            output = _run(deployed, config, "-v")
            assert (output.count(LOOKED), word in output) == (1, True)
        assert deployed.run("bin/sdists_from_tags", "--version").status == 0

    def test_the_script_has_the_paths_that_zc_recipe_egg_gives_it(
        self, deployed: Commands, config: str
    ) -> None:
        _run(deployed, config.replace("parts = sdists", "parts = sdists other") + EGG_PART)
        assert sorted(_paths(deployed)) == sorted(_paths(deployed, "other"))
        assert len(_paths(deployed)) > 10

    def test_tags_are_built_by_the_uv_of_the_path(
        self, deployed: Commands, config: str, history: History
    ) -> None:
        history.release("acme", "1.0")
        options = f"repository = {history.url}\npublic-index = https://packages.example.com/simple\n"
        options += "destination = index\n"
        _run(deployed, config.replace("run = false\n", options))
        assert (deployed.folder / "index/acme/acme-1.0.tar.gz").is_file()

    def test_a_plugin_is_an_egg_of_the_part(
        self, deployed: Commands, deployment: Deployment, config: str, history: History
    ) -> None:
        folders.build_wheel(deployment.wheels)
        server = folders.FolderServer(deployed.folder / "releases")
        server.add_project("acme")
        server.put_tag("acme", "1.0")
        for path, text in setuptools_project("acme", "1.0").items():
            (server.folder / "acme/tags/1.0" / path).write_text(text)
        url = f"folders://{server.folder}"
        options = f"repository = {url}\npublic-index = https://packages.example.com/simple\n"
        without = config.replace("run = false\n", f"{options}destination = index\n")
        (deployed.folder / "buildout.cfg").write_text(without)
        refused = deployed.run("bin/buildout", "-U")
        assert "is not the URL of a repository" in refused.output
        _run(deployed, f"{without}eggs = folders-backend\n")
        assert (deployed.folder / "index/acme/acme-1.0.tar.gz").is_file()
        again = deployed.run("bin/sdists_from_tags")
        assert again.status == 0, again.output
        assert "nothing to build" in again.output

    def test_it_is_there_again_after_it_was_deleted(self, deployed: Commands, config: str) -> None:
        _run(deployed, config)
        script = deployed.folder / "bin/sdists_from_tags"
        before = script.read_text()
        script.unlink()
        _run(deployed, config)
        assert script.read_text() == before

    def test_an_upgraded_egg_comes_into_it(self, deployed: Commands, config: str) -> None:
        _run(deployed, config)
        assert [path for path in _paths(deployed) if "/mdurl-0.1.1-" in path]
        assert "Installing sdists" in _run(deployed, config.replace("mdurl = 0.1.1", "mdurl = 0.1.2"))
        assert [path for path in _paths(deployed) if "/mdurl-0.1.2-" in path]
        assert not [path for path in _paths(deployed) if "/mdurl-0.1.1-" in path]

    def test_it_follows_eggs_that_move(self, deployed: Commands, config: str, tmp_path: Path) -> None:
        _run(deployed, config)
        (line,) = re.findall("(?m)^eggs-directory = .*$", config)
        shutil.copytree(line.partition(" = ")[2], tmp_path / "moved")
        output = _run(deployed, config.replace(line, f"eggs-directory = {tmp_path}/moved"))
        assert "Updating sdists" in output
        found = [Path(path) for path in _paths(deployed) if path.endswith(".egg")]
        assert {path.parents[1] for path in found} == {tmp_path / "moved"}
