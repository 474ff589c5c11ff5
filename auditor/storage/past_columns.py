"""Opportunities and stage changes in columns, taken apart from what the database packed; numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditor.storage.columns import fractions, values, whole_numbers
from auditor.storage.counting import OPEN, OUTCOME_WORDS, WON
from auditor.storage.past import DAYS, FIRST_DAY, NEVER, ChangeColumns, DealColumns

Numbers = npt.NDArray[np.int64]
Amounts = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Texts = list[str | None]


class Names(dict[Any, int]):
    """Numbers names in the order in which they are first met."""

    def __missing__(self, name: Any) -> int:
        """Gives a new name the next number."""
        self[name] = number = len(self)
        return number

    def numbered(self, names: Sequence[Any]) -> Numbers:
        """The numbers of names."""
        return np.fromiter(map(self.__getitem__, names), np.int64, len(names))


class Stages(Names):
    """Numbers of stages, with which of them are outcomes."""

    def __init__(self) -> None:
        """Knows none yet."""
        super().__init__()
        self._outcomes: list[bool] = []

    @property
    def are_outcomes(self) -> Flags:
        """By number: whether the name is an outcome such as ``Closed Won``."""
        for name in list(self)[len(self._outcomes) :]:
            folded = (name or "").lower()
            self._outcomes.append(any(word in folded for word in OUTCOME_WORDS))
        return np.array(self._outcomes, np.bool_)


@dataclass(frozen=True)
class Deals:
    """Opportunities in columns, ordered by key; days are numbers."""

    key: Numbers
    opened: Numbers
    closed: Numbers
    value: Amounts
    """Not a number where untold."""
    currency: Numbers
    status: Numbers
    is_open: Flags
    is_won: Flags
    decided: Flags
    """Closed up to the day of the count."""
    lately: Flags
    """Closed within the period."""
    outcome: Numbers
    """Status on the day of the count."""
    ended: Numbers
    """Day of the outcome, or of the count."""
    stage: Texts
    reason: Texts
    owner: Texts
    lead_source: Texts

    @property
    def timed(self) -> Flags:
        """Open, or closed on a known day."""
        flags: Flags = self.is_open | (self.closed != NEVER)
        return flags


@dataclass(frozen=True)
class Changes:
    """Stage changes in columns, by opportunity and day; ``at`` is the opportunity's position."""

    at: Numbers
    entered: Numbers
    stage: Numbers
    is_told: Flags

    def chosen(self, flags: Flags) -> Changes:
        """Those that are marked."""
        return Changes(self.at[flags], self.entered[flags], self.stage[flags], self.is_told[flags])


class PastReader:
    """Takes pages apart; names keep their numbers from page to page."""

    def __init__(self, as_of: int, since: int) -> None:
        """Begins without names.

        Args:
            as_of: number of the day of the count.
            since: number of the period's first day.
        """
        self.as_of, self.since = as_of, since
        self.stages, self.statuses, self.currencies = Stages(), Names(), Names()
        self._open, self._won = self.statuses[OPEN], self.statuses[WON]

    def deals(self, columns: DealColumns) -> Deals:
        """Opportunities of a page."""
        key = whole_numbers(columns.key)
        order = np.argsort(key)
        places = None if np.array_equal(order, np.arange(len(key))) else order.tolist()

        def named(column: str) -> Texts:
            names = values(column)
            return names if places is None else [names[place] for place in places]

        status = self.statuses.numbered(named(columns.status))
        closed = whole_numbers(columns.closed)[order]
        is_open = status == self._open
        decided = ~is_open & (closed != NEVER) & (closed <= self.as_of)
        return Deals(
            key=key[order],
            opened=whole_numbers(columns.opened)[order],
            closed=closed,
            value=fractions(columns.value)[order],
            currency=self.currencies.numbered(named(columns.currency)),
            status=status,
            is_open=is_open,
            is_won=status == self._won,
            decided=decided,
            lately=decided & (closed >= self.since),
            outcome=np.where(decided, status, self._open),
            ended=np.where(decided, closed, self.as_of),
            stage=named(columns.stage),
            reason=named(columns.reason),
            owner=named(columns.owner),
            lead_source=named(columns.lead_source),
        )

    def changes(self, columns: ChangeColumns, page: Deals) -> Changes:
        """Stage changes of a page's opportunities."""
        entry, key = whole_numbers(columns.entry), whole_numbers(columns.key)
        deal, day = entry // DAYS, entry % DAYS + FIRST_DAY
        order = np.lexsort((key, entry))
        at = np.minimum(np.searchsorted(page.key, deal), len(page.key) - 1)
        if not np.array_equal(page.key[at], deal):
            order = order[(page.key[at] == deal)[order]]  # others may be out of the count
        stage = self.stages.numbered(values(columns.stage))
        return Changes(at[order], day[order], stage[order], (key % 2 == 0)[order])
