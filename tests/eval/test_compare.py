"""Two runs are told apart only beyond chance, and a lost loss is not let through."""

from __future__ import annotations

from itertools import cycle, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.labels import Label
from auditor.errors import InputError
from eval.compare import compare_runs, mcnemar_exact
from eval.results import RunItem
from tests.eval.making import LOSS, MEANINGFUL, VAGUE, a_result, an_item

GOLD = list(islice(cycle(Label), 150))


def _run(wrong: int, *, start: int = 0) -> list[RunItem]:
    """Items of which ``wrong`` from ``start`` on are taken for another label."""
    order = list(Label)
    return [
        an_item(str(i), g, order[(order.index(g) + 1) % 3] if start <= i < start + wrong else g)
        for i, g in enumerate(GOLD)
    ]


def test_a_run_compared_with_itself_is_tied_and_passes() -> None:
    found = compare_runs(a_result(*_run(30)), a_result(*_run(30)))
    assert found.macro_f1.interval == (0.0, 0.0)
    assert found.mcnemar == (0, 0, 1.0)
    assert found.regressions == []
    assert "same labels to all 150" in found.sentence


def test_a_small_difference_is_tied() -> None:
    found = compare_runs(a_result(*_run(30)), a_result(*_run(30, start=3)))
    assert found.macro_f1.interval.low < 0 < found.macro_f1.interval.high
    assert "includes zero: tied" in found.sentence
    assert len(found.changed) == 6


def test_a_clear_gain_is_better_and_the_way_back_is_a_regression() -> None:
    better = compare_runs(a_result(*_run(60)), a_result(*_run(10)))
    assert better.sentence.startswith("The second run is better: macro-F1 +0.33")
    assert better.regressions == []
    worse = compare_runs(a_result(*_run(10)), a_result(*_run(60)))
    assert worse.sentence.startswith("The second run is worse")
    assert len(worse.regressions) == 3
    assert worse.macro_f1.change == pytest.approx(-better.macro_f1.change)


def test_missed_losses_fail_though_the_rest_gains() -> None:
    first = [
        an_item(str(i), g, VAGUE if i < 60 and g is MEANINGFUL else g) for i, g in enumerate(GOLD)
    ]
    second = [an_item(str(i), g, VAGUE if i < 45 and g is LOSS else g) for i, g in enumerate(GOLD)]
    found = compare_runs(a_result(*first), a_result(*second))
    assert found.macro_f1.change > 0
    assert not found.non_inferior
    assert any("implicit_loss" in told for told in found.regressions)
    assert compare_runs(a_result(*first), a_result(*second), margin=0.5).non_inferior


def test_newly_wrong_records_come_first() -> None:
    a = [an_item("1", VAGUE, LOSS), an_item("2", VAGUE, VAGUE), an_item("3", VAGUE, LOSS)]
    b = [an_item("1", VAGUE, VAGUE), an_item("2", VAGUE, LOSS), an_item("3", VAGUE, MEANINGFUL)]
    found = compare_runs(a_result(*a), a_result(*b))
    changes = [(c["id"], c["change"]) for c in found.as_json()["changed"]]
    assert changes == [("2", "now wrong"), ("3", "wrong otherwise"), ("1", "now right")]


def test_unlike_sets_are_refused_or_told() -> None:
    one = a_result(an_item("1", VAGUE, VAGUE), an_item("2", LOSS, LOSS), sha256="x")
    with pytest.raises(InputError, match="no record in common"):
        compare_runs(one, a_result(an_item("9", VAGUE, VAGUE)))
    with pytest.raises(InputError, match="differ on the gold label of 1 records"):
        compare_runs(one, a_result(an_item("1", LOSS, VAGUE)))
    found = compare_runs(one, a_result(an_item("1", VAGUE, VAGUE), sha256="y"))
    assert found.n == 1
    assert len(found.warnings) == 2


@given(st.lists(st.tuples(st.booleans(), st.booleans())))
def test_mcnemar_is_the_binomial_test(right: list[tuple[bool, bool]]) -> None:
    scipy = pytest.importorskip("scipy.stats")
    found = mcnemar_exact([a for a, _ in right], [b for _, b in right])
    n = found.only_a + found.only_b
    want = scipy.binomtest(found.only_a, n, 0.5).pvalue if n else 1.0
    assert found.p_value == pytest.approx(want)


def test_mcnemar_by_hand() -> None:
    right_a = [True] * 10 + [False] * 2
    right_b = [False] * 10 + [True] * 2
    assert mcnemar_exact(right_a, right_b).p_value == pytest.approx(2 * (1 + 12 + 66) / 2**12)
