"""Archives that are written straight from the files of a tag are those that setuptools would have written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from sdistmaker_recipe.model import Built
from tests.support.builds import Builder
from tests.support.history import History, tree

FOLDER = Path(__file__).parents[2] / "samples" / "tags"
# These fail, or have another version than 1.0.
OTHERS = {"odd-version", "read-but-excluded"}
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
{tells}{before}
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
    "no-manifest": {"MANIFEST.in": "prune docs\nexclude pkg.py\n"},
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


def build(
    folder: Path,
    cache: Path,
    files: Mapping[str, str | bytes],
    *,
    ours: bool,
) -> Built:
    """What a build of these files gives: by our way of writing archives, or by that of setuptools.

    With few builds a worker changes nothing of setuptools, and builds nothing for practice.
    """
    place = folder / ("ours" if ours else "theirs")
    place.mkdir()
    history = History(place / "repository")
    executables = [path for path in files if path.endswith((".sh", ".cfg", "setup.py"))]
    history.add_tag("pkg", "1.0", files, executables=executables)
    builder = Builder(history, place / "builds", cache / "environments")
    settings = builder.settings(sandbox="none", has_many_builds=ours)
    built = builder.build("pkg", "1.0", settings=settings)
    assert isinstance(built, Built), built
    return built


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_samples_give_the_same_bytes(tmp_path: Path, cache: Path, sample: Path) -> None:
    ours = build(tmp_path, cache, tree(sample), ours=True)
    theirs = build(tmp_path, cache, tree(sample), ours=False)
    assert (ours.toolchain, ours.sha256) == (theirs.toolchain, theirs.sha256)


@pytest.mark.parametrize("name", USUAL)
def test_the_usual_way_is_ours(tmp_path: Path, cache: Path, name: str) -> None:
    told = tmp_path / "told"
    setup = SETUP.format(tells=TELLS.format(told=told), before="", options="")
    files = {
        "pkg.py": "",
        "README.txt": "",
        "docs/a.txt": "a",
        "run.sh": "",
        "setup.py": setup,
        **USUAL[name],
    }
    ours = build(tmp_path, cache, files, ours=True)
    assert not told.exists()
    assert ours.sha256 == build(tmp_path, cache, files, ours=False).sha256
    assert told.exists()


@pytest.mark.parametrize("name", OTHER_WAYS)
def test_a_tag_that_has_its_own_way_gets_it(tmp_path: Path, cache: Path, name: str) -> None:
    told = tmp_path / "told"
    before = OTHER_WAYS[name]["before"]
    options = ', cmdclass={"sdist": own}' if "class own(" in before else ""
    options = ', cmdclass={"egg_info": own_info}' if "class own_info(" in before else options
    setup = SETUP.format(tells=TELLS.format(told=told), before=before, options=options)
    files = {"pkg.py": "", "README.txt": "", "setup.py": setup}
    ours = build(tmp_path, cache, files, ours=True)
    assert told.exists()
    assert ours.sha256 == build(tmp_path, cache, files, ours=False).sha256
