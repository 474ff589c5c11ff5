"""How often a caller may ask: a token bucket each, told in the RateLimit header fields.

The fields are those of the IETF's httpapi draft: ``RateLimit-Policy`` says how many in how many
seconds, ``RateLimit`` what is left and in how many seconds all of it is there again.  Buckets live
in this process.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from threading import Lock

from fastapi import Request

from api.problems import Problem
from auditor.access.signing_in import network_of

WINDOW_SECONDS = 60
"""In which the limit holds; a caller may use it up at once."""
_MOST_BUCKETS = 20_000


class Rates:
    """The buckets of all callers (GCRA: one number each, the moment at which it is full)."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._lock = Lock()

    def take(self, request: Request, caller: str) -> None:
        """Counts a request; its answer tells what is left.

        Raises:
            Problem: 429, with Retry-After.
        """
        left, wait = self._take(caller)
        policy = f'"caller";q={self._limit};w={WINDOW_SECONDS}'
        request.state.rate_headers = {
            "RateLimit-Policy": policy,
            "RateLimit": f'"caller";r={max(0, left)};t={wait}',
        }
        if left < 0:
            raise Problem(
                429,
                "too-many-requests",
                "Too many requests",
                f"at most {self._limit} in {WINDOW_SECONDS} seconds; try again in {wait} s",
                headers={"Retry-After": str(wait)},
            )

    def _take(self, caller: str) -> tuple[int, int]:
        """Requests left, -1 for none before this one, and seconds until more are there."""
        each = WINDOW_SECONDS / self._limit
        with self._lock:
            now = self._clock()
            full_at = max(now, self._full_at.get(caller, now)) + each
            over = full_at - now - WINDOW_SECONDS
            if over > 1e-9:  # rounding
                return -1, max(1, math.ceil(over))
            if len(self._full_at) >= _MOST_BUCKETS:
                self._full_at = {k: v for k, v in self._full_at.items() if v > now}
            self._full_at[caller] = full_at
        return int((WINDOW_SECONDS - (full_at - now)) / each + 1e-6), math.ceil(full_at - now)


def caller_address(request: Request) -> str:
    """Where a request comes from, past the proxies that are trusted."""
    return request.client.host if request.client else "unknown"


def caller_network(request: Request) -> str:
    """The same, as far as a caller can't change it at will."""
    return network_of(caller_address(request))
