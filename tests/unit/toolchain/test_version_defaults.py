"""Which versions code has only for the case that something else is missing."""

from __future__ import annotations

import pytest

from sdistmaker_recipe.toolchain.version_defaults import OTHER, VARIABLE, default_of


@pytest.mark.parametrize(
    "code",
    [
        "__version__ = os.environ.get('P_VERSION', '0.1')\n",
        "version = environ['V'] if 'V' in environ else '0.1'\n",
        "version = os.getenv('V') or '0.1'\n",
        "v = '0.1'\nif 'CI_COMMIT_TAG' in os.environ:\n    v = os.environ['CI_COMMIT_TAG']\n",
        "v = '0.1'\nif 'CI' in os.environ:\n    v = read()\nsetup(version=v)\n",
        "v = '0.1'\ntry:\n    v = os.environ['V']\nexcept KeyError:\n    pass\n",
        "if 'V' not in os.environ:\n    v = '0.1'\nelse:\n    v = os.environ['V']\n",
        "if os.environ.get('V'):\n    v = os.environ['V']\nelif x:\n    v = y\nelse:\n    v = '0.1'\n",
        "setup(version='1.2.%s' % os.environ.get('BUILD_NUMBER', 0))\n",
        "__version__ = os.environ['A'] + os.environ.get('B')\n",
    ],
)
def test_a_variable_that_is_not_set(code):
    assert default_of("0.1", [("p/__init__.py", code)]) == VARIABLE
    assert default_of("0.1", [("p/__init__.py", code), ("setup.cfg", "[metadata]\nversion = 0.1\n")]) == ""


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    v = version('p')\nexcept PackageNotFoundError:\n    v = '0.1'\n",
        "try:\n    v = version('p')\nexcept PackageNotFoundError: v = '0.1'\n",
        "try:\n    v = version('p')\nexcept Exception:\n    if x:\n\n        v = '0.1.0'\n",
        (
            "try:\n    from p._version import version as __version__\n"
            "except ImportError:\n    __version__ = '0.1'\n"
        ),
        (
            "__version__ = '0.1'\ntry:\n    from p._version import version as __version__\n"
            "except ImportError: pass\n"
        ),
        "v = open('V').read().strip() if os.path.exists('V') else '0.1'\n",
        "v = '0.1'\nif path.is_file():\n    v = path.read_text()\n",
        "if isfile('V'):\n    v = open('V').read()\nelse:\n    v = '0.1'\n",
        "if not isfile('V'):\n    v = '0.1'\n",
        "v = read_version() or '0.1'\n",
        "v = data.get('version',\n    '0.1')\n",
        "v = getattr(module, '__version__', '0.1')\n",
        "DEFAULT_VERSION = '0.1'\n",
        "v = find(fallback='0.1')\n",
    ],
)
def test_a_file_a_module_or_a_program_that_is_missing(code):
    assert default_of("0.1", [("setup.py", code)]) == OTHER
    assert default_of("0.1", [("setup.py", f"{code}version = '0.1'\n")]) == ""
    assert default_of("0.2", [("setup.py", code)]) == ""


def test_a_setting():
    assert default_of("0.1", [("pyproject.toml", "[tool.x]\nfallback_version = '0.1'\n")]) == OTHER
    assert default_of("0.1", [("pyproject.toml", "[project]\nversion = '0.1'\n")]) == ""


@pytest.mark.parametrize(
    "code",
    [
        "setup(version='0.1')\n",
        "if sys.version_info < (3,):\n    v = '0.1-py2'\nelse:\n    v = '0.1'\n",
        "v = '0.1' if PY3 else '0.1'\n",
        "try:\n    import x\nexcept ImportError:\n    pass\nv = '0.1'\n",
        (
            "try:\n    from a import setup\n    setup(version='0.1')\n"
            "except ImportError:\n    setup(version='0.1')\n"
        ),
        (
            "version = '0.1'\ndef read():\n    try:\n        version = open('x').read()\n"
            "    except IOError: pass\n"
        ),
        "version = '0.1'\nif 'DEV' in os.environ:\n    version = version + '.dev0'\n",
        "version = '0.1'\nif os.path.exists('x'):\n    version += '.dev0'\n",
        "version = '0.1'\ntry:\n    import x\nexcept ImportError:\n    pass\n",
        "version = '0.1'\nif 'X' in os.environ:\n    other = '0.2'\n",
        "if os.path.exists('x'):\n    pass\nversion = '0.1'\n",
        "# version = os.environ['V']\nversion = '0.1'\n# version = os.environ['V']\n",
        "python_version = os.environ['V']\nos.environ['VERSION'] = version = '0.3'\n",
        "version == os.environ['V']\n",
    ],
)
def test_a_version_that_is_meant_is_no_default(code):
    assert default_of("0.1", [("setup.py", code)]) == ""


@pytest.mark.parametrize(
    ("path", "text", "is_statement"),
    [
        ("VERSION", "0.1\n", True),
        ("version.txt", " 0.1.0", True),
        ("PKG-INFO", "Name: p\nVersion: 0.1\n", True),
        ("p/__init__.py", "__version__ = '0.1'\n", True),
        ("tests/test_p.py", "version = '0.1'\n", False),
        ("src/docs/conf.py", "release = '0.1'\n", False),
        ("README.txt", "In '0.1' we had no files.\n", False),
        ("setup.cfg", "x = 0.1\n", False),
    ],
)
def test_files_that_state_a_version(path, text, is_statement):
    files = [("setup.py", "v = find() or '0.1'\n"), (path, text)]
    assert default_of("0.1", files) == ("" if is_statement else OTHER)
