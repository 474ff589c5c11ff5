"""Reads ahead: one thread asks the database while another adds up what it has answered so far.

The database works without Python's lock, PostgreSQL in processes of its own, so that on two cores
reading and adding up take the time of the longer one.  All questions of a report go through one
thread in the order in which they were asked, over the one transaction that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Semaphore
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_WAITING = 2
"""Pages read and not yet taken: more would only hold memory."""


class _Pages(Generic[T]):
    """Pages on their way from the one thread to the other."""

    def __init__(self) -> None:
        self._room = Semaphore(_WAITING)
        self._queue: SimpleQueue[list[T]] = SimpleQueue()
        self._dropped = False

    def fill(self, read: Callable[[], Iterable[T]]) -> None:
        """Reads, as far as there is room, until all is read or no one wants it any more."""
        try:
            for page in read():
                self._queue.put([page])
                self._room.acquire()
                if self._dropped:
                    return
        finally:
            self._queue.put([])

    def taken(self, filling: Future[None]) -> Iterator[T]:
        """Gives them as they come; raises what reading raised."""
        while page := self._queue.get():
            self._room.release()
            yield page[0]
        filling.result()

    def drop(self) -> None:
        """Lets go of whoever waits for room."""
        self._dropped = True
        self._room.release()


class Ahead:
    """Asks in order, in a thread of its own; until all is answered no one else may ask."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._open: list[_Pages[Any]] = []

    def answer(self, read: Callable[[], T]) -> Future[T]:
        """Asks for one thing."""
        return self._pool.submit(read)

    def pages(self, read: Callable[[], Iterable[T]]) -> Iterator[T]:
        """Asks for page after page; what is asked for later is read once all of them are taken."""
        pages: _Pages[T] = _Pages()
        self._open.append(pages)
        return pages.taken(self._pool.submit(pages.fill, read))

    def drop(self) -> None:
        """Stops after the question that is being answered."""
        for pages in self._open:
            pages.drop()


@contextmanager
def reading_ahead() -> Iterator[Ahead]:
    """Gives what to ask with; at the end, or on an error, reading has stopped."""
    with ThreadPoolExecutor(1, "reading-ahead") as pool:
        ahead = Ahead(pool)
        try:
            yield ahead
        finally:
            ahead.drop()
            pool.shutdown(cancel_futures=True)
