"""Subversion: the folders that have a folder ``trunk`` are its projects, the folders in ``tags`` their tags.

The option layout says where else they are.

* ``repository``: ``SubversionRepository``, which answers questions about tags by questions about folders.
* ``connection``: the protocol of a connection, which answers questions about folders.
* ``libsvn``, ``program``: connections through libsvn and through the svn program.
* ``opening``: which of the two reads a URL on this machine.
* ``layout``: what a listed folder is, such as a project or the tags of one.
* ``patterns``: which projects and tags are at a path in other layouts.
* ``pattern_walk``: list folders by these patterns.
* ``known_folders``: what all listed folders are, and which of them a commit can have changed.
* ``walk``: list the folders that can have changed; ``parallel_listing`` lists by several connections.
* ``subdirectory_walk``: list tags and the projects in folders of their trees.
* ``subdirectory_tags``: what is exported for such a project, and which one a URL names.
* ``subdirectory_explanation``: what a scan makes of such a repository, or of one path.
* ``explanation``: what a scan makes of a repository without tags, or of one path.
* ``pattern_explanation``: the same in other layouts; ``other_layouts`` finds one that leads to tags.
* ``presence``: whether folders are there that are no longer listed.
* ``log``: what revisions changed and deleted, from their log.
* ``export``: export a tag with its externals. ``externals``: what these mean, and which of them are followed.
* ``urls``, ``revisions``, ``errors``, ``process``: what both connections share.
"""
