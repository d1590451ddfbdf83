from importlib.metadata import version

version = version("from-setuptools-scm")
