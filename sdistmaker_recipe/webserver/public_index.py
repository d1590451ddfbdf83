"""The public index that names which are not ours are redirected to."""

from __future__ import annotations


def default_public_index() -> str:
    """The index that buildout uses by default: stated in one place in the ecosystem, not by us.

    The import takes a fifth of a second, so only a run that writes a server configuration asks.
    """
    from zc.buildout.easy_install import default_index_url

    return str(default_index_url)
