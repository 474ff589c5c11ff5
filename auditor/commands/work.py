"""``auditor work`` and ``auditor failures``: the standing work, and what failed of it."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property

from auditor.classify.protocol import Classifier
from auditor.classify.registry import make_classifier, make_policy
from auditor.commands.screen import Tick, notice, out, print_json, progress
from auditor.digest.words import count
from auditor.domain.policy import Policy
from auditor.errors import ConfigurationError
from auditor.jobs.background import Background
from auditor.jobs.failures import KINDS, list_failures, requeue
from auditor.jobs.learning import judged_sources
from auditor.jobs.memory import MemoryKeeper
from auditor.jobs.tending import Tender
from auditor.settings import Settings
from auditor.storage import Database, open_database
from auditor.storage.work_schema import is_available

LOG_FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@dataclass(frozen=True)
class Shop:
    """What the work needs, for a command."""

    settings: Settings
    """Of the service."""
    database: Database
    """Open, with this version's schema."""

    @cached_property
    def classifier(self) -> Classifier:
        """Made when first asked for."""
        judged = judged_sources(self.database)
        return make_classifier(self.settings.classifier, self.settings, judged=judged)

    @property
    def policy(self) -> Policy:
        """What verdicts are decided by."""
        return make_policy(self.classifier, self.settings)


def run_work(settings: Settings, *, once: bool) -> None:
    """Works until told to stop; with ``once``, until there is nothing more to do.

    Args:
        settings: of the service; ``work_concurrency`` says how many jobs at once.
        once: do what there is, with a progress bar, and return.

    Raises:
        StorageError: the database can't be used, or lacks tables.
        ConfigurationError: PostgreSQL is used without the extra ``work``.
    """
    logging.basicConfig(level=logging.INFO, format=LOG_FORM, stream=sys.stderr)
    for name in ("procrastinate", "alembic"):  # noise
        logging.getLogger(name).setLevel(logging.WARNING)
    MemoryKeeper().start()
    with open_database(settings.database_url, create=False) as database:
        database.require_schema()
        shop = Shop(settings, database)
        if database.dialect == "sqlite":
            _work_alone(shop, once=once)
        else:
            _work_with_others(shop, once=once)


def _work_alone(shop: Shop, *, once: bool) -> None:
    """On SQLite this process is the only worker."""
    if once:
        tender = Tender(shop)
        tender.handle_events()
        with progress("Judging", total=tender.count_due()) as tick:
            tender.judge(on_judged=tick)
        with progress("Making the search", total=tender.count_unembedded()) as tick:
            while tender.embed(on_done=tick):
                pass
        tender.keep_house()
        tender.close()
        _say_done(shop)
        return
    loop = Background(shop)
    ended = threading.Event()
    notice(f"Working on {shop.database.shown}, alone; stop with Ctrl-C")
    loop.start()
    with _on_signal(ended.set):
        while not ended.wait(1.0) and loop.is_alive:
            pass
    loop.stop()


def _work_with_others(shop: Shop, *, once: bool) -> None:
    if not is_available():
        raise ConfigurationError(
            "workers on PostgreSQL need the extra `work`: pip install 'call-notes-auditor[work]', "
            "or pip install '.[work]' in the source folder; then `auditor migrate` once"
        )
    from auditor.jobs.worker import Worker

    worker = Worker(shop, concurrency=shop.settings.work_concurrency)
    with _on_signal(worker.stop):
        if once:
            with _counted(Tender(shop).count_due):
                worker.drain()
            _say_done(shop)
            return
        jobs = count(shop.settings.work_concurrency, "job")
        notice(f"Working on {shop.database.shown}, {jobs} at once; stop with Ctrl-C")
        worker.run()


@contextmanager
def _counted(left: Callable[[], int]) -> Iterator[None]:
    """A bar that moves as what is left grows less, whoever does it."""
    total, ended = left(), threading.Event()
    with progress("Judging", total=total) as tick:
        watcher = threading.Thread(target=_watch, args=(left, total, tick, ended), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join(5.0)


def _watch(left: Callable[[], int], total: int, tick: Tick, ended: threading.Event) -> None:
    done = 0
    while not ended.wait(1.0):
        now = max(done, total - left())
        tick(now - done)
        done = now


def _say_done(shop: Shop) -> None:
    dead = len(list_failures(shop.database, dead_only=True))
    notice("Done" + (f"; {count(dead, 'failure')} for you: auditor failures list" if dead else ""))


@contextmanager
def _on_signal(act: Callable[[], None]) -> Iterator[None]:
    """Calls something on SIGINT and SIGTERM, the first time; a second one ends the process."""

    def handle(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        act()

    before = {s: signal.signal(s, handle) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_failures_list(
    settings: Settings, *, dead_only: bool, kind: str | None, as_json: bool
) -> None:
    """Prints what failed.

    Raises:
        StorageError: the database can't be used.
    """
    with open_database(settings.database_url, create=False) as database:
        database.require_schema()
        found = list_failures(database, kind=kind, dead_only=dead_only)
    if as_json:
        told = [asdict(f) for f in found]
        print_json(told, indent=1)
        return
    if not found:
        notice("Nothing failed")
        return
    for failure in found:
        state = "waits for you" if failure.is_dead else f"tried again {failure.next_at:%d %b %H:%M}"
        what = KINDS.get(failure.kind, failure.kind)
        subject = failure.subject.split(":")[0]
        out.print(
            f"{failure.key:>6}  {what} {subject}, {count(failure.attempts, 'try', 'tries')}, "
            f"{state} (UTC)\n        {failure.error}",
            markup=False,
        )
    notice("\nOnce the cause is mended: auditor failures requeue NUMBER... (or --all)")


def run_requeue(
    settings: Settings, numbers: list[int], *, all_of_them: bool, kind: str | None
) -> None:
    """Has failed work tried again at once.

    Raises:
        ConfigurationError: neither numbers nor ``--all`` are given, or both.
        InputError: there is no failure of a number.
        StorageError: the database can't be used.
    """
    if bool(numbers) == all_of_them:
        raise ConfigurationError("name failures by their numbers, or give --all, one of the two")
    with open_database(settings.database_url, create=False) as database:
        database.require_schema()
        found = requeue(database, numbers or None, at=datetime.now(UTC), actor="cli", kind=kind)
    notice(f"{count(len(found), 'failure is', 'failures are')} tried again at once")
