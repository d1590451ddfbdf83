import versioneer
from setuptools import setup

setup(
    name="from-versioneer",
    version=versioneer.get_version(),
    cmdclass=versioneer.get_cmdclass(),
    packages=["from_versioneer"],
)
