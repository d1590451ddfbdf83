"""Turn the release tags of a repository into a private package index.

This is the map. Each folder is a layer or a part, and has a map of its own in its docstring. Imports run
downwards only.

* ``scripts``: the entry points that generated scripts and buildout load.
* ``doors``: the recipe, the commands and the Python API; options and arguments in, text, an exit status or a
  report out.
* ``flow``: one run from beginning to end; start with ``flow.engine``, which is one page.
* ``stages``: the steps of a run, one verb each: scan, adopt, plan, build, publish, pages, withdraw, report.
* ``catalog``: what is remembered from one run to the next, in an SQLite file.
* Parts, which do not know one another's insides:

  * ``vcs``: version control systems behind one protocol: Subversion, git, Mercurial.
  * ``toolchain``: from the files of a tag to a source distribution: environments, hooks, sandbox, repacking.
  * ``executors``: the processes that builds run in.
  * ``index``: the published folder, and the pages in it.
  * ``webserver``: the configuration of Apache and nginx, as text.
  * ``example``: the repository that is used if no other one is configured.

* ``configuration``: the options: declared, typed, parsed.
* ``model``: the frozen values that travel between all of these.
* ``plugins``: version control backends of other distributions, found by their entry points.
* ``names``: compare and normalise names and versions (PEP 503 and PEP 440).
* ``numbers``: numbers and times in words for people.
* ``errors``: the errors that end a run, each with its exit status.

Words that are used everywhere:

* A *tag* is a release tag as a scan finds it. Its *origin* names it whatever URL it is reached by.
* A *release* is what is published of a tag: a project, a version, and files.
* The *catalog* is the SQLite file that remembers what was published and what failed.
* A *toolchain* is a Python with versions of setuptools and other requirements. The *ladder* is the order in
  which toolchains are tried for a tag, and a *rung* is one of them.
* A *marker* is an empty folder of the index: web servers never redirect its name to the public index.
* The *quarantine* is the folder for files that were damaged, or in the way of ours.

The names in ``__all__`` are the Python API: see docs/reference/python-api.rst.
"""

from __future__ import annotations

__version__ = "2.0.dev0"

__all__ = ["Configuration", "Report", "exit_status", "run"]

# Type checkers take it for true. The module typing, which has it too, takes long to import.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from sdistmaker_recipe.configuration.options import Configuration
    from sdistmaker_recipe.doors.api import exit_status, run
    from sdistmaker_recipe.model import Report
else:
    # Every part of the package imports this module, so it imports a part only when somebody asks for a name.
    _HOMES = {
        "Configuration": "configuration.options",
        "Report": "model",
        "exit_status": "doors.api",
        "run": "doors.api",
    }

    def __getattr__(name: str) -> object:
        """A name of the Python API, imported with its first use (PEP 562)."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
