"""An index that sdistmaker 1.4 or tags2sdists made is taken over: nothing is built again, all is served."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pytest

from tests.support.clients import CLIENTS, Client, Toolbox, commands_of_user
from tests.support.commands import WITHOUT_WHEELS, Commands, program
from tests.support.history import History, tree
from tests.support.kept_index import KeptIndex
from tests.support.long_form import IS_LONG
from tests.support.old_index import MADE, add_archive
from tests.support.sites import SERVERS, PrivateIndex

pytestmark = pytest.mark.usefixtures("forked_commands")

ASKING_AS_WRITTEN = [
    client
    for client in CLIENTS
    if client.name == "zc.buildout 6" or (IS_LONG and client.name in ("zc.buildout 2.13", "easy_install"))
]

BROKEN = "halfway/halfway-1.0.tar.gz"
WHEEL = "plain/plain-1.0-py3-none-any.whl"
OTHERS = {
    "index.html": b"<title>Index of /</title>",
    "plain/index.html": b"<title>Index of /plain</title>",
    "plain/README": b"Ask me first.",
    WHEEL: b"PK a wheel",
}
ARCHIVES = {
    # sdistmaker 1.4 and tags2sdists: the folder is named by setup.py, or as in Subversion.
    "Acme.Greeting/Acme.Greeting-1.0.tar.gz": ("Acme.Greeting", "1.0"),
    "Acme.Greeting/Acme.Greeting-1.1.tar.gz": ("Acme.Greeting", "1.1"),
    "My_Pkg/My_Pkg-1.0.tar.gz": ("My_Pkg", "1.0"),
    "plain/plain-0.9.zip": ("plain", "0.9"),
    # By hand, of no tag.
    "plain/plain-0.5.tar.gz": ("plain", "0.5"),
}
RELEASES = {
    "Acme.Greeting/Acme.Greeting-1.0.tar.gz": "acme-greeting/acme_greeting-1.0.tar.gz",
    "Acme.Greeting/Acme.Greeting-1.1.tar.gz": "acme-greeting/acme_greeting-1.1.tar.gz",
    "My_Pkg/My_Pkg-1.0.tar.gz": "my-pkg/my_pkg-1.0.tar.gz",
    "plain/plain-0.9.zip": "plain/plain-0.9.zip",
    "plain/plain-0.5.tar.gz": "plain/plain-0.5.tar.gz",
}
NEW = {
    "acme-greeting": ["acme_greeting-1.2.tar.gz"],
    "halfway": ["halfway-1.0.tar.gz"],
    "my-pkg": ["my_pkg-2.0.tar.gz"],
    "plain": ["plain-1.0.tar.gz"],
}


@dataclass(frozen=True)
class Old:
    """The tree as it was, and what runs over it."""

    commands: Commands
    history: History
    public: str
    files: Mapping[str, bytes]

    @property
    def index(self) -> Path:
        return self.commands.folder / "index"

    def run(self, *more: str) -> dict:
        arguments = ("--repository", self.history.url, "--destination", "index")
        return self.commands.report(*arguments, "--public-index", self.public, *more)


def make_old(history: History, commands: Commands, public: str) -> Old:
    for version in ("1.0", "1.1", "1.2"):
        history.release("Acme.Greeting", version)
    history.release("My_Pkg", "1.0")
    history.release("My_Pkg", "2.0")
    history.release("plain", "0.9")
    history.release("plain", "1.0")
    history.release("halfway", "1.0")
    index = commands.folder / "index"
    for path, (name, version) in ARCHIVES.items():
        add_archive(index / path, name, version)
    add_archive(index / BROKEN, "halfway", "1.0")
    (index / BROKEN).write_bytes((index / BROKEN).read_bytes()[:-20])
    for path, content in OTHERS.items():
        (index / path).write_bytes(content)
    return Old(commands, history, public, tree(index))


@pytest.fixture
def old(history: History, commands: Commands, public: str) -> Old:
    return make_old(history, commands, public)


@pytest.fixture(scope="module")
def adopted(tmp_path_factory: pytest.TempPathFactory, commands_of_module: Commands, public: str) -> Old:
    """The same, after the first run."""
    made = make_old(History(tmp_path_factory.mktemp("history") / "repository"), commands_of_module, public)
    report = made.run()
    assert report["exit_status"] == 0, report
    return made


@pytest.fixture(scope="module", params=SERVERS)
def url(
    request: pytest.FixtureRequest, adopted: Old, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The index behind a real web server with the generated configuration."""
    index = PrivateIndex(adopted.history, adopted.commands, adopted.public)
    index.update()
    with SERVERS[request.param](index, tmp_path_factory.mktemp(request.param)) as server:
        yield server.url


@pytest.fixture(scope="module")
def toolbox(own_index_of_module: Commands) -> Toolbox:
    """The clients, made as they are asked for."""
    return Toolbox(own_index_of_module)


def get(url: str, accept: str = "*/*") -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept})) as answer:
        return answer.read()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_dry_run_says_what_it_would_take_over_and_changes_nothing(old: Old) -> None:
    arguments = ("--repository", old.history.url, "--destination", "index", "--dry-run", "--adopt")
    done = old.commands.sdists_from_tags(*arguments)
    assert done.status == 0, done.output
    lines = done.stdout.splitlines()
    tag = f"{old.history.url}/Acme.Greeting/tags/1.0"
    for old_name, tag_url in (
        ("Acme.Greeting/Acme.Greeting-1.0.tar.gz", tag),
        ("plain/plain-0.5.tar.gz", "no tag"),
    ):
        assert f"would take over {old_name} as {RELEASES[old_name]} ({tag_url})" in lines
    assert "would take over 5 archives, 4 with a known tag" in lines
    assert any(line.startswith(f"would not take over {WHEEL}: ") for line in lines)
    assert [line for line in lines if line.startswith("would build")] == [
        "would build Acme.Greeting 1.2",
        "would build My_Pkg 2.0",
        "would build halfway 1.0",
        "would build plain 1.0",
    ]
    assert tree(old.index) == old.files
    assert [path.name for path in old.commands.folder.iterdir()] == ["index"]


def test_the_first_run_builds_what_is_missing_and_the_next_nothing(old: Old) -> None:
    first = old.run()
    assert first["exit_status"] == 0
    assert {each["file"]: f"{each['project']}/{each['filename']}" for each in first["adopted"]} == RELEASES
    assert {each["file"] for each in first["adopted"] if not each["url"]} == {"plain/plain-0.5.tar.gz"}
    assert sorted(each["filename"] for each in first["published"]) == sorted(
        chain.from_iterable(NEW.values())
    )
    left = {each["file"]: each["reason"] for each in first["left_alone"]}
    assert left.keys() == {WHEEL, BROKEN}
    assert "cannot be read" in left[BROKEN]
    assert first["releases"] == len(RELEASES) + 4

    before = {path: path.stat().st_mtime_ns for path in old.index.rglob("*")}
    again = old.run()
    assert (again["adopted"], again["left_alone"], again["published"]) == ([], [], [])
    assert {path: path.stat().st_mtime_ns for path in old.index.rglob("*")} == before
    assert old.run("--full-scan", "--adopt")["published"] == []
    assert {path: path.stat().st_mtime_ns for path in old.index.rglob("*")} == before


def test_a_tag_that_builds_what_was_taken_over_makes_no_second_file(
    history: History, commands: Commands, public: str
) -> None:
    # The tag's name does not tell that it is the same release; only its build does.
    history.release("greeting", "1.0", dist="Odd.Name")
    index = commands.folder / "index"
    before = add_archive(index / "Odd.Name/Odd.Name-1.0.zip", "Odd.Name", "1.0")
    old = Old(commands, history, public, tree(index))
    old.run()
    (entry,) = json.loads((index / "odd-name/index.json").read_text())["files"]
    assert (entry["filename"], entry["hashes"]["sha256"]) == ("odd_name-1.0.zip", sha256(before))
    names = [path.name for path in index.glob("*/*1.0.*") if path.suffix != ".html"]
    assert sorted(names) == ["Odd.Name-1.0.zip", "odd.name-1.0.zip", "odd_name-1.0.zip"]


def test_a_tag_that_comes_later_is_recognised(old: Old) -> None:
    old.run()
    old.history.release("plain", "0.5")
    report = old.run()
    assert (report["published"], report["failed"]) == ([], [])
    (skipped,) = [each for each in report["skipped"] if each["tag"] == "0.5"]
    assert skipped["reason"] == "published as plain-0.5.tar.gz"


def link_archive(index: Path) -> None:
    add_archive(index / "store/any.bin.tar.gz", "plain", "1.0")
    (index / "plain").mkdir()
    (index / "plain/plain-1.0.tar.gz").symlink_to("../store/any.bin.tar.gz")


def link_normalised_folder(index: Path) -> None:
    add_archive(index / "Acme.Greeting/Acme.Greeting-1.0.tar.gz", "Acme.Greeting", "1.0")
    (index / "acme-greeting").symlink_to("Acme.Greeting")


def link_written_folder(index: Path) -> None:
    add_archive(index / "acme-greeting/Acme.Greeting-1.0.tar.gz", "Acme.Greeting", "1.0")
    (index / "Acme.Greeting").symlink_to("acme-greeting")


def put_files_in_place_of_folders(index: Path) -> None:
    index.mkdir()
    for name in ("plain", "Acme.Greeting"):
        (index / name).write_text("Ask me first.")


def put_folders_in_place_of_files(index: Path) -> None:
    paths = ("plain/plain-1.0.tar.gz", "acme.greeting/acme.greeting-1.0.tar.gz", "plain/index.html")
    for path in (*paths, "index.html", "plain/index.json"):
        (index / path).mkdir(parents=True)


def link_to_nowhere(index: Path) -> None:
    (index / "plain").mkdir(parents=True)
    for path in ("acme-greeting", "acme.greeting", "plain/plain-1.0.tar.gz", "plain/about.html"):
        (index / path).symlink_to("/nowhere")


IN_THE_WAY = {
    link_archive: {"plain/plain-1.0.tar.gz"},
    link_normalised_folder: {"acme-greeting"},
    link_written_folder: {"Acme.Greeting"},
    put_files_in_place_of_folders: {"plain", "Acme.Greeting"},
    put_folders_in_place_of_files: {
        "plain/plain-1.0.tar.gz",
        "acme.greeting/acme.greeting-1.0.tar.gz",
        "plain/index.html",
        "plain/index.json",
        "index.html",
    },
    link_to_nowhere: {"acme-greeting", "acme.greeting", "plain/plain-1.0.tar.gz", "plain/about.html"},
}


@pytest.mark.parametrize("put", IN_THE_WAY)
def test_what_is_no_file_or_folder_in_the_place_of_ours_is_moved_aside(
    history: History, commands: Commands, put: Callable[[Path], None]
) -> None:
    for project in ("Acme.Greeting", "plain"):
        history.release(project, "1.0")
    index = KeptIndex(commands, history, ("--use-existing-folder", "true"))
    put(index.folder)
    before = tree(index.folder)
    assert index.run("--adopt", "--dry-run")["exit_status"] == 0
    assert (tree(index.folder), index.state.exists()) == (before, False)
    done = commands.sdists_from_tags(*index.options)
    assert done.status == 0, done.output
    for path in IN_THE_WAY[put]:
        assert f"{path} was in the way" in done.stderr
        assert os.path.lexists(index.aside / path)
    assert [path for path in index.folder.rglob("*") if path.is_symlink()] == []
    for page in index.folder.glob("*/index.json"):
        (entry,) = json.loads(page.read_text())["files"]
        assert sha256(page.with_name(entry["filename"]).read_bytes()) == entry["hashes"]["sha256"]
    assert len(list(index.folder.glob("*/*-1.0.tar.gz"))) >= 4
    report = index.run("--verify")
    assert (report["exit_status"], report["published"]) == (0, [])
    assert {each["outcome"] for each in report["verified"]["findings"]} <= {"told"}


def test_a_run_that_is_killed_goes_on_in_the_next(history: History, commands: Commands, public: str) -> None:
    history.release("many", "1.0")
    index, count = commands.folder / "index", 600
    for number in range(count):
        add_archive(index / f"Many/Many-0.{number}.tar.gz", "Many", f"0.{number}")
    old = Old(commands, history, public, tree(index))
    arguments = ("--repository", history.url, "--destination", "index", "--public-index", public)
    command = [program("sdists_from_tags"), *arguments, *WITHOUT_WHEELS]
    with subprocess.Popen(command, cwd=commands.folder, env=commands.environment) as process:
        while not (known := number_known(commands.folder / "index-state/catalog.sqlite3")):
            assert process.poll() is None
        process.kill()
    assert 0 < known < count

    report = old.run()
    assert report["releases"] == count + 1
    assert len(report["adopted"]) < count
    page = json.loads((index / "many/index.json").read_text())
    times = {each["upload-time"] for each in page["files"] if each["filename"] != "many-1.0.tar.gz"}
    assert times == {MADE.isoformat(timespec="microseconds").replace("+00:00", "Z")}
    assert {**tree(index), **old.files} == tree(index)


def number_known(catalog: Path) -> int:
    """How many releases a catalog has; 0 while it is none."""
    if not catalog.exists():
        return 0
    with closing(sqlite3.connect(f"{catalog.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            ((number,),) = connection.execute("SELECT COUNT(*) FROM release")
        except sqlite3.OperationalError:
            return 0
    return int(number)


def test_a_release_that_is_removed_goes_by_all_its_names(old: Old) -> None:
    old.run()
    old.history.delete("My_Pkg/tags/1.0")
    old.history.delete("Acme.Greeting/tags/1.1")
    report = old.run("--deleted-tags", "remove")
    assert [each["filename"] for each in report["removed"]] == [
        "acme_greeting-1.1.tar.gz",
        "my_pkg-1.0.tar.gz",
    ]
    assert list(old.index.rglob("*1.1.tar.gz")) == []
    assert sorted(path.name for path in old.index.rglob("*y_*kg-*.gz")) == [
        "My_Pkg-2.0.tar.gz",
        "my_pkg-2.0.tar.gz",
    ]
    assert (old.index / "My_Pkg/index.html").read_text().count("<a ") == 1
    assert old.run("--deleted-tags", "remove", "--adopt")["adopted"] == []

    old.history.delete("My_Pkg/tags/2.0")
    old.run("--deleted-tags", "remove")
    assert not (old.index / "My_Pkg").exists()
    assert list((old.index / "my-pkg").iterdir()) == []


def test_each_release_is_on_the_pages_once_with_the_hash_that_it_had(adopted: Old) -> None:
    for old_name, path in RELEASES.items():
        project, _, filename = path.partition("/")
        page = json.loads((adopted.index / project / "index.json").read_text())
        (entry,) = [each for each in page["files"] if each["filename"] == filename]
        assert entry["hashes"]["sha256"] == sha256(adopted.files[old_name])
        assert entry["upload-time"] == MADE.isoformat(timespec="microseconds").replace("+00:00", "Z")
    for project, new in NEW.items():
        page = json.loads((adopted.index / project / "index.json").read_text())
        old = [path.partition("/")[2] for path in RELEASES.values() if path.startswith(f"{project}/")]
        assert sorted(each["filename"] for each in page["files"]) == sorted([*old, *new])


def test_what_was_there_is_there_but_for_pages_and_what_was_broken(adopted: Old) -> None:
    now = tree(adopted.index)
    gone = {name for name, content in adopted.files.items() if now.get(name) != content}
    assert gone == {"index.html", "plain/index.html", BROKEN}
    aside = adopted.index.with_name("index-state") / "aside" / BROKEN
    assert aside.read_bytes() == adopted.files[BROKEN]


@pytest.mark.parametrize("path", ARCHIVES)
def test_old_addresses_answer_with_the_same_bytes(adopted: Old, url: str, path: str) -> None:
    assert get(f"{url}/{path}") == adopted.files[path]


@pytest.mark.parametrize("written", ["Acme.Greeting", "My_Pkg", "plain"])
def test_the_name_as_it_is_written_leads_to_all_releases(adopted: Old, url: str, written: str) -> None:
    project = written.lower().replace(".", "-").replace("_", "-")
    page = json.loads(get(f"{url}/{project}/", "application/vnd.pypi.simple.v1+json"))
    links = re.findall('href="([^"#]+)#sha256=([0-9a-f]+)"', get(f"{url}/{written}/").decode())
    assert len(links) == len(page["files"])
    assert {digest for _, digest in links} == {each["hashes"]["sha256"] for each in page["files"]}
    for name, digest in links:
        assert sha256(get(f"{url}/{written}/{name}")) == digest


@pytest.mark.parametrize("url", SERVERS if IS_LONG else ["apache"], indirect=True)
@pytest.mark.parametrize("client", ["pip", "uv"])
def test_clients_install_under_the_hash_of_before(
    adopted: Old, url: str, client: str, tmp_path: Path
) -> None:
    commands = commands_of_user(tmp_path, url)
    lines = [
        f"{name}=={version} --hash=sha256:{sha256(adopted.files[path])}\n"
        for path, (name, version) in ARCHIVES.items()
        if version in ("1.1", "1.0", "0.9") and path != "Acme.Greeting/Acme.Greeting-1.0.tar.gz"
    ]
    assert len(lines) == 3
    (commands.folder / "requirements.txt").write_text("".join(lines))
    python = commands.clean_python("environment")
    install = commands.pip_install if client == "pip" else commands.uv_install
    done = install(python, f"{url}/", "--require-hashes", "-r", "requirements.txt")
    assert done.status == 0, done.output
    found = {name: commands.module_version(python, name) for name in ("acme_greeting", "my_pkg", "plain")}
    assert found == {"acme_greeting": "1.1", "my_pkg": "1.0", "plain": "0.9"}


@pytest.mark.parametrize("url", SERVERS if IS_LONG else ["apache"], indirect=True)
@pytest.mark.parametrize("client", ASKING_AS_WRITTEN, ids=lambda client: client.name)
def test_clients_that_ask_as_it_is_written_install_too(
    adopted: Old, url: str, client: Client, toolbox: Toolbox, tmp_path: Path
) -> None:
    use = client.use(toolbox.programs(client), commands_of_user(tmp_path, url), url)
    done = use.install("Acme.Greeting==1.1", "My_Pkg==1.0", "plain==0.9")
    assert done.status == 0, done.output
    found = use.installed(["acme_greeting", "my_pkg", "plain"])
    assert found == {"acme_greeting": "1.1", "my_pkg": "1.0", "plain": "0.9"}
