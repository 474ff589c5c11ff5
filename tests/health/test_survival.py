"""Quantiles of the time in a stage agree with a curve worked out by hand."""

from __future__ import annotations

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
