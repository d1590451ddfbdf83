"""Manual pages are shown without complaint, and each shell completes a flag and a value."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.requirements import need, wish

ROOT = Path(__file__).parents[2]
PAGES = [str(page) for page in sorted((ROOT / "share/man/man1").iterdir())]
LINES = {
    "sdists_from_tags --repository https://svn.example.com/svn --exec": ["--executor"],
    "sdists_from_tags --executor ": ["dask", "local"],
    "sdists_from_tags --wheels-for": ["--wheels-for-all"],
    "sdists_from_tags --help web": ["web-server"],
    "make_sdist --externals same-": ["same-host", "same-repository"],
    "make_sdist https://svn.example.com/svn/acme/tags/1.0 --tool": ["--toolchain"],
}
"""What completes a line, without descriptions."""


def run(*command: str, given: str = "", folder: Path = ROOT) -> str:
    """The output of a command that complains about nothing."""
    done = subprocess.run(command, cwd=folder, input=given, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_groff_formats_the_manual_pages_without_a_warning() -> None:
    wish(["groff"], [])
    for page in PAGES:
        shown = run("groff", "-man", "-ww", "-rHY=0", "-Tascii", "-P-cbou", page)
        assert "--help" in shown
        assert "EXIT STATUS" in shown
    assert r"(?P<version>\d.*)" in "".join(shown.split())


def test_mandoc_finds_nothing_wrong_with_the_manual_pages() -> None:
    wish(["mandoc"], [])
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *PAGES], capture_output=True, text=True)
    # A page that is written anew has to be the same, so it has no date.
    assert [line for line in done.stdout.splitlines() if "missing date" not in line] == []


@pytest.mark.parametrize(("line", "completed"), LINES.items())
def test_bash_completes(line: str, completed: list[str]) -> None:
    need("bash")
    command, *words = line.split(" ")
    script = (
        'source "share/bash-completion/completions/$1"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))\n'
        '$(complete -p "$1" | sed "s/.* -F \\([^ ]*\\) .*/\\1/"); '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    found = run("bash", "--norc", "-u", "-c", script, "bash", command, *words)
    assert sorted(found.split()) == completed


def test_bash_completes_a_folder(tmp_path: Path) -> None:
    need("bash")
    (tmp_path / "index").mkdir()
    (tmp_path / "index.txt").touch()
    script = (
        f'source "{ROOT}/share/bash-completion/completions/sdists_from_tags"\n'
        "COMP_WORDS=(sdists_from_tags --destination ind); COMP_CWORD=2\n"
        '_shtab_sdists_from_tags; echo "${COMPREPLY[@]}"'
    )
    assert run("bash", "--norc", "-c", script, folder=tmp_path) == "index\n"


@pytest.mark.parametrize(("line", "completed"), LINES.items())
def test_fish_completes(line: str, completed: list[str]) -> None:
    wish(["fish"], [])
    path = f"share/fish/vendor_completions.d/{line.split()[0]}.fish"
    found = run("fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", path, line)
    assert sorted(line.partition("\t")[0] for line in found.splitlines()) == completed


@pytest.mark.parametrize(("line", "completed"), LINES.items())
def test_zsh_completes(line: str, completed: list[str], tmp_path: Path) -> None:
    wish(["zsh"], [])
    wanted = [f"{line.rpartition(' ')[0]} {completed[0]} "] if len(completed) == 1 else completed
    ours, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TERM": "dumb"}
    # The completion of zsh works in a terminal only.
    shell = subprocess.Popen(
        ["zsh", "-f", "-i"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        cwd=ROOT,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        find = f"fpath=({ROOT}/share/zsh/site-functions $fpath); autoload -U compinit; compinit -D -u"
        os.write(ours, f"{find}; PS1=rea; PS1+=dy\n".encode())
        read_until(ours, ["ready"])
        os.write(ours, f"{line}\t\t".encode())
        read_until(ours, wanted)
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)


def read_until(terminal: int, words: list[str]) -> None:
    """Read what the terminal shows, until it has shown all words."""
    shown = ""
    limit = time.monotonic() + 30
    while not all(word in shown for word in words):
        assert time.monotonic() < limit, shown
        if select.select([terminal], [], [], 1)[0]:
            shown += os.read(terminal, 4096).decode()
