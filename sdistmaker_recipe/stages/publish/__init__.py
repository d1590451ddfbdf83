"""Publish what was built, record what failed, and configure web servers.

* ``release``: put a built archive into the index, and its release into the catalog.
* ``earlier_releases``: what is published already, and whether a build may be published beside it.
* ``wheels``: put wheels beside source distributions, and record why there is none.
* ``version_rules``: which tag gets a version. ``name_owners``: which project gets a name.
* ``failures``: record a tag that failed. ``logs``: its log, and that of a wheel.
* ``server_configurations``: the configuration files of web servers.
* ``index``: what they work on.
* ``without_index``: put the files of a single tag into a folder.

The archive comes first, then the catalog. Pages come later (``stages.pages``), so no page names a missing
file. A published file keeps its content, except for a withdrawn one if the option moved-tags says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdistmaker_recipe.stages.publish.server_configurations import (
    server_configurations,
    write_server_configurations,
)

if TYPE_CHECKING:
    from sdistmaker_recipe.stages.publish.failures import record_failure, reject_failed, write_log
    from sdistmaker_recipe.stages.publish.index import Index
    from sdistmaker_recipe.stages.publish.release import publish, refuse
    from sdistmaker_recipe.stages.publish.wheels import publish_wheel, write_wheel_log
    from sdistmaker_recipe.stages.publish.without_index import store_archive, store_wheel

__all__ = [
    "Index",
    "publish",
    "publish_wheel",
    "record_failure",
    "refuse",
    "reject_failed",
    "server_configurations",
    "store_archive",
    "store_wheel",
    "write_log",
    "write_server_configurations",
    "write_wheel_log",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  # PEP 562
    """The other names, imported with the first use: a run without news needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sdistmaker_recipe.stages.publish import failures, index, release, wheels, without_index

    modules = (release, wheels, failures, index, without_index)
    return next(getattr(module, name) for module in modules if name in vars(module))
