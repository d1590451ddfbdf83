"""Random histories of git and Mercurial: a scan of what changed knows what a scan of everything would know.

Tags are made, moved, deleted and made again, with several prefixes. Projects in folders come, go and move.
History is rewritten: all commits of git get other ids, and changesets of Mercurial are stripped.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random
from typing import Protocol

import pytest

from sdistmaker_recipe.configuration.option_types import subdirectories
from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.model import RepositorySettings
from sdistmaker_recipe.stages import scan
from sdistmaker_recipe.stages.scan import Source
from sdistmaker_recipe.vcs import open_repository
from tests.support.git import FIRST_SECOND, commit, git, make_bare
from tests.support.git_servers import git_daemon
from tests.support.long_form import IS_LONG
from tests.support.mercurial import Hg, hg_serve
from tests.support.process import LOOPBACK
from tests.support.requirements import need
from tests.support.scans import VERSION, two_scan_states

SEEDS = range(40 if IS_LONG else 1)
STEPS = 12
SERVERS = ("git", "git daemon", "hg serve", "hg")
FOLDERS = ("", "packages/api", "packages/web", "packages/web/inner", "tools/api")
NAMES = ("1.0", "v1.1", "api-1.2", "api-v1.3", "api/1.4", "web/v2.0", "packages/web/2.1", "inner@3", "latest")
OPTIONS = {
    "one": Configuration(),
    "folders": Configuration(subdirectory=subdirectories("packages/*\ntools/*")),
    "prefixes": Configuration(subdirectory=subdirectories("packages/* = api-v\npackages/* = web/\n.")),
    "deep": Configuration(subdirectory=subdirectories("packages/*/*\npackages/*"), exclude=("packages/api",)),
}


class History(Protocol):
    """A repository that a test changes."""

    url: str

    def commit(self, folders: list[str], step: int) -> None:
        """The next commit has projects in these folders alone, with the number of the step in each."""

    def tag(self, name: str) -> None:
        """Make or move a tag."""

    def delete(self, name: str) -> None:
        """Delete a tag that is there."""

    def rewrite(self, random: Random) -> None:
        """Change what was."""

    def tags(self) -> set[str]:
        """The names of the tags."""


class GitHistory:
    def __init__(self, folder: Path) -> None:
        self.folder = make_bare(folder)
        self.url = f"git+{folder.as_uri()}"
        self._rewritten = 0

    def commit(self, folders: list[str], step: int) -> None:
        files = {f"{folder}/setup.py".lstrip("/"): str(step) for folder in folders}
        commit(self.folder, {**files, "notes.txt": "x"}, seconds=FIRST_SECOND + step)

    def tag(self, name: str) -> None:
        git(self.folder, "tag", "-f", *(["-a", "-m", "x"] if len(name) % 2 else []), name, "main")

    def delete(self, name: str) -> None:
        git(self.folder, "tag", "-d", name)

    def rewrite(self, random: Random) -> None:
        self._rewritten += 1
        text = f"rewritten {self._rewritten}"
        for name in [*sorted(self.tags()), "main"]:
            ref = "refs/heads/main" if name == "main" else f"refs/tags/{name}"
            tree = git(self.folder, "rev-parse", f"{ref}^{{tree}}")
            git(self.folder, "update-ref", ref, git(self.folder, "commit-tree", tree, "-m", text))
        if random.random() < 0.5:
            git(self.folder, "gc", "-q", "--prune=now")

    def tags(self) -> set[str]:
        return set(git(self.folder, "tag").split())


class HgHistory:
    def __init__(self, folder: Path) -> None:
        self.hg, self.folder = Hg(), folder
        self.hg.init(folder, {"notes.txt": "x"})
        self.url = f"hg+{folder.as_uri()}"

    def commit(self, folders: list[str], step: int) -> None:
        for folder in FOLDERS:
            (self.folder / folder / "setup.py").unlink(missing_ok=True)
        files = {f"{folder}/setup.py".lstrip("/"): str(step) for folder in folders}
        self.hg("--cwd", self.folder, "addremove", "-q")
        self.hg.commit(self.folder, {**files, "step.txt": str(step)})

    def tag(self, name: str) -> None:
        self.hg.tag(self.folder, name)

    def delete(self, name: str) -> None:
        self.hg.untag(self.folder, name)

    def rewrite(self, random: Random) -> None:
        last = int(self.hg("-R", self.folder, "log", "-r", "tip", "-T", "{rev}"))
        strip = (
            "--config",
            "extensions.strip=",
            "--cwd",
            self.folder,
            "strip",
            "-q",
            "--no-backup",
            "--force",
        )
        if last > 3:
            self.hg(*strip, str(random.randint(last - 1, last)))

    def tags(self) -> set[str]:
        return set(self.hg("-R", self.folder, "tags", "-T", "{tag}\n").split()) - {"tip"}


@pytest.fixture
def history(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[History]:
    made: GitHistory | HgHistory
    folder, scratch = tmp_path / "served/mono", tmp_path / "server"
    scratch.mkdir()
    if request.param.startswith("git"):
        made = GitHistory(folder)
        if request.param == "git":
            yield made
            return
        with git_daemon(folder.parent, scratch) as server:
            made.url = f"git://{LOOPBACK}:{server.port}/mono"
            yield made
        return
    need("hg")
    made = HgHistory(folder)
    if request.param == "hg":
        yield made
    else:
        with hg_serve(folder.parent, scratch) as server:
            made.url = f"hg+http://{LOOPBACK}:{server.port}/mono"
            yield made
    made.hg.close()


def change(history: History, random: Random, step: int) -> None:
    """Do one thing."""
    if not step:
        history.commit([*FOLDERS], step)
        history.tag("v1.0")
        history.tag("api-v1.3")
        return
    there = sorted(history.tags())
    deed = random.choice(["tag", "tag", "tag", "move", "delete", "commit", "commit", "rewrite"])
    if deed == "commit":
        history.commit(random.sample(FOLDERS, random.randint(1, len(FOLDERS))), step)
    elif deed == "delete" and len(there) > 2:
        history.delete(random.choice(there))
    elif deed == "move" and there:
        history.commit(random.sample(FOLDERS, 2), step)
        history.tag(random.choice(there))
    elif deed == "rewrite" and step > 3:
        history.rewrite(random)
    else:
        history.tag(random.choice(NAMES))


@pytest.mark.usefixtures("quick_hg")
@pytest.mark.parametrize(
    ("history", "options"),
    list(product(SERVERS, OPTIONS))
    if IS_LONG
    # Each system with all options, and each way to its repository with two of them.
    else [(server, options) for number, options in enumerate(OPTIONS) for server in SERVERS[number % 2 :: 2]],
    indirect=["history"],
)
@pytest.mark.parametrize("seed", SEEDS)
def test_any_history_is_scanned_as_if_for_the_first_time(
    history: History, options: str, seed: int, tmp_path: Path
) -> None:
    random, configuration, found = Random(f"{seed} {options}"), OPTIONS[options], 0
    settings = RepositorySettings(known_as=history.url, cache=tmp_path / "cache")
    with two_scan_states() as (last, fresh):
        for step in range(STEPS):
            change(history, random, step)
            if random.random() < 0.3 and step:
                continue
            where = f"after step {step}"
            with open_repository(history.url, settings=settings) as repository:
                known = scan.scan(
                    Source(history.url, repository), configuration, last, VERSION, full=not step
                )
                tags = last.tags(known)
                for tag in random.sample(tags, min(1, len(tags))):
                    exported = tmp_path / f"exported-{step}"
                    repository.export(tag, repository.head(), exported)
                    inside = repository.subdirectory_of(tag)
                    assert (exported / inside / "setup.py").exists() or options == "one", where
            with open_repository(history.url) as repository:
                wanted = scan.scan(Source(history.url, repository), configuration, fresh, VERSION, full=True)
            assert last.rows(known) == fresh.rows(wanted), where
            assert tags == fresh.tags(wanted), where
            found += bool(tags)
    assert found > 2, "several scans find tags"
