"""What is compared: each contender turns the repository's tags into archives, in a new folder each time."""

from __future__ import annotations

import shutil
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import floor
from benchmarks.archives import check, check_wheels
from benchmarks.programs import PYTHON_VERSIONS, MissingError, need, program, python2, said_by, timed
from benchmarks.projects import Release
from benchmarks.table import BUILD, FLOOR, KEPT, MADE, SDISTMAKER, UV, WHEELS
from sdistmaker_recipe.toolchain.pip_settings import uv_variables

NAMES = {
    SDISTMAKER: "sdistmaker 1.4, Python 2.7",
    BUILD: "svn export, python -m build --sdist",
    UV: "svn export, uv build --sdist",
    KEPT: "sdists_from_tags, environments kept",
    WHEELS: "sdists_from_tags, with wheels",
    MADE: "sdists_from_tags, environments made",
    FLOOR: "floor: export, tar, gzip",
}

PREDECESSOR = ("sdistmaker==1.4", "tha.tagfinder==1.2")

SCRIPT = """\
import sys
sys.path[:0] = {folders!r}
from sdistmaker.iterator import main
main(defaults_file={defaults!r})
"""


@dataclass(frozen=True, slots=True)
class Course:
    """What all contenders share: the repository, its tags, a folder for what is kept between rounds.

    ``sample`` are the tags that the slow loops build, ``environment`` the variables of every program.
    """

    url: str
    tags: tuple[Release, ...]
    sample: tuple[Release, ...]
    kept: Path
    environment: Mapping[str, str]
    processes: int


@dataclass(frozen=True, slots=True)
class Contender:
    """One of those compared; ``run`` works in a new folder, leaves its archives below ``out`` in it, and
    gives the seconds that took. ``tool`` says what it is in which version.
    """

    key: str
    tool: str
    tags: tuple[Release, ...]
    run: Callable[[Path], float]


def measure(contender: Contender, folder: Path) -> float:
    """The seconds of one run in the new folder, of which nothing stays.

    Raises ``FailedError`` unless all archives are there, with all their tags' files.
    """
    (folder / "out").mkdir(parents=True)
    seconds = contender.run(folder)
    check(folder / "out", contender.tags)
    shutil.rmtree(folder)
    return seconds


def sdistmaker(course: Course) -> Contender:
    """Version 1.4 of 2010, run as its buildout script does; raises ``MissingError``."""
    need("svn")
    python = python2(course.environment)
    folders = [str(folder) for folder in predecessor(course.kept / "predecessor", course.environment)]

    def run(folder: Path) -> float:
        defaults, script = folder / "defaults.py", folder / "sdists_from_tags"
        defaults.write_text(f"BASE = {course.url!r}\nOUTDIR = {str(folder / 'out')!r}\n", "utf-8")
        script.write_text(SCRIPT.format(folders=folders, defaults=str(defaults)), "utf-8")
        return timed([python, str(script)], folder, course.environment)

    version = said_by([python, "-c", PYTHON_VERSIONS], course.environment)
    return Contender(SDISTMAKER, f"sdistmaker 1.4 on Python {version}", course.tags, run)


def build(course: Course) -> Contender:
    """A loop of svn export and ``python -m build --sdist``; raises ``MissingError``."""
    need("svn")
    environment = uv_environment(course)
    home = course.kept / "build"
    python = str(home / "bin" / "python")
    said_by([_uv(), "venv", "--quiet", "--no-project", "--python", sys.executable, str(home)], environment)
    said_by([_uv(), "pip", "install", "--quiet", "--python", python, "build", "pip"], environment)
    version = said_by([python, "-m", "build", "--version"], environment).partition(" (")[0]
    command = [python, "-m", "build", "--sdist", "--outdir"]
    return _loop(BUILD, f"{version} with pip", command, course, course.environment)


def uv(course: Course) -> Contender:
    """A loop of svn export and ``uv build --sdist``; raises ``MissingError``."""
    need("svn")
    environment = uv_environment(course)
    command = [_uv(), "build", "--quiet", "--sdist", "--python", sys.executable, "--out-dir"]
    return _loop(UV, said_by([_uv(), "--version"], environment), command, course, environment)


def kept(course: Course) -> Contender:
    """This package with environments that are there before; raises ``MissingError``."""
    environments = course.kept / "environments"
    first = course.tags[0].name
    warm = course.kept / "warm-kept"
    _ours(course, warm, environments, "--include", first)
    shutil.rmtree(warm)
    return Contender(KEPT, _our_version(course), course.tags, lambda run: _ours(course, run, environments))


def with_wheels(course: Course) -> Contender:
    """The same as ``kept``, with a wheel of each tag beside its sdist; raises ``MissingError``."""
    environments = course.kept / "environments-of-wheels"
    warm = course.kept / "warm-wheels"
    _ours(course, warm, environments, "--include", course.tags[0].name, wheels="pure")
    shutil.rmtree(warm)

    def run(folder: Path) -> float:
        seconds = _ours(course, folder, environments, wheels="pure")
        check_wheels(folder / "out", course.tags)
        return seconds

    return Contender(WHEELS, _our_version(course), course.tags, run)


def made(course: Course) -> Contender:
    """This package with environments made within the run; raises ``MissingError``."""
    return Contender(
        MADE, _our_version(course), course.tags, lambda run: _ours(course, run, run / "environments")
    )


def lowest(course: Course) -> Contender:
    """Export, tar and gzip alone; raises ``MissingError``."""
    try:
        import subvertpy
    except ImportError as error:
        raise MissingError(f"no subvertpy ({error})") from error
    version = ".".join(map(str, subvertpy.__version__))
    return Contender(
        FLOOR,
        f"subvertpy {version}, {course.processes} processes",
        course.tags,
        lambda run: floor.run(course.url, course.tags, run / "out", course.processes),
    )


CONTENDERS: Mapping[str, Callable[[Course], Contender]] = {
    SDISTMAKER: sdistmaker,
    BUILD: build,
    UV: uv,
    KEPT: kept,
    WHEELS: with_wheels,
    MADE: made,
    FLOOR: lowest,
}
"""What prepares each contender, in the order in which they run."""


def _loop(
    key: str, tool: str, command: Sequence[str], course: Course, environment: Mapping[str, str]
) -> Contender:
    """A loop over the sample; the command is given the folder for archives and the tag's tree at its end."""

    def run(folder: Path, tags: Sequence[Release] = course.sample) -> float:
        seconds = 0.0
        for tag in tags:
            tree = str(folder / f"{tag.name}-{tag.version}")
            export = ["svn", "export", "--quiet", f"{course.url}/{tag.path}", tree]
            seconds += timed(export, folder, environment)
            seconds += timed([*command, str(folder / "out"), tree], folder, environment)
        return seconds

    # Once untimed: from then on the tool finds what it downloads in its cache.
    warm = course.kept / f"warm-{key}"
    warm.mkdir()
    run(warm, course.sample[:1])
    shutil.rmtree(warm)
    return Contender(key, tool, course.sample, run)


def _ours(course: Course, folder: Path, environments: Path, *more: str, wheels: str = "none") -> float:
    folder.mkdir(exist_ok=True)
    command = [program("sdists_from_tags"), "--repository", course.url]
    command += ["--destination", str(folder / "out"), "--environments", str(environments), *more]
    command += ["--wheels", wheels]
    return timed(command, folder, course.environment)


def _our_version(course: Course) -> str:
    return said_by([program("sdists_from_tags"), "--version"], course.environment)


def _uv() -> str:
    return program("uv")


def uv_environment(course: Course) -> dict[str, str]:
    """With the index that pip is configured for, which uv does not read by itself."""
    return uv_variables("", course.environment, Path(sys.prefix))


def predecessor(target: Path, environment: Mapping[str, str]) -> list[Path]:
    """The folders that sdistmaker 1.4 and what it needs are imported from, downloaded by name to target."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    said_by([*pip, "--dest", str(target), *PREDECESSOR], environment)
    for path in target.glob("*.tar.gz"):
        with tarfile.open(path) as archive:
            if hasattr(tarfile, "data_filter"):
                archive.extraction_filter = tarfile.data_filter
            archive.extractall(target)
    folders = sorted(path for path in target.iterdir() if path.is_dir())
    return [folder / "src" if (folder / "src").is_dir() else folder for folder in folders]
