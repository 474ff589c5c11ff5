from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from auditor.classify.corrected import TWIN, CorrectedClassifier, fit_shift
from auditor.classify.precedents import JudgedRecord, Precedents
from auditor.classify.protocol import Opinion
from auditor.domain.labels import Label, Reason
from auditor.reading.prepared import PreparedRecord, prepare
from tests.builders import a_record

VAGUE = Label.VAGUE_CALLBACK
MEANINGFUL = Label.MEANINGFUL_NEXT_STEP


class Unsure:
    """Leans to vague; embeds a text by which of three words it holds."""

    name = "unsure"

    def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
        return [self._one(r.text) for r in records]

    def _one(self, text: str) -> Opinion:
        vector = np.array([w in text for w in ("greenlit", "parked", "ghosted")], dtype=float)
        vector += 0.01
        told = {MEANINGFUL: 0.3, VAGUE: 0.5, Label.IMPLICIT_LOSS: 0.2}
        return Opinion(
            told, {Reason.NO_DATE: 1.0}, embedding=tuple(vector / np.linalg.norm(vector))
        )


def judged(key: str, text: str, label: Label) -> JudgedRecord:
    return JudgedRecord(key, prepare(a_record(text)), label)


def label_of(classifier: CorrectedClassifier, text: str) -> Label:
    [opinion] = classifier.opine([prepare(a_record(text))])
    assert sum(opinion.probabilities.values()) == pytest.approx(1)
    return max(opinion.probabilities, key=opinion.probabilities.__getitem__)


def test_corrections_move_what_resembles_them_and_nothing_else() -> None:
    base = Unsure()
    told = [judged(str(i), f"greenlit, case {i}", MEANINGFUL) for i in range(6)]
    learned = CorrectedClassifier(base, lambda: told)
    assert label_of(learned, "They greenlit it on Tuesday") is MEANINGFUL
    assert label_of(learned, "parked with the boss") is VAGUE
    [before] = base.opine([prepare(a_record("parked with the boss"))])
    [after] = learned.opine([prepare(a_record("parked with the boss"))])
    assert after.probabilities[VAGUE] == pytest.approx(before.probabilities[VAGUE], abs=0.01)


def test_the_same_words_take_the_corrected_label_at_once() -> None:
    base = Unsure()
    told = [judged("1", "Ghosted  by\nthe CFO", Label.IMPLICIT_LOSS)]
    learned = CorrectedClassifier(base, lambda: told)
    [opinion] = learned.opine([prepare(a_record("ghosted by the CFO"))])
    assert opinion.probabilities[Label.IMPLICIT_LOSS] == TWIN


def test_a_correction_made_again_counts_as_it_was_made_last() -> None:
    base = Unsure()
    told = [judged("1", "ghosted", Label.IMPLICIT_LOSS), judged("1", "ghosted", VAGUE)]
    precedents = Precedents(base, told)
    assert [j.label for j in precedents.judged] == [VAGUE]
    assert label_of(CorrectedClassifier(base, lambda: told), "ghosted") is VAGUE


def test_a_correction_counts_from_the_next_record_on_and_no_longer_once_taken_back() -> None:
    told: list[JudgedRecord] = []
    learned = CorrectedClassifier(Unsure(), lambda: told)
    assert label_of(learned, "ghosted") is VAGUE
    told = [judged("1", "ghosted", Label.IMPLICIT_LOSS)]
    assert label_of(learned, "ghosted") is Label.IMPLICIT_LOSS
    told = []
    assert label_of(learned, "ghosted") is VAGUE


def test_without_corrections_nothing_is_changed() -> None:
    base = Unsure()
    records = [prepare(a_record("greenlit"))]
    learned = CorrectedClassifier(base, list)
    assert learned.opine(records) == base.opine(records)
    assert learned.name == base.name


def test_the_nearest_precedents_come_first() -> None:
    base = Unsure()
    told = [
        judged("g", "greenlit", MEANINGFUL),
        judged("p", "parked", VAGUE),
        judged("both", "greenlit but parked", VAGUE),
    ]
    precedents = Precedents(base, told)
    [asked] = base.opine([prepare(a_record("all greenlit"))])
    near = precedents.nearest(asked.embedding, k=2)
    assert [n.judged.id for n in near] == ["g", "both"]
    assert near[0].similarity == pytest.approx(1.0)
    assert precedents.nearest(asked.embedding, k=0) == []
    assert Precedents(base, []).nearest(asked.embedding, k=3) == []


def test_the_fit_is_where_the_gradient_vanishes() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(40, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    kernel = np.exp((vectors @ vectors.T - 1) / 0.3)
    offsets = np.log(rng.dirichlet(np.ones(3), size=40))
    gold = rng.integers(0, 3, size=40)
    shares = fit_shift(kernel, offsets, gold, ridge=0.5)
    raised = np.exp(offsets + kernel @ shares)
    wrong = raised / raised.sum(axis=1, keepdims=True) - np.eye(3)[gold]
    assert np.abs(wrong + 0.5 * shares).max() < 1e-4


@pytest.mark.parametrize("settings", [{"ridge": 0.0}, {"ridge": -1.0}])
def test_senseless_settings_are_refused(settings: dict[str, float]) -> None:
    base = Unsure()
    with pytest.raises(ValueError, match="over 0"):
        CorrectedClassifier(base, list, **settings)
