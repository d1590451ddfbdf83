"""Why a release has no wheel: whatever goes wrong with its wheel, the sdist is published."""

from __future__ import annotations

import traceback
from collections.abc import Callable

from sdistmaker_recipe.errors import BuildError, SdistmakerError
from sdistmaker_recipe.model import BuildSettings, BuiltWheel, NoWheel
from sdistmaker_recipe.toolchain.build_folder import in_memory_or_on_disk, refuse_full_disk
from sdistmaker_recipe.toolchain.isolation.cpu_time_limit import CpuTimeExceededError, cpu_time_limit


class NoWheelError(BuildError):
    """No wheel can install what the source distribution does, so there is none. Nothing failed."""


def wheel_or_reason(
    make: Callable[[BuildSettings], BuiltWheel], settings: BuildSettings
) -> BuiltWheel | NoWheel:
    """What ``make`` returns for the settings, or why it fails.

    Raises ``StoreError`` and ``ToolchainError`` for errors that every other tag of the run would meet too.
    """
    try:
        with cpu_time_limit(settings.timeout):
            return in_memory_or_on_disk(make, settings)
    except NoWheelError as error:
        return NoWheel(error.reason)
    except BuildError as error:
        failed = _failure(error.reason, error.log, is_permanent=error.is_permanent)
    except CpuTimeExceededError:
        text = (
            f"Reading and packing the wheel took more than {settings.timeout:g} seconds of CPU time. "
            "Look for a very large file, or raise the option timeout."
        )
        return _failure(text)
    except OSError as error:
        text = f"{error.filename or settings.scratch}: {error.strerror or error}"
        failed = _failure(text, is_permanent=False)
    except SdistmakerError:
        raise
    except Exception as error:
        text = f"sdistmaker_recipe itself failed on this wheel: {type(error).__name__}: {error}"
        failed = _failure(text, traceback.format_exc(), is_permanent=False)
    if not failed.is_permanent:
        # What the build wrote is removed by now. If there is no room all the same, no tag has any.
        refuse_full_disk(settings.scratch)
    return failed


def _failure(reason: str, log: str = "", *, is_permanent: bool = True) -> NoWheel:
    return NoWheel(" ".join(reason.split()), log, is_failure=True, is_permanent=is_permanent)
