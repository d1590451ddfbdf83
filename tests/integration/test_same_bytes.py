"""The same tag gives the same bytes: in another folder, for another user, at another place of the world."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import ToolchainError
from sdistmaker_recipe.toolchain.interpreters import find_interpreter, find_interpreters
from tests.support.commands import Commands
from tests.support.history import History, tree
from tests.support.httpd import make_passable
from tests.support.long_form import IS_LONG

SAMPLES = Path(__file__).parents[1] / "samples" / "tags"
ROOT = Path(__file__).parents[2]
NOBODY = 65534

PLAIN = {
    "setup.py": """\
from setuptools import find_packages, setup
setup(name='plain', version='1.0', packages=find_packages(), include_package_data=True,
      scripts=['bin/plain'], install_requires=['z', 'a'], extras_require={'x': ['b'], 'c': ['d']},
      entry_points={'console_scripts': ['two = plain:main', 'one = plain:main']},
      package_data={'plain': ['*.txt']}, long_description=open('README.txt').read())
""",
    "README.txt": "Of $Date$, by $Author$, $Id$.\n",
    "bin/plain": "#!/bin/sh\n",
    "plain/__init__.py": "date = '$Date$'\nwhere = '$HeadURL$'\n",
    "plain/words.txt": "ä\n",
    "plain/inner/__init__.py": "",
    "docs/a.txt": "",
    "docs/B.txt": "",
}
KEYWORDS = {"svn:keywords": "Date Author Id HeadURL"}
# Built by setuptools of today and of long ago, with files and version from the repository, by other backends.
OTHERS = {"legacy-2010": "1.1.2", "setuptools-scm": "1.2", "hatch-vcs": "2.0.1", "backend-in-tree": "7.0"}
OTHERS |= {"odd-version": "1.0-final-fix", "development-markers": "1.0", "ez-setup-missing": "1.0"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a repository of these tags; Python 2's among them where that is there."""
    history = History(tmp_path_factory.mktemp("history") / "repository")
    date = datetime(2011, 6, 30, 23, 59, 59, tzinfo=timezone.utc)
    keywords = dict.fromkeys(("README.txt", "plain/__init__.py"), KEYWORDS)
    history.add_tag("plain", "1.0", PLAIN, executables=["bin/plain"], properties=keywords, date=date)
    others = {**OTHERS, **({"python-2": "0.5"} if _has_python_2() else {})}
    for project, version in others.items():
        history.add_tag(project, version, tree(SAMPLES / project), date=date)
    return history.url


def _has_python_2() -> bool:
    try:
        return bool(find_interpreter("2.7", tuple(os.environ.items())))
    except ToolchainError:
        return False


def digests(commands: Commands, repository: str, *options: str) -> dict[str, str]:
    """The sha256 of each project's archive, built by a run of its own."""
    folder = commands.folder / f"index-{len(list(commands.folder.iterdir()))}"
    report = commands.report("--repository", repository, "--destination", folder, *options)
    assert report["failed"] == report["errors"] == []
    return {each["project"]: each["sha256"] for each in report["published"]}


@pytest.fixture(scope="module")
def expected(own_index_of_module: Commands, repository: str) -> dict[str, str]:
    """What a first run gives, with several processes."""
    found = digests(own_index_of_module, repository, "--jobs", "2")
    assert set(found) >= {"plain", *OTHERS}
    return found


@dataclass(frozen=True)
class Elsewhere(Commands):
    """Commands that another program starts."""

    prefix: Sequence[str | Path] = ()

    def run(self, *command: str | Path, environment: Mapping[str, str] | None = None):
        return super().run(*self.prefix, *command, environment=environment)


def with_variables(**variables: str) -> Callable[[Commands], Commands]:
    return lambda commands: replace(commands, environment={**commands.environment, **variables})


def in_another_folder(commands: Commands) -> Commands:
    folder = commands.folder / "far down" / "with spaces and ümlauts"
    folder.mkdir(parents=True)
    return replace(commands, folder=folder)


def at_another_home(commands: Commands) -> Commands:
    home = commands.folder / "other-home"
    home.mkdir()
    (home / ".pydistutils.cfg").write_text("[egg_info]\ntag_build = .home\n[sdist]\nformats = zip\n")
    return with_variables(HOME=str(home), USER="other", DISTUTILS_DEBUG="", SOURCE_DATE_EPOCH="1")(commands)


def under_another_umask(commands: Commands) -> Commands:
    return Elsewhere(commands.folder, commands.environment, ("sh", "-c", 'umask 077; exec "$0" "$@"'))


CIRCUMSTANCES = {
    "folder": in_another_folder,
    "home": at_another_home,
    "umask": under_another_umask,
    "time zone": with_variables(TZ="Asia/Kathmandu"),
    "locale C": with_variables(LC_ALL="C", LANG="C"),
    "no locale": with_variables(LANG=""),
    "hash seed": with_variables(PYTHONHASHSEED="4711"),
    "Python's variables": with_variables(PYTHONOPTIMIZE="2", PYTHONUTF8="0", PYTHONPATH="/elsewhere"),
}
TOGETHER = [
    ("folder", "home", "time zone", "no locale", "hash seed", "umask"),
    ("locale C", "Python's variables"),
]
"""Those that can be had at once. The long form has each alone, and so says which of them it is."""


@pytest.mark.parametrize(
    "circumstances", [(each,) for each in CIRCUMSTANCES] if IS_LONG else TOGETHER, ids=", ".join
)
def test_the_same_tag_gives_the_same_bytes(
    circumstances: Sequence[str], repository: str, expected: dict[str, str], own_index: Commands
) -> None:
    commands = own_index
    for each in circumstances:
        commands = CIRCUMSTANCES[each](commands)
    assert digests(commands, repository) == expected


def test_all_circumstances_are_tried() -> None:
    assert sorted(each for together in TOGETHER for each in together) == sorted(CIRCUMSTANCES)


@pytest.mark.parametrize("options", [("--jobs", "1"), ("--sandbox", "none"), ("--verify-builds", "always")])
def test_how_it_is_built_does_not_change_the_bytes(
    options: Sequence[str], repository: str, expected: dict[str, str], own_index: Commands
) -> None:
    assert digests(own_index, repository, *options) == expected


def test_another_user_gets_the_same_bytes(
    repository: str, expected: dict[str, str], own_index: Commands, tmp_path: Path
) -> None:
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root, with setpriv, can become another user")
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
    # What setpriv itself starts is still found with root's rights.
    become += ["sh", "-c", 'exec "$0" "$@"']
    folder = tmp_path / "of-nobody"
    folder.mkdir()
    make_passable(folder)
    make_passable(Path(repository.removeprefix("file://")))
    os.chown(folder, NOBODY, NOBODY)
    paths = f"{ROOT}:{':'.join(site.getsitepackages())}"
    variables = {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": paths}
    commands = Elsewhere(folder, {**own_index.environment, **variables}, become)
    found = digests(_through(commands, _python_for(commands)), repository, "--ignore", "python-2")
    assert found == {project: digest for project, digest in expected.items() if project != "python-2"}


def _python_for(commands: Commands) -> Path:
    """An interpreter of this version that the user may run, with all that the command imports."""
    check = "import sdistmaker_recipe.doors.command, subvertpy.ra, uv; uv.find_uv_bin()"
    for path in (
        sys.executable,
        *(found.path for found in find_interpreters((), tuple(os.environ.items()))),
        *ELSEWHERE,
    ):
        same = f"import sys; assert sys.version_info[:2] == {sys.version_info[:2]}; {check}"
        done = subprocess.run(
            [*commands.prefix, path, "-c", same], cwd="/", env=dict(commands.environment), capture_output=True
        )
        if done.returncode == 0:
            return Path(path)
    pytest.skip("no other user can run this interpreter or read its packages here")


ELSEWHERE = [
    f"/usr/bin/python3.{minor}" for minor in range(10, 20) if Path(f"/usr/bin/python3.{minor}").exists()
]


def _through(commands: Elsewhere, python: Path) -> Commands:
    """The same, where the installed command would start another interpreter."""
    start = "import sys; del sys.argv[1]; from sdistmaker_recipe.doors.command import main; sys.exit(main())"
    return replace(commands, prefix=(*commands.prefix, python, "-c", start))


def test_another_python_gives_the_same_bytes_of_a_plain_project(
    repository: str, expected: dict[str, str], own_index: Commands
) -> None:
    environment = tuple(sorted(own_index.environment.items()))
    others = [
        each for each in find_interpreters((), environment) if (3, 9) <= each.version != sys.version_info[:2]
    ]
    if not others:
        pytest.skip("no other interpreter here")
    report = own_index.report(
        "--repository", f"{repository}/plain", "--destination", "index", "--python", others[0].path
    )
    assert {each["project"]: each["sha256"] for each in report["published"]} == {"plain": expected["plain"]}


def test_keywords_say_the_time_of_the_commit_as_it_is_in_utc(repository: str, own_index: Commands) -> None:
    arguments = (f"{repository}/plain/tags/1.0", own_index.folder / "one")
    done = with_variables(TZ="Pacific/Honolulu")(own_index).make_sdist(*arguments)
    assert done.status == 0, done.output
    with tarfile.open(done.stdout.strip()) as archive:
        readme = archive.extractfile("plain-1.0/README.txt").read().decode()
    assert "$Date: 2011-06-30 23:59:59 +0000 (Thu, 30 Jun 2011) $" in readme


def test_an_archive_tells_nothing_of_the_machine(repository: str, own_index: Commands) -> None:
    done = own_index.make_sdist(f"{repository}/plain/tags/1.0", own_index.folder / "one")
    with tarfile.open(done.stdout.strip()) as archive:
        members = archive.getmembers()
    assert [each.name for each in members] == sorted(each.name for each in members)
    assert {(each.uid, each.gid, each.uname, each.gname) for each in members} == {(0, 0, "", "")}
    assert {each.mode for each in members if each.isdir() or each.name.endswith("bin/plain")} == {0o755}
    assert {each.mode for each in members if each.isfile() and "bin/" not in each.name} == {0o644}
    assert max(each.mtime for each in members) <= datetime(2011, 7, 1, tzinfo=timezone.utc).timestamp()
