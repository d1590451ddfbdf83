"""Make a throw-away git repository of an exported tag, for tools that ask git for the version or the files.

The same files, tag and time give the same commit. The repository is made by the program git, in the sandbox
of the build: the files are not trusted.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.model import Tag
from sdistmaker_recipe.names import normalised_version
from sdistmaker_recipe.toolchain.build_context import BuildContext, base_environment, read_build_log
from sdistmaker_recipe.toolchain.exported_tag import list_files, versioneer_tag_prefix
from sdistmaker_recipe.toolchain.isolation import untrusted_process

GIT_FOLDER = ".git"

BUILD_VARIABLES = {
    # pbr would write AUTHORS and ChangeLog from the one invented commit.
    "SKIP_GENERATE_AUTHORS": "1",
    "SKIP_GENERATE_RENO": "1",
    "SKIP_WRITE_GIT_CHANGELOG": "1",
    # In a sandbox the files may seem to belong to another account.
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
}
"""Environment variables for a build that has such a repository."""

_PROGRAM_FOLDERS = "/usr/local/bin:/usr/bin:/bin"
_FORBIDDEN_IN_TAGS = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[-./]|/\.|\.lock(/|$)|[./]$|^@$")
"""What a tag's name may not have (git-check-ref-format)."""

_IDENTITY = "sdistmaker_recipe"
_MAIL = "sdistmaker@localhost.invalid"
# Files are taken as they are. The author's export-ignore counts, as in a checkout of the tag.
_ATTRIBUTES = "* -text -eol -ident -filter -working-tree-encoding -export-subst\n"
# Files that a build itself writes do not make the tag a modified one.
_EXCLUDED = "*.egg-info/\n.eggs/\n__pycache__/\n*.pyc\n"
# Arguments: a file of paths, the time in seconds since 1970, and the tags, the oldest first.
_SCRIPT = """\
set -e
files=$1 time=$2
shift 2
git init -q --template=
git symbolic-ref HEAD refs/heads/master
git config core.autocrlf false
git config gc.auto 0
mkdir -p .git/info
printf '%s' "$SDISTMAKER_ATTRIBUTES" > .git/info/attributes
printf '%s' "$SDISTMAKER_EXCLUDED" > .git/info/exclude
git update-index -z --add --stdin < "$files"
export GIT_AUTHOR_DATE="$time +0000" GIT_COMMITTER_DATE="$time +0000"
git update-ref refs/heads/master "$(git commit-tree -m "Files of the tag" "$(git write-tree)")"
for tag; do
    export GIT_COMMITTER_DATE="$time +0000"
    git tag -a -m "$tag" "$tag"
    time=$((time + 1))
done
"""


class NoRepositoryError(BuildError):
    """There is no git repository for the build: git is missing, or cannot take the files."""


def make_git_repository(context: BuildContext, tags: Sequence[str], seconds: int) -> None:
    """Make the context's tree a checkout of one commit, with these tags, the oldest first.

    ``seconds`` is the time of the commit, since 1970. Each tag is annotated, and one second younger than the
    one before. Raises ``NoRepositoryError`` if git is missing or fails.
    """
    git = shutil.which("git", path=_PROGRAM_FOLDERS)
    if git is None:
        text = (
            "The build asks version control for its version or its files, and the program git, which would "
            "make a repository of the exported tag, is not installed. Install it (Debian: apt install git)."
        )
        raise NoRepositoryError(text)
    if (context.tree / GIT_FOLDER).exists():
        raise NoRepositoryError(
            f"The tag has a file or folder {GIT_FOLDER} of its own. Remove it in a new tag."
        )
    listing = context.scratch / "git-files"
    paths = sorted(path for path in list_files(context.tree) if GIT_FOLDER not in path.split("/"))
    listing.write_bytes(b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in paths))
    # git knows no time before 1970.
    arguments = [str(listing), str(max(seconds, 0)), *tags]
    finished = untrusted_process.run(
        ["/bin/sh", "-c", _SCRIPT, "sh", *arguments],
        cwd=context.tree,
        environment={**base_environment(context), **_git_variables(git)},
        timeout=context.deadline.seconds_left,
        log=context.log,
        sandbox=context.sandbox,
    )
    if finished.status != 0:
        last = finished.output.strip().rpartition("\n")[2]
        text = f"git cannot make a repository of the tag's files: {last or 'it ended without a reason'}."
        raise NoRepositoryError(text, read_build_log(context), is_permanent=finished.status is not None)


def hide_outer_repositories(context: BuildContext) -> None:
    """Let nothing that looks for a repository above the context's tree find one that the tree is not part of.

    Tools that ask git are stopped by the variable GIT_CEILING_DIRECTORIES. Others read .gitignore and the
    like in the folders above by themselves, up to the first repository. In a sandbox they see none of them.
    """
    if context.sandbox.writable_folder is not None:
        return
    parent = context.tree.parent
    for folder_name in (GIT_FOLDER, ".hg"):
        names = (folder_name, f"{folder_name}ignore")
        if any(os.path.lexists(outer / name) for outer in parent.parents for name in names):
            repository = parent / folder_name
            for name in ("objects", "refs"):
                (repository / name).mkdir(parents=True, exist_ok=True)
            (repository / "HEAD").write_text("ref: refs/heads/master\n", "ascii")


def _git_variables(git: str) -> dict[str, str]:
    return {
        **BUILD_VARIABLES,
        "PATH": f"{Path(git).parent}:{_PROGRAM_FOLDERS}",
        "GIT_AUTHOR_NAME": _IDENTITY,
        "GIT_AUTHOR_EMAIL": _MAIL,
        "GIT_COMMITTER_NAME": _IDENTITY,
        "GIT_COMMITTER_EMAIL": _MAIL,
        "SDISTMAKER_ATTRIBUTES": _ATTRIBUTES,
        "SDISTMAKER_EXCLUDED": _EXCLUDED,
    }


def tag_names(tag: Tag, tree: Path) -> tuple[str, ...]:
    """The names of the tags for a repository of this tag's tree, the oldest first.

    ``git describe`` takes the youngest annotated tag, so that is the version itself. Some tools want a v in
    front, some a prefix, so there are also ``v`` with the version, and the name of the tag. If versioneer has
    a prefix, that tag is the youngest: old versions of versioneer look at no other.
    """
    version = normalised_version(tag.version)
    names = [tag.name, f"v{version}", version]
    if prefix := versioneer_tag_prefix(tree):
        names.append(f"{prefix}{version}")
    # The last of equal names counts.
    unique = list(dict.fromkeys(reversed([name for name in names if is_tag_name(name)])))
    return tuple(reversed(unique))


def is_tag_name(name: str) -> bool:
    """Whether git accepts a tag of this name."""
    return bool(name) and not _FORBIDDEN_IN_TAGS.search(name)
