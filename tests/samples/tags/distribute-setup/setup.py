from distribute_setup import use_setuptools
use_setuptools()

from setuptools import setup

setup(name="distribute-setup", version="1.0", py_modules=["distributed"])
