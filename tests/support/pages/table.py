"""The set-ups of each page of docs whose blocks are run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.support.commands import Commands
from tests.support.pages.blocks import blocks
from tests.support.pages.installations import (
    buildout,
    checkout,
    defaults_file,
    environment,
    nginx_config,
    published,
    real_buildout,
    scripts,
    with_wheels,
)
from tests.support.pages.place import ROOT, Place, SetUp, machine
from tests.support.pages.repositories import (
    changed_tags,
    converted,
    failing_tag,
    git_repositories,
    mercurial_repositories,
    old_index,
    other_files,
    several_projects,
    subversion,
    tags2sdists,
    tags_at_the_root,
    undeclared_import,
)
from tests.support.pages.runs import PageRun
from tests.support.pages.servers import apache, host, mirror, nginx, plain_host, port_8080, running_apache


def served(place: Place) -> None:
    """The host serves the index, as the page on Apache says."""
    _follow("how-to/serve-with-apache.rst", place)


PAGES: Mapping[str, tuple[SetUp, ...]] = {
    "tutorial/first-index.rst": (machine, checkout, apache, port_8080),
    "how-to/build-on-a-cluster.rst": (),
    "how-to/check-and-repair.rst": (machine, subversion, buildout, published),
    "how-to/choose-tags.rst": (machine, subversion, buildout),
    "how-to/containers.rst": (),
    "how-to/copy-the-index.rst": (machine, subversion, failing_tag, buildout, scripts("copies"), mirror),
    "how-to/from-subversion-to-git.rst": (machine, subversion, buildout, published, converted),
    "how-to/from-tags2sdists.rst": (machine, tags2sdists),
    "how-to/git.rst": (machine, git_repositories, buildout),
    "how-to/mercurial.rst": (machine, mercurial_repositories, buildout),
    "how-to/monitor-failures.rst": (machine, subversion, failing_tag, buildout, scripts("monitoring")),
    "how-to/old-pythons.rst": (machine, subversion, failing_tag, buildout, published),
    "how-to/pages-for-people.rst": (machine, subversion, buildout, published, running_apache, host, served),
    "how-to/private-repositories.rst": (),
    "how-to/questions.rst": (machine, subversion, real_buildout, published, changed_tags),
    "how-to/repository-layouts.rst": (machine, tags_at_the_root, buildout),
    "how-to/run-by-cron-and-hooks.rst": (machine, subversion, buildout),
    "how-to/serve-with-apache.rst": (machine, subversion, buildout, published, running_apache, host),
    "how-to/serve-with-nginx.rst": (machine, subversion, nginx_config, buildout, published, nginx, host),
    "how-to/several-indexes.rst": (machine, subversion, buildout),
    "how-to/several-projects.rst": (machine, several_projects, buildout),
    "how-to/take-over-an-index.rst": (machine, old_index, other_files, buildout),
    "how-to/undeclared-imports.rst": (
        machine,
        undeclared_import,
        buildout,
        published,
        running_apache,
        plain_host,
    ),
    "how-to/upgrade-from-sdistmaker-1.4.rst": (machine, old_index, defaults_file),
    "how-to/wheels.rst": (machine, subversion, buildout, published, with_wheels),
    "how-to/when-a-tag-fails.rst": (machine, subversion, failing_tag, buildout, published),
    "how-to/withdraw-releases.rst": (machine, subversion, buildout, published),
    "how-to/write-a-vcs-backend.rst": (machine, environment),
}
"""The set-ups in their order; a page without any has blocks that are not run."""


def follow(page: str, root: Path, commands: Commands, public: str) -> None:
    """Make what a page finds below ``root``, and follow it; ``public`` is the URL of the public index."""
    with ExitStack() as stack:
        place = Place(root, commands, public, stack)
        for set_up in PAGES[page]:
            set_up(place)
        _follow(page, place)


def _follow(page: str, place: Place) -> None:
    run = PageRun(place.commands, place.names)
    for block in blocks(ROOT / "docs" / page):
        run.follow(block)
