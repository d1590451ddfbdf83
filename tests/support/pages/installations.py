"""What pages find installed: a buildout, an environment, a checkout, files to copy, and an index."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from pathlib import Path

from tests.support.commands import program
from tests.support.history import setuptools_project
from tests.support.httpd import make_passable
from tests.support.pages.place import ROOT, Place, SetUp


def buildout(place: Place) -> None:
    """The folder of a buildout, whose part has written its script: ``bin/sdists_from_tags``."""
    folder = place.stands_for("/srv/buildout", place.commands.folder)
    destination = place.root / "srv/packages/index"
    destination.parent.mkdir(parents=True, exist_ok=True)
    options = {"destination": str(destination), "wheels": "none", **place.options}
    call = f"sdists_from_tags(part='sdists', options={options!r}, base={str(folder)!r})"
    script = folder / "bin/sdists_from_tags"
    script.parent.mkdir(exist_ok=True)
    code = f"import sys\nfrom sdistmaker_recipe.scripts import sdists_from_tags\nsys.exit({call})\n"
    script.write_text(f"#!{sys.executable}\n{code}", "utf-8")
    script.chmod(0o755)


def with_wheels(place: Place) -> None:
    """The part has wheels from now on, as it does by default."""
    place.options["wheels"] = "pure"
    buildout(place)


def nginx_config(place: Place) -> None:
    """The part has the option that has a run write a file for nginx."""
    place.options["nginx-config"] = str(place.root / "srv/packages/index-nginx.conf")


def published(place: Place) -> None:
    """What one run of that script makes."""
    done = place.commands.run("bin/sdists_from_tags")
    assert done.status in (0, 1), done.output
    make_passable(place.root / "srv/packages/index")


def real_buildout(place: Place) -> None:
    """The folder of a buildout in which ``bin/buildout`` works, and has written the script."""
    place.stands_for("/srv/buildout", place.commands.folder)
    index = str(place.root / "srv/packages/index")
    options = {"destination": index, "wheels": "none", "run": "false", **place.options}
    lines = "".join(f"{name} = {value}\n" for name, value in options.items())
    part = f"[sdists]\nrecipe = sdistmaker_recipe\n{lines}"
    done = place.commands.buildout(f"[buildout]\nparts = sdists\n\n{part}")
    assert done.status == 0, done.output


def defaults_file(place: Place) -> None:
    """A buildout with the defaults file that sdistmaker 1.4 used."""
    folder = place.commands.with_bin_buildout(program("buildout")).folder
    index = place.root / "srv/packages/index"
    constants = {"BASE": place.history.url, "OUTDIR": str(index), "BLACKLIST": [".svn"]}
    text = "".join(f"{name} = {value!r}\n" for name, value in constants.items())
    (folder / "defaults.py").write_text(f'{text}WHEELS = "none"\n', "utf-8")


def environment(place: Place) -> None:
    """A virtual environment with this package, a copy of its examples, and a release to copy."""
    folder = place.commands.folder
    place.commands.clean_python("packages")
    (packages,) = folder.glob("packages/lib/python*/site-packages")
    own = sysconfig.get_path("purelib")
    (packages / "own.pth").write_text(f"import site; site.addsitedir({own!r})\n")
    for name, call in (
        ("pip", "from pip._internal.cli.main import main; sys.exit(main())"),
        ("sdists_from_tags", "from sdistmaker_recipe.scripts import *; sys.exit(sdists_from_tags())"),
    ):
        script = folder / "packages/bin" / name
        script.write_text(f"#!{folder}/packages/bin/python\nimport sys\n{call}\n")
        script.chmod(0o755)
    shutil.copytree(ROOT / "docs/examples", folder / "docs/examples")
    (folder / "acme.tool-1.0").mkdir()
    for name, text in setuptools_project("acme.tool", "1.0").items():
        (folder / "acme.tool-1.0" / name).write_text(text, "utf-8")


def checkout(place: Place) -> None:
    """A copy of the project as ``python3 bootstrap.py`` leaves it, with the index of the example."""
    folder = place.commands.folder
    (folder / ".venv").symlink_to(Path(sys.prefix))
    place.commands.with_bin_buildout(program("buildout"))
    # To build all of the example takes half a minute, and other tests do it.
    config = (ROOT / "buildout.cfg").read_text("utf-8")
    (folder / "buildout.cfg").write_text(
        f"{config}\ninclude = acme-ledger\nnewest = 1\nwheels = none\n", "utf-8"
    )
    defaults = Path(place.commands.environment["HOME"]) / ".buildout/default.cfg"
    defaults.parent.mkdir()
    defaults.write_text(f"[buildout]\nindex = {place.public}/\n", "utf-8")
    (folder / "var/try").mkdir(parents=True)
    done = place.commands.run("bin/buildout")
    assert done.status == 0, done.output


def scripts(folder: str) -> SetUp:
    """The files of a folder of examples, in the folder of the reader."""

    def set_up(place: Place) -> None:
        shutil.copytree(ROOT / "docs/examples" / folder, place.commands.folder, dirs_exist_ok=True)

    return set_up
