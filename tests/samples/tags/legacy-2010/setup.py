import os

from setuptools import find_packages, setup


def read(*names):
    return open(os.path.join(os.path.dirname(__file__), *names)).read()


setup(
    name="Acme.Legacy",
    version=read("src", "acme_legacy", "version.txt").strip(),
    description="Nothing but the repository says what belongs to it",
    long_description=read("README.txt") + read("docs", "CHANGES.txt"),
    package_dir={"": "src"},
    packages=find_packages("src"),
    include_package_data=True,
    zip_safe=False,
)
