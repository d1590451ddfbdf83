"""From a source distribution to a wheel that installs the same.

* ``questions``: what a build asked of the Python and the machine that it ran on, by the answer of the worker.
* ``compatibility``: the Pythons for which a wheel installs what the source distribution would.
"""
