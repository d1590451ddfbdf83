"""The recipe in real buildout runs: what it writes, when the engine runs, and what never gets lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.commands import Commands, index_files
from tests.support.history import History

CONFIG = """\
[buildout]
parts = {parts}

[sdists]
recipe = sdistmaker_recipe
repository = {url}
{options}
"""


@pytest.fixture
def released(history: History) -> History:
    """A history with one release."""
    history.release("acme.greeting", "1.0")
    return history


def config(history: History, options: str = "", parts: str = "sdists") -> str:
    return CONFIG.format(url=history.url, options=options, parts=parts)


def _part(commands: Commands) -> str:
    """The section of the part in .installed.cfg."""
    installed = (commands.folder / ".installed.cfg").read_text()
    return installed[installed.index("[sdists]") :].partition("\n[")[0].strip()


def test_the_script_does_what_the_part_does(released: History, commands: Commands, tmp_path: Path) -> None:
    done = commands.buildout(config(released, "run = false\ntag-pattern = v?(?P<version>[0-9]+[.][0-9]+)$"))
    assert done.status == 0, done.output
    assert not (commands.folder / "var").exists()
    script = commands.folder / "bin/sdists_from_tags"
    elsewhere = Commands(tmp_path, commands.environment)
    made = elsewhere.run(script)
    assert made.status == 0, made.output
    assert index_files(commands.folder / "var/private") == ["acme-greeting/acme_greeting-1.0.tar.gz"]
    assert "nothing to build" in elsewhere.run(script).output
    assert "would build" in elsewhere.run(script, "--dry-run", "--destination", "other").output


def test_only_scripts_are_given_to_buildout_for_deletion(released: History, commands: Commands) -> None:
    commands.buildout(config(released))
    owned = _part(commands).partition("__buildout_installed__ = ")[2].partition("\n__")[0].split()
    assert owned == [str(commands.folder / "bin/sdists_from_tags")]
    gone = commands.buildout("[buildout]\nparts =\n")
    assert gone.status == 0, gone.output
    assert not (commands.folder / "bin/sdists_from_tags").exists()
    assert index_files(commands.folder / "var/private") == ["acme-greeting/acme_greeting-1.0.tar.gz"]


def test_no_internals_land_in_installed_cfg(released: History, commands: Commands) -> None:
    commands.buildout(config(released))
    lines = _part(commands).splitlines()
    keys = {line.partition(" = ")[0] for line in lines if " = " in line and not line.startswith("\t")}
    assert keys == {
        "__buildout_installed__",
        "__buildout_signature__",
        "apache-config",
        "destination",
        "recipe",
        "repository",
    }


def test_other_parts_can_refer_to_what_it_makes(released: History, commands: Commands) -> None:
    other = """
[other]
recipe = zc.recipe.egg
eggs = sdistmaker_recipe
scripts = make_sdist=other
initialization = made = '${sdists:apache-config} ${sdists:destination}'
"""
    done = commands.buildout(config(released, "run = false", parts="sdists other") + other)
    assert done.status == 0, done.output
    private = commands.folder / "var/private"
    assert f"made = '{private}-apache.conf {private}'" in (commands.folder / "bin/other").read_text()


def test_offline_the_repository_is_not_looked_at(commands: Commands, history: History) -> None:
    unreachable = CONFIG.format(url="svn://127.0.0.1:9/x", options="", parts="sdists")
    done = commands.buildout(unreachable, "-o")
    assert done.status == 0, done.output
    assert done.output.count("Offline: the repository is not read, and the index stays as it is.") == 1
    assert (commands.folder / "bin/sdists_from_tags").exists()


def test_not_newest_updates_leave_the_engine_alone(released: History, commands: Commands) -> None:
    assert commands.buildout(config(released), "-N").status == 0
    released.release("acme.greeting", "1.1")
    assert commands.buildout(config(released), "-N").status == 0
    assert len(index_files(commands.folder / "var/private")) == 1
    assert commands.buildout(config(released)).status == 0
    assert len(index_files(commands.folder / "var/private")) == 2


def test_a_hard_failure_keeps_script_and_part_and_status(released: History, commands: Commands) -> None:
    assert commands.buildout(config(released)).status == 0
    before = _part(commands)
    released.folder.rename(released.folder.with_name("away"))
    failed = commands.buildout(config(released))
    assert failed.status == 3
    assert released.url in failed.output
    assert (commands.folder / "bin/sdists_from_tags").exists()
    assert _part(commands) == before
    assert len(index_files(commands.folder / "var/private")) == 1
    released.folder.with_name("away").rename(released.folder)
    again = commands.buildout(config(released))
    assert (again.status, "Updating sdists" in again.output) == (0, True)


def test_a_failing_tag_is_logged_and_buildout_goes_on(released: History, commands: Commands) -> None:
    released.add_tag("broken", "0.1", {"setup.py": "1 / 0\n"})
    done = commands.buildout(config(released))
    assert done.status == 0, done.output
    assert "sdists: failed broken 0.1: ZeroDivisionError: division by zero" in done.output


def test_two_parts_stand_side_by_side(released: History, commands: Commands) -> None:
    second = f"""
[more]
recipe = sdistmaker_recipe
repository = {released.url}
script = more_sdists
destination = var/more
"""
    done = commands.buildout(config(released, parts="sdists more") + second)
    assert done.status == 0, done.output
    assert {path.name for path in (commands.folder / "bin").iterdir()} >= {"sdists_from_tags", "more_sdists"}
    for name in ("private", "more"):
        assert len(index_files(commands.folder / "var" / name)) == 1


@pytest.mark.parametrize("shared", ["script", "destination"])
def test_two_parts_that_would_overwrite_each_other_are_refused(
    released: History, commands: Commands, shared: str
) -> None:
    own = {"script": "script = more_sdists", "destination": "destination = var/more"}
    own.pop(shared)
    (option,) = own.values()
    second = f"\n[more]\nrecipe = sdistmaker-recipe\nrepository = {released.url}\n{option}\n"
    done = commands.buildout(config(released, parts="sdists more") + second)
    assert done.status == 1
    assert f"have the same {shared}" in done.output
    assert "An internal error" not in done.output


@pytest.mark.parametrize("parts", ["web", "web one", "one web"])
def test_parts_that_others_only_refer_to_are_refused_like_all(
    released: History, commands: Commands, parts: str
) -> None:
    own = f"recipe = sdistmaker_recipe\nrepository = {released.url}\nrun = false\n"
    refers = "script = web\nsite-title = ${one:destination} ${two:destination}\n"
    sections = {"web": f"{own}{refers}destination = var/web\n", "one": own, "two": own}
    text = "".join(f"\n[{name}]\n{options}" for name, options in sections.items())
    done = commands.buildout(f"[buildout]\nparts = {parts}\n{text}")
    assert done.status == 1
    assert "[two] and [one] have the same script" in done.output
    assert not (commands.folder / "bin/sdists_from_tags").exists()
    done = commands.buildout(f"[buildout]\nparts = one\n{text}")
    assert done.status == 0, "only parts that buildout installs count"


WRONG = """\
reserved = acme*[z-a]
require = user bob
public-index = file:///x
site-logo = nothing.png
password-variable = NOT_SET
"""
WRONG_OPTIONS = ("reserved", "require", "public-index", "site-logo", "password-variable")


@pytest.mark.parametrize("more", ["", "timeout = never", "run = false"])
def test_options_that_are_wrong_together_are_told_before_anything_is_installed(
    released: History, commands: Commands, more: str
) -> None:
    other = f"\n[other]\nrecipe = sdistmaker_recipe\nrepository = {released.url}\ndestination = var/other\n"
    part = config(released, f"{WRONG}{more}", parts="other sdists") + f"{other}script = other\nrun = false\n"
    done = commands.buildout(part)
    assert done.status == 1
    # A part that runs nothing needs no password.
    told = (
        *WRONG_OPTIONS[: -1 if more.startswith("run") else None],
        *(["timeout"] if "never" in more else []),
    )
    assert [name for name in (*WRONG_OPTIONS, "timeout") if f": {name}" in done.output] == list(told)
    assert "An internal error" not in done.output
    assert [path.name for path in (commands.folder / "bin").iterdir()] == ["buildout"]


@pytest.mark.parametrize("flag", [(), ("--print-cron",), ("--print-hook",), ("--dry-run",)])
def test_the_script_tells_all_options_that_are_wrong_together(
    released: History, commands: Commands, flag: tuple[str, ...]
) -> None:
    lines = [line.split(" = ") for line in WRONG.splitlines()]
    wrong = [word for name, value in lines for word in (f"--{name}", value)]
    done = commands.sdists_from_tags("--repository", released.url, *wrong, "--timeout", "never", *flag)
    assert (done.status, done.stdout) == (2, "")
    # What is printed runs in another environment.
    told = WRONG_OPTIONS[:-1] if flag and "print" in flag[0] else WRONG_OPTIONS
    assert [name for name in WRONG_OPTIONS if f": {name}" in done.stderr] == list(told)
    assert "--timeout = 'never'" in done.stderr


def test_all_wrong_options_are_told_at_once(released: History, commands: Commands) -> None:
    done = commands.buildout(config(released, "jobs = many\ntag-patern = x\npassword-variable = pass word"))
    assert done.status == 1
    for wrong in ("[sdists]: jobs", "[sdists]: tag-patern", "did you mean tag-pattern?", "password-variable"):
        assert wrong in done.output
    assert "pass word" not in done.output
    assert "An internal error" not in done.output


def test_a_destination_that_cannot_be_looked_at_is_told(released: History, commands: Commands) -> None:
    done = commands.buildout(config(released, f"destination = {'x' * 300}"))
    assert done.status == 1
    assert "-state: File name too long\nUse a shorter path." in done.output
    assert "An internal error" not in done.output


def test_comments_in_options_are_no_values(released: History, commands: Commands) -> None:
    options = "ignore =\n    # the old ones\n    attic\n    .svn ; hidden\n"
    done = commands.buildout(config(released, options))
    assert done.status == 0, done.output


def test_a_damaged_script_is_written_again(released: History, commands: Commands) -> None:
    commands.buildout(config(released))
    script = commands.folder / "bin/sdists_from_tags"
    good = script.read_text()
    script.write_text("")
    commands.buildout(config(released))
    assert script.read_text() == good
    assert os.access(script, os.X_OK)


DEFAULTS_1_4 = """\
# Svn url where to start searching for tag directories.
BASE = {url!r}

# If you run sdistmaker on the server where the repository is, a file:// url is quicker.
BASE_ON_SERVER = ''

# Don't recurse into directories named like this:
BLACKLIST = [
    '.svn',
    '.attic',
    ]

STOP_INDICATORS = [
    #'src',
    'buildout.cfg',
    ]

# Name of the output "pypi" directory.
OUTDIR = 'var/private'
"""

PART_1_4 = """\
[buildout]
parts = sdists

[sdists]
recipe = zc.recipe.egg
eggs = sdistmaker_recipe
scripts = sdists_from_tags
arguments =
    defaults_file='${buildout:directory}/defaults.py',
"""


def test_a_part_and_a_defaults_file_of_sdistmaker_1_4_work(released: History, commands: Commands) -> None:
    released.release(".attic/old", "1.0")
    (commands.folder / "defaults.py").write_text(DEFAULTS_1_4.format(url=released.url))
    done = commands.buildout(PART_1_4)
    assert done.status == 0, done.output
    made = commands.run("bin/sdists_from_tags")
    assert made.status == 0, made.output
    assert index_files(commands.folder / "var/private") == ["acme-greeting/acme_greeting-1.0.tar.gz"]


def test_the_old_argument_python_is_the_building_interpreter(released: History, commands: Commands) -> None:
    (commands.folder / "defaults.py").write_text(DEFAULTS_1_4.format(url=released.url))
    arguments = "defaults_file='${buildout:directory}/defaults.py', python='/nowhere/python'"
    part = PART_1_4.partition("arguments")[0] + f"arguments = {arguments}\n"
    assert commands.buildout(part).status == 0
    made = commands.run("bin/sdists_from_tags")
    assert made.status != 0
    assert "/nowhere/python" in made.output
