"""The published index.

* ``layout``: where things are, and what may be a name there; pure.
* ``simple_api``: what programs read; pure. ``web_pages``, ``feed``, ``description``: what people read; pure,
  too.
* ``core_metadata``, ``safe_text``: what those take from a release's metadata and from tags; pure.
* ``renderer``: the process in which descriptions are rendered.
* ``store``: the published files; ``folders``: the folders they are in.
* ``atomic_files``: write a file completely or not at all; ``file_status``: links are never followed.
* ``quarantine``: what is in the way of our files, or damaged, moved out of the index.
"""
