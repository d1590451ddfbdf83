"""Packaging of sdistmaker_recipe; tool settings are in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
# Stated where programs can read it without looking at metadata, which takes a tenth of a second to import.
SOURCE = (HERE / "sdistmaker_recipe/__init__.py").read_text("utf-8")

setup(
    name="sdistmaker_recipe",
    version=re.search(r'^__version__ = "(.*)"$', SOURCE, re.MULTILINE)[1],
    description="Turn the release tags of a Subversion repository into a private package index",
    long_description=(HERE / "README.rst").read_text("utf-8"),
    long_description_content_type="text/x-rst",
    license="BSD-3-Clause",
    keywords="buildout recipe subversion sdist package index apache",
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
            "toolchain/shims/*.dist-info/*",
        ]
    },
    install_requires=[
        "zc.buildout>=6",
        "zc.recipe.egg>=6",
        "subprocess-tee>=0.4.2",
        "subvertpy>=0.11.1,<0.12; sys_platform == 'linux' and platform_machine == 'x86_64'",
        "uv>=0.11",
        "packaging>=24.2",
        "jinja2>=3.1",
        "readme-renderer[md]>=44",
        "rich>=13",
        "filelock>=3.16",
        "platformdirs>=4",
        "tomli>=2; python_version < '3.11'",
    ],
    extras_require={
        # Markdown is rendered without it, too. Configurations of earlier versions name it.
        "markdown": ["readme-renderer[md]>=44"],
        "dask": ["distributed>=2024.12"],
        "test": [
            "codespell>=2.4",
            "coverage>=7.6",
            "distributed>=2024.12",
            "furo>=2024.8",
            "html5lib>=1.1",
            "hypothesis>=6",
            "import-linter>=2.1",
            "mypy>=1.15",
            "pytest>=8.3",
            "mousebender>=2024.1",
            "pypi-simple>=1.6",
            "requests>=2.31",
            "pytest-cov>=6",
            "pytest-xdist>=3.7",
            "ruff>=0.11",
            "sphinx>=8.1",
        ],
        "browser": ["axe-playwright-python>=0.1.5", "playwright>=1.50"],
        "release": ["towncrier>=24"],
    },
    entry_points={
        "zc.buildout": ["default = sdistmaker_recipe.scripts:Recipe"],
        "console_scripts": [
            "sdists_from_tags = sdistmaker_recipe.scripts:sdists_from_tags",
            "make_sdist = sdistmaker_recipe.scripts:make_sdist",
        ],
    },
    zip_safe=False,
)
