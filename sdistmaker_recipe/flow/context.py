"""What the doors tell of the world outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.vcs import Credentials


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a door knows of the world outside, beside the options.

    ``environment`` holds the caller's environment variables, ``cache`` tells the user's cache folder for this
    program, ``public_index`` the URL to redirect to where the option is empty ("" asks buildout's constant).
    ``full_scan`` looks at all there is, whatever earlier runs saw; ``tell_all`` wants the plan to say of tags
    left alone why, too; ``adopt`` takes over archives of the index that the catalog does not know,
    ``verify`` compares all of the index with the catalog. With
    ``revision`` there is nothing to do unless that revision, of any of the repositories, could have changed
    a tag ("" for no such condition).
    """

    cache: Callable[[], Path]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    credentials: Credentials = field(default_factory=Credentials)
    public_index: str = ""
    dry_run: bool = False
    retry_failed: bool = False
    full_scan: bool = False
    revision: str = ""
    tell_all: bool = False
    verbose: bool = False
    adopt: bool = False
    verify: bool = False

    def environments(self, configuration: Configuration) -> Path:
        """The folder of build environments."""
        return configuration.environments or self.cache() / "environments"
