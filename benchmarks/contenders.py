"""What is compared: each contender turns the repository's tags into archives, in a new folder each time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename

from benchmarks import floor
from benchmarks.repository import Release, project_files
from benchmarks.table import BUILD, FLOOR, KEPT, MADE, SDISTMAKER, UV
from sdistmaker_recipe.toolchain.indexes import uv_variables

NAMES = {
    SDISTMAKER: "sdistmaker 1.4, Python 2.7",
    BUILD: "svn export, python -m build --sdist",
    UV: "svn export, uv build --sdist",
    KEPT: "sdists_from_tags, environments kept",
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


class MissingError(Exception):
    """What a contender needs is not on this machine and cannot be had."""


class FailedError(Exception):
    """A contender did not do its work."""


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


def check(folder: Path, tags: Sequence[Release]) -> None:
    """Raise ``FailedError`` unless the archives below folder are those of the tags, each with all files."""
    found = {_release(path): path for path in folder.rglob("*.tar.gz")}
    wanted = {(str(canonicalize_name(tag.name)), tag.version): tag for tag in tags}
    if found.keys() != wanted.keys():
        lost, strange = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
        text = f"{len(found)} archives of {len(wanted)}; missing {lost[:3]}, not asked for {strange[:3]}"
        raise FailedError(text)
    for release, path in found.items():
        with tarfile.open(path) as archive:
            names = {name.partition("/")[2] for name in archive.getnames()}
        if lost_files := sorted(project_files(wanted[release]).keys() - names):
            raise FailedError(f"{path.name} lacks {', '.join(lost_files)}")


def programs_environment(environment: Mapping[str, str], kept: Path) -> dict[str, str]:
    """The variables of every contender: the caller's, but for caches and temporary files of our own.

    The caches fill before anything is timed, so that no download is.
    """
    strangers = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    own = {"TMPDIR": kept / "tmp", "UV_CACHE_DIR": kept / "uv-cache", "PIP_CACHE_DIR": kept / "pip-cache"}
    for folder in own.values():
        folder.mkdir(parents=True, exist_ok=True)
    variables = {name: value for name, value in environment.items() if name not in strangers}
    return {**variables, **{name: str(folder) for name, folder in own.items()}}


def sdistmaker(course: Course) -> Contender:
    """Version 1.4 of 2010, run as its buildout script does; raises ``MissingError``."""
    _need("svn")
    python = _python2(course.environment)
    folders = [str(folder) for folder in _predecessor(course)]

    def run(folder: Path) -> float:
        defaults, script = folder / "defaults.py", folder / "sdists_from_tags"
        defaults.write_text(f"BASE = {course.url!r}\nOUTDIR = {str(folder / 'out')!r}\n", "utf-8")
        script.write_text(SCRIPT.format(folders=folders, defaults=str(defaults)), "utf-8")
        return _timed([python, str(script)], folder, course.environment)

    version = _said_by([python, "-c", _VERSIONS], course.environment)
    return Contender(SDISTMAKER, f"sdistmaker 1.4 on Python {version}", course.tags, run)


def build(course: Course) -> Contender:
    """A loop of svn export and ``python -m build --sdist``; raises ``MissingError``."""
    _need("svn")
    environment = _uv_environment(course)
    home = course.kept / "build"
    python = str(home / "bin" / "python")
    _said_by([_uv(), "venv", "--quiet", "--no-project", "--python", sys.executable, str(home)], environment)
    _said_by([_uv(), "pip", "install", "--quiet", "--python", python, "build", "pip"], environment)
    version = _said_by([python, "-m", "build", "--version"], environment).partition(" (")[0]
    command = [python, "-m", "build", "--sdist", "--outdir"]
    return _loop(BUILD, f"{version} with pip", command, course, course.environment)


def uv(course: Course) -> Contender:
    """A loop of svn export and ``uv build --sdist``; raises ``MissingError``."""
    _need("svn")
    environment = _uv_environment(course)
    command = [_uv(), "build", "--quiet", "--sdist", "--python", sys.executable, "--out-dir"]
    return _loop(UV, _said_by([_uv(), "--version"], environment), command, course, environment)


def kept(course: Course) -> Contender:
    """This package with environments that are there before; raises ``MissingError``."""
    environments = course.kept / "environments"
    first = course.tags[0].name
    warm = course.kept / "warm-kept"
    _ours(course, warm, environments, "--include", first)
    shutil.rmtree(warm)
    return Contender(KEPT, _our_version(course), course.tags, lambda run: _ours(course, run, environments))


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
    MADE: made,
    FLOOR: lowest,
}
"""What prepares each contender, in the order in which they run."""

_VERSIONS = (
    "import pkg_resources, platform, setuptools; "
    "print('%s with setuptools %s' % (platform.python_version(), setuptools.__version__))"
)


def _loop(
    key: str, tool: str, command: Sequence[str], course: Course, environment: Mapping[str, str]
) -> Contender:
    """A loop over the sample; the command is given the folder for archives and the tag's tree at its end."""

    def run(folder: Path, tags: Sequence[Release] = course.sample) -> float:
        seconds = 0.0
        for tag in tags:
            tree = str(folder / f"{tag.name}-{tag.version}")
            export = ["svn", "export", "--quiet", f"{course.url}/{tag.path}", tree]
            seconds += _timed(export, folder, environment)
            seconds += _timed([*command, str(folder / "out"), tree], folder, environment)
        return seconds

    # Once untimed: from then on the tool finds what it downloads in its cache.
    warm = course.kept / f"warm-{key}"
    warm.mkdir()
    run(warm, course.sample[:1])
    shutil.rmtree(warm)
    return Contender(key, tool, course.sample, run)


def _ours(course: Course, folder: Path, environments: Path, *more: str) -> float:
    folder.mkdir(exist_ok=True)
    command = [_program("sdists_from_tags"), "--repository", course.url]
    command += ["--destination", str(folder / "out"), "--environments", str(environments), *more]
    return _timed(command, folder, course.environment)


def _our_version(course: Course) -> str:
    return _said_by([_program("sdists_from_tags"), "--version"], course.environment)


def _timed(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """The seconds from start to end of a program; raises ``FailedError`` where its exit status is not 0."""
    with (folder / "log").open("a+b") as log:
        begin = time.perf_counter()
        status = subprocess.call(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        seconds = time.perf_counter() - begin
        if status:
            log.seek(0)
            tail = log.read()[-2000:].decode("utf-8", "replace")
            raise FailedError(f"{Path(command[0]).name} ended with {status}:\n{tail}")
    return seconds


def _said_by(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """What a program prints; raises ``MissingError`` where it does not work."""
    try:
        done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=True)
    except OSError as error:
        raise MissingError(f"{command[0]}: {error.strerror}") from error
    except subprocess.CalledProcessError as error:
        raise MissingError(f"{' '.join(command)[:120]}: {error.stderr[-500:].strip()}") from error
    return done.stdout.strip()


def _need(program: str) -> None:
    if shutil.which(program) is None:
        raise MissingError(f"no program {program}")


def _program(name: str) -> str:
    """The path of a program that is installed beside this interpreter."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        raise MissingError(f"no program {name} beside {Path(sys.executable).name}")
    return str(path)


def _uv() -> str:
    return _program("uv")


def _uv_environment(course: Course) -> dict[str, str]:
    """With the index that pip is configured for, which uv does not read by itself."""
    return uv_variables("", course.environment, Path(sys.prefix))


def _python2(environment: Mapping[str, str]) -> str:
    for candidate in _python2_candidates(environment):
        try:
            _said_by([candidate, "-c", _VERSIONS], environment)
        except MissingError:
            continue
        return candidate
    raise MissingError("no Python 2.7 with setuptools, on PATH or below PYENV_ROOT")


def _python2_candidates(environment: Mapping[str, str]) -> Iterator[str]:
    for folder in environment.get("PATH", "").split(os.pathsep):
        yield from map(str, Path(folder).glob("python2.7"))
    if root := environment.get("PYENV_ROOT"):
        yield from map(str, sorted(Path(root).glob("versions/*/bin/python2.7")))


def _predecessor(course: Course) -> list[Path]:
    """The folders that sdistmaker 1.4 and what it needs are imported from, downloaded by name."""
    target = course.kept / "predecessor"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    _said_by([*pip, "--dest", str(target), *PREDECESSOR], course.environment)
    for path in target.glob("*.tar.gz"):
        with tarfile.open(path) as archive:
            if hasattr(tarfile, "data_filter"):
                archive.extraction_filter = tarfile.data_filter
            archive.extractall(target)
    folders = sorted(path for path in target.iterdir() if path.is_dir())
    return [folder / "src" if (folder / "src").is_dir() else folder for folder in folders]


def _release(path: Path) -> tuple[str, str]:
    try:
        name, version = parse_sdist_filename(path.name)
    except InvalidSdistFilename as error:
        raise FailedError(f"{path.name} is no name of an sdist") from error
    return name, str(version)
