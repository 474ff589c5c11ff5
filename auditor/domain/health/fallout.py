"""Where opportunities fall out: by stage, reason, rep and lead source, fit to feed back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from auditor.domain.health.estimates import Estimate, wilson
from auditor.domain.health.odds import PRIOR

DIMENSIONS = ("stage", "reason", "rep", "lead_source")
"""By what fallout is counted."""
LOSSES_ONLY = ("stage", "reason")
"""Where a rate of wins would say nothing: wins have no reason, and close in the last stages."""


@dataclass(frozen=True, slots=True)
class GroupCount:
    """Closed opportunities of one group and currency."""

    group: str
    """Name of the group, as the CRM has it; empty where it told none."""
    currency: str | None
    """Of the values."""
    won: int
    """How many were won."""
    lost: int
    """How many were lost."""
    won_value: float
    """Sum of the won ones' values."""
    lost_value: float
    """Sum of the lost ones' values."""


@dataclass(frozen=True, slots=True)
class FalloutRow:
    """One group's closings in the period."""

    dimension: str
    """By what it is grouped."""
    group: str
    """Its name; empty where the CRM told none."""
    won: int
    """Won; 0 where the group is a reason for losing."""
    lost: int
    """Lost."""
    rate: Estimate
    """Win rate, shrunk towards that of all; of a stage or reason: its share of all losses."""
    won_value: tuple[tuple[str | None, float], ...]
    """By currency."""
    lost_value: tuple[tuple[str | None, float], ...]
    """By currency."""
    open_now: int = 0
    """Open ones of the group."""
    in_effect_lost: int = 0
    """Of these, those that the docket would close."""


def fallout_rows(
    dimension: str,
    counts: Sequence[GroupCount],
    *,
    open_now: Mapping[str, int] | None = None,
    in_effect_lost: Mapping[str, int] | None = None,
) -> tuple[FalloutRow, ...]:
    """Makes the rows of one dimension, the most lost first.

    Args:
        dimension: one of ``DIMENSIONS``.
        counts: closed ones, by group and currency.
        open_now: open ones, by group.
        in_effect_lost: open ones that the docket would close, by group.
    """
    groups: dict[str, list[GroupCount]] = {}
    for count in counts:
        groups.setdefault(count.group, []).append(count)
    opens = open_now or {}
    for name in opens:
        groups.setdefault(name, [])
    won = sum(c.won for c in counts)
    lost = sum(c.lost for c in counts)
    base = won / (won + lost) if won + lost else 0.0
    rows = [
        _row(dimension, name, own, base, lost, opens.get(name, 0), (in_effect_lost or {}).get(name))
        for name, own in groups.items()
    ]
    return tuple(sorted(rows, key=lambda r: (-r.lost, -r.won, r.group)))


def _row(
    dimension: str,
    name: str,
    own: Sequence[GroupCount],
    base: float,
    all_lost: int,
    open_now: int,
    in_effect_lost: int | None,
) -> FalloutRow:
    won, lost = sum(c.won for c in own), sum(c.lost for c in own)
    records = f"fallout:{dimension}={name}"
    n = won + lost
    if dimension in LOSSES_ONLY:
        share = lost / all_lost if all_lost else 0.0
        low, high = wilson(share, all_lost)
        rate = Estimate(share, "share", "share_of_losses", low, high, lost, records)
    else:
        share = (won + PRIOR * base) / (n + PRIOR)
        low, high = wilson(share, n + PRIOR)
        note = "" if n else "none closed yet: this is the rate of all"
        rate = Estimate(share, "share", "win_rate", low, high, n, records, note)
    return FalloutRow(
        dimension,
        name,
        won,
        lost,
        rate,
        _values((c.currency, c.won_value) for c in own),
        _values((c.currency, c.lost_value) for c in own),
        open_now,
        in_effect_lost or 0,
    )


def _values(pairs: Iterable[tuple[str | None, float]]) -> tuple[tuple[str | None, float], ...]:
    sums: dict[str | None, float] = {}
    for currency, value in pairs:
        sums[currency] = sums.get(currency, 0.0) + value
    return tuple((c, v) for c, v in sorted(sums.items(), key=lambda p: p[0] or "") if v)
