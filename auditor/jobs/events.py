"""Makes something of the events that CRMs sent: reads them, and takes what they tell in.

Events are done in order of arrival, some at a time, each batch in one transaction with what was
made of it; so one that is interrupted is simply done again.  An event that can't be read, or makes
the taking in fail, is found out alone: it is tried again, later each time, and in the end it is
dead, with an error that a person can see, and may be requeued.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from auditor.intake.crm.changes import Change
from auditor.jobs.crm_changes import take_changes
from auditor.jobs.erased_events import WithoutErased, records_of, without_erased
from auditor.jobs.event_reading import SENDERS, Work, problem_of, read_event
from auditor.jobs.hubspot_reading import SENDER as HUBSPOT
from auditor.jobs.hubspot_reading import HubSpotReader
from auditor.settings import Settings
from auditor.storage import Database, UnitOfWork
from auditor.storage.events import EventState
from auditor.storage.outages import is_outage

BATCH = 50
"""Events in one transaction."""
SMALL_BATCH = 10
"""The same while deliveries come in, which wait for SQLite's one writer (10 take about 20 ms)."""
BUSY_FOR = 0.25
"""Seconds after a delivery in which others are thought to follow."""
WAITS = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
"""Before the second try, the third, and so on; after the last one an event is dead."""
HELD = timedelta(minutes=2)
"""How long other workers leave events alone whose records are being read from HubSpot."""
log = logging.getLogger("auditor.events")


@dataclass
class Handled:
    """What became of events."""

    done: int = 0
    """Taken in."""
    ignored: int = 0
    """Of sorts that nothing is made of."""
    failed: int = 0
    """To be tried again."""
    dead: int = 0
    """Given up; they wait for a person."""

    @property
    def all(self) -> int:
        """How many were looked at."""
        return self.done + self.ignored + self.failed + self.dead

    def add(self, other: Handled) -> None:
        """Adds another's counts."""
        for name, count in vars(other).items():
            setattr(self, name, getattr(self, name) + count)


class EventHandler:
    """Handles pending events; one for a process, so that HubSpot's names are kept."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Makes a handler.

        Args:
            database: where the events are.
            settings: whose ids stand for which names, and how HubSpot is read.
            now: the clock, with a zone.
            sleep: waits, between batches while deliveries come in.
        """
        self._database = database
        self._settings = settings
        self._now, self._sleep = now, sleep
        self._hubspot = HubSpotReader(settings.webhooks.hubspot)

    def run(
        self,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        on_handled: Callable[[int], None] = lambda _: None,
    ) -> Handled:
        """Handles what is pending and may be tried now, until none is left.

        Args:
            should_stop: asked between batches.
            on_handled: called with the number of events looked at since the last call.

        Raises:
            StorageError: the database failed; the batches before are kept.
        """
        total = Handled()
        while not should_stop():
            began = time.monotonic()
            handled = self._handle_here()
            handled.add(self._handle_hubspot())
            if not handled.all:
                break
            total.add(handled)
            on_handled(handled.all)
            if self._database.was_urgent(BUSY_FOR):
                self._sleep(time.monotonic() - began)  # half of the time is the deliveries'
        if total.done:
            with self._database.begin() as unit:
                unit.snapshots.take(self._today())
        return total

    def close(self) -> None:
        """Closes what was opened to read records."""
        self._hubspot.close()

    def _handle_here(self) -> Handled:
        """Handles a batch of events that carry what they tell of."""
        if not self._has_pending(SENDERS):
            return Handled()
        with self._database.begin() as unit:
            limit = SMALL_BATCH if self._database.was_urgent(BUSY_FOR) else BATCH
            events = unit.events.pending(now=self._now(), limit=limit, origins=SENDERS)
            webhooks = self._settings.webhooks
            work = [read_event(e, webhooks.of(e.origin or "")) for e in events]
            return self._take_others(unit, without_erased(unit, work))

    def _handle_hubspot(self) -> Handled:
        """Handles a batch of events whose records must be read; no transaction waits for that."""
        if not self._has_pending((HUBSPOT,)):
            return Handled()
        now = self._now()
        with self._database.begin() as unit:
            events = unit.events.pending(now=now, limit=BATCH, origins=(HUBSPOT,))
            unit.events.hold([event.key for event in events], until=now + HELD)
        work = self._hubspot.read(events, now=self._now())
        with self._database.begin() as unit:
            others = without_erased(unit, work)
            unit.events.receive(records_of(others.work), received_at=self._now())
            return self._take_others(unit, others)

    def _has_pending(self, origins: Sequence[str]) -> bool:
        """Asks first, since SQLite lets nobody else write while a batch is fetched."""
        with self._database.read() as unit:
            return unit.events.has_pending(now=self._now(), origins=origins)

    def _take_others(self, unit: UnitOfWork, others: WithoutErased) -> Handled:
        """Takes in a batch, then empties the bodies that name somebody who was erased."""
        handled = self._take(unit, others.work)
        unit.events.empty(others.named)
        return handled

    def _take(self, unit: UnitOfWork, work: Sequence[Work]) -> Handled:
        """Takes in a batch; where that fails, one by one, so that only those stay that fail."""
        handled = Handled()
        if not work:
            return handled
        try:
            with unit.attempt():
                return self._take_all(unit, work)
        except Exception as exc:
            if is_outage(exc):
                raise  # no event is to blame: all are done again when the database is back
            log.warning("taking in %d events failed with %s", len(work), type(exc).__name__)
        for each in work:
            try:
                with unit.attempt():
                    handled.add(self._take_all(unit, [each]))
            except Exception as exc:
                if is_outage(exc):
                    raise
                handled.add(self._fail(unit, each, problem_of(exc)))
        return handled

    def _take_all(self, unit: UnitOfWork, work: Sequence[Work]) -> Handled:
        changes: dict[str, list[Change]] = {}
        today, zone = self._today(), self._settings.zone()
        for each in work:
            changes.setdefault(each.event.source, []).extend(each.reading.changes)
        for source, told in sorted(changes.items()):
            if told:
                take_changes(unit, told, source=source, today=today, zone=zone)
        return self._mark(unit, work)

    def _mark(self, unit: UnitOfWork, work: Sequence[Work]) -> Handled:
        handled = Handled()
        done: list[int] = []
        ignored: dict[str, list[int]] = {}
        for each in work:
            event = each.event
            if each.unreadable is not None:
                # It says the same each time: no further try would do better.
                attempts = event.attempts + 1
                unit.events.bury(
                    event.key, attempts=attempts, at=self._now(), error=each.unreadable
                )
                handled.dead += 1
            elif each.postponed is not None:
                handled.add(self._fail(unit, each, each.postponed))
            elif each.reading.ignored is not None:
                ignored.setdefault(each.reading.ignored, []).append(event.key)
            else:
                done.append(event.key)
        for reason, keys in ignored.items():
            unit.events.finish(keys, at=self._now(), state=EventState.IGNORED, error=reason)
            handled.ignored += len(keys)
        unit.events.finish(done, at=self._now())
        handled.done += len(done)
        return handled

    def _fail(self, unit: UnitOfWork, work: Work, error: str) -> Handled:
        attempts = work.event.attempts + 1
        if attempts > len(WAITS):
            unit.events.bury(work.event.key, attempts=attempts, at=self._now(), error=error)
            return Handled(dead=1)
        pause = max(WAITS[attempts - 1], work.wait or timedelta())
        unit.events.postpone(
            work.event.key, attempts=attempts, next_at=self._now() + pause, error=error
        )
        return Handled(failed=1)

    def _today(self) -> date:
        return self._now().astimezone(self._settings.zone()).date()
