"""Whether tests run in their long form: many more examples, histories, releases and clients."""

from __future__ import annotations

import os

IS_LONG = bool(os.environ.get("SDISTMAKER_LONG"))
