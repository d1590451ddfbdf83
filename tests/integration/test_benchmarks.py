"""The benchmarks' parts: what they build from, how they check it, what they print. Nothing is timed."""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import sys
import tarfile
import threading
import time
from dataclasses import replace

import pytest

from benchmarks import (
    build_speed,
    git_contenders,
    git_reruns,
    git_speed,
    index_contenders,
    index_speed,
    rerun_loops,
    rerun_speed,
)
from benchmarks.archives import check, produced
from benchmarks.build_speed import QUICK, sample_of
from benchmarks.contenders import CONTENDERS, NAMES, Contender, measure
from benchmarks.git_repositories import make_bare_repositories, make_checkouts
from benchmarks.index_packages import added, line_for_dumb_pypi, packages, release_of
from benchmarks.programs import FailedError, MissingError
from benchmarks.projects import Release, description, project_files, releases
from benchmarks.repository import make_repository
from benchmarks.rerun_course import FILE, SVN, Size, add_tag, check_published, check_scanned, make_course
from benchmarks.rerun_table import AGAIN, FIRST, LIMITS, LS, Result, limits_table
from benchmarks.table import REQUIRED, REQUIRED_OF_WHEELS, Measurement, aligned, requirements, times
from benchmarks.watched import watched
from sdistmaker_recipe.index.core_metadata import may_be_served, project_details
from sdistmaker_recipe.vcs.subversion.opening import open_connection
from tests.support.git import git
from tests.support.proxy import Proxy

RUN = subprocess.run
KEPT = Measurement("ours", (9.0, 2.0, 1.0), tags=100)


def archive(folder, release: Release, files) -> None:
    top = f"{release.name.replace('-', '_')}-{release.version}"
    source = folder / "source"
    source.write_text("content")
    with tarfile.open(folder / f"{top}.tar.gz", "w:gz") as tar:
        for path in files:
            tar.add(source, f"{top}/{path}")


class TestTable:
    def test_time_is_the_median_of_the_rounds_with_their_range(self):
        lines = times({"kept": KEPT}, 100).splitlines()
        assert lines[0].split("  ")[0].strip() == "what"
        assert lines[2].split() == ["ours", "2.00", "1.00", "to", "9.00", "20.0", "1.00", "all"]

    def test_time_of_a_sample_is_scaled_by_count_and_says_so(self):
        sample = Measurement("loop", (30.0,), tags=10)
        line = times({"uv": sample, "kept": KEPT}, 100).splitlines()[2]
        assert line.split()[:2] == ["loop", "300.00"]
        assert line.split()[5:] == ["3000.0", "150.00", "10,", "scaled"]

    def test_no_ratio_without_what_it_refers_to(self):
        assert times({"uv": KEPT}, 100).splitlines()[2].split()[-2:] == ["-", "all"]

    def test_columns_are_as_wide_as_their_widest_text(self):
        assert aligned([["a", "bb"], ["ccc", "d"]]) == "a    bb\n---  --\nccc   d"


class TestRequirements:
    def verdict(self, measured, number: int) -> list[str]:
        return requirements(measured, NAMES).splitlines()[number + 2].split()[-2:]

    def test_are_those_of_the_project(self):
        found = {(each.slow, each.fast, each.limit, each.at_least) for each in REQUIRED}
        assert found == {
            ("sdistmaker", "kept", 50, True),
            ("uv", "kept", 80, True),
            ("build", "kept", 150, True),
            ("kept", "floor", 4, False),
            ("sdistmaker", "made", 15, True),
        }

    def test_have_one_more_for_wheels(self):
        found = [(each.slow, each.fast, each.limit, each.at_least) for each in REQUIRED_OF_WHEELS]
        assert found == [("wheels", "kept", 2.2, False)]

    @pytest.mark.parametrize(
        ("seconds", "verdict"),
        [(99.9, ["49.95", "MISSED"]), (100.0, ["50.00", "met"]), (200.0, ["100.00", "met"])],
    )
    def test_at_least(self, seconds, verdict):
        other = Measurement("1.4", (seconds,), tags=100)
        assert self.verdict({"sdistmaker": other, "kept": KEPT}, 0) == verdict

    @pytest.mark.parametrize(("seconds", "verdict"), [(0.5, ["4.00", "met"]), (0.4, ["5.00", "MISSED"])])
    def test_at_most(self, seconds, verdict):
        floor = Measurement("floor", (seconds,), tags=100)
        assert self.verdict({"floor": floor, "kept": KEPT}, 3) == verdict

    def test_samples_of_other_sizes_are_compared_by_tag(self):
        sample = Measurement("uv", (20.0,), tags=10)
        assert self.verdict({"uv": sample, "kept": KEPT}, 1) == ["100.00", "met"]

    def test_what_was_not_measured_is_neither_met_nor_missed(self):
        lines = requirements({"kept": KEPT}, NAMES).splitlines()[2:]
        assert len(lines) == len(REQUIRED)
        assert all(line.endswith("-  not measured") for line in lines)


class TestRepository:
    def test_has_as_many_tags_as_asked_for_all_different(self):
        tags = releases(60, 12)
        assert len(set(tags)) == len(tags) == 720
        assert len({tag.name for tag in tags}) == 60

    @pytest.mark.parametrize("release", [Release("acme-ledger", "1.0"), Release("acme-ledger1", "1.11")])
    def test_projects_are_small_and_their_code_is_for_any_python(self, release):
        files = project_files(release)
        assert len(files) == 12
        assert 15_000 < sum(map(len, files.values())) < 40_000
        for path, text in files.items():
            assert text.isascii()
            if path.endswith(".py"):
                ast.parse(text, feature_version=(3, 7))

    def test_files_are_the_same_each_time_and_change_with_the_version(self):
        first, second = (project_files(Release("acme-ledger", version)) for version in ("1.0", "1.1"))
        assert first == project_files(Release("acme-ledger", "1.0"))
        assert first.keys() == second.keys()
        assert {path for path in first if first[path] != second[path]} >= {"setup.py", "CHANGES.rst"}

    def test_tags_hold_the_files_of_their_release(self, tmp_path):
        tags = releases(2, 11)
        with open_connection(make_repository(tmp_path / "repository", tags)) as repository:
            for tag in (tags[0], tags[10], tags[13]):
                tree = tmp_path / f"{tag.name}-{tag.version}"
                repository.export(tag.path, repository.head(), tree)
                for path, text in project_files(tag).items():
                    assert (tree / path).read_text() == text
            times_of_project = [repository.entry(tag.path, repository.head()).time for tag in tags[:11]]
            assert times_of_project == sorted(times_of_project)


class TestCheck:
    TAGS = releases(1, 2)

    @pytest.fixture(autouse=True)
    def complete(self, tmp_path):
        for tag in self.TAGS:
            archive(tmp_path, tag, project_files(tag))

    def test_all_archives_are_there(self, tmp_path):
        check(tmp_path, self.TAGS)

    def test_an_archive_is_missing(self, tmp_path):
        with pytest.raises(FailedError, match=r"2 archives of 3; missing .*1\.2"):
            check(tmp_path, releases(1, 3))

    def test_an_archive_is_not_asked_for(self, tmp_path):
        with pytest.raises(FailedError, match=r"2 archives of 1; .*not asked for .*1\.1"):
            check(tmp_path, self.TAGS[:1])

    def test_a_file_is_missing_in_an_archive(self, tmp_path):
        archive(tmp_path, self.TAGS[0], project_files(self.TAGS[0]).keys() - {"docs/index.rst"})
        with pytest.raises(FailedError, match=r"-1\.0\.tar\.gz lacks docs/index\.rst"):
            check(tmp_path, self.TAGS)

    def test_a_contender_that_makes_nothing_has_no_time(self, tmp_path):
        idle = Contender("uv", "idle", self.TAGS, lambda _folder: 0.001)
        with pytest.raises(FailedError, match="0 archives of 2"):
            measure(idle, tmp_path / "run")

    def test_those_that_are_complete_are_counted(self, tmp_path):
        assert produced(tmp_path, releases(1, 3)) == set(self.TAGS)
        archive(tmp_path, self.TAGS[0], project_files(self.TAGS[0]).keys() - {"docs/index.rst"})
        archive(tmp_path, Release("strange", "1.0"), [])
        assert produced(tmp_path, releases(1, 3)) == {self.TAGS[1]}


class TestBuildSpeed:
    def test_every_contender_has_a_name(self):
        assert CONTENDERS.keys() == NAMES.keys()

    def test_sample_is_spread_over_all_tags(self):
        tags = releases(40, 5)
        assert len({tag.name for tag in sample_of(tags, 20)}) == 20
        assert len({tag.version for tag in sample_of(tags, 23)}) == 5
        assert sample_of(tags, 1000) == tags

    def run(self, monkeypatch, capsys, prepare) -> tuple[int, str]:
        monkeypatch.setattr(build_speed, "CONTENDERS", {"uv": prepare})
        status = build_speed.run(QUICK, ["uv"])
        return status, capsys.readouterr().out

    def test_what_is_missing_is_named_and_left_out(self, monkeypatch, capsys):
        def prepare(_course):
            raise MissingError("no program uv")

        status, out = self.run(monkeypatch, capsys, prepare)
        assert status == 0
        assert out.endswith("\nleft out: svn export, uv build --sdist: no program uv\n")

    def test_what_fails_is_named_and_has_no_time(self, monkeypatch, capsys):
        def prepare(course):
            return Contender("uv", "uv 0", course.sample, lambda _folder: 0.001)

        status, out = self.run(monkeypatch, capsys, prepare)
        assert status == 1
        assert "FAILED: svn export, uv build --sdist: 0 archives of 2" in out
        assert "ms per tag" not in out

    def test_a_table_and_a_line_for_each_requirement(self, monkeypatch, capsys):
        def prepare(course):
            def run(folder):
                for tag in course.sample:
                    archive(folder / "out", tag, project_files(tag))
                return 0.5

            return Contender("uv", "uv 0", course.sample, run)

        status, out = self.run(monkeypatch, capsys, prepare)
        assert status == 0
        assert "6 tags of 2 projects" in out
        assert ["1.50", "1.50", "to", "1.50", "250.0", "-", "2,", "scaled"] in [
            line.split()[5:] for line in out.splitlines()
        ]
        assert out.count("not measured") == len(REQUIRED)


class TestGitSpeed:
    def run(self, monkeypatch, capsys, contenders, *keys) -> tuple[int, str]:
        monkeypatch.setattr(git_speed, "CONTENDERS", contenders)
        return git_speed.run(git_speed.QUICK, keys), capsys.readouterr().out

    def test_every_contender_has_a_name_and_the_ratio_is_required(self):
        assert git_contenders.CONTENDERS.keys() == git_contenders.NAMES.keys()
        assert [(each.slow, each.fast, each.limit) for each in git_contenders.REQUIRED] == [
            ("tags2sdists", "kept", 50)
        ]

    def test_limits_are_those_of_the_project(self):
        assert [(each.what, each.most) for each in git_reruns.LIMITS] == [
            ("first scan of a folder", 30),
            ("no-op over a folder", 1),
            ("memory", 150),
        ]

    def test_checkouts_hold_the_files_of_each_tag(self, tmp_path):
        tags = releases(2, 2)
        make_checkouts(tmp_path / "checkouts", tags)
        for tag in tags:
            checkout = tmp_path / "checkouts" / tag.name
            assert git(checkout, "status", "--porcelain") == ""
            git(checkout, "checkout", "-q", tag.version)
            for path, text in project_files(tag).items():
                assert (checkout / path).read_text() == text
            assert git(checkout, "cat-file", "-t", tag.version) == "tag"

    def test_bare_repositories_have_all_tags(self, tmp_path):
        make_bare_repositories(tmp_path, ["one", "two"], 3)
        for name in ("one", "two"):
            bare = tmp_path / f"{name}.git"
            assert git(bare, "tag").split() == ["1.0", "1.1", "1.2"]
            assert f"name='{name}', version='1.1'" in git(bare, "show", "1.1:setup.py")
        assert [(tmp_path / f"{name}.git/packed-refs").exists() for name in ("one", "two")] == [False, True]

    def test_ours_builds_the_checkouts(self, monkeypatch, capsys):
        contenders = {"kept": git_contenders.CONTENDERS["kept"]}
        status, out = self.run(monkeypatch, capsys, contenders, "kept")
        assert status == 0, out
        assert "sdists_from_tags, environments kept made 4 of 4 tags" in out
        assert "not measured" in out

    def test_the_rate_is_that_of_what_was_made(self, monkeypatch, capsys):
        def prepare(course):
            def run(folder):
                for tag in course.tags[:2]:
                    archive(folder / "out", tag, project_files(tag))
                return 0.5

            return Contender("tags2sdists", "tags2sdists 0", course.tags, run)

        status, out = self.run(monkeypatch, capsys, {"tags2sdists": prepare}, "tags2sdists")
        assert status == 0
        assert "tags2sdists 2.6 made 2 of 4 tags" in out
        assert ["1.00", "1.00", "to", "1.00", "250.0", "-", "2,", "scaled"] in [
            line.split()[2:] for line in out.splitlines()
        ]

    def test_what_makes_nothing_has_no_rate(self, monkeypatch, capsys):
        def prepare(course):
            return Contender("tags2sdists", "tags2sdists 0", course.tags, lambda _folder: 0.5)

        status, out = self.run(monkeypatch, capsys, {"tags2sdists": prepare}, "tags2sdists")
        assert status == 0
        assert "tags2sdists 2.6 made 0 of 4 tags" in out
        assert "ms per tag" not in out

    def test_a_folder_is_scanned_and_scanned_again(self, monkeypatch, capsys):
        status, out = self.run(monkeypatch, capsys, {}, "folder")
        assert status == 0, out
        assert "6 tags of 3 bare repositories" in out
        for name in ("first scan", "no-op"):
            assert any(line.split("  ")[0] == name for line in out.splitlines())
        assert "not measured" not in out

    def test_a_scan_that_finds_too_little_has_no_time(self, monkeypatch, capsys):
        fewer = lambda folder, names, tags: make_bare_repositories(folder, names, tags - 1)  # noqa: E731
        monkeypatch.setattr(git_reruns, "make_bare_repositories", fewer)
        status, out = self.run(monkeypatch, capsys, {}, "folder")
        assert status == 1
        assert "FAILED: folder: 3 tags were found of 6" in out
        assert "first scan" not in out


class TestIndexPackages:
    LISTED = packages(3, 2)

    def test_both_are_told_the_same_of_each_release(self):
        for each in self.LISTED:
            line, release = json.loads(line_for_dumb_pypi(each)), release_of(each)
            assert line == {
                "filename": release.filename,
                "hash": f"sha256={release.sha256}",
                "requires_python": release.requires_python,
                "upload_timestamp": release.sdist.upload_time.timestamp(),
            }

    def test_metadata_is_what_setuptools_writes_with_a_description_of_its_own(self):
        told = [project_details(each.metadata) for each in self.LISTED]
        assert len({each.description for each in told}) == len(self.LISTED)
        assert all(each.summary and each.author and len(each.description.splitlines()) > 30 for each in told)
        assert not any(may_be_served(each.metadata) for each in self.LISTED)

    def test_one_more_is_the_newest_of_its_project(self):
        one, other = (added(self.LISTED, described_anew=anew) for anew in (False, True))
        before = max(each.tag for each in self.LISTED if each.tag.name == one.tag.name)
        assert one.tag == other.tag == Release(before.name, "1.2")
        assert project_details(one.metadata).description == description(before)
        assert project_details(other.metadata).description == description(other.tag)
        assert one.upload_time > max(each.upload_time for each in self.LISTED)


class TestIndexSpeed:
    def run(self, monkeypatch, capsys, keys=tuple(index_contenders.NAMES), **changes) -> tuple[int, str]:
        for name, value in changes.items():
            monkeypatch.setattr(index_contenders, name, value)
        monkeypatch.setattr(index_speed, "CONTENDERS", {"ours": index_contenders.ours})
        return index_speed.run(index_speed.QUICK, keys), capsys.readouterr().out

    def test_every_ratio_required_is_of_two_contenders(self):
        found = {(each.slow, each.fast, each.limit) for each in index_contenders.REQUIRED}
        assert found == {("dumb", "all", 3), ("dumb-add", "add", 10)}
        assert {key for slow, fast, _ in found for key in (slow, fast)} <= index_contenders.NAMES.keys()

    def test_ours_writes_an_index_and_adds_to_it(self, monkeypatch, capsys):
        status, out = self.run(monkeypatch, capsys, ["all", "add"])
        assert status == 0
        assert "3 projects with 2 releases each, medians of 1 rounds" in out
        for key in ("all", "add"):
            assert any(line.startswith(f"{index_contenders.NAMES[key]}  ") for line in out.splitlines())
        assert out.count("not measured") == 2

    def test_what_writes_nothing_has_no_time(self, monkeypatch, capsys):
        nothing = lambda *_: [sys.executable, "-c", ""]  # noqa: E731
        status, out = self.run(monkeypatch, capsys, ["all"], _our_command=nothing)
        assert status == 1
        assert "FAILED: ours: " in out
        assert "milliseconds" not in out

    def test_dumb_pypi_must_name_all_files(self, tmp_path):
        listed = packages(1, 2)
        page = tmp_path / "out" / "simple" / listed[0].tag.name / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text("".join(f"<a>{each.filename}</a>" for each in listed))
        lines = tmp_path / "out" / "packages.json"
        lines.write_text("".join(f"{line_for_dumb_pypi(each)}\n" for each in listed))
        index_contenders._check_dumb(tmp_path, listed)
        page.write_text(f"<a>{listed[0].filename}</a>")
        with pytest.raises(FailedError, match=r"names .*-1\.1\.tar\.gz"):
            index_contenders._check_dumb(tmp_path, listed)
        lines.write_text(f"{line_for_dumb_pypi(listed[0])}\n")
        with pytest.raises(FailedError, match=r"1 files of 2; missing .*-1\.1"):
            index_contenders._check_dumb(tmp_path, listed)


class TestRerunSpeed:
    def run(self, capsys, folder, **changes) -> tuple[int, str]:
        status = rerun_speed.run(replace(rerun_speed.QUICK, ways=(FILE,), keep=str(folder), **changes))
        return status, capsys.readouterr().out

    def test_runs_are_measured_on_an_index_that_has_all_tags(self, capsys, tmp_path):
        status, out = self.run(capsys, tmp_path, actions=(FIRST, AGAIN))
        assert status == 0, out
        assert "6 tags of 3 projects" in out
        for name in ("first scan", "no-op"):
            assert any(line.split("  ")[0] == name for line in out.splitlines())
        assert out.count("not measured") == len(LIMITS) - 2
        assert sorted(path.name for path in (tmp_path / "3-2").iterdir()) == ["filled", "repositories"]
        files = (tmp_path / "3-2/filled/out").glob("acme-*/*.tar.gz")
        assert len({path.name for path in files}) == 6

    def test_a_scan_that_finds_too_little_has_no_time(self, capsys, tmp_path, monkeypatch):
        monkeypatch.setattr(rerun_speed, "make_course", self.course_without_tags)
        status, out = self.run(capsys, tmp_path, actions=(FIRST,))
        assert status == 1
        assert "FAILED: sdists_from_tags: 6 tags were found of 9" in out
        assert "file://  " not in out.split("\nat most")[0]

    def test_a_repository_that_cannot_be_made_takes_no_results_along(self, capsys, tmp_path, monkeypatch):
        unfinished = tmp_path / "3-2/repositories/unfinished/left by a run that was ended"
        unfinished.mkdir(parents=True)
        status, out = self.run(capsys, tmp_path, actions=(AGAIN,))
        assert (status, "FAILED" in out) == (0, False)
        monkeypatch.setattr(subprocess, "run", self.killed)
        status, out = self.run(capsys, tmp_path, actions=(AGAIN,), sizes=(Size(3, 2), Size(2, 2)))
        assert status == 1
        assert "FAILED: 2-2: Command 'svnadmin' died" in out
        assert any(line.split("  ")[0] == "no-op" for line in out.splitlines())

    def killed(self, command, **keywords):
        if command[0] == "svnadmin":
            raise subprocess.CalledProcessError(-15, "svnadmin")
        return RUN(command, **keywords)

    def course_without_tags(self, size, folder, environment):
        return replace(make_course(size, folder, environment), size=Size(size.projects, size.tags + 1))

    def test_the_loops_find_all_tags(self, tmp_path):
        course = make_course(Size(2, 2), tmp_path, os.environ)
        add_tag(course, tmp_path)
        added = "acme.part00001/tags/1.2"
        every = [f"{name}/tags/1.{minor}" for name in course.projects for minor in (0, 1)] + [added]
        assert rerun_loops.by_ls(course.url, 2) == every
        assert sorted(rerun_loops.by_log(course.url, "1")) == every
        assert rerun_loops.by_log(course.url, "HEAD") == [added]
        with pytest.raises(FailedError, match=r"part00001-1\.2"):
            check_published(course, course.filled, "1.2")
        check_published(course, course.filled, "1.1")
        check_scanned(course, course.filled)

    def test_what_was_not_measured_is_neither_met_nor_missed(self):
        lines = limits_table({}, {}).splitlines()[2:]
        assert len(lines) == len(LIMITS)
        assert all(line.endswith("not measured") for line in lines)

    def test_limits_are_those_of_the_project(self):
        limits = {each.what: each.most for each in LIMITS}
        assert limits["no-op over file://"] == limits["bin/buildout with the part - without"] == 0.3
        assert limits["one new tag over file://"] == 0.6

    @pytest.mark.parametrize(("seconds", "verdict"), [(0.3, "met"), (0.31, "MISSED")])
    def test_seconds_are_held_to_their_limit(self, seconds, verdict):
        found = {(AGAIN, FILE): Result(AGAIN, FILE, (seconds, seconds, 9.0))}
        assert limits_table(found, {}).splitlines()[2].endswith(verdict)

    @pytest.mark.parametrize(("trips", "verdict"), [(3, "met"), (4, "MISSED")])
    def test_the_worst_round_counts_its_round_trips(self, trips, verdict):
        found = {(AGAIN, SVN): Result(AGAIN, SVN, (0.1, 0.1, 0.1), (3, trips, 3), (0, 0, 0))}
        assert limits_table(found, {}).splitlines()[3].endswith(verdict)

    def test_memory_is_what_our_command_needs_and_no_other(self):
        loop = Result(LS, FILE, (1.0,), memory=900 * 10**6)
        scan = Result(FIRST, FILE, (1.0,), memory=100 * 10**6)
        line = limits_table({(LS, FILE): loop, (FIRST, FILE): scan}, {}).splitlines()[8]
        assert line.split() == ["memory", "150", "MB", "100.00", "met"]

    def test_memory_of_a_program_and_of_what_it_starts(self, tmp_path):
        large = "x = bytearray(90 * 10**6); import time; time.sleep(.1)"
        spent = watched([sys.executable, "-c", large], tmp_path, os.environ)
        assert 90 * 10**6 < spent.memory < 150 * 10**6
        assert spent.helper == 0
        start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {large!r}])"
        spent = watched([sys.executable, "-c", start], tmp_path, os.environ)
        assert spent.memory < 50 * 10**6
        assert 90 * 10**6 < spent.helper < 150 * 10**6


class TestProxy:
    """A round trip is what a client waits for: it says something, and hears something."""

    @pytest.fixture
    def echo(self):
        with socket.create_server(("127.0.0.1", 0)) as server:

            def answer():
                connection, _ = server.accept()
                with connection:
                    connection.sendall(b"hello\n")
                    for line in connection.makefile("rb"):
                        connection.sendall(line)

            thread = threading.Thread(target=answer)
            thread.start()
            yield server.getsockname()[1]
            thread.join()

    def test_counts_questions_and_delays_each(self, echo):
        with Proxy(echo, delay=0.02) as proxy, socket.create_connection(("127.0.0.1", proxy.port)) as client:
            begin, lines = time.monotonic(), client.makefile("rb")
            assert lines.readline() == b"hello\n"
            assert time.monotonic() - begin >= 0.08  # TCP's handshake, and there and back
            for _number in range(3):
                client.sendall(b"one\n")
                client.sendall(b"two\n")
                assert [lines.readline(), lines.readline()] == [b"one\n", b"two\n"]
            assert time.monotonic() - begin >= 0.2
            assert [each.questions for each in proxy.connections] == [3]
