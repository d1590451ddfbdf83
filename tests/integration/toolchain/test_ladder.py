"""Tags of every age: each sample of tests/samples/tags is built by the toolchain it needs, and installs."""

from __future__ import annotations

import os
import sys
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain.build_system import LEGACY_SYSTEM
from sdistmaker_recipe.toolchain.interpreters import find_interpreters
from sdistmaker_recipe.toolchain.ladder import DECLARED, Interpreter, Rung, all_rungs
from tests.support.commands import Commands, program
from tests.support.history import History, tree

pytestmark = pytest.mark.usefixtures("forked_commands")

SAMPLES = Path(__file__).parents[2] / "samples" / "tags"


@dataclass(frozen=True)
class Sample:
    """A tag, and how it comes out.

    ``files`` are those of the archive, without what each setuptools makes. ``installs_with`` is what pip
    needs beside it where a tag of its age would not install with the newest; ``module`` one whose
    ``version`` is right once it is installed. ``warning`` is how the warning begins, "" for none.
    """

    rung: str
    files: str
    version: str = "1.0"
    name: str = ""
    year: int = 2010
    installs_with: str = ""
    module: str = ""
    warning: str = ""


TAGS = {
    "backend-in-tree": Sample(
        DECLARED, "grown.py pyproject.toml tools/make.py", "7.0", "backend_in_tree", 2022, module="grown"
    ),
    "convert-path": Sample(
        "setuptools 65.7", "setup.py source/converted/__init__.py", year=2022, module="converted"
    ),
    "development-markers": Sample(DECLARED, "setup.py marked.py", module="marked"),
    "distribute-setup": Sample(DECLARED, "setup.py distribute_setup.py distributed.py", module="distributed"),
    "ez-setup-missing": Sample(DECLARED, "setup.py ez_setup.py easy.py", module="easy"),
    "ez-setup-own": Sample(
        DECLARED, "setup.py ez_setup.py easy_own.py", installs_with="setuptools<82", module="easy_own"
    ),
    "feature": Sample("setuptools 45.3", "setup.py featured.py", module="featured"),
    "hatch-vcs": Sample(
        DECLARED,
        "pyproject.toml from_hatch_vcs/__init__.py from_hatch_vcs/_version.py",
        "2.0.1",
        "from-hatch-vcs",
        2022,
        module="from_hatch_vcs",
    ),
    "legacy-2010": Sample(
        DECLARED,
        "setup.py README.txt docs/CHANGES.txt src/acme_legacy/__init__.py src/acme_legacy/version.txt"
        " src/acme_legacy/data/prices.csv",
        "1.1.2",
        "Acme.Legacy",
        module="acme_legacy",
    ),
    "odd-version": Sample(
        "setuptools 65.7",
        "setup.py odd_version.py",
        "1.0-final-fix",
        module="odd_version",
        warning="PEP 440 does not know the version 1.0-final-fix",
    ),
    "pbr": Sample(DECLARED, "setup.py from_pbr/__init__.py from_pbr/words.txt", "3.4", "from-pbr", 2022),
    "pkg-resources": Sample("setuptools 81", "setup.py resourceful.py", year=2022, module="resourceful"),
    "python-2": Sample(
        "python2.7", "setup.py serpent.py README.txt docs/history.txt", "0.5", module="serpent"
    ),
    "read-not-included": Sample(
        "declared with versioned files",
        "MANIFEST.in LICENSE.txt setup.py requirements.txt well_read/__init__.py",
        "3.1",
        year=2022,
        module="well_read",
    ),
    "same-names": Sample(DECLARED, "setup.py packaging/__init__.py resource.py types.py", "2.5", year=2022),
    "setup-requires": Sample(
        DECLARED, "setup.py planned/__init__.py planned/_version.py", "21.7.0", year=2022
    ),
    "setuptools-scm": Sample(
        DECLARED,
        "pyproject.toml CHANGES.rst from_scm/__init__.py from_scm/words.txt",
        "1.2",
        "from-setuptools-scm",
        2022,
        module="from_scm",
    ),
    "upload-command": Sample("setuptools 71.1", "setup.py uploaded.py", year=2022, module="uploaded"),
    "use-2to3": Sample("setuptools 57.5", "setup.py README.txt use2to3/__init__.py", module="use2to3"),
    "versioneer": Sample(
        DECLARED,
        "pyproject.toml setup.py from_versioneer/__init__.py from_versioneer/_version.py",
        "0.9",
        "from-versioneer",
        2022,
        module="from_versioneer",
    ),
}
FAILING = "read-but-excluded"
OWN = Interpreter(sys.executable, sys.version_info[:2])


@dataclass(frozen=True)
class Run:
    """One run over all samples: where its index is, and what it said."""

    index: Path
    published: Mapping[str, dict]
    failed: Mapping[str, dict]

    def archive(self, project: str) -> Path:
        (path,) = self.index.glob(f"*/{self.published[project]['filename']}")
        return path


@pytest.fixture(scope="module")
def run(own_index_of_module: Commands, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One repository with all samples, and one run over it."""
    history = History(tmp_path_factory.mktemp("history") / "repository")
    for project, sample in {**TAGS, FAILING: Sample("", "", "3.1", year=2022)}.items():
        date = datetime(sample.year, 5, 1, tzinfo=timezone.utc)
        history.add_tag(project, sample.version, tree(SAMPLES / project), date=date)
    return _run(history, own_index_of_module)


def _run(history: History, commands: Commands, *options: str) -> Run:
    report = commands.report("--repository", history.url, "--destination", "index", *options)
    assert report["errors"] == []
    by_project = ({each["project"]: each for each in report[key]} for key in ("published", "failed"))
    return Run(commands.folder / "index", *by_project)


@pytest.fixture(scope="module")
def pythons(own_index_of_module: Commands) -> tuple[Interpreter, ...]:
    """The interpreters that the command finds."""
    return find_interpreters((), tuple(sorted(own_index_of_module.environment.items())))


def need_rung(name: str, pythons: tuple[Interpreter, ...]) -> Rung:
    """The rung of this name on this machine; without its interpreter the test skips, or fails under CI."""
    every = {each.name: each for each in all_rungs(LEGACY_SYSTEM, OWN, pythons, has_setup_py=True)}
    name = name.removesuffix(" with versioned files")
    if name not in every:
        if os.environ.get("CI") == "true" and name != "python2.7":
            pytest.fail(f"no interpreter here for {name} (CI=true allows no such skip)", pytrace=False)
        pytest.skip(f"no interpreter here for {name}")
    return every[name]


def test_every_sample_is_in_the_table() -> None:
    assert {path.name for path in SAMPLES.iterdir()} == {*TAGS, FAILING}


@pytest.mark.parametrize("project", TAGS)
def test_a_tag_is_built_by_the_toolchain_it_needs(
    project: str, run: Run, pythons: tuple[Interpreter, ...]
) -> None:
    sample = TAGS[project]
    need_rung(sample.rung, pythons)
    assert project in run.published, run.failed.get(project)
    built = run.published[project]
    assert built["toolchain"] == sample.rung
    assert built["name"] == (sample.name or project)
    assert built["version"] == sample.version
    assert len(built["warnings"]) == bool(sample.warning)
    assert all(warning.startswith(sample.warning) for warning in built["warnings"])
    with tarfile.open(run.archive(project)) as archive:
        inner = {member.name.partition("/")[2]: member for member in archive if not member.isdir()}
        (metadata,) = (archive.extractfile(member) for path, member in inner.items() if path == "PKG-INFO")
        lines = metadata.read().decode().splitlines()
    assert f"Name: {sample.name or project}" in lines
    assert f"Version: {sample.version}" in lines
    made = {path for path in inner if ".egg-info/" in path or path in ("PKG-INFO", "setup.cfg")}
    assert set(inner) - made == set(sample.files.split())


@pytest.fixture(scope="module")
def environment_with(own_index_of_module: Commands) -> Callable[[str, str], Path]:
    """Gives the interpreter of an environment made for a Python and what builds find in it."""
    made: dict[tuple[str, str], Path] = {}

    def make(python: str, requirement: str) -> Path:
        if (python, requirement) not in made:
            folder = own_index_of_module.folder / f"environment-{len(made)}"
            uv = program("uv")
            done = own_index_of_module.run(uv, "venv", "--quiet", "--python", python, folder)
            assert done.status == 0, done.output
            # This was the last pip to install what has no wheel, and a version that PEP 440 does not know.
            wanted = ("pip<23.1", requirement) if requirement else ("pip",)
            install = (uv, "pip", "install", "--quiet", "--python", folder / "bin/python", *wanted)
            done = own_index_of_module.run(*install)
            assert done.status == 0, done.output
            made[python, requirement] = folder / "bin/python"
        return made[python, requirement]

    return make


def contemporary(rung: Rung, pythons: tuple[Interpreter, ...]) -> Interpreter:
    """A Python that both the rung's setuptools and the pip of that time know."""
    fitting = [each for each in (rung.python, *pythons) if (3, 9) <= each.version <= (3, 11)]
    return fitting[0] if fitting else need_rung("a Python from 3.9 to 3.11", pythons).python


@pytest.mark.parametrize("project", TAGS)
def test_an_archive_installs_with_pip(
    project: str,
    run: Run,
    pythons: tuple[Interpreter, ...],
    environment_with: Callable[[str, str], Path],
    own_index: Commands,
) -> None:
    sample = TAGS[project]
    rung = need_rung(sample.rung, pythons)
    target = own_index.folder / "installed"
    old = sample.installs_with or " ".join(rung.constraints)
    if rung.runs_setup_py:
        python = Path(rung.python.path)
    else:
        python = environment_with(contemporary(rung, pythons).path if old else sys.executable, old)
    pip = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target]
    done = own_index.run(*pip, *(["--no-build-isolation"] if old else []), run.archive(project))
    assert done.status == 0, done.output
    about = [*target.glob("*.dist-info/METADATA"), *target.glob("*.egg-info/PKG-INFO")]
    (metadata,) = (path.read_text("utf-8").splitlines() for path in about)
    assert f"Version: {sample.version}" in metadata
    if sample.module:
        ask = f"import {sample.module} as m; print(m.version)"
        done = own_index.run(python, "-c", ask, environment={"PYTHONPATH": str(target)})
        assert done.status == 0, done.output
        assert done.stdout.split()[-1] == sample.version


def test_a_file_that_is_read_but_excluded_fails_with_the_reason(run: Run) -> None:
    failed = run.failed[FAILING]
    reason = (
        "The build reads requirements.txt, which the archive lacks. "
        "Add it to MANIFEST.in in a new tag, or set include-versioned-files = always."
    )
    assert failed["reason"] == reason
    assert failed["attempts"] == [
        {"toolchain": DECLARED, "reason": reason},
        {"toolchain": "declared with versioned files", "reason": reason},
    ]


def test_only_what_must_fail_fails(run: Run, pythons: tuple[Interpreter, ...]) -> None:
    unavailable = {"python-2"} if all(each.version >= (3, 6) for each in pythons) else set()
    assert set(run.failed) == {FAILING} | unavailable


SAYS_ITS_TOOLCHAIN = """
import os, sys, setuptools
about = "setuptools %s on %d.%d" % ((setuptools.__version__,) + sys.version_info[:2])
setuptools.setup(name={name!r}, version={version}, description=about, py_modules=[]{more})
"""
NO_LUCK = {"setup.py": "raise RuntimeError('no such luck')\n"}


def says_its_toolchain(name: str, version: str = "'1.0'", more: str = "", before: str = "") -> dict[str, str]:
    """A project whose summary tells what built it; ``version`` is a Python expression."""
    return {"setup.py": before + SAYS_ITS_TOOLCHAIN.format(name=name, version=version, more=more)}


def summary(run: Run, project: str) -> str:
    with tarfile.open(run.archive(project)) as archive:
        top = next(iter(archive)).name.partition("/")[0]
        lines = archive.extractfile(f"{top}/PKG-INFO").read().decode().splitlines()
    return next(line.removeprefix("Summary: ") for line in lines if line.startswith("Summary: "))


@pytest.fixture
def older(pythons: tuple[Interpreter, ...]) -> Interpreter:
    """A Python that setuptools 65.7 knows, and that is not the one that builds by default."""
    found = [each for each in pythons if (3, 7) <= each.version <= (3, 12) and each.version != OWN.version]
    if not found:
        need_rung("a Python from 3.7 to 3.12 beside the one that runs the tests", pythons)
    return found[-1]


def test_the_toolchain_that_worked_is_tried_first_for_the_next_tag(
    history: History, own_index: Commands, pythons: tuple[Interpreter, ...]
) -> None:
    need_rung("setuptools 57.5", pythons)
    history.add_tag("old", "1.0", says_its_toolchain("old", more=", use_2to3=True"))
    assert _run(history, own_index).published["old"]["toolchain"] == "setuptools 57.5"
    history.add_tag("old", "1.1", says_its_toolchain("old", "'1.1'"))
    second = _run(history, own_index)
    assert second.published["old"]["toolchain"] == "setuptools 57.5"
    assert summary(second, "old").startswith("setuptools 57.5.0 ")
    history.add_tag("old", "1.2", NO_LUCK)
    attempts = _run(history, own_index, "--pythons", OWN.path).failed["old"]["attempts"]
    assert [each["toolchain"] for each in attempts[:2]] == ["setuptools 57.5", DECLARED]
    assert len({each["toolchain"] for each in attempts}) == len(attempts)


def test_that_versioned_files_were_needed_is_remembered_too(history: History, own_index: Commands) -> None:
    files = tree(SAMPLES / "read-not-included")
    newer = {**files, "setup.py": files["setup.py"].replace(b'"3.1"', b'"3.2"')}
    date = datetime(2022, 5, 1, tzinfo=timezone.utc)
    history.add_tag("read-not-included", "3.1", files, date=date)
    _run(history, own_index)
    broken = {**newer, "setup.py": b"raise RuntimeError"}
    history.add_tag("read-not-included", "3.2", broken, date=date)
    attempts = _run(history, own_index, "--pythons", OWN.path).failed
    (tried,) = (each["attempts"] for each in attempts.values())
    assert [each["toolchain"] for each in tried[:2]] == ["declared with versioned files", DECLARED]


def test_a_project_can_be_pinned(history: History, own_index: Commands, older: Interpreter) -> None:
    history.add_tag("Pinned.One", "1.0", says_its_toolchain("Pinned.One"))
    history.add_tag("free", "1.0", says_its_toolchain("free"))
    python = f"{older.version[0]}.{older.version[1]}"
    run = _run(history, own_index, "--toolchain", f"pinned-* {python} setuptools==65.6.3")
    assert summary(run, "Pinned.One") == f"setuptools 65.6.3 on {python}"
    assert run.published["Pinned.One"]["toolchain"] == "pinned"
    assert summary(run, "free").endswith(f" on {OWN.version[0]}.{OWN.version[1]}")
    assert run.published["free"]["toolchain"] == DECLARED


def test_what_is_pinned_is_tried_on_nothing_else(
    history: History, own_index: Commands, older: Interpreter
) -> None:
    history.add_tag("broken", "1.0", NO_LUCK)
    run = _run(history, own_index, "--toolchain", f"* {older.path}")
    reason = "RuntimeError: no such luck"
    assert run.failed["broken"]["attempts"] == [{"toolchain": "pinned", "reason": reason}]


def test_the_pythons_to_try_can_be_chosen(history: History, own_index: Commands, older: Interpreter) -> None:
    picky = f"import sys\nif sys.version_info[:2] != {older.version}: raise RuntimeError('not on this')\n"
    history.add_tag("picky", "1.0", says_its_toolchain("picky", before=picky))
    run = _run(history, own_index, "--pythons", older.path)
    assert summary(run, "picky").endswith(f" on {older.version[0]}.{older.version[1]}")
    rung = next(
        each for each in all_rungs(LEGACY_SYSTEM, OWN, [older], has_setup_py=True) if each.python == older
    )
    assert run.published["picky"]["toolchain"] == rung.name


def test_a_failure_lists_every_toolchain_tried_with_its_reason(
    history: History, own_index: Commands, older: Interpreter
) -> None:
    history.add_tag("broken", "1.0", NO_LUCK)
    failed = _run(history, own_index, "--pythons", older.path).failed["broken"]
    expected = [each.name for each in all_rungs(LEGACY_SYSTEM, OWN, [older], has_setup_py=True)]
    assert [each["toolchain"] for each in failed["attempts"]] == expected
    assert {each["reason"] for each in failed["attempts"]} == {"RuntimeError: no such luck"}
    log = Path(failed["log"]).read_text("utf-8")
    for name in expected:
        assert f"--- {name}: RuntimeError: no such luck\n" in log
    assert log.count("Traceback") >= len(expected)


@pytest.fixture
def with_data(history: History) -> History:
    """A tag of 2022 with a file that nothing but the repository knows, and one that MANIFEST.in excludes."""
    files = {**says_its_toolchain("data"), "MANIFEST.in": "exclude *.ini\n", "x.ini": "", "notes.dat": "!"}
    history.add_tag("data", "1.0", files, date=datetime(2022, 5, 1, tzinfo=timezone.utc))
    return history


@pytest.mark.parametrize(
    ("choice", "left_out"),
    [("auto", ["notes.dat", "x.ini"]), ("never", ["notes.dat", "x.ini"]), ("always", ["x.ini"])],
)
def test_versioned_files_are_included_as_chosen(
    choice: str, left_out: list[str], with_data: History, own_index: Commands
) -> None:
    run = _run(with_data, own_index, "--include-versioned-files", choice)
    assert run.published["data"]["left_out"] == left_out
    with tarfile.open(run.archive("data")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"notes.dat", "x.ini"} - names == set(left_out)


def test_without_its_versioned_files_a_legacy_tag_fails_with_the_reason(
    history: History, own_index: Commands
) -> None:
    date = datetime(2010, 5, 1, tzinfo=timezone.utc)
    history.add_tag("legacy", "1.1.2", tree(SAMPLES / "legacy-2010"), date=date)
    failed = _run(history, own_index, "--include-versioned-files", "never").failed["legacy"]
    (attempt,) = failed["attempts"]
    assert attempt["toolchain"] == DECLARED
    assert attempt["reason"].startswith("The build reads ")
    assert "which the archive lacks" in attempt["reason"]


@pytest.mark.parametrize("choice", ["always", "auto", "never"])
def test_an_archive_that_builds_again_as_something_else_is_found(
    choice: str, history: History, own_index: Commands
) -> None:
    version = "os.environ.get('PBR_VERSION', '0')"
    history.add_tag("shifty", "1.0", says_its_toolchain("shifty", version))
    run = _run(history, own_index, "--verify-builds", choice, "--toolchain", f"* {OWN.path}")
    if choice == "always":
        assert run.failed["shifty"]["reason"] == (
            "The archive builds again as shifty 0 instead of shifty 1.0. "
            "Write both into files of a new tag, or set verify-builds = never."
        )
    else:
        assert run.published["shifty"]["version"] == "1.0"


def test_an_index_that_does_not_answer_is_no_reason_to_build_otherwise(
    history: History, own_index: Commands
) -> None:
    history.add_tag("innocent", "1.0", says_its_toolchain("innocent"))
    nowhere = ("--build-index", "http://127.0.0.1:9/simple", "--environments", "none-made-yet")
    (attempt,) = _run(history, own_index, *nowhere).failed["innocent"]["attempts"]
    assert attempt["toolchain"] == DECLARED
    assert attempt["reason"].startswith("The build requirements cannot be installed: ")
    assert "127.0.0.1:9" in attempt["reason"]
    assert _run(history, own_index).published["innocent"]["toolchain"] == DECLARED


def test_a_build_that_finds_no_version_is_a_failure(history: History, own_index: Commands) -> None:
    found = "'.'.join('000')"
    history.add_tag("nameless", "1.0", says_its_toolchain("nameless", found))
    history.add_tag("zero", "0.0", says_its_toolchain("zero", found))
    history.add_tag("stated", "1.0", says_its_toolchain("stated", "'0.0.0'"))
    failed = _run(history, own_index).failed
    assert failed["nameless"]["reason"] == (
        "The build found no version: its metadata says 0.0.0. "
        "State the version in setup.py, setup.cfg or pyproject.toml in a new tag."
    )
    # No other toolchain would find one.
    assert len(failed["nameless"]["attempts"]) == 1
    index = own_index.folder / "index"
    assert (index / "zero/zero-0.0.0.tar.gz").exists()
    assert (index / "stated/stated-0.0.0.tar.gz").exists()


def test_a_tag_that_nothing_builds_can_be_published_as_its_files(
    history: History, own_index: Commands
) -> None:
    files = {"setup.py": f"{NO_LUCK['setup.py']}\nsetup(name='Only.Files')\n", "data/notes.txt": "notes"}
    history.add_tag("files", "1.0", files)
    history.add_tag("fine", "1.0", says_its_toolchain("fine"))
    chosen = ("--unbuildable", "archive", "--pythons", OWN.path)
    run = _run(history, own_index, *chosen)
    assert run.failed == {}
    release = run.published["files"]
    assert (release["name"], release["toolchain"]) == ("Only.Files", "files only")
    assert release["warnings"] == [
        (
            "no toolchain builds this tag, so its archive has only the tag's own files: "
            "RuntimeError: no such luck"
        )
    ]
    with tarfile.open(own_index.folder / "index/only-files" / release["filename"]) as archive:
        contents = {
            name.partition("/")[2]: archive.extractfile(name).read().decode()
            for name in archive.getnames()
            if archive.getmember(name).isfile()
        }
    assert {path: contents[path] for path in files} == files
    assert contents["PKG-INFO"].startswith("Metadata-Version: 1.0\nName: Only.Files\nVersion: 1.0\n")
    assert set(contents) == {*files, "PKG-INFO"}
    assert run.published["fine"]["toolchain"] == DECLARED
    assert _run(history, own_index, *chosen).published == {}


def test_a_tag_that_nothing_builds_is_a_failure_by_default(history: History, own_index: Commands) -> None:
    history.add_tag("files", "1.0", NO_LUCK)
    assert "files" in _run(history, own_index, "--pythons", OWN.path).failed
    # The option is among what a remembered failure depends on.
    assert "files" in _run(history, own_index, "--pythons", OWN.path, "--unbuildable", "archive").published
