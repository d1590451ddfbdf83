"""Settings that the unit tests share."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import configuration, settings

# In the working tree pytest would come across the folder where it looks for tests.
configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir(), f"hypothesis-{os.getuid()}"))

# Inherits from hypothesis' own profile, which on CI looks at the same examples each time.
settings.register_profile("unit", settings(), max_examples=40, deadline=None)
settings.load_profile("unit")
