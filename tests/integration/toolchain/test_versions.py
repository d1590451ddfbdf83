"""The version and the texts that tags mean: markers, versions without meaning, the Python that builds."""

from __future__ import annotations

import sys
import tarfile
from dataclasses import dataclass
from datetime import datetime, timezone

import pytest

from sdistmaker_recipe.errors import ToolchainError
from sdistmaker_recipe.toolchain.interpreters import find_interpreter
from tests.support.commands import Commands
from tests.support.history import History

pytestmark = pytest.mark.usefixtures("forked_commands")

DATE = datetime(2022, 5, 1, tzinfo=timezone.utc)
CFG = "[egg_info]\ntag_build = {}\n"
GIT = "import os\nversion = os.popen('git describe 2>/dev/null').read().strip() or {!r}\n"


def setup(name: str, version: str = "'1.0'", more: str = "", before: str = "") -> str:
    """A setup.py; ``version`` is a Python expression, ``more`` are further arguments."""
    return (
        f"# coding: utf-8\n{before}from setuptools import setup\n"
        f"setup(name={name!r}, version={version}, py_modules=['m'], {more})\n"
    )


@dataclass(frozen=True)
class Sample:
    """A tag, its files beside m.py, and the version that is published; "" where it fails."""

    tag: str
    version: str
    files: dict[str, str]


SUBCLASS = "from setuptools.command.egg_info import egg_info\nclass Own(egg_info):\n    tag_build = 'rc1'\n"
SUBCLASS += "    def initialize_options(self):\n        egg_info.initialize_options(self)\n"
SUBCLASS += "        self.tag_build = 'rc1'\n"
PROJECT = "[project]\nname = '{}'\nversion = '1.0'\n[tool.setuptools]\npy-modules = ['m']\n"
PROJECT += "[tool.distutils.egg_info]\ntag-build = 'rc1'\n"

SAMPLES = {
    "cfg": Sample("1.0rc1", "1.0rc1", {"setup.py": setup("cfg"), "setup.cfg": CFG.format("rc1")}),
    "cfg-bare": Sample("1.0", "1.0", {"setup.py": setup("cfg-bare"), "setup.cfg": CFG.format("dev")}),
    "neither": Sample(
        "2.0", "2.1.dev0", {"setup.py": setup("neither", "'2.1'"), "setup.cfg": CFG.format("dev")}
    ),
    "options": Sample(
        "1.0rc1", "1.0rc1", {"setup.py": setup("options", more="options={'egg_info': {'tag_build': 'rc1'}}")}
    ),
    "options-bare": Sample(
        "1.0", "1.0", {"setup.py": setup("options-bare", more="options={'egg_info': {'tag_date': True}}")}
    ),
    "alias": Sample(
        "1.0rc1",
        "1.0rc1",
        {"setup.py": setup("alias"), "setup.cfg": "[aliases]\nsdist = egg_info -b rc1 sdist\n"},
    ),
    "command": Sample(
        "1.0rc1", "1.0rc1", {"setup.py": setup("command", more="cmdclass={'egg_info': Own}", before=SUBCLASS)}
    ),
    "project": Sample("1.0rc1", "1.0rc1", {"pyproject.toml": PROJECT.format("project")}),
    "project-bare": Sample("1.0", "1.0", {"pyproject.toml": PROJECT.format("project-bare")}),
    "date": Sample(
        "1.0.dev-20100305",
        "1.0.dev20100305",
        {"setup.py": setup("date"), "setup.cfg": CFG.format(".dev") + "tag_date = 1\n"},
    ),
    "revision": Sample(
        "1.0.dev-r12",
        "1.0.dev-r12",
        {"setup.py": setup("revision"), "setup.cfg": CFG.format(".dev") + "tag_svn_revision = 1\n"},
    ),
    "snapshot": Sample(
        "1.20.0-SNAPSHOT", "1.20.0-SNAPSHOT", {"setup.py": setup("snapshot", "'1.20.0-SNAPSHOT'")}
    ),
    "constant": Sample("1.0", "", {"setup.py": setup("constant", "version", before=GIT.format("0.0.1"))}),
    "function": Sample("1.0", "1.0", {"setup.py": setup("function", more="author=['Zoe', 'Ann'].index")}),
    "no-code": Sample("1.0", "1.0", {"setup.py": setup("no-code").replace("['m']", "[]"), "MANIFEST.in": ""}),
}
ALIASES = "[aliases]\nsdist = egg_info {} sdist\n"
INLINE = PROJECT.partition("[tool.distutils")[0] + "[tool.distutils]\negg_info = {{tag_build = 'rc1'}}\n"
SAMPLES |= {
    # Options that setuptools had until 2015, in an alias of that time.
    "old-alias": Sample(
        "1.0", "1.0", {"setup.py": setup("old-alias"), "setup.cfg": ALIASES.format("-RDb dev")}
    ),
    "old-alias-dev": Sample(
        "1.0.dev-r12",
        "1.0.dev-r12",
        {"setup.py": setup("old-alias-dev"), "setup.cfg": ALIASES.format("-r -b .dev")},
    ),
    "inline": Sample("1.0rc1", "1.0rc1", {"pyproject.toml": INLINE.format("inline")}),
    "inline-bare": Sample("1.0", "1.0", {"pyproject.toml": INLINE.format("inline-bare")}),
}
ARGV = "import sys\nsys.argv[1:1] = ['egg_info', '-b', 'dev']\n"
CLOCK = "import time\nversion = time.strftime('1.%Y%m%d')\n"
VARIABLE = "import os\nversion = os.environ.get('BUILD_VERSION', '0.0.1')\n"
NO_MODULE = "try:\n    from _version import version\nexcept ImportError:\n    version = '0.1'\n"
REFUSED = {
    "argv": (
        {"setup.py": setup("argv", before=ARGV)},
        "The archive builds again as argv 1.0.dev0 instead of",
    ),
    "clock": (
        {"setup.py": setup("clock", "version", before=CLOCK)},
        "The version comes from the clock: the tag says 1.0, its metadata 1.20",
    ),
    "seconds": (
        {"setup.py": setup("seconds", "'1.%d' % time.time()", before="import time\n")},
        "The version comes from the clock: the tag says 1.0, its metadata 1.",
    ),
    "random": (
        {"setup.py": setup("random", "'1.%d' % random.randrange(10**9)", before="import random\n")},
        "The archive builds again as random 1.",
    ),
    "variable": (
        {"setup.py": setup("variable", "version", before=VARIABLE)},
        "The version comes from an environment variable that is not set: the tag says 1.0, its metadata",
    ),
    "default": (
        {"setup.py": setup("default", "version", before=NO_MODULE)},
        "The version comes from a default, because a file, a module or a program is missing: the tag says",
    ),
    "none": (
        {"setup.py": setup("none", "None", more="install_requires=['six<20.0.0']")},
        "The build found no version: its metadata says 0.0.0.",
    ),
}
TWO = {
    "two-cfg": Sample("1.0rc1", "1.0rc1", {"setup.py": setup("two-cfg"), "setup.cfg": CFG.format("rc1")}),
    "two-bare": Sample("1.0", "1.0", {"setup.py": setup("two-bare"), "setup.cfg": CFG.format("rc1")}),
    "bytes": Sample("1.0", "1.0", {"setup.py": setup("bytes", more="author=u'Zoë'.encode('utf-8')")}),
    "summary": Sample(
        "1.0", "1.0", {"setup.py": setup("summary", more="description=u'Zoë'.encode('utf-8')")}
    ),
    "name": Sample("1.0", "1.0", {"setup.py": setup("name").replace("'name'", "u'name'.encode('utf-8')")}),
}


@dataclass(frozen=True)
class Run:
    """What a run published and what failed, by project, and the PKG-INFO and setup.cfg of its archives."""

    published: dict[str, dict]
    failed: dict[str, dict]
    texts: dict[str, tuple[str, str]]


def run(history: History, commands: Commands, *options: str) -> Run:
    report = commands.report("--repository", history.url, "--destination", "index", *options)
    assert report["errors"] == []
    published, failed = ({each["project"]: each for each in report[key]} for key in ("published", "failed"))
    texts = {}
    for project, each in published.items():
        (path,) = (commands.folder / "index").glob(f"*/{each['filename']}")
        with tarfile.open(path) as archive:
            top = next(iter(archive)).name.partition("/")[0]
            texts[project] = tuple(
                archive.extractfile(f"{top}/{name}").read().decode() for name in ("PKG-INFO", "setup.cfg")
            )
    return Run(published, failed, texts)


@pytest.fixture(scope="module")
def three(own_index_of_module: Commands, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run over all samples for Python 3."""
    history = History(tmp_path_factory.mktemp("three") / "repository")
    for project, sample in SAMPLES.items():
        history.add_tag(project, sample.tag, {"m.py": "", **sample.files}, date=DATE)
    return run(history, own_index_of_module, "--pythons", sys.executable)


@pytest.mark.parametrize("project", [name for name, sample in SAMPLES.items() if sample.version])
def test_a_tag_gets_the_version_it_means(three: Run, project: str) -> None:
    assert project in three.published, three.failed.get(project)
    assert three.published[project]["version"] == SAMPLES[project].tag
    metadata, _ = three.texts[project]
    assert f"Version: {SAMPLES[project].version}" in metadata.splitlines()


@pytest.mark.parametrize("project", [name for name, sample in SAMPLES.items() if sample.version == "1.0rc1"])
def test_markers_that_stay_are_in_the_archive_for_its_installation(three: Run, project: str) -> None:
    assert "tag_build = rc1\ntag_date = 0\n" in three.texts[project][1]


@pytest.mark.parametrize("project", ["cfg-bare", "options-bare", "project-bare", "inline-bare"])
def test_markers_that_go_do_not_come_back_at_its_installation(three: Run, project: str) -> None:
    assert "tag_build = \ntag_date = 0\n" in three.texts[project][1]


def test_installing_an_archive_gives_the_version_that_the_index_has(
    three: Run, own_index_of_module: Commands
) -> None:
    archive = f"index/inline-bare/{three.published['inline-bare']['filename']}"
    python = own_index_of_module.clean_python("installing")
    done = own_index_of_module.run(
        sys.executable, "-m", "pip", "--python", python, "install", "--no-cache-dir", archive
    )
    assert "Successfully installed inline-bare-1.0\n" in done.stdout, done.output


@pytest.fixture(scope="module")
def refused(own_index_of_module: Commands, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run over tags with versions that nobody can install, or that nobody meant."""
    history = History(tmp_path_factory.mktemp("refused") / "repository")
    for project, (files, _) in REFUSED.items():
        history.add_tag(project, "1.0", {"m.py": "", **files}, date=DATE)
    return run(history, own_index_of_module, "--pythons", sys.executable)


@pytest.mark.parametrize("project", REFUSED)
def test_a_version_that_is_no_one_s_is_not_published(refused: Run, project: str) -> None:
    assert refused.failed[project]["reason"].startswith(REFUSED[project][1])
    assert "in a new tag" in refused.failed[project]["reason"] or project in ("argv", "random")


def test_only_the_version_that_neither_says_is_warned_of(three: Run) -> None:
    (warning,) = three.published["neither"]["warnings"]
    assert warning == "the tag says version 2.0, its metadata 2.1.dev0"
    assert three.published["date"]["warnings"] == three.published["cfg"]["warnings"] == []


def test_a_version_without_a_meaning_fails_and_says_what_to_do(three: Run) -> None:
    assert sorted(three.failed) == ["constant"]
    reason = three.failed["constant"]["reason"]
    assert reason.startswith("The archive builds again as constant 0.0.1 instead of constant 1.0.")
    assert "Write the version into a file of the archive in a new tag" in reason


def test_values_that_are_no_text_are_warned_of(three: Run) -> None:
    (warning,) = three.published["function"]["warnings"]
    assert warning.startswith("setup.py gives no text for Author, which is <built-in method index of list")


def test_an_archive_without_code_is_warned_of(three: Run) -> None:
    (warning,) = three.published["no-code"]["warnings"]
    assert warning.startswith("the archive has none of the tag's Python code.")


@pytest.mark.parametrize("project", ["revision", "snapshot"])
def test_a_release_that_no_client_sees_is_warned_of(three: Run, project: str) -> None:
    (warning,) = three.published[project]["warnings"]
    assert warning.startswith(f"PEP 440 does not know the version {SAMPLES[project].version}")


@pytest.fixture(scope="module")
def python_2(own_index_of_module: Commands) -> str:
    """The path of Python 2.7."""
    try:
        return find_interpreter("2.7", tuple(own_index_of_module.environment.items())).path
    except ToolchainError:
        pytest.skip("no Python 2.7 here")


@pytest.fixture(scope="module")
def two(python_2: str, own_index_of_module: Commands, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run over all samples for Python 2; those whose names begin with two have no other choice."""
    history = History(tmp_path_factory.mktemp("two") / "repository")
    for project, sample in TWO.items():
        history.add_tag(project, sample.tag, {"m.py": "", **sample.files}, date=DATE)
    return run(history, own_index_of_module, "--toolchain", f"two-* {python_2}")


@pytest.mark.parametrize("project", TWO)
def test_python_2_gives_the_version_and_the_texts_that_are_meant(two: Run, project: str) -> None:
    assert project in two.published, two.failed.get(project)
    metadata = two.texts[project][0].splitlines()
    assert f"Version: {TWO[project].version}" in metadata
    assert f"Name: {project}" in metadata
    if project in ("bytes", "summary"):
        assert {"Author: Zoë", "Summary: Zoë"} & set(metadata)
        assert two.published[project]["toolchain"] == "python2.7"


def test_without_python_2_bytes_are_published_with_a_warning(history: History, own_index: Commands) -> None:
    history.add_tag("bytes", "1.0", {"m.py": "", **TWO["bytes"].files}, date=DATE)
    done = run(history, own_index, "--pythons", sys.executable)
    (warning,) = done.published["bytes"]["warnings"]
    assert warning.startswith("setup.py gives bytes for Author, which Python 3 writes as b'Zo")


def test_python_2_is_not_tried_first_for_the_next_tag(
    history: History, own_index: Commands, python_2: str
) -> None:
    history.add_tag(
        "grown", "1.0", {"m.py": "", "setup.py": setup("grown", before="print 'old'\n")}, date=DATE
    )
    first = run(history, own_index, "--pythons", python_2)
    assert first.published["grown"]["toolchain"] == "python2.7"
    assert first.published["grown"]["python"] == "python2.7"
    newer = setup("grown", "'1.1'", more="python_requires='>=3.6', install_requires=['stranger']")
    history.add_tag("grown", "1.1", {"m.py": "", "setup.py": newer}, date=DATE)
    broken = "raise RuntimeError('no luck')  # python_requires='>=3.6'\n"
    history.add_tag("grown", "1.2", {"m.py": "", "setup.py": broken}, date=DATE)
    second = run(history, own_index, "--pythons", python_2)
    assert second.published["grown"]["toolchain"] == "declared"
    assert second.published["grown"]["python"] == ""
    assert "Requires-Python: >=3.6" in second.texts["grown"][0]
    assert all("python2" not in each["toolchain"] for each in second.failed["grown"]["attempts"])
