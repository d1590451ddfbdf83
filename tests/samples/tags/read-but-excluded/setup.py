from pathlib import Path

from setuptools import setup

setup(
    name="read-but-excluded",
    version="3.1",
    packages=["badly_read"],
    install_requires=Path("requirements.txt").read_text().split(),
)
