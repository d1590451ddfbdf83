# -*- coding: latin-1 -*-
from setuptools import setup

try:
    long_description = file("README.txt").read()
except IOError, error:
    print "no README.txt:", error
    raise

setup(
    name="python-2",
    version="0.5",
    author=u"Zo\xeb",
    long_description=long_description,
    py_modules=["serpent"],
)
