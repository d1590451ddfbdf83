"""Archives: the same files give the same bytes, and nothing that a build left is trusted."""

from __future__ import annotations

import contextlib
import gzip
import io
import itertools
import os
import re
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain.archives import archive as archives
from sdistmaker_recipe.toolchain.archives import repacking
from sdistmaker_recipe.toolchain.archives.archive import Metadata, open_sdist

LATEST = 1_330_837_567
PKG_INFO = b"Metadata-Version: 2.1\nName: acme.ledger\nVersion: 1.0\nRequires-Python: >=3.8\n"


def read_metadata(path: Path) -> Metadata:
    with open_sdist(path) as sdist:
        return archives.read_metadata(sdist)


def file_names(path: Path) -> list[str]:
    with open_sdist(path) as sdist:
        return sdist.file_names()


def repack(path: Path, target: Path, top: str, latest: int) -> None:
    with open_sdist(path) as sdist:
        repacking.repack(sdist, target, top, latest)


def member(name: str, data: bytes = b"", **attributes: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for attribute, value in attributes.items():
        setattr(info, attribute, value)
    return info, data


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=kind, linkname=target)


def folder(name: str, **attributes: object) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.DIRTYPE, mode=0o755, **attributes)


def tar(members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as output:
        for info, data in members:
            output.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


METADATA = member("acme-1.0/PKG-INFO", PKG_INFO)
SOURCE = member("acme-1.0/acme/__init__.py", b"x = 1\n")


@pytest.fixture
def archive(tmp_path):
    """Write an archive of these members, or of these bytes; its path."""
    numbers = itertools.count()

    def write(*members: tuple[tarfile.TarInfo, bytes], data: bytes | None = None) -> Path:
        path = tmp_path / f"raw-{next(numbers)}.tar.gz"
        path.write_bytes(gzip.compress(tar(members)) if data is None else data)
        return path

    return write


@pytest.fixture
def repacked(archive, tmp_path):
    """Repack an archive of these members; the path of the result."""
    numbers = itertools.count()

    def make(*members: tuple[tarfile.TarInfo, bytes]) -> Path:
        target = tmp_path / f"repacked-{next(numbers)}.tar.gz"
        repack(archive(*members), target, "acme_ledger-1.0", LATEST)
        return target

    return make


@contextlib.contextmanager
def refused(pattern: str) -> Iterator[None]:
    """The reason matches the pattern."""
    with pytest.raises(BuildError) as caught:
        yield
    assert re.search(pattern, caught.value.reason)


def listing(path: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(path) as tar:
        return {each.name: each for each in tar}


def content(path: Path, name: str) -> bytes:
    with tarfile.open(path) as tar:
        file = tar.extractfile(name)
        assert file is not None
        return file.read()


class TestReadMetadata:
    def test_gives_name_version_and_the_file_itself(self, archive):
        metadata = read_metadata(archive(SOURCE, METADATA))
        assert metadata == Metadata("acme.ledger", "1.0", ">=3.8", PKG_INFO)

    def test_has_no_requires_python_where_the_file_has_none(self, archive):
        assert read_metadata(archive(member("a/PKG-INFO", b"Name: a\nVersion: 1\n"))).requires_python == ""

    def test_reads_the_one_in_the_top_folder_only(self, archive):
        inner = member("acme-1.0/acme.egg-info/PKG-INFO", b"Name: wrong\nVersion: 9\n")
        assert read_metadata(archive(inner, METADATA)).name == "acme.ledger"

    def test_reads_paths_that_begin_with_a_dot(self, archive):
        assert read_metadata(archive(member("./acme-1.0/PKG-INFO", PKG_INFO))).version == "1.0"

    def test_takes_the_last_of_two_as_those_do_who_unpack_it(self, archive):
        first = member("acme-1.0/PKG-INFO", b"Name: other\nVersion: 9\n")
        assert read_metadata(archive(first, METADATA)).name == "acme.ledger"

    def test_copes_with_a_description_in_some_old_encoding(self, archive):
        old = b"Metadata-Version: 1.0\nName: a\nVersion: 1\nSummary: Z\xe4hler\nDescription: UNKNOWN\n"
        metadata = read_metadata(archive(member("a/PKG-INFO", old)))
        assert (metadata.name, metadata.content) == ("a", old)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (b"", "no Name"),
            (b"Version: 1.0\n", "no Name"),
            (b"Name: a\n", "no Version"),
            (b"Name:\nVersion: 1.0\n", "no Name"),
            (b"\xff\xfe\0", "no Name"),
        ],
    )
    def test_refuses_a_file_that_does_not_say_what_it_is(self, archive, text, reason):
        with refused(reason):
            read_metadata(archive(member("a/PKG-INFO", text)))

    @pytest.mark.parametrize(
        "members",
        [
            [],
            [SOURCE],
            [folder("acme-1.0/PKG-INFO")],
            [link("acme-1.0/PKG-INFO", "/etc/passwd")],
            [link("acme-1.0/PKG-INFO", "acme-1.0/PKG-INFO", tarfile.LNKTYPE)],
        ],
        ids=["nothing", "other files", "folder", "symlink", "hard link"],
    )
    def test_refuses_an_archive_that_has_none(self, archive, members):
        with refused("has no PKG-INFO"):
            read_metadata(archive(*members))

    def test_refuses_one_outside_a_top_folder(self, archive):
        with refused("no PKG-INFO|neither a file nor a folder in it"):
            read_metadata(archive(member("PKG-INFO", PKG_INFO)))


class TestDeterminism:
    def test_order_owner_and_time_after_the_tag_make_no_difference(self, repacked):
        ours = [
            folder("acme-1.0", mtime=LATEST),
            member("acme-1.0/PKG-INFO", PKG_INFO, mtime=LATEST),
            member("acme-1.0/acme/__init__.py", b"x = 1\n", mtime=LATEST + 1),
        ]
        mine = repacked(*ours)
        theirs = repacked(
            *(
                member(
                    f"Acme.Ledger-1.0{info.name.removeprefix('acme-1.0')}",
                    data,
                    type=info.type,
                    mode=0o775 if info.isdir() else 0o600,
                    uid=1000,
                    gid=100,
                    uname="builder",
                    gname="staff",
                    mtime=LATEST + 5000 + number,
                )
                for number, (info, data) in enumerate(reversed(ours))
            )
        )
        assert theirs.read_bytes() == mine.read_bytes()

    def test_the_name_and_the_time_of_the_file_are_not_in_it(self, repacked):
        header = repacked(METADATA).read_bytes()[:10]
        assert header[:4] == b"\x1f\x8b\x08\x00"
        assert header[4:8] == bytes(4)

    @settings(max_examples=20)
    @given(st.permutations([f"acme-1.0/{name}" for name in ("PKG-INFO", "a/b", "a/c.py", "a.py", "Z", "ü")]))
    def test_members_are_sorted_whatever_their_order(self, names):
        with tempfile.TemporaryDirectory() as scratch:
            raw, target = Path(scratch, "raw"), Path(scratch, "target")
            raw.write_bytes(gzip.compress(tar(member(name, name.encode()) for name in names)))
            repack(raw, target, "acme-1.0", LATEST)
            assert list(listing(target)) == sorted(names)
            assert all(content(target, name) == name.encode() for name in names)

    def test_repacking_again_changes_nothing(self, repacked, tmp_path):
        once = repacked(
            folder("acme-1.0"),
            METADATA,
            SOURCE,
            link("acme-1.0/l", "acme"),
            member("acme-1.0/run", b"#!", mode=0o755),
        )
        again = tmp_path / "again.tar.gz"
        repack(once, again, "acme_ledger-1.0", LATEST)
        assert again.read_bytes() == once.read_bytes()


class TestRepack:
    def test_puts_everything_below_the_top_folder(self, repacked):
        result = repacked(folder("acme-1.0"), METADATA, SOURCE)
        assert list(listing(result)) == [
            "acme_ledger-1.0",
            "acme_ledger-1.0/PKG-INFO",
            "acme_ledger-1.0/acme/__init__.py",
        ]
        assert content(result, "acme_ledger-1.0/PKG-INFO") == PKG_INFO

    @pytest.mark.parametrize(
        ("mode", "expected"),
        [(0o644, 0o644), (0o600, 0o644), (0o755, 0o755), (0o4711, 0o755), (0o655, 0o644)],
    )
    def test_keeps_of_the_mode_only_whether_it_runs(self, repacked, mode, expected):
        assert listing(repacked(member("a/x", b"", mode=mode)))["acme_ledger-1.0/x"].mode == expected

    def test_gives_folders_the_mode_to_be_entered(self, repacked):
        assert (
            listing(repacked(member("a/x", type=tarfile.DIRTYPE, mode=0o700)))["acme_ledger-1.0/x"].mode
            == 0o755
        )

    @pytest.mark.parametrize(
        ("mtime", "expected"), [(0, 0), (12.75, 12), (-5, 0), (LATEST, LATEST), (LATEST + 1, LATEST)]
    )
    def test_keeps_times_but_none_after_the_tag_or_before_1970(self, repacked, mtime, expected):
        assert listing(repacked(member("a/x", mtime=mtime)))["acme_ledger-1.0/x"].mtime == expected

    @pytest.mark.parametrize("mtime", ["nan", "inf", "-inf", "1e400"])
    def test_copes_with_a_time_that_is_no_number(self, archive, tmp_path, mtime):
        raw = archive(member("a/x", pax_headers={"mtime": mtime}))
        with contextlib.suppress(BuildError):
            repack(raw, tmp_path / "target", "a", LATEST)

    def test_gives_new_members_one_time_and_leaves_those_that_were_exported(self, archive):
        times = {"old": 5, "new": 12, "exported": 12.7, "changed": 13}
        members = [member(f"acme-1.0/{name}", mtime=time) for name, time in times.items()]
        with open_sdist(archive(METADATA, *members)) as sdist:
            exported = {"old": 1, "exported": 12, "changed": 12}
            repacking.set_time_of_new_members(sdist, 10, exported, 99)
            found = {name: sdist.members[name].mtime for name in times}
        assert found == {"old": 5, "new": 99, "exported": 12.7, "changed": 99}

    def test_names_no_owner(self, repacked):
        info = listing(repacked(member("a/x", uid=7, gid=8, uname="me", gname="us")))["acme_ledger-1.0/x"]
        assert (info.uid, info.gid, info.uname, info.gname) == (0, 0, "", "")

    @pytest.mark.parametrize("name", [f"a/{'long/' * 60}x", "a/Zähler/ü.txt", "a/with space", "a/\udcff.txt"])
    def test_keeps_names_of_any_length_and_language(self, repacked, name):
        assert list(listing(repacked(member(name, b"data")))) == [f"acme_ledger-1.0{name[1:]}"]

    def test_takes_the_last_of_several_members_with_one_name(self, repacked):
        result = repacked(member("a/x", b"first"), member("a/x", b"the last"))
        assert content(result, "acme_ledger-1.0/x") == b"the last"

    def test_never_overwrites_the_target(self, archive, tmp_path):
        target = tmp_path / "target"
        target.write_bytes(b"precious")
        with pytest.raises(FileExistsError):
            repack(archive(METADATA), target, "a", LATEST)
        assert target.read_bytes() == b"precious"


class TestLinks:
    @pytest.mark.parametrize(
        ("name", "target"),
        [("a/l", "x"), ("a/b/l", "../x"), ("a/b/c/l", "../../b/./c"), ("a/l", "not/there")],
    )
    def test_that_stay_inside_are_kept(self, repacked, name, target):
        info = listing(repacked(link(name, target)))[f"acme_ledger-1.0{name[1:]}"]
        assert (info.issym(), info.linkname) == (True, target)

    @pytest.mark.parametrize(
        ("name", "target"),
        [
            ("a/l", "/etc/passwd"),
            ("a/l", "//etc/passwd"),
            ("a/l", "///etc/passwd"),
            ("a/l", ".."),
            ("a/l", "../other/x"),
            ("a/b/l", "../../x"),
            ("a/b/l", "../c/../../x"),
            ("a/l", "b/../../x"),
        ],
    )
    def test_that_lead_out_are_refused(self, repacked, name, target):
        with refused("neither a file nor a folder in it"):
            repacked(link(name, target))

    def test_that_lead_out_by_way_of_another_link_are_refused(self, repacked):
        # y/up is y's parent, so y/up/.. lies one folder above what its spelling says.
        with refused("neither a file nor a folder in it"):
            repacked(folder("a/x"), folder("a/x/y"), link("a/x/y/up", ".."), link("a/l", "x/y/up/../.."))

    def test_that_lead_out_from_below_another_link_are_refused(self, repacked):
        with refused("neither a file nor a folder in it"):
            repacked(folder("a/x"), link("a/x/top", ".."), link("a/x/top/b/l", "../.."))

    def test_that_are_hard_become_files_of_their_own(self, repacked):
        result = repacked(member("a/x", b"data", mode=0o755), link("a/b/y", "a/x", tarfile.LNKTYPE))
        info = listing(result)["acme_ledger-1.0/b/y"]
        assert (info.isreg(), info.mode) == (True, 0o755)
        assert content(result, "acme_ledger-1.0/b/y") == b"data"

    def test_that_are_hard_are_followed_to_the_end(self, repacked):
        links = (link("a/z", "a/y", tarfile.LNKTYPE), link("a/y", "a/x", tarfile.LNKTYPE))
        assert content(repacked(*links, member("a/x", b"data")), "acme_ledger-1.0/z") == b"data"

    @pytest.mark.parametrize(
        "members",
        [
            [link("a/y", "a/gone", tarfile.LNKTYPE)],
            [link("a/y", "a/y", tarfile.LNKTYPE)],
            [link("a/y", "a/z", tarfile.LNKTYPE), link("a/z", "a/y", tarfile.LNKTYPE)],
        ],
        ids=["nothing", "itself", "a circle"],
    )
    def test_that_are_hard_and_lead_to_nothing_are_refused(self, repacked, members):
        with refused("a link to nothing"):
            repacked(*members)

    @pytest.mark.parametrize("target", ["/etc/passwd", "a/../../x", "../x"])
    def test_that_are_hard_and_lead_out_are_refused(self, repacked, target):
        with refused("leads out of it"):
            repacked(link("a/y", target, tarfile.LNKTYPE))


class TestDistrust:
    @pytest.mark.parametrize("name", ["/etc/passwd", "//a/x", "../x", "a/../../x", "a/..", "a/b/../x"])
    @pytest.mark.parametrize("read", ["repack", "file_names"])
    def test_refuses_paths_that_lead_out(self, archive, tmp_path, name, read):
        raw = archive(member(name, b"data"))
        with refused("leads out of it"):
            repack(raw, tmp_path / "target", "a", LATEST) if read == "repack" else file_names(raw)

    @pytest.mark.parametrize(
        "kind",
        [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE],
        ids=["character device", "block device", "pipe"],
    )
    def test_refuses_devices_and_pipes(self, repacked, kind):
        with refused("neither a file nor a folder in it"):
            repacked(member("a/x", type=kind))

    @pytest.mark.parametrize("name", ["README.txt", "./README.txt"])
    def test_refuses_a_file_outside_a_top_folder(self, repacked, name):
        with refused("neither a file nor a folder in it|more than one folder"):
            repacked(METADATA, member(name, b""))

    @pytest.mark.parametrize("name", ["other-2.0/PKG-INFO", "other-2.0/setup.py", "acme-1.0.egg-info/x"])
    @pytest.mark.parametrize("order", [1, -1])
    @pytest.mark.parametrize("read", ["read_metadata", "repack", "file_names"])
    def test_refuses_two_top_folders(self, archive, tmp_path, name, order, read):
        raw = archive(*[METADATA, member(name, b"Name: other\nVersion: 2.0\n")][::order])
        with refused("more than one folder"):
            use(read, raw, tmp_path)

    def test_does_not_repeat_a_name_without_end(self, repacked):
        with pytest.raises(BuildError) as caught:
            repacked(member(f"../{'x' * 10_000}"))
        assert len(caught.value.reason) < 200


WHOLE = gzip.compress(
    tar([folder("acme-1.0"), METADATA, SOURCE, member("acme-1.0/big", bytes(range(256)) * 40)])
)


HUGE = member("acme-1.0/x", size=2**70)[0].tobuf(tarfile.GNU_FORMAT) + bytes(1024)


class TestBrokenFiles:
    BROKEN = {  # noqa: RUF012
        "empty": b"",
        "not gzip": tar([METADATA]),
        "text": b"<html>404 Not Found</html>",
        "no tar in it": gzip.compress(b"not a tar file" * 100),
        "cut in the header": WHOLE[:5],
        "cut in the middle": WHOLE[: len(WHOLE) // 2],
        "cut at the end": WHOLE[:-4],
        "size beyond measure": gzip.compress(HUGE),
        "wrong checksum": WHOLE[:-8] + bytes(8),
        "zip": b"PK\x03\x04" + bytes(100),
    }

    @pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
    @pytest.mark.parametrize("read", ["read_metadata", "repack", "file_names"])
    def test_cannot_be_read(self, archive, tmp_path, data, read):
        raw = archive(data=data)
        with refused(r"^The archive (cannot be read: .+|unpacks to more than \d+ MiB)\.$"):
            use(read, raw, tmp_path)

    def test_a_tar_that_is_cut_in_a_file_cannot_be_repacked(self, archive, tmp_path):
        raw = archive(data=gzip.compress(tar([METADATA, member("acme-1.0/x", bytes(2000))])[:2800]))
        with pytest.raises(BuildError):
            repack(raw, tmp_path / "target", "a", LATEST)

    @given(
        st.lists(st.tuples(st.integers(0, 4095), st.integers(0, 255)), min_size=1, max_size=12),
        st.sampled_from(["read_metadata", "repack", "file_names"]),
    )
    def test_whatever_is_in_them_fail_only_as_builds_do(self, changes, read):
        data = bytearray(
            tar(
                [
                    folder("a"),
                    member("a/PKG-INFO", PKG_INFO),
                    link("a/l", "x", tarfile.LNKTYPE),
                    member("a/ü"),
                ]
            )
        )
        for place, value in changes:
            data[place] = value
        with tempfile.TemporaryDirectory() as scratch, contextlib.suppress(BuildError):
            raw = Path(scratch, "raw.tar.gz")
            raw.write_bytes(gzip.compress(bytes(data), 1))
            use(read, raw, Path(scratch))


class TestBombs:
    @pytest.fixture(autouse=True)
    def small(self, monkeypatch):
        for module in (archives, repacking):
            monkeypatch.setattr(module, "MAX_UNPACKED_BYTES", 3 << 20)

    def test_of_zeros_are_refused_before_they_are_unpacked(self, archive):
        with refused("^The archive unpacks to more than 3 MiB.$"):
            file_names(archive(METADATA, member("acme-1.0/zeros", bytes(4 << 20))))

    def test_of_many_names_for_one_file_are_refused(self, archive, tmp_path):
        names = [link(f"acme-1.0/{each}", "acme-1.0/file", tarfile.LNKTYPE) for each in range(4)]
        raw = archive(METADATA, member("acme-1.0/file", bytes(1 << 20)), *names)
        with refused("^The archive unpacks to more than 3 MiB.$"):
            repack(raw, tmp_path / "target", "a", LATEST)
        assert (tmp_path / "target").stat().st_size < 1 << 20

    def test_of_a_hole_in_a_file_are_refused(self, archive, tmp_path):
        info, _ = member("acme-1.0/hole")
        info.pax_headers = {
            f"GNU.sparse.{key}": value
            for key, value in {
                "name": info.name,
                "size": str(1 << 40),
                "map": "0,0",
                "numblocks": "1",
            }.items()
        } | {"GNU.sparse.major": "0", "GNU.sparse.minor": "1"}
        with refused("^The archive unpacks to more than 3 MiB.$"):
            repack(archive(METADATA, (info, b"")), tmp_path / "target", "a", LATEST)

    def test_of_many_members_are_refused(self, archive, monkeypatch):
        monkeypatch.setattr(archives, "MAX_MEMBERS", 5)
        assert len(file_names(archive(METADATA, *(member(f"acme-1.0/{each}") for each in range(4))))) == 5
        with refused("^The archive has more than 5 members.$"):
            file_names(archive(METADATA, *(member(f"acme-1.0/{each}") for each in range(5))))

    @pytest.mark.parametrize("name", ["acme-1.0/PKG-INFO", "acme-1.0/" + "a" * (9 << 20)])
    def test_of_metadata_and_names_take_no_memory(self, archive, monkeypatch, name):
        monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 1 << 30)
        with refused("^The archive has a part that would take more than 8 MiB.$"):
            read_metadata(archive(member(name, PKG_INFO + b"x: y\n" * (2 << 20))))


def test_of_several_members_with_one_name_the_last_is_unpacked(archive, tmp_path):
    outside, folder_ = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder_.mkdir()
    hidden = [link("acme-1.0/docs", str(outside)), member("acme-1.0/docs", b"text")]
    with open_sdist(
        archive(METADATA, *hidden, link("acme-1.0/again", "acme-1.0/docs", tarfile.LNKTYPE))
    ) as sdist:
        top = archives.unpack(sdist, folder_)
    assert top == folder_ / "acme-1.0"
    assert not (top / "docs").is_symlink()
    assert [(top / name).read_bytes() for name in ("docs", "again", "PKG-INFO")] == [
        b"text",
        b"text",
        PKG_INFO,
    ]
    assert list(outside.iterdir()) == []


def test_something_below_a_file_or_a_link_is_not_unpacked(archive, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    for number, first in enumerate([member("acme-1.0/docs", b"text"), link("acme-1.0/docs", "acme")]):
        raw = archive(METADATA, SOURCE, first, member("acme-1.0/docs/evil", b"x"))
        target = tmp_path / f"unpacked-{number}"
        target.mkdir()
        with refused("'docs' twice, or something below a file"), open_sdist(raw) as sdist:
            archives.unpack(sdist, target)
        assert not (target / "acme-1.0/acme/evil").exists()


def test_unpacked_files_have_their_times_and_whether_they_are_executable(archive, tmp_path):
    raw = archive(METADATA, member("acme-1.0/bin/run", b"x", mode=0o4711, mtime=LATEST))
    before = os.umask(0o077)
    try:
        with open_sdist(raw) as sdist:
            found = (archives.unpack(sdist, tmp_path) / "bin/run").stat()
    finally:
        os.umask(before)
    assert (found.st_mode & 0o7777, found.st_mtime) == (0o755, LATEST)


def use(read: str, raw: Path, scratch: Path) -> None:
    if read == "repack":
        repack(raw, scratch / "target.tar.gz", "a", LATEST)
    else:
        {"read_metadata": read_metadata, "file_names": file_names}[read](raw)


def test_file_names_are_those_of_files_without_the_top_folder(archive):
    raw = archive(folder("acme-1.0"), folder("acme-1.0/docs"), SOURCE, METADATA, link("acme-1.0/l", "x"))
    assert file_names(raw) == ["PKG-INFO", "acme/__init__.py", "l"]
