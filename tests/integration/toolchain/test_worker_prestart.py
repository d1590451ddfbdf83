"""A single new tag finds the worker started that the last one needed; without it, it is built as well."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sdistmaker_recipe.toolchain import worker_prestart
from sdistmaker_recipe.toolchain.isolation.sandbox import NO_SANDBOX, Sandbox
from sdistmaker_recipe.toolchain.worker import Worker, worker_for
from tests.support.commands import WITHOUT_WHEELS, Commands
from tests.support.history import History, setuptools_project

ENVIRONMENT = Path("environments", "a")
PYTHON = ENVIRONMENT / "bin" / "python"
NOTE = Path("environments", "latest.json")
RECORDING = """\
import sys
from pathlib import Path
from sdistmaker_recipe.doors import command
from sdistmaker_recipe.stages import build
from sdistmaker_recipe.toolchain import worker

def recorded(owner, name):
    original = getattr(owner, name)
    def function(*arguments, **keywords):
        with open("order", "a") as file:
            file.write(name + "\\n")
        return original(*arguments, **keywords)
    setattr(owner, name, function)

recorded(worker.Worker, "__init__")
recorded(build, "export_tag")
recorded(worker.Worker, "call")
sys.exit(command.main())
"""


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An interpreter among those of build environments, below the current folder."""
    monkeypatch.chdir(tmp_path)
    PYTHON.parent.mkdir(parents=True)
    PYTHON.symlink_to(sys.executable)
    (ENVIRONMENT / "complete.json").touch()
    Path("scratch").mkdir()
    return PYTHON


def started(monkeypatch: pytest.MonkeyPatch, mode: str = "none") -> list[tuple[Path, str, Sandbox, bool]]:
    """What is started beforehand."""
    found: list[tuple[Path, str, Sandbox, bool]] = []
    monkeypatch.setattr(
        worker_prestart,
        "worker_for",
        lambda *wanted, **options: found.append((*wanted, *options.values())),
    )
    worker_prestart.prestart_worker(Path("environments"), Path("scratch"), mode)
    return found


def test_the_worker_that_was_needed_last_is_started(python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker_prestart.remember_worker(ENVIRONMENT.with_name("other"), "calendar")
    worker_prestart.remember_worker(ENVIRONMENT, "setuptools.build_meta")
    assert started(monkeypatch) == [(python, "setuptools.build_meta", NO_SANDBOX, False)]


def test_it_can_write_where_this_process_builds(python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_prestart, "may_use_bubblewrap", lambda mode: mode == "auto")
    worker_prestart.remember_worker(ENVIRONMENT, "calendar")
    ((*_, sandbox, _often),) = started(monkeypatch, "auto")
    assert sandbox.writable_folder == Path("scratch", f"worker-{os.getpid()}")
    assert sandbox.writable_folder.is_dir()


def test_who_asks_for_it_gets_it(python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker_prestart.remember_worker(ENVIRONMENT, "calendar")
    worker_prestart.prestart_worker(Path("environments"), Path("scratch"), "none")
    # There is no need for another.
    monkeypatch.setattr(Worker, "__init__", None)
    worker = worker_for(python, "calendar", NO_SANDBOX, has_many_builds=False)
    assert "calendar" in worker.modules
    worker.close()


@pytest.mark.parametrize(
    "note",
    [
        None,
        "",
        "[]",
        "{",
        '{"environment": "a"}',
        '{"environment": 1, "module": "calendar"}',
        '{"environment": "gone", "module": "calendar"}',
    ],
)
def test_without_a_note_that_helps_nothing_is(
    python: Path, monkeypatch: pytest.MonkeyPatch, note: str | None
) -> None:
    if note is not None:
        NOTE.write_text(note, "utf-8")
    assert started(monkeypatch) == []


def test_an_environment_that_is_not_whole_has_no_worker(
    python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker_prestart.remember_worker(ENVIRONMENT, "calendar")
    (ENVIRONMENT / "complete.json").unlink()
    assert started(monkeypatch) == []


def test_none_is_started_without_the_sandbox_that_is_wanted(
    python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_prestart, "may_use_bubblewrap", lambda mode: False)
    worker_prestart.remember_worker(ENVIRONMENT, "calendar")
    assert started(monkeypatch, "bubblewrap") == []
    assert len(started(monkeypatch, "auto")) == 1


def test_what_is_noted_already_is_not_written_again(python: Path) -> None:
    worker_prestart.remember_worker(ENVIRONMENT, "calendar")
    before = NOTE.stat()
    worker_prestart.remember_worker(ENVIRONMENT, "calendar")
    assert (NOTE.stat().st_ino, NOTE.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert sorted(path.name for path in Path("environments").iterdir()) == ["a", "latest.json"]


def test_environments_that_cannot_be_written_get_no_note(python: Path) -> None:
    NOTE.symlink_to("no-folder/latest.json")
    NOTE.with_name(f"{NOTE.name}.{os.getpid()}").mkdir()
    worker_prestart.remember_worker(ENVIRONMENT, "calendar")
    assert NOTE.is_symlink()


def test_a_single_new_tag_is_exported_while_the_worker_starts(history: History, commands: Commands) -> None:
    def order() -> list[str]:
        file = commands.folder / "order"
        file.unlink(missing_ok=True)
        done = commands.run(sys.executable, "-c", RECORDING, *options)
        assert done.status == 0, done.output
        return file.read_text("utf-8").split()

    options = ("--repository", history.url, "--destination", "index", "--environments", "environments")
    options += WITHOUT_WHEELS
    history.release("acme", "1.0")
    assert order() == ["export_tag", "__init__", "call"]
    history.release("acme", "1.1")
    assert order() == ["__init__", "export_tag", "call"]
    other = {
        **setuptools_project("acme", "1.2"),
        "pyproject.toml": "[build-system]\nrequires=['setuptools', 'wheel']\n",
    }
    history.add_tag("acme", "1.2", other)
    assert order() == ["__init__", "export_tag", "__init__", "call"]
    assert {path.name for path in (commands.folder / "index/acme").glob("*.gz")} == {
        f"acme-1.{number}.tar.gz" for number in range(3)
    }
