"""A Dask cluster as the executor sees it. Only this module imports Dask."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as NoResultError
from contextlib import suppress
from threading import Thread
from typing import Any

import dask.config
import distributed
from dask.utils import parse_timedelta
from distributed.scheduler import KilledWorker
from distributed.versions import VersionMismatchWarning, get_versions

from sdistmaker_recipe import __version__
from sdistmaker_recipe.errors import ClusterError
from sdistmaker_recipe.executors.dask import site
from sdistmaker_recipe.executors.dask.messages import Answers, Greeting, Lost, Sealed

_CONNECT_SECONDS = 30.0
_RECONNECT_SECONDS = 5.0
"""So long a connection that broke may take to come back."""
_ANSWER_SECONDS = 60.0
"""A greeting starts programs, and may have to wait for a machine that is busy."""
_CLOSE_SECONDS = 10.0
_KEEP_ANSWER_SECONDS = 10.0
_LEAVE_SECONDS = 5.0
"""A worker that does not answer ends its site by itself, when it is idle."""
_TLS_FILES = {
    "ca-file": "certificate authority",
    "client.cert": "certificate of the client",
    "client.key": "key of the client",
}
"""The settings of Dask for TLS; the key may be in the file of the certificate."""
_PACKAGE = "sdistmaker_recipe"


def _task_function() -> Callable[[str, bytes], bytes]:
    # The scheduler reads the tasks. A function inside another one is sent by its code, so the scheduler needs
    # Dask only and not this package.
    def build(site_name: str, jobs: bytes) -> bytes:
        import importlib

        module = importlib.import_module("sdistmaker_recipe.executors.dask.site")
        answers: bytes = module.perform(site_name, jobs)
        return answers

    return build


def _versions_function() -> Callable[[], tuple[str, str]]:
    # A worker that lacks the package understands it too.
    def versions() -> tuple[str, str]:
        import importlib
        import sys

        try:
            package = str(importlib.import_module("sdistmaker_recipe").__version__)
        except ImportError:
            package = ""
        return package, f"{sys.version_info[0]}.{sys.version_info[1]}"

    return versions


def _setting(name: str, default: str) -> float:
    value = dask.config.get(f"sdistmaker.{name}", default)
    try:
        return float(parse_timedelta(value))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ClusterError(
            f"Dask's configuration has {value!r} for sdistmaker.{name}, which is no time.",
            f"Write it with a unit, such as {default!r}.",
        ) from error


def _check_certificates(address: str) -> None:
    """Raise ``ClusterError`` unless Dask's configuration names files for TLS that can be read."""
    hint = (
        "Set DASK_DISTRIBUTED__COMM__TLS__CA_FILE, and for the client "
        "DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT and DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY."
    )
    for name, what in _TLS_FILES.items():
        file = dask.config.get(f"distributed.comm.tls.{name}", None)
        if not file and name == "client.key":
            continue
        if not file:
            raise ClusterError(f"{address}: Dask's configuration names no {what} for TLS.", hint)
        # It may also be the content of a file.
        if "\n" not in file and not os.access(file, os.R_OK):
            raise ClusterError(
                f"{address}: the {what} that Dask's configuration names cannot be read: {file}", hint
            )


def _described(packages: Mapping[str, str | None]) -> str:
    """What Dask says of its version and that of Python, as text."""
    python = ".".join(str(packages["python"]).split(".")[:2])
    return f"Dask {packages['distributed']} on Python {python}"


def _connected_client(address: str) -> distributed.Client:
    """A client of the scheduler; raises whatever Dask does if there is no answer in time."""
    # Client waits for ever for a scheduler that accepts the connection and says nothing.
    found: Future[distributed.Client] = Future()

    def connect() -> None:
        try:
            client = distributed.Client(
                address, timeout=_CONNECT_SECONDS, set_as_default=False, name=_PACKAGE
            )
        except Exception as error:
            found.set_exception(error)
        else:
            found.set_result(client)

    Thread(target=connect, daemon=True).start()
    try:
        return found.result(_CONNECT_SECONDS + _RECONNECT_SECONDS)
    except NoResultError:
        if found.done():
            raise
        raise OSError(f"it accepted the connection, and said nothing in {_CONNECT_SECONDS:g} s") from None


class DaskCluster:
    """The cluster of the scheduler at an address; raises ``ClusterError`` if it cannot be used.

    ``worker_wait`` is how many seconds to wait for a worker where there is none, ``poll_seconds`` the time
    between two looks at the list of workers. Both are settings of Dask's own configuration.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.poll_seconds = _setting("poll", "1s")
        self.worker_wait = _setting("worker-wait", "2 minutes")
        _silence()
        hint = "Start it (dask scheduler), or correct the option scheduler."
        if address.startswith("tls:"):
            _check_certificates(address)
            hint = f"{hint} Check that it uses TLS, and the certificates that Dask's configuration names."
        else:
            hint = f"{hint} If it uses TLS, its address begins with tls://."
        try:
            self._client = _connected_client(address)
        except Exception as error:
            reason = str(error).rstrip(".") or type(error).__name__
            if not isinstance(error, OSError):
                hint = f"Does it run {_described(get_versions()['packages'])}, as this machine? {hint}"
            raise ClusterError(f"The Dask scheduler at {address} does not answer: {reason}.", hint) from error
        self._check_scheduler()
        self._reports: set[Any] = set()
        self._keeper = Thread()
        self._loop: Any = self._client.loop
        self._build, self._versions = _task_function(), _versions_function()

    def _check_scheduler(self) -> None:
        """Raise ``ClusterError`` unless the scheduler has our version of Dask, and runs our Python.

        It reads the jobs, and others often cannot. Dask itself only warns.
        """
        try:
            found = self._client.run_on_scheduler(get_versions, callback_timeout=_CONNECT_SECONDS)
        except Exception as error:
            raise self._gone() from error
        theirs, ours = _described(found["packages"]), _described(get_versions()["packages"])
        if theirs != ours:
            self.close({})
            raise ClusterError(
                f"The Dask scheduler at {self.address} runs {theirs}, and this machine {ours}, so nothing "
                "was built.",
                "Install the same versions on all machines of the cluster, and restart them.",
            )

    def workers(self) -> Mapping[str, int]:
        """The threads of each worker, by address; raises ``ClusterError``."""
        for _ in range(2):
            if not self._is_connected():
                break
            try:
                return dict(self._client.nthreads(callback_timeout=_CONNECT_SECONDS))
            except Exception as error:
                # A connection that broke at this moment may be there again, one that is silent is not.
                if isinstance(error, TimeoutError) or not isinstance(error, OSError):
                    break
        raise self._gone()

    def _is_connected(self) -> bool:
        """Whether there is a connection to the scheduler; waits a moment for one that broke."""
        deadline = time.monotonic() + _RECONNECT_SECONDS
        while self._client.status == "connecting" and time.monotonic() < deadline:
            time.sleep(_RECONNECT_SECONDS / 100)
        return bool(self._client.status == "running")

    def difference(self, address: str) -> str:
        """What makes a worker unable to exchange jobs with this program, as a clause; "" for nothing."""
        theirs, python = self._ask(address, self._versions)
        if theirs != __version__:
            has = f"has {_PACKAGE} {theirs}" if theirs else f"does not have {_PACKAGE}"
            return f"{has}, and this machine has {__version__}"
        own = ".".join(map(str, sys.version_info[:2]))
        if python != own:
            return f"runs Python {python}, and this machine runs Python {own}"
        theirs = _described(self._ask(address, get_versions)["packages"])
        ours = _described(get_versions()["packages"])
        return f"runs {theirs}, and this machine {ours}" if theirs != ours else ""

    def greet(self, address: str, work: Sealed) -> Greeting:
        """Make a worker ready for this sealed work."""
        greeting: Greeting = self._ask(address, site.greet, work, self._client.id)
        return greeting

    def start(
        self,
        address: str,
        site_name: str,
        key: str,
        jobs: Sequence[bytes],
        done: Callable[[Answers], None],
    ) -> distributed.Future[bytes]:
        """Give pickled jobs to a worker; ``done`` is called with the answers, in another thread.

        There is no answer while the worker does not give one.
        """
        try:
            future = self._client.submit(
                self._build,
                site_name,
                pickle.dumps(jobs),
                # Dask counts by the first part, and keeps these figures for ever.
                key=(_PACKAGE, key),
                workers=[address],
                allow_other_workers=False,
                pure=False,
            )
            # A worker that is lost, or stopped, must not keep the answers of others waiting.
            report = asyncio.run_coroutine_threadsafe(_report(future, done), self._loop.asyncio_loop)
            # An event loop does not keep what runs in it.
            self._reports.add(report)
            report.add_done_callback(self._reports.discard)
        except Exception as error:
            raise self._gone() from error
        return future

    def cancel(self, attempts: Sequence[Any]) -> None:
        """Forget attempts whose answers nobody wants."""
        if attempts:
            with suppress(Exception):
                self._client.cancel(list(attempts), force=True)

    def keep(self, addresses: Sequence[str]) -> None:
        """Tell these workers that the run goes on, and do not wait for them."""
        # Some may not answer. The others are told at once.
        if addresses and not self._keeper.is_alive():
            arguments = (addresses, _KEEP_ANSWER_SECONDS, site.keep, self._client.id)
            self._keeper = Thread(target=self._tell, args=arguments, daemon=True)
            self._keeper.start()

    def was_stopped(self, address: str) -> bool:
        """Whether a worker that is gone ended in order, as when it is stopped or given back."""
        with suppress(Exception):
            # Client.get_events would wait for ever for a scheduler that is silent.
            scheduler: Any = self._client.scheduler
            events = self._client.sync(scheduler.events, topic=address, callback_timeout=_CONNECT_SECONDS)
            return _ended_in_order([event for _, event in events])
        return False

    def wake(self) -> None:
        """Tell a cluster without workers that there is something to do, for it may start some then."""
        with suppress(Exception):
            self._wake_up = self._client.submit(int, pure=False)

    def close(self, sites: Mapping[str, str]) -> None:
        """Cancel what runs, end these sites, and close the connection; takes a bounded time."""
        self._tell(list(sites), _LEAVE_SECONDS, site.leave, list(sites.values()))
        with suppress(Exception):
            self._client.close(timeout=_CLOSE_SECONDS)

    def _tell(
        self,
        addresses: Sequence[str],
        seconds: float,
        function: Callable[..., Any],
        argument: str | list[str],
    ) -> None:
        """Call a function on workers; wait so long for them at most. Who does not answer is passed over."""
        with suppress(Exception):
            if self._client.status == "running":
                self._client.run(
                    function,
                    argument,
                    workers=list(addresses),
                    on_error="ignore",
                    callback_timeout=seconds,
                )

    def _ask(self, address: str, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401
        """What a function returns on a worker."""
        answers = self._client.run(
            function,
            *arguments,
            workers=[address],
            on_error="raise",
            callback_timeout=_ANSWER_SECONDS,
        )
        return answers[address]

    def _gone(self) -> ClusterError:
        return ClusterError(
            f"The Dask scheduler at {self.address} is gone, or no longer answers.",
            "What was built by then is published. Start the scheduler, and run this command again for the "
            "rest.",
        )


def _ended_in_order(events: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the last worker of an address that was removed said before that it ends, or was sent away.

    ``events`` is what the scheduler noted about this address.
    """
    is_removed = False
    for event in reversed(events):
        action = event.get("action")
        if action == "remove-worker":
            if is_removed:
                return False
            is_removed = True
            if event.get("expected"):
                return True
        elif is_removed and action == "closing-worker":
            return True
    return False


def _silence() -> None:
    """Keep messages of Dask's client off standard error: an error of a connection is reported once, by us.

    Dask warns if any of some packages has another version anywhere. ``difference`` looks at what matters.
    """
    warnings.filterwarnings("ignore", category=VersionMismatchWarning)
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)


async def _report(future: distributed.Future[bytes], done: Callable[[Answers], None]) -> None:
    """Call ``done`` when there are answers; never after the end of the connection."""
    answers: Answers
    try:
        answers = [pickle.loads(answer) for answer in pickle.loads(await future)]
    except KilledWorker:
        answers = Lost("the worker was lost")
    except asyncio.CancelledError:
        return
    except (CancelledError, OSError):
        # Dask cancels all futures if the connection to the scheduler breaks, though it connects again. Where
        # the executor cancelled this one, it does not wait for the answer.
        answers = Lost("the connection broke", is_worker_gone=False, is_dropped=True)
    except Exception as error:
        answers = Lost(f"{type(error).__name__}: {error}", is_worker_gone=False)
    done(answers)
