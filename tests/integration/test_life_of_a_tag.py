"""Tags are deleted, made again and moved, and releases withdrawn by an option; through the command."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import tarfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import public_index
from tests.support.commands import WITHOUT_WHEELS, Commands, index_files, program
from tests.support.history import History, setuptools_project, tree
from tests.support.old_index import add_archive
from tests.support.requirements import need
from tests.support.svndump import Change, add_file

pytestmark = pytest.mark.usefixtures("forked_commands")

SLOW = "import time\ntime.sleep(600)\n"
FILE = "ledger-1.0.tar.gz"


@dataclass
class Index:
    """A repository, and the index that runs make of it."""

    history: History
    commands: Commands

    def run(self, *options: str) -> dict[str, Any]:
        """Run the command, which has to end well: its report."""
        found = self.commands.report(*self.arguments, *options)
        assert found["exit_status"] == 0, found
        return found

    def text(self, *options: str) -> list[str]:
        """What the command prints."""
        done = self.commands.sdists_from_tags(*self.arguments, *options)
        assert done.status == 0, done.output
        return done.stdout.splitlines()

    @property
    def arguments(self) -> tuple[str, ...]:
        return "--repository", self.history.url, "--destination", "index"

    @property
    def folder(self) -> Path:
        return self.commands.folder / "index"

    @property
    def files(self) -> list[str]:
        return list(index_files(self.folder))

    def page(self, project: str = "ledger") -> dict[str, Any]:
        return json.loads((self.folder / project / "index.json").read_text("utf-8"))

    def yanked(self, project: str = "ledger") -> dict[str, Any]:
        """Why files are yanked, by name, as the page for programs has it."""
        return {file["filename"]: file["yanked"] for file in self.page(project)["files"] if "yanked" in file}

    def catalog(self, statement: str, *values: object) -> list[Any]:
        path = self.commands.folder / "index-state/catalog.sqlite3"
        with closing(sqlite3.connect(path)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    @property
    def head(self) -> int:
        done = subprocess.run(
            ["svnlook", "youngest", str(self.history.folder)], capture_output=True, text=True, check=True
        )
        return int(done.stdout)

    def svn(self, action: str, *paths: str) -> None:
        """Commit what svn does to paths of the repository."""
        urls = [f"{self.history.url}/{path}" for path in paths]
        subprocess.run(["svn", action, "--quiet", "--message", action, "--parents", *urls], check=True)


@pytest.fixture
def index(history: History, commands: Commands) -> Index:
    """An index of two releases of one project, and one of another."""
    need("svn")
    need("svnlook")
    made = Index(history, commands)
    for version in ("0.9", "1.0"):
        history.release("ledger", version)
    history.release("other", "1.0")
    assert len(made.run()["published"]) == 3
    return made


def names(release_changes: list[dict[str, Any]]) -> dict[str, str]:
    return {release_change["filename"]: release_change["reason"] for release_change in release_changes}


class TestDeletedTags:
    def test_yank_their_releases_until_they_are_back(self, index: Index) -> None:
        there = index.head
        page = (index.folder / "other/index.html").stat().st_mtime_ns
        index.history.delete("ledger/tags/1.0")
        gone = index.head
        index.history.release("other", "1.1")
        reason = f"tag deleted in r{gone}"
        assert names(index.run("--dry-run")["yanked"]) == {FILE: reason}
        assert index.yanked() == {}, "a dry run changes nothing"
        assert f"would yank {FILE}: {reason}" in index.text("--dry-run")
        found = index.run()
        assert names(found["yanked"]) == {FILE: reason}
        assert found["yanked"][0]["url"] == f"{index.history.url}/ledger/tags/1.0"
        assert index.yanked() == {FILE: reason}
        assert f'data-yanked="{reason}"' in (index.folder / "ledger/index.html").read_text("utf-8")
        assert reason in (index.folder / "ledger/about.html").read_text("utf-8")
        assert f"ledger/{FILE}" in index.files
        assert (index.folder / "other/index.html").stat().st_mtime_ns > page
        quiet = index.run()
        assert (quiet["yanked"], quiet["restored"], quiet["warnings"]) == ([], [], [])

        index.svn("copy", f"ledger/tags/1.0@{there}", "ledger/tags/1.0")
        found = index.run()
        assert names(found["restored"]) == {FILE: "its tag is there again"}
        assert found["published"] == []
        (warning,) = found["warnings"]
        assert f"the tag is now at {index.head}, the published file stays" in warning
        assert index.yanked() == {}
        again = index.run()
        assert (again["restored"], again["warnings"]) == ([], []), "it is said once"
        index.history.release("ledger", "1.1")
        assert index.run()["warnings"] == []

    def test_are_passed_over_by_pip_but_for_their_very_version(self, index: Index) -> None:
        index.history.delete("ledger/tags/1.0")
        index.run()
        python = index.commands.clean_python("environment")
        with public_index.serve(index.folder, index.commands.folder / "log") as server:
            url = f"http://127.0.0.1:{server.port}/"
            for requirement, version in (("ledger", "0.9"), ("ledger==1.0", "1.0")):
                pip = (program("pip"), "--python", python, "install", "--index-url", url, "--no-cache-dir")
                options = ("--no-deps", "--no-build-isolation", "--dry-run")
                done = index.commands.run(*pip, *options, requirement)
                assert f"Would install ledger-{version}" in done.stdout, done.output
                assert ("tag deleted in r" in done.output) == (version == "1.0")

    def test_are_dealt_with_as_a_changed_option_says(self, index: Index) -> None:
        index.history.delete("ledger/tags/1.0")
        reason = f"tag deleted in r{index.head}"
        kept = index.run("--deleted-tags", "keep")
        assert (kept["yanked"], index.yanked()) == ([], {})
        assert names(index.run()["yanked"]) == {FILE: reason}
        assert index.yanked() == {FILE: reason}
        assert names(index.run("--deleted-tags", "keep")["restored"]) == {
            FILE: "no option withdraws it any more"
        }
        assert index.yanked() == {}
        assert names(index.run("--deleted-tags", "remove")["removed"]) == {FILE: reason}
        assert f"ledger/{FILE}" not in index.files

    @pytest.mark.parametrize(
        "option",
        [
            ("--exclude", "ledger"),
            ("--ignore", "ledger"),
            ("--stop-indicators", "trunk"),
            ("--tag-pattern", r"(?P<version>0.*)"),
            ("--include", "other"),
        ],
        ids=lambda option: option[0].strip("-"),
    )
    def test_are_not_those_that_an_option_hides(self, index: Index, option: tuple[str, str]) -> None:
        for mode in ("yank", "remove"):
            found = index.run(*option, "--deleted-tags", mode)
            assert (found["yanked"], found["removed"]) == ([], [])
        assert index.yanked() == {}
        assert len(index.files) == 3

    def test_are_not_those_of_a_project_that_is_none_any_more(self, index: Index) -> None:
        index.history.delete("ledger/trunk")
        assert index.run()["yanked"] == []
        assert index.yanked() == {}

    def test_are_noticed_in_what_was_hidden_by_a_full_scan(self, index: Index) -> None:
        index.run("--exclude", "ledger")
        index.history.delete("ledger/tags/1.0")
        assert index.run("--exclude", "ledger")["yanked"] == []
        assert names(index.run("--exclude", "ledger", "--full-scan")["yanked"]) == {
            FILE: f"tag deleted in r{index.head}"
        }

    def test_are_not_those_of_a_repository_that_is_not_read(self, index: Index, tmp_path: Path) -> None:
        other = History(tmp_path / "second")
        other.release("second", "1.0")
        both = ("--repository", index.history.url, "--repository", other.url, "--destination", "index")
        assert index.commands.report(*both)["releases"] == 4
        assert index.run()["releases"] == 4, "no longer configured"
        other.folder.rename(tmp_path / "away")
        assert index.commands.report(*both)["exit_status"] == 3
        assert index.yanked("second") == {}

    def test_that_were_deleted_with_their_project(self, index: Index) -> None:
        index.history.delete("ledger")
        found = index.run()
        assert set(names(found["yanked"]).values()) == {f"tag deleted in r{index.head}"}
        assert len(index.yanked()) == 2
        assert index.page()["files"][0]["filename"] == "ledger-0.9.tar.gz"


class TestRemove:
    def test_takes_files_and_pages_away_but_not_the_name(self, index: Index) -> None:
        index.history.add_tag("Acme.Dots", "1.0", setuptools_project("Acme.Dots", "1.0"))
        index.run()
        written = index.folder / "Acme.Dots"
        assert len(list(written.iterdir())) == 2
        assert (index.folder / "acme.dots").is_dir()
        index.history.delete("Acme.Dots/tags/1.0")
        index.history.delete("ledger/tags/1.0")
        assert set(names(index.run("--deleted-tags", "remove", "--dry-run")["removed"])) == {
            "acme_dots-1.0.tar.gz",
            FILE,
        }
        found = index.run("--deleted-tags", "remove")
        assert set(names(found["removed"])) == {"acme_dots-1.0.tar.gz", FILE}
        assert (found["yanked"], found["releases"], found["projects"]) == ([], 2, 2)
        assert index.files == ["ledger/ledger-0.9.tar.gz", "other/other-1.0.tar.gz"]
        assert [file["filename"] for file in index.page()["files"]] == ["ledger-0.9.tar.gz"]
        assert not written.exists()
        assert not (index.folder / "acme.dots").exists()
        assert list((index.folder / "acme-dots").iterdir()) == [], "web servers answer 404 for it"
        root = json.loads((index.folder / "index.json").read_text("utf-8"))
        assert [each["name"] for each in root["projects"]] == ["ledger", "other"]
        assert "acme-dots" not in (index.folder / "about.html").read_text("utf-8")
        assert index.run("--deleted-tags", "remove")["removed"] == []

    def test_keeps_a_name_private_whose_project_has_another_by_now(self, index: Index) -> None:
        index.history.add_tag("ledger", "2.0", setuptools_project("renamed", "2.0"))
        index.run()
        assert {"ledger", "renamed"} <= {path.name for path in index.folder.iterdir()}, "each under its name"
        for version in ("0.9", "1.0"):
            index.history.delete(f"ledger/tags/{version}")
        index.run("--deleted-tags", "remove")
        index.history.release("other", "1.1")
        index.run("--deleted-tags", "remove", "--full-scan")
        assert (index.folder / "ledger").is_dir()
        assert index.files == [
            "other/other-1.0.tar.gz",
            "other/other-1.1.tar.gz",
            "renamed/renamed-2.0.tar.gz",
        ]

    def test_lets_a_version_be_published_anew(self, index: Index) -> None:
        index.history.delete("ledger/tags/1.0")
        index.run("--deleted-tags", "remove")
        index.history.release("ledger", "1.0")
        found = index.run("--deleted-tags", "remove")
        assert [each["filename"] for each in found["published"]] == [FILE]
        assert found["warnings"] == []

    def test_spares_what_a_restored_backup_lacks(self, index: Index, tmp_path: Path) -> None:
        backup = tmp_path / "backup"
        shutil.copytree(index.history.folder, backup)
        index.history.release("ledger", "1.1")
        index.run("--deleted-tags", "remove")
        shutil.rmtree(index.history.folder)
        backup.rename(index.history.folder)
        found = index.run("--deleted-tags", "remove")
        assert (names(found["yanked"]), found["removed"]) == ({"ledger-1.1.tar.gz": "tag deleted"}, [])
        assert "ledger/ledger-1.1.tar.gz" in index.files

    def test_is_made_good_where_a_run_broke_off(self, index: Index) -> None:
        content = (index.folder / "ledger" / FILE).read_bytes()
        index.history.delete("ledger/tags/1.0")
        index.run("--deleted-tags", "remove")
        (index.folder / "ledger" / FILE).write_bytes(content)
        index.catalog("INSERT INTO file_to_remove VALUES ('ledger', ?, 'ledger', '1.0', '', 'sdist')", FILE)
        index.run()
        assert f"ledger/{FILE}" not in index.files
        assert index.catalog("SELECT * FROM file_to_remove") == []

    def test_waits_for_a_tag_that_may_take_the_release_over(self, index: Index) -> None:
        index.history.delete("ledger/tags/1.0")
        broken = [Change("add", "ledger/tags/v1.0", "dir"), add_file("ledger/tags/v1.0/setup.py", "1 / 0\n")]
        index.history.commit(broken)
        for _ in range(2):
            found = index.commands.report(*index.arguments, "--deleted-tags", "remove")
            assert found["removed"] == []
            assert f"ledger/{FILE}" in index.files
        index.history.delete("ledger/tags/v1.0")
        assert names(index.run("--deleted-tags", "remove")["removed"])


class TestMovedFolders:
    @pytest.mark.parametrize("mode", ["yank", "keep", "remove"])
    def test_are_harmless(self, index: Index, mode: str) -> None:
        index.history.release("group/deep", "1.0", dist="deep")
        index.history.release("group/deep", "0.1", dist="deep")
        index.run()
        before = {path: (index.folder / path).read_bytes() for path in index.files}
        index.svn("move", "group", "elsewhere")
        index.svn("move", "ledger", "elsewhere/ledger")
        found = index.run("--deleted-tags", mode, "--newest", "1")
        assert (found["yanked"], found["removed"], found["failed"], found["warnings"]) == ([], [], [], [])
        assert {path: (index.folder / path).read_bytes() for path in index.files} == before
        assert {index.yanked(project) == {} for project in ("deep", "ledger")} == {True}
        kept = {each["took_over"]: each["url"] for each in found["published"]}
        assert (
            kept[f"{index.history.url}/group/deep/tags/0.1"] == f"{index.history.url}/elsewhere/deep/tags/0.1"
        )
        assert len(kept) == 4
        again = index.run("--deleted-tags", mode, "--newest", "1")
        assert (again["published"], again["yanked"], again["restored"]) == ([], [], [])

    def test_may_be_tags(self, index: Index) -> None:
        before = (index.folder / "ledger" / FILE).read_bytes()
        index.svn("move", "ledger/tags/1.0", "ledger/tags/v1.0")
        found = index.run()
        assert (found["yanked"], found["failed"], index.yanked()) == ([], [], {})
        assert (index.folder / "ledger" / FILE).read_bytes() == before
        (warnings,) = [each["warnings"] for each in found["published"]]
        assert all("stays" in text for text in warnings)

    def test_let_the_other_of_two_equal_tags_have_the_release(self, index: Index) -> None:
        index.history.add_tag("ledger", "copy-1.0", setuptools_project("ledger", "1.0"))
        pattern = ("--tag-pattern", r"(copy-)?(?P<version>\d.*)")
        (failed,) = index.commands.report(*index.arguments, *pattern)["failed"]
        assert "the first stays" in failed["reason"]
        index.history.delete("ledger/tags/1.0")
        found = index.run(*pattern)
        assert [each["took_over"] for each in found["published"]] == [f"{index.history.url}/ledger/tags/1.0"]
        assert index.yanked() == {}


class TestMovedTags:
    def change(self, index: Index, text: str) -> None:
        """Put another tag in place of ledger 1.0."""
        files = [*setuptools_project("ledger", "1.0").items(), ("more.txt", text)]
        folder = Change("add", "ledger/tags/1.0", "dir")
        index.history.commit(
            [folder, *(add_file(f"ledger/tags/1.0/{name}", content) for name, content in files)]
        )

    @pytest.mark.parametrize("option", ["keep", "replace-unpublished"])
    def test_keep_the_published_file(self, index: Index, option: str) -> None:
        before = (index.folder / "ledger" / FILE).read_bytes()
        index.history.commit([add_file("ledger/tags/1.0/more.txt", "new")])
        lines = index.text("--moved-tags", option)
        (warning,) = [line for line in lines if line.startswith("warning: ")]
        assert warning.startswith(f"warning: ledger 1.0: published as {FILE} from revision ")
        assert (index.folder / "ledger" / FILE).read_bytes() == before
        for options in ((), ("--full-scan",), ("-v",)):
            assert not [line for line in index.text("--moved-tags", option, *options) if "warning" in line]
        index.history.commit([add_file("ledger/tags/1.0/still.txt", "more")])
        assert [line for line in index.text("--moved-tags", option) if "warning" in line]

    def test_that_were_withdrawn_before_are_replaced_where_that_is_wanted(self, index: Index) -> None:
        option = ("--moved-tags", "replace-unpublished")
        before = (index.folder / "ledger" / FILE).read_bytes()
        index.history.delete("ledger/tags/1.0")
        assert names(index.run(*option)["yanked"])
        self.change(index, "new")
        assert [each["tag"] for each in index.run(*option, "--dry-run")["to_build"]] == ["1.0"]
        (published,) = index.run(*option)["published"]
        assert published["sha256"] in str(index.page()["files"])
        assert "another file now" in str(published["warnings"])
        assert (index.folder / "ledger" / FILE).read_bytes() != before
        assert index.yanked() == {}
        again = index.run(*option)
        assert (again["published"], again["warnings"]) == ([], [])

    def test_that_do_not_build_stay_withdrawn(self, index: Index) -> None:
        option = ("--moved-tags", "replace-unpublished")
        index.history.delete("ledger/tags/1.0")
        index.run(*option)
        reason = index.yanked()
        broken = [Change("add", "ledger/tags/1.0", "dir"), add_file("ledger/tags/1.0/setup.py", "1 / 0\n")]
        index.history.commit(broken)
        assert index.commands.report(*index.arguments, *option)["exit_status"] == 1
        assert index.yanked() == reason


class TestReplaced:
    """A release whose tag was deleted and made again, where moved-tags says that it is published anew."""

    OPTION = ("--moved-tags", "replace-unpublished")

    def test_is_called_by_the_form_of_its_new_file(self, index: Index) -> None:
        index.history.release("zipped", "1.0")
        add_archive(index.folder / "zipped/zipped-1.0.zip", "zipped", "1.0")
        assert len(index.run("--adopt")["adopted"]) == 1
        index.history.delete("zipped/tags/1.0")
        assert len(index.run(*self.OPTION)["yanked"]) == 1
        index.history.release("zipped", "1.0", requires=["other"])
        (published,) = index.run(*self.OPTION)["published"]
        assert published["filename"] == "zipped-1.0.tar.gz"
        assert [each["filename"] for each in index.page("zipped")["files"]] == ["zipped-1.0.tar.gz"]
        assert [path.name for path in index.folder.glob("zipped/zipped-1.0*")] == ["zipped-1.0.tar.gz"]
        with tarfile.open(index.folder / "zipped/zipped-1.0.tar.gz") as archive:
            assert "zipped-1.0/setup.py" in archive.getnames()
        assert index.run("--verify", *self.OPTION)["verified"]["findings"] == []

    @pytest.mark.parametrize(("name", "version"), [("ledger", "1.1"), ("ledger-ng", "1.0")])
    def test_stays_if_its_tag_gives_another_release(self, index: Index, name: str, version: str) -> None:
        index.history.delete("ledger/tags/1.0")
        index.run(*self.OPTION)
        files, withdrawn = index.files, index.yanked()
        assert FILE in withdrawn
        index.history.add_tag("ledger", "1.0", setuptools_project(name, version))
        report = index.commands.report(*index.arguments, *self.OPTION)
        (failed,) = report["failed"]
        assert failed["reason"] == (
            f"this tag gave {FILE}, which stays, and a tag gives one release. "
            f"Now it builds {name} {version}: make a new tag for that."
        )
        assert (report["exit_status"], report["removed"]) == (1, [])
        # It is told once, and nothing changes.
        again = index.run(*self.OPTION, "--verify")
        assert (again["failed"], again["verified"]["findings"]) == ([], [])
        assert (index.files, index.yanked()) == (files, withdrawn)

    @pytest.mark.parametrize(("name", "version"), [("ledger", "1.1"), ("ledger-ng", "1.0")])
    def test_is_removed_if_its_file_is_lost_and_its_tag_gives_another_release(
        self, index: Index, name: str, version: str
    ) -> None:
        index.history.delete("ledger/tags/1.0")
        index.run(*self.OPTION)
        index.history.add_tag("ledger", "1.0", setuptools_project(name, version))
        (index.folder / "ledger" / FILE).unlink()
        (published,) = index.run(*self.OPTION)["published"]
        built = f"{name.replace('-', '_')}-{version}.tar.gz"
        lost = f"{FILE} was lost, and its tag builds {built} now: the index has no ledger 1.0 any more"
        assert lost in published["warnings"]
        assert f"{name}/{built}" in index.files
        assert FILE not in str(index.page())
        assert index.run(*self.OPTION, "--verify")["verified"]["findings"] == []

    @pytest.mark.parametrize("committed", [True, False])
    def test_by_a_run_that_is_killed_is_in_the_end_by_the_next(self, index: Index, committed: bool) -> None:
        index.history.release("zipped", "1.0")
        add_archive(index.folder / "zipped/zipped-1.0.zip", "zipped", "1.0")
        index.run("--adopt")
        index.history.delete("zipped/tags/1.0")
        index.run(*self.OPTION)
        index.history.release("zipped", "1.0", requires=["other"])
        # After the other: results are taken in this order.
        index.history.add_tag("zz-slow", "1.0", {"setup.py": SLOW})
        state, pages = index.commands.folder / "index-state", tree(index.folder / "zipped")
        shutil.copytree(state, state.with_name("before"))
        command = [program("sdists_from_tags"), *index.arguments, *self.OPTION, *WITHOUT_WHEELS]
        process = subprocess.Popen(
            command, cwd=index.commands.folder, env=dict(index.commands.environment), start_new_session=True
        )
        deadline = time.monotonic() + 60
        try:
            while index.page("zipped")["files"][0]["filename"] != "zipped-1.0.tar.gz":
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert (index.folder / "zipped/zipped-1.0.zip").is_file()
        if not committed:
            shutil.rmtree(state)
            state.with_name("before").rename(state)
            for name, content in pages.items():
                (index.folder / "zipped" / name).write_bytes(content)
        index.history.delete("zz-slow/tags/1.0")
        index.run(*self.OPTION)
        assert [each["filename"] for each in index.page("zipped")["files"]] == ["zipped-1.0.tar.gz"]
        assert [path.name for path in index.folder.glob("zipped/zipped-1.0*")] == ["zipped-1.0.tar.gz"]
        assert index.run("--verify", *self.OPTION)["verified"]["findings"] == []

    @pytest.mark.parametrize("how", ["at once", "after --adopt", "after the catalog was lost"])
    def test_is_shown_by_all_its_names_without_a_word(self, index: Index, how: str) -> None:
        index.history.release("Acme.Dots", "1.0")
        index.run(*self.OPTION)
        if how == "after --adopt":
            assert index.run("--adopt")["adopted"] == []
        elif how != "at once":
            shutil.rmtree(index.commands.folder / "index-state")
            index.run("--full-scan")
        index.history.delete("Acme.Dots/tags/1.0")
        index.run(*self.OPTION)
        index.history.release("Acme.Dots", "1.0", requires=["other"])
        done = index.commands.sdists_from_tags(*index.arguments, *self.OPTION)
        assert (done.status, done.stderr) == (0, "")
        digest = index.page("acme-dots")["files"][0]["hashes"]["sha256"]
        for folder, name in (("Acme.Dots", "Acme.Dots"), ("acme.dots", "acme.dots")):
            content = (index.folder / folder / f"{name}-1.0.tar.gz").read_bytes()
            assert hashlib.sha256(content).hexdigest() == digest
            assert digest in (index.folder / folder / "index.html").read_text("utf-8")
        assert index.run("--verify", *self.OPTION)["verified"]["findings"] == []

    def test_that_was_taken_over_and_lost_by_all_its_names_is_shown_by_all_again(self, index: Index) -> None:
        index.history.release("Acme.Dots", "1.0")
        add_archive(index.folder / "Acme.Dots/Acme.Dots-1.0.tar.gz", "Acme.Dots", "1.0")
        add_archive(index.folder / "downloads/Other_Name-1.0.tar.gz", "Other.Name", "1.0")
        index.history.release("Other.Name", "1.0")
        assert len(index.run("--adopt")["adopted"]) == 2
        for path in (*index.folder.glob("*/*ots-1.0.tar.gz"), *index.folder.glob("*/*ame-1.0.tar.gz")):
            path.unlink()
        assert len(index.run("--full-scan")["published"]) == 2
        for folder in ("Acme.Dots", "acme.dots", "Other.Name"):
            assert "-1.0.tar.gz#sha256=" in (index.folder / folder / "index.html").read_text("utf-8")
        own = index.folder / "other-name/other_name-1.0.tar.gz"
        assert own.samefile(index.folder / "downloads/Other_Name-1.0.tar.gz")
        assert index.run("--verify")["verified"]["findings"] == []


class TestYankLines:
    def test_withdraw_what_they_name_as_long_as_they_are_there(self, index: Index) -> None:
        line = ("--yank", "Ledger==1.0.0 Loses data")
        assert names(index.run(*line, "--dry-run")["yanked"]) == {FILE: "Loses data"}
        assert f"yanked {FILE}: Loses data" in index.text(*line)
        assert index.yanked() == {FILE: "Loses data"}
        assert index.run(*line)["yanked"] == []
        assert names(index.run("--yank", "ledger==1.0")["yanked"]) == {FILE: ""}
        assert index.yanked() == {FILE: True}
        assert names(index.run()["restored"]) == {FILE: "no option withdraws it any more"}
        assert index.yanked() == {}

    def test_win_over_the_deletion_of_the_tag(self, index: Index) -> None:
        index.history.delete("ledger/tags/1.0")
        reason = f"tag deleted in r{index.head}"
        index.run("--yank", "ledger==1.0 Loses data")
        assert index.yanked() == {FILE: "Loses data"}
        assert names(index.run()["yanked"]) == {FILE: reason}

    def test_are_heeded_from_the_first_on(self, index: Index) -> None:
        index.history.release("ledger", "2.0")
        line = ("--yank", "ledger==2.0 Too early")
        assert index.run(*line, "--dry-run")["warnings"] == []
        assert index.run(*line)["warnings"] == []
        assert index.yanked() == {"ledger-2.0.tar.gz": "Too early"}

    def test_that_name_nothing_are_warned_of_when_they_are_new(self, index: Index) -> None:
        line = ("--yank", "ledger==7.0")
        warning = "yank: there is no release ledger==7.0"
        assert f"warning: {warning}" in index.text(*line)
        assert f"warning: {warning}" not in index.text(*line)
        assert index.run(*line)["warnings"] == [warning], "JSON tells all"


@pytest.mark.parametrize("mode", ["yank", "remove"])
def test_a_run_that_is_killed_is_made_good_by_the_next(index: Index, mode: str) -> None:
    index.history.delete("ledger/tags/1.0")
    reason = f"tag deleted in r{index.head}"
    index.history.add_tag("other", "2.0", {"setup.py": SLOW})
    command = [program("sdists_from_tags"), *index.arguments, "--deleted-tags", mode, *WITHOUT_WHEELS]
    process = subprocess.Popen(
        command, cwd=index.commands.folder, env=dict(index.commands.environment), start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not index.catalog("SELECT 1 FROM release WHERE tag_deleted_in IS NOT NULL"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert f"ledger/{FILE}" in index.files
    index.history.delete("other/tags/2.0")
    index.run("--deleted-tags", mode)
    assert index.yanked() == ({FILE: reason} if mode == "yank" else {})
    assert (f"ledger/{FILE}" in index.files) == (mode == "yank")
