import re

__version__ = "@VERSION@"


def slug(title):
    """A title in lower case, with hyphens for all that is neither letter nor digit."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
