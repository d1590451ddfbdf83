"""What starts the script by itself: a post-commit hook, a line for crontab, a timer of systemd. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

_QUIET = "--quiet"
_WAIT = ("--wait", "600")

_HOOK = """\
#!/bin/sh
# hooks/post-commit of a Subversion repository: builds what a commit tags. Make it executable.
# Subversion gives the repository's path and the new revision, and an almost empty environment.
PATH=/usr/local/bin:/usr/bin:/bin
cd {folder} && mkdir -p {logs} || exit 1
# In the background, with its output elsewhere: who commits waits for all that is open.
{command} --revision "$2" \\
    </dev/null >>{log} 2>&1 &
"""

_CRON = """\
# For crontab -e of the account that owns the index; cron mails what goes wrong, once.
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

# /etc/systemd/system/{unit}.timer, then: systemctl enable --now {unit}.timer
[Unit]
Description=Source distributions of release tags, every 15 minutes

[Timer]
OnCalendar=*:0/15
RandomizedDelaySec=60
Persistent=true

[Install]
WantedBy=timers.target
"""


def unattended(command: Sequence[str], *, told: bool, waits: bool) -> list[str]:
    """The command for where nobody watches: quiet, and with the patience to wait for another run.

    ``told`` says that it was told how much to say, ``waits`` that an option says how long to wait. What is
    added comes first, for of two flags the later one wins.
    """
    added = (*(() if told else (_QUIET,)), *(() if waits else _WAIT))
    return [*command[:1], *added, *command[1:]]


def post_commit_hook(command: Sequence[str], folder: Path, log: Path) -> str:
    """A Subversion hook that runs the command, in folder, for commits that change a tag; it prints to log."""
    paths = {"folder": folder, "logs": log.parent, "log": log}
    words = {name: shlex.quote(str(path)) for name, path in paths.items()}
    return _HOOK.format(command=shlex.join(command), **words)


def crontab(command: Sequence[str], folder: Path) -> str:
    """The line that has cron run the command in folder; a percent sign would end it (crontab(5))."""
    words = {"folder": shlex.quote(str(folder)), "command": shlex.join(command)}
    return _CRON.format(**{name: text.replace("%", r"\%") for name, text in words.items()})


def systemd_units(command: Sequence[str], folder: Path, unit: str, user: str) -> str:
    """A service and a timer of this name for systemd, which run the command in folder as user."""
    words = " ".join(_systemd_word(word) for word in command)
    return _SYSTEMD.format(command=words, folder=str(folder).replace("%", "%%"), unit=unit, user=user)


def _systemd_word(word: str) -> str:
    """A word of ExecStart (systemd.service(5) "COMMAND LINES"): quoted, specifiers and variables escaped."""
    escaped = word.replace("\\", r"\\").replace('"', r"\"").replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or not word or any(char in word for char in " \t';") else word
