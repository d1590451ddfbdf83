from setuptools import setup

setup(name="development-markers", version="1.0", py_modules=["marked"])
