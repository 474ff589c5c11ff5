"""Whose turn it is to write to SQLite, within a process.

SQLite lets one writer at a time go on and makes the others sleep and try, longer each time, so that
a delivery could wait long for work in the background that writes again and again.  Here the threads
of a process queue, are woken at once, and what somebody waits for goes first.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class TurnTimeout(Exception):
    """Another thread has been writing for too long."""


class Turns:
    """A lock that is given to the urgent first."""

    def __init__(self, patience_seconds: float) -> None:
        self._patience = patience_seconds
        self._changed = Condition()
        self._is_taken = False
        self._urgent = 0
        self._urgent_at = float("-inf")
        self.waiting = 0
        """How many threads wait."""

    @contextmanager
    def turn(self, *, is_urgent: bool) -> Iterator[None]:
        """Waits for the turn and holds it.

        Raises:
            TurnTimeout: it did not come in time.
        """
        self._take(is_urgent)
        try:
            yield
        finally:
            with self._changed:
                self._is_taken = False
                self._changed.notify_all()

    def was_urgent(self, seconds: float) -> bool:
        """Whether something urgent was written within the last seconds."""
        return time.monotonic() - self._urgent_at < seconds

    def _take(self, is_urgent: bool) -> None:
        with self._changed:
            self._urgent += is_urgent
            self.waiting += 1
            try:
                is_mine = self._changed.wait_for(
                    lambda: not self._is_taken and (is_urgent or not self._urgent), self._patience
                )
            finally:
                self._urgent -= is_urgent
                self.waiting -= 1
            if not is_mine:
                raise TurnTimeout
            self._is_taken = True
            if is_urgent:
                self._urgent_at = time.monotonic()
