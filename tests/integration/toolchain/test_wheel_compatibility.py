"""The tag of a wheel by what its setup.py depends on; and an installation gives what the sdist would give."""

from __future__ import annotations

import email
import subprocess
from pathlib import Path

import pytest

from sdistmaker_recipe.model import Built, BuiltWheel, NoWheel
from sdistmaker_recipe.toolchain.environments import uv_program
from sdistmaker_recipe.toolchain.interpreters import find_interpreters
from tests.support.builds import Builder, _environment
from tests.support.history import History

SETUP = (
    "from setuptools import setup\nkw = {}\n%s\nsetup(name='asks', version='1.0', packages=['asks'], **kw)\n"
)
ADD = "kw['install_requires'] = ['q']"
FILES = {"asks/__init__.py": "", "README.txt": "", "b.txt": "", "c.txt": ""}

WRITE = """\
import os
from setuptools.command.build_py import build_py
class Command(build_py):
  def run(self):
    build_py.run(self)
    with open(os.path.join(self.build_lib, 'asks', 'made.py'), 'w') as file:
      print({}, file=file)
kw['cmdclass'] = {{'build_py': Command}}"""

GIT = """\
import subprocess
try:
  found = subprocess.check_output({}, stderr=subprocess.DEVNULL)
  {}
except FileNotFoundError:
  {}
except subprocess.CalledProcessError: pass"""

PY3 = {
    "nothing": "",
    "python-2": f"import sys\nif sys.version_info < (2, 7): {ADD}",
    "major": f"import sys\nif sys.version_info[0] == 2: {ADD}",
    "text-of-version": f"import sys\nif sys.version < '3': {ADD}",
    "unicode": "try:\n  unicode\nexcept NameError:\n  unicode = str",
    "configparser": "try:\n  import ConfigParser\nexcept ImportError:\n  import configparser",
    "json": f"try:\n  import json\nexcept ImportError:\n  {ADD}",
    "import-for-nothing": "try:\n  import numpy\nexcept ImportError:\n  numpy = None",
    "platform-for-nothing": "import sys\nif sys.platform == 'win32': print('Hello')",
    "publish": "import os, sys\nif sys.argv[-1] == 'publish':\n  os.system('twine upload')\n  sys.exit()",
    "own-file": "import os\nhere = os.path.dirname(os.path.abspath(__file__))\n"
    "kw['description'] = open(os.path.join(here, 'README.txt')).read()",
    "separator": "import os\nkw['keywords'] = 'a/b'.replace(os.sep, '.')",
    "written": WRITE.format("'x'"),
    "set": "kw['keywords'] = sorted({'b', 'a', 'c'})",
    "vendored-for-nothing": "try:\n  import packaging\nexcept ImportError:\n  packaging = None",
    "normcase-for-nothing": "import os\nhere, there = os.path.abspath('.'), os.getcwd()\n"
    "if os.path.normcase(here) != os.path.normcase(there): raise SystemExit(here)",
    "normcase-by-python": "import fnmatch\nif fnmatch.fnmatch('a', 'A/b'): raise SystemExit('a')",
    "dataclass": "import dataclasses\n@dataclasses.dataclass\nclass C:\n  a: int = 0",
    "search-path-for-nothing": "import os, sys\nfound = [os.path.exists(place) for place in sys.path]",
    "globbed": "import glob\nkw['data_files'] = [('share', sorted(glob.glob('*.txt')))]",
    "text-of-file": "import os\nhere = os.path.abspath('.')\n"
    "kw['keywords'] = open(here + '/setup.py').read().split()[0]",
    "path": f"import sys\nfrom pathlib import Path\nif Path('x').exists() or sys.version_info < (3,): {ADD}",
    "terminal-for-nothing": "import sys\ndef colors(): return sys.stdout.isatty()",
    "frames-for-nothing": "def trick(error): return error.tb_frame.f_globals",
    "builtins-of-python-2": f"try:\n  __builtins__.unicode\nexcept AttributeError: pass\nelse: {ADD}",
    "repository-around": f"import os\nif os.path.exists('../.git') or os.path.exists('../../.hg'): {ADD}",
    "git-for-nothing": GIT.format("['git', 'describe', '--tags']", "kw['keywords'] = found.decode()", "pass"),
    "git-by-shell": f"import os\nif os.popen('git rev-parse HEAD 2>/dev/null').read(): {ADD}",
    "git-without-errors": "import os, subprocess\nhere = os.path.dirname(os.path.abspath(__file__))\n"
    "try: subprocess.call(['git', '-C', here, 'log'], stderr=open(os.devnull, 'wb'))\nexcept OSError: pass",
    "which-git": "import shutil\nif shutil.which('git'): print('git')",
    "error-for-nothing": "try:\n  len(1)\nexcept TypeError as error: print(error)",
    "own-error": "try:\n  raise ValueError('1')\nexcept ValueError as error: kw['description'] = str(error)",
    "key-of-error": "try:\n  {}['x']\nexcept KeyError as error: kw['description'] = error.args[0]",
    "added-to-working-set": "import pkg_resources\npkg_resources.working_set.add_entry('.')",
    "separator-in-path": "import os, sys\nkw['keywords'] = str(len('a' + os.sep))",
    "uncompressed": "import zlib\n"
    "kw['keywords'] = zlib.decompress(b'x\\x9cKLJ\\x06\\x00\\x02M\\x01\\x27').decode()",
    "excluded-by-requires-python": f"import sys\nkw['python_requires'] = '>=3.7'\n"
    f"if sys.version_info < (3, 7): {ADD}",
}
OF_VERSION = {
    "py38": f"import sys\nif sys.version_info < (3, 8): {ADD}",
    "py37": f"from sys import version_info as v\nif v < (3, 6, 5): {ADD}",
    "py36": "import sys\nif sys.version_info < (3, 6): sys.exit('too old')",
    "py34": f"import sys\nif sys.hexversion < 0x03040000: {ADD}",
    "py310": f"import sys\nmajor, minor = sys.version_info[:2]\nif minor < 10: {ADD}",
    "py32": f"try:\n  import argparse\nexcept ImportError:\n  {ADD}",
    "py39": f"import functools\nif not hasattr(functools, 'cache'): {ADD}",
    "py311": f"import datetime\nif not hasattr(datetime, 'UTC'): {ADD}",
    "py39-removed": f"import base64\nif not hasattr(base64, 'encodestring'): {ADD}",
    "py310-name": f"try:\n  from typing import ParamSpec\nexcept ImportError:\n  {ADD}",
    "py38-attribute": f"import math\ntry:\n  math.prod\nexcept Exception:\n  {ADD}",
    "py35": f"import sys\nif sys.version_info < (3, 5) and sys.platform == 'darwin': {ADD}",
}
NONE = {
    "future": f"import sys\nif sys.version_info >= (3, 90): {ADD}",
    "version-in-text": "import sys\nkw['description'] = 'for %d.%d' % sys.version_info[:2]",
    "hidden-error": "import re, sys\ntry:\n  if re.match('3[.][5-9]', sys.version): "
    + ADD
    + "\nexcept: pass",
    "platform": f"import sys\nif sys.platform == 'win32': {ADD}",
    "platform-by-name": f"import sys\nif getattr(sys, 'plat' + 'form') == 'win32': {ADD}",
    "platform-of-module": f"import sys\nif sys.modules['sys'].platform == 'win32': {ADD}",
    "platform-by-import": f"if __import__('sys').platform == 'win32': {ADD}",
    "platform-of-os": f"import os\nif os.sys.platform == 'win32': {ADD}",
    "platform-in-exec": f"exec('import sys\\nw = sys.platform == \"win32\"')\nif w: {ADD}",
    "platform-in-namespace": f"import sys\nif vars(sys)['platform'] == 'win32': {ADD}",
    "unknown-platform": f"import sys\nif sys.platform == 'plan9': {ADD}",
    "os-name": f"import os\nif os.name == 'nt': {ADD}",
    "normcase": f"import os\nif os.path.normcase('/A') == os.path.normcase('/a'): {ADD}",
    "recursion": f"import sys\nif sys.getrecursionlimit() < 1000: {ADD}",
    "uname": f"import os\nif not hasattr(os, 'uname'): {ADD}",
    "separator": f"import os\nif os.sep != '/': {ADD}",
    "bits": f"import struct\nif struct.calcsize('P') == 4: {ADD}",
    "pypy": f"import platform\nif platform.python_implementation() == 'PyPy': {ADD}",
    "distutils": f"from distutils.util import get_platform\nif get_platform()[:3] == 'win': {ADD}",
    "newest-on-darwin": f"import sys\nif sys.version_info > (3, 13) and sys.platform == 'darwin': {ADD}",
    "variable": f"import os\nif os.environ.get('ASKS'): {ADD}",
    "all-variables": f"import os\nif 'ASKS' in os.environ.copy(): {ADD}",
    "import": f"try:\n  import numpy\nexcept ImportError:\n  {ADD}",
    "date": "import datetime\nkw['description'] = str(datetime.date.today().year)",
    "time": "import time\nkw['description'] = time.strftime('%Y')",
    "file": "kw['description'] = open('/etc/os-release').read()[:4]",
    "file-is-there": f"import os\nif os.path.exists('/usr/include/x.h'): {ADD}",
    "file-beside": f"import os\nif os.path.exists('../setup.cfg'): {ADD}",
    "program": "import subprocess\nkw['description'] = subprocess.check_output(['uname']).decode().strip()",
    "git-is-there": GIT.format("['git', 'rev-parse', 'HEAD']", "pass", ADD),
    "version-of-git": GIT.format(
        "['git', '--version']", "kw['keywords'] = found.decode().split()[-1]", "pass"
    ),
    "settings-of-git": GIT.format("['git', 'config', 'user.name']", ADD, "pass"),
    "git-of-another-folder": GIT.format("['git', '-C', '/', 'log']", ADD, "pass"),
    "script-with-git": f"import os\nif os.popen('git log; uname').read() == 'Windows': {ADD}",
    "help": "import argparse\nkw['description'] = argparse.ArgumentParser('x').format_help().split()[-1]",
    "enumeration": "import enum\nclass V(str, enum.Enum): A = 'one'\nkw['description'] = f'{V.A}'",
    "which-git": f"import shutil\nif shutil.which('git'): {ADD}",
    "file-around": f"import os\nif os.path.exists('../.config'): {ADD}",
    "null-device": f"import os\nif os.devnull == 'nul': {ADD}",
    "number-of-separator": f"import os\nif ord(os.sep) != 47: {ADD}",
    "bytes-of-separator": f"import os\nif os.sep.encode() != b'/': {ADD}",
    "order-of-separators": f"import os\nif os.sep > '0': {ADD}",
    "text-of-separator": f"import os\nif repr(os.sep) != repr('/'): {ADD}",
    "compressed": "import zlib\nkw['keywords'] = str(len(zlib.compress(b'abc' * 99)))",
    "compressed-by-gzip": WRITE.format("gzip.compress(b'abc' * 99)") + "\nimport gzip",
    "compressed-as-file": "import gzip, io\nfile = io.BytesIO()\n"
    "with gzip.GzipFile(fileobj=file, mode='wb') as packed: packed.write(b'x')\n"
    "kw['keywords'] = str(len(file.getvalue()))",
    "text-of-error": "try:\n  len(1)\nexcept TypeError as error: kw['description'] = str(error)",
    "text-of-import-error": "try:\n  import ConfigParser\nexcept ImportError as error:\n"
    "  kw['description'] = '%s' % error",
    "text-of-missing-file": "import sys\ntry:\n  open('x')\nexcept OSError:\n"
    "  kw['description'] = sys.exc_info()[1].strerror",
    "text-of-error-in-function": "def text():\n  try:\n    len(1)\n"
    "  except TypeError as error:\n    return error.args[0]\nkw['description'] = text()",
    "working-set": f"import pkg_resources\nif 'x' not in pkg_resources.working_set.by_key: {ADD}",
    "format": f"import sys\nif '{{0.platform}}'.format(sys) == 'win32': {ADD}",
    "terminal-in-function": f"import sys\ndef colors(): return sys.stdout.isatty()\nif colors(): {ADD}",
    "builtins": f"if hasattr(__builtins__, 'aiter'): {ADD}",
    "folder": "import os\nkw['description'] = os.path.basename(os.getcwd())",
    "path": "import os\nkw['description'] = os.path.abspath(__file__)",
    "order": "import os\nkw['description'] = ' '.join(n for n in os.listdir('.') if n[1:] == '.txt')",
    "prefix": "import sys\nkw['data_files'] = [(sys.prefix + '/x', ['README.txt'])]",
    "arguments": f"import sys\nif 'bdist_wheel' in sys.argv: {ADD}",
    "locale": f"import locale\nif locale.getpreferredencoding() == 'cp1252': {ADD}",
    "hash": "kw['description'] = str(hash('x') % 7)",
    "random": "import random\nkw['description'] = str(random.random())",
    "newer-setuptools": f"import setuptools\nif int(setuptools.__version__.split('.')[0]) > 500: {ADD}",
    "newer-methods": f"try:\n  'x'.removeprefix('y')\nexcept AttributeError:\n  {ADD}",
    "newer-methods-by-name": f"if not hasattr(str, 'removeprefix'): {ADD}",
    "newer-methods-for-any-error": f"try:\n  'x'.removeprefix\nexcept Exception:\n  {ADD}",
    "keywords": f"import keyword\nif keyword.iskeyword('async'): {ADD}",
    "submodule": "from email import utils\nkw['description'] = utils.formatdate()",
    "import-by-function": f"import importlib\ntry:\n  importlib.import_module('winreg')\n"
    f"except ImportError:\n  {ADD}",
    "signal": f"import signal\nif not hasattr(signal, 'SIGKILL'): {ADD}",
    "order-of-set": "kw['description'] = ' '.join({'a', 'b', 'c'})",
    "vendored": f"try:\n  import packaging\nexcept ImportError:\n  {ADD}",
    "archive": WRITE.format("'x'")
    + "\nimport zipfile\nwith zipfile.ZipFile('asks/made.zip', 'w') as archive: archive.writestr('a', 'b')",
    "tree-of-syntax": "import ast\nkw['description'] = ast.dump(ast.parse('x[1]'))",
    "newer-syntax": f"try:\n  exec('(x := 1)')\nexcept Exception:\n  {ADD}",
    "part-of-folder": "import os\nkw['description'] = os.path.abspath('.').split('/')[-1]",
    "time-of-file": "import os\nkw['description'] = str(int(os.path.getmtime('setup.py')))",
    "owner-of-file": "import os\nkw['description'] = str(os.stat('setup.py').st_uid)",
    "home": "from pathlib import Path\nkw['description'] = Path.home().name",
    "separator-in": f"import os\nif '/' in os.sep: {ADD}",
    "written-folder": WRITE.format("os.path.abspath(__file__)"),
    "umask": "import os\nkw['description'] = str(os.umask(0o22))",
    "terminal": "import sys\nkw['description'] = sys.stdout.encoding",
    "atexit": "import atexit\natexit.register(print)",
    "library": f"import ctypes\ntry:\n  ctypes.cdll.LoadLibrary('libq.so.1')\nexcept OSError:\n  {ADD}",
    "libraries-of-windows": f"import ctypes\nif hasattr(ctypes, 'windll'): {ADD}",
    "programs-of-windows": f"import subprocess\nif hasattr(subprocess, 'STARTUPINFO'): {ADD}",
    "kind-of-path": f"import pathlib\nif isinstance(pathlib.Path(), pathlib.WindowsPath): {ADD}",
    "order-of-paths": "from pathlib import Path\n"
    "kw['description'] = ' '.join(p.name for p in Path().iterdir() if p.suffix == '.txt')",
    "name-of-python": "found = {}\nexec(compile('from sys import platform', '<frozen x>', 'exec'), found)\n"
    f"if found['platform'] == 'win32': {ADD}",
}
CASES = [
    *((f"py3-{name}", body, "py3") for name, body in PY3.items()),
    *((name, body, name.partition("-")[0]) for name, body in OF_VERSION.items()),
    *((f"none-{name}", body, "") for name, body in NONE.items()),
]
OF_PYTHON_2 = [
    ("", "py2"),
    (f"import sys\nif sys.version_info < (2, 6): {ADD}", "py27"),
    (f"import sys\nif sys.platform == 'win32': {ADD}", ""),
    (f"import sys\nif sys.maxint > 2 ** 31: {ADD}", ""),
    (f"import os\nif os.environ.get('ASKS'): {ADD}", ""),
    (f"try:\n  import numpy\nexcept ImportError:\n  {ADD}", ""),
    ("import commands\nkw['description'] = commands.getoutput('uname')", ""),
    ("import copy\nkw['description'] = 'a-b'.replace('-', copy.copy('+'))", "py27"),
    ("try:\n  exec 'x = 1'\nexcept SyntaxError:\n  kw['description'] = 'x'", "py27"),
    ("from time import clock\nkw['description'] = str(clock())", ""),
    ("from platform import linux_distribution\nkw['description'] = linux_distribution()[0]", ""),
    ("from os import getresuid\nkw['description'] = str(getresuid())", ""),
    ("import StringIO\nkw['description'] = StringIO.StringIO('x').read()", "py2"),
    ("import os\nkw['description'] = os.path.basename(os.getcwd())", ""),
    ("kw['description'] = '{a.b}'", "py2"),
    (f"import sys\nif '{{0.platform}}'.format(sys) == 'win32': {ADD}", ""),
    ("import doctest\nfrom setuptools import Feature\nFeature('asks', remove=['asks.x'])", "py2"),
    (f"import sys\nif sys.version[:3] < '2.6': {ADD}", "py27"),
    (f"import sys\nif sys.version < '2.6': {ADD}", "py27"),
    (f"import sys\nif 'MSC' not in sys.version: {ADD}", ""),
    ("import sys\nkw['description'] = sys.version.split('[')[-1][:3]", ""),
    ("import os\nkw['description'] = ' '.join(n for n in os.listdir('.') if n[1:] == '.txt')", ""),
]


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Builder:
    """Builds tags of the repository ``builder.history``."""
    folder = tmp_path_factory.mktemp("compatibility")
    return Builder(History(folder / "repository"), folder / "builds", cache / "environments")


def build(builder: Builder, project: str, body: str) -> Built:
    builder.history.add_tag(project, "1.0", {**FILES, "setup.py": SETUP % body})
    settings = builder.settings(wheels="pure", has_many_builds=True)
    built = builder.build(project, "1.0", settings=settings)
    assert isinstance(built, Built), built
    return built


def python_tag(built: Built) -> str:
    if isinstance(built.wheel, BuiltWheel):
        return built.wheel.filename.split("-")[2]
    assert isinstance(built.wheel, NoWheel)
    assert not built.wheel.is_failure, built.wheel
    return ""


@pytest.mark.parametrize(("name", "body", "tag"), CASES, ids=[name for name, *_ in CASES])
def test_the_tag_says_no_more_than_holds(builder: Builder, name: str, body: str, tag: str) -> None:
    assert python_tag(build(builder, name, body)) == tag


@pytest.mark.parametrize(("body", "tag"), OF_PYTHON_2)
def test_python_2(builder: Builder, body: str, tag: str) -> None:
    if not any(python.version == (2, 7) for python in find_interpreters((), tuple(_environment().items()))):
        pytest.skip("there is no Python 2.7")
    number = [each for each, _ in OF_PYTHON_2].index(body)
    built = build(builder, f"old-{number}", f"print 'Python 2'\n{body}")
    assert built.python == "python2.7"
    assert python_tag(built) == tag


ASKING = "import os\nVARIABLE = os.environ.get('ASKS')\n"
BACKEND = """\
[build-system]
requires = ["setuptools"]
build-backend = "{0}"
backend-path = ["."]
[project]
name = "{1}"
version = "1.0"
[tool.setuptools]
packages = ["{0}"]
"""


# The name is that of a build tool, which asks as much when another tag requires it.
@pytest.mark.parametrize(
    ("name", "project", "tag"),
    [("hatchling", "hatchling", "py3"), ("hatchling", "asks", ""), ("ownbackend", "ownbackend", "")],
)
def test_a_build_tool_that_builds_itself(builder: Builder, name: str, project: str, tag: str) -> None:
    backend = f"{ASKING}from setuptools.build_meta import *\n"
    files = {"pyproject.toml": BACKEND.format(name, project), f"{name}/__init__.py": backend}
    builder.history.add_tag(f"backend-{name}-{project}", "1.0", files)
    built = builder.build(f"backend-{name}-{project}", "1.0", wheels="pure")
    assert isinstance(built, Built), built
    assert python_tag(built) == tag


@pytest.mark.parametrize(
    ("name", "project", "tag"),
    [("setuptools_scm", "setuptools-scm", "py3"), ("setuptools_scm", "asks", ""), ("ownplugin", "asks", "")],
)
def test_a_plugin_of_setuptools_that_builds_itself(
    builder: Builder, name: str, project: str, tag: str
) -> None:
    setup = (
        f"from setuptools import setup\nimport {name}\n"
        f"setup(name='{project}', version='1.0', packages=['{name}'],\n"
        f"entry_points={{'distutils.setup_keywords': ['asks = {name}:use']}})\n"
    )
    files = {"setup.py": setup, f"{name}/__init__.py": f"{ASKING}def use(*ignored): pass\n"}
    builder.history.add_tag(f"plugin-{name}-{project}", "1.0", files)
    built = builder.build(f"plugin-{name}-{project}", "1.0", wheels="pure")
    assert isinstance(built, Built), built
    assert python_tag(built) == tag


def install(python: str, archive: Path, target: Path) -> tuple[set[str], list[str]]:
    """The files that are installed, and the lines of their metadata."""
    command = [uv_program(), "pip", "install", "--quiet", "--no-deps", "--python", python]
    variables = {**_environment(), "UV_CACHE_DIR": str(target.parent / "uv-cache")}
    subprocess.run([*command, "--target", str(target), str(archive)], env=variables, check=True)
    files = {str(path.relative_to(target)) for path in target.rglob("*") if path.suffix != ".pyc"}
    with next(target.glob("*.dist-info/METADATA")).open() as file:
        fields = email.message_from_file(file)
    wanted = ("Name", "Version", "Requires-Dist", "Requires-Python")
    kept = sorted(f"{name}: {value}" for name, value in fields.items() if name in wanted)
    ignored = {name for name in files if ".dist-info/" in name and not name.endswith("METADATA")}
    return {name for name in files - ignored if "/" in name and "__pycache__" not in name}, kept


@pytest.mark.parametrize("body", [PY3["python-2"], OF_VERSION["py38"], PY3["own-file"]])
@pytest.mark.parametrize("version", [(3, 8), (3, 12)])
def test_a_wheel_installs_what_its_sdist_does(
    builder: Builder, tmp_path: Path, body: str, version: tuple[int, int]
) -> None:
    pythons = find_interpreters((), tuple(_environment().items()))
    python = next((python for python in pythons if python.version == version), None)
    if python is None:
        pytest.skip(f"there is no Python {version}")
    project = f"installed-{abs(hash((body, version)))}"
    built = build(builder, project, body)
    assert isinstance(built.wheel, BuiltWheel)
    wheel, sdist = tmp_path / built.wheel.filename, tmp_path / "asks-1.0.tar.gz"
    for source, target in ((built.wheel.archive, wheel), (built.archive, sdist)):
        assert isinstance(source, Path)
        target.write_bytes(source.read_bytes())
    assert install(python.path, wheel, tmp_path / "a") == install(python.path, sdist, tmp_path / "b")
