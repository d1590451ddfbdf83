"""The tags of many repositories, kept from one run to the next, so that others are not asked."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from sdistmaker_recipe.vcs.server_caches import claim

Known: TypeAlias = Mapping[str, tuple[str, Mapping[str, str]]]
"""The state of each repository, and its tags in that state, by its path."""


class KnownTags(NamedTuple):
    """What is kept in a file for the repositories at the URL ``owner``.

    If the file is lost or damaged, all repositories are asked again.
    """

    file: Path
    owner: str

    def read(self) -> Known:
        """What was written last; nothing if there is no such file, or not one of ours."""
        try:
            kept = json.loads(self.file.read_text("utf-8", "surrogateescape"))
            return {path: (str(state), dict(tags)) for path, (state, tags) in kept.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def write(self, known: Known) -> None:
        """Replace the file. A disk that is full is no reason to fail, because nothing is lost."""
        with contextlib.suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self.file.parent, prefix=".new-")
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
                    json.dump(known, file, ensure_ascii=False)
                Path(name).replace(self.file)
                claim(self.file.parent, self.file.stem, self.owner)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
