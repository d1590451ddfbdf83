"""The files for CI systems: read, and their commands run in a checkout as the systems make it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.commands import Commands, index_files, program
from tests.support.example_files import EXAMPLES, shell_steps_of_jenkins, with_paths, yaml_file
from tests.support.git import commit, git, make_bare
from tests.support.history import setuptools_project
from tests.support.pages.blocks import blocks

FOLDER = EXAMPLES / "ci"
GITLAB = yaml_file(FOLDER / "gitlab-ci.yml")
GITHUB = yaml_file(FOLDER / "github-actions.yml")
PAGE = EXAMPLES.parent / "how-to/ci-systems.rst"
TAG = "1.0"


def steps_of_github(job: str) -> list[str]:
    return [step["run"] for step in GITHUB["jobs"][job]["steps"] if "run" in step]


BUILD = {"gitlab": GITLAB["build"]["script"], "github": steps_of_github("build")}
PUBLISH = {
    "gitlab": GITLAB["publish"]["script"],
    "github": steps_of_github("publish"),
    "jenkins": shell_steps_of_jenkins(FOLDER / "Jenkinsfile"),
}


class Runner:
    """The machine of a runner: a checkout of a tag, variables of all systems, and /srv/packages."""

    def __init__(self, commands: Commands, repository: Path) -> None:
        self.packages = commands.folder / "srv-packages"
        (self.packages / "bin").mkdir(parents=True)
        (self.packages / "bin/sdists_from_tags").symlink_to(program("sdists_from_tags"))
        (defaults,) = [block for block in blocks(PAGE, "python") if block.file == "/srv/packages/defaults.py"]
        text = defaults.text.replace("https://git.example.com/group/acme.tool.git", repository.as_uri())
        text = text.replace("/srv/packages", str(self.packages))
        (self.packages / "defaults.py").write_text(f'{text}WHEELS = "none"\n')
        self.checkout = commands.folder / "checkout"
        git(
            commands.folder,
            "clone",
            "-q",
            "--depth=1",
            f"--branch={TAG}",
            repository.as_uri(),
            str(self.checkout),
        )
        self.commands = Commands(
            self.checkout, {**commands.environment, "CI_COMMIT_TAG": TAG, "GITHUB_REF_NAME": TAG}
        )

    def run(self, command: str) -> None:
        done = self.commands.run("bash", "-ec", with_paths(command, {"/srv/packages": self.packages}))
        assert done.status == 0, f"{command}\n{done.output}"


@pytest.fixture
def runner(commands: Commands, tmp_path: Path) -> Runner:
    repository = make_bare(tmp_path / "acme.tool.git")
    commit(repository, {**setuptools_project("acme.tool", "0.9"), "README": "before\n"})
    files = {
        **setuptools_project("acme.tool", TAG),
        "test_tool.py": "import unittest\n\nclass T(unittest.TestCase):\n    def test(self):\n        pass\n",
    }
    commit(repository, files, seconds=1_600_000_000)
    git(repository, "tag", TAG, "refs/heads/main")
    return Runner(commands, repository)


@pytest.mark.parametrize("system", BUILD)
def test_the_tag_is_built_from_the_checkout_of_the_pipeline(system: str, runner: Runner) -> None:
    assert BUILD[system]
    for command in BUILD[system]:
        runner.run(command)
    made = sorted(path.name for path in (runner.checkout / "dist/acme-tool").iterdir())
    assert made == ["acme_tool-1.0-py3-none-any.whl", "acme_tool-1.0.tar.gz"]


@pytest.mark.parametrize("system", PUBLISH)
def test_the_tag_is_published(system: str, runner: Runner) -> None:
    assert PUBLISH[system]
    for command in PUBLISH[system]:
        runner.run(command)
    assert index_files(runner.packages / "index") == ["acme-tool/acme_tool-1.0.tar.gz"]


def test_the_job_of_each_commit_installs_from_the_index_alone(runner: Runner, public: str) -> None:
    job = GITLAB["test"]
    assert job["variables"] == {"PIP_INDEX_URL": "https://packages.example.com/"}
    assert not re.search("extra.index", (FOLDER / "gitlab-ci.yml").read_text("utf-8"), re.IGNORECASE)
    for command in job["script"]:
        runner.run(command)


def test_only_tags_are_published_and_on_the_machine_of_the_index() -> None:
    for job in ("build", "publish"):
        assert GITLAB[job]["rules"] == [{"if": "$CI_COMMIT_TAG"}]
    assert GITLAB["publish"]["tags"] == ["packages"]
    assert {job["stage"] for name, job in GITLAB.items() if name != "stages"} == set(GITLAB["stages"])
    # YAML 1.1 takes the key "on" for true.
    assert GITHUB[True] == {"push": {"tags": ["*"]}}
    assert GITHUB["jobs"]["publish"]["needs"] == "build"
    assert GITHUB["jobs"]["publish"]["runs-on"] == ["self-hosted", "packages"]
    assert GITHUB["permissions"] == {"contents": "read"}


def test_the_job_of_jenkins_is_a_declarative_pipeline() -> None:
    text = (FOLDER / "Jenkinsfile").read_text("utf-8")
    code = re.sub(r"^\s*//.*$|'[^']*'", "", text, flags=re.MULTILINE)
    assert code.count("{") == code.count("}")
    depth, names = 0, []
    for line in code.splitlines():
        if "{" in line and depth == 1:
            names.append(line.split()[0])
        depth += line.count("{") - line.count("}")
        assert depth >= 0
    assert names == ["agent", "triggers", "options", "stages", "post"]
    assert code.split()[:2] == ["pipeline", "{"]
