"""Run the package's programs, and its clients, as a user would."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.utils import canonicalize_name

WITHOUT_WHEELS = ("--wheels", "none")
"""For runs of tests that count files, or builds."""
ONE_JOB = ("--jobs", "1")
"""For runs that build a few small tags: a quarter less of the processor, for no process forks all others."""


@dataclass(frozen=True)
class Done:
    """How a program ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """All that it printed."""
        return self.stdout + self.stderr


@dataclass(frozen=True)
class Commands:
    """Runs programs in a folder and an environment, each for ``timeout`` seconds at most."""

    folder: Path
    environment: Mapping[str, str]
    timeout: float = field(default=300, kw_only=True)

    @classmethod
    def below(cls, folder: Path, cache: Path, more: Mapping[str, str]) -> Commands:
        """Make a home and a working folder below folder, and know nothing of this machine's user.

        ``cache`` is the user's cache folder; ``more`` joins the environment.
        """
        home = folder / "home"
        home.mkdir()
        work = folder / "work"
        work.mkdir()
        environment = {
            "HOME": str(home),
            "XDG_CACHE_HOME": str(cache),
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "LANG": "C.UTF-8",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            # pip would compile all of setuptools for each build. An option that begins with no is set by a
            # false value: "Boolean options" in pip's documentation of its configuration.
            "PIP_NO_COMPILE": "0",
            "COVERAGE_PROCESS_START": os.environ.get("COVERAGE_PROCESS_START", ""),
            **more,
        }
        return cls(work, {name: value for name, value in environment.items() if value})

    def run(self, *command: str | Path, environment: Mapping[str, str] | None = None) -> Done:
        """Run a program to its end."""
        done = subprocess.run(
            [str(part) for part in command],
            cwd=self.folder,
            env={**self.environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=self.timeout,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def sdists_from_tags(self, *arguments: str | Path) -> Done:
        """Run the installed command; without wheels and with one job, unless the arguments say which."""
        return self.run(program("sdists_from_tags"), *arguments, *usual_unless_given(arguments))

    def make_sdist(self, *arguments: str | Path) -> Done:
        """Run the installed command."""
        return self.run(program("make_sdist"), *arguments)

    def report(self, *arguments: str | Path) -> dict:
        """Run ``sdists_from_tags --json``: what it says."""
        done = self.sdists_from_tags("--json", *arguments)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def buildout(self, config: str, *arguments: str) -> Done:
        """Write buildout.cfg, write bin/buildout if there is none, and run that."""
        (self.folder / "buildout.cfg").write_text(config, "utf-8")
        if not (self.folder / "bin/buildout").exists():
            self._write_bin_buildout(_script_with_digest())
        return self.run("bin/buildout", "-U", *arguments)

    def with_bin_buildout(self, buildout: Path) -> Commands:
        """Write bin/buildout as ``bootstrap`` of this program does, and return these commands."""
        self._write_bin_buildout(bootstrapped_script(buildout))
        return self

    def _write_bin_buildout(self, text: str) -> None:
        script = self.folder / "bin/buildout"
        script.parent.mkdir(exist_ok=True)
        script.write_text(text, "utf-8")
        script.chmod(0o755)

    def clean_python(self, name: str) -> Path:
        """The interpreter of a new virtual environment with nothing in it."""
        folder = self.folder / name
        made = self.run(program("uv"), "venv", "--quiet", "--python", sys.executable, folder)
        assert made.status == 0, made.output
        return folder / "bin/python"

    def pip_install(self, python: Path, index: str, *requirements: str) -> Done:
        """Install with pip from one index, for that interpreter."""
        environment = {"PIP_INDEX_URL": index}
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-cache-dir", "--quiet"]
        return self.run(*pip, *requirements, environment=environment)

    def uv_install(self, python: Path, index: str, *requirements: str) -> Done:
        """Install with uv from one index, for that interpreter."""
        uv = [program("uv"), "pip", "install", "--quiet", "--refresh", "--python", python]
        return self.run(*uv, "--default-index", index, *requirements)

    def module_version(self, python: Path, module: str) -> str:
        """What the module's ``version`` is, imported by that interpreter."""
        done = self.run(python, "-c", f"import {module}; print({module}.version)")
        assert done.status == 0, done.output
        return done.stdout.strip()


def usual_unless_given(arguments: Sequence[str | Path]) -> Sequence[str]:
    """The flags that most tests run with: no wheels, for they are about source distributions, and one job.

    Arguments that name these options keep them, and those that print something instead of a run.
    """
    texts = [str(each) for each in arguments]
    if any(text in ("--help", "-h", "--version") or text.startswith("--print-") for text in texts):
        return ()
    flags = (WITHOUT_WHEELS, ONE_JOB)
    return [each for flag in flags if not any(text.startswith(flag[0]) for text in texts) for each in flag]


def program(name: str) -> Path:
    """A program installed beside the interpreter that runs the tests."""
    return Path(sys.executable).with_name(name)


@functools.cache
def bootstrapped_script(buildout: Path) -> str:
    """The text of bin/buildout, as this program's ``bootstrap`` writes it.

    It names the interpreter and the packages beside it, but nothing of the folder: one serves all folders.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "buildout.cfg").write_text("[buildout]\nparts =\n", "utf-8")
        environment = {"HOME": name, "PATH": os.defpath, "LANG": "C.UTF-8"}
        command = [str(buildout), "-U", "bootstrap"]
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, timeout=300)
        text = (folder / "bin/buildout").read_text("utf-8")
        assert name not in text
        return text


@functools.cache
def _script_with_digest() -> str:
    """The text of bin/buildout for the packages beside this interpreter, with the digest of their files.

    Each run of buildout would read all of them for it, hundreds of megabytes that stay the same in all tests.
    """
    folder = sysconfig.get_path("purelib")
    code = f"from zc.buildout import buildout; print(buildout._dir_hash({folder!r}))"
    asked = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    imports, main, rest = bootstrapped_script(program("buildout")).partition("if __name__")
    known = f"zc.buildout.buildout._dir_hashes[{folder!r}] = {asked.stdout.strip()!r}"
    return f"{imports}{known}\n\n{main}{rest}"


def index_files(folder: Path) -> Sequence[str]:
    """The archives in an index, as PROJECT/FILE, without their second names for clients of long ago."""
    found = (path.relative_to(folder) for path in folder.glob("*/*.tar.gz"))
    return sorted(str(path) for path in found if path.parts[0] == canonicalize_name(path.parts[0]))
