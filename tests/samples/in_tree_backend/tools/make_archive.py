"""The smallest backend that makes a source distribution."""

import io
import os
import tarfile

PKG_INFO = b"Metadata-Version: 2.1\nName: in-tree\nVersion: 0.1\n"


def build_sdist(sdist_directory, config_settings=None):
    filename = "in_tree-0.1.tar.gz"
    with tarfile.open(os.path.join(sdist_directory, filename), "w:gz") as archive:
        archive.add("pyproject.toml", "in_tree-0.1/pyproject.toml")
        info = tarfile.TarInfo("in_tree-0.1/PKG-INFO")
        info.size = len(PKG_INFO)
        archive.addfile(info, io.BytesIO(PKG_INFO))
    return filename
