"""The example repository: the dump that is shipped is the one its sources make, and it loads."""

import gzip
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from sdistmaker_recipe import example
from sdistmaker_recipe.vcs import load_repository
from sdistmaker_recipe.vcs.subversion.connection import Connection
from sdistmaker_recipe.vcs.subversion.opening import open_connection
from tests.support import make_example


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    folder = tmp_path_factory.mktemp("example") / "repository"
    with example.open_dump() as dump:
        url = load_repository(folder, dump)
    with open_connection(url) as opened:
        yield opened


def export(repository: Connection, path: str, destination: Path) -> Path:
    repository.export(path, repository.head(), destination)
    return destination


def test_shipped_dump_is_what_the_sources_make() -> None:
    with example.open_dump() as dump:
        assert dump.read() == make_example.make_dump(), "run python -m tests.support.make_example"


def test_compressed_file_tells_no_time_and_no_name() -> None:
    header = resources.files(example).joinpath("repository.dump.gz").read_bytes()[:8]
    assert header == b"\x1f\x8b\x08" + b"\x00" * 5  # RFC 1952: deflate, no flags, no mtime


def test_writing_touches_the_file_only_for_other_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "repository.dump.gz"
    monkeypatch.setattr(make_example, "SHIPPED", shipped)
    same = gzip.compress(make_example.make_dump(), compresslevel=1)
    shipped.write_bytes(same)
    make_example.main()
    assert shipped.read_bytes() == same
    shipped.write_bytes(gzip.compress(b"other"))
    make_example.main()
    assert gzip.decompress(shipped.read_bytes()) == make_example.make_dump()


def test_every_release_and_no_other_is_a_tag(repository: Connection) -> None:
    assert repository.uuid() == make_example.UUID
    head = repository.head()
    for project in make_example.projects():
        tags = [entry.name for entry in repository.entries(f"{project.path}/tags", head)]
        releases = [project.tag.format(version=release.version) for release in project.releases]
        assert tags == sorted(releases + [other.version for other in project.other_tags])


def test_a_tag_holds_its_own_version(repository: Connection, tmp_path: Path) -> None:
    old = export(repository, "acme-ledger/tags/0.2", tmp_path / "old")
    new = export(repository, "acme-ledger/tags/0.5", tmp_path / "new")
    assert "version = '0.2'" in (old / "setup.py").read_text()
    assert "version = '0.5'" in (new / "setup.py").read_text()
    assert "0.5 (2011-01-24)" in (new / "CHANGES.txt").read_text()
    assert "0.5" not in (old / "CHANGES.txt").read_text()
    assert not (old / "acme_ledger/rates.txt").exists()
    assert (new / "acme_ledger/rates.txt").exists()


def test_properties_come_out(repository: Connection, tmp_path: Path) -> None:
    tag = export(repository, "acme-ledger/tags/1.1", tmp_path / "tag")
    assert (tag / "tools/nightly.sh").stat().st_mode & 0o111
    assert not (tag / "setup.py").stat().st_mode & 0o111
    assert " maintainer $" in (tag / "acme_ledger/__init__.py").read_text().splitlines()[0]


def test_the_broken_tag_reads_a_file_that_is_missing(repository: Connection, tmp_path: Path) -> None:
    broken = export(repository, "acme-ledger/tags/0.3", tmp_path / "broken")
    repaired = export(repository, "acme-ledger/tags/0.3.1", tmp_path / "repaired")
    assert "open('NEWS.txt')" in (broken / "setup.py").read_text()
    assert not (broken / "NEWS.txt").exists()
    assert (repaired / "NEWS.txt").exists()


def test_the_python_2_only_tags_are_just_that(repository: Connection, tmp_path: Path) -> None:
    tag = export(repository, "acme-punchcard/tags/0.3", tmp_path / "tag")
    with pytest.raises(SyntaxError):
        compile((tag / "setup.py").read_text(), "setup.py", "exec")
