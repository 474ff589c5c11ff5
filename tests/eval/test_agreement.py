"""Coefficients of agreement are those of the literature's worked examples and of scikit-learn."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.agreement import cohen_kappa
from auditor.domain.labels import Label
from auditor.errors import InputError, LabelledSetError
from eval.agreement import (
    krippendorff_alpha,
    measure_agreement,
    read_labelling,
)
from eval.metrics import LABELS, confusion_matrix
from tests.eval.making import LOSS, MEANINGFUL, VAGUE, raw_record, write_set

_TWO = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=2)


def test_kappa_of_a_textbook_table() -> None:
    table = np.array([[20, 5, 0], [10, 15, 0], [0, 0, 0]])
    assert cohen_kappa(table.tolist()) == pytest.approx(0.4)


@given(_TWO)
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[Label, Label]]) -> None:
    sk = pytest.importorskip("sklearn.metrics")
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    found = cohen_kappa(confusion_matrix(a, b).tolist())
    if len({*a, *b}) == 1:
        assert math.isnan(found)
    else:
        want = sk.cohen_kappa_score([x.value for x in a], [y.value for y in b])
        assert found == pytest.approx(want)


def test_alpha_of_krippendorffs_own_example() -> None:
    """Two observers, ten units, two values: alpha is 0.095 (Krippendorff 2011, section A)."""
    a = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    b = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert krippendorff_alpha(np.array([a, b]).T) == pytest.approx(0.095, abs=5e-4)


def test_alpha_counts_only_records_with_two_labels() -> None:
    full = np.array([[0, 0, -1], [1, 1, 1], [2, 0, -1], [1, 1, -1]])
    lone = np.vstack([full, [[2, -1, -1], [-1, -1, -1]]])
    assert krippendorff_alpha(lone) == krippendorff_alpha(full)
    # 5 + 4 pairable labels: o = trace of coincidences 7 of 9, values 3, 5, 1
    expected_disagreement = (81 - (9 + 25 + 1)) / 8
    assert krippendorff_alpha(full) == pytest.approx(1 - 2 / expected_disagreement)


def test_agreement_of_two_files(tmp_path: Path) -> None:
    a = write_set(
        tmp_path / "a.jsonl",
        [raw_record(str(i), label) for i, label in enumerate([VAGUE, LOSS, MEANINGFUL] * 10)],
    )
    second = [{"id": str(i), "label": x} for i, x in enumerate([VAGUE, LOSS, MEANINGFUL] * 9)]
    second[0]["label"] = LOSS
    b = write_set(tmp_path / "b.jsonl", second)
    found = measure_agreement([read_labelling(a), read_labelling(b)])
    assert (found.n, found.only_one) == (27, 3)
    assert found.observed == pytest.approx(26 / 27)
    (kappa,) = found.kappa.values()
    assert kappa.value is not None
    assert kappa.interval is not None
    assert kappa.interval.low <= kappa.value <= kappa.interval.high
    assert found.alpha.value == pytest.approx(kappa.value, abs=0.01)
    (table,) = found.confusion.values()
    assert table["vague_callback"]["implicit_loss"] == 1
    (apart,) = found.disagreements
    assert apart["id"] == "0"
    assert set(apart["labels"].values()) == {"vague_callback", "implicit_loss"}
    assert apart["activity"]["text"]
    json.dumps(found.as_json())


def test_one_label_only_has_no_coefficient(tmp_path: Path) -> None:
    path = write_set(tmp_path / "a.jsonl", [{"id": str(i), "label": VAGUE} for i in range(5)])
    found = measure_agreement([read_labelling(path), read_labelling(path)])
    assert found.observed == 1.0
    assert found.alpha == (None, None)


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    a = write_set(tmp_path / "a.jsonl", [{"id": "1", "label": VAGUE}])
    b = write_set(tmp_path / "b.jsonl", [{"id": "2", "label": VAGUE}])
    with pytest.raises(InputError, match="no record id in common"):
        measure_agreement([read_labelling(a), read_labelling(b)])
    with pytest.raises(InputError, match="two labellings"):
        measure_agreement([read_labelling(a)])
    rows = [
        {"id": "1", "label": "perhaps"},
        {"id": "2", "label": VAGUE},
        {"id": "2", "label": LOSS},
    ]
    with pytest.raises(LabelledSetError, match="perhaps") as caught:
        read_labelling(write_set(tmp_path / "c.jsonl", rows))
    assert "id '2' occurs twice" in str(caught.value)
