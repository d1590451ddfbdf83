"""The scripts that copy the index: at no moment a page of the copy names a file that is not there.

rsync copies to a folder. In place of ``aws`` a small program does with a folder what ``aws s3 sync`` is
documented to do, with its patterns.
"""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from filelock import FileLock

from tests.support.commands import Commands
from tests.support.example_files import EXAMPLES
from tests.support.history import History, tree
from tests.support.requirements import find, need

FOLDER = EXAMPLES / "copies"
FLAGS = {"--exclude", "--include", "--cache-control", "--delete"}
WITH_VALUE = FLAGS - {"--delete"}
RULES = ("--exclude", "--include")

AWS = """\
#!{python}
import fnmatch, pathlib, shutil, sys
_, s3, sync, source, bucket, *flags = sys.argv
assert (s3, sync) == ("s3", "sync") and bucket.startswith("s3://")
source, target = pathlib.Path(source), pathlib.Path({target!r})
rules, flags = [], iter(flags)
delete = False
for flag in flags:
    if flag == "--delete":
        delete = True
    else:
        value = next(flags)
        if flag in ("--exclude", "--include"):
            rules.append((flag, value))
        else:
            assert flag == "--cache-control", flag

def counts(name):
    included = True
    for flag, pattern in rules:
        if fnmatch.fnmatchcase(name, pattern):
            included = flag == "--include"
    return included

def names(folder):
    return {{path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}}

for name in filter(counts, names(source)):
    old, new = target / name, source / name
    before, now = old.exists() and old.stat(), new.stat()
    if not before or before.st_size != now.st_size or before.st_mtime < now.st_mtime:
        old.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(new, old)
if delete:
    for name in filter(counts, names(target) - names(source)):
        (target / name).unlink()
"""


class Links(HTMLParser):
    """The links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: Sequence[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attributes if name in ("href", "src")]


def missing_files(folder: Path) -> list[str]:
    """What pages of an index name and is not there."""
    return sorted(
        {
            f"{page.relative_to(folder)}: {name}"
            for page, name in named_files(folder)
            if not (page.parent / name).exists()
        }
    )


def named_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each page with the files that it names, but for pages of the root, which all others name."""
    for page in folder.rglob("*.html"):
        for link in Links(page.read_text("utf-8")).found:
            url = urlsplit(link)
            path = unquote(url.path)
            if path and not url.scheme and not path.startswith(("/", "../")):
                yield page, f"{path}index.html" if path.endswith("/") else path
    for page in folder.rglob("*/index.json"):
        for file in json.loads(page.read_text("utf-8")).get("files", []):
            yield page, unquote(urlsplit(file["url"]).path)


class Copying:
    """An index that changes, and the script that copies it; each pass over the copy is looked at."""

    def __init__(self, name: str, commands: Commands, history: History) -> None:
        self.commands, self.history = commands, history
        self.script = FOLDER / f"{name}.sh"
        self.index, self.copy = commands.folder / "index", commands.folder / "copy"
        self.copy.mkdir()
        self.target = str(self.copy) if name == "rsync" else "s3://packages.example.com"
        self.passes = commands.folder / "passes"
        self.passes.mkdir()
        program = "rsync" if name == "rsync" else "aws"
        self.programs = commands.folder / "programs"
        self.programs.mkdir()
        real = self.programs / "real"
        if name == "rsync":
            real.symlink_to(find("rsync") or "")
        else:
            real.write_text(AWS.format(python=sys.executable, target=str(self.copy)))
            real.chmod(0o755)
        # What a reader would see after each pass.
        keep = f'cp -a "{self.copy}" "{self.passes}/$(ls "{self.passes}" | wc -l)"'
        wrapper = f'#!/bin/sh\nset -e\n"{real}" "$@"\n{keep}\n'
        (self.programs / program).write_text(wrapper)
        (self.programs / program).chmod(0o755)

    def publish(self) -> None:
        options = ("--repository", self.history.url, "--destination", self.index, "--deleted-tags", "remove")
        done = self.commands.sdists_from_tags(*options)
        assert done.status == 0, done.output

    def run(self, script: Path | None = None) -> list[Path]:
        """Copy; the copy as it was after each pass."""
        before = len(list(self.passes.iterdir()))
        path = f"{self.programs}:{self.commands.environment['PATH']}"
        done = self.commands.run(
            "sh", script or self.script, f"{self.index}/", self.target, environment={"PATH": path}
        )
        assert done.status == 0, done.output
        return sorted(self.passes.iterdir(), key=lambda folder: int(folder.name))[before:]


@pytest.fixture(params=["rsync", "s3"])
def copying(request: pytest.FixtureRequest, commands: Commands, history: History) -> Copying:
    need("flock", *(["rsync"] if request.param == "rsync" else []))
    made = Copying(request.param, commands, history)
    for version in ("1.0", "1.1"):
        history.release("acme.tool", version)
    history.add_tag("secret", "not-a-release", {"setup.py": ""})
    made.publish()
    return made


def change(copying: Copying) -> None:
    """Publish a release and a project, and remove a release."""
    copying.history.release("acme.tool", "2.0")
    copying.history.release("acme.other", "1.0")
    copying.history.delete("acme.tool/tags/1.0")
    copying.publish()


def test_no_page_of_the_copy_ever_names_a_missing_file(copying: Copying) -> None:
    seen = copying.run()
    change(copying)
    seen += copying.run()
    assert len(seen) >= 6
    assert {folder.name: missing_files(folder) for folder in seen if missing_files(folder)} == {}
    assert tree(copying.copy) == tree(copying.index)
    assert (copying.copy / "acme-tool/acme_tool-2.0.tar.gz").exists()
    assert not (copying.copy / "acme-tool/acme_tool-1.0.tar.gz").exists()


@pytest.mark.parametrize("lost", ["acme_tool-1.1.tar.gz", "index.html"])
def test_a_missing_file_is_noticed(copying: Copying, lost: str) -> None:
    copying.run()
    assert missing_files(copying.copy) == []
    (copying.copy / "acme-tool" / lost).unlink()
    assert missing_files(copying.copy)


def test_folders_of_private_names_are_copied_by_rsync(copying: Copying) -> None:
    copying.run()
    empty = {path.name for path in copying.index.iterdir() if path.is_dir() and not any(path.iterdir())}
    assert "secret" in empty
    if copying.target == str(copying.copy):
        assert all((copying.copy / name).is_dir() for name in empty)


def test_nothing_is_copied_while_a_run_has_the_lock(copying: Copying) -> None:
    lock = copying.index.with_name("index-state") / "lock"
    command = ["sh", str(copying.script), str(copying.index), copying.target]
    environment = {
        **copying.commands.environment,
        "PATH": f"{copying.programs}:{copying.commands.environment['PATH']}",
    }
    with FileLock(lock):
        waiting = subprocess.Popen(command, env=environment)
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(0.3)
        assert not any(copying.passes.iterdir())
    assert waiting.wait(30) == 0
    assert any(copying.passes.iterdir())
    with FileLock(lock, timeout=0):
        pass


def test_the_script_holds_the_lock_itself(copying: Copying) -> None:
    (program,) = [path for path in copying.programs.iterdir() if path.name != "real"]
    lock = copying.index.with_name("index-state") / "lock"
    code = f"""#!{sys.executable}
import filelock
try:
    filelock.FileLock({str(lock)!r}).acquire(timeout=0)
    found = "free"
except filelock.Timeout:
    found = "held"
with open({str(copying.passes / "found")!r}, "a") as file:
    print(found, file=file)
"""
    program.write_text(code)
    path = f"{copying.programs}:{copying.commands.environment['PATH']}"
    command = ("sh", copying.script, copying.index, copying.target)
    done = copying.commands.run(*command, environment={"PATH": path})
    assert done.status == 0, done.output
    assert set((copying.passes / "found").read_text().split()) == {"held"}


def calls_of_aws() -> list[str]:
    text = (FOLDER / "s3.sh").read_text("utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.startswith("aws ")]


def cache_control(name: str) -> str:
    """The header that a file of the index gets: that of the first call that copies it."""
    for call in calls_of_aws():
        flags = shlex.split(call)[5:]
        pairs = list(zip(flags[::2], flags[1::2], strict=False))
        rules = [flag for flag, pattern in pairs if flag in RULES and fnmatch.fnmatchcase(name, pattern)]
        if not rules or rules[-1] == "--include":
            return dict(pairs)["--cache-control"]
    raise AssertionError(f"{name} is not copied")


def test_caches_keep_archives_alone(commands: Commands, history: History) -> None:
    history.release("acme.tool", "1.0")
    logo = commands.folder / "logo.svg"
    logo.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    options = ("--repository", history.url, "--destination", "index", "--site-logo", logo, "--wheels", "pure")
    assert commands.sdists_from_tags(*options).status == 0
    index = commands.folder / "index"
    names = [path.relative_to(index).as_posix() for path in index.rglob("*") if path.is_file()]
    archives = [name for name in names if name.endswith((".tar.gz", ".whl", ".metadata"))]
    assert {"style.css", "search.js", "feed.css", "logo.svg"} < {*names}
    assert {Path(name).suffix for name in archives} == {".gz", ".whl", ".metadata"}
    kept = [name for name in names if cache_control(name) == "max-age=31536000, immutable"]
    assert sorted(kept) == sorted(archives)
    assert {cache_control(name) for name in names if name not in archives} == {"no-cache"}


def test_the_calls_of_aws_have_flags_that_it_knows() -> None:
    calls = calls_of_aws()
    assert len(calls) == 5
    for call in calls:
        assert call.startswith('aws s3 sync "$from" "$to" ')
        assert set(re.findall(r"--[a-z-]+", call)) <= FLAGS
    assert [call for call in calls if "--delete" in call] == calls[-1:]
