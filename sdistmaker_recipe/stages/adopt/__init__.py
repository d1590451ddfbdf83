"""Take over files that the index has and the catalog does not know, from other tools or a lost catalog.

* ``adoption``: all files of the index, once or on demand.
* ``adopter``: one file after the other.

Nothing is built, and no file is changed or removed. An archive gets a second name if its own is not the one
that today's clients look for. A file whose content is not what our own page listed goes into quarantine.
"""

from sdistmaker_recipe.stages.adopt.adoption import adopt

__all__ = ["adopt"]
