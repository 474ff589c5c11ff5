"""Leaves a failing server alone for a while instead of asking it for every record."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from auditor.classify.llm.failures import CallFailed, Failure

FAILURES = 5
"""Failures in a row after which the server is left alone."""
REST_SECONDS = 60.0
"""How long, unless the server says."""
MAX_REST_SECONDS = 3_600.0
"""Longest rest that a server's Retry-After may ask for."""


class CircuitBreaker:
    """Counts failures in a row; while it rests, calls fail at once."""

    def __init__(
        self,
        *,
        failures: int = FAILURES,
        rest_seconds: float = REST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts closed: calls may go out.

        Args:
            failures: in a row, after which it opens.
            rest_seconds: before one call may try again.
            clock: seconds from any origin.
        """
        self._failures, self._rest, self._clock = failures, rest_seconds, clock
        self._lock = threading.Lock()
        self._row = 0
        self._until: float | None = None

    def check(self) -> None:
        """Lets a call pass; after a rest the first one only, until it comes back.

        Raises:
            CallFailed: while the server is left alone.
        """
        with self._lock:
            if self._until is None:
                return
            left = self._until - self._clock()
            if left > 0:
                raise CallFailed(
                    Failure.RESTING, f"the model's server fails; asked again in {left:.0f} s"
                )
            self._until = self._clock() + self._rest

    def succeeded(self) -> None:
        """A call came back: the server is well."""
        with self._lock:
            self._row, self._until = 0, None

    def failed(self, *, retry_after: float | None = None) -> None:
        """A call failed on the server's account.

        Args:
            retry_after: seconds that the server asked to be left alone.
        """
        with self._lock:
            self._row += 1
            rest = min(max(self._rest, retry_after or 0.0), MAX_REST_SECONDS)
            if self._row >= self._failures or retry_after:
                self._until = self._clock() + rest
