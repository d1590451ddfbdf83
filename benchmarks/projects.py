"""The projects that all contenders build: small ones of setuptools, as companies keep them. Pure.

Every file is made from the names of project and version alone, so that each run builds the same. The code is
good for Python 2.7 and 3, and MANIFEST.in names what setuptools would not find by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

_NOUNS = """
account address article balance booking budget calendar catalogue chart contract currency customer delivery
discount document expense forecast holiday inventory invoice journal ledger letter machine member message
order parcel payment payroll planning price product quality receipt report schedule shipment stock supplier
survey tariff timetable transfer vehicle voucher warehouse workflow
"""
_VERBS = "check collect combine convert count filter find format group load merge order select split"
_WORDS = """
a after all and are before by can each every for found from given in is it its kept line made more new none
not of old once one only order other over same so that the then there they this to until used value values
were what when where which with without
"""
NOUNS, VERBS, WORDS = _NOUNS.split(), _VERBS.split(), _WORDS.split()

SETUP = """\
import os

from setuptools import find_packages, setup

version = '{version}'
here = os.path.dirname(os.path.abspath(__file__))


def read(name):
    stream = open(os.path.join(here, name))
    try:
        return stream.read()
    finally:
        stream.close()


setup(
    name='{name}',
    version=version,
    description="Keeps every {noun} of the company",
    long_description=read('README.rst') + '\\n\\n' + read('CHANGES.rst'),
    author='Acme',
    author_email='packages@example.com',
    url='https://www.example.com/{name}',
    license='BSD',
    classifiers=[
        'Intended Audience :: Developers',
        'Programming Language :: Python',
        'Topic :: Office/Business',
    ],
    packages=find_packages(),
    include_package_data=True,
    zip_safe=False,
    install_requires=['setuptools'],
    entry_points={{'console_scripts': ['{name} = {package}.report:main']}},
)
"""
MANIFEST = "include README.rst CHANGES.rst\nrecursive-include docs *.rst\n"
FUNCTION = '''

def {verb}_{noun}_{number}(values, limit={limit}):
    """{sentence}

    {other}
    """
    found = []
    for position, value in enumerate(values):
        if value * {factor} > limit:
            found.append((value * {factor} + position) % {modulus})
        elif position % {step}:
            found.append(value - {offset})
    return sorted(found)
'''
MAIN = '''

def main():
    """Print a report of some values."""
    print({first}(range(100)))
'''
TEST = """

def test_{function}():
    assert {function}([]) == []
    assert len({function}(range(10))) <= 10
"""


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """A tag: the distribution's name, the version, and where it is below the repository's URL."""

    name: str
    version: str

    @property
    def path(self) -> str:
        """The tag's folder."""
        return f"{self.name}/tags/{self.version}"

    @property
    def number(self) -> int:
        """Which of the project's releases it is, from 0."""
        return int(self.version.partition(".")[2])


def releases(projects: int, tags: int) -> tuple[Release, ...]:
    """So many tags of each of so many projects, by project and version."""
    names = (f"acme-{NOUNS[number % len(NOUNS)]}{number // len(NOUNS) or ''}" for number in range(projects))
    return tuple(Release(name, f"1.{minor}") for name in names for minor in range(tags))


def project_files(release: Release) -> dict[str, str]:
    """The files of a release by their path; each release has a function more than the one before."""
    name, package, noun = release.name, release.name.replace("-", "_"), release.name.partition("-")[2]
    count = 8 + release.number
    modules = {part: _functions(f"{name}/{part}", noun, count) for part in ("core", "reader", "report")}
    functions = {part: _names(text) for part, text in modules.items()}
    return {
        "setup.py": SETUP.format(name=name, version=release.version, noun=noun, package=package),
        "MANIFEST.in": MANIFEST,
        "README.rst": _readme(name),
        "CHANGES.rst": _changes(name, release.number),
        "docs/index.rst": _document(f"{name} docs", f"Using {name}", paragraphs=10),
        f"{package}/__init__.py": f'"""Keeps every {noun} of the company."""\n',
        f"{package}/core.py": f'"""What is known of a {noun}."""\n{modules["core"]}',
        f"{package}/reader.py": f'"""Reads what a {noun} says."""\n{modules["reader"]}',
        f"{package}/report.py": f'"""Reports on a {noun}."""\n{modules["report"]}'
        + MAIN.format(first=functions["report"][0]),
        f"{package}/tests/__init__.py": "",
        f"{package}/tests/test_core.py": _tests(f"{package}.core", functions["core"]),
        f"{package}/tests/test_reader.py": _tests(f"{package}.reader", functions["reader"]),
    }


def description(release: Release) -> str:
    """The long description that setup.py gives: the README and what changed up to this release."""
    return f"{_readme(release.name)}\n\n{_changes(release.name, release.number)}"


def _readme(name: str) -> str:
    return _document(f"{name} README", name, paragraphs=6)


def _functions(seed: str, noun: str, count: int) -> str:
    random = Random(seed)
    return "".join(
        FUNCTION.format(
            verb=random.choice(VERBS),
            noun=noun,
            number=number,
            limit=random.randrange(1000),
            sentence=_sentence(random),
            other=_sentence(random),
            factor=random.randrange(2, 90),
            modulus=random.randrange(100, 9999),
            step=random.randrange(2, 9),
            offset=random.randrange(99),
        )
        for number in range(count)
    )


def _names(functions: str) -> list[str]:
    lines = functions.splitlines()
    return [line.removeprefix("def ").partition("(")[0] for line in lines if line.startswith("def ")]


def _tests(module: str, functions: Sequence[str]) -> str:
    imports = "".join(f"from {module} import {function}\n" for function in functions)
    return imports + "".join(TEST.format(function=function) for function in functions)


def _document(seed: str, title: str, paragraphs: int) -> str:
    random = Random(seed)
    texts = ["\n".join(_sentence(random) for _ in range(4)) for _ in range(paragraphs)]
    return "\n\n".join([f"{title}\n{'=' * len(title)}", *texts]) + "\n"


def _changes(name: str, newest: int) -> str:
    random = Random(f"{name} changes")
    entries = [
        f"1.{each}\n---\n\n- {_sentence(random)}\n- {_sentence(random)}\n" for each in range(newest + 1)
    ]
    return "Changes\n=======\n\n" + "\n\n".join(reversed(entries))


def _sentence(random: Random) -> str:
    words = [random.choice(WORDS + NOUNS) for _ in range(random.randrange(7, 12))]
    return " ".join(words).capitalize() + "."
