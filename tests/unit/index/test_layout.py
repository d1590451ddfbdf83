"""Where things are in the index: names and versions in, folders and file names out, or refused."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import parse_sdist_filename
from packaging.version import InvalidVersion, Version

from sdistmaker_recipe.catalog.former_names import FormerName
from sdistmaker_recipe.catalog.former_names import legacy_folders as all_legacy_folders
from sdistmaker_recipe.index.layout import (
    PROJECT_PAGES,
    ROOT_FILES,
    is_sdist_of,
    legacy_filename,
    legacy_folders,
    newest_first,
    newest_release,
    normalised_name_of,
    project_folder,
    sdist_filename,
    sdist_suffix,
)
from sdistmaker_recipe.model import ROOT_NAMES
from sdistmaker_recipe.names import canonicalize_name, same_version, version_key
from tests.unit.values import a_release

NORMALISED = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)

OUTER = st.sampled_from("aZ09")
NAME = st.builds("{}{}{}".format, OUTER, st.text("aZ09._-", max_size=20), OUTER)
ANY_TEXT = st.text("aZ0.-_+!/\\\0\n ü~$%:", max_size=12)
PEP_440 = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "v", "1!"]),
    st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda numbers: ".".join(map(str, numbers))),
    st.sampled_from(["", "a1", "-beta.2", "rc3"]),
    st.sampled_from(["", ".post1", "-2"]),
    st.sampled_from(["", ".dev4", "+local.1"]),
)


class TestProjectFolder:
    @pytest.mark.parametrize(
        ("name", "folder"),
        [
            ("acme", "acme"),
            ("Acme.Greeting", "acme-greeting"),
            ("acme_ledger", "acme-ledger"),
            ("A.-_b", "a-b"),
            ("7", "7"),
        ],
    )
    def test_is_the_normalised_name(self, name, folder):
        assert project_folder(name) == folder

    @given(NAME)
    def test_of_a_valid_name_is_normalised_for_good(self, name):
        folder = project_folder(name)
        assert NORMALISED.fullmatch(folder)
        assert folder == canonicalize_name(name) == project_folder(folder)

    @pytest.mark.parametrize(
        "name",
        ["", ".", "..", "../x", "a/b", "a b", ".a", "a-", "_a", "a\n", "a\0", "zähler", "-a", "a\\b", "$a"],
    )
    def test_refuses_what_is_no_name(self, name):
        with pytest.raises(ValueError, match="is not a valid project name"):
            project_folder(name)

    @pytest.mark.parametrize("name", ["\u017fpam", "\u212aelvin", "spa\u0131n", "\u0661"])
    def test_refuses_letters_that_only_ignoring_case_makes_ascii(self, name):
        with pytest.raises(ValueError, match="is not a valid project name"):
            project_folder(name)

    def test_does_not_repeat_a_name_without_end(self):
        with pytest.raises(ValueError, match="is not a valid") as caught:
            project_folder("/" * 10_000)
        assert len(str(caught.value)) < 200


class TestPrivateName:
    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("My Tool", "my-tool"),
            ("_under", "under"),
            ("tool_", "tool"),
            ("a/b", "a-b"),
            ("C++ & more.", "c-more"),
            ("zähler", "z-hler"),
            ("\u212aelvin", "elvin"),
            ("a" * 255, "a" * 255),
        ],
    )
    def test_is_what_setuptools_makes_of_it(self, text, name):
        assert normalised_name_of(text) == name

    @pytest.mark.parametrize("text", ["", "...", "日本", "/", "a" * 256])
    def test_is_none_where_nothing_is_left_or_no_folder_could_have_it(self, text):
        assert normalised_name_of(text) == ""

    @given(NAME)
    def test_of_a_valid_name_is_its_folder(self, name):
        assert normalised_name_of(name) == project_folder(name)

    @given(ANY_TEXT)
    def test_is_normalised_for_good(self, text):
        name = normalised_name_of(text)
        assert name == "" or NORMALISED.fullmatch(name)
        assert normalised_name_of(name) == name


class TestReleaseFilename:
    @pytest.mark.parametrize(
        ("name", "version", "filename"),
        [
            ("acme", "1.0", "acme-1.0.tar.gz"),
            ("Acme.Greeting", "0.9", "acme_greeting-0.9.tar.gz"),
            ("acme", "1.0-beta-2", "acme-1.0b2.tar.gz"),
            ("acme", "v1.0", "acme-1.0.tar.gz"),
            ("acme", "1!2.0+local.1", "acme-1!2.0+local.1.tar.gz"),
            ("acme", "1.0-final-fix", "acme-1.0-final-fix.tar.gz"),
            ("acme", "2009q3", "acme-2009q3.tar.gz"),
        ],
    )
    def test_is_that_of_pep_625_with_versions_of_old_as_written(self, name, version, filename):
        assert sdist_filename(name, version) == filename

    @given(NAME, PEP_440)
    def test_is_read_by_others_as_the_same_name_and_version(self, name, version):
        assert parse_sdist_filename(sdist_filename(name, version)) == (
            canonicalize_name(name),
            Version(version),
        )

    @given(NAME | ANY_TEXT, PEP_440 | ANY_TEXT)
    def test_is_never_a_path_whatever_a_build_says(self, name, version):
        try:
            filename = sdist_filename(name, version)
        except ValueError:
            return
        assert PurePosixPath(filename).name == filename
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*\.tar\.gz", filename, re.ASCII)

    @pytest.mark.parametrize(
        "version",
        [
            "",
            "/etc/passwd",
            "1/2",
            "..",
            "1.0 beta x",
            "1\0",
            "x\n",
            "-1x",
            "1.0x\u017f",
            "ü1",
            "1" * 101 + "x",
        ],
    )
    def test_refuses_a_version_that_cannot_be_part_of_it(self, version):
        with pytest.raises(ValueError, match="cannot be the version in a file name"):
            sdist_filename("acme", version)

    @pytest.mark.parametrize(
        ("name", "version"),
        [
            ("a" * 300, "1.0"),
            ("acme", "1." + "1" * 300),
            ("acme", ".".join(["1"] * 200)),
            ("a" * 200, "x" * 80),
        ],
        ids=["name", "number", "numbers", "both"],
    )
    def test_refuses_what_no_disk_takes_as_one_name(self, name, version):
        with pytest.raises(ValueError, match=r"long|name|version"):
            sdist_filename(name, version)


class TestSameVersion:
    @pytest.mark.parametrize(
        ("one", "other"),
        [("1.0", "1.0.0"), ("1.0-beta-2", "1.0b2"), ("v1", "1"), ("1.0-final-fix", "1.0-final-fix")],
    )
    def test_holds_for_two_spellings_of_one(self, one, other):
        assert same_version(one, other)
        assert same_version(other, one)

    @pytest.mark.parametrize(
        ("one", "other"),
        [("1.0", "1.1"), ("1.0", "1.0.dev0"), ("1.0-final-fix", "1.0"), ("1.0", "1.0+local")],
    )
    def test_does_not_hold_for_two_versions(self, one, other):
        assert not same_version(one, other)
        assert not same_version(other, one)


VERSIONS = ("1.0", "1.0.0", "v2", "2.0rc1", "0.1.dev2", "1!0.5", "1.0-final-fix", "snapshot", "10", "9")


class TestVersionKey:
    @given(st.permutations(VERSIONS))
    def test_sorts_as_pep_440_does_with_unknown_versions_first(self, versions):
        ordered = sorted(versions, key=version_key)
        unknown = [version for version in ordered if is_unknown(version)]
        assert ordered[: len(unknown)] == sorted(unknown)
        known = [Version(version) for version in ordered[len(unknown) :]]
        assert known == sorted(known)

    @given(st.permutations(VERSIONS))
    def test_gives_one_order_whatever_the_order_before(self, versions):
        assert sorted(versions, key=version_key) == sorted(VERSIONS, key=version_key)


def is_unknown(version: str) -> bool:
    try:
        Version(version)
    except InvalidVersion:
        return True
    return False


class TestRootFiles:
    def test_are_no_names_of_projects(self):
        assert not [each for each in ROOT_FILES if NORMALISED.fullmatch(each)]

    def test_are_named_once(self):
        assert len(set(ROOT_FILES)) == len(ROOT_FILES)
        assert set(PROJECT_PAGES) < set(ROOT_FILES)


def sought(requirement: str) -> str:
    """The folder that easy_install asks for last, and by which it knows files, as setuptools 44 has it."""
    return re.sub("[^A-Za-z0-9.]+", "-", requirement)


def found(filename: str) -> set[tuple[str, str]]:
    """What easy_install takes a file for: each way to part it in a name, lower case, and a version."""
    parts = filename.removesuffix(".tar.gz").split("-")
    return {
        (sought("-".join(parts[:place])).lower(), "-".join(parts[place:])) for place in range(1, len(parts))
    }


class TestWrittenFolders:
    @pytest.mark.parametrize(
        ("names", "folders"),
        [
            (["acme"], ()),
            (["Acme"], ()),
            (["acme_ledger", "Acme-Ledger"], ()),
            (["acme.ledger"], ("acme.ledger",)),
            (["My.Pkg_One"], ("My.Pkg-One", "my.pkg-one")),
            (["My.Pkg_One", "My.Pkg-One", "My.Pkg--One"], ("My.Pkg-One", "my.pkg-one")),
            (["my.pkg", "My.Pkg", "my-pkg"], ("My.Pkg", "my.pkg")),
            (["MY.Pkg", "My.Pkg"], ("MY.Pkg", "My.Pkg", "my.pkg")),
            ([], ()),
        ],
    )
    def test_are_the_spellings_with_a_dot_and_their_lower_case_as_old_clients_ask(self, names, folders):
        assert legacy_folders(names) == folders

    @pytest.mark.parametrize("name", [*ROOT_NAMES, "Releases.Atom", "INDEX.html", "Favicon.ICO"])
    def test_never_take_the_place_of_a_file_of_the_root(self, name):
        assert legacy_folders([name]) == ()

    def test_never_do_so_though_one_was_there_before(self):
        known = [
            FormerName(folder, "x-1.0.tar.gz", "robots-txt", "ab") for folder in ("Robots.txt", "robots_txt")
        ]
        assert all_legacy_folders("robots-txt", ["robots.txt"], known) == ("robots_txt",)

    @given(st.lists(NAME, min_size=1, max_size=4))
    def test_are_never_paths_nor_normalised_names(self, names):
        for folder in legacy_folders(names):
            assert PurePosixPath(folder).name == folder
            assert folder not in (".", "..")
            assert folder != project_folder(folder)
            assert project_folder(folder) in {project_folder(name) for name in names}

    @given(NAME, st.sampled_from(["1.0", "2.0rc1", "1.0-final", "2009q3"]))
    def test_with_the_normalised_one_let_old_clients_find_each_spelling_in_use(self, name, version):
        requirement = sought(name)
        in_normalised = (requirement.lower(), version) in found(sdist_filename(name, version))
        folders = legacy_folders([name])
        for asked in (requirement, requirement.lower()):
            in_written = asked in folders and (requirement.lower(), version) in found(
                legacy_filename(asked, version)
            )
            assert in_normalised or in_written or requirement.lower() in ROOT_NAMES


class TestWrittenFilename:
    def test_is_the_spelling_and_the_version(self):
        assert legacy_filename("My.Pkg-One", "1.1") == "My.Pkg-One-1.1.tar.gz"
        assert legacy_filename("My.Pkg-One", "1.0-beta-2") == "My.Pkg-One-1.0b2.tar.gz"
        assert legacy_filename("My.Pkg-One", "1.0-final") == "My.Pkg-One-1.0-final.tar.gz"

    def test_refuses_what_cannot_be_a_file(self):
        with pytest.raises(ValueError, match="version"):
            legacy_filename("My.Pkg", "../1")
        with pytest.raises(ValueError, match="long"):
            legacy_filename("a." * 99, "1.0")


class TestNewest:
    @pytest.mark.parametrize(
        ("releases", "version"),
        [
            ([a_release("9.0"), a_release("10.0"), a_release("1.0")], "10.0"),
            ([a_release("1.0"), a_release("2.0rc1")], "1.0"),
            ([a_release("1.0rc1"), a_release("2.0rc1")], "2.0rc1"),
            ([a_release("1.0"), a_release("2.0", yanked="")], "1.0"),
            ([a_release("1.0rc1"), a_release("2.0", yanked="")], "1.0rc1"),
            ([a_release("1.0", yanked="a"), a_release("2.0", yanked="b")], "2.0"),
            ([a_release("0.1rc1"), a_release("snapshot")], "0.1rc1"),
            ([a_release("snapshot"), a_release("draft")], "snapshot"),
        ],
    )
    def test_is_what_an_installer_would_choose(self, releases, version):
        assert newest_release(releases).version == version
        assert newest_release(reversed(releases)).version == version

    def test_of_nothing_is_an_error(self):
        with pytest.raises(ValueError, match="empty"):
            newest_release([])


@given(st.permutations(VERSIONS))
def test_newest_first_is_by_version(versions):
    ordered = [release.version for release in newest_first(map(a_release, versions))]
    assert ordered == sorted(VERSIONS, key=version_key, reverse=True)


def test_web_servers_know_every_file_of_the_root():
    # What they do not know, and is not there, they take for the name of a project.
    assert set(ROOT_FILES) <= set(ROOT_NAMES)


class TestNamesOfOldTools:
    @pytest.mark.parametrize(
        ("filename", "suffix"),
        [
            ("acme-1.0.tar.gz", ".tar.gz"),
            ("acme-1.0.TGZ", ".tar.gz"),
            ("acme-1.0.zip", ".zip"),
            ("acme-1.0.tar.bz2", ""),
            ("acme-1.0-py3-none-any.whl", ""),
            ("index.html", ""),
        ],
    )
    def test_how_a_source_distribution_ends(self, filename, suffix):
        assert sdist_suffix(filename) == suffix

    @pytest.mark.parametrize(
        ("filename", "name", "version"),
        [
            ("acme-1.0.tar.gz", "acme", "1.0"),
            ("Acme.Ledger-1.0.zip", "Acme.Ledger", "1.0"),
            ("acme_ledger-1.0.tgz", "Acme.Ledger", "1.0"),
            ("acme-ledger-1.0.tar.gz", "acme_ledger", "1.0.0"),
            ("acme-2-1.0.tar.gz", "acme-2", "1.0"),
            ("acme-1.0-beta-2.tar.gz", "acme", "1.0-beta-2"),
            ("acme-1.0_beta.2.tar.gz", "acme", "1.0-beta.2"),
            ("acme-1.0dev-r1234.tar.gz", "acme", "1.0dev-r1234"),
            ("acme-1.0dev_r1234.tar.gz", "acme", "1.0dev-r1234"),
            ("acme-1.0.final.tar.gz", "acme", "1.0 final"),
        ],
    )
    def test_a_file_of_a_release(self, filename, name, version):
        assert is_sdist_of(filename, name, version)

    @pytest.mark.parametrize(
        ("filename", "name", "version"),
        [
            ("acme-1.0.tar.gz", "acme", "1.1"),
            ("acme-1.0.tar.gz", "other", "1.0"),
            ("acme-2-1.0.tar.gz", "acme", "1.0"),
            ("acme-1.0.tar.gz", "acme", "1.0dev"),
            ("acme.tar.gz", "acme", ""),
        ],
    )
    def test_a_file_of_another(self, filename, name, version):
        assert not is_sdist_of(filename, name, version)

    def test_zip_stays_zip(self):
        assert sdist_filename("My.Pkg", "1.0", ".zip") == "my_pkg-1.0.zip"
        assert legacy_filename("My.Pkg", "1.0", ".zip") == "My.Pkg-1.0.zip"
