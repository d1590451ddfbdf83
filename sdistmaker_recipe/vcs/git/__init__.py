"""git through its program: tags as refs, a cache of objects, files as ``git archive`` gives them.

* ``opening``: from a URL to a repository, or to a folder of repositories.
* ``urls``: the ways to write where a repository is, and what they mean.
* ``process``: the one place that has git read repositories: environment, time limits, credentials.
* ``version``: whether the program is new enough.
* ``errors``: what git's messages mean, and what to do about them.
* ``repository``: the answers to the questions of ``vcs.Repository``.
* ``places``: where tags and objects come from: the disk of this machine, or a server.
* ``local_refs``: the tags of a repository on this machine, read from its files.
* ``objects``: the commits of tags and their times.
* ``cache``: the objects that came from servers, in the folder of the state.
* ``archive``: write the files of a commit.
* ``export``: the files of a tag: its commit's, those of submodules, and those that Git LFS keeps.
* ``submodules``: which submodules a commit has, and which other hosts a tag may name.
* ``large_files``: replace the pointers of Git LFS by the files that they stand for.
* ``pushes``: whether a push touched tags.
"""
