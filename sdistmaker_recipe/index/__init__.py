"""The published index.

* ``layout``: where things are, and what may be a name there; pure.
* ``pages``: what programs read; pure. ``people``, ``feed``, ``description``: what people read; pure, too.
* ``core_metadata``, ``text``: what those take from a release's metadata and from tags; pure.
* ``renderer``: the process in which descriptions are rendered.
* ``store``: the folder itself.
"""
