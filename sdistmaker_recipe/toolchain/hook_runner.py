"""Call one hook of a build backend (PEP 517); run as a script by the build environment's interpreter.

Arguments: the JSON request, and the file for the JSON result. Standard library only, any Python 3.
The current folder is the source tree, which is on ``sys.path`` only where backend-path says so.
"""

import importlib
import json
import os
import sys
import traceback
from typing import Any


def call(request: "dict[str, Any]") -> "Any":  # noqa: ANN401
    """The hook's return value; None for an optional hook that the backend does not have."""
    module, _, attributes = request["backend"].partition(":")
    sys.path[:0] = [os.path.abspath(path) for path in request["backend_path"]]
    backend: "Any" = importlib.import_module(module)
    for attribute in filter(None, attributes.split(".")):
        backend = getattr(backend, attribute)
    if request["optional"] and not hasattr(backend, request["hook"]):
        return None
    hook: "Any" = getattr(backend, request["hook"])
    return hook(*request["arguments"])


def main() -> None:
    """Run the request; exit with 1 where the hook raised."""
    request = json.loads(sys.argv[1])
    result_file = sys.argv[2]
    # The runner's own folder came first on the path; the backend must not see it.
    del sys.path[0]
    sys.argv[1:] = []
    try:
        result = {"returned": call(request)}
    except BaseException as error:
        traceback.print_exc()
        result = {"error": type(error).__name__, "message": str(error)}
    with open(result_file, "w", encoding="utf-8", errors="replace") as file:
        json.dump(result, file, default=repr)
    sys.exit("error" in result)


if __name__ == "__main__":
    main()
