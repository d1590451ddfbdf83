"""A folder that a build made is removed by a user whom its permissions keep out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.requirements import as_ordinary_user

REMOVE = """\
import sys, pathlib
from sdistmaker_recipe.toolchain.isolation.untrusted_files import remove_folder
remove_folder(pathlib.Path(sys.argv[1]))
"""


def test_a_folder_is_removed_whatever_its_permissions_and_what_links_lead_to_keeps_its_own(
    tmp_path: Path,
) -> None:
    secret, elsewhere = tmp_path / "secret", tmp_path / "elsewhere"
    tree = tmp_path / "tree"
    (tree / "docs").mkdir(parents=True)
    secret.write_bytes(b"secret")
    elsewhere.mkdir()
    for path, mode in ((secret, 0o640), (elsewhere, 0o755)):
        (tree / "docs" / path.name).symlink_to(path)
        path.chmod(mode)
    (tree / "docs" / "inner").mkdir()
    for path in (tree / "docs" / "inner", tree / "docs", tree):
        path.chmod(0o500 if path == tree else 0)
    subprocess.run([*as_ordinary_user(), sys.executable, "-c", REMOVE, str(tree)], check=True)
    assert not tree.exists()
    assert [path.stat().st_mode & 0o777 for path in (secret, elsewhere)] == [0o640, 0o755]
