"""Tags that lead elsewhere, are odd or are met on a bad day: they are told of, and harm nothing."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import tarfile

import pytest

from tests.support.commands import Commands, program
from tests.support.history import History, setuptools_project
from tests.support.old_catalog import VERSION_1
from tests.support.svndump import add_symlink, copy_folder

pytestmark = pytest.mark.usefixtures("forked_commands")

ARGUMENTS = ("--destination", "index", "--jobs", "2")
OWN_BACKEND = """\
import io, os, tarfile

def build_sdist(folder, config_settings=None):
    with tarfile.open(os.path.join(folder, "made-1.0.tar.gz"), "w:gz") as archive:
        for name in ("PKG-INFO", "pyproject.toml", "backend.py"):
            archive.add(name, "made-1.0/" + name)
    return "made-1.0.tar.gz"
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
ONLY_ONE = ("--pythons", os.path.realpath(shutil.which("python3") or ""))


def own_backend(name: str, *, more: str = "") -> dict[str, str]:
    """A tag that builds itself, in no time, with this name."""
    metadata = f"Metadata-Version: 2.2\nName: {name}\nVersion: 1.0\n{more}"
    return {"pyproject.toml": PYPROJECT, "backend.py": OWN_BACKEND, "PKG-INFO": metadata}


@pytest.mark.parametrize("target", ["victim", "/dev/zero", "../../../../victim"])
def test_a_link_in_a_tag_leads_nowhere_to_write_or_read(
    history: History, own_index: Commands, target: str
) -> None:
    victim = own_index.folder / "victim"
    victim.write_text("[egg_info]\ntag_build = dev\n")
    setup = "from setuptools import setup\nuse_vcs_version = True\nsetup(name='evil', version='1.0')"
    history.add_tag("evil", "1.0", {"setup.py": setup})
    history.add_tag("good", "1.0", own_backend("good"))
    history.commit([add_symlink("evil/tags/1.0/setup.cfg", str(victim) if target == "victim" else target)])
    report = own_index.report("--repository", history.url, *ARGUMENTS, *ONLY_ONE)
    assert "good" in {each["project"] for each in report["published"]}
    assert victim.read_text() == "[egg_info]\ntag_build = dev\n"


def test_a_link_is_not_written_through_where_a_tag_is_published_as_its_files(
    history: History, own_index: Commands
) -> None:
    victim = own_index.folder / "victim"
    victim.write_text("precious")
    history.add_tag("evil", "1.0", {"setup.py": "raise RuntimeError"})
    history.commit([add_symlink("evil/tags/1.0/PKG-INFO", str(victim))])
    arguments = ("--repository", history.url, *ARGUMENTS, "--unbuildable", "archive", *ONLY_ONE)
    assert own_index.report(*arguments)["published"][0]["toolchain"] == "files only"
    assert victim.read_text() == "precious"


def test_a_tag_that_cannot_be_published_as_its_files_either_fails_by_its_first_reason(
    history: History, own_index: Commands
) -> None:
    files = {"setup.py": "raise RuntimeError", "setup.cfg": "[metadata]\nname = a/b\n"}
    history.add_tag("evil", "1.0", files)
    arguments = ("--repository", history.url, *ARGUMENTS, "--unbuildable", "archive", *ONLY_ONE)
    (failed,) = own_index.report(*arguments)["failed"]
    assert failed["reason"] == "The build ended with RuntimeError."
    assert [each["toolchain"] for each in failed["attempts"]][-1] == "files only"


def test_folders_deeper_than_python_counts_fail_their_own_tag_only(
    history: History, own_index: Commands
) -> None:
    depth = 35
    history.add_tag("deep", "1.0", {**own_backend("deep"), f"{'d/' * depth}file": "x"})
    while depth < 1100:
        # Subversion adds them one by one in seconds. Revision 0 of a load is the one before it.
        top = "deep/tags/1.0"
        history.commit([copy_folder(f"{top}/{'d/' * depth}d", f"{top}/d", 0)])
        depth *= 2
    history.add_tag("good", "1.0", own_backend("good"))
    report = own_index.report("--repository", history.url, *ARGUMENTS)
    assert [each["project"] for each in report["published"]] == ["good"]
    assert report["failed"][0]["reason"] == "The tag's folders are more than 900 deep."
    assert not list(own_index.folder.glob("index/.*"))


def test_a_name_too_long_to_be_written_out_stops_no_page(history: History, own_index: Commands) -> None:
    history.add_tag("aa", "1.0", own_backend(f"a{'.' * 190}b"))
    history.add_tag("bb", "1.0", own_backend("bb"))
    for _ in range(2):
        assert own_index.sdists_from_tags("--repository", history.url, *ARGUMENTS).status == 0
    assert (own_index.folder / "index/a-b/index.html").exists()
    assert (own_index.folder / "index/bb/index.html").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to give a folder another group")
def test_a_description_that_takes_gigabytes_to_render_is_shown_as_written(
    history: History, own_index: Commands
) -> None:
    table = "|a" * 2000 + "|\n" + "|-" * 2000 + "|\n" + "|a\n" * 50_000
    described = f"Description-Content-Type: text/markdown\n\n{table}"
    history.add_tag("evil", "1.0", own_backend("evil", more=described))
    history.add_tag("good", "1.0", own_backend("good", more="\n**Bold**\n"))
    report = own_index.report("--repository", history.url, *ARGUMENTS)
    assert {each["project"] for each in report["published"]} == {"evil", "good"}
    page = own_index.folder / "index"
    assert "it cannot be rendered as Markdown" in (page / "evil" / "about.html").read_text("utf-8")
    assert "<strong>Bold</strong>" in (page / "good" / "about.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("pyproject", "reason"),
    [
        (
            "a." * 1_000_000 + "a = 1\n",
            (
                "Reading and packing this tag took more than 3 seconds of CPU time. "
                "Look for a very large or deeply nested file, or raise the option timeout."
            ),
        ),
        ("a = " + "[" * 100_000, "pyproject.toml cannot be read: its values are nested too deep."),
    ],
    ids=["long", "deep"],
)
def test_a_file_written_to_keep_its_reader_busy_fails_its_own_tag_only(
    history: History, own_index: Commands, pyproject: str, reason: str
) -> None:
    history.add_tag("evil", "1.0", {**own_backend("evil"), "pyproject.toml": pyproject})
    history.add_tag("good", "1.0", own_backend("good"))
    report = own_index.report("--repository", history.url, *ARGUMENTS, "--timeout", "3")
    assert [each["project"] for each in report["published"]] == ["good"]
    assert [each["reason"] for each in report["failed"]] == [reason]


def test_archives_have_the_group_of_the_index(history: History, own_index: Commands) -> None:
    index = own_index.folder / "index"
    index.mkdir()
    os.chown(index, 0, 33)
    index.chmod(0o2750)
    history.add_tag("bb", "1.0", own_backend("bb"))
    command = f"umask 027; exec {program('sdists_from_tags')} --repository {history.url} --destination index"
    assert own_index.run("sh", "-c", command).status == 0
    archive = (index / "bb/bb-1.0.tar.gz").stat()
    assert (archive.st_gid, archive.st_mode & 0o777) == (33, 0o640)


def test_one_archive_that_cannot_be_stored_takes_no_other_along(
    history: History, own_index: Commands
) -> None:
    for name in ("aa", "ab", "zz"):
        history.add_tag(name, "1.0", own_backend(name))
    (own_index.folder / "index/ab/ab-1.0.tar.gz").mkdir(parents=True)
    # So that it cannot be moved aside.
    (own_index.folder / "index-state").mkdir()
    (own_index.folder / "index-state/aside").touch()
    done = own_index.sdists_from_tags("--repository", history.url, *ARGUMENTS)
    assert done.status == 3
    assert "index-state/aside/ab: Not a directory" in done.output
    listed = json.loads((own_index.folder / "index/index.json").read_text())
    assert [each["name"] for each in listed["projects"]] == ["aa", "zz"]


def test_what_is_told_of_a_file_that_was_there_is_its_own(history: History, own_index: Commands) -> None:
    # A first run would take it over.
    history.add_tag("aa", "1.0", own_backend("aa"))
    assert own_index.report("--repository", history.url, *ARGUMENTS)["exit_status"] == 0
    folder = own_index.folder / "index/bb"
    folder.mkdir(parents=True)
    content = b"Metadata-Version: 2.2\nName: bb\nVersion: 1.0\nRequires-Dist: old\nRequires-Python: >=3\n"
    with tarfile.open(folder / "bb-1.0.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("bb-1.0/PKG-INFO")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    history.add_tag("bb", "1.0", own_backend("bb", more="Requires-Dist: new\n"))
    report = own_index.report("--repository", history.url, *ARGUMENTS)
    assert "other content" in report["published"][0]["warnings"][0]
    assert (folder / "bb-1.0.tar.gz.metadata").read_bytes() == content
    (file,) = json.loads((folder / "index.json").read_text())["files"]
    assert file["requires-python"] == ">=3"


def test_metadata_follows_an_archive_that_is_made_again_otherwise(
    history: History, own_index: Commands
) -> None:
    history.add_tag("b.b", "1.0", own_backend("b.b"))
    arguments = ("--repository", history.url, *ARGUMENTS)
    own_index.report(*arguments)
    history.delete("b.b/tags/1.0")
    history.add_tag("b.b", "1.0", own_backend("b.b", more="Summary: another\n"))
    archive = own_index.folder / "index/b-b/b_b-1.0.tar.gz"
    archive.unlink()
    second = own_index.folder / "index/b.b/b.b-1.0.tar.gz"
    second.unlink()
    second.write_bytes(b"not it either")
    (again,) = own_index.report(*arguments)["published"]
    assert "made again with other content" in again["warnings"][0]
    assert "Summary: another" in archive.with_name("b_b-1.0.tar.gz.metadata").read_text()
    # So does its second name.
    assert second.read_bytes() == archive.read_bytes()


def test_a_lost_archive_is_made_again_by_the_toolchain_that_made_it(
    history: History, own_index: Commands
) -> None:
    arguments = ("--repository", history.url, *ARGUMENTS)
    history.add_tag("mix", "2.0", setuptools_project("mix", "2.0"))
    (first,) = own_index.report(*arguments)["published"]
    feature = "from setuptools import Feature, setup\nsetup(name='mix', version='1.0', py_modules=['mix'])"
    history.add_tag("mix", "1.0", {"setup.py": feature, "mix.py": ""})
    assert own_index.report(*arguments)["published"][0]["toolchain"] != "declared"
    (own_index.folder / "index/mix/mix-2.0.tar.gz").unlink()
    (again,) = own_index.report(*arguments)["published"]
    assert (again["toolchain"], again["sha256"]) == (first["toolchain"], first["sha256"])
    assert again["warnings"] == []


def test_what_a_setup_py_says_when_it_gives_up_is_one_clean_line(
    history: History, own_index: Commands
) -> None:
    body = (
        "import traceback\ntry:\n    import nothing\nexcept ImportError:\n    traceback.print_exc()\n"
        "print('Install \\x1b[31mnumpy first.')\nraise SystemExit(1)\n"
    )
    history.add_tag("gu", "1.0", {"setup.py": body})
    done = own_index.sdists_from_tags("--repository", history.url, *ARGUMENTS, *ONLY_ONE)
    assert "The build gave up: Install [31mnumpy first." in done.output
    assert "\x1b" not in done.output


def test_a_setup_py_that_calls_setup_twice_builds_as_declared(history: History, own_index: Commands) -> None:
    body = (
        "from setuptools import setup\nfor _ in 'xy':\n    setup(name='tw', version='1', py_modules=['tw'])\n"
    )
    history.add_tag("tw", "1", {"setup.py": body, "tw.py": ""})
    (made,) = own_index.report("--repository", history.url, *ARGUMENTS)["published"]
    assert made["toolchain"] == "declared"


def test_a_dry_run_leaves_an_old_catalog_as_it_is(history: History, own_index: Commands) -> None:
    history.add_tag("bb", "1.0", own_backend("bb"))
    own_index.report("--repository", history.url, *ARGUMENTS)
    path = own_index.folder / "index-state/catalog.sqlite3"
    path.unlink()
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1)
    connection.close()
    before = path.read_bytes()
    assert own_index.sdists_from_tags("--repository", history.url, *ARGUMENTS, "--dry-run").status == 0
    assert path.read_bytes() == before
    assert own_index.sdists_from_tags("--repository", history.url, *ARGUMENTS).status == 0
    assert path.read_bytes() != before
