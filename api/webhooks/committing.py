"""Group commit: deliveries that come while one transaction is written share the next.

A commit waits for the disk, and SQLite has one writer; so one thread writes for all requests, and
each request is answered when the transaction that holds its events is on the disk.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from auditor.errors import AuditorError
from auditor.storage import Database
from auditor.storage.events import ReceivedEvent

MOST_AT_ONCE = 500
"""Deliveries in one transaction."""
MOST_WAITING = 5_000
"""Deliveries that may wait; more are refused at once."""
PATIENCE_SECONDS = 4.5
"""Longest wait of a delivery: the tightest senders allow five seconds."""
_IDLE_SECONDS = 5.0
log = logging.getLogger("auditor.api")


class TooBusy(AuditorError):
    """Events could not be kept in time; the sender must send them again."""


@dataclass(frozen=True)
class _Waiting:
    events: Sequence[ReceivedEvent]
    done: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop


class Committer:
    """Keeps events; one for an app, its thread lives while there is work."""

    def __init__(
        self,
        database: Database,
        *,
        on_kept: Callable[[str, int, int], None],
        wake: Callable[[], None],
    ) -> None:
        """Makes a committer.

        Args:
            database: where events are kept.
            on_kept: called with a source, how many of its events were new, and how many known.
            wake: tells whoever handles events that there are some.
        """
        self._database = database
        self._on_kept, self._wake = on_kept, wake
        self._queue: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_running = False

    async def keep(self, events: Sequence[ReceivedEvent]) -> None:
        """Keeps events; when this returns they are on the disk.

        Raises:
            TooBusy: too many wait, or the database takes too long.
            StorageError: the database failed.
        """
        if self._queue.qsize() >= MOST_WAITING:
            raise TooBusy("too many deliveries wait to be kept")
        loop = asyncio.get_running_loop()
        waiting = _Waiting(events, loop.create_future(), loop)
        self._queue.put(waiting)
        self._start()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await waiting.done
        except TimeoutError:
            raise TooBusy("the database takes too long") from None

    def _start(self) -> None:
        with self._lock:
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, name="webhooks", daemon=True).start()

    def _run(self) -> None:
        try:
            while self._work():
                pass
        except BaseException:
            with self._lock:
                self._is_running = False  # the next delivery starts another thread
            raise

    def _work(self) -> bool:
        """Commits one group; false where there was none for a while and the thread may end."""
        try:
            first = self._queue.get(timeout=_IDLE_SECONDS)
        except queue.Empty:
            with self._lock:
                self._is_running = not self._queue.empty()
                return self._is_running
        group = [first]
        while len(group) < MOST_AT_ONCE and not self._queue.empty():
            group.append(self._queue.get_nowait())
        self._commit(group)
        return True

    def _commit(self, group: Sequence[_Waiting]) -> None:
        by_source: dict[str, list[ReceivedEvent]] = {}
        for waiting in group:
            for event in waiting.events:
                by_source.setdefault(event.source, []).append(event)
        problem: Exception | None = None
        counts: list[tuple[str, int, int]] = []
        try:
            now = datetime.now(UTC)
            with self._database.begin(is_urgent=True) as unit:
                for source, events in by_source.items():
                    new = unit.events.receive(events, received_at=now)
                    counts.append((source, new, len(events) - new))
        except Exception as exc:  # noqa: BLE001 - every request of the group must get its answer
            log.error("events could not be kept: %s", type(exc).__name__)
            problem = exc
        if problem is None:
            self._tell(counts)
        for loop in {waiting.loop for waiting in group}:
            own = [waiting.done for waiting in group if waiting.loop is loop]
            try:
                loop.call_soon_threadsafe(_settle, own, problem)
            except RuntimeError:
                log.warning("the server went away before %d deliveries were answered", len(own))

    def _tell(self, counts: Sequence[tuple[str, int, int]]) -> None:
        try:
            for source, new, known in counts:
                self._on_kept(source, new, known)
            self._wake()
        except Exception:  # the events are kept: what is told of them must not end the thread
            log.exception("what was kept could not be told")


def _settle(waiting: Sequence[asyncio.Future[None]], problem: Exception | None) -> None:
    for each in waiting:
        if each.done():
            continue  # its request gave up
        if problem is None:
            each.set_result(None)
        else:
            each.set_exception(problem)
