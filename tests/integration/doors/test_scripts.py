"""A script that is interrupted while it starts."""

from __future__ import annotations

import signal
import subprocess
import sys

WITH_MODULES_TOLD = [sys.executable, "-X", "importtime", "-c"]


def test_an_interrupt_while_modules_are_imported_is_said_in_a_word():
    code = "import sys; from sdistmaker_recipe.scripts import make_sdist; sys.exit(make_sdist())"
    with subprocess.Popen([*WITH_MODULES_TOLD, code], stderr=subprocess.PIPE, text=True) as process:
        lines = iter(process.stderr)
        # One of the first that the command imports.
        assert any("sdistmaker_recipe.errors" in line for line in lines)
        process.send_signal(signal.SIGINT)
        said = [line for line in lines if not line.startswith("import time:")]
    assert (process.returncode, said) == (130, ["interrupted\n"])
