"""Mercurial through its program: tags as hg lists them, the files of a tag as ``hg archive`` gives them.

* ``opening``: from a URL to a repository, or to a folder of repositories.
* ``urls``: the ways to write where a repository is, and what they mean.
* ``command_server``: a process of hg that answers many questions.
* ``environment``: the variables and settings that hg starts with.
* ``errors``: what hg's messages mean, and what to do about them.
* ``places``: one repository, on the disk of this machine or on a server.
* ``clone``: the clone of a repository on a server, in the folder of the state.
* ``known_tags``: the tags of many repositories, kept from one run to the next.
* ``history``: the changesets that removed tags.
* ``subrepositories``: which repositories a changeset includes, and which may be read.
* ``export``: the files of a changeset, with those of its subrepositories.
* ``repository``: the answers to the questions of ``vcs.Repository``.
"""
