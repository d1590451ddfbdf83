"""The default of public-index is buildout's own constant, read without importing buildout."""

from __future__ import annotations

import subprocess
import sys

from zc.buildout.easy_install import default_index_url

SCRIPT = """
import sys
from sdistmaker_recipe.webserver.public_index import default_public_index
print(default_public_index(), "zc.buildout" in sys.modules)
"""


def test_is_read_from_the_source_of_buildout():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [default_index_url, "False"]
