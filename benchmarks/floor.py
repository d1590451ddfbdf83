"""The floor: export each tag through libsvn, tar and gzip what came, in some processes, and nothing else."""

from __future__ import annotations

import gzip
import multiprocessing
import tarfile
import time
from collections.abc import Sequence
from functools import lru_cache, partial
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from benchmarks.projects import Release

LEVEL = 6
SECONDS_TO_START = 60


def run(url: str, tags: Sequence[Release], folder: Path, processes: int) -> float:
    """Write an archive of each tag into the folder; the seconds that took, once all processes had started."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(processes + 1)
    with context.Pool(processes, _start, (ready,)) as pool:
        ready.wait(SECONDS_TO_START)
        begin = time.perf_counter()
        for _ in pool.imap_unordered(partial(_archive, url, folder), tags, chunksize=2):
            pass
        return time.perf_counter() - begin


def _start(ready: Barrier) -> None:
    _client()
    ready.wait(SECONDS_TO_START)


@lru_cache(maxsize=1)
def _client() -> Any:  # noqa: ANN401  # subvertpy has no types
    from subvertpy import client, ra

    return client.Client(auth=ra.Auth([ra.get_username_provider()]))


def _archive(url: str, folder: Path, tag: Release) -> None:
    top = f"{tag.name.replace('-', '_')}-{tag.version}"
    tree = folder / f"{top}.tree"
    _client().export(f"{url}/{tag.path}", str(tree))
    with (
        (folder / f"{top}.tar.gz").open("wb") as raw,
        gzip.GzipFile("", "wb", LEVEL, raw, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        archive.add(tree, top)
