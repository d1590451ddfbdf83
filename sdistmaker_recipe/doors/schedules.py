"""Text that runs the script regularly: a post-commit hook, a crontab line, systemd units. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

_QUIET = "--quiet"
_WAIT = ("--wait", "600")

_HOOK = """\
#!/bin/sh
# Save this as hooks/post-commit of the Subversion repository, and make it executable.
# It builds the tags that a commit makes. Subversion passes the path of the repository and the new
# revision, and an almost empty environment.
PATH=/usr/local/bin:/usr/bin:/bin
cd {folder} && mkdir -p {logs} || exit 1
# It runs in the background and its output goes to a file, because a commit waits until the output
# of the hook is closed.
{command} --revision "$2" \\
    </dev/null >>{log} 2>&1 &
"""

_CRON = """\
# Add this line with crontab -e, as the account that owns the index.
# Cron then sends a mail for each new failure.
*/15 * * * * cd {folder} && {command}
"""

_SYSTEMD = """\
# /etc/systemd/system/{unit}.service
[Unit]
Description=Source distributions of release tags
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User={user}
WorkingDirectory={folder}
ExecStart={command}

# /etc/systemd/system/{unit}.timer; start it with: systemctl enable --now {unit}.timer
[Unit]
Description=Source distributions of release tags, every 15 minutes

[Timer]
OnCalendar=*:0/15
RandomizedDelaySec=60
Persistent=true

[Install]
WantedBy=timers.target
"""


def unattended(command: Sequence[str], *, verbosity_given: bool, wait_given: bool) -> list[str]:
    """The command as it runs unattended: quiet, and waiting for another run to end.

    ``verbosity_given`` says that the command has ``-v`` or ``-q`` already, ``wait_given`` that an option says
    how long to wait. The added flags come first, because of two equal flags the later one wins.
    """
    added = (*(() if verbosity_given else (_QUIET,)), *(() if wait_given else _WAIT))
    return [*command[:1], *added, *command[1:]]


def post_commit_hook(command: Sequence[str], folder: Path, log: Path) -> str:
    """A post-commit hook that runs the command in ``folder`` for each commit that changes a tag.

    Its output is appended to the file ``log``.
    """
    paths = {"folder": folder, "logs": log.parent, "log": log}
    words = {name: shlex.quote(str(path)) for name, path in paths.items()}
    return _HOOK.format(command=shlex.join(command), **words)


def crontab(command: Sequence[str], folder: Path) -> str:
    """The line with which cron runs the command in ``folder``; percent signs are escaped (crontab(5))."""
    words = {"folder": shlex.quote(str(folder)), "command": shlex.join(command)}
    return _CRON.format(**{name: text.replace("%", r"\%") for name, text in words.items()})


def systemd_units(command: Sequence[str], folder: Path, unit: str, user: str) -> str:
    """A service and a timer named ``unit`` for systemd, which run the command in ``folder`` as ``user``."""
    words = " ".join(_systemd_word(word) for word in command)
    return _SYSTEMD.format(command=words, folder=str(folder).replace("%", "%%"), unit=unit, user=user)


def _systemd_word(word: str) -> str:
    """A word of ExecStart (systemd.service(5) "COMMAND LINES"): quoted, specifiers and variables escaped."""
    escaped = word.replace("\\", r"\\").replace('"', r"\"").replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or not word or any(char in word for char in " \t';") else word
