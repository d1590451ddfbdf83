"""Releases of public projects from 2007 to today, chosen for what builds them and for being small.

They stand for what a company's own tags are like: C extensions, Python 2, a setup.py that wants setuptools
of its year, every common build backend, and versions and files that came from a repository. Left out are
projects whose setup.py runs a program of another package, such as pg_config or mysql_config: they would test
the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Project:
    """Releases by their versions, and what is known of them.

    ``short`` are the versions that every run of the tests takes, ``python2`` those that only Python 2 builds
    as they were. ``made`` are patterns of files that are in no tag, since a build makes them, ``gone`` of
    those that no build of today makes. ``markers`` says that setup.cfg of its tags marks each version as one
    of development, ``prefix`` what its tags begin with. ``differs`` has what comes out otherwise, by version:
    the field (or "files"), and why.
    """

    versions: str
    short: str = ""
    python2: str = ""
    made: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    markers: bool = False
    prefix: str = ""
    differs: Mapping[str, tuple[str, str]] = field(default_factory=dict)


# pbr writes them from git's log.
_OF_PBR = ("AUTHORS", "ChangeLog")
_BY_PBR = "pbr decides on a marker of an extra when it builds"
_MADE_FOR_PYTHON = "its setup.py asks for other packages on other Pythons"

PROJECTS: Mapping[str, Project] = {
    # setup.py, with setuptools, distribute or distutils alone
    "BeautifulSoup": Project("3.2.0 3.2.1", python2="3.2.0 3.2.1"),
    "Beaker": Project("1.5.4 1.6.4"),
    "collective.monkeypatcher": Project(
        "1.0.1 1.1.4 2.0.1",
        differs={"1.1.4": ("files", "a plugin for git added files that MANIFEST.in does not name")},
    ),
    "collective.recipe.template": Project(
        "1.2 1.11 2.1",
        differs={"1.11": ("requires.txt", _MADE_FOR_PYTHON), "2.1": ("requires.txt", _MADE_FOR_PYTHON)},
    ),
    "configobj": Project("4.7.2 5.0.6", python2="4.7.2"),
    "decorator": Project("3.4.2"),
    "distribute": Project("0.6.10 0.6.49"),
    "FormEncode": Project("1.2.4", python2="1.2.4"),
    "futures": Project("2.2.0 3.3.0", python2="3.3.0"),
    "lockfile": Project("0.9.1"),
    "Mako": Project("0.3.6 0.9.1"),
    "mr.developer": Project(
        "0.15 1.10 1.22 1.38 2.0.4", differs={"1.22": ("requires.txt", _MADE_FOR_PYTHON)}
    ),
    "Paste": Project("1.7.2 1.7.5.1 2.0.3 3.10.1", markers=True),
    "PasteScript": Project("1.3.6 1.7.5 2.0.2", python2="1.3.6 1.7.5", markers=True),
    "path.py": Project("2.2 5.3 11.5.0"),
    "plone.memoize": Project("1.0.4 1.1.1 2.0.0 3.0.5", short="1.0.4", markers=True),
    "Products.PloneFormGen": Project("1.2.5 1.5.1 1.7.0", python2="1.5.1 1.7.0", markers=True),
    "Routes": Project("1.12.3"),
    "suds": Project("0.4", python2="0.4"),
    "WebOb": Project("0.9.8 1.3.1"),
    "z3c.recipe.i18n": Project("0.5.4 0.8.1 2.1"),
    "zc.buildout": Project("1.4.4 1.7.1 2.13.8"),
    "zc.recipe.egg": Project("1.0.0 1.2.2 1.3.2 2.0.7 4.0.0"),
    "zest.releaser": Project(
        "1.13 2.12 3.4 3.56 4.0 5.7 6.22.0 7.2.0 8.0.0 9.9.1",
        short="9.9.1",
        python2="2.12 3.4 3.56 4.0",
    ),
    "ZopeSkel": Project("1.5 2.21.2", markers=True),
    # setup.py with a C extension
    "Cheetah": Project("2.2.2 2.4.4", python2="2.2.2 2.4.4"),
    "coverage": Project("3.4 3.7.1 4.5.4"),
    "Genshi": Project("0.6 0.6.1 0.7.7", python2="0.6 0.6.1"),
    "MarkupSafe": Project("0.9 0.11 0.15 0.23 1.0 1.1.1 2.1.5 3.0.3", short="2.1.5", python2="0.9"),
    "persistent": Project("4.0.6 4.2.4.2"),
    "pycrypto": Project("2.6.1"),
    "pyOpenSSL": Project("0.9 0.13 0.15.1"),
    "pysqlite": Project("2.8.3", python2="2.8.3"),
    # Cython makes C of it.
    "PyYAML": Project("3.13 5.4.1 6.0.1", made=("yaml/_yaml.c",)),
    "simplejson": Project(
        "1.7.4 1.9.3 2.0.9 2.1.6 2.6.2 3.3.3 3.20.2",
        short="1.9.3",
        python2="1.7.4 1.9.3 2.0.9 2.1.6 2.6.2",
    ),
    "subprocess32": Project("3.2.7 3.5.4", python2="3.2.7"),
    "ujson": Project("1.35 5.9.0"),
    "zope.interface": Project(
        "3.3.0.1 3.4.1 3.5.0 3.5.3 3.6.1 3.8.0 4.0.5 4.7.2 5.5.2 6.4.post2 8.0",
        python2="3.3.0.1 3.4.1 3.5.0 3.5.3 3.6.1 3.8.0",
    ),
    # setup.py, and the version from the repository
    "hgtools": Project("2.0 6.3"),
    "jaraco.functools": Project("1.3"),
    "keyring": Project("3.0 5.0 8.7"),
    "jsonschema": Project("0.8.0 2.6.0 3.2.0 4.17.3 4.23.0"),
    "mock": Project(
        "0.7.2 1.0.1 1.3.0 2.0.0",
        gone=_OF_PBR,
        differs=dict.fromkeys(("1.3.0", "2.0.0"), ("requires.txt", _BY_PBR)),
    ),
    "partd": Project("0.3.10 1.0.0 1.4.2"),
    "py": Project("1.0.0 1.4.31 1.8.0", made=("py/_version.py",)),
    "python-dateutil": Project("1.5 2.2 2.8.2", made=("dateutil/_version.py",)),
    "requestsexceptions": Project("1.0.0 1.4.0", gone=_OF_PBR),
    "setuptools-scm": Project("1.15.7 3.5.0"),
    "testtools": Project("0.9.39 1.9.0", gone=_OF_PBR),
    "versioneer": Project("0.18 0.28"),
    # pyproject.toml
    "build": Project("0.9.0 1.3.0"),
    "filelock": Project("3.8.0 3.13.1", made=("src/filelock/version.py",)),
    "flit_core": Project("2.3.0 3.2.0 3.12.0"),
    "hatchling": Project("1.5.0 1.27.0"),
    "hatch-vcs": Project("0.3.0 0.4.0"),
    "iniconfig": Project("1.0.1 1.1.1 2.0.0 2.3.1", short="1.1.1 2.3.1", made=("src/iniconfig/_version.py",)),
    "pdm-backend": Project("2.0.7 2.4.5"),
    "poetry-core": Project("1.6.1 1.9.1 2.3.2", short="2.3.2"),
    # Poetry wrote a setup.py for pip of its time.
    "tomli": Project("0.2.10 1.2.3 2.0.1 2.2.1", short="2.0.1", gone=("setup.py",)),
    "tomlkit": Project("0.12.5"),
    "unearth": Project("0.1.0 0.9.0 0.18.0"),
}
