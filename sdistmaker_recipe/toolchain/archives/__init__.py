"""Source distribution archives, read without trust and written reproducibly.

* ``archive``: open, read and unpack what a build wrote. ``members``: which members are accepted.
* ``file_list``: read a list of files of the tree, which a build left in place of an archive.
* ``repacking``: write an archive so that the same files give the same bytes.
* ``files_only``: pack the files of a tag that no toolchain builds.
* ``foreign_archive``: read the metadata of any archive in the index.
* ``bounded_reader``: limits for memory, size and number of members.
"""
