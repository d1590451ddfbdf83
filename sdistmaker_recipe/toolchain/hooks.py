"""Call the hooks of a tag's build backend (PEP 517, "Build backend interface")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sdistmaker_recipe.errors import BuildError
from sdistmaker_recipe.toolchain import worker_prestart
from sdistmaker_recipe.toolchain.build_context import (
    BuildContext,
    RawSdist,
    RawWheel,
    base_environment,
    find_archive,
    read_build_log,
    refuse_linked_folders,
    watching_memory,
)
from sdistmaker_recipe.toolchain.build_system import BuildSystem
from sdistmaker_recipe.toolchain.environments import BuildEnvironment
from sdistmaker_recipe.toolchain.isolation.untrusted_files import read_text
from sdistmaker_recipe.toolchain.preloading import module_to_preload, runs_code_at_start
from sdistmaker_recipe.toolchain.runner_result import files_read, successful_result
from sdistmaker_recipe.toolchain.wheels.questions import read_questions
from sdistmaker_recipe.toolchain.worker import HookCall, Worker, worker_for


def get_requires_for_build_sdist(
    build_system: BuildSystem, environment: BuildEnvironment, context: BuildContext
) -> tuple[str, ...]:
    """The requirements that the hook of this name returns; raises ``BuildError``."""
    return _requirements("get_requires_for_build_sdist", build_system, environment, context)


def get_requires_for_build_wheel(
    build_system: BuildSystem, environment: BuildEnvironment, context: BuildContext
) -> tuple[str, ...]:
    """The requirements that the hook of this name returns; raises ``BuildError``."""
    return _requirements("get_requires_for_build_wheel", build_system, environment, context)


def _requirements(
    hook: str, build_system: BuildSystem, environment: BuildEnvironment, context: BuildContext
) -> tuple[str, ...]:
    result = _call(hook, [], build_system, environment, context, is_optional=True)
    if not (requirements := result["returned"]):
        return ()
    if not isinstance(requirements, list) or not all(isinstance(item, str) for item in requirements):
        text = "The build backend's requirements are not a list of strings."
        raise BuildError(text, read_build_log(context))
    if options := [item for item in requirements if item.startswith("-")]:
        text = f"The build backend requires {options}, which are options of pip and not requirements."
        raise BuildError(text, read_build_log(context))
    return tuple(requirements)


def may_have_extra_requirements(build_system: BuildSystem, tree: Path) -> bool:
    """Whether hooks may return requirements; setuptools only returns setup_requires, and wheel up to 70.0."""
    if build_system.backend_path or not build_system.backend.startswith("setuptools.build_meta"):
        return True
    return any("setup_requires" in read_text(tree, name) for name in ("setup.py", "setup.cfg"))


def build_sdist(build_system: BuildSystem, environment: BuildEnvironment, context: BuildContext) -> RawSdist:
    """The archive that the hook of this name writes; raises ``BuildError``."""
    context.output.mkdir()
    result = _call("build_sdist", [str(context.output)], build_system, environment, context)
    archive = find_archive(context)
    if context.may_reuse_worker and not build_system.backend_path:
        worker_prestart.remember_worker(
            environment.folder, module_to_preload(build_system, environment.folder)
        )
    tree = context.tree if context.may_reuse_worker else None
    return RawSdist(archive, files_read(result), environment.installed, tree)


def build_wheel(
    build_system: BuildSystem,
    environment: BuildEnvironment,
    context: BuildContext,
    observe: Mapping[str, Any],
) -> RawWheel:
    """The wheel that the hook of this name writes, and what it asked; ``observe`` is as in ``HookCall``.

    Raises ``NoWheelError`` if it would compile something, as far as that is known before, and ``BuildError``.
    """
    context.output.mkdir()
    arguments = [str(context.output)]
    observe = {**observe, "output": str(context.output)}
    result = _call("build_wheel", arguments, build_system, environment, context, observe=observe)
    return RawWheel(find_archive(context, ".whl"), read_questions(result))


def _call(
    hook: str,
    arguments: Sequence[str],
    build_system: BuildSystem,
    environment: BuildEnvironment,
    context: BuildContext,
    *,
    is_optional: bool = False,
    observe: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Call a hook, and return the runner's result, which has the hook's value under ``returned``.

    With ``observe`` the result has the questions of the tag, see ``wheels.questions``.
    """
    result_file = context.scratch / f"{hook}.json"
    variables = _hook_environment(environment, context)
    hash_seed = observe.get("hash_seed", 0) if observe else 0
    if hash_seed:
        variables["PYTHONHASHSEED"] = str(hash_seed)
    call = HookCall(
        hook=hook,
        backend=build_system.backend,
        backend_path=build_system.backend_path,
        arguments=tuple(arguments),
        optional=is_optional,
        needs_restart=bool(hash_seed) or runs_code_at_start(environment.folder),
        tree=context.tree,
        environment=variables,
        log=context.log,
        result=result_file,
        seconds=context.deadline.seconds_left,
        observe=observe,
    )
    status = None
    with watching_memory(context) as check_memory:
        if not context.deadline.has_passed:
            with _worker_for_hook(build_system, environment, context) as worker:
                status = worker.call(call, check_memory)
        refuse_linked_folders(context)
        log = read_build_log(context)
        return successful_result(result_file, status, log, context.deadline.seconds, required_key="returned")


@contextmanager
def _worker_for_hook(
    build_system: BuildSystem, environment: BuildEnvironment, context: BuildContext
) -> Iterator[Worker]:
    """A worker for one hook; it is closed afterwards unless the next tag may use it."""
    if context.may_reuse_worker:
        yield _kept_worker(build_system, environment, context)
        return
    worker = Worker(environment.python, "", context.sandbox)
    try:
        yield worker
    finally:
        worker.close()


def _kept_worker(build_system: BuildSystem, environment: BuildEnvironment, context: BuildContext) -> Worker:
    """A worker that imported the backend already, unless the tag may have modules of the same names.

    Most backends are not imported ahead, see ``preloading``.
    """
    python, sandbox, has_many_builds = environment.python, context.sandbox, context.has_many_builds
    if module := module_to_preload(build_system, environment.folder):
        worker = worker_for(python, module, sandbox, has_many_builds=has_many_builds)
        own_names = {
            path.name.partition(".")[0] for path in context.tree.iterdir() if path.name != "setup.py"
        }
        if own_names.isdisjoint(worker.modules):
            return worker
    return worker_for(python, "", sandbox, has_many_builds=has_many_builds)


def _hook_environment(environment: BuildEnvironment, context: BuildContext) -> dict[str, str]:
    programs = f"{environment.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    return {**base_environment(context), "PATH": programs, "VIRTUAL_ENV": str(environment.folder)}
