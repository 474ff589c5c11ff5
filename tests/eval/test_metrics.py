"""Scores agree with scikit-learn's and with cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.labels import Label
from eval.metrics import (
    LABELS,
    accuracy,
    confusion_matrix,
    confusion_table,
    group_consistency,
    label_scores,
    macro_f1,
    reason_accuracy,
    slice_scores,
)
from tests.eval.making import LOSS, MEANINGFUL, VAGUE

_LABELLINGS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1)


def test_hand_worked_case() -> None:
    gold = [MEANINGFUL, MEANINGFUL, VAGUE, LOSS]
    said = [MEANINGFUL, VAGUE, VAGUE, VAGUE]
    matrix = confusion_matrix(gold, said)
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [0, 1, 0]]
    assert accuracy(matrix) == 0.5
    scores = label_scores(matrix)
    assert scores[MEANINGFUL] == (1.0, 0.5, pytest.approx(2 / 3), 2)
    assert scores[VAGUE] == (pytest.approx(1 / 3), 1.0, 0.5, 1)
    assert scores[LOSS] == (0.0, 0.0, 0.0, 1)
    assert macro_f1(matrix) == pytest.approx((2 / 3 + 0.5 + 0) / 3)
    assert confusion_table(matrix)["implicit_loss"]["vague_callback"] == 1


@given(_LABELLINGS)
def test_scores_are_those_of_scikit_learn(pairs: list[tuple[Label, Label]]) -> None:
    sk = pytest.importorskip("sklearn.metrics")
    gold, said = [g.value for g, _ in pairs], [s.value for _, s in pairs]
    names = [label.value for label in LABELS]
    matrix = confusion_matrix([g for g, _ in pairs], [s for _, s in pairs])
    assert (matrix == sk.confusion_matrix(gold, said, labels=names)).all()
    assert accuracy(matrix) == pytest.approx(sk.accuracy_score(gold, said))
    want = sk.f1_score(gold, said, average="macro", zero_division=0)
    assert macro_f1(matrix) == pytest.approx(want)
    table = sk.precision_recall_fscore_support(gold, said, labels=names, zero_division=0)
    for label, precision, recall, f1, n in zip(LABELS, *table, strict=True):
        assert label_scores(matrix)[label] == pytest.approx((precision, recall, f1, n))


def test_stacked_matrices_are_scored_one_by_one() -> None:
    one = confusion_matrix([MEANINGFUL, VAGUE], [MEANINGFUL, VAGUE])
    two = confusion_matrix([MEANINGFUL, LOSS], [VAGUE, LOSS])
    stack = np.stack([one, two])
    assert macro_f1(stack).tolist() == [float(macro_f1(one)), float(macro_f1(two))]
    assert accuracy(stack).tolist() == [1.0, 0.5]


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="2 gold labels and 1 predictions"):
        confusion_matrix([VAGUE, VAGUE], [VAGUE])


def test_records_without_a_gold_reason_are_left_out() -> None:
    assert reason_accuracy([True, True, None, False]) == pytest.approx(2 / 3)
    assert reason_accuracy([None]) is None


def test_a_pair_is_right_only_when_both_members_are() -> None:
    groups = ["p1", "p1", "p2", "p2", "alone", None]
    found = group_consistency(groups, [True, True, True, False, True, True])
    assert (found.n, found.all_right, found.rate) == (2, 1, 0.5)
    assert group_consistency([None], [True]).rate is None


def test_slices_count_a_record_under_each_of_its_tags() -> None:
    tags = [("terse", "long"), ("terse", "terse"), ()]
    scores = slice_scores(tags, [VAGUE, LOSS, LOSS], [VAGUE, VAGUE, LOSS])
    assert set(scores) == {"terse", "long"}
    assert (scores["terse"].n, scores["terse"].accuracy) == (2, 0.5)
    assert scores["long"].macro_f1 == 1.0
