"""A script that is interrupted while it starts."""

from __future__ import annotations

import subprocess
import sys

# One of the first modules that the command imports.
INTERRUPTED_WHILE_IMPORTING = """\
import os, signal, sys

class Interrupts:
    def find_spec(self, name, *_):
        if name == "sdistmaker_recipe.errors":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
from sdistmaker_recipe.scripts import make_sdist
sys.exit(make_sdist())
"""


def test_an_interrupt_while_modules_are_imported_is_said_in_a_word():
    command = [sys.executable, "-c", INTERRUPTED_WHILE_IMPORTING]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")
