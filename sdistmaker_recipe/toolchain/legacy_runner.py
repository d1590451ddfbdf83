"""Run a tag's setup.py as it was meant to be run before PEP 517; any Python 2.7 or 3 runs this.

Arguments: the JSON request (``arguments`` for setup.py, ``shims``: a folder for the end of sys.path,
``packages``: a folder with what setup_requires asks for, or "", ``limits`` by the names of setrlimit(2)),
and the file for the JSON result:
``requires`` (what setup_requires asks for and is not there yet), ``read`` (files of the tag that were read),
and ``error`` and ``message`` where it failed.
"""

import io
import json
import os
import resource
import sys
import traceback


def main():
    """Run the request; exit with 1 where setup.py failed."""
    request = json.loads(sys.argv[1])
    result_file = sys.argv[2]
    sys.path[0] = os.getcwd()
    if request["packages"]:
        sys.path.insert(1, request["packages"])
    sys.path.append(request["shims"])
    result = {"requires": [], "read": []}
    for name, limit in request["limits"].items():
        number = getattr(resource, "RLIMIT_" + name)
        most = resource.getrlimit(number)[1]
        least = limit if most == resource.RLIM_INFINITY else min(limit, most)
        resource.setrlimit(number, (least, least))
    try:
        import distribute_setup  # noqa: F401
        import ez_setup  # noqa: F401  # ours comes first, whatever the tag brings along
        import setuptools.dist

        watch_requirements(setuptools.dist.Distribution, result["requires"], bool(request["packages"]))
        sys.argv[:] = ["setup.py"] + [str(argument) for argument in request["arguments"]]
        with io.open("setup.py", "rb") as file:
            code = compile(file.read().replace(b"\r\n", b"\n"), "setup.py", "exec", 0, True)
        exec(code, {"__name__": "__main__", "__file__": "setup.py"})
    except SystemExit as error:
        if error.code:
            result.update(error="SystemExit", message=str(error.code))
    except BaseException as error:
        traceback.print_exc()
        result.update(error=type(error).__name__, message=str(error))
    with io.open(result_file, "w", encoding="utf-8", errors="replace") as file:
        file.write(json.dumps(result) if str is not bytes else json.dumps(result).decode("utf-8"))
    sys.exit("error" in result)


def watch_requirements(distribution, requires, installed):
    """Note what setup_requires asks for instead of letting easy_install fetch it."""

    def fetch_build_eggs(self, requirements):
        if isinstance(requirements, str):
            requirements = requirements.splitlines()
        if not installed:
            requires.extend(str(requirement) for requirement in requirements)
        return []

    distribution.fetch_build_eggs = fetch_build_eggs


if __name__ == "__main__":
    main()
