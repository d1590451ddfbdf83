"""How one would look for tags with the svn program: a process of its own, timed from its start to its end.

Run as a script: ``ls URL PROJECTS`` lists the repository, so many of its projects (the first) and their tags;
``log URL FIRST`` reads the log from a revision on, and takes what was copied to a folder ``tags``. Both print
how many tags they found.
"""

from __future__ import annotations

import re
import subprocess
import sys

TAG = re.compile(r"   A /(.*/tags/[^/]+) \(from ")


def by_ls(url: str, projects: int) -> list[str]:
    """The tags of the first so many projects: a call for the root, and two for each project."""
    found = []
    for project in _folders(url)[:projects]:
        if "tags" in (below := _folders(f"{url}/{project}")) and "trunk" in below:
            found += [f"{project}/tags/{tag}" for tag in _folders(f"{url}/{project}/tags")]
    return found


def by_log(url: str, first: str) -> list[str]:
    """What came to be a tag from a revision on: one call, whose answer is read as it comes."""
    command = ["svn", "log", "--verbose", "--quiet", "--revision", f"{first}:HEAD", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        found = [match[1] for line in program.stdout if (match := TAG.match(line))]
    if program.returncode:
        sys.exit(program.returncode)
    return found


def _folders(url: str) -> list[str]:
    listed = subprocess.run(["svn", "list", url], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [line[:-1] for line in listed.splitlines() if line.endswith("/")]


if __name__ == "__main__":
    action, url, number = sys.argv[1:]
    print(len(by_ls(url, int(number)) if action == "ls" else by_log(url, number)))
