from resource import VERSION

from setuptools import setup

setup(
    name="same-names",
    version=VERSION,
    packages=["packaging"],
    py_modules=["resource", "types"],
)
