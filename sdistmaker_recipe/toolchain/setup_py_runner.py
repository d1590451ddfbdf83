"""Run a tag's setup.py as it was run before PEP 517; any Python 2.7 or 3 runs this program.

``setup_py`` starts it. It is one file on purpose, and repeats a little of ``hook_runner``: this package
cannot be imported there.

The first argument is a JSON object: ``arguments`` for setup.py; ``shims``, a folder for the end of
``sys.path``; ``packages``, a folder with what was installed for the build, or ""; ``records``, whether the
requirements in setup_requires are wanted (by default if ``packages`` is ""); ``limits``, resource limits by
the names of setrlimit(2); ``commands``, a folder with the distribution wheel if a wheel is built, and
then ``reversed``: whether setup.py finds the files of a folder in another order.

The second argument is the file for the result, a JSON object: ``requires``, the requirements in
setup_requires if they are wanted; ``read``, the files of the tag that were read (always empty here);
``asked``, what the module ``sdistmaker_observation.python_2`` of the shims saw in the build of a wheel;
``error`` and ``message`` if setup.py failed.
"""

import sys

MODULES_AT_START = frozenset(sys.modules)

import io
import json
import os
import resource
import traceback

# The code of a tag may replace these functions.
OPEN, DUMPS = io.open, json.dumps


def main():
    """Run the request; exit with status 1 if setup.py failed."""
    request = json.loads(sys.argv[1])
    result_file = sys.argv[2]
    limit_resources(request["limits"])
    prepare_path(request)
    result = {"requires": [], "read": []}
    try:
        import setuptools.dist

        if "pkg_resources" in sys.modules:
            sys.modules["pkg_resources"].EntryPoint.require = require_nothing
        records = request.get("records", not request["packages"])
        record_requirements(setuptools.dist.Distribution, result["requires"], records)
        refuse_compiled_parts(setuptools.dist.Distribution)
        sys.argv[:] = ["setup.py"] + [str(argument) for argument in request["arguments"]]
        asked = None
        if request.get("commands"):
            asked = observe_questions(request)
        else:
            import sdistmaker_order

            sdistmaker_order.sort_folders()
        with io.open("setup.py", "rb") as file:
            code = compile(file.read().replace(b"\r\n", b"\n"), "setup.py", "exec", 0, True)
        exec(code, {"__name__": "__main__", "__file__": "setup.py"})
        if asked:
            result["asked"] = asked()
    except SystemExit as error:
        if error.code:
            result.update(error="SystemExit", message=as_text(error.code))
    except BaseException as error:
        traceback.print_exc()
        result.update(error=type(error).__name__, message=as_text(error))
    with OPEN(result_file, "w", encoding="utf-8", errors="replace") as file:
        file.write(DUMPS(result) if str is not bytes else DUMPS(result).decode("utf-8"))
    sys.exit("error" in result)


def observe_questions(request):
    """Begin to look at what the tag asks; call the returned function for what was seen."""
    from sdistmaker_observation import python_2

    return python_2.observe([request["commands"]], request["reversed"])


def limit_resources(limits):
    """Limit what setup.py may use, and let the kernel end it first if memory runs out."""
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
    """Put the tag's folder first on the path, as for any setup.py, but import the shims before."""
    sys.path[0] = request["shims"]
    import distribute_setup  # noqa: F401
    import ez_setup  # noqa: F401

    sys.path[0] = os.getcwd()
    sys.path[1:1] = [folder for folder in (request["packages"], request.get("commands")) if folder]
    sys.path.append(request["shims"])
    own_names = {name.partition(".")[0] for name in os.listdir(".")}
    for name in set(sys.modules) - MODULES_AT_START - {"ez_setup", "distribute_setup"}:
        # Only this program imported it, and the tag has its own.
        if name.partition(".")[0] in own_names:
            del sys.modules[name]


def as_text(value):
    """The value as text; errors of Python 2 can have bytes or characters that do not encode."""
    try:
        text = str(value)
    except UnicodeError:
        text = repr(value)
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def record_requirements(distribution, requires, records):
    """Replace the method with which easy_install fetches setup_requires, by one that may record them."""

    def fetch_build_eggs(self, requirements):
        if isinstance(requirements, str):
            requirements = requirements.splitlines()
        if records:
            requires.extend(as_text(requirement) for requirement in requirements)
        return []

    distribution.fetch_build_eggs = fetch_build_eggs


def require_nothing(*ignored, **also_ignored):
    """Replaces the method with which an old setuptools wants all that a plugin requires to be installed.

    An unpacked sdist with plugins of setuptools is such a plugin itself, and its users install what it
    requires. Newer versions of setuptools want nothing.
    """


class CompiledPartsError(BaseException):
    """A wheel would have compiled parts. It is no ``Exception``, so that no setup.py goes on without them."""


def refuse_compiled_parts(distribution):
    """Raise an error before anything is compiled for a wheel: such wheels are not published."""
    run_command = distribution.run_command

    def run_pure_command(self, command):
        if command == "bdist_wheel" and (self.has_ext_modules() or self.has_c_libraries()):
            raise CompiledPartsError
        return run_command(self, command)

    distribution.run_command = run_pure_command


if __name__ == "__main__":
    main()
