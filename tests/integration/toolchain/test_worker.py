"""Warm workers: one process calls hook after hook, and nothing that one of them does reaches the next."""

from __future__ import annotations

import json
import os
import pwd
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain import hook_runner
from sdistmaker_recipe.toolchain.environments import uv_program
from sdistmaker_recipe.toolchain.isolation.sandbox import NO_SANDBOX
from sdistmaker_recipe.toolchain.runner_result import read_result
from sdistmaker_recipe.toolchain.wheels.questions import OBSERVE
from sdistmaker_recipe.toolchain.worker import RESOURCE_LIMITS, HookCall, Worker, worker_for

PYTHON = Path(sys.executable)
PRELOADED = "calendar"


class Bench:
    """Calls hooks of a backend in a tree, each time with another body."""

    def __init__(self, folder: Path, worker: Worker) -> None:
        self.worker = worker
        self.folder = folder
        self.tree = folder / "tree"
        (self.tree / "tools").mkdir(parents=True, exist_ok=True)
        self.calls = 0

    def call(self, body: str, seconds: float = 20, observe: Mapping[str, Any] | None = None) -> int | None:
        """The status of a hook with this body."""
        self.calls += 1
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        header = "import os, signal, subprocess, sys, tempfile, time\n"
        (self.tree / "tools/backend.py").write_text(f"{header}def hook():\n{lines}", "utf-8")
        call = HookCall(
            hook="hook",
            backend="backend",
            backend_path=("tools",),
            arguments=(),
            optional=False,
            tree=self.tree,
            environment={"PATH": os.defpath, "SINGLE": "1"},
            log=self.folder / "log",
            result=self.folder / f"result-{self.calls}",
            seconds=seconds,
            observe=observe,
        )
        return self.worker.call(call)

    @property
    def result(self) -> dict[str, Any]:
        """What the last hook left."""
        return json.loads((self.folder / f"result-{self.calls}").read_text("utf-8"))

    def returned(self, body: str) -> Any:
        assert self.call(body) == 0, self.result
        return self.result["returned"]


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker(PYTHON, PRELOADED, NO_SANDBOX)
    yield made
    made.close()


@pytest.fixture
def bench(tmp_path: Path, worker: Worker) -> Bench:
    return Bench(tmp_path, worker)


def runs(process_id: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def ends(process_id: int) -> bool:
    """Whether the process ends within a few seconds."""
    deadline = time.monotonic() + 5
    while runs(process_id) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not runs(process_id)


def test_one_process_calls_hook_after_hook(bench: Bench) -> None:
    body = "return [os.getpid(), os.getppid()]"
    (first, parent), (second, same) = bench.returned(body), bench.returned(body)
    assert first != second
    assert parent == same


@pytest.mark.parametrize(
    ("change", "probe"),
    [
        ("os.environ['LEAK'] = os.environ['SINGLE'] = '2'", "sorted(os.environ.items())"),
        ("os.chdir('/')", "os.getcwd()"),
        ("os.umask(0o777)", "os.umask(0o022)"),
        ("sys.path.insert(0, '/elsewhere')", "sys.path"),
        ("sys.argv.append('--evil')", "sys.argv"),
        ("import tools_of_ours\nsys.modules['json'] = None", "sorted(map(str, sys.modules))"),
        ("import calendar\ncalendar.month_name = None", "str(__import__('calendar').month_name)"),
        ("import builtins\nbuiltins.len = None", "len([])"),
        ("tempfile.tempdir = '/elsewhere'", "tempfile.gettempdir()"),
        ("signal.signal(signal.SIGTERM, signal.SIG_IGN)", "str(signal.getsignal(signal.SIGTERM))"),
        ("signal.pthread_sigmask(0, [15])", "sorted(map(int, signal.pthread_sigmask(0, [])))"),
        ("sys.setrecursionlimit(100)", "sys.getrecursionlimit()"),
        ("os.nice(5)", "os.nice(0)"),
        ("os.environ['TZ'] = 'Asia/Tokyo'\ntime.tzset()", "time.tzname"),
        ("sys.dont_write_bytecode = False", "sys.dont_write_bytecode"),
        ("os.dup2(os.open('/dev/null', 0), 77)", "sorted(os.listdir('/proc/self/fd'))"),
        ("__import__('resource').setrlimit(7, (9, 9))", "__import__('resource').getrlimit(7)"),
    ],
)
def test_nothing_a_hook_changes_reaches_the_next(bench: Bench, change: str, probe: str) -> None:
    (bench.tree / "tools/tools_of_ours.py").touch()
    before = bench.returned(f"return {probe}")
    # These keep a hook from telling what it sees.
    if not change.endswith("= None"):
        assert bench.returned(f"{change}\nreturn {probe}") != before
    bench.call(change)
    assert bench.returned(f"return {probe}") == before


def test_folders_are_listed_by_name(bench: Bench) -> None:
    (bench.tree / "order").mkdir()
    # One file system lists new files first, another one last, and most of them in no order.
    for name in ("b", "d", "a", "c"):
        (bench.tree / "order" / name).mkdir()
    found = bench.returned(
        "import glob, pathlib\nwith os.scandir('order') as entries:\n    first = next(entries).name\n"
        "return [os.listdir('order'), next(os.walk('order'))[1], glob.glob('*', root_dir='order'),\n"
        "    [path.name for path in pathlib.Path('order').iterdir()], first, len(list(os.scandir())) > 0]"
    )
    assert found == [list("abcd"), list("abcd"), list("abcd"), list("abcd"), "a", True]


def test_a_tag_may_replace_functions(bench: Bench) -> None:
    body = "import builtins, json\njson.dumps = json.dump = None\nbuiltins.open = None\nreturn 'here'"
    assert bench.returned(body) == "here"


def test_the_process_itself_imports_no_code_of_a_tag(bench: Bench, worker: Worker) -> None:
    marker = bench.folder / "imported"
    code = f"import os\nopen({str(marker)!r}, 'a').write(str(os.getpid()) + ' ')\n"
    for name in ("sitecustomize", "setup", "json", "setuptools", "ez_setup"):
        (bench.tree / f"{name}.py").write_text(code)
    hook = bench.returned("sys.path.insert(0, '.')\nimport setup\nreturn os.getpid()")
    bench.returned("return None")
    assert set(marker.read_text().split()) == {str(hook)}
    assert not {"setup", "sitecustomize", "backend"} & worker.modules


def test_a_hook_has_no_files_open_but_its_own(bench: Bench) -> None:
    found = "[os.readlink('/proc/self/fd/' + name) for name in ('0', '1', '2')]"
    log = str(bench.folder / "log")
    assert bench.returned(f"return {found}") == ["/dev/null", log, log]
    # The fourth is the folder that is being listed.
    assert bench.returned("return sorted(os.listdir('/proc/self/fd'))") == ["0", "1", "2", "3"]


BACKGROUND = "return subprocess.Popen(['sleep', '300']).pid"
DAEMON = """
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(write, str(os.getpid()).encode())
        os.closerange(0, 20)
        time.sleep(300)
    os._exit(0)
return int(os.read(read, 20))
"""
FAMILY = "os.system('sleep 300 & sleep 300 & echo $! > pid')\nreturn int(open('pid').read())"


@pytest.mark.parametrize("body", [BACKGROUND, DAEMON, FAMILY], ids=["background", "daemon", "shell"])
def test_a_process_that_is_left_behind_is_ended(bench: Bench, body: str) -> None:
    left_behind = bench.returned(body)
    assert not runs(left_behind)
    assert bench.returned("return 'next'") == "next"


def test_time_that_is_up_ends_the_hook_and_all_it_started(bench: Bench) -> None:
    body = "open('pid', 'w').write(str(subprocess.Popen(['sleep', '300']).pid))\ntime.sleep(300)"
    begun = time.monotonic()
    assert bench.call(body, seconds=1) is None
    assert time.monotonic() - begun < 10
    assert not runs(int((bench.tree / "pid").read_text()))
    assert bench.returned("return 'next'") == "next"


@pytest.mark.parametrize("alone", [True, False])
def test_a_group_of_processes_is_ended_at_once_and_nothing_else_where_others_are_in_sight(
    alone: bool,
) -> None:
    command = ["sh", "-c", "sleep 30 & echo $!; exec sleep 30"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as leader,
        subprocess.Popen(["sleep", "30"], start_new_session=True) as other,
    ):
        assert leader.stdout
        member = int(leader.stdout.readline())
        hook_runner.kill_group(leader.pid, alone)
        assert ends(leader.pid)
        assert ends(member)
        assert runs(other.pid)
        other.kill()


def test_a_hook_that_stops_itself_is_ended_in_time(bench: Bench) -> None:
    assert bench.call("os.kill(os.getpid(), signal.SIGSTOP)", seconds=1) is None
    assert bench.returned("return 'next'") == "next"


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_hook_that_is_ended_by_a_signal_gives_its_number(bench: Bench, signal_number: int) -> None:
    assert bench.call(f"os.kill(os.getpid(), {int(signal_number)})") == -signal_number


def test_memory_has_a_limit(bench: Bench) -> None:
    assert bench.call(f"return len(bytearray({RESOURCE_LIMITS['AS']}))") == 1
    assert bench.result["error"] == "MemoryError"


def test_a_file_has_a_limit(bench: Bench) -> None:
    assert (
        bench.call(f"with open('large', 'wb') as file:\n    file.truncate({RESOURCE_LIMITS['FSIZE'] + 1})")
        == 1
    )
    assert bench.result["error"] == "OSError"


def test_processes_have_a_limit(bench: Bench) -> None:
    _, most = bench.returned("return __import__('resource').getrlimit(__import__('resource').RLIMIT_NPROC)")
    assert most == min(RESOURCE_LIMITS["NPROC"], resource.getrlimit(resource.RLIMIT_NPROC)[1] % (1 << 64))


def test_limits_cannot_be_raised_again_by_ordinary_users(bench: Bench) -> None:
    soft, hard = bench.returned("return __import__('resource').getrlimit(__import__('resource').RLIMIT_AS)")
    assert soft == hard == RESOURCE_LIMITS["AS"]


@pytest.mark.parametrize(
    "change",
    [
        "resource.prlimit(os.getppid(), resource.RLIMIT_FSIZE, (0, 0))",
        "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (50, 50))",
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
        "os.sched_setaffinity(os.getppid(), [min(os.sched_getaffinity(0))])",
        "os.sched_setscheduler(os.getppid(), os.SCHED_BATCH, os.sched_param(0))",
    ],
)
def test_a_worker_that_a_hook_changed_is_the_last_ones(tmp_path: Path, change: str) -> None:
    if "affinity" in change and len(os.sched_getaffinity(0)) == 1:
        pytest.skip("there is but one processor")
    first = worker_for(PYTHON, PRELOADED, NO_SANDBOX)
    bench = Bench(tmp_path, first)
    assert bench.returned("return 'this one'") == "this one"
    assert first.is_alive
    # What it made counts.
    assert bench.returned(f"import resource\n{change}\nreturn 'changed'") == "changed"
    assert not first.is_alive
    bench.worker = worker_for(PYTHON, PRELOADED, NO_SANDBOX)
    assert bench.returned("return open('text', 'w').write('next')") == 4
    bench.worker.close()


def test_a_hook_is_what_the_kernel_ends_where_memory_runs_out(bench: Bench) -> None:
    read = "return [open('/proc/%d/oom_score_adj' % pid).read() for pid in (os.getpid(), os.getppid())]"
    own, workers = map(int, bench.returned(read))
    assert own == 1000 > workers


def test_a_hook_that_ends_its_worker_fails_and_the_next_tag_gets_another(tmp_path: Path) -> None:
    first = worker_for(PYTHON, PRELOADED, NO_SANDBOX)
    assert worker_for(PYTHON, PRELOADED, NO_SANDBOX) is first
    bench = Bench(tmp_path, first)
    with pytest.raises(BuildError, match="process that r"):
        bench.call("os.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(60)")
    assert not first.is_alive
    bench.worker = worker_for(PYTHON, PRELOADED, NO_SANDBOX)
    assert bench.worker is not first
    assert bench.returned("return 'next'") == "next"
    bench.worker.close()


FORGED = """
with open("/proc/%d/fd/1" % os.getppid(), "w") as pipe:
    for number in range(50):
        pipe.write('{"id": %d, "status": 0}\\n' % number)
return 'forged'
"""


@pytest.mark.parametrize("written", [FORGED, FORGED.replace('{"id"', "rubbish")], ids=["forged", "rubbish"])
def test_a_hook_that_writes_to_its_workers_pipe_harms_none_but_itself(tmp_path: Path, written: str) -> None:
    bench = Bench(tmp_path, worker_for(PYTHON, PRELOADED, NO_SANDBOX))
    with suppress(BuildError):
        bench.call(written, seconds=3)
    try:
        for _ in range(3):
            bench.worker = worker_for(PYTHON, PRELOADED, NO_SANDBOX)
            assert bench.returned("return 'next'") == "next"
    finally:
        bench.worker.close()


OWNER = """
import os, sys
from pathlib import Path
from sdistmaker_recipe.toolchain.isolation.sandbox import NO_SANDBOX
from sdistmaker_recipe.toolchain.worker import Worker
worker = Worker(Path(sys.executable), "", NO_SANDBOX)
print(worker._process.pid, flush=True)
input()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, None], ids=["killed", "ended", "done"])
def test_a_worker_ends_with_the_process_that_started_it(how: int | None) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        worker = int(owner.stdout.readline())
        assert runs(worker)
        if how is None:
            owner.communicate("\n")
        else:
            owner.send_signal(how)
        owner.wait(10)
    assert ends(worker)


BUSY_OWNER = """
import sys
from pathlib import Path
from sdistmaker_recipe.toolchain.isolation.sandbox import NO_SANDBOX
from sdistmaker_recipe.toolchain.worker import HookCall, Worker
tree = Path(sys.argv[1])
code = "import os, time; print(os.getpid(), os.getppid(), flush=True); time.sleep(300)"
(tree / "backend.py").write_text(code)
worker = Worker(Path(sys.executable), "", NO_SANDBOX)
worker.call(HookCall("hook", "backend", (".",), (), False, tree, {}, tree / "log", tree / "result", 300))
"""


def test_a_worker_that_is_busy_ends_too_and_the_hook_with_it(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY_OWNER, str(tmp_path)]) as owner:
        log = tmp_path / "log"
        deadline = time.monotonic() + 20
        while not (log.exists() and log.read_text().endswith("\n")) and time.monotonic() < deadline:
            time.sleep(0.02)
        hook, worker = map(int, log.read_text().split())
        assert runs(hook)
        assert runs(worker)
        owner.kill()
    assert ends(worker)
    assert ends(hook)


def test_closing_a_worker_ends_it_and_can_be_repeated(worker: Worker) -> None:
    process_id = worker._process.pid
    worker.close()
    worker.close()
    assert not worker.is_alive
    assert not runs(process_id)


def test_an_interpreter_that_does_not_run_is_told_with_its_output(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such library >&2\nexit 127\n")
    broken.chmod(0o755)
    worker = Worker(broken, "", NO_SANDBOX)
    with pytest.raises(BuildError) as caught:
        _ = worker.modules
    assert "no such library" in caught.value.log
    assert not caught.value.is_permanent


@pytest.mark.parametrize("name", ["json", "importlib", "_frozen_importlib_external"])
def test_modules_of_the_current_folder_are_none_of_the_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / f"{name}.py").write_text("raise SystemExit('taken from the current folder')\n")
    monkeypatch.chdir(tmp_path)
    worker = Worker(Path(sys.executable), "", NO_SANDBOX)
    assert "json" in worker.modules
    worker.close()


@pytest.mark.parametrize("name", ["resource", "ctypes", "warnings", "importlib"])
def test_a_module_of_the_tag_is_not_hidden_by_one_that_only_the_worker_uses(bench: Bench, name: str) -> None:
    (bench.tree / "tools" / f"{name}.py").write_text("whose, warn = 'the tag', print\n")
    assert bench.returned(f"import {name}\nreturn {name}.whose") == "the tag"


READS_MUCH = """
for number in range(3000):
    try:
        open("/".join(["x" * 200] * 15) + str(number))
    except OSError:
        pass
return 'done'
"""


def test_a_hook_that_reads_very_many_files_has_a_result_all_the_same(bench: Bench) -> None:
    assert bench.call(READS_MUCH.strip()) == 0
    assert read_result(bench.folder / f"result-{bench.calls}") == {"returned": "done", "read": []}


def test_a_module_of_the_tag_is_not_hidden_by_one_that_observing_another_tag_needs(bench: Bench) -> None:
    observe = {**OBSERVE, "output": str(bench.folder)}
    assert bench.call("return None", observe=observe) == 0
    (bench.tree / "tools/platform.py").write_text("whose = 'the tag'\n")
    assert bench.returned("import platform\nreturn platform.whose") == "the tag"


ENTRY_POINTS = """
import importlib.metadata
sys.path.insert(0, os.path.abspath('.'))
found = importlib.metadata.entry_points(group={group!r})
return sorted([point.name, point.value] for point in found)
"""


@pytest.mark.parametrize("group", ["console_scripts", "acme.plugins", "no.such.group"])
def test_a_hook_sees_the_entry_points_of_its_environment_and_of_the_tag(bench: Bench, group: str) -> None:
    # The tag has a distribution of its own, and another edition of one that is installed.
    for name, points in (("acme", "[acme.plugins]\nown = acme:own\n"), ("pytest", "[console_scripts]\n")):
        folder = bench.tree / f"{name}-99.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 99\n")
        (folder / "entry_points.txt").write_text(points)
    script = ENTRY_POINTS.format(group=group).replace("return ", "print(json.dumps(") + "))"
    plain = [PYTHON, "-c", f"import json, os, sys\nsys.path.pop(0)\n{script.strip()}"]
    expected = json.loads(subprocess.run(plain, cwd=bench.tree, capture_output=True, check=True).stdout)
    assert bench.returned(ENTRY_POINTS.format(group=group)) == expected
    assert expected == {"acme.plugins": [["own", "acme:own"]], "no.such.group": []}.get(group, expected)
    assert ["pytest", "pytest:console_main"] not in expected


def test_a_hook_sees_entry_points_that_it_wrote_a_moment_ago(bench: Bench) -> None:
    body = f"""
def points():
    {ENTRY_POINTS.strip().format(group="acme.plugins").replace(chr(10), chr(10) + "    ")}
before = points()
os.mkdir('acme.egg-info')
open('acme.egg-info/PKG-INFO', 'w').write('Metadata-Version: 1.0\\nName: acme\\nVersion: 1\\n')
between = points()
open('acme.egg-info/entry_points.txt', 'w').write('[acme.plugins]\\nown = acme:own\\n')
return [before, between, points()]
"""
    assert bench.returned(body.strip()) == [[], [], [["own", "acme:own"]]]


def test_an_archive_of_a_warm_setuptools_holds_what_any_other_does(tmp_path: Path) -> None:
    body = """
import distutils.archive_util, tarfile
os.makedirs('acme-1.0/docs/empty')
open('acme-1.0/setup.py', 'w').write('setup()')
os.chmod('acme-1.0/setup.py', 0o755)
os.symlink('../setup.py', 'acme-1.0/docs/link.py')
os.link('acme-1.0/setup.py', 'acme-1.0/docs/again.py')
open('acme-1.0/' + 'long' * 40 + 'é', 'w').write('text' * 1000)
name = distutils.archive_util.make_archive('dist/acme-1.0', 'gztar', base_dir='acme-1.0')
with tarfile.open(name) as archive:
    members = sorted((m.name, m.mode, m.linkname if m.issym() else '', m.isdir()) for m in archive)
    contents = [archive.extractfile(m[0]).read().decode() for m in members if not m[3]]
return [name, members, contents]
"""
    results = []
    for preload in ("setuptools.build_meta:__legacy__", ""):
        worker = Worker(PYTHON, preload, NO_SANDBOX)
        bench = Bench(tmp_path / (preload or "cold"), worker)
        try:
            results.append(bench.returned(f"import setuptools\n{body.strip()}"))
        finally:
            worker.close()
    assert results[0] == results[1]
    assert len(results[0][1]) == 7


@pytest.mark.parametrize("has_many_builds", [True, False])
def test_what_each_build_would_import_is_imported_once_where_there_are_many(
    tmp_path: Path, has_many_builds: bool
) -> None:
    worker = Worker(PYTHON, "setuptools.build_meta:__legacy__", NO_SANDBOX, has_many_builds=has_many_builds)
    try:
        loaded = Bench(tmp_path, worker).returned("return 'setuptools' in sys.modules, list(sys.modules)")
    finally:
        worker.close()
    assert loaded[0]
    assert ("setuptools.command.egg_info" in loaded[1]) == has_many_builds


@pytest.fixture
def plain_python(tmp_path: Path) -> Path:
    """The Python of an environment with nothing but setuptools."""
    python = tmp_path / "environment" / "bin" / "python"
    for command in (
        ["venv", "--python", sys.executable, tmp_path / "environment"],
        ["pip", "install", "--python", python, "setuptools"],
    ):
        subprocess.run([uv_program(), *command, "--quiet", "--no-config"], check=True)
    return python


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python does not specialise code")
def test_a_worker_that_built_for_practice_is_as_before(tmp_path: Path, plain_python: Path) -> None:
    body = """\
import logging, warnings
from distutils import core, util
util.check_environ()
return [
    sys.argv, sys.path, dict(os.environ), os.getcwd(), repr(core._setup_distribution),
    logging.root.level, logging.root.handlers, repr(warnings.filters), sorted(os.listdir("/proc/self/fd")),
]
"""
    results = []
    for has_many_builds in (True, False):
        worker = Worker(
            plain_python, "setuptools.build_meta:__legacy__", NO_SANDBOX, has_many_builds=has_many_builds
        )
        bench = Bench(tmp_path, worker)
        try:
            # With so many calls it builds some more.
            calls = hook_runner.MORE_PRACTICE_AFTER + 2 if has_many_builds else 1
            results.extend(bench.returned(body) for _ in range(calls))
            built = "return any(os.path.basename(folder) == '0' for folder in sys.path_importer_cache)"
            assert bench.returned(built) == has_many_builds
            home = bench.returned("import sysconfig\nreturn sysconfig.get_config_var('userbase')")
            assert not (has_many_builds and home.startswith(pwd.getpwuid(os.getuid()).pw_dir))
        finally:
            worker.close()
    assert all(result == results[-1] for result in results)
