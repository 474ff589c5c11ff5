"""The standing work of the service, step by step; who does it when is up to others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from auditor.jobs.due import count_due, judge_due
from auditor.jobs.events import EventHandler
from auditor.jobs.shop import JudgingShop

if TYPE_CHECKING:
    from auditor.jobs.searching import Searcher

log = logging.getLogger("auditor.jobs")
Stop = Callable[[], bool]
"""Asked between pieces of work; true ends the step."""
EMBEDDED = 512
"""Notes taken into the search in one turn: seconds of work, so that other steps come to theirs."""
_EMBEDDED_AT_ONCE = 128


class Tender:
    """Does the steps; one for a process."""

    def __init__(self, shop: JudgingShop, *, searcher: Searcher | None = None) -> None:
        """Keeps what the steps need; nothing is loaded yet.

        Args:
            shop: settings, database, classifier and policy.
            searcher: makes the notes' vectors; of the shipped encoder where None.
        """
        self._shop = shop
        self._searcher = searcher
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

    def embed(
        self,
        should_stop: Stop = lambda: False,
        *,
        most: int = EMBEDDED,
        on_done: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Takes new notes into the search, so that no reader waits for it; returns how many.

        Args:
            should_stop: asked between batches.
            most: notes of one turn; where as many were taken in, there may be more.
            on_done: called with the number of notes done since the last call.

        Raises:
            StorageError: the database failed; the batches before are kept.
            ModelError: the encoder can't be used.
        """
        made = 0
        while made < most and not should_stop():
            size = min(_EMBEDDED_AT_ONCE, most - made)
            done = self._notes.embed_missing(most=size, on_done=on_done)
            made += done
            if done < size:
                break
        if made:
            log.info("search: %d notes taken in", made)
        return made

    def count_unembedded(self) -> int:
        """How many notes the search does not know yet."""
        with self._shop.database.read() as unit:
            return unit.note_vectors.count_missing(self._notes.model)

    @property
    def _notes(self) -> Searcher:
        if self._searcher is None:
            from auditor.classify.encoder import shipped_encoder
            from auditor.jobs.searching import Searcher

            encoder = shipped_encoder(self._shop.settings.threads or None)
            self._searcher = Searcher(self._shop.database, encoder)
        return self._searcher

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
