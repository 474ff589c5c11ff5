"""Forecast accuracy: what was said so many days ago, against what has happened since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from auditor.domain.health.estimates import Estimate, wilson
from auditor.domain.health.odds import Outcome

HORIZONS = (30, 60, 90)
"""Days back."""


@dataclass(frozen=True, slots=True)
class SaidGroup:
    """Snapshots of one week that said the same, with what became of them."""

    probability: float | None
    """What the CRM gave then, 0 to 1."""
    said_due: bool
    """Whether the rep said then that it would close by the day of the count."""
    outcome: Outcome
    """What it is on the day of the count."""
    currency: str | None
    """Of the value."""
    count: int
    """How many."""
    value: float
    """Sum of their values as told then."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The forecast of one week back, scored."""

    days: int
    """How far back."""
    taken_on: date | None
    """Day of the snapshot; None where there is none that old."""
    brier: Estimate
    """Mean squared error of the probabilities, of those decided since."""
    base_brier: float | None
    """What the plain share of wins would have scored: the forecast is worth its ink under it."""
    kept: Estimate
    """Share won of those said to close by now."""
    slipped: int
    """Said to close by now, and still open."""
    said: tuple[tuple[str | None, float, float], ...]
    """By currency: value said to close by now, and won of it."""


def score_horizon(
    days: int, taken_on: date | None, groups: Sequence[SaidGroup], *, first: date | None
) -> Horizon:
    """Scores the forecast of one week back.

    The Brier score is the mean of ``(p - won)²`` over opportunities decided since (G. W. Brier,
    Monthly Weather Review 78, 1950); those still open are not guessed.

    Args:
        days: how far back.
        taken_on: day of the snapshot.
        groups: what it said; empty where there is none.
        first: day of the first snapshot of all, to say from when on there will be one.
    """
    records = f"forecast:{days}"
    if taken_on is None:
        note = f"no snapshot is {days} days old; {_first(first)}"
        nothing = Estimate(None, "share", "brier", note=note)
        return Horizon(days, None, nothing, None, Estimate(None, "share", "kept", note=note), 0, ())
    told = [g for g in groups if g.probability is not None and g.outcome is not Outcome.OPEN]
    due = [g for g in groups if g.said_due]
    brier, base = _brier(told)
    n = sum(g.count for g in told)
    won = sum(g.count for g in due if g.outcome is Outcome.WON)
    all_due = sum(g.count for g in due)
    share = won / all_due if all_due else None
    low, high = wilson(share, all_due) if share is not None else (None, None)
    note = "" if n else "the CRM gave no probability to those decided since"
    kept_note = "" if all_due else "no closing day up to now was said"
    return Horizon(
        days=days,
        taken_on=taken_on,
        brier=Estimate(brier, "share", "brier", n=n, records=records, note=note),
        base_brier=base,
        kept=Estimate(share, "share", "kept", low, high, all_due, f"{records}:due", kept_note),
        slipped=sum(g.count for g in due if g.outcome is Outcome.OPEN),
        said=tuple(
            (
                currency,
                sum(g.value for g in due if g.currency == currency),
                sum(g.value for g in due if g.currency == currency and g.outcome is Outcome.WON),
            )
            for currency in sorted({g.currency for g in due}, key=lambda c: c or "")
        ),
    )


def _first(first: date | None) -> str:
    if first is None:
        return "none was taken yet: each import and digest takes one a week"
    return f"the first was taken on {first.isoformat()}"


def _brier(told: Sequence[SaidGroup]) -> tuple[float | None, float | None]:
    n = sum(g.count for g in told)
    if not n:
        return None, None
    won = sum(g.count for g in told if g.outcome is Outcome.WON) / n
    score = sum(g.count * ((g.probability or 0.0) - (g.outcome is Outcome.WON)) ** 2 for g in told)
    return score / n, won * (1 - won)
