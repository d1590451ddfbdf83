"""What messages of git mean where several faults could be meant."""

from __future__ import annotations

from sdistmaker_recipe.vcs.git.errors import translate


def test_a_full_disk_is_no_broken_connection() -> None:
    printed = (
        "fatal: write error: No space left on device\nfetch-pack: unexpected disconnect while reading"
        " sideband packet\nfatal: early EOF\n"
    )
    error = translate("git://h/x", printed)
    assert error.reason == "a disk is full (write error: No space left on device)"
    assert "TMPDIR" in error.hint
    assert not error.is_transient
