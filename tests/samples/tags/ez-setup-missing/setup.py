import ez_setup

ez_setup.use_setuptools()

from setuptools import setup

setup(name="ez-setup-missing", version="1.0", py_modules=["easy"])
