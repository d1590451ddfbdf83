"""Errors: what they say, their exit status, and that they cross a process border."""

from __future__ import annotations

import errno
import os
import pickle
from pathlib import Path

import pytest

from sdistmaker_recipe.errors import (
    BuildError,
    ConfigurationError,
    LockHeldError,
    PathNotFoundError,
    Problem,
    RepositoryError,
    SdistmakerError,
    StoreError,
    ToolchainError,
)

EVERY = [
    SdistmakerError("message", "hint"),
    ConfigurationError([Problem("[a]", "jobs", "x", "is wrong"), Problem("[b]", "y", None, "is not known")]),
    RepositoryError("https://svn.example.com", "no answer", "Is it up?"),
    RepositoryError("https://svn.example.com", "no answer", "Is it up?", is_transient=True),
    PathNotFoundError("https://svn.example.com/a", "not in revision 3"),
    StoreError("disk full"),
    ToolchainError("no uv", "Install uv."),
    LockHeldError("busy"),
    BuildError("no PKG-INFO", "log", is_permanent=False),
]


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_an_error_crosses_a_process_border_unchanged(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (ConfigurationError, 2),
        (RepositoryError, 3),
        (PathNotFoundError, 3),
        (StoreError, 3),
        (ToolchainError, 3),
        (LockHeldError, 4),
    ],
)
def test_each_error_has_its_exit_status(kind, status):
    assert kind.exit_status == status
    assert issubclass(kind, SdistmakerError)


def test_a_build_error_is_none_that_ends_a_run():
    assert not issubclass(BuildError, SdistmakerError)


def test_the_hint_comes_on_a_line_of_its_own():
    assert str(SdistmakerError("It broke.", "Mend it.")) == "It broke.\nMend it."
    assert str(SdistmakerError("It broke.")) == "It broke."


def test_a_repository_error_names_the_url():
    assert (
        str(RepositoryError("https://svn.example.com", "no answer")) == "https://svn.example.com: no answer"
    )


class TestDiskHints:
    def hint(self, number: int, path: Path) -> str:
        return StoreError.of(OSError(number, os.strerror(number), str(path)), path).hint

    def test_name_the_folder_that_this_account_may_not_create(self, tmp_path):
        hint = self.hint(errno.EACCES, tmp_path / "packages/index-state/lock")
        assert f"may not create anything in {tmp_path}." in hint
        assert f"sudo install -d -o ACCOUNT {tmp_path / 'packages'};" in hint
        assert "option destination" in hint

    def test_are_there_also_where_nothing_may_be_looked_at(self, tmp_path, monkeypatch):
        def refuse(path: Path) -> bool:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

        # As pathlib does up to Python 3.13, below a folder of another account.
        monkeypatch.setattr(Path, "exists", refuse)
        hint = self.hint(errno.EACCES, tmp_path / "of-another/index-state")
        assert f"may not create anything in {tmp_path}." in hint

    def test_name_a_folder_that_this_account_may_not_look_into(self, tmp_path, monkeypatch):
        monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.X_OK)
        hint = self.hint(errno.EACCES, tmp_path / "index.html")
        assert f"may not look into {tmp_path}: give it the right, or choose" in hint
        # The file may well be there.
        assert "install" not in hint

    def test_name_the_account_where_the_file_belongs_to_another(self, tmp_path):
        assert self.hint(errno.EACCES, tmp_path).startswith("Run everything that writes to one index as")

    @pytest.mark.parametrize("number", [errno.ENOENT, errno.EACCES, errno.EPERM])
    def test_say_that_the_kernel_stores_nothing(self, number):
        assert "/proc belongs to the kernel" in self.hint(number, Path("/proc/foo/index-state"))

    @pytest.mark.parametrize(
        ("number", "said"),
        [
            (errno.ENOTDIR, "is a file where a folder is needed"),
            (errno.EDQUOT, "quota"),
            (errno.ENAMETOOLONG, "shorter path"),
            (errno.ELOOP, "in a circle"),
            (errno.EIO, "check the disk"),
        ],
    )
    def test_have_a_cure_for_each_error(self, tmp_path, number, said):
        assert said in self.hint(number, tmp_path / "index")
