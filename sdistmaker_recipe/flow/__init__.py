"""One run from beginning to end. Start with ``engine``.

The steps, in their order, each in a module with its value:

* ``engine``: the page that calls them.
* ``opening``: the lock, and the ``Run`` with everything that is open: catalog, index, repositories.
* ``scanning``: scan; ``Scanned`` holds what the repositories have now. ``replaced_repository``: releases of a
  repository that has another UUID now are matched to its tags. ``moved_projects``: releases of projects that
  are in another repository now are matched to the tags there. ``twins``: tags that may build a release that a
  project in another repository keeps.
* ``planning``: plan; ``Planned`` holds what the run will do. ``selection``: which tags can have changed.
  ``lifecycle``: what becomes of releases whose tags were deleted, came back or moved. ``verification``: the
  whole index compared with the catalog.
* ``building``: build; ``Builds`` starts the builds and gives their outcomes. ``jobs``: from tags to jobs for
  an executor. ``publishing_order``: which of two tags gets a version. ``cluster_builds``: builds on a
  cluster; ``remote_builds`` is what its workers do, and ``sent_archives`` what they send.
  ``reserved_names``: names that must be private before anything of them is built.
* ``publishing``: publish; ``Results`` holds what was done. ``batches``: builds that are published together.
  ``wheels``: which published releases get a wheel, and how these are published.
* ``reporting``: report; all of it as one ``Report``.
* ``explanation``: what was decided about a URL, a project or a tag, and why. ``explained_subject``: which of
  these a text can mean.
* ``destination``: whether a folder may become the index. ``places``: folders of the system.
  ``foreign_files``: files that belong to no index.
* ``scratch``: the temporary folders of a run.
* ``option_checks``: what doors look at, beside the values themselves, before a run begins.
* ``context``: what a door gives to a run beside the options.
"""
