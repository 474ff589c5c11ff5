"""Time in stages: Kaplan-Meier quantiles by statsmodels, which is loaded when first used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auditor.domain.health import Estimate
from auditor.storage.spells import SpellCount

FEWEST = 5
"""Ends under which no quantile is given: the interval would span everything."""


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Median and 90th percentile of the time in a stage, in days."""

    median: Estimate
    """Half have left by then."""
    limit: Estimate
    """Nine in ten have left by then."""


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
    fitted = _fit(spells)
    return Quantiles(
        _quantile(fitted, 0.5, "cycle", n, records),
        _quantile(fitted, 0.9, "cycle_limit", n, records),
    )


@dataclass(frozen=True, slots=True)
class _Fitted:
    curve: object
    """statsmodels' ``SurvfuncRight``."""

    def quantile(self, share: float) -> tuple[float, float, float]:
        """Quantile with the ends of its interval; nan or inf where not reached."""
        import numpy as np

        curve: Any = self.curve
        with np.errstate(all="ignore"):  # the transformation of 0 and 1 is infinite, and meant so
            low, high = curve.quantile_ci(share)
        return float(curve.quantile(share)), float(low), float(high)


def _fit(spells: Sequence[SpellCount]) -> _Fitted:
    import numpy as np
    from statsmodels.duration.survfunc import SurvfuncRight

    counts = [s.count for s in spells]
    # Repeated, since statsmodels' frequency weights give wrong standard errors.
    days = np.repeat([float(s.days) for s in spells], counts)
    ended = np.repeat([int(s.is_over) for s in spells], counts)
    with np.errstate(all="ignore"):  # the curve's last step may reach zero
        return _Fitted(SurvfuncRight(days, ended))


def _quantile(fitted: _Fitted, share: float, key: str, n: int, records: str) -> Estimate:
    value, low, high = fitted.quantile(share)
    if math.isnan(value):
        still = round(100 * (1 - share))
        note = f"over {still} in 100 have never left it so far"
        return Estimate(None, "days", key, _finite(low), None, n, records, note)
    return Estimate(value, "days", key, _finite(low), _finite(high), n, records)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
