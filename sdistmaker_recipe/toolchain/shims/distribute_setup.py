"""Replaces the distribute_setup.py with which old tags download distribute: setuptools is there already."""


def use_setuptools(*arguments, **named):
    """Do nothing."""


def main(*arguments, **named):
    """Do nothing."""


def download_setuptools(*arguments, **named):
    """Do nothing."""
