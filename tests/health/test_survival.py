"""Quantiles of the time in a stage agree with a curve worked out by hand, and with statsmodels."""

from __future__ import annotations

import math
import random

import pytest

from auditor.health.survival import quantiles
from auditor.storage.spells import SpellCount


def _spells(*told: tuple[int, bool, int]) -> list[SpellCount]:
    return [SpellCount("Proposal", days, over, count) for days, over, count in told]


def test_open_ones_push_the_median_out() -> None:
    ended = [(10, True, 5), (20, True, 5)]
    closed_alone = quantiles(_spells(*ended), records="")
    with_open = quantiles(_spells(*ended, (30, False, 10)), records="")
    assert closed_alone.median.value == 20.0
    assert with_open.median.value is None
    assert "never left it" in with_open.median.note


def test_the_curve_is_that_of_kaplan_and_meier() -> None:
    # At risk 14, 11, 8, 3; survival 12/14, x 8/11, x 7/8, x 1/3.
    told = [(5, True, 2), (5, False, 1), (7, True, 3), (9, True, 1), (9, False, 4)]
    told += [(12, True, 2), (20, False, 1)]
    found = quantiles(_spells(*told), records="")
    assert (found.median.value, found.median.low, found.median.high) == (12.0, 7.0, None)


def test_few_ends_give_no_quantile() -> None:
    found = quantiles(_spells((5, True, 4), (9, False, 90)), records="")
    assert found.median.value is None
    assert "only 4 have left it" in found.median.note


@pytest.mark.parametrize("seed", range(40))
def test_quantiles_and_intervals_are_those_of_statsmodels(seed: int) -> None:
    import numpy as np
    from statsmodels.duration.survfunc import SurvfuncRight

    chance = random.Random(seed)  # noqa: S311 - made-up data
    longest, ended = chance.choice((10, 40, 200)), chance.choice((0.4, 0.7, 1.0))
    # Of 41 no curve meets 0.5 exactly, where statsmodels' rounding decides.
    told = [(chance.randint(0, longest), chance.random() < ended) for _ in range(41)]
    found = quantiles(_spells(*((days, over, 1) for days, over in told)), records="")
    curve = SurvfuncRight([float(d) for d, _ in told], [int(over) for _, over in told])
    for share, ours in ((0.5, found.median), (0.9, found.limit)):
        with np.errstate(all="ignore"):
            low, high = curve.quantile_ci(share)
        value = _finite(curve.quantile(share))
        assert (ours.value, ours.low) == (value, _finite(low))
        assert ours.high == (None if value is None else _finite(high))


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
