"""Run a tag's setup.py as it was meant to be run before PEP 517; any Python 2.7 or 3 runs this.

Arguments: the JSON request (``arguments`` for setup.py, ``shims``: a folder for the end of sys.path,
``packages``: a folder with what setup_requires asks for, or "", ``limits`` by the names of setrlimit(2)),
and the file for the JSON result:
``requires`` (what setup_requires asks for and is not there yet), ``read`` (files of the tag that were read),
and ``error`` and ``message`` where it failed.
"""

import sys

BARE = frozenset(sys.modules)

import io
import json
import os
import resource
import traceback


def main():
    """Run the request; exit with 1 where setup.py failed."""
    request = json.loads(sys.argv[1])
    result_file = sys.argv[2]
    limit_resources(request["limits"])
    prepare_path(request)
    result = {"requires": [], "read": []}
    try:
        import setuptools.dist

        watch_requirements(setuptools.dist.Distribution, result["requires"], bool(request["packages"]))
        sys.argv[:] = ["setup.py"] + [str(argument) for argument in request["arguments"]]
        with io.open("setup.py", "rb") as file:
            code = compile(file.read().replace(b"\r\n", b"\n"), "setup.py", "exec", 0, True)
        exec(code, {"__name__": "__main__", "__file__": "setup.py"})
    except SystemExit as error:
        if error.code:
            result.update(error="SystemExit", message=as_text(error.code))
    except BaseException as error:
        traceback.print_exc()
        result.update(error=type(error).__name__, message=as_text(error))
    with io.open(result_file, "w", encoding="utf-8", errors="replace") as file:
        file.write(json.dumps(result) if str is not bytes else json.dumps(result).decode("utf-8"))
    sys.exit("error" in result)


def limit_resources(limits):
    """Set what setup.py may take, and have the kernel end it before all else where memory runs out."""
    try:
        with io.open("/proc/self/oom_score_adj", "wb") as file:
            file.write(b"1000")
    except (IOError, OSError):
        pass
    for name, limit in limits.items():
        number = getattr(resource, "RLIMIT_" + name)
        most = resource.getrlimit(number)[1]
        least = limit if most == resource.RLIM_INFINITY else min(limit, most)
        resource.setrlimit(number, (least, least))


def prepare_path(request):
    """Have the tag's own modules first on the path, as setup.py has, but ours that stand in for downloads."""
    sys.path[0] = request["shims"]
    import distribute_setup  # noqa: F401
    import ez_setup  # noqa: F401

    sys.path[0] = os.getcwd()
    if request["packages"]:
        sys.path.insert(1, request["packages"])
    sys.path.append(request["shims"])
    own = {name.partition(".")[0] for name in os.listdir(".")}
    for name in set(sys.modules) - BARE - {"ez_setup", "distribute_setup"}:
        # Only this program imported it.
        if name.partition(".")[0] in own:
            del sys.modules[name]


def as_text(value):
    """The value as text, whatever bytes or characters an error of Python 2 is made of."""
    try:
        text = str(value)
    except UnicodeError:
        text = repr(value)
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def watch_requirements(distribution, requires, installed):
    """Note what setup_requires asks for instead of letting easy_install fetch it."""

    def fetch_build_eggs(self, requirements):
        if isinstance(requirements, str):
            requirements = requirements.splitlines()
        if not installed:
            requires.extend(as_text(requirement) for requirement in requirements)
        return []

    distribution.fetch_build_eggs = fetch_build_eggs


if __name__ == "__main__":
    main()
