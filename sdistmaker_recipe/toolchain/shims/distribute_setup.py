"""Stands in for the distribute_setup.py that old tags download distribute with: it is there already."""


def use_setuptools(*arguments, **named):
    """Do nothing."""


def main(*arguments, **named):
    """Do nothing."""


def download_setuptools(*arguments, **named):
    """Do nothing."""
