"""Calibration and selective prediction agree with scikit-learn and with hand-worked cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.labels import Label
from eval.calibration import (
    area_under_risk_coverage,
    brier_score,
    coverage_at_accuracy,
    expected_calibration_error,
    probability_matrix,
    reliability_curve,
    risk_coverage_curve,
)
from tests.eval.making import LOSS, MEANINGFUL, VAGUE

_JUDGED = st.lists(
    st.tuples(st.sampled_from([0.2, 0.4, 0.5, 0.61, 0.8, 1.0]), st.booleans()), min_size=1
)


def test_brier_of_certain_right_and_wrong() -> None:
    sure = probability_matrix([{VAGUE: 1.0}, {VAGUE: 1.0}])
    assert brier_score([VAGUE, VAGUE], sure) == 0.0
    assert brier_score([LOSS, LOSS], sure) == 2.0


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_brier_is_that_of_scikit_learn(n: int, seed: int) -> None:
    sk = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([1, 1, 1], size=n)
    codes = rng.integers(0, 3, size=n)
    gold = [tuple(Label)[c] for c in codes]
    want = sk.brier_score_loss(codes, p, labels=[0, 1, 2], scale_by_half=False)
    assert brier_score(gold, p) == pytest.approx(want)


def test_reliability_bins_take_their_upper_end() -> None:
    confidence = np.array([0.2, 0.2000001, 1.0, 0.0])
    curve = reliability_curve(confidence, np.array([True, False, True, False]), bins=5)
    assert [(b.low, b.n) for b in curve] == [
        (pytest.approx(0.0), 2),
        (pytest.approx(0.2), 1),
        (pytest.approx(0.8), 1),
    ]


@given(st.integers(2, 60), st.integers(0, 2**32 - 1))
def test_reliability_curve_is_that_of_scikit_learn(n: int, seed: int) -> None:
    sk = pytest.importorskip("sklearn.calibration")
    rng = np.random.default_rng(seed)
    confidence, right = rng.random(n), rng.random(n) < 0.5
    right[:2] = [True, False]
    shares, means = sk.calibration_curve(right, confidence, n_bins=15)
    curve = reliability_curve(confidence, right)
    assert [b.accuracy for b in curve] == pytest.approx(list(shares))
    assert [b.confidence for b in curve] == pytest.approx(list(means))


def test_calibration_error_by_hand() -> None:
    confidence = np.array([0.95, 0.95, 0.55, 0.55])
    right = np.array([True, False, True, True])
    assert expected_calibration_error(confidence, right) == pytest.approx(0.5 * 0.45 + 0.5 * 0.45)


def test_risk_and_coverage_by_hand() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6])
    right = np.array([True, False, True, True])
    curve = risk_coverage_curve(confidence, right)
    assert [p.coverage for p in curve] == [0.25, 0.5, 0.75, 1.0]
    assert [p.risk for p in curve] == pytest.approx([0, 1 / 2, 1 / 3, 1 / 4])
    area = area_under_risk_coverage(confidence, right)
    assert area == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert coverage_at_accuracy(confidence, right) == 0.25
    assert coverage_at_accuracy(confidence, right, target=0.75) == 1.0


@given(_JUDGED, st.randoms())
def test_the_order_of_records_does_not_matter(
    judged: list[tuple[float, bool]], rng: object
) -> None:
    def area(pairs: list[tuple[float, bool]]) -> float:
        return area_under_risk_coverage(
            np.array([c for c, _ in pairs]), np.array([r for _, r in pairs], dtype=np.bool_)
        )

    shuffled = list(judged)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert area(judged) == pytest.approx(area(shuffled))


@given(_JUDGED)
def test_coverage_at_accuracy_keeps_its_promise(judged: list[tuple[float, bool]]) -> None:
    confidence = np.array([c for c, _ in judged])
    right = np.array([r for _, r in judged], dtype=np.bool_)
    coverage = coverage_at_accuracy(confidence, right, target=0.8)
    if coverage:
        threshold = np.sort(confidence)[::-1][round(coverage * len(judged)) - 1]
        assert right[confidence >= threshold].mean() >= 0.8 - 1e-9


def test_a_right_only_set_has_no_risk() -> None:
    right = np.array([True, True])
    assert area_under_risk_coverage(np.array([0.5, 0.5]), right) == 0.0
    assert coverage_at_accuracy(np.array([0.5, 0.9]), right) == 1.0
    assert coverage_at_accuracy(np.array([0.5, 0.9]), ~right) == 0.0
    assert probability_matrix([{MEANINGFUL: 1.0}]).tolist() == [[1.0, 0.0, 0.0]]
