from setuptools import setup
from setuptools.command.upload import upload


class Guarded(upload):
    """Refuses: this project is released by other means."""

    def run(self):
        raise SystemExit("ask the release manager")


setup(name="upload-command", version="1.0", py_modules=["uploaded"], cmdclass={"upload": Guarded})
