"""Packaging of sdistmaker_recipe; tool settings are in pyproject.toml."""

import os
import re
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.bdist_wheel import bdist_wheel

HERE = Path(__file__).parent
# Stated where programs can read it without looking at metadata, which takes a tenth of a second to import.
SOURCE = (HERE / "sdistmaker_recipe/__init__.py").read_text("utf-8")
VERSION = re.search(r'^__version__ = "(.*)"$', SOURCE, re.MULTILINE)[1]
# The URL below which a browser finds the files of this version. Empty as long as the project has no public
# place: docs/how-to/make-a-release.rst says what to write here.
FILES_URL = ""

# The time of all files in a wheel: the earliest that a ZIP archive can hold in every time zone.
os.environ.setdefault("SOURCE_DATE_EPOCH", "315619200")


class ReproducibleWheel(bdist_wheel):
    """Writes the same bytes wherever and whenever the same files are built."""

    def write_wheelfile(self, *arguments: str, **options: str) -> None:
        """Write the file WHEEL, as the last before the archive, and give all files the same mode."""
        super().write_wheelfile(*arguments, **options)
        # Otherwise they depend on the umask of a checkout and of the build.
        for file in Path(self.bdist_dir).rglob("*"):
            if file.is_file():
                file.chmod(0o644)


def index_text(readme: str, files_url: str) -> str:
    """The README as an index shows it, where a relative link leads nowhere.

    With files_url such links are absolute. Without it a link becomes its text, with the path of the file in
    parentheses, and a picture is left out.
    """

    def link(match: re.Match[str]) -> str:
        text, path = match.groups()
        if files_url:
            return f"`{text} <{files_url}/{path}>`{match[0].rpartition('`')[2]}"
        return text if text.split() == [path] else f"{text} ({path})"

    def picture(match: re.Match[str]) -> str:
        return f"{match[1]}{files_url}/{match[2]}{match[3]}" if files_url else ""

    # A URL has a colon. The name of a target ends with an underscore; both have no file.
    readme = re.sub(r"`([^`<>]+?)\s+<([^`<>:]*[^`<>:_])>`_{1,2}", link, readme)
    return re.sub(r"^(\.\. (?:image|figure):: )([^\s:]+)((?:\n .*)*\n)", picture, readme, flags=re.MULTILINE)


setup(
    name="sdistmaker_recipe",
    version=VERSION,
    description="Turn release tags of Subversion, git and Mercurial into a private package index",
    long_description=index_text((HERE / "README.rst").read_text("utf-8"), FILES_URL),
    long_description_content_type="text/x-rst",
    author="sdistmaker_recipe contributors",
    license_expression="BSD-3-Clause",
    license_files=["LICENSE"],
    project_urls={
        "Documentation": f"{FILES_URL}/docs/index.rst",
        "Changelog": f"{FILES_URL}/CHANGES.rst",
        "Source": FILES_URL,
    }
    if FILES_URL
    else {},
    keywords="buildout recipe subversion git mercurial sdist wheel private package index apache nginx",
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Framework :: Buildout :: Recipe",
        "Intended Audience :: Developers",
        "Intended Audience :: System Administrators",
        "Operating System :: POSIX",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Programming Language :: Python :: 3.14",
        "Topic :: Software Development :: Version Control",
        "Topic :: System :: Software Distribution",
        "Typing :: Typed",
    ],
    python_requires=">=3.10",
    packages=find_packages(include=["sdistmaker_recipe", "sdistmaker_recipe.*"]),
    # A flat layout needs this for buildout's develop-eggs to find the package.
    package_dir={"": "."},
    package_data={
        "sdistmaker_recipe": [
            "py.typed",
            "example/*.gz",
            "index/static/*",
            "index/templates/*",
            "toolchain/shims/*.py",
            "toolchain/shims/sdistmaker_observation/*.py",
            "toolchain/shims/*.dist-info/*",
        ]
    },
    install_requires=[
        "zc.buildout>=6",
        "zc.recipe.egg>=6",
        "subprocess-tee>=0.4.2",
        "subvertpy>=0.11.1,<0.12; sys_platform == 'linux' and platform_machine == 'x86_64'",
        "uv>=0.11",
        "packaging>=26.3",
        "jinja2>=3.1",
        "readme-renderer[md]>=46",
        "rich>=13",
        "filelock>=3.16",
        "platformdirs>=4",
        "tomli>=2; python_version < '3.11'",
    ],
    extras_require={
        # Markdown is rendered without it, too. Configurations of earlier versions name it.
        "markdown": ["readme-renderer[md]>=46"],
        "dask": ["distributed>=2024.12"],
        "test": [
            "argparse-manpage>=4.8",
            "build>=1.2",
            "check-wheel-contents>=0.6.1",
            "codespell>=2.4",
            "coverage>=7.6",
            "distributed>=2024.12",
            "furo>=2024.8",
            "html5lib>=1.1",
            "hypothesis>=6.100",
            "import-linter>=2.1",
            "mypy>=1.15",
            "pytest>=8.3",
            "mousebender>=2024.1",
            "pypi-simple>=1.8",
            "pyroma>=5",
            "requests>=2.31",
            "pytest-cov>=6",
            "pytest-xdist>=3.7",
            "ruff>=0.11",
            "shtab>=1.13",
            "sphinx>=8.1",
            "twine>=6.1",
        ],
        "browser": ["axe-playwright-python>=0.1.5", "playwright>=1.50"],
        "release": ["cyclonedx-bom>=7", "towncrier>=24"],
    },
    # Where man and shells look for them: below the environment's folder. tests/support/make_share.py writes
    # them from the declarations of the options.
    data_files=[
        (str(folder.relative_to(HERE)), [str(file.relative_to(HERE)) for file in sorted(folder.iterdir())])
        for folder in sorted((HERE / "share").glob("*/*"))
    ],
    cmdclass={"bdist_wheel": ReproducibleWheel},
    entry_points={
        "zc.buildout": ["default = sdistmaker_recipe.scripts:Recipe"],
        "console_scripts": [
            "sdists_from_tags = sdistmaker_recipe.scripts:sdists_from_tags",
            "make_sdist = sdistmaker_recipe.scripts:make_sdist",
        ],
    },
    zip_safe=False,
)
