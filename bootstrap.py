"""Set up this project in its own folder, with nothing but Python 3.10 or newer.

    python3 bootstrap.py                           make .venv and bin/buildout, and build the example's index
    python3 bootstrap.py [buildout arguments]      the same, with all that buildout prints (such as -v)
    python3 bootstrap.py serve [--no-browser]      show the index in a browser, until Ctrl-C
    python3 bootstrap.py try [PROJECT]             install a package from the index into var/try
    python3 bootstrap.py demo                      write the example's index, to look at without a server
    python3 bootstrap.py test [pytest arguments]   run all checks and tests (installs servers on Debian)
    python3 bootstrap.py unit [pytest arguments]   run the unit tests
    python3 bootstrap.py lint                      run ruff check, ruff format --check and lint-imports
    python3 bootstrap.py types                     run mypy
    python3 bootstrap.py docs                      check the spelling, and build docs in build/docs
    python3 bootstrap.py package                   build sdist and wheel in dist, and check both

Packages come from the index that pip is configured for. Relative paths in arguments are below this folder.

Any Python can read this file, Python 2 too, so that it can say which one is needed. The work is in
bootstrap_steps.py.
"""

import sys

if sys.version_info < (3, 10):  # noqa: UP036  # An older Python cannot even load bootstrap_steps.py.
    sys.exit(
        "bootstrap.py needs Python 3.10 or newer, but %s is %s. "  # noqa: UP031
        "Start it with a newer one, such as: python3.12 bootstrap.py"
        % (sys.executable, sys.version.split()[0])
    )

import bootstrap_steps

if __name__ == "__main__":
    bootstrap_steps.run(__doc__)
else:
    # Whoever imports this module gets the steps.
    sys.modules[__name__] = bootstrap_steps
