"""What computes for too long is given up, and nothing that comes after it."""

from __future__ import annotations

import signal
import time
from contextlib import suppress
from threading import Thread

import pytest

from sdistmaker_recipe.toolchain.isolation.cpu_time_limit import CpuTimeExceededError, cpu_time_limit


def work(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_what_takes_too_long_is_given_up():
    with pytest.raises(CpuTimeExceededError), cpu_time_limit(0.05):
        work(60)


def test_what_is_quick_is_left_alone():
    with cpu_time_limit(0.1):
        work(0.01)
    # Nor is anything given up that comes later.
    work(0.2)


def test_who_handles_every_exception_is_given_up_all_the_same():
    def work_on() -> None:
        with suppress(Exception):
            work(60)

    with pytest.raises(CpuTimeExceededError), cpu_time_limit(0.05):
        work_on()


def test_waiting_does_not_count():
    with cpu_time_limit(0.05):
        time.sleep(0.1)


def test_the_signal_is_as_it_was():
    def handler(*_: object) -> None:
        """Somebody else's."""

    former = signal.signal(signal.SIGVTALRM, handler)
    try:
        with suppress(CpuTimeExceededError), cpu_time_limit(0.05):
            work(60)
        assert signal.getsignal(signal.SIGVTALRM) is handler
        assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)
    finally:
        signal.signal(signal.SIGVTALRM, former)


def test_another_thread_has_no_limit():
    done = []

    def limited() -> None:
        with cpu_time_limit(0.01):
            work(0.1)
        done.append(True)

    thread = Thread(target=limited)
    thread.start()
    thread.join()
    assert done == [True]
