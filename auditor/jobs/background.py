"""The work of the service in its own process: a thread that handles, judges and sends.

It is woken when something comes in, and looks by itself now and then: what failed may be tried
again, a digest may be due, another process may have imported.  A step that fails does not keep the
others from going on; while the database is away it waits, longer each time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from auditor.errors import AuditorError
from auditor.jobs.failures import describe_error
from auditor.jobs.sending import send_due
from auditor.jobs.shop import JudgingShop
from auditor.jobs.tending import EMBEDDED, Tender
from auditor.jobs.writing_back import write_back

if TYPE_CHECKING:
    from auditor.jobs.searching import Searcher

log = logging.getLogger("auditor.jobs")
LOOKS_EVERY = 30.0
"""Seconds after which it looks for work that nobody told it of."""
GATHERS = 0.05
"""Seconds from being woken to work, so that a burst of events makes one batch."""
EVENTS_FOR = 10.0
"""Seconds of handling events before other work has its turn."""
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0


@dataclass(frozen=True)
class Step:
    """One kind of work."""

    name: str
    """For the log."""
    run: Callable[[], object]
    """Does what there is to do, and returns."""


class Background:
    """A thread that works until it is stopped."""

    def __init__(
        self,
        shop: JudgingShop,
        *,
        looks_every: float = LOOKS_EVERY,
        steps: Sequence[Step] | None = None,
        searcher: Searcher | None = None,
    ) -> None:
        """Makes it; nothing runs before ``start``.

        Args:
            shop: settings, database, classifier and policy.
            looks_every: seconds between looks without being woken.
            steps: the work, in order; all of the service's where None.
            searcher: makes the notes' vectors; of the shipped encoder where None.
        """
        self._tender = Tender(shop, searcher=searcher)
        self._looks_every = looks_every
        self._woken, self._stopping = threading.Event(), threading.Event()
        self._steps = steps if steps is not None else self._all_steps(shop)
        self._thread = threading.Thread(target=self._work, name="background", daemon=True)
        self._told: dict[str, str] = {}
        self.worked_at: datetime | None = None
        """When it last went through all steps without a failure, in UTC."""

    @property
    def is_alive(self) -> bool:
        """Whether it works or waits for work."""
        return self._thread.is_alive()

    @property
    def problems(self) -> dict[str, str]:
        """What keeps steps from working just now, by step; empty where all is well."""
        return dict(self._told)

    def start(self) -> None:
        """Begins to work."""
        self._thread.start()

    def wake(self) -> None:
        """Tells it that there is work; returns at once."""
        self._woken.set()

    def stop(self, seconds: float = 30.0) -> None:
        """Ends after the batch under way; one that takes longer is left, and done again later."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(seconds)
        if self._thread.is_alive():
            log.warning("background: work under way after %.0f s is done again later", seconds)
        else:
            self._tender.close()

    def _all_steps(self, shop: JudgingShop) -> list[Step]:
        stop = self._stopping.is_set
        tender = self._tender
        return [
            Step("events", lambda: self._handle_events(tender, stop)),
            Step("judging", lambda: tender.judge(lambda: stop() or self._woken.is_set())),
            Step("search", lambda: self._embed(tender)),
            Step("housekeeping", tender.keep_house),
            Step("digests", lambda: send_due(shop, should_stop=stop)),
            Step("write-back", lambda: self._write_back(shop, stop)),
        ]

    def _embed(self, tender: Tender) -> None:
        """Takes new notes into the search; what is woken for goes first, and the rest after it."""
        stop, woken = self._stopping.is_set, self._woken.is_set
        made = tender.embed(lambda: stop() or woken(), most=EMBEDDED)
        if made >= EMBEDDED:
            self._woken.set()  # there may be more

    @staticmethod
    def _write_back(shop: JudgingShop, stop: Callable[[], bool]) -> None:
        write_back(shop.database, shop.settings.write_back, should_stop=stop)

    def _handle_events(self, tender: Tender, stop: Callable[[], bool]) -> None:
        """Handles events for a while: under a steady stream the other steps get their turn."""
        until = time.monotonic() + EVENTS_FOR

        def enough() -> bool:
            if time.monotonic() < until:
                return stop()
            self._woken.set()  # there may be more
            return True

        tender.handle_events(enough)

    def _work(self) -> None:
        wait = _FIRST_WAIT
        while not self._stopping.is_set():
            self._woken.clear()
            if self._did_all():
                self.worked_at, wait = datetime.now(UTC), _FIRST_WAIT
                self._woken.wait(self._looks_every)
                self._stopping.wait(GATHERS)
            else:
                # Being woken does not mend what is broken: events must not make it spin.
                self._stopping.wait(wait)
                wait = min(wait * 2, _LONGEST_WAIT)

    def _did_all(self) -> bool:
        """Runs every step, whatever becomes of the others; false where one failed."""
        went_well = True
        for step in self._steps:
            if not self._stopping.is_set():
                went_well = self._did(step) and went_well
        return went_well

    def _did(self, step: Step) -> bool:
        """Runs a step; false where it failed.  A failure is logged when it begins and ends."""
        try:
            step.run()
        except AuditorError as exc:
            self._fails(step, str(exc))
            return False
        except Exception as exc:  # a bug in one step must not end the others
            if step.name not in self._told:
                log.exception("background: %s failed", step.name)
            self._fails(step, describe_error(exc))
            return False
        if self._told.pop(step.name, None) is not None:
            log.info("background: %s goes on", step.name)
        return True

    def _fails(self, step: Step, told: str) -> None:
        if self._told.get(step.name) != told:
            log.error("background: %s waits: %s", step.name, told)
        self._told[step.name] = told
