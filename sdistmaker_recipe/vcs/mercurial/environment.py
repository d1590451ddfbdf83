"""The environment variables and settings that hg starts with: nothing of the machine's, no questions. Pure.

There are two kinds of processes. A *local* one reads repositories on this machine. It sees no configuration
of the machine or the user, and none of the repository (``HGRCSKIPREPO``). So the same tag gives the same
bytes everywhere, and no hook or extension that a repository names is run. A *network* one talks to servers.
It keeps the user's configuration, because it says how to log in, through which proxy, and which certificates
to trust. Neither reads the configuration of a repository.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SSH = "ssh -oBatchMode=yes -oConnectTimeout=30 -oServerAliveInterval=15 -oServerAliveCountMax=4"
"""It never asks for a password, nor whether to trust a host, and ends if the network does."""

_KEPT = frozenset({"HGRCPATH", "HG"})
_DROPPED = frozenset({"PYTHONPATH", "PYTHONHOME", "LANGUAGE", "SSH_ASKPASS", "PAGER", "EDITOR", "VISUAL"})

_SETTINGS = (
    "ui.interactive=no",
    "ui.paginate=never",
    "ui.report_untrusted=no",
    "ui.clonebundles=no",  # a server could name any other host
    "ui.merge=internal:fail",
    "ui.archivemeta=no",  # a checkout has no .hg_archival.txt
    "ui.timeout=60",
    "http.timeout=60",
    "phases.publish=yes",
    "subrepos.git:allowed=no",
    "subrepos.svn:allowed=no",
    "extensions.largefiles=",
)


def environment(caller: Mapping[str, str], *, network: bool) -> dict[str, str]:
    """The variables of a process of hg, from those of its caller."""
    kept = {
        name: value
        for name, value in caller.items()
        if name not in _DROPPED
        and not name.startswith("LC_")
        and (not name.startswith("HG") or (network and name in _KEPT))
    }
    own = {"LC_ALL": "C.UTF-8", "HGPLAIN": "1", "HGENCODING": "UTF-8", "HGRCSKIPREPO": "1"}
    return kept | own | ({} if network else {"HGRCPATH": ""})


def settings() -> Sequence[str]:
    """The arguments that set what every process of hg needs."""
    return [word for setting in _SETTINGS for word in ("--config", setting)]
