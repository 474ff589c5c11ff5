"""Clocking code on a machine that does other work too."""

from __future__ import annotations

import time
from collections.abc import Callable


def grows_linearly(work: Callable[[int], object], *, slack: float = 3.0, tries: int = 12) -> bool:
    """Whether four times the work takes about four times as long, or hardly any time at all.

    The least of several tries is taken of each: other processes can only add to a time, and may
    hold this one up for seconds.  A square takes sixteen times as long in every try.

    Args:
        work: does its work once or four times over, as its argument says.
        slack: by how much more than four times the longer one may take.
        tries: how often the two are clocked before they are said to differ.
    """
    once = whole = float("inf")
    for _ in range(tries):
        once = min(once, _seconds(work, 1))
        whole = min(whole, _seconds(work, 4))
        if whole < max(4 * slack * once, 0.05):
            return True
    return False


def _seconds(work: Callable[[int], object], times: int) -> float:
    began = time.perf_counter()
    work(times)
    return time.perf_counter() - began
