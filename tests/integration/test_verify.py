"""The flag --verify: what it finds in an index that was harmed, and what it makes good."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.history import History, tree
from tests.support.kept_index import KeptIndex
from tests.support.old_index import add_archive

pytestmark = pytest.mark.usefixtures("forked_commands")

ARCHIVE = "acme-greeting/acme_greeting-1.0.tar.gz"
SECOND = "Acme.Greeting/Acme.Greeting-1.0.tar.gz"
LOWER = "acme.greeting/acme.greeting-1.0.tar.gz"
PLAIN = "plain/plain-1.0.tar.gz"
OLD = "my-pkg/my_pkg-0.1.tar.gz"
OLD_NAME = "My_Pkg/My_Pkg-0.1.tar.gz"
OLD_OF_TAG = "plain/plain-0.5.tar.gz"
OLD_NAME_OF_TAG = "downloads/plain-0.5.tar.gz"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, commands_of_module: Commands) -> KeptIndex:
    """An index of built archives and of some that were there before."""
    index = KeptIndex(commands_of_module, History(tmp_path_factory.mktemp("history") / "repository"))
    index.history.release("Acme.Greeting", "1.0")
    index.history.release("plain", "0.5")
    index.history.release("plain", "1.0")
    add_archive(index.folder / OLD_NAME, "My_Pkg", "0.1", metadata="2.2")
    add_archive(index.folder / OLD_NAME_OF_TAG, "plain", "0.5")
    report = index.run()
    assert (len(report["published"]), len(report["adopted"])) == (2, 2)
    return index


@pytest.fixture
def index(original: KeptIndex, commands: Commands) -> KeptIndex:
    """A copy of it for a test to harm; names of one file stay names of one file."""
    return original.copied_to(commands)


def outcomes(report: dict) -> dict[str, str]:
    """What became of each file that was not as it should be."""
    return {each["file"]: each["outcome"] for each in report["verified"]["findings"]}


def links(index: KeptIndex) -> list[Path]:
    """The symbolic links in an index; web servers follow none."""
    return [path for path in index.folder.rglob("*") if path.is_symlink()]


def problems(report: dict) -> dict[str, str]:
    return {each["file"]: each["problem"] for each in report["verified"]["findings"]}


def test_an_index_that_is_all_right_stays_as_it_is(index: KeptIndex) -> None:
    before = {path: path.stat().st_mtime_ns for path in index.folder.rglob("*")}
    done = index.commands.sdists_from_tags(*index.options, "--verify")
    assert (done.status, done.stderr) == (0, "")
    files = [path for path in index.folder.rglob("*") if path.is_file()]
    # Other names that were there before are looked at as such, and as what pages name.
    assert f"verified {len(files) + 1} files, repaired 0" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in index.folder.rglob("*")} == before


def flip_built(index: KeptIndex) -> None:
    index.flip(PLAIN)


def flip_all_names(index: KeptIndex) -> None:
    index.flip(ARCHIVE)


def flip_one_name(index: KeptIndex) -> None:
    index.part(SECOND)
    index.part(LOWER)
    index.flip(ARCHIVE)


def flip_old_one_name(index: KeptIndex) -> None:
    index.part(OLD_NAME)
    index.flip(OLD)


def lose_archive(index: KeptIndex) -> None:
    (index.folder / PLAIN).unlink()


def lose_all_names(index: KeptIndex) -> None:
    for name in (ARCHIVE, SECOND, LOWER):
        (index.folder / name).unlink()


def lose_pages(index: KeptIndex) -> None:
    (index.folder / "plain/index.html").unlink()
    (index.folder / "about.html").unlink()
    (index.folder / f"{OLD}.metadata").unlink()


def overwrite_pages(index: KeptIndex) -> None:
    for path in ("plain/index.json", "Acme.Greeting/index.html", "index.html", f"{OLD}.metadata"):
        (index.folder / path).write_text("<h1>Somebody was here</h1>")


def break_second_names(index: KeptIndex) -> None:
    for path in (SECOND, OLD_NAME):
        (index.folder / path).unlink()
        (index.folder / path).write_bytes(b"another file")


def lose_second_names(index: KeptIndex) -> None:
    shutil.rmtree(index.folder / "Acme.Greeting")
    shutil.rmtree(index.folder / "My_Pkg")


def leave_something(index: KeptIndex) -> None:
    (index.folder / f"plain/.index.html.{'0' * 32}").write_text("half")
    (index.folder / f".index.html.{'f' * 32}").write_text("half")
    (index.folder / f"{OLD_OF_TAG}.metadata").write_text("of another time")
    (index.folder / "plain/about-0.1.html").write_text("of a release that is gone")


def put_folders(index: KeptIndex) -> None:
    for path in (PLAIN, SECOND, "plain/index.html", "index.json", f"{OLD}.metadata"):
        (index.folder / path).unlink()
        (index.folder / path).mkdir()


def put_links(index: KeptIndex) -> None:
    for path in (PLAIN, SECOND, "plain/index.html", "index.json", f"{OLD}.metadata"):
        # What they point to is right; a web server does not follow them.
        (index.folder / path).rename(index.folder.with_name(path.replace("/", "-")))
        (index.folder / path).symlink_to(index.folder.with_name(path.replace("/", "-")))


def link_folders(index: KeptIndex) -> None:
    shutil.rmtree(index.folder / "Acme.Greeting")
    (index.folder / "Acme.Greeting").symlink_to("acme-greeting")
    (index.folder / "plain").rename(index.folder.with_name("plain"))
    (index.folder / "plain").symlink_to("../plain")


def put_files_in_place_of_folders(index: KeptIndex) -> None:
    for path in ("plain", "acme.greeting"):
        shutil.rmtree(index.folder / path)
        (index.folder / path).write_text("a file")


REPAIRED = {
    put_folders: {PLAIN, SECOND, "plain/index.html", "index.json", f"{OLD}.metadata"},
    put_links: {PLAIN, SECOND, "plain/index.html", "index.json", f"{OLD}.metadata"},
    flip_built: {PLAIN},
    flip_all_names: {ARCHIVE},
    flip_one_name: {ARCHIVE},
    flip_old_one_name: {OLD},
    lose_archive: {PLAIN},
    lose_all_names: {ARCHIVE},
    lose_pages: {"plain/index.html", "about.html", f"{OLD}.metadata"},
    overwrite_pages: {
        "plain/index.json",
        "Acme.Greeting/index.html",
        "index.html",
        f"{OLD}.metadata",
    },
    break_second_names: {SECOND, OLD_NAME},
    lose_second_names: {SECOND, OLD_NAME, "Acme.Greeting/index.html", "My_Pkg/index.html"},
    leave_something: {
        f"plain/.index.html.{'0' * 32}",
        f".index.html.{'f' * 32}",
        f"{OLD_OF_TAG}.metadata",
        "plain/about-0.1.html",
    },
}


@pytest.mark.parametrize(
    ("harm", "found"), REPAIRED.items(), ids=[getattr(harm, "__name__", "") for harm in REPAIRED]
)
def test_what_can_be_derived_is_made_good(
    index: KeptIndex, harm: Callable[[KeptIndex], None], found: Iterable[str]
) -> None:
    right = tree(index.folder)
    harm(index)
    harmed = tree(index.folder)
    assert harmed != right or links(index)

    told = index.run("--verify", "--dry-run")
    assert outcomes(told) == dict.fromkeys(found, "repairable")
    assert told["exit_status"] == 0
    assert tree(index.folder) == harmed

    report = index.run("--verify")
    assert outcomes(report) == dict.fromkeys(found, "repaired")
    assert report["exit_status"] == 0
    assert (tree(index.folder), links(index)) == (right, [])
    assert (index.folder / ARCHIVE).samefile(index.folder / SECOND)
    assert outcomes(index.run("--verify")) == {}


OF_PLAIN = {PLAIN, OLD_OF_TAG, "plain/index.html", "plain/index.json", "plain/about.html"}
OF_PLAIN |= {f"{PLAIN}.metadata", "plain/about-0.5.html", "plain/about-1.0.html"}


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (link_folders, {SECOND, "Acme.Greeting/index.html"}),
        (put_files_in_place_of_folders, {LOWER, "acme.greeting/index.html"}),
    ],
)
def test_what_is_in_the_place_of_folders_is_moved_aside(
    index: KeptIndex, harm: Callable[[KeptIndex], None], found: set[str]
) -> None:
    right = tree(index.folder)
    harm(index)
    harmed = tree(index.folder)
    # A private name, too.
    assert outcomes(index.run("--verify", "--dry-run")).keys() == {*found, *OF_PLAIN, "plain"}
    assert tree(index.folder) == harmed
    report = index.run("--verify")
    assert outcomes(report) == dict.fromkeys({*found, *OF_PLAIN}, "repaired")
    assert (tree(index.folder), links(index)) == (right, [])
    assert {path.name for path in index.aside.iterdir()} == {"plain", found.pop().partition("/")[0]}
    assert outcomes(index.run("--verify")) == {}


@pytest.mark.parametrize("harm", [put_folders, put_links, link_folders, put_files_in_place_of_folders])
def test_a_plain_run_makes_archives_good_whatever_is_in_their_place(
    index: KeptIndex, harm: Callable[[KeptIndex], None]
) -> None:
    right = tree(index.folder)
    harm(index)
    assert index.run("--full-scan")["exit_status"] == 0
    now = tree(index.folder)
    archives = {path for path in right if path.endswith(".gz")}
    assert {path: now.get(path) for path in archives} == {path: right[path] for path in archives}
    assert {path for path in links(index) if path.suffix == ".gz" or path.parent == index.folder} == set()


def test_a_folder_in_place_of_one_archive_keeps_no_other_from_being_repaired(index: KeptIndex) -> None:
    right = tree(index.folder)
    index.flip(ARCHIVE)
    (index.folder / OLD).unlink()
    (index.folder / OLD).mkdir()
    (index.folder / OLD_NAME).unlink()
    report = index.run("--verify")
    assert outcomes(report) == {ARCHIVE: "repaired", OLD: "broken"}
    assert problems(report)[OLD].startswith(f"is no file, and is moved to {index.aside / OLD}")
    assert {path: content for path, content in right.items() if path not in (OLD, OLD_NAME)} == tree(
        index.folder
    )


def test_what_was_damaged_is_kept(index: KeptIndex) -> None:
    damaged = index.flip(PLAIN)
    done = index.commands.sdists_from_tags(*index.options, "--verify")
    assert done.status == 0, done.output
    assert tree(index.aside) == {PLAIN: damaged}
    problem = "holds other bytes than were published, and is moved to"
    assert f"repaired {PLAIN}: {problem} {index.aside / PLAIN}; it was built again" in done.stdout


def test_an_old_archive_that_no_tag_builds_is_an_error_each_time(index: KeptIndex) -> None:
    index.flip(OLD)
    told = index.run("--verify", "--dry-run")
    assert (outcomes(told), told["exit_status"]) == ({OLD: "broken"}, 1)
    done = index.commands.sdists_from_tags(*index.options, "--verify", "--quiet")
    assert done.status == 1
    (error,) = done.stdout.splitlines()
    assert error.startswith(f"error: {OLD} holds other bytes than were published")
    assert "no tag is known that it can be built from again" in error
    again = index.run("--verify")
    assert (outcomes(again)[OLD], again["exit_status"]) == ("broken", 1)
    assert "is missing" in problems(again)[OLD]


def test_an_old_archive_that_is_built_again_otherwise_is_an_error_once(index: KeptIndex) -> None:
    index.flip(OLD_OF_TAG)
    report = index.run("--verify")
    assert (outcomes(report), report["exit_status"]) == ({OLD_OF_TAG: "broken"}, 1)
    assert "with other bytes, which pinned hashes refuse" in problems(report)[OLD_OF_TAG]
    assert [each["tag"] for each in report["published"]] == ["0.5"]
    assert (index.folder / OLD_OF_TAG).samefile(index.folder / OLD_NAME_OF_TAG)
    again = index.run("--verify")
    assert (outcomes(again), again["exit_status"]) == ({}, 0)


def test_a_tag_that_does_not_build_again_is_an_error(index: KeptIndex) -> None:
    index.history.delete("plain/tags/1.0")
    index.history.add_tag("plain", "1.0", {"setup.py": "raise SystemExit('no')\n"})
    index.flip(PLAIN)
    report = index.run("--verify")
    assert (outcomes(report), report["exit_status"]) == ({PLAIN: "broken"}, 1)
    assert "its tag does not build it again" in problems(report)[PLAIN]


def test_an_archive_that_nobody_knows_is_told_of(index: KeptIndex) -> None:
    add_archive(index.folder / "plain/plain-0.7.tar.gz", "plain", "0.7")
    before = tree(index.folder)
    report = index.run("--verify")
    assert problems(report) == {"plain/plain-0.7.tar.gz": "is not in the catalog; --adopt takes it over"}
    assert (outcomes(report), report["exit_status"]) == ({"plain/plain-0.7.tar.gz": "told"}, 0)
    assert tree(index.folder) == before
    assert [each["file"] for each in index.run("--adopt")["adopted"]] == ["plain/plain-0.7.tar.gz"]
    assert outcomes(index.run("--verify")) == {}


def test_a_page_of_a_project_without_releases_is_told_of(index: KeptIndex) -> None:
    (index.folder / "gone").mkdir()
    for name in ("index.html", "index.json", "about.html"):
        (index.folder / "gone" / name).write_bytes((index.folder / "plain" / name).read_bytes())
    before = tree(index.folder)
    report = index.run("--verify")
    assert outcomes(report) == {f"gone/{name}": "told" for name in ("index.html", "index.json", "about.html")}
    assert "the catalog has no release of gone" in problems(report)["gone/index.html"]
    assert (tree(index.folder), report["exit_status"]) == (before, 0)


def test_a_private_name_gets_its_folder_back(index: KeptIndex) -> None:
    index.history.add_tag("hopeless", "1.0", {"setup.py": "raise SystemExit('no')\n"})
    index.run()
    (index.folder / "hopeless").rmdir()
    assert outcomes(index.run("--verify")) == {"hopeless": "repaired"}
    assert (index.folder / "hopeless").is_dir()


def test_a_catalog_that_is_damaged_where_no_run_looks_is_made_again(index: KeptIndex) -> None:
    with closing(sqlite3.connect(index.catalog)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_schema WHERE name = 'sdist_by_upload_time'")
    report = index.run("--verify")
    assert "is moved to" in report["warnings"][0]
    assert (len(report["adopted"]), outcomes(report)) == (4, {})


def test_a_catalog_that_is_damaged_inside_is_made_again(index: KeptIndex) -> None:
    before = tree(index.folder)
    content = bytearray(index.catalog.read_bytes())
    # A page that no run with nothing to do reads.
    at = content.index(b"Metadata-Version") // 4096 * 4096
    content[at : at + 8] = b"\xff" * 8
    index.catalog.write_bytes(content)
    assert index.run()["adopted"] == []
    report = index.run("--verify")
    assert "is moved to" in report["warnings"][0]
    assert len(report["adopted"]) == 4
    assert report["published"] == []
    assert tree(index.folder) == before


@pytest.mark.parametrize(
    "harm",
    [
        f"UPDATE release_file SET sha256 = '{'0' * 64}' WHERE filename = 'plain-1.0.tar.gz'",
        "UPDATE release SET requires_python = '>=9' WHERE project = 'plain'",
        "UPDATE release SET version = '9.9' WHERE project = 'plain'",
    ],
)
def test_text_of_the_catalog_is_not_the_truth_where_the_archive_says_otherwise(
    index: KeptIndex, harm: str
) -> None:
    right = tree(index.folder)
    index.query(harm)
    report = index.run("--verify")
    assert "is not what the archive has; it is moved to" in report["warnings"][0]
    assert tree(index.folder) == right
    assert outcomes(index.run("--verify")) == {}
