"""Probability to close by stage and age, with the open ones taken into account.

Counting wins among closed opportunities alone is wrong while many are open: what closes fast counts
first.  So winning and losing are competing risks: the Aalen-Johansen estimate of the share won and
lost, from the age on, with open opportunities censored on the day of the count.  Small numbers are
shrunk: each age leans on the age before in its stage, the first age on the whole pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from auditor.domain.health.estimates import Estimate, wilson

AGES = (0, 15, 31, 61, 91, 181)
"""First day in the stage of each age group."""
PRIOR = 10.0
"""Weight of what an estimate leans on, in closed opportunities."""


class Outcome(StrEnum):
    """What became of an opportunity by the day of the count."""

    WON = "won"
    LOST = "lost"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Life:
    """How many opportunities went how long to which outcome."""

    days: int
    """From entering the stage to the outcome, or to the day of the count where open."""
    outcome: Outcome
    """What became of them."""
    count: int
    """How many."""


@dataclass(frozen=True, slots=True)
class AgeOdds:
    """Probability to close for opportunities that have been in a stage so long."""

    from_days: int
    """First day of the age group."""
    chance: Estimate
    """Shrunk probability to be won."""
    raw: float | None
    """Before shrinking; None where nothing closed from that age on."""


@dataclass(frozen=True, slots=True)
class StageOdds:
    """Probability to close of one stage."""

    stage: str
    """Name in the CRM; empty for the whole pipeline from opening on."""
    ages: tuple[AgeOdds, ...]
    """One for each age group of ``AGES``."""

    def at(self, days_in_stage: int | None) -> float:
        """The probability at an age; of the first group where the age is not known."""
        days = days_in_stage or 0
        return next(
            (a.chance.value or 0.0 for a in reversed(self.ages) if days >= a.from_days),
            self.ages[0].chance.value or 0.0,
        )


def chance_from(lives: Sequence[Life], age: int) -> tuple[float | None, int]:
    """Share won of those decided from an age on, with open ones censored.

    With ``n`` at risk, ``w`` won and ``l`` lost on day ``t >= age``, ``S`` the share undecided:
    ``W += S w / n``, ``L += S l / n``, ``S *= 1 - (w + l) / n``; the chance is ``W / (W + L)``.
    Source: O. O. Aalen and S. Johansen, Scandinavian Journal of Statistics 5 (1978).

    Returns:
        The share (None where nothing was decided from that age on), and how many were decided.
    """
    by_day: dict[int, dict[Outcome, int]] = {}
    for life in lives:
        if life.days >= age:
            day = by_day.setdefault(life.days, dict.fromkeys(Outcome, 0))
            day[life.outcome] += life.count
    at_risk = sum(sum(day.values()) for day in by_day.values())
    undecided, won, lost, decided = 1.0, 0.0, 0.0, 0
    for _, day in sorted(by_day.items()):
        wins, losses = day[Outcome.WON], day[Outcome.LOST]
        won += undecided * wins / at_risk
        lost += undecided * losses / at_risk
        undecided *= 1 - (wins + losses) / at_risk
        decided += wins + losses
        at_risk -= wins + losses + day[Outcome.OPEN]
    total = won + lost
    return (won / total if total else None), decided


def stage_odds(
    lives: Mapping[str, Sequence[Life]], whole: Sequence[Life]
) -> tuple[StageOdds, tuple[StageOdds, ...]]:
    """Estimates the odds of the whole pipeline and of each stage.

    Args:
        lives: by stage: from entering it to the outcome.
        whole: from opening to the outcome.

    Returns:
        The whole pipeline's odds, and those of each stage.
    """
    share, decided = chance_from(whole, 0)
    start = 0.5 if share is None else share
    pipeline = _odds("", whole, start, prior=0.0 if decided else PRIOR)
    return pipeline, tuple(_odds(stage, own, start, prior=PRIOR) for stage, own in lives.items())


def _odds(stage: str, lives: Sequence[Life], parent: float, *, prior: float) -> StageOdds:
    ages = []
    for index, age in enumerate(AGES):
        weight = prior if index == 0 else PRIOR
        raw, n = chance_from(lives, age)
        shrunk = parent if raw is None else (n * raw + weight * parent) / (n + weight)
        low, high = wilson(shrunk, n + weight)
        note = "" if raw is not None else "nothing closed from that age on; it leans on the rest"
        chance = Estimate(
            shrunk,
            "share",
            "odds",
            low,
            high,
            n,
            f"odds:{stage or '*'}:{age}",
            note,
        )
        ages.append(AgeOdds(age, chance, raw))
        parent = shrunk
    return StageOdds(stage, tuple(ages))
