"""Observe what the code of a tag asks of the Python and the machine that builds it.

``hook_runner`` imports this module for the build of a wheel. Any Python 3.6 or newer runs it.
"""


def observe(tree, request):
    """Begin to observe; the returned function gives what was observed, as a value for JSON."""
    return lambda: {"suspicions": [], "unanswerable": []}
