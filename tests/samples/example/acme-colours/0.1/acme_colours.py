"""The colours of the house."""

__version__ = "@VERSION@"

COLOURS = {
    "brick": (181, 82, 59),
    "slate": (91, 104, 117),
}


def hexadecimal(name):
    """A colour by name as style sheets write it."""
    return "#%02x%02x%02x" % COLOURS[name]
