"""Time in stages and probability to close, of what the database has counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from auditor.domain.flow import OpenDeal
from auditor.domain.health import Life, Outcome, StageCycle, StageOdds, stage_odds
from auditor.health.survival import quantiles
from auditor.storage.spells import LifeCount, SpellCount

T = TypeVar("T", SpellCount, LifeCount)


@dataclass(frozen=True)
class Times:
    """How long stages take, and what comes of it."""

    whole_cycle: StageCycle
    """From opening to closing."""
    cycles: tuple[StageCycle, ...]
    """By stage, in the pipeline's order."""
    whole_odds: StageOdds
    """From opening on."""
    odds: tuple[StageOdds, ...]
    """By stage, in the pipeline's order."""

    def limits(self) -> dict[str, float | None]:
        """90th percentile of the days in each stage, by its name in small letters."""
        return {c.stage.casefold(): c.limit.value for c in self.cycles}

    def chance(self) -> Callable[[OpenDeal], float]:
        """Probability of an open opportunity to be won, at its stage and age."""
        by_stage = {o.stage.casefold(): o for o in self.odds}

        def at(deal: OpenDeal) -> float:
            odds = by_stage.get(deal.stage.casefold())
            return (
                self.whole_odds.at(deal.age_days) if odds is None else odds.at(deal.days_in_stage)
            )

        return at


def work_out(
    spells: Sequence[SpellCount],
    lives: Sequence[LifeCount],
    whole: Sequence[LifeCount],
    order: dict[str, float],
) -> Times:
    """Estimates times and odds.

    Args:
        spells: time in stages.
        lives: from entering a stage to the outcome.
        whole: from opening to the outcome.
        order: mean place of each stage.
    """
    by_stage, lived, shown = _by_stage(spells), _by_stage(lives), _shown_names(spells)
    places = {name.casefold(): place for name, place in order.items()}
    stages = sorted(by_stage, key=lambda stage: places.get(stage, len(places)))
    lives_of = {shown[s]: _lives(lived.get(s, ())) for s in stages}
    whole_odds, odds = stage_odds(lives_of, _lives(whole))
    cycles = tuple(_cycle(shown[s], by_stage[s]) for s in stages)
    return Times(_whole_cycle(whole), cycles, whole_odds, odds)


def _by_stage(counts: Iterable[T]) -> dict[str, list[T]]:
    """By stage, in small letters: spellings that differ in case alone are one."""
    found: dict[str, list[T]] = {}
    for each in counts:
        found.setdefault(each.stage.casefold(), []).append(each)
    return found


def _shown_names(counts: Iterable[SpellCount]) -> dict[str, str]:
    """By stage in small letters: its most frequent spelling."""
    spelt: dict[str, dict[str, int]] = {}
    for each in counts:
        own = spelt.setdefault(each.stage.casefold(), {})
        own[each.stage] = own.get(each.stage, 0) + each.count
    return {folded: max(own, key=lambda name: own[name]) for folded, own in spelt.items()}


def _lives(counts: Iterable[LifeCount]) -> list[Life]:
    return [Life(c.days, Outcome(c.outcome), c.count) for c in counts]


def _cycle(stage: str, spells: Sequence[SpellCount]) -> StageCycle:
    found = quantiles(spells, records=f"cycle:{stage or '*'}")
    still = sum(s.count for s in spells if not s.is_over)
    return StageCycle(stage, found.median, found.limit, still)


def _whole_cycle(whole: Sequence[LifeCount]) -> StageCycle:
    spells = [SpellCount("", w.days, w.outcome != Outcome.OPEN, w.count) for w in whole]
    return _cycle("", spells)
