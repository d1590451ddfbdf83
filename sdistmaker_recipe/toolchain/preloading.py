"""Which build backends a worker may import before it knows the tag.

A worker starts in another folder, and without the variables of a build. A backend that reads one of these
when it is imported would take the values of the worker for those of the tag. poetry-dynamic-versioning,
flit_scm and scikit-build-core read pyproject.toml then, and pdm-pep517 reads SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

from pathlib import Path

from sdistmaker_recipe.toolchain.build_system import BuildSystem

PRELOADED_BACKENDS = frozenset(
    {
        "flit_core.buildapi",
        "hatchling.build",
        "pdm.backend",
        "poetry.core.masonry.api",
        "setuptools.build_meta",
        "uv_build",
    }
)
"""The backends that read nothing of their folder, and no variable of a build, when they are imported."""

# Files that start no code of a project: of setuptools, of uv and virtualenv, and of namespace packages.
_KNOWN_PATH_FILES = ("distutils-precedence.pth", "_virtualenv.pth")


def module_to_preload(build_system: BuildSystem, environment: Path) -> str:
    """The backend's module if a worker of this environment's folder may import it at its start, else ""."""
    module = build_system.backend.partition(":")[0]
    if build_system.backend_path or module not in PRELOADED_BACKENDS or runs_code_at_start(environment):
        return ""
    return module


def runs_code_at_start(environment: Path) -> bool:
    """Whether a file ``*.pth`` of the environment runs code when the interpreter starts (module ``site``).

    poetry-dynamic-versioning 0.x changes poetry-core by such a file as soon as poetry-core is imported.
    """
    return any(
        path.name not in _KNOWN_PATH_FILES and not path.name.endswith("-nspkg.pth") and _has_import(path)
        for path in environment.glob("lib/*/site-packages/*.pth")
    )


def _has_import(path: Path) -> bool:
    lines = path.read_text("utf-8", "replace").splitlines()
    return any(line.startswith(("import ", "import\t")) for line in lines)
