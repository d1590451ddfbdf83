"""From a source distribution to a wheel that installs the same.

* ``wheel_build``: from the sdist of a release to its wheel. ``published_sdist``: choose the toolchain for an
  sdist that is published already.
* ``wheel_runs``: the builds of one sdist: the first one, and more that show what its outcome depends on.
* ``questions``: what a build asked of the Python and the machine that it ran on, by the answer of the worker.
* ``compatibility``: the Pythons for which a wheel installs what the source distribution would.
  ``metadata_comparison``: whether two builds mean the same.
* ``wheel_failures``: why there is no wheel; a wheel never harms its sdist.
* ``wheel_archive``: read what the backend wrote, without trust. ``wheel_records``: the files WHEEL and
  RECORD. ``native_code``: whether a file is machine code.
* ``wheel_writing``: write a wheel so that the same files give the same bytes.
"""
