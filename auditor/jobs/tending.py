"""The standing work of the service, step by step; who does it when is up to others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from auditor.classify.protocol import Classifier
from auditor.domain.policy import Policy
from auditor.jobs.due import count_due, judge_due
from auditor.jobs.events import EventHandler
from auditor.settings import Settings
from auditor.storage import Database

log = logging.getLogger("auditor.jobs")
Stop = Callable[[], bool]
"""Asked between pieces of work; true ends the step."""


class Shop(Protocol):
    """What the work needs."""

    @property
    def settings(self) -> Settings:
        """Of the service."""

    @property
    def database(self) -> Database:
        """Open, with this version's schema."""

    @property
    def classifier(self) -> Classifier:
        """Made when first asked for."""

    @property
    def policy(self) -> Policy:
        """What verdicts are decided by."""


class Tender:
    """Does the steps; one for a process."""

    def __init__(self, shop: Shop) -> None:
        """Keeps what the steps need; nothing is loaded yet."""
        self._shop = shop
        self._events = EventHandler(shop.database, shop.settings)
        self._kept_house_on: date | None = None

    def close(self) -> None:
        """Closes what was opened on the way."""
        self._events.close()

    def handle_events(self, should_stop: Stop = lambda: False) -> None:
        """Takes in what CRMs sent.

        Raises:
            StorageError: the database failed.
        """
        handled = self._events.run(should_stop=should_stop)
        if handled.all:
            log.info(
                "events: %d taken in, %d ignored, %d to be tried again, %d dead",
                handled.done,
                handled.ignored,
                handled.failed,
                handled.dead,
            )

    def judge(
        self,
        should_stop: Stop = lambda: False,
        *,
        block: int | None = None,
        on_judged: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Judges what is due; returns how many findings were added.

        Raises:
            StorageError: the database failed.
            ConfigurationError, ModelError: the classifier can't be used.
        """
        shop = self._shop
        with shop.database.read() as unit:
            if unit.activities.is_empty():
                return 0  # nothing to load a model for
        added = judge_due(
            shop.database,
            shop.classifier,
            shop.policy,
            block=block,
            should_stop=should_stop,
            on_judged=on_judged,
            caller="the service",
        )
        if added:
            log.info("judged %d activities", added)
        return added

    def keep_house(self, now: datetime | None = None) -> None:
        """Takes the week's snapshot and forgets failures of what is known otherwise, once a day.

        Raises:
            StorageError: the database failed.
        """
        today = self._shop.settings.today()
        if self._kept_house_on == today:
            return
        with self._shop.database.begin() as unit:
            unit.snapshots.take(today)
            unit.failures.drop_overtaken()
            unit.idempotency.purge((now or datetime.now(UTC)) - _REMEMBERED)
        self._kept_house_on = today

    def count_due(self) -> int:
        """How many activities may be judged now."""
        return count_due(self._shop.database, self._shop.policy)


_REMEMBERED = timedelta(days=2)
