"""How many processes run the tests, which tests come first, and what is printed at the end."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

LONGEST = (
    "integration/test_clients.py",
    "integration/toolchain/test_ladder.py",
    "integration/toolchain/test_version_control_backends.py",
    "integration/test_pages.py",
    "integration/test_real_wheels.py",
    "integration/toolchain/test_wheel_compatibility.py",
    "integration/vcs/test_mercurial.py",
    "integration/test_dependency_tree.py",
    "integration/test_bootstrap.py",
    "integration/executors/test_dask.py",
    "integration/test_life_of_a_tag.py",
    "integration/test_far_repository.py",
    "integration/test_lost_catalog.py",
    "integration/toolchain/test_sdist_archives.py",
    "integration/test_same_bytes.py",
    "integration/test_name_takeover.py",
    "integration/test_name_owners.py",
    "integration/test_moved_projects.py",
    "integration/test_adoption.py",
    "integration/test_random_histories.py",
    "integration/test_subversion_subdirectories.py",
    "integration/doors/test_commands.py",
    "integration/test_layouts.py",
    "integration/test_hostile_tags.py",
    "integration/doors/test_recipe_script.py",
    "integration/vcs/test_random_histories.py",
    "integration/test_trouble.py",
    "integration/test_checkout.py",
    "integration/test_wheel_clients.py",
    "integration/test_wheels.py",
    "integration/test_mercurial_subdirectories.py",
    "integration/test_tags_of_one_version.py",
    "integration/test_verify.py",
    "integration/doors/test_recipe.py",
    "contract/test_tags.py",
    "contract/test_damaged_repositories.py",
    "integration/toolchain/test_undeclared_modules.py",
    "contract/test_subversion_servers.py",
    "integration/test_malicious.py",
    "integration/toolchain/test_wheels.py",
    "integration/toolchain/test_versions.py",
    "integration/test_git.py",
    "integration/test_destination.py",
    "integration/test_subdirectories.py",
    "contract/test_layouts.py",
    "contract/test_connection.py",
    "integration/toolchain/test_legacy.py",
    "integration/test_buildout.py",
    "integration/test_demo.py",
    "integration/test_tutorial.py",
    "integration/test_plugin.py",
    "integration/doors/test_hook.py",
    "integration/test_real_history.py",
    "integration/test_real_history_of_zope.py",
    "integration/test_scan_again.py",
    "integration/test_selection.py",
    "integration/test_bootstrap_progress.py",
)
"""The files of tests that take longest, in the order of their times."""


def pytest_configure() -> None:
    """Take signals, for the programs that tests start and interrupt inherit that from pytest.

    A shell that starts pytest in the background lets it ignore interrupts, and nohup the end of a terminal.
    """
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two processes more than there are cores, for most tests wait much; unit tests compute, so none more."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    only_units = all("unit" in Path(argument.partition("::")[0]).parts for argument in config.args)
    return cores if only_units else cores + 2


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Search for no garbage while tests are collected, nor later in what that made: it stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest and end with short ones, for all processes to end at one time.

    pytest-xdist gives files to its processes in the order that their tests have here.
    """
    items.sort(key=_place)


def _place(item: pytest.Item) -> tuple[bool, int]:
    name = item.path.relative_to(TESTS).as_posix()
    return name.startswith("unit/"), LONGEST.index(name) if name in LONGEST else len(LONGEST)


@pytest.fixture(scope="session")
def variables_of_quick_hg() -> Iterator[Mapping[str, str]]:
    """See ``tests.support.mercurial.quick_start``."""
    from tests.support.mercurial import quick_start  # unit tests need none of what it imports

    with quick_start() as variables:
        yield variables


@pytest.fixture
def quick_hg(variables_of_quick_hg: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Start hg in a twentieth of the time, for tests that ask many questions and not how it starts."""
    for name, value in variables_of_quick_hg.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def threads_end() -> Iterator[None]:
    """Fail a test that leaves a thread behind."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables that tests recorded: what they print themselves is lost in another process."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, text in getattr(report, "user_properties", ()):
                if name == "table" and getattr(report, "when", "") == "call":
                    terminalreporter.section(report.nodeid)
                    terminalreporter.write_line(text)
