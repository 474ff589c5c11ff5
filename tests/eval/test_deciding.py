"""The shares of deciding acts are counted by reason, over clauses that hold the first quote."""

from __future__ import annotations

from eval.training.data import ACTS, REASONS, Labelled
from eval.training.deciding import SMOOTHING, deciding_acts


def _record(reason: str, quote: str, *acts: tuple[str, str]) -> Labelled:
    return Labelled({"id": "x", "reason": reason, "evidence": [quote, "other"]}, acts, "f")


def test_the_act_of_the_first_quotes_clause_is_counted_for_its_reason() -> None:
    shares = deciding_acts(
        [
            _record("won", "signed today", ("We chatted.", "noise"), ("They signed today", "done")),
            _record("won", "order is in and paid", ("order is in", "done"), ("and paid", "noise")),
            _record("won", "said nowhere", ("We chatted.", "noise")),
        ]
    )
    row = shares[REASONS.index("won")]
    total = 2 + SMOOTHING * len(ACTS)
    assert row[ACTS.index("done")] == (1.5 + SMOOTHING) / total
    assert row[ACTS.index("noise")] == (0.5 + SMOOTHING) / total


def test_reasons_that_nobody_showed_are_even() -> None:
    shares = deciding_acts([])
    assert shares.min() == shares.max() == 1 / len(ACTS)
