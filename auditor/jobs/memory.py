"""Keeps the memory of a process that runs for weeks from growing by what the C library holds back.

glibc gives threads heaps of their own, up to eight for each processor, and hands back to the system
only what is free at the end of one.  A service whose pages, audits and questions each take some
megabytes in whichever thread comes next so ends up with much that nobody uses: over 1,900 notes at
mixed load 79 MB.  Two heaps, from which free pages are handed back each minute, keep it small.

Elsewhere than on glibc nothing is done.
"""

from __future__ import annotations

import ctypes
import os
import threading
from typing import Any

HEAPS = 2
"""Heaps of the C library.  Threads seldom meet in one: Python's small objects have a heap of their
own behind the interpreter's lock, and the encoder keeps its work space."""
TRIMS_EVERY = 60.0
"""Seconds between two returns of free pages, which take some milliseconds."""
_M_ARENA_MAX = -8


class MemoryKeeper:
    """Hands free memory back to the system until it is stopped."""

    def __init__(self, *, every: float = TRIMS_EVERY) -> None:
        """Makes it; nothing is done before ``start``.

        Args:
            every: seconds between two returns.
        """
        self._every = every
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="memory", daemon=True)

    def start(self) -> None:
        """Limits the heaps of threads that start from now on, and begins to hand back."""
        if _glibc() is not None:
            limit_heaps()
            self._thread.start()

    def stop(self) -> None:
        """Ends it."""
        self._stopping.set()

    def _work(self) -> None:
        while not self._stopping.wait(self._every):
            hand_back()


def limit_heaps() -> None:
    """Lets all threads share few heaps; ``MALLOC_ARENA_MAX`` in the environment goes before."""
    libc = _glibc()
    if libc is not None and "MALLOC_ARENA_MAX" not in os.environ:
        libc.mallopt(_M_ARENA_MAX, HEAPS)


def hand_back() -> None:
    """Gives free pages back to the system; other threads run meanwhile."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def _glibc() -> Any:
    """The C library where it is glibc; else None."""
    try:
        libc = ctypes.CDLL(None)
    except (OSError, TypeError):  # no such thing on this system
        return None
    return libc if hasattr(libc, "gnu_get_libc_version") else None
