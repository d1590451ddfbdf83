"""Run all unit tests, and a few others, with each Python of this machine that this package supports.

Run ``.venv/bin/python -m tests.support.each_python`` from the project's folder. Each Python gets an
environment of its own in a temporary folder, with the versions in requirements.txt.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sdistmaker_recipe.toolchain.environments import uv_program
from sdistmaker_recipe.toolchain.interpreters import find_interpreters
from sdistmaker_recipe.toolchain.ladder import Interpreter

ROOT = Path(__file__).parents[2]
LOWEST = (3, 10)
TESTS = ("tests/unit", "tests/contract/test_tags.py", "tests/integration/doors/test_commands.py")


def main() -> int:
    """Print what came out for each Python; 1 if a test failed with one of them, else 0."""
    outcomes = {}
    with tempfile.TemporaryDirectory(prefix="each-python-") as folder:
        for python in supported_pythons():
            outcomes[python] = outcome(python, Path(folder) / python.label)
    for python, text in outcomes.items():
        sys.stdout.write(f"{python.label}: {text}\n")
    return int(any(text != "passed" for text in outcomes.values()))


def supported_pythons() -> list[Interpreter]:
    """One Python of each version, the oldest first."""
    found = find_interpreters((), tuple(sorted(os.environ.items())))
    by_version = {python.version: python for python in found if python.version >= LOWEST}
    return [by_version[version] for version in sorted(by_version)]


def outcome(python: Interpreter, environment: Path) -> str:
    """``passed``, or what went wrong."""
    program = environment / "bin" / "python"
    install = ["pip", "install", "--quiet", "--constraint", "requirements.txt", "--editable", ".[test]"]
    commands = {
        "no environment": [uv_program(), "venv", "--quiet", "--python", python.path, environment],
        "cannot be installed": [uv_program(), *install, "--python", program],
        "failed": [program, "-m", "pytest", "-q", "--numprocesses=auto", "--dist=loadfile", *TESTS],
    }
    for problem, command in commands.items():
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            return problem
    return "passed"


if __name__ == "__main__":
    sys.exit(main())
