"""Observe what the code of a tag asks of the Python and the machine that builds it.

``questions`` observes the build of a wheel in a worker; any Python 3.6 or newer runs it. ``python_2`` only
looks at the code, in the process of a setup.py that Python 2.7 runs. The modules that they share:

* ``owners``: whose code runs: the tag's, a build tool's, or Python's.
* ``suspicions``: the names in code that may ask for something. ``tables`` has the attributes that do.
* ``worlds``: other Pythons and platforms, and what is true of them. ``names``: the names that only some of
  them have in modules of the standard library.
* ``answers``: answers that record what is done with them.
* ``pretence``: give these answers to the tag, and to nobody else. ``imports`` finds the modules that another
  Python has. ``files_seen``: files outside of the tag, environment variables, the clock.
* ``version_control``: what git and the like can be asked, though there is no repository.
* ``hidden_errors``: code that hides an error that an answer causes, or uses the text of one.
* ``dummies``: modules that are not installed.
"""
