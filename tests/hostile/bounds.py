"""Bounds on what a hostile input may cost: seconds of processor time, and memory."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS = 5.0
"""Processor time that one small hostile input may take; most take milliseconds."""
GROWTH_MB = 400
"""Most that the process may grow while a claim is fuzzed; whole libraries are loaded in it."""


class TooSlow(AssertionError):
    """An input took more processor time than it may."""


@contextmanager
def within(seconds: float = SECONDS) -> Iterator[None]:
    """Interrupts what takes longer: a hang is a finding, not a hung test run."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlow(f"more than {seconds} s of processor time")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def peak_mb() -> float:
    """The most memory that this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
