"""The interval of kappa is that of the literature's formula, as statsmodels has it."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.domain.agreement import Kappa, kappa_with_interval


@pytest.mark.parametrize(
    "table",
    [
        [[10, 2, 1], [3, 20, 4], [0, 1, 9]],
        [[44, 5, 1], [7, 20, 3], [9, 5, 6]],
        [[0, 3, 0], [4, 0, 0], [0, 0, 5]],
    ],
)
def test_the_interval_is_that_of_statsmodels(table: list[list[float]]) -> None:
    from statsmodels.stats.inter_rater import cohens_kappa

    want = cohens_kappa(np.asarray(table))
    found = kappa_with_interval(table)
    assert found.value == pytest.approx(want.kappa)
    assert found.low == pytest.approx(max(-1, want.kappa_low), abs=1e-5)
    assert found.high == pytest.approx(min(1, want.kappa_upp), abs=1e-5)


def test_of_one_label_only_there_is_no_kappa() -> None:
    assert kappa_with_interval([[7, 0, 0], [0, 0, 0], [0, 0, 0]]) == Kappa(None, None, None)
