"""What starts the script by itself: a post-commit hook, a line for crontab, a timer of systemd. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

_WAIT = ("--quiet", "--wait", "600")

_HOOK = """\
#!/bin/sh
# hooks/post-commit of a Subversion repository: builds what a commit tags. Make it executable.
# Subversion gives the repository's path and the new revision, and an almost empty environment.
PATH=/usr/local/bin:/usr/bin:/bin
cd {folder} || exit 1
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


def post_commit_hook(command: Sequence[str], folder: Path, log: Path) -> str:
    """A Subversion hook that runs the command, in folder, for commits that change a tag; it prints to log."""
    return _HOOK.format(
        command=shlex.join((*command, *_WAIT)), folder=shlex.quote(str(folder)), log=shlex.quote(str(log))
    )


def crontab(command: Sequence[str], folder: Path) -> str:
    """The line that has cron run the command in folder; a percent sign would end it (crontab(5))."""
    words = {"folder": shlex.quote(str(folder)), "command": shlex.join((*command, *_WAIT))}
    return _CRON.format(**{name: text.replace("%", r"\%") for name, text in words.items()})


def systemd_units(command: Sequence[str], folder: Path, unit: str, user: str) -> str:
    """A service and a timer of this name for systemd, which run the command in folder as user."""
    words = " ".join(_systemd_word(word) for word in (*command, *_WAIT))
    return _SYSTEMD.format(command=words, folder=str(folder).replace("%", "%%"), unit=unit, user=user)


def _systemd_word(word: str) -> str:
    """A word of ExecStart (systemd.service(5) "COMMAND LINES"): quoted, specifiers and variables escaped."""
    escaped = word.replace("\\", r"\\").replace('"', r"\"").replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or not word or any(char in word for char in " \t';") else word
