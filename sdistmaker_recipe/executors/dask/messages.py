"""The values that travel between the executor and its sites on the workers. Pure."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias


class Sealed(bytes):
    """Content that no log shows: a worker logs the arguments of a call that fails."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} bytes)"


def seal(work: Any) -> Sealed:  # noqa: ANN401
    """The work, pickled and compressed: it may hold a password, and Dask's debug log shows all messages."""
    return Sealed(zlib.compress(pickle.dumps(work)))


def unseal(sealed: bytes) -> Any:  # noqa: ANN401
    """The work that was sealed."""
    return pickle.loads(zlib.decompress(sealed))


class Greeting(NamedTuple):
    """A worker that is ready for a run: the name of its site there, or the problem why it has none.

    ``hint`` is what to do about the problem. ``host`` is the name of its machine. ``warning`` is about one
    that is ready.
    """

    site: str
    host: str = ""
    problem: str = ""
    hint: str = ""
    warning: str = ""


class Answer(NamedTuple):
    """What became of a job on a worker, and how many ``seconds`` it took there.

    - done: ``value`` is the result.
    - died: it ended each process that ran it.
    - unfit: another worker may do it; ``value`` is the ``UnfitWorkerError``.
    - raised: it raised ``value``.
    - unknown: the worker has no such site, because it was restarted.
    - ended: the worker ended the site, because it heard nothing of the run for long.
    """

    kind: Literal["done", "died", "unfit", "raised", "unknown", "ended"]
    value: Any = None
    seconds: float = 0.0


class Lost(NamedTuple):
    """The cluster has no answer of jobs: their worker is gone, or could not take them, as ``reason`` says.

    Where ``is_worker_gone`` is false the worker is still there. With ``is_dropped`` it may have done them:
    the connection to the scheduler broke.
    """

    reason: str
    is_worker_gone: bool = True
    is_dropped: bool = False


Answers: TypeAlias = Sequence[Answer] | Lost
"""What comes back of jobs that were sent together.

The answers are in the order of the jobs; those of the last ones are missing if they were not begun.
"""
