"""The ways into the package: they turn options into a run, and its outcome into text and an exit status.

* ``recipe``: the zc.buildout recipe.
* ``part_script``: the script of a part, and the distributions that it runs with.
* ``command``: the commands ``sdists_from_tags`` and ``make_sdist``.
* ``api``: the Python API: a run as a function.
* ``arguments``: the parsers of the two commands. ``help_pages``: what ``--help`` prints.
* ``defaults_file``: the defaults file, printed and read.
* ``schedules``: hook, crontab line and systemd units that run the script regularly, as text.
* ``console``: what recipe and commands share: progress as lines, and the context of a run.
* ``terminal``: colours by meaning, and a progress bar with messages above it.
* ``streams``: what a command prints, and what becomes of it if nobody can read it. ``printable``: control
  characters escaped.
"""
