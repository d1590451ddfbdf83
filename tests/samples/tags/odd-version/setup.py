from setuptools import setup

setup(name="odd-version", version="1.0-final-fix", py_modules=["odd_version"])
