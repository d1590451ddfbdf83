"""A build backend (PEP 517) of a few lines, which knows only this project."""

import base64
import hashlib
import io
import tarfile
import zipfile

NAME, VERSION = "backend_in_tree", "7.0"
METADATA = f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n"
FILES = ["pyproject.toml", "tools/make.py", "grown.py"]


class Backend:
    def build_sdist(self, directory, config_settings=None):
        name = f"{NAME}-{VERSION}.tar.gz"
        with tarfile.open(f"{directory}/{name}", "w:gz") as archive:
            for path in FILES:
                archive.add(path, f"{NAME}-{VERSION}/{path}")
            info = tarfile.TarInfo(f"{NAME}-{VERSION}/PKG-INFO")
            info.size = len(METADATA)
            archive.addfile(info, io.BytesIO(METADATA.encode()))
        return name

    def build_wheel(self, directory, config_settings=None, metadata_directory=None):
        name = f"{NAME}-{VERSION}-py3-none-any.whl"
        about = f"{NAME}-{VERSION}.dist-info"
        with open("grown.py") as file:
            files = {"grown.py": file.read(), f"{about}/METADATA": METADATA}
        files[f"{about}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: make\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        files[f"{about}/RECORD"] = "".join(f"{path},{digest(text)}\n" for path, text in files.items()) + (
            f"{about}/RECORD,,\n"
        )
        with zipfile.ZipFile(f"{directory}/{name}", "w") as wheel:
            for path, text in files.items():
                wheel.writestr(path, text)
        return name


def digest(text):
    found = hashlib.sha256(text.encode()).digest()
    return f"sha256={base64.urlsafe_b64encode(found).rstrip(b'=').decode()},{len(text.encode())}"


backend = Backend()
