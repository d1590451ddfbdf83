"""Fetch setuptools where it is not there, as this project's releases have always done."""


def use_setuptools(version="0.6c11", download_base="http://127.0.0.1:9/packages/"):
    try:
        import pkg_resources
    except ImportError:
        from urllib.request import urlopen

        urlopen(download_base + "setuptools-%s.egg" % version)
