from pathlib import Path

from setuptools import setup

setup(
    name="read-not-included",
    version="3.1",
    packages=["well_read"],
    install_requires=Path("requirements.txt").read_text().split(),
)
