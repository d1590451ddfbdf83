import pkg_resources
from setuptools import setup

pkg_resources.require("setuptools")

setup(name="pkg-resources", version="1.0", py_modules=["resourceful"])
