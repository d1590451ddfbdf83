"""Turn the files of a tag into a source distribution.

``ladder`` and ``rung_choice`` decide which toolchains to try. ``environments`` makes their virtual
environments. ``sdist_build`` builds with one of them: by ``hooks`` in a ``worker`` process, or by
``setup_py`` on an old Python. ``sdist_checks`` and ``rebuild`` check the archive, and ``repacking`` writes
it anew. ``sandbox`` holds all of that.
"""
