from ez_setup import use_setuptools

use_setuptools("0.6c9")

from setuptools import setup

setup(name="ez-setup-own", version="1.0", py_modules=["easy_own"])
