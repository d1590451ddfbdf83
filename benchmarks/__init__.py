"""Repeatable comparisons of speed, never part of the test run: see README.rst."""
