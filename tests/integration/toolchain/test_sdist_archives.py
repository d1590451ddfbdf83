"""Archives from a list of the tag's files are those that setuptools would have written.

SDISTMAKER_LONG=1 builds all releases of the table in tests/support/public_projects.py both ways, otherwise
some of them.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from sdistmaker_recipe.model import Built, Failed, Outcome
from sdistmaker_recipe.stages import build
from sdistmaker_recipe.toolchain.archives import archive
from sdistmaker_recipe.toolchain.archives.file_list import FIRST_LINE
from sdistmaker_recipe.toolchain.isolation.sandbox import choose_sandbox
from sdistmaker_recipe.vcs.tag_export import export_tag
from tests.support.builds import Builder
from tests.support.history import History, tree
from tests.support.public_projects import PROJECTS
from tests.support.public_sdists import fetch
from tests.support.real_releases import chosen
from tests.support.svndump import SYMLINK

FOLDER = Path(__file__).parents[2] / "samples" / "tags"
# These fail, or have another version than 1.0.
OTHERS = {"odd-version", "read-but-excluded"}
LIST, ARCHIVE = "list", "archive"
CHOSEN = [(name, version) for name, project in PROJECTS.items() for version in chosen(project)]
SAMPLES = sorted(path.parent for path in FOLDER.glob("*/setup.py") if path.parent.name not in OTHERS)

TELLS = """\
import distutils.dir_util
original = distutils.dir_util.remove_tree
def remove_tree(*arguments, **options):
    open("{told}", "w").close()
    return original(*arguments, **options)
distutils.dir_util.remove_tree = remove_tree
"""
"""setuptools calls this function when it removes its copy of the files, and nothing else does."""

SETUP = """\
from setuptools import setup
{before}
setup(name="pkg", version="1.0", py_modules=["pkg"]{options})
"""
OVERRIDE = """\
from setuptools.command.sdist import sdist
class own(sdist):
    def {method}(self, *arguments, **options):
        result = sdist.{method}(self, *arguments, **options)
        {more}
        return result
"""
ADDS = 'open(arguments[0] + "/added.txt", "w").close()'

USUAL: Mapping[str, Mapping[str, str]] = {
    "plain": {},
    "manifest": {"MANIFEST.in": "include *.txt missing.md\nrecursive-include docs *\n"},
    "settings": {"setup.cfg": "[egg_info]\ntag_build = dev\n\n[aliases]\nrelease = sdist bdist_wheel\n"},
    "toml-settings": {"pyproject.toml": 'tool.distutils = {egg_info = {tag_build = "rc1"}}\n'},
    "executable": {"setup.cfg": "", "run.sh": "", "MANIFEST.in": "include *.sh\n"},
    "names": {"MANIFEST.in": "recursive-include docs *\n", f"docs/{'long' * 40}/ä b.txt": "x"},
    "deep": {"MANIFEST.in": "recursive-include d *\n", f"{'d/' * 500}file": "x"},
    "no-manifest": {"MANIFEST.in": "prune docs\nexclude pkg.py\n"},
    "old egg-info": {"pkg.egg-info/PKG-INFO": "Name: pkg\n", "pkg.egg-info/entry_points.txt": "[a]\nb = c\n"},
    "pkg-info": {"PKG-INFO": "Name: other\n", "MANIFEST.in": "include PKG-INFO setup.cfg\n"},
}
"""Projects of which nothing is special but these files."""

OTHER_WAYS = {
    "make_release_tree": {"before": OVERRIDE.format(method="make_release_tree", more=ADDS)},
    "make_archive": {"before": OVERRIDE.format(method="make_archive", more="pass")},
    "make_distribution": {"before": OVERRIDE.format(method="make_distribution", more="pass")},
    "copy_file": {"before": OVERRIDE.format(method="copy_file", more="pass")},
    "function": {
        "before": "import distutils.archive_util as a\nm = a.make_archive\n"
        "a.make_archive = lambda *arguments, **options: m(*arguments, **options)\n"
    },
    "metadata": {
        "before": "from distutils.dist import DistributionMetadata as D\nw = D.write_pkg_info\n"
        'D.write_pkg_info = lambda self, folder: (open(folder + "/more.txt", "w").close(), w(self, folder))\n'
    },
    "method of distutils": {
        "before": "from distutils.command.sdist import sdist as d\nm = d.make_release_tree\n"
        "def make_release_tree(self, folder, files):\n    m(self, folder, files)\n"
        '    open(folder + "/more.txt", "w").close()\nd.make_release_tree = make_release_tree\n'
    },
    "tarfile": {
        "before": "from tarfile import TarFile as T\nm = T.gettarinfo\n"
        "def gettarinfo(self, *arguments, **options):\n    info = m(self, *arguments, **options)\n"
        "    info.mode |= 0o100\n    return info\nT.gettarinfo = gettarinfo\n"
    },
    "lstat": {
        "before": "import os\nold = os.lstat\ndef lstat(*arguments, **options):\n"
        "    found = old(*arguments, **options)\n"
        "    return os.stat_result((found.st_mode | 0o100, *found[1:]))\nos.lstat = lstat\n"
    },
    "open": {
        "before": "import builtins\nold = builtins.open\ndef own_open(file, *more, **options):\n"
        "    if str(file).endswith('README.txt') and more == ('rb',):\n        file = 'pkg.py'\n"
        "    return old(file, *more, **options)\nbuiltins.open = own_open\n"
    },
    "json": {"before": "import json\njson.dumps = None\n"},
    "mkpath": {
        "before": "import distutils.dir_util as d\nm = d.mkpath\n"
        "def mkpath(name, *arguments, **options):\n    m(name, *arguments, **options)\n"
        '    if name == "pkg-1.0":\n        open("pkg-1.0/more.txt", "w").close()\nd.mkpath = mkpath\n'
    },
    "save_version_info of all": {
        "before": "from setuptools.command.egg_info import egg_info as e\nm = e.save_version_info\n"
        "def save(self, filename):\n    m(self, filename)\n"
        '    open(filename.replace("setup.cfg", "README.txt"), "w").write("changed")\n'
        "e.save_version_info = save\n"
    },
    "folder": {
        "before": 'import os\nos.mkdir("pkg-1.0")\nopen("pkg-1.0/more.txt", "w").close()\n',
    },
    "save_version_info": {
        "before": "from setuptools.command.egg_info import egg_info\nclass own_info(egg_info):\n"
        "    def save_version_info(self, filename):\n"
        '        open(filename.replace("setup.cfg", "more.txt"), "w").close()\n'
        "        egg_info.save_version_info(self, filename)\n"
    },
    "path": {
        "before": "from setuptools.command.egg_info import egg_info as e\nrun = e.run\n"
        'def own_run(self):\n    run(self)\n    self.filelist.files.append("./docs/../README.txt")\n'
        "e.run = own_run\n"
    },
}
"""What setup.py does to get into the way of setuptools."""


AFTER = """\
import glob, sys, tarfile
def look(file):
    with tarfile.open(file) as archive:
        assert "pkg-1.0/README.txt" in archive.getnames()
def look_below(name):
    look(glob.glob(sys.argv[sys.argv.index("--dist-dir") + 1] + "/" + name)[0])
class own(sdist):
    def run(self):
        {run}
class later(Command):
    user_options = []
    initialize_options = finalize_options = lambda self: None
    def run(self):
        look_below("*.tar.gz")
def call(**options):
    return setup(name="pkg", version="1.0", py_modules=["pkg"], cmdclass={{"sdist": own, "later": later}})
{call}
"""
IMPORTS = "from setuptools import Command, setup\nfrom setuptools.command.sdist import sdist\n"

LAST = {
    "call": ("sdist.run(self)", "call()"),
    "main": ("sdist.run(self)", "def main():\n    call()\nif __name__ == '__main__':\n    main()"),
    "run": ("open('README.txt', 'w').close(); sdist.run(self)", "call()"),
}
"""A method ``run`` and a call of ``setup`` after which nothing runs."""

NOT_LAST = {
    "after setup": ("sdist.run(self)", "look(call().dist_files[0][2])"),
    "later": ("sdist.run(self)", "call()\nlook_below('*.tar.gz')"),
    "finally": ("sdist.run(self)", "try:\n    call()\nfinally:\n    look_below('*')"),
    "main": ("sdist.run(self)", "def main():\n    call()\n    look_below('*')\nmain()"),
    "run": ("sdist.run(self); look(self.archive_files[0])", "call()"),
    "command": ("sdist.run(self); self.run_command('later')", "call()"),
    "commands": ("sdist.run(self)", "sys.argv.append('later')\ncall()"),
    "cleaning": ("sdist.run(self)", "open('README.txt', 'a').close()\ncall()\nos.remove('README.txt')"),
    "removing": ("sdist.run(self)", "call()\nimport shutil\nshutil.rmtree(os.getcwd())"),
    "writing": ("sdist.run(self)", "call()\nopen('README.txt', 'w').write('changed')"),
}
"""The same, and then the archive is looked at, or the files that it has change."""

BEHIND = """\
import os
rename = os.rename
def own_rename(source, target):
    {what}
    rename(source, target)
if any(argument == "sdist" for argument in __import__("sys").argv):
    os.rename = own_rename
"""
"""setuptools calls this function after everything that is known to run."""

CHANGES = {
    "rewritten": "open('README.txt', 'w').write('changed')",
    "removed": "os.path.exists('README.txt') and os.remove('README.txt')",
    "link": "os.path.islink('README.txt') or (rename('README.txt', 'a'), os.symlink('a', 'README.txt'))",
    "folder": "os.path.islink('docs') or (rename('docs', 'moved'), os.symlink('moved', 'docs'))",
}


@dataclass(frozen=True)
class Ways:
    """Builds tags by our way of making source distributions, and by that of setuptools.

    ``found`` gets the kind of each file that a build left. With few builds a worker changes nothing of
    setuptools, and builds nothing for practice.
    """

    folder: Path
    cache: Path
    found: list[str]

    def ours(self, files: Mapping[str, str | bytes], **options: object) -> Outcome:
        """What our way gives."""
        return self._outcome("ours", files, has_many_builds=True, **options)

    def theirs(self, files: Mapping[str, str | bytes], **options: object) -> Outcome:
        """What the way of setuptools gives."""
        found = list(self.found)
        outcome = self._outcome("theirs", files, has_many_builds=False, **options)
        assert LIST not in self.found[len(found) :]
        self.found[:] = found
        return outcome

    def _outcome(
        self,
        name: str,
        files: Mapping[str, str | bytes],
        executables: Container[str] | None = None,
        tag: str = "1.0",
        **settings: object,
    ) -> Outcome:
        place = self.folder / name
        place.mkdir()
        history = History(place / "repository")
        if executables is None:
            executables = [path for path in files if path.endswith((".sh", ".cfg", "setup.py"))]
        history.add_tag("pkg", tag, files, executables=executables)
        builder = Builder(history, place / "builds", self.cache / "environments")
        return builder.build("pkg", tag, settings=builder.settings(**{"sandbox": "none", **settings}))


@pytest.fixture
def ways(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Ways:
    found = []
    original = archive.open_sdist

    def open_sdist(path: Path, tree: Path | None = None):
        found.append(LIST if path.read_bytes().startswith(FIRST_LINE) else ARCHIVE)
        return original(path, tree)

    monkeypatch.setattr(archive, "open_sdist", open_sdist)
    return Ways(tmp_path, cache, found)


def assert_same(ours: Outcome, theirs: Outcome) -> None:
    assert isinstance(ours, Built), ours
    assert isinstance(theirs, Built), theirs
    assert (ours.toolchain, ours.sha256) == (theirs.toolchain, theirs.sha256)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_samples_give_the_same_bytes(ways: Ways, sample: Path) -> None:
    assert_same(ways.ours(tree(sample)), ways.theirs(tree(sample)))


@pytest.mark.parametrize(("name", "version"), CHOSEN)
def test_releases_of_public_projects_give_the_same_bytes(
    ways: Ways, tmp_path: Path, name: str, version: str
) -> None:
    project = PROJECTS[name]
    (sdist,) = fetch(name, [version], tmp_path)
    files = sdist.as_tag((*project.made, *project.gone), markers=project.markers)
    options = {"executables": sdist.executables(), "tag": f"{project.prefix}{version}"}
    ours, theirs = ways.ours(files, **options), ways.theirs(files, **options)
    if isinstance(theirs, Failed):
        assert isinstance(ours, Failed)
        assert ours.reason == theirs.reason
    else:
        assert_same(ours, theirs)


@pytest.mark.parametrize("sandbox", ["none", "auto"])
@pytest.mark.parametrize("name", USUAL)
def test_the_usual_way_is_a_list(ways: Ways, name: str, sandbox: str) -> None:
    setup = SETUP.format(before="", options="")
    files = {
        "pkg.py": "",
        "README.txt": "",
        "docs/a.txt": "a",
        "run.sh": "",
        "setup.py": setup,
        **USUAL[name],
    }
    ours = ways.ours(files, sandbox=choose_sandbox(sandbox)[0])
    assert set(ways.found) == {LIST}
    assert_same(ours, ways.theirs(files))


@pytest.mark.parametrize("name", OTHER_WAYS)
def test_a_tag_that_has_its_own_way_gets_it(ways: Ways, tmp_path: Path, name: str) -> None:
    told = tmp_path / "told"
    before = TELLS.format(told=told) + OTHER_WAYS[name]["before"]
    options = ', cmdclass={"sdist": own}' if "class own(" in before else ""
    options = ', cmdclass={"egg_info": own_info}' if "class own_info(" in before else options
    files = {"pkg.py": "", "README.txt": "", "setup.py": SETUP.format(before=before, options=options)}
    ours = ways.ours(files)
    assert told.exists()
    assert_same(ours, ways.theirs(files))


def project(run: str, call: str) -> Mapping[str, str]:
    """A project with this method ``run`` of the command sdist, and this call of ``setup``."""
    setup = f"import os\n{IMPORTS}{AFTER.format(run=run, call=call)}"
    return {"pkg.py": "", "README.txt": "", "docs/a.txt": "a", "setup.py": setup}


@pytest.mark.parametrize("name", LAST)
def test_a_tag_that_does_nothing_afterwards_leaves_a_list(ways: Ways, name: str) -> None:
    files = project(*LAST[name])
    ours = ways.ours(files)
    assert set(ways.found) == {LIST}
    assert_same(ours, ways.theirs(files))


@pytest.mark.parametrize("name", NOT_LAST)
def test_a_tag_that_may_look_at_the_archive_gets_one(ways: Ways, name: str) -> None:
    files = project(*NOT_LAST[name])
    ours = ways.ours(files)
    assert set(ways.found) == {ARCHIVE}
    assert_same(ours, ways.theirs(files))


@pytest.mark.parametrize("what", CHANGES)
def test_a_tag_whose_files_change_unforeseen_is_built_again(ways: Ways, what: str) -> None:
    before = BEHIND.format(what=CHANGES[what])
    files = {
        "pkg.py": "",
        "README.txt": "as it was",
        "docs/a.txt": "a",
        "MANIFEST.in": "recursive-include docs *\n",
        "setup.py": SETUP.format(before=before, options=""),
    }
    ours = ways.ours(files)
    assert ways.found == [LIST, ARCHIVE]
    assert_same(ours, ways.theirs(files))


FAILING = {
    "file": {"pkg-1.0": "a file"},
    "PKG-INFO": {"PKG-INFO/a.txt": "", "MANIFEST.in": "include PKG-INFO/*\n"},
    "setup.cfg": {"setup.cfg/a.txt": "", "MANIFEST.in": "include setup.cfg/*\n"},
}
"""Projects with files in the way of those that setuptools writes."""


@pytest.mark.parametrize("name", FAILING)
def test_a_tag_that_setuptools_cannot_pack_fails(ways: Ways, name: str) -> None:
    files = {"pkg.py": "", "setup.py": SETUP.format(before="", options=""), **FAILING[name]}
    options = {"pythons": (sys.executable,), "include_versioned_files": "never"}
    for outcome in (ways.ours(files, **options), ways.theirs(files, **options)):
        assert isinstance(outcome, Failed)
        assert "is a directory" in outcome.reason.lower() or "File exists" in outcome.reason


def test_an_unreadable_file_fails_a_tag(ways: Ways) -> None:
    setup = SETUP.format(before="import os\nos.chmod('README.txt', 0)", options="")
    files = {"pkg.py": "", "README.txt": "", "setup.py": setup}
    options = {"pythons": (sys.executable,), "sandbox": choose_sandbox("auto")[0]}
    if not options["sandbox"] and os.getuid() == 0:
        pytest.skip("root can read the file")
    for outcome in (ways.ours(files, **options), ways.theirs(files, **options)):
        assert isinstance(outcome, Failed)
        assert "Permission denied" in outcome.reason


def test_a_list_that_a_tag_forged_is_no_archive(ways: Ways) -> None:
    forged = (
        FIRST_LINE + b'{"top": "pkg-1.0", "folders": [], "files": {"no": [420, 0, 1, 1, 1]}, "contents": {}}'
    )
    before = BEHIND.format(what=f"open(source, 'wb').write({forged!r})")
    ours = ways.ours({"pkg.py": "", "setup.py": SETUP.format(before=before, options="")})
    assert ways.found[:2] == [LIST, LIST]
    # Python 2 does not call the function that forges.
    assert ours.python == "python2.7" if isinstance(ours, Built) else "cannot be read" in ours.reason


@pytest.mark.parametrize("has_many_builds", [True, False])
def test_a_tag_of_the_future_gives_the_same_bytes(
    history: History, tmp_path: Path, cache: Path, *, has_many_builds: bool
) -> None:
    # The clock of a committer can be ahead.
    ahead = datetime.now(timezone.utc) + timedelta(hours=1)
    setup = SETUP.format(before="", options="")
    history.add_tag("pkg", "1.0", {"pkg.py": "", "README.txt": "", "setup.py": setup}, date=ahead)
    builder = Builder(history, tmp_path / "builds", cache / "environments")
    settings = builder.settings(has_many_builds=has_many_builds)
    first = builder.build("pkg", "1.0", settings=settings)
    # Archives have times in seconds.
    time.sleep(1.01)
    assert_same(builder.build("pkg", "1.0", settings=settings), first)


@pytest.mark.parametrize(
    ("setup", "toolchain"),
    [("raise SystemExit('no')", "files only"), ("use_vcs_version=True", "declared")],
    ids=["files only", "hgtools"],
)
def test_so_does_one_with_files_that_get_no_time_of_the_repository(
    history: History,
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    setup: str,
    toolchain: str,
) -> None:
    ahead = datetime.now(timezone.utc) + timedelta(hours=1)
    if "=" in setup:
        setup = f"from setuptools import setup\nsetup(name='pkg', packages=['pkg'], {setup})"
    files = {"pkg/__init__.py": "", "link.txt": "link pkg/__init__.py", "setup.cfg": "", "setup.py": setup}
    history.add_tag("pkg", "1.0", files, properties={"link.txt": SYMLINK}, date=ahead)
    builder = Builder(history, tmp_path / "builds", cache / "environments")
    # An export can take long.
    monkeypatch.setattr(build, "export_tag", lambda *arguments: (export_tag(*arguments), time.sleep(1.01)))
    settings = builder.settings(unbuildable="archive", pythons=(sys.executable,))
    first, second = (builder.build("pkg", "1.0", settings=settings) for _ in range(2))
    assert isinstance(first, Built), first
    assert first.toolchain == toolchain
    assert_same(second, first)
