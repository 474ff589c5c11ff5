"""Time in stages: quantiles of the Kaplan-Meier curve, worked out from counts of days.

A million spells are some thousands of counts.  statsmodels would want a number for each spell, and
its frequency weights give wrong standard errors; tests hold these quantiles and intervals to its.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

from auditor.domain.health import Estimate
from auditor.domain.health.estimates import Z95
from auditor.storage.spells import SpellCount

FEWEST = 5
"""Ends under which no quantile is given: the interval would span everything."""
_ROUNDING = 1e-12
"""A share still there within this of the one asked for is equal to it."""


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Median and 90th percentile of the time in a stage, in days."""

    median: Estimate
    """Half have left by then."""
    limit: Estimate
    """Nine in ten have left by then."""


@dataclass(frozen=True, slots=True)
class _Step:
    """The curve from one day with ends on."""

    day: int
    left: float
    """Share that has not left by then."""
    variance: float
    """Greenwood's sum of d / (n (n - d)); the variance of ``left`` is ``left²`` times it."""


def quantiles(spells: Sequence[SpellCount], *, records: str) -> Quantiles:
    """Estimates quantiles of the time to leaving, with those that have not left censored.

    Args:
        spells: counts of spells of one stage.
        records: under what they can be asked for.
    """
    n = sum(s.count for s in spells)
    ended = sum(s.count for s in spells if s.is_over)
    if ended < FEWEST:
        note = f"only {ended} have left it; {FEWEST} are needed" if n else "no one was in it"
        return Quantiles(
            Estimate(None, "days", "cycle", n=n, records=records, note=note),
            Estimate(None, "days", "cycle_limit", n=n, records=records, note=note),
        )
    curve = _curve(spells, n)
    return Quantiles(
        _quantile(curve, 0.5, "cycle", n, records),
        _quantile(curve, 0.9, "cycle_limit", n, records),
    )


def _curve(spells: Sequence[SpellCount], n: int) -> list[_Step]:
    """Kaplan and Meier's estimate: with ``d`` of ``n`` at risk leaving, ``left *= 1 - d / n``."""
    days: dict[int, tuple[int, int]] = {}
    for spell in spells:
        ended, open_ones = days.get(spell.days, (0, 0))
        if spell.is_over:
            ended += spell.count
        else:
            open_ones += spell.count
        days[spell.days] = ended, open_ones
    curve, at_risk, left, variance = [], n, 1.0, 0.0
    for day, (ended, open_ones) in sorted(days.items()):
        if ended:
            left *= 1 - ended / at_risk
            if ended < at_risk:
                variance += ended / (at_risk * (at_risk - ended))
            curve.append(_Step(day, left, variance))
        at_risk -= ended + open_ones
    return curve


def _quantile(curve: Sequence[_Step], share: float, key: str, n: int, records: str) -> Estimate:
    """The first day by which more than a share has left, with its 95 % interval.

    The interval holds the days on which the share can't be told from the one asked for, with the
    complementary log-log transformation (Brookmeyer and Crowley, Biometrics 38 (1982), as SAS's
    LIFETEST and statsmodels have it); it ends on the day with ends after the last of these.
    """
    still = 1 - share
    value = next((s.day for s in curve if s.left < still - _ROUNDING), None)
    alike = [i for i, step in enumerate(curve) if _is_alike(step, still)]
    low = curve[alike[0]].day if alike else None
    high = curve[alike[-1] + 1].day if alike and alike[-1] + 1 < len(curve) else None
    if value is None:
        note = f"over {round(100 * still)} in 100 have never left it so far"
        return Estimate(None, "days", key, _days(low), None, n, records, note)
    return Estimate(float(value), "days", key, _days(low), _days(high), n, records)


def _is_alike(step: _Step, still: float) -> bool:
    if not 0 < step.left < 1:
        return False
    apart = abs(log(-log(step.left)) - log(-log(still)))
    return apart <= Z95 * sqrt(step.variance) / -log(step.left)


def _days(day: int | None) -> float | None:
    return None if day is None else float(day)
