"""The work of the service on any number of machines: jobs in PostgreSQL, through Procrastinate.

What is due still follows from the data; jobs only say who does it.  ``tend`` takes in events and
puts up a job for each block of activities that holds due ones.  A block has a lock, so no two
workers judge the same activity, and a queueing lock, so it is put up once.  A worker that dies
leaves its jobs without a sign of life; ``rescue``, run by any other, puts them up again.  Periodic
jobs are put up once for each of their times, however many workers run.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import suppress

from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

from auditor.jobs.due import due_blocks
from auditor.jobs.sending import send_due
from auditor.jobs.shop import JudgingShop
from auditor.jobs.tending import EMBEDDED, Tender
from auditor.jobs.writing_back import write_back
from auditor.storage.work_schema import connection_info

log = logging.getLogger("auditor.work")
QUEUE = "auditor"
TEND, JUDGE, EMBED, DIGESTS, RESCUE = "tend", "judge", "embed", "digests", "rescue"
HEARTBEAT, STALLED = 10.0, 30.0
"""Seconds between signs of life of a worker, and after which its jobs are taken over."""
EVENTS_FOR = 10.0
"""Seconds of handling events before judging is put up."""
_BLOCKS_AT_ONCE = 1_000
_LOOK = 0.2
_LONGEST_WAIT = 60.0
_RETRY = RetryStrategy(max_attempts=10, exponential_wait=2)  # 2, 4, 8 … 1,024 seconds


class Worker:
    """One process that does jobs until it is stopped."""

    def __init__(
        self,
        shop: JudgingShop,
        *,
        concurrency: int,
        heartbeat: float = HEARTBEAT,
        stalled: float = STALLED,
        rescue_every: str = "* * * * * */15",
    ) -> None:
        """Makes it; nothing runs before ``run``.

        Args:
            shop: settings, database, classifier and policy.
            concurrency: jobs at once.
            heartbeat: seconds between signs of life.
            stalled: seconds without one after which a worker's jobs are taken over.
            rescue_every: when to look for such jobs; a cron expression with seconds at its end.
        """
        self._shop, self._concurrency = shop, concurrency
        self._heartbeat, self._stalled = heartbeat, stalled
        self._tender = Tender(shop)
        self._stopping = threading.Event()
        self._app = make_app(shop.settings.database_url, at_once=concurrency)
        _add_tasks(self._app, self, rescue_every)

    def run(self) -> None:
        """Works until it is stopped, and ends after the jobs under way.

        While the database is away it waits, longer each time.

        Raises:
            StorageError: the tables of jobs are not there.
        """
        self._shop.database.require_work_schema()
        wait = 1.0
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                asyncio.run(self._work(forever=True))
            except (ConnectorException, OSError) as exc:
                log.error("the worker lost the database: %s", type(exc).__name__)
            if time.monotonic() - started > _LONGEST_WAIT:
                wait = 1.0
            if not self._stopping.wait(wait):
                wait = min(wait * 2, _LONGEST_WAIT)
        self._tender.close()

    def drain(self) -> None:
        """Does what there is to do, beside any other workers, and returns.

        Raises:
            StorageError: the database failed, or the tables of jobs are not there.
        """
        self._shop.database.require_work_schema()
        self._tender.handle_events(self.is_stopping)
        while not self._stopping.is_set() and self._tender.count_due():
            asyncio.run(self._work(forever=False))
            self._stopping.wait(_LOOK)  # the rest is with other workers
        while self._tender.embed(self.is_stopping):
            pass
        self._tender.close()

    def stop(self) -> None:
        """Ends after the batches under way; may be called from any thread."""
        self._stopping.set()

    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping.is_set()

    async def _work(self, *, forever: bool) -> None:
        async with self._app.open_async():
            if not forever:
                await self.put_up_judging()
            working = asyncio.create_task(
                self._app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=self._concurrency,
                    wait=forever,
                    delete_jobs="always",  # what is not done follows from the data
                    update_heartbeat_interval=self._heartbeat,
                    stalled_worker_timeout=self._stalled,
                    install_signal_handlers=False,
                )
            )
            while not working.done():
                await asyncio.wait([working], timeout=_LOOK)
                if self._stopping.is_set():
                    working.cancel()  # it ends the jobs under way first
                    break
            with suppress(asyncio.CancelledError):
                await working

    async def tend(self) -> None:
        """Takes in events for a while, and puts up what is due."""
        until = time.monotonic() + EVENTS_FOR

        def enough() -> bool:
            return self.is_stopping() or time.monotonic() >= until

        await asyncio.to_thread(self._tender.handle_events, enough)
        await self.put_up_judging()
        if await asyncio.to_thread(self._tender.count_unembedded):
            await put_up(self._app, EMBED)
        if time.monotonic() >= until:
            await put_up(self._app, TEND)

    async def put_up_judging(self) -> None:
        """Puts up a job for each block of activities that holds due ones."""
        blocks = await asyncio.to_thread(due_blocks, self._shop.database, self._shop.policy)
        for block in blocks[:_BLOCKS_AT_ONCE]:
            await put_up(self._app, JUDGE, lock=f"{JUDGE}:{block}", block=block)

    def judge(self, block: int) -> None:
        """Judges a block."""
        self._tender.judge(self.is_stopping, block=block)

    async def embed(self) -> None:
        """Takes new notes into the search, and puts itself up again where there may be more."""
        made = await asyncio.to_thread(self._tender.embed, self.is_stopping)
        if made >= EMBEDDED:
            await put_up(self._app, EMBED)

    def send_digests(self) -> None:
        """Sends the digests that are due, writes decisions back, and keeps house."""
        self._tender.keep_house()
        send_due(self._shop, should_stop=self.is_stopping)
        settings = self._shop.settings.write_back
        write_back(self._shop.database, settings, should_stop=self.is_stopping)

    async def rescue(self) -> None:
        """Puts up the jobs of workers that gave no sign of life."""
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._stalled):
            log.warning("job %s of a worker without a sign of life is put up again", job.id)
            await manager.retry_job(job)


def make_app(url: str, *, at_once: int) -> App:
    """Procrastinate on a database.

    Args:
        url: of a PostgreSQL database.
        at_once: jobs at once, so that there are connections for them.
    """
    connector = PsycopgConnector(
        conninfo=connection_info(url), min_size=1, max_size=at_once + 4, timeout=10.0
    )
    return App(connector=connector)


async def put_up(app: App, task: str, *, lock: str | None = None, **arguments: int) -> None:
    """Puts up a job, unless the same one waits already."""
    name = lock or task
    job = app.configure_task(task, queue=QUEUE, lock=name, queueing_lock=name)
    with suppress(AlreadyEnqueued):
        await job.defer_async(**arguments)


def _add_tasks(app: App, worker: Worker, rescue_every: str) -> None:
    @app.periodic(cron="* * * * *", periodic_id=TEND)
    @app.task(name=TEND, queue=QUEUE, lock=TEND, queueing_lock=TEND, retry=_RETRY)
    async def tend(timestamp: int = 0) -> None:
        await worker.tend()

    @app.task(name=JUDGE, queue=QUEUE, retry=_RETRY)
    def judge(block: int) -> None:
        worker.judge(block)

    @app.task(name=EMBED, queue=QUEUE, lock=EMBED, queueing_lock=EMBED, retry=_RETRY)
    async def embed() -> None:
        await worker.embed()

    @app.periodic(cron="*/5 * * * *", periodic_id=DIGESTS)
    @app.task(name=DIGESTS, queue=QUEUE, lock=DIGESTS, queueing_lock=DIGESTS, retry=_RETRY)
    def digests(timestamp: int = 0) -> None:
        worker.send_digests()

    @app.periodic(cron=rescue_every, periodic_id=RESCUE)
    @app.task(name=RESCUE, queue=QUEUE, queueing_lock=RESCUE)
    async def rescue(timestamp: int = 0) -> None:
        await worker.rescue()
