"""Programs and files of version control: what the tag may ask them, since it is in no repository anywhere.

Installers unpack a source distribution into a folder of its own, below which and above which there is no
repository. So git, hg and the like know nothing of it, if they are there at all.
"""

import os
import shlex
from os import lstat

from sdistmaker_observation.owners import words

PROGRAMS = words("git hg svn svnversion bzr darcs fossil")
QUESTION = "version control"
"""The suspicion of code that runs such a program."""
FILES = words(
    """.git .gitignore .gitattributes .git_archival.txt .hg .hgignore .hg_archival.txt .svn .bzr
    .bzrignore _darcs .fslckout .jj"""
)
"""What a repository has in its folder."""
SHELLS = ("/bin/sh", "sh")
QUIET_REDIRECTIONS = (" 2>/dev/null", " 2> /dev/null", " 2>&1")
ABOUT_REPOSITORIES = {
    "git": words(
        """--version version archive branch cat-file describe diff diff-index for-each-ref log
        ls-files ls-tree merge-base name-rev rev-list rev-parse shortlog show show-ref status
        symbolic-ref tag update-index"""
    ),
    "hg": words(
        """--version version archive branch cat files id identify locate log manifest parents root status
        tags tip"""
    ),
}
"""Commands that speak of a repository, or of the program itself. Those of other programs are taken for it."""
OPTIONS_WITH_VALUES = ("-c", "--config", "--encoding")
OTHER_PLACES = ("-C", "-R", "--git-dir", "--work-tree", "--repository", "--cwd")
FAKE = """#!/bin/sh
case "$1" in --version | version) echo "another version 99.99.99"; exit 0 ;; esac
echo "this is another program" >&2
exit 128
"""


def is_absent_file(path, tree):
    """Whether this is the path of a repository's file in a folder around the tree, and nothing is there."""
    folder, name = os.path.split(path)
    if name not in FILES or not tree.startswith(os.path.join(folder, "")):
        return False
    try:
        lstat(path)
    except OSError:
        return True
    return False


def is_question(command, is_usable, cwd=None):
    """Whether a command, a text for a shell or a list, asks version control about the tree or itself.

    ``is_usable`` says of a path whether it is in the tree; ``cwd`` is where the command is run.
    """
    if cwd is not None and not is_usable(cwd):
        return False
    try:
        parts = split(command)
    except (TypeError, ValueError):
        return False
    if not parts or parts[0] not in PROGRAMS:
        return False
    if parts[0] not in ABOUT_REPOSITORIES:
        return True
    if parts[1:2] == ["-C"] and len(parts) > 2 and is_usable(parts[2]):
        del parts[1:3]
    return verb(parts[1:]) in ABOUT_REPOSITORIES[parts[0]]


def split(command):
    """The words of a command; none if a shell does more with it than to run a program."""
    if isinstance(command, (list, tuple)):
        parts = [os.fsdecode(part) for part in command]
        return split(parts[2]) if len(parts) > 2 and parts[0] in SHELLS and parts[1] == "-c" else parts
    text = os.fsdecode(command)
    for redirection in QUIET_REDIRECTIONS:
        text = text.replace(redirection, "")
    return [] if set(text) & set(";|&$<>`*?(){}\n") else shlex.split(text)


def verb(arguments):
    """The first argument that is no option, or --version; "" without any, or if it is about another place."""
    is_value = False
    for argument in arguments:
        if argument.startswith(OTHER_PLACES):
            return ""
        if not is_value and (argument == "--version" or argument[:1] != "-"):
            return argument
        is_value = argument in OPTIONS_WITH_VALUES
    return ""


def hide_programs():
    """Let this process find no program of version control, and no other that the machine has."""
    os.environ["PATH"] = own_programs()


def replace_programs():
    """Let this process find programs of version control that know nothing, and say that they are newer."""
    folder = os.path.join(os.environ.get("TMPDIR", "/tmp"), "sdistmaker-programs")
    os.makedirs(folder, exist_ok=True)
    for name in PROGRAMS:
        path = os.path.join(folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(FAKE)
        os.chmod(path, 0o755)
    os.environ["PATH"] = os.pathsep.join((own_programs(), folder))


def own_programs():
    """The folder with the programs of the build environment."""
    return os.path.join(os.environ.get("VIRTUAL_ENV", ""), "bin")


ANSWERS = {"absent": hide_programs, "other": replace_programs}
"""What another build can do to the programs."""
