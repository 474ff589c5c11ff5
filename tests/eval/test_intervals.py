"""Bootstrap intervals hold the value, are repeatable, and widen where records hang together."""

from __future__ import annotations

import numpy as np
import pytest

from eval.intervals import (
    Interval,
    index_interval,
    percentile_interval,
    resampled_confusions,
    resampled_sums,
)
from eval.metrics import accuracy
from tests.eval.making import LOSS, VAGUE


def _mean_interval(values: list[float], clusters: list[str]) -> Interval:
    rows = np.column_stack([values, np.ones(len(values))])
    sums = resampled_sums(rows, clusters)
    return percentile_interval(sums[:, 0] / sums[:, 1])


def test_a_constant_has_an_interval_of_no_width() -> None:
    assert _mean_interval([1.0, 1.0, 1.0], ["a", "b", "c"]) == (1.0, 1.0)


def test_equal_seeds_give_equal_draws() -> None:
    rows = np.arange(10.0).reshape(-1, 1)
    names = [str(i) for i in range(10)]
    once, again = (resampled_sums(rows, names, seed=1, resamples=300) for _ in range(2))
    assert (once == again).all()
    assert once.shape == (300, 1)
    assert (resampled_sums(rows, names, seed=2, resamples=300) != once).any()


def test_the_interval_is_that_of_the_binomial() -> None:
    gold = [VAGUE] * 400
    said = [VAGUE] * 300 + [LOSS] * 100
    drawn = resampled_confusions(gold, said, [str(i) for i in range(400)])
    low, high = percentile_interval(accuracy(drawn))
    half = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert low == pytest.approx(0.75 - half, abs=0.008)
    assert high == pytest.approx(0.75 + half, abs=0.008)


def test_records_of_one_family_widen_the_interval() -> None:
    values = [float(i // 4 % 2) for i in range(80)]
    alone = _mean_interval(values, [str(i) for i in range(80)])
    together = _mean_interval(values, [str(i // 4) for i in range(80)])
    assert together.high - together.low > 1.6 * (alone.high - alone.low)


def test_an_undefined_statistic_has_no_interval() -> None:
    assert index_interval(lambda rows: float("nan"), ["a", "b"]) is None
    found = index_interval(lambda rows: float(len(rows)), ["a", "a", "b", "b"], resamples=50)
    assert found == (4.0, 4.0)
