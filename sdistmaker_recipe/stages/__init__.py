"""The steps of a run, one verb each. They exchange values of ``model`` and never import one another.

* ``scan``: find the release tags of a repository, or what became of those that were found before.
* ``adopt``: take over archives of the index that the catalog does not know.
* ``plan``: decide which tags to build; pure.
* ``build``: turn one job into a source distribution, wherever it runs.
* ``publish``: put archives into the index and the catalog, in an order that is safe for readers.
* ``pages``: write the pages of what is published.
* ``withdraw``: find tags that were deleted, and remove the files of what is no longer published.
* ``report``: say what a run did, as text, JSON and an exit status; pure.
"""
