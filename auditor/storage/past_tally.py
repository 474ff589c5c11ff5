"""Counts the past in columns, thousands of opportunities at a time; loads numpy.

The conditions are those that ``spells`` and ``flaws`` have as SQL, to list the records behind a
count.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable

import numpy as np

from auditor.storage.fallout_tally import FalloutTally
from auditor.storage.flaws import STAGE_AFTER_CLOSING, STAGE_BEFORE_OPENING, STAGE_LATER
from auditor.storage.past import NEVER, ChangeColumns, DealColumns, Past
from auditor.storage.past_columns import Amounts, Changes, Deals, Flags, Numbers, PastReader, Texts
from auditor.storage.spells import LifeCount, SpellCount

_DAYS = 1 << 24
"""More days than any date is apart from another."""
_KINDS = 1 << 8
"""More than there are outcomes."""


class Tally:
    """Adds up page by page."""

    def __init__(self, as_of: int, since: int) -> None:
        """Begins at nothing.

        Args:
            as_of: number of the day of the count.
            since: number of the period's first day.
        """
        self._as_of, self._since = as_of, since
        self._reader = PastReader(as_of, since)
        self._spells: Counter[int] = Counter()
        self._lives: Counter[int] = Counter()
        self._whole: Counter[int] = Counter()
        self._places: Counter[int] = Counter()
        self._entries: Counter[int] = Counter()
        self._sizes: dict[int, list[Amounts]] = {}
        self._fallout = FalloutTally()
        self._past = Past()

    def add(self, deals: DealColumns, changes: ChangeColumns) -> None:
        """Adds a page.

        Args:
            deals: opportunities.
            changes: all of their stage changes.
        """
        page = self._reader.deals(deals)
        self._count_deals(page)
        self._add_sizes(page)
        self._add_whole(page)
        every = self._reader.changes(changes, page)
        self._fallout.add(page, self._stages_left(every, page))
        self._count_flaws(every, page)
        entries = every.chosen(every.entered <= self._as_of)
        self._count_known(entries, page)
        self._add_spells(entries.chosen(page.timed[entries.at]), page)

    def _count_deals(self, page: Deals) -> None:
        past, counted = self._past, page.is_open | page.lately
        past.open_count += int(np.count_nonzero(page.is_open))
        past.closed_count += int(np.count_nonzero(page.lately))
        past.with_opening += int(np.count_nonzero(counted & (page.opened != NEVER)))

    def _add_sizes(self, page: Deals) -> None:
        known = page.lately & ~np.isnan(page.value)
        group = page.currency * 2 + page.is_won
        for each in np.unique(group[known]):
            self._sizes.setdefault(int(each), []).append(page.value[known & (group == each)])

    def _add_whole(self, page: Deals) -> None:
        known = page.timed & (page.opened != NEVER) & (page.opened >= self._since)
        known &= page.opened <= page.ended
        days = page.ended[known] - page.opened[known]
        _count(self._whole, np.zeros_like(days), days, page.outcome[known])

    def _stages_left(self, every: Changes, page: Deals) -> Texts:
        """The stage of each opportunity; of one in an outcome the last one before it."""
        stages = self._reader.stages
        own = stages.numbered(page.stage)
        outcomes = stages.are_outcomes
        last = np.full(len(own), stages[None], np.int64)
        kept = every.chosen(~outcomes[every.stage])
        last[kept.at] = kept.stage  # of several changes of an opportunity the last one stays
        names = list(stages)
        return [names[number] for number in np.where(outcomes[own], last, own).tolist()]

    def _count_flaws(self, every: Changes, page: Deals) -> None:
        opened, closed = page.opened[every.at], page.closed[every.at]
        is_closed = ~page.is_open[every.at] & (closed != NEVER)
        wrong = {
            STAGE_AFTER_CLOSING: is_closed & (every.entered > closed),
            STAGE_BEFORE_OPENING: (opened != NEVER) & (every.entered < opened),
            STAGE_LATER: every.entered > self._as_of,
        }
        for key, flags in wrong.items():
            known = self._past.stage_flaws.get(key, 0)
            self._past.stage_flaws[key] = known + len(np.unique(every.at[flags]))

    def _count_known(self, entries: Changes, page: Deals) -> None:
        n = len(page.key)
        counted = (page.is_open | page.lately) & (np.bincount(entries.at, minlength=n) > 0)
        told = np.bincount(entries.at[entries.is_told], minlength=n) > 0
        self._past.with_stages += int(np.count_nonzero(counted))
        self._past.observed_only += int(np.count_nonzero(counted & ~told))

    def _add_spells(self, told: Changes, page: Deals) -> None:
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
        is_stage = ~self._reader.stages.are_outcomes[each.stage]
        chosen = (each.entered >= self._since) & is_stage & (days >= 0)
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

    def close(self) -> Past:
        """Gives what was counted."""
        reader, past = self._reader, self._past
        stages, statuses = list(reader.stages), list(reader.statuses)
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
        currencies = list(reader.currencies)
        past.fallout = self._fallout.close(currencies)
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
