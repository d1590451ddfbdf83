"""The Pythons for which a wheel installs what its source distribution would. Pure.

The Python tag of a wheel says "this Python and every newer one", and ``none-any`` says "every platform"
("Platform compatibility tags" of the packaging specifications). So a wheel gets a tag only for what was
shown, and there is no wheel where nothing could be shown.

If the code of a tag has no suspicious name, it asks for nothing. Otherwise the wheel is built again, and the
worker gives the tag answers of other Pythons and platforms. One build speaks for all worlds in which the tag
would have done the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from sdistmaker_recipe.toolchain.wheels.metadata_comparison import is_same_metadata, requires_python
from sdistmaker_recipe.toolchain.wheels.questions import (
    ORDER_OF_SETS,
    PROGRAMS,
    VERSION_CONTROL,
    PythonVersion,
    Questions,
    World,
    pretend,
)

HERE = World(None, "here")
MINOR_VERSIONS = (*range(18), 99)
"""The minor versions of Python 3 that are pretended; the last one stands for all that are yet to come."""
MICRO_VERSIONS = (0, 99)
PLATFORMS = (
    "win32",
    "darwin",
    "tools",
    "linux-32",
    "win32-32",
    "linux",
    "pypy",
    "cygwin",
    "freebsd",
    "openbsd",
    "netbsd",
    "solaris",
    "aix",
    "hp-ux",
    "haiku",
    "android",
    "ios",
    "emscripten",
)
MAX_EXPERIMENTS = 12
HASH_SEEDS = (1, 2, 3)
"""Two or three names come in the same order with some of them."""


_ON_PROGRAMS = "It depends on what git, or another program of version control, says of it."


class WheelBuild(NamedTuple):
    """What one build of a wheel gave.

    ``files`` are the paths in the wheel with their SHA-256, without RECORD and WHEEL; ``metadata`` is the
    file METADATA. A build that failed has its reason in ``error``, and no files.
    """

    files: Mapping[str, str]
    metadata: bytes
    questions: Questions
    error: str = ""


class Compatibility(NamedTuple):
    """The Python tag of a wheel, such as ``py3`` or ``py2.py3``; "" with a ``reason`` if there is none."""

    python_tag: str
    reason: str = ""


Rebuild: TypeAlias = Callable[[Mapping[str, Any]], WheelBuild]
"""Build the wheel again, from a fresh copy of the files in a folder of another name.

The argument is the value of ``HookCall.observe``. A build that fails returns its ``error``.
"""


def find_compatibility(
    first: WheelBuild,
    rebuild: Rebuild,
    *,
    python: tuple[int, int],
    rebuild_on_python_2: Callable[[], WheelBuild] | None = None,
    converts_sources: bool = False,
) -> Compatibility:
    """The tag of a wheel by its ``first`` build, which ran on this ``python`` and was observed.

    ``rebuild_on_python_2`` is given if the project declares Python 2 and 3, and Python 2.7 is there.
    ``converts_sources`` says that the build ran 2to3.
    """
    if first.questions.unanswerable:
        return _no_wheel(first.questions)
    tree = first.questions.tree.rstrip("/").encode()
    if tree and tree in first.metadata:
        return Compatibility("", "Its metadata has the name of the folder that it is built in.")
    if python < (3, 0):
        return _tag_of_python_2(first, rebuild)
    questions = first.questions
    if not questions.suspicions and not questions.doubts and not questions.missing:
        found = Compatibility("py3")
    else:
        found = _Experiments(first, rebuild).find()
    if found.python_tag == "py3" and rebuild_on_python_2 and not converts_sources:
        on_python_2 = rebuild_on_python_2()
        if not on_python_2.error and not on_python_2.questions.unanswerable and _is_same(first, on_python_2):
            return Compatibility(f"{_python_2(on_python_2.questions)}.py3")
    return found


def _tag_of_python_2(first: WheelBuild, rebuild: Rebuild) -> Compatibility:
    if first.questions.asked:
        again = rebuild(pretend([HERE], 0, is_lazy=False))
        if again.error or not _is_same(first, again):
            return Compatibility("", "A second build of it in another folder gives something else.")
    return Compatibility(_python_2(first.questions))


def _python_2(questions: Questions) -> str:
    """The tag for Python 2: only for 2.7, which is the last one, if the version was asked."""
    return "py27" if questions.suspicions else "py2"


def _no_wheel(questions: Questions) -> Compatibility:
    """No wheel, with the first of the questions that nobody can answer."""
    return Compatibility(
        "", f"Elsewhere the sdist may install something else: {min(questions.unanswerable)}."
    )


def _is_same(one: WheelBuild, other: WheelBuild) -> bool:
    """Whether two builds install the same."""
    without_metadata = [
        {path: digest for path, digest in build.files.items() if not _is_written_by_tools(path)}
        for build in (one, other)
    ]
    return without_metadata[0] == without_metadata[1] and is_same_metadata(one.metadata, other.metadata)


def _is_written_by_tools(path: str) -> bool:
    """Whether a file is compared by its meaning, or has none: each version of a tool writes it in its way."""
    folder, _, name = path.rpartition("/")
    return folder.endswith(".dist-info") and name in ("METADATA", "top_level.txt")


def _worlds(specifiers: SpecifierSet) -> list[World]:
    """All worlds that a wheel is for, the one that builds first, and newest Pythons first."""
    pythons = [(3, minor, micro) for minor in reversed(MINOR_VERSIONS) for micro in reversed(MICRO_VERSIONS)]
    allowed = [python for python in pythons if specifiers.contains(".".join(map(str, python)))]
    return [World(python, platform) for python in (None, *allowed) for platform in ("here", *PLATFORMS)]


def _allowed_pythons(metadata: bytes) -> SpecifierSet:
    """Requires-Python of the metadata; everything if it is none."""
    try:
        return SpecifierSet(requires_python(metadata))
    except InvalidSpecifier:
        return SpecifierSet()


class _Experiments:
    """Builds in other worlds until it is known of each whether it gives the same wheel."""

    def __init__(self, first: WheelBuild, rebuild: Rebuild) -> None:
        self._first = first
        self._rebuild = rebuild
        self._worlds = _worlds(_allowed_pythons(first.metadata))
        self._is_lazy = True
        self._called_only = bool(first.questions.doubts)
        self._asked: set[str] = set()
        self._tried_programs = False
        self._runs = 0

    def find(self) -> Compatibility:
        base = self._run(0)
        if self._is_lazy and (base.error or base.questions.is_doubtful):
            self._is_lazy = False
            base = self._run(0)
        if base.error:
            return Compatibility("", f"It does not build while its questions are observed: {base.error}")
        if base.questions.unanswerable:
            return _no_wheel(base.questions)
        if not _is_same(self._first, base):
            return Compatibility("", "A second build of it in another folder gives something else.")
        if base.questions.missing and (problem := self._try_missing_modules(base.questions)):
            return Compatibility("", problem)
        if ORDER_OF_SETS in self._first.questions.suspicions and self._depends_on_order_of_sets():
            return Compatibility(
                "", "It depends on the order of a set, which is another one in each process."
            )
        self._tried_programs = VERSION_CONTROL in base.questions.suspicions
        if self._tried_programs and self._depends_on_programs():
            return Compatibility("", _ON_PROGRAMS)
        same = set(range(len(self._worlds))) - base.questions.differing
        return self._explore(same, [index for index in sorted(base.questions.differing) if index])

    def _explore(self, same: set[int], pending: list[int]) -> Compatibility:
        """Try the pending worlds, one for all that are alike; ``same`` are those that give the same."""
        while pending:
            if self._runs >= MAX_EXPERIMENTS:
                return Compatibility("", f"It asks for too much to try it all: {self._questions_asked()}.")
            index = pending[0]
            build = self._run_in_world(index)
            if build.questions.unanswerable:
                return _no_wheel(build.questions)
            if VERSION_CONTROL in build.questions.suspicions and not self._tried_programs:
                return Compatibility("", _ON_PROGRAMS)
            alike = {other for other in pending if other not in build.questions.differing} | {index}
            if not build.error and not build.questions.is_doubtful and _is_same(self._first, build):
                same |= alike
            elif self._is_hopeless(alike):
                break
            pending = [other for other in pending if other not in alike]
        return self._conclusion(same)

    def _run_in_world(self, index: int) -> WheelBuild:
        build = self._run(index)
        if self._is_lazy and not build.error and build.questions.is_doubtful:
            self._is_lazy = False
            build = self._run(index)
        if build.error and any(label.startswith("import ") for label in self._asked):
            # A module that newer Pythons lack is what a wheel saves them from.
            again = self._run(index, keeps_removed=True)
            return again if not again.error else build
        return build

    def _run(
        self,
        index: int,
        *,
        dummies: Sequence[str] = (),
        keeps_removed: bool = False,
        hash_seed: int = 0,
        programs: str = "",
    ) -> WheelBuild:
        self._runs += 1
        build = self._rebuild(
            pretend(
                self._worlds,
                index,
                is_lazy=self._is_lazy,
                dummies=dummies,
                keeps_removed=keeps_removed,
                hash_seed=hash_seed,
                called_only=self._called_only,
                programs=programs,
            )
        )
        if build.questions.doubts and not self._called_only:
            self._called_only = True
            return self._run(
                index,
                dummies=dummies,
                keeps_removed=keeps_removed,
                hash_seed=hash_seed,
                programs=programs,
            )
        self._asked |= build.questions.asked
        return build

    def _depends_on_order_of_sets(self) -> bool:
        builds = (self._run(0, hash_seed=seed) for seed in HASH_SEEDS)
        return not all(_is_same(self._first, build) for build in builds)

    def _depends_on_programs(self) -> bool:
        """Whether another git, or none, may give something else."""
        builds = (self._run(0, programs=programs) for programs in PROGRAMS)
        return any(
            build.error or build.questions.unanswerable or not _is_same(self._first, build)
            for build in builds
        )

    def _try_missing_modules(self, questions: Questions) -> str:
        """Why modules that are not there matter, "" if they do not."""
        build = self._run(0, dummies=sorted(questions.missing))
        is_known = build.questions.differing <= questions.differing and not build.questions.unanswerable
        if not build.error and is_known and _is_same(self._first, build):
            return ""
        return f"It depends on whether the module {min(questions.missing)} is installed."

    def _is_hopeless(self, different: set[int]) -> bool:
        """Whether a newest Python gets something else, so that no tag can tell the right ones."""
        newest = max(world.python or (0, 0, 0) for world in self._worlds)
        return any(self._worlds[index].python == newest for index in different)

    def _conclusion(self, same: set[int]) -> Compatibility:
        different = [world for index, world in enumerate(self._worlds) if index not in same]
        if not different:
            return Compatibility("py3")
        wrong = [world.python for world in different if world.python]
        if len(wrong) == len(different):
            oldest = max(wrong)[1] + 1
            if any(oldest <= python[1] < MINOR_VERSIONS[-1] for python in _pythons(self._worlds)):
                return Compatibility(f"py3{oldest}")
        return Compatibility("", f"It depends on the Python or the platform: {self._questions_asked()}.")

    def _questions_asked(self) -> str:
        return f"it asks for {', '.join(sorted(self._asked)[:3])}" if self._asked else "it asks for much"


def _pythons(worlds: Sequence[World]) -> Iterator[PythonVersion]:
    return (world.python for world in worlds if world.python)
