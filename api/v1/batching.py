"""Micro-batches: requests that come at the same time are judged in one run of the encoder.

While one batch is judged the next one gathers, so that nothing waits for the sake of waiting; only
after idleness a batch is held open for a moment.  What waits is bounded: more is refused at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from api.problems import RETRY_SECONDS, Problem

MOST_WAITING = 2_000
"""Items that may wait to be judged."""
MOST_AT_ONCE = 64
"""Items of one batch, unless a single request holds more."""
LINGER_SECONDS = 0.002
"""How long a batch is held open after idleness."""
T = TypeVar("T")
R = TypeVar("R")


@dataclass
class _Waiting(Generic[T, R]):
    items: Sequence[T]
    done: asyncio.Future[list[R]]


class Batcher(Generic[T, R]):
    """Puts the items of concurrent requests together; belongs to one event loop."""

    def __init__(
        self,
        judge: Callable[[Sequence[T]], list[R]],
        *,
        most_waiting: int = MOST_WAITING,
        most_at_once: int = MOST_AT_ONCE,
        linger_seconds: float = LINGER_SECONDS,
        threads: int = 1,
    ) -> None:
        """Starts nothing yet.

        Args:
            judge: gives one result an item, in order; called in threads.
            most_waiting: items that may wait; more are refused.
            most_at_once: items of one batch.
            linger_seconds: how long a batch is held open after idleness.
            threads: batches judged side by side, so that one's reading fills another's waiting.
        """
        self._judge = judge
        self._most_waiting, self._most_at_once = most_waiting, most_at_once
        self._linger_seconds = linger_seconds
        self._queue: deque[_Waiting[T, R]] = deque()
        self._size = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._free = threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="audits")

    async def submit(self, items: Sequence[T]) -> list[R]:
        """Judges items in some batch; one result an item, in order.

        Raises:
            Problem: 503 where too many wait.
        """
        if self._size and self._size + len(items) > self._most_waiting:
            raise Problem(
                503,
                "too-busy",
                "Too busy",
                f"{self._size} records wait to be judged; try again in {RETRY_SECONDS} s",
                headers={"Retry-After": str(RETRY_SECONDS)},
            )
        loop = asyncio.get_running_loop()
        waiting = _Waiting[T, R](items, loop.create_future())
        self._queue.append(waiting)
        self._size += len(items)
        if self._free:
            self._free -= 1
            task = loop.create_task(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await waiting.done

    async def _drain(self) -> None:
        """Judges batch after batch until nothing waits."""
        try:
            await asyncio.sleep(self._linger_seconds)
            while self._queue:
                batch = [self._queue.popleft()]
                size = len(batch[0].items)
                while self._queue and size + len(self._queue[0].items) <= self._most_at_once:
                    batch.append(self._queue.popleft())
                    size += len(batch[-1].items)
                try:
                    await self._run([w for w in batch if not w.done.cancelled()])
                finally:
                    self._size -= size
        finally:
            self._free += 1

    async def _run(self, batch: Sequence[_Waiting[T, R]]) -> None:
        """Judges a batch; where it fails, each request alone, so that one can't fail others."""
        if not batch:
            return
        loop = asyncio.get_running_loop()
        together = [item for waiting in batch for item in waiting.items]
        try:
            results = await loop.run_in_executor(self._threads, self._judge, together)
        except Exception as exc:  # noqa: BLE001 - it is handed to whoever waits for it
            if len(batch) == 1:
                _settle(batch[0].done, exc)
                return
            for waiting in batch:
                await self._run([waiting])
            return
        at = 0
        for waiting in batch:
            _settle(waiting.done, results[at : at + len(waiting.items)])
            at += len(waiting.items)


def _settle(done: asyncio.Future[R], outcome: R | Exception) -> None:
    if done.done():  # the client went away
        return
    if isinstance(outcome, Exception):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)
