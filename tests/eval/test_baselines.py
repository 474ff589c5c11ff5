"""Plain classifiers learn what can be learnt, and the shortcut probes find planted shortcuts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from auditor.domain.policy import Policy
from auditor.errors import ConfigurationError, InputError
from eval.baselines import Baseline, fit_baseline
from eval.labelled import LabelledSet, load_labelled
from eval.metrics import Floats
from eval.run import run_set
from eval.shortcuts import main, probe
from tests.eval.making import LOSS, MEANINGFUL, VAGUE, raw_record, write_set

pytest.importorskip("sklearn")
TEXTS = {
    MEANINGFUL: "The board votes on day {0}, room {0}. Talked of the weather.",
    VAGUE: "Will check in again at some point, case {0}. Talked of the weather.",
    LOSS: "They signed with a rival, deal {0}. Talked of the weather.",
}


@pytest.fixture
def labelled(tmp_path: Path) -> LabelledSet:
    """Ninety records whose words tell the label."""
    labels = [MEANINGFUL, VAGUE, LOSS]
    records = [
        raw_record(f"r{i}", labels[i % 3], text=TEXTS[labels[i % 3]].format(i // 3))
        for i in range(90)
    ]
    return load_labelled(write_set(tmp_path / "train.jsonl", records))


def _vowels(texts: object) -> Floats:
    return np.array([[t.count(v) for v in "bdgrst"] for t in texts], dtype=float)  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [Baseline.TFIDF, Baseline.KNN, Baseline.FROZEN])
def test_a_baseline_learns_plain_words(kind: Baseline, labelled: LabelledSet) -> None:
    embed = _vowels if kind is Baseline.FROZEN else None
    classifier = fit_baseline(kind, labelled, embed=embed)
    s = run_set(labelled, classifier, Policy(classifier=classifier.name)).scores
    assert classifier.name == f"{kind.value}-90"
    assert s["accuracy"] > 0.95
    assert s["reason_accuracy"] > 0.95
    assert s["evidence"]["verbatim_rate"] == 1.0


def test_evidence_is_the_clause_that_speaks_for_the_label(labelled: LabelledSet) -> None:
    classifier = fit_baseline(Baseline.TFIDF, labelled)
    result = run_set(labelled, classifier, Policy(classifier=classifier.name))
    assert result.scores["evidence"]["deciding_hit_rate"] > 0.9


def test_a_baseline_needs_all_labels_and_frozen_needs_vectors(labelled: LabelledSet) -> None:
    with pytest.raises(InputError, match="no implicit_loss"):
        fit_baseline(Baseline.TFIDF, labelled[:2])
    with pytest.raises(ConfigurationError, match="embed"):
        fit_baseline(Baseline.FROZEN, labelled)


def test_a_planted_shortcut_is_found_and_an_absent_one_is_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = [MEANINGFUL, VAGUE, LOSS]
    records = []
    for i in range(240):
        label = labels[i % 3]
        words = " ".join(["word"] * int(rng.integers(3, 40)))
        pending = {"kind": "call", "subject": label.value, "due_on": None}
        raw = raw_record(f"r{i}", label, text=words, activity={"next_activity": pending})
        records.append(raw | {"tags": [f"fam:{i // 2}"]})
    path = write_set(tmp_path / "s.jsonl", records)
    loaded = load_labelled(path)
    assert probe(loaded, "pending").macro_f1 == 1.0
    length = probe(loaded, "length")
    assert length.interval.low < 1 / 3 + 0.05
    assert length.macro_f1 < 0.45


def test_the_probes_print_a_line_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = [MEANINGFUL, VAGUE, LOSS]
    path = write_set(tmp_path / "s.jsonl", [raw_record(f"r{i}", labels[i % 3]) for i in range(60)])
    assert main([str(path)]) == 0
    assert "pending" in capsys.readouterr().out
    assert main([str(tmp_path / "nope")]) == 2
