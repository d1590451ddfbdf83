"""What an executor of several machines needs to know of its work. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol


class UnfitWorkerError(Exception):
    """A worker cannot do a job that another one may do: the reason, as a clause, and what to do about it."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason, hint)
        self.reason = reason
        self.hint = hint

    def __str__(self) -> str:
        return self.reason


class Machine(NamedTuple):
    """Where work is done: the run's own ``folder`` on the machine of a worker, and the worker's environment.

    ``threads`` is how many jobs the worker does at a time. Of the environment variables none is shown, for
    they may hold secrets.
    """

    folder: Path
    environment: Mapping[str, str]
    threads: int = 1

    def __repr__(self) -> str:
        return f"Machine({self.folder})"


class RemoteWork(Protocol):
    """The work of a run, the same for all of its jobs. It is pickled and sent once to each worker.

    It may hold a password, so it is no part of a job: jobs are seen by everybody who may see the cluster.
    """

    def prepare(self, machine: Machine) -> str:
        """On a worker: make its folder ready for builds; a warning about the machine, or "".

        Raises ``UnfitWorkerError`` if no build can run.
        """

    def clean_up(self, folder: Path) -> None:
        """On a worker: remove the folder, if there is one."""

    def label(self, job: Any) -> str:  # noqa: ANN401
        """The name of a job on the pages of the cluster, without a secret."""

    def kind(self, job: Any) -> Hashable:  # noqa: ANN401
        """What a job needs of a worker: who cannot do one job of a kind can do none of them."""

    def pack(self, job: Any, workers: int) -> Any:  # noqa: ANN401
        """The job as it is sent to one of so many workers."""

    def run(self, packed: Any, machine: Machine) -> Any:  # noqa: ANN401
        """On a worker: do a job; the result as it is sent back.

        Raises ``UnfitWorkerError`` if another worker shall try.
        """

    def unpack(self, result: Any, worker: str) -> Any:  # noqa: ANN401
        """The result of a worker as the caller gets it; raises ``UnfitWorkerError`` if it arrived damaged."""

    def doubt(self, result: Any) -> str:  # noqa: ANN401
        """Why a job shall be done once more by another worker, as a sentence; "" if it need not.

        It is for results that may be the fault of the worker. The second one counts.
        """

    def lost(self, job: Any, reason: str) -> Any:  # noqa: ANN401
        """The result of a job that ended each process, or each worker, that ran it."""
