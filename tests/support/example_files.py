"""The files of docs/examples, read by their own rules as far as tests need it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

EXAMPLES = Path(__file__).parents[2] / "docs/examples"


class Instruction(NamedTuple):
    """An instruction of a Dockerfile, such as RUN, and what follows it."""

    name: str
    value: str

    def words(self) -> list[str]:
        """The words of its exec form."""
        words: list[str] = json.loads(self.value)
        return words


def dockerfile(path: Path) -> list[Instruction]:
    """The instructions of a Dockerfile, with continued lines joined and comments left out."""
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [Instruction(*line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def yaml_file(path: Path) -> Any:
    """The document in a file of YAML."""
    import yaml

    return yaml.safe_load(path.read_text("utf-8"))


def shell_steps_of_jenkins(path: Path) -> list[str]:
    """The commands of the steps ``sh`` of a Jenkinsfile, in plain quotes."""
    return re.findall(r"^\s*sh '([^'\n]*)'$", path.read_text("utf-8"), re.MULTILINE)


def with_paths(command: str, paths: Mapping[str, Path]) -> str:
    """A command of shell with folders of the machine replaced."""
    for path, ours in paths.items():
        command = command.replace(path, shlex.quote(str(ours)))
    return command
