"""From the exported files of a tag to a source distribution. The stage ``build`` calls these in this order.

* ``exported_tag``: the files of a tag, and the build system that they declare. ``build_system``: the table
  ``[build-system]`` of pyproject.toml (PEP 517 and 518).
* ``version_control``: whether a tag asks version control for its version or its files. ``git_repository``:
  make a repository that answers.
* ``rung_choice``: which toolchains to try for a job. ``ladder``: the order of toolchains, and the likeliest
  cure after a failure. ``missing_modules``: what to install for a module that the tag does not declare.
  ``interpreters``: the Pythons of this machine.
* ``build_folder``, ``build_context``: where a build works. ``preparation``: the version and the files that an
  export lacks.
* ``sdist_build``: build with one rung. ``environments``: the virtual environments, made by uv; with
  ``requirements`` (which of them are allowed) and ``pip_settings`` (the index that they come from).
* ``hooks``: call the build backend (PEP 517). ``worker``: the process that does, and ``hook_runner``, the
  program that it runs; ``worker_prestart`` starts it ahead of time. ``preloading``: the backends
  that it may import then.
* ``setup_py``: run setup.py on an old Python, by the program ``setup_py_runner``. ``runner_result``: the
  results of both programs.
* ``sdist_checks``, ``rebuild``: what is checked of a built archive. ``version_check``: is its version one
  that somebody meant; ``version_defaults``: does code have it only as a default. ``metadata_check``: are its
  values text. ``python_support``: is the tag for Python 2. ``outside_links``: no symbolic link may lead out
  of the tag. ``client_warnings``: what clients of today cannot install.

Folders:

* ``archives``: read archives, and write them so that the same files give the same bytes.
* ``isolation``: keep code and files of a tag from doing harm: sandbox, limits, files that may be links.
* ``wheels``: a wheel of what was built, if it installs the same.
* ``shims``: modules that builds find at the end of their path.
"""
