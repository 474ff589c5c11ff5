"""Counts the past in columns, thousands of opportunities at a time; loads numpy.

The conditions are those that ``spells`` has as SQL, to list the records behind a count.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditor.storage.counting import OPEN, OUTCOME_WORDS, WON
from auditor.storage.past import NEVER, Past
from auditor.storage.spells import LifeCount, SpellCount

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_DAYS = 1 << 24
"""More days than any date is apart from another."""
_KINDS = 1 << 8
"""More than there are outcomes."""


class _Names(dict[Any, int]):
    """Numbers names in the order in which they are first met."""

    def __missing__(self, name: Any) -> int:
        self[name] = number = len(self)
        return number

    def numbered(self, names: Iterable[Any], count: int) -> Numbers:
        return np.fromiter(map(self.__getitem__, names), np.int64, count)


@dataclass(frozen=True)
class _Deals:
    """Opportunities in columns, ordered by key; days are numbers."""

    key: Numbers
    opened: Numbers
    closed: Numbers
    is_open: Flags
    decided: Flags
    lately: Flags
    outcome: Numbers
    ended: Numbers

    @property
    def timed(self) -> Flags:
        """Open, or closed on a known day."""
        flags: Flags = self.is_open | (self.closed != NEVER)
        return flags


@dataclass(frozen=True)
class _Changes:
    """Stage changes in columns, by opportunity and day; ``at`` is the opportunity's position."""

    at: Numbers
    entered: Numbers
    stage: Numbers
    is_told: Flags

    def chosen(self, flags: Flags) -> _Changes:
        return _Changes(self.at[flags], self.entered[flags], self.stage[flags], self.is_told[flags])


class Tally:
    """Adds up page by page."""

    def __init__(self, as_of: int, since: int) -> None:
        """Begins at nothing.

        Args:
            as_of: number of the day of the count.
            since: number of the period's first day.
        """
        self._as_of, self._since = as_of, since
        self._stages, self._statuses, self._currencies = _Names(), _Names(), _Names()
        self._open, self._won = self._statuses[OPEN], self._statuses[WON]
        self._spells: Counter[int] = Counter()
        self._lives: Counter[int] = Counter()
        self._whole: Counter[int] = Counter()
        self._places: Counter[int] = Counter()
        self._entries: Counter[int] = Counter()
        self._sizes: dict[int, list[npt.NDArray[np.float64]]] = {}
        self._past = Past()

    def add(self, deals: Sequence[Any], changes: Sequence[Any]) -> None:
        """Adds a page.

        Args:
            deals: key, status, number of the opening day and of the closing day (``NEVER`` where
                untold), currency, value; ordered by key.
            changes: key of the opportunity, number of the day, own key, stage, whether observed;
                up to the day of the count.
        """
        if not deals:
            return
        page = self._read_deals(deals)
        self._add_whole(page)
        if changes:
            entries = self._read_changes(changes, page)
            self._count_known(entries, page)
            self._add_spells(entries.chosen(page.timed[entries.at]), page)

    def _read_deals(self, rows: Sequence[Any]) -> _Deals:
        n = len(rows)
        keys, statuses, opened_on, closed_on, currencies, values = zip(*rows, strict=True)
        status = self._statuses.numbered(statuses, n)
        closed = np.fromiter(closed_on, np.int64, n)
        is_open = status == self._open
        decided = ~is_open & (closed != NEVER) & (closed <= self._as_of)
        lately = decided & (closed >= self._since)
        self._add_sizes(
            self._currencies.numbered(currencies, n) * 2 + (status == self._won),
            np.array(values, dtype=np.float64),
            lately,
        )
        return _Deals(
            key=np.fromiter(keys, np.int64, n),
            opened=np.fromiter(opened_on, np.int64, n),
            closed=closed,
            is_open=is_open,
            decided=decided,
            lately=lately,
            outcome=np.where(decided, status, self._open),
            ended=np.where(decided, closed, self._as_of),
        )

    def _add_sizes(self, group: Numbers, values: npt.NDArray[np.float64], lately: Flags) -> None:
        known = lately & ~np.isnan(values)
        for each in np.unique(group[known]):
            self._sizes.setdefault(int(each), []).append(values[known & (group == each)])

    def _add_whole(self, page: _Deals) -> None:
        known = page.timed & (page.opened != NEVER) & (page.opened >= self._since)
        known &= page.opened <= page.ended
        days = page.ended[known] - page.opened[known]
        _count(self._whole, np.zeros_like(days), days, page.outcome[known])

    def _read_changes(self, rows: Sequence[Any], page: _Deals) -> _Changes:
        n = len(rows)
        deals, days, keys, stages, observed = zip(*rows, strict=True)
        deal = np.fromiter(deals, np.int64, n)
        day = np.fromiter(days, np.int64, n)
        order = np.lexsort((np.fromiter(keys, np.int64, n), day, deal))
        at = np.minimum(np.searchsorted(page.key, deal), len(page.key) - 1)
        order = order[(page.key[at] == deal)[order]]  # others may be out of the count
        is_told = ~np.fromiter(observed, np.bool_, n)
        stage = self._stages.numbered(stages, n)
        return _Changes(at[order], day[order], stage[order], is_told[order])

    def _count_known(self, entries: _Changes, page: _Deals) -> None:
        n = len(page.key)
        counted = (page.is_open | page.lately) & (np.bincount(entries.at, minlength=n) > 0)
        told = np.bincount(entries.at[entries.is_told], minlength=n) > 0
        self._past.with_stages += int(np.count_nonzero(counted))
        self._past.observed_only += int(np.count_nonzero(counted & ~told))

    def _add_spells(self, told: _Changes, page: _Deals) -> None:
        """A stage told twice in a row is one spell."""
        if not len(told.at):
            return
        is_new = np.ones(len(told.at), np.bool_)
        is_new[1:] = (told.at[1:] != told.at[:-1]) | (told.stage[1:] != told.stage[:-1])
        each = told.chosen(is_new)
        is_first = np.ones(len(each.at), np.bool_)
        is_first[1:] = each.at[1:] != each.at[:-1]
        is_last = np.append(is_first[1:], True)
        self._place(each.stage, is_first)
        left = np.where(is_last, page.ended[each.at], np.append(each.entered[1:], 0))
        days = left - each.entered
        chosen = (each.entered >= self._since) & ~self._is_outcome()[each.stage] & (days >= 0)
        is_over = (~is_last | page.decided[each.at])[chosen]
        _count(self._spells, each.stage[chosen], days[chosen], is_over.astype(np.int64))
        life = page.ended[each.at] - each.entered
        chosen &= life >= 0
        _count(self._lives, each.stage[chosen], life[chosen], page.outcome[each.at][chosen])

    def _place(self, stage: Numbers, is_first: Flags) -> None:
        """Adds the place of each stage on its opportunity's way, from 0."""
        starts = np.flatnonzero(is_first)
        lengths = np.diff(np.append(starts, len(stage)))
        place = np.arange(len(stage)) - np.repeat(starts, lengths)
        for number, entries in enumerate(np.bincount(stage)):
            self._entries[number] += int(entries)
        for number, places in enumerate(np.bincount(stage, weights=place)):
            self._places[number] += int(places)

    def _is_outcome(self) -> Flags:
        named = [any(word in name.lower() for word in OUTCOME_WORDS) for name in self._stages]
        return np.array(named, np.bool_)

    def close(self) -> Past:
        """Gives what was counted."""
        past, stages, statuses = self._past, list(self._stages), list(self._statuses)
        past.spells = [
            SpellCount(stages[stage], days, bool(over), n)
            for stage, days, over, n in _told(self._spells)
        ]
        past.lives = [
            LifeCount(stages[stage], days, statuses[outcome], n)
            for stage, days, outcome, n in _told(self._lives)
        ]
        past.whole = [
            LifeCount("", days, statuses[outcome], n) for _, days, outcome, n in _told(self._whole)
        ]
        past.places = {
            stages[stage]: self._places[stage] / n for stage, n in self._entries.items() if n
        }
        currencies = list(self._currencies)
        for group, parts in self._sizes.items():
            values = np.sort(np.concatenate(parts))
            past.sizes[currencies[group // 2], group % 2 == 1] = array("d", values.tobytes())
        return past


def _count(counter: Counter[int], stage: Numbers, days: Numbers, kind: Numbers) -> None:
    codes, counts = np.unique((stage * _DAYS + days) * _KINDS + kind, return_counts=True)
    for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
        counter[code] += count


def _told(counter: Counter[int]) -> Iterable[tuple[int, int, int, int]]:
    """Stage, days, kind and count of each."""
    for code, count in counter.items():
        stage, days = divmod(code // _KINDS, _DAYS)
        yield stage, days, code % _KINDS, count
