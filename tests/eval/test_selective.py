from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from eval.selective import check, guaranteed_threshold, upper_bound


def test_the_bound_is_the_rate_at_which_so_few_errors_would_be_rare() -> None:
    bound = upper_bound(3, 50, 0.05)
    assert binom.cdf(3, 50, bound) == pytest.approx(0.05)
    assert upper_bound(0, 0, 0.05) == 1.0
    assert upper_bound(5, 5, 0.05) == 1.0


def test_the_promise_holds_as_often_as_it_says() -> None:
    """Over many draws of held-out records the true error exceeds the risk in at most delta."""
    rng = np.random.default_rng(0)
    risk, delta, broken, chosen = 0.1, 0.1, 0, 0
    for _ in range(300):
        confidence = rng.uniform(0.3, 1.0, 2000)
        found = guaranteed_threshold(
            confidence, rng.uniform(size=2000) < confidence, risk=risk, delta=delta
        )
        if found.threshold is None:
            continue
        chosen += 1
        true_error = (1 - found.threshold) / 2  # confidence is uniform above it, and honest
        broken += true_error > risk
    assert chosen > 250
    assert broken <= delta * 300


def test_nothing_is_promised_where_the_confident_err() -> None:
    confidence = np.linspace(0.4, 1.0, 200)
    right = np.arange(200) % 2 == 0
    found = guaranteed_threshold(confidence, right, risk=0.1)
    assert found.threshold is None
    assert found.coverage == 0


def test_a_perfect_classifier_decides_nearly_everything() -> None:
    confidence = np.linspace(0.4, 1.0, 400)
    found = guaranteed_threshold(confidence, np.ones(400, dtype=np.bool_), risk=0.05)
    assert found.coverage == pytest.approx(1.0, abs=0.01)


def test_a_threshold_is_checked_on_other_records() -> None:
    seen = check(np.array([0.5, 0.7, 0.9, 0.95]), np.array([False, False, True, True]), 0.6)
    assert seen.n == 4
    assert seen.coverage == 0.75
    assert seen.observed == pytest.approx(1 / 3)


@pytest.mark.parametrize(("risk", "n"), [(0.0, 3), (1.0, 3), (0.1, 0)])
def test_senseless_questions_are_refused(risk: float, n: int) -> None:
    with pytest.raises(ValueError, match=r"needs held-out records|between 0 and 1"):
        guaranteed_threshold(np.ones(n), np.ones(n, dtype=np.bool_), risk=risk)
