"""For a server beside workers: tells them that there is work, and does none itself."""

from __future__ import annotations

import asyncio
import logging
import threading

from procrastinate.exceptions import ConnectorException

from auditor.jobs.worker import TEND, make_app, put_up

log = logging.getLogger("auditor.work")
_GATHERS = 0.05
"""Seconds from being woken to putting up a job, so that a burst of events makes one."""


class HandingOn:
    """A thread that puts up a job when it is woken; it looks like the background loop."""

    def __init__(self, url: str) -> None:
        """Makes it; nothing runs before ``start``.

        Args:
            url: of the PostgreSQL database that workers share.
        """
        self._app = make_app(url, at_once=1)
        self._woken, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="handing-on", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether it waits for work to hand on."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def wake(self) -> None:
        """Tells it that there is work; returns at once."""
        self._woken.set()

    def stop(self) -> None:
        """Ends."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(15.0)

    def _run(self) -> None:
        asyncio.run(self._hand_on())

    async def _hand_on(self) -> None:
        while not self._stopping.is_set():
            try:
                async with self._app.open_async():
                    await self._serve()
            except (ConnectorException, OSError) as exc:
                # Workers look by themselves every minute: what is not handed on is late, not lost.
                log.error("work can't be handed on just now: %s", type(exc).__name__)
                await asyncio.to_thread(self._stopping.wait, 5.0)

    async def _serve(self) -> None:
        while not self._stopping.is_set():
            await asyncio.to_thread(self._woken.wait)
            if self._stopping.is_set():
                return
            await asyncio.sleep(_GATHERS)
            self._woken.clear()
            await put_up(self._app, TEND)
