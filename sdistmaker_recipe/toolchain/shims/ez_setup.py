"""Stands in for the ez_setup.py that old tags download setuptools with: it is there already."""


def use_setuptools(*arguments, **named):
    """Do nothing."""


def main(*arguments, **named):
    """Do nothing."""


def download_setuptools(*arguments, **named):
    """Do nothing."""
