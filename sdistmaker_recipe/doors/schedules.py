"""Text that runs the script regularly: hooks, a crontab line, systemd units. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
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

_OTHER_HOOK = """\
#!/bin/sh
# Have this run after each change of a tag. It builds the tags that are new.
PATH=$PATH:/usr/local/bin:/usr/bin:/bin
cd {folder} && mkdir -p {logs} || exit 1
{command} \\
    </dev/null >>{log} 2>&1 &
"""

_GIT_HOOK = """\
#!/bin/sh
# Save this as hooks/post-receive of the git repository on the server, and make it executable.
# It builds the tags of a push. git passes a line for each pushed ref: its old and new id, and its name.
pushed=
while read -r old new ref; do
    case $ref in refs/tags/*) pushed=yes ;; esac
done
[ "$pushed" ] || exit 0
# git sets variables for hooks that would point every other git at this repository.
unset $(git rev-parse --local-env-vars) GIT_QUARANTINE_PATH GIT_PROTOCOL
PATH=$PATH:/usr/local/bin:/usr/bin:/bin
cd {folder} && mkdir -p {logs} || exit 1
# It runs in the background and its output goes to a file, because a push waits until the output of
# the hook is closed.
{command} \\
    </dev/null >>{log} 2>&1 &
"""

_MERCURIAL_HOOK = """\
# Add these lines to .hg/hgrc of the Mercurial repository on the server. They build the tags of a
# push, and of hg tag in that repository itself. $HG_NODE is the first new changeset.
# The command runs in the background, because a push waits until the output of the hook is closed.
[hooks]
changegroup.{name} = {line}
commit.{name} = {line}
"""

_MERCURIAL_LINE = (
    'cd {folder} && mkdir -p {logs} && {{ {command} --revision "$HG_NODE" </dev/null >>{log} 2>&1 & }}'
)

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
    return _HOOK.format(**_hook_words(command, folder, log))


def hooks(systems: Iterable[str], command: Sequence[str], folder: Path, log: Path, name: str) -> str:
    """A hook for each of these version control systems, in this order.

    For the arguments see ``post_commit_hook`` and ``mercurial_hooks``.
    """
    texts = []
    for system in systems:
        if system == "subversion":
            texts.append(post_commit_hook(command, folder, log))
        elif system == "git":
            texts.append(post_receive_hook(command, folder, log))
        elif system == "mercurial":
            texts.append(mercurial_hooks(command, folder, log, name))
        else:
            texts.append(_OTHER_HOOK.format(**_hook_words(command, folder, log)))
    return "\n\n".join(texts)


def post_receive_hook(command: Sequence[str], folder: Path, log: Path) -> str:
    """A post-receive hook of git that runs the command in ``folder`` for each push of tags (githooks(5)).

    Its output is appended to the file ``log``.
    """
    return _GIT_HOOK.format(**_hook_words(command, folder, log))


def mercurial_hooks(command: Sequence[str], folder: Path, log: Path, name: str) -> str:
    """Lines of an hgrc that run the command in ``folder`` for new changesets (``hg help config.hooks``).

    ``name`` tells them from other hooks. Their output is appended to the file ``log``.
    """
    line = _MERCURIAL_LINE.format(**_hook_words(command, folder, log))
    # A value of an hgrc goes on in lines that are indented.
    return _MERCURIAL_HOOK.format(line=line.replace("\n", "\n    "), name=name)


def crontab(command: Sequence[str], folder: Path) -> str:
    """The line with which cron runs the command in ``folder``; percent signs are escaped (crontab(5))."""
    words = {"folder": shlex.quote(str(folder)), "command": shlex.join(command)}
    return _CRON.format(**{name: text.replace("%", r"\%") for name, text in words.items()})


def systemd_units(command: Sequence[str], folder: Path, unit: str, user: str) -> str:
    """A service and a timer named ``unit`` for systemd, which run the command in ``folder`` as ``user``."""
    words = " ".join(_systemd_word(word) for word in command)
    return _SYSTEMD.format(command=words, folder=str(folder).replace("%", "%%"), unit=unit, user=user)


def _hook_words(command: Sequence[str], folder: Path, log: Path) -> dict[str, str]:
    """What hooks fill in, as a shell reads it."""
    paths = {"folder": folder, "logs": log.parent, "log": log}
    words = {name: shlex.quote(str(path)) for name, path in paths.items()}
    return {"command": shlex.join(command), **words}


def _systemd_word(word: str) -> str:
    """A word of ExecStart (systemd.service(5) "COMMAND LINES"): quoted, specifiers and variables escaped."""
    escaped = word.replace("\\", r"\\").replace('"', r"\"").replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or not word or any(char in word for char in " \t';") else word
