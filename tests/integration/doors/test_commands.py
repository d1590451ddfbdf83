"""The commands against a real repository: what they build, say, leave alone, and exit with."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support.commands import Commands, index_files, program
from tests.support.history import History, setuptools_project

BROKEN = {"setup.py": "raise RuntimeError('no such luck')\n"}


@pytest.fixture
def released(history: History) -> History:
    """A history with two good releases of one project, and a broken one of another."""
    history.release("acme.greeting", "1.0")
    history.release("acme.greeting", "1.1")
    history.add_tag("broken", "0.1", BROKEN)
    return history


def test_a_failing_tag_stops_no_other_and_is_reported_once(released: History, commands: Commands) -> None:
    arguments = ("--repository", released.url, "--destination", "index")
    first = commands.sdists_from_tags(*arguments)
    assert first.status == 1, first.output
    assert "failed broken 0.1: RuntimeError: no such luck" in first.output
    assert index_files(commands.folder / "index") == [
        "acme-greeting/acme_greeting-1.0.tar.gz",
        "acme-greeting/acme_greeting-1.1.tar.gz",
    ]
    (log,) = (commands.folder / "index-state/logs").iterdir()
    assert str(log) in first.output
    assert "Traceback" in log.read_text()

    second = commands.sdists_from_tags(*arguments)
    assert (second.status, second.stderr) == (0, "")
    assert "1 tag failed before" in second.output
    assert "RuntimeError: no such luck" in second.output

    assert commands.sdists_from_tags(*arguments, "--strict").status == 1
    quiet = commands.sdists_from_tags(*arguments, "--quiet")
    assert (quiet.status, quiet.output) == (0, "")
    assert commands.sdists_from_tags(*arguments, "--retry-failed").status == 1


def test_a_current_folder_that_is_gone_is_told(commands: Commands) -> None:
    for command in (["sdists_from_tags"], ["make_sdist", "file:///srv/svn/acme/tags/1.0", "dist"]):
        given = " ".join([str(program(command[0])), *command[1:]])
        done = commands.run("sh", "-c", f"mkdir gone && cd gone && rmdir ../gone && exec {given}")
        assert done.status == 3
        assert done.stderr == (
            "error: The current folder cannot be found: No such file or directory\n"
            "Change into a folder that is there: cd /\n"
        )


def test_a_failing_tag_is_tried_again_once_it_changed(released: History, commands: Commands) -> None:
    arguments = ("--repository", released.url, "--destination", "index")
    assert commands.sdists_from_tags(*arguments).status == 1
    released.delete("broken/tags/0.1")
    released.add_tag("broken", "0.1", setuptools_project("broken", "0.1"))
    mended = commands.report(*arguments)
    assert [each["filename"] for each in mended["published"]] == ["broken-0.1.tar.gz"]
    assert mended["still_failing"] == []
    assert commands.report(*arguments)["still_failing"] == []


def test_a_dry_run_says_what_it_would_build_and_changes_nothing(
    released: History, commands: Commands
) -> None:
    arguments = ("--repository", released.url, "--destination", "index", "--dry-run")
    done = commands.sdists_from_tags(*arguments)
    assert done.status == 0, done.output
    assert "would build acme.greeting 1.1" in done.output
    assert list(commands.folder.iterdir()) == []
    report = commands.report(*arguments)
    assert [each["tag"] for each in report["to_build"]] == ["1.0", "1.1", "0.1"]


def test_the_json_report_holds_every_outcome(released: History, commands: Commands) -> None:
    report = commands.report("--repository", released.url, "--destination", "index")
    assert report["exit_status"] == 1
    assert sorted(each["filename"] for each in report["published"]) == [
        "acme_greeting-1.0.tar.gz",
        "acme_greeting-1.1.tar.gz",
    ]
    assert [each["project"] for each in report["failed"]] == ["broken"]
    assert (report["releases"], report["projects"]) == (2, 1)


def test_a_second_run_waits_for_the_lock_and_gives_up(released: History, commands: Commands) -> None:
    state = commands.folder / "index-state"
    state.mkdir()
    arguments = ("--repository", released.url, "--destination", "index")
    with FileLock(state / "lock"):
        begun = time.monotonic()
        done = commands.sdists_from_tags(*arguments, "--wait", "1")
        assert (done.status, time.monotonic() - begun > 1) == (4, True)
        assert "Another run works on" in done.stderr
    assert commands.sdists_from_tags(*arguments).status == 1


def test_the_repository_that_does_not_answer_is_named(commands: Commands, tmp_path: Path) -> None:
    url = (tmp_path / "nowhere").as_uri()
    done = commands.sdists_from_tags("--repository", url, "--destination", "index")
    assert done.status == 3
    assert url in done.stderr


def test_one_repository_that_does_not_answer_does_not_keep_the_others(
    released: History, commands: Commands, tmp_path: Path
) -> None:
    gone = (tmp_path / "nowhere").as_uri()
    done = commands.sdists_from_tags(
        "--repository", gone, "--repository", released.url, "--destination", "index"
    )
    assert done.status == 3
    assert gone in done.output
    assert len(index_files(commands.folder / "index")) == 2


def test_the_quicker_way_is_used_or_warned_about(
    released: History, commands: Commands, tmp_path: Path
) -> None:
    gone = (tmp_path / "nowhere").as_uri()
    away = "http://127.0.0.1:9/svn"
    quick = ("--repository", away, "--repository-on-server", released.url, "--destination", "index")
    report = commands.report(*quick)
    assert report["warnings"] == []
    assert report["published"][0]["url"].startswith(away)
    slow = ("--repository", released.url, "--repository-on-server", gone, "--destination", "index")
    report = commands.report(*slow)
    assert gone in report["warnings"][0]
    # The same tags by another URL: nothing is built again.
    assert report["published"] == []


def test_every_wrong_option_is_reported_at_once(commands: Commands) -> None:
    done = commands.sdists_from_tags(
        "--jobs", "many", "--timeout", "0", "--tag-patern", "x", "--repository", "no"
    )
    assert done.status == 2
    for wrong in ("--jobs", "--timeout", "--tag-patern", "did you mean --tag-pattern?", "'no'"):
        assert wrong in done.stderr


def test_a_tag_that_takes_too_long_is_ended(history: History, commands: Commands) -> None:
    history.add_tag("slow", "1.0", {"setup.py": "import time\ntime.sleep(600)\n"})
    history.release("good", "1.0")
    report = commands.report("--repository", history.url, "--destination", "index", "--timeout", "3")
    assert [each["reason"] for each in report["failed"]] == [
        "The build took longer than 3 seconds. Allow more time with the option timeout."
    ]
    assert [each["project"] for each in report["published"]] == ["good"]


def test_a_version_that_disagrees_with_the_tag_is_told_or_refused(
    history: History, commands: Commands
) -> None:
    history.add_tag("pkg", "2.0", setuptools_project("pkg", "1.9"))
    arguments = ("--repository", history.url, "--destination", "index")
    refused = commands.report(*arguments, "--version-mismatch", "refuse")
    assert "the tag says version 2.0, its metadata 1.9" in refused["failed"][0]["reason"]
    published = commands.report(*arguments)["published"]
    assert published[0]["warnings"] == ["the tag says version 2.0, its metadata 1.9"]
    assert published[0]["filename"] == "pkg-1.9.tar.gz"


def test_of_two_tags_with_one_name_and_version_the_first_stays(history: History, commands: Commands) -> None:
    history.release("a/pkg", "1.0", dist="pkg")
    arguments = ("--repository", history.url, "--destination", "index")
    commands.report(*arguments)
    before = (commands.folder / "index/pkg/pkg-1.0.tar.gz").read_bytes()
    history.add_tag("b/pkg", "1.0", {**setuptools_project("pkg", "1.0"), "pkg.py": "version = 'other'\n"})
    report = commands.report(*arguments)
    assert "pkg-1.0.tar.gz was published from" in report["failed"][0]["reason"]
    assert (commands.folder / "index/pkg/pkg-1.0.tar.gz").read_bytes() == before
    assert commands.report(*arguments)["failed"] == []


def test_what_is_missing_is_written_again(released: History, commands: Commands) -> None:
    arguments = ("--repository", released.url, "--destination", "index")
    commands.report(*arguments)
    index = commands.folder / "index"
    project = index / "acme-greeting"
    expected = {path: path.read_bytes() for path in sorted(index.rglob("*")) if path.is_file()}
    for path in (index / "index.html", project / "index.json", project / "acme_greeting-1.1.tar.gz"):
        path.unlink()
    (index / "acme.greeting/acme.greeting-1.1.tar.gz").unlink()
    (commands.folder / "index-apache.conf").unlink()
    assert [each["version"] for each in commands.report(*arguments)["published"]] == ["1.1"]
    assert {path: path.read_bytes() for path in sorted(index.rglob("*")) if path.is_file()} == expected
    assert (commands.folder / "index-apache.conf").exists()


def test_an_archive_that_is_missing_is_had_from_its_second_name(
    released: History, commands: Commands
) -> None:
    arguments = ("--repository", released.url, "--destination", "index")
    commands.report(*arguments)
    archive = commands.folder / "index/acme-greeting/acme_greeting-1.1.tar.gz"
    second = commands.folder / "index/acme.greeting/acme.greeting-1.1.tar.gz"
    archive.unlink()
    assert commands.report(*arguments)["published"] == []
    assert archive.samefile(second)


def test_a_project_that_never_built_keeps_its_name_private(released: History, commands: Commands) -> None:
    commands.report("--repository", released.url, "--destination", "index")
    marker = commands.folder / "index/broken"
    assert marker.is_dir()
    assert list(marker.iterdir()) == []


def test_filters_choose_projects_and_versions(history: History, commands: Commands) -> None:
    for path, versions in {
        "team/one": ["1.0", "1.1", "1.2rc1"],
        "team/two": ["1.0"],
        "other/three": ["v1.0", "release-1.1", "three-1.2", "before-merge"],
        "attic/four": ["1.0"],
    }.items():
        for name in versions:
            version = name.removeprefix("three-").removeprefix("release-").removeprefix("v")
            history.add_tag(path, name, setuptools_project(path.rpartition("/")[2], version))
    arguments = ("--repository", history.url, "--destination", "index", "--dry-run")

    def chosen(*options: str) -> list[str]:
        plan = commands.report(*arguments, *options)["to_build"]
        return [f"{each['project']} {each['version']}" for each in plan]

    everything = [
        "four 1.0",
        "three 1.1",
        "three 1.2",
        "three 1.0",
        "one 1.0",
        "one 1.1",
        "one 1.2rc1",
        "two 1.0",
    ]
    assert chosen() == everything
    assert chosen("--ignore", "attic", "--include", "team/*", "--exclude", "*/two") == everything[4:7]
    assert chosen("--ignore", "attic", "--include", "team/*", "--prereleases", "no", "--newest", "1") == [
        "one 1.1",
        "two 1.0",
    ]
    assert chosen("--stop-indicators", "one") == everything[:4]
    assert chosen("--tag-pattern", r"(?P<version>\d[\d.]*)") == ["four 1.0", "one 1.0", "one 1.1", "two 1.0"]


def test_make_sdist_builds_one_tag(released: History, commands: Commands) -> None:
    url = f"{released.url}/acme.greeting/tags/1.0"
    done = commands.make_sdist(url, "dist")
    assert done.status == 0, done.output
    path = commands.folder / "dist/acme-greeting/acme_greeting-1.0.tar.gz"
    assert done.stdout == f"{path}\n"
    assert path.is_file()
    assert commands.make_sdist(url, "dist").status == 0
    path.write_bytes(b"other")
    again = commands.make_sdist(url, "dist")
    assert (again.status, path.read_bytes()) == (3, b"other")
    assert commands.make_sdist(f"{released.url}/broken/tags/0.1", "dist").status == 1
    assert commands.make_sdist(f"{released.url}/nothing/tags/0.1", "dist").status == 3


@pytest.mark.parametrize(
    ("path", "cure"),
    [
        (
            "acme.greeting/tags",
            "2 of its folders have one. Give the URL of a tag that has one, or of such a folder",
        ),
        ("acme.greeting", "pyproject.toml. Give the URL of a tag that has one.\n"),
    ],
)
def test_make_sdist_asks_for_the_url_of_a_tag(
    released: History, commands: Commands, path: str, cure: str
) -> None:
    done = commands.make_sdist(f"{released.url}/{path}", "dist")
    assert done.status == 1
    assert cure in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--include-versioned-files", "never"),
        ("--unbuildable", "archive"),
        ("--pythons", sys.executable, "--sandbox", "none", "--verify-builds", "always"),
    ],
)
def test_make_sdist_takes_the_options_that_change_archives(
    released: History, commands: Commands, options: tuple[str, ...]
) -> None:
    project = setuptools_project("acme.data", "1.0")
    released.add_tag("acme.data", "1.0", {**project, "data.txt": "needed"})
    commands.sdists_from_tags("--repository", released.url, "--destination", "index", *options)
    published = {path.name: path.read_bytes() for path in commands.folder.glob("index/*/*.tar.gz")}
    for tag in ("acme.data/tags/1.0", "broken/tags/0.1"):
        commands.make_sdist(f"{released.url}/{tag}", "dist", *options)
    made = {path.name: path.read_bytes() for path in commands.folder.glob("dist/*/*.tar.gz")}
    assert set(made) == {"acme_data-1.0.tar.gz", *(["broken-0.1.tar.gz"] if "archive" in options else [])}
    assert {name: published[name] for name in made} == made


def test_make_sdist_makes_what_sdists_from_tags_publishes(released: History, commands: Commands) -> None:
    commands.make_sdist(f"{released.url}/acme.greeting/tags/1.0", "dist")
    commands.report("--repository", released.url, "--destination", "index")
    name = "acme-greeting/acme_greeting-1.0.tar.gz"
    assert (commands.folder / "dist" / name).read_bytes() == (commands.folder / "index" / name).read_bytes()


def test_without_configuration_the_example_is_built(commands: Commands, public: str) -> None:
    done = commands.sdists_from_tags()
    assert done.status == 1, done.output
    files = index_files(commands.folder / "var/private")
    assert len(files) > 20
    assert any(name.startswith("acme-greeting/") for name in files)
    assert commands.sdists_from_tags().status == 0


@pytest.mark.parametrize("umask", [0o022, 0o027])
def test_files_follow_the_umask(history: History, commands: Commands, umask: int) -> None:
    history.release("pkg", "1.0")
    command = [str(program("sdists_from_tags")), "--repository", history.url, "--destination", "index"]
    script = f"import os, sys; os.umask({umask}); os.execv(sys.argv[1], sys.argv[1:])"
    done = commands.run(program("python"), "-c", script, *command)
    assert done.status == 0, done.output
    for path in (commands.folder / "index").rglob("*"):
        assert path.stat().st_mode & 0o777 & umask == 0
        assert path.stat().st_mode & 0o444 == 0o444 & ~umask


def test_json_goes_alone_to_standard_output(released: History, commands: Commands) -> None:
    done = commands.sdists_from_tags("--json", "--repository", released.url, "--destination", "index")
    assert json.loads(done.stdout)
    assert os.linesep.join(done.stderr.splitlines()) == ""


@pytest.mark.skipif(sys.version_info < (3, 11), reason="older Pythons always look into the current folder")
@pytest.mark.parametrize("name", ["multiprocessing", "sdistmaker_recipe", "tarfile", "signal"])
def test_modules_of_the_current_folder_are_not_imported(
    history: History, commands: Commands, name: str
) -> None:
    for version in ("1.0", "1.1", "1.2"):
        history.release("acme", version)
    (commands.folder / f"{name}.py").write_text("open('imported', 'w').close()\nraise SystemExit(7)\n")
    done = commands.sdists_from_tags("--repository", history.url, "--destination", "index", "--jobs", "2")
    assert done.status == 0, done.output
    assert not (commands.folder / "imported").exists()
