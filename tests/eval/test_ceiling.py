"""The annotator ceiling: a second person scored like a classifier, shown beside every score."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import auditor.classify.registry
from auditor.errors import InputError
from eval.ceiling import measure_ceiling
from eval.cli import app
from eval.labelled import LabelledSet, load_labelled
from tests.eval.making import LOSS, MEANINGFUL, VAGUE, ScriptedClassifier, raw_record, write_set


@pytest.fixture
def labelled(tmp_path: Path) -> LabelledSet:
    """Four records, of which two are a pair."""
    records = [
        raw_record("a", MEANINGFUL, tags=["pair:p"]),
        raw_record("b", VAGUE, tags=["pair:p"]),
        raw_record("c", LOSS),
        raw_record("d", LOSS),
    ]
    return load_labelled(write_set(tmp_path / "s.jsonl", records))


def test_a_second_annotator_gets_the_scores_that_a_person_has(
    labelled: LabelledSet, tmp_path: Path
) -> None:
    theirs = [
        {"id": "a", "label": "meaningful_next_step", "reason": "won", "evidence": ["Board votes"]},
        {"id": "b", "label": "vague_callback", "reason": "interval_callback"},
        {"id": "c", "label": "vague_callback", "evidence": ["Will call"]},
        {"id": "elsewhere", "label": "vague_callback"},
    ]
    found = measure_ceiling(labelled, write_set(tmp_path / "second.jsonl", theirs))
    assert found["n"] == 3
    assert found["accuracy"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["per_label"]["implicit_loss"]["recall"] == 0
    assert found["pairs"] == {"n": 1, "both_right_rate": 1.0}
    assert found["reason_accuracy"] == 0.5
    assert found["evidence"]["deciding_hit_rate"] == 0.5
    assert 0 < found["kappa"] < 1


def test_what_the_second_file_does_not_tell_is_not_measured(
    labelled: LabelledSet, tmp_path: Path
) -> None:
    path = write_set(tmp_path / "second.jsonl", [{"id": "a", "label": "meaningful_next_step"}])
    found = measure_ceiling(labelled, path)
    assert found["reason_accuracy"] is None
    assert found["evidence"] == {"deciding_hit_rate": None, "token_f1": None}
    assert found["kappa"] is None


def test_labels_of_another_set_are_refused(labelled: LabelledSet, tmp_path: Path) -> None:
    path = write_set(tmp_path / "second.jsonl", [{"id": "x", "label": "vague_callback"}])
    with pytest.raises(InputError, match="labels no record"):
        measure_ceiling(labelled, path)


def test_it_stands_in_the_terminal_the_json_and_the_page(
    labelled: LabelledSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = dict.fromkeys("abcd", (VAGUE, 0.8))
    monkeypatch.setattr(
        auditor.classify.registry, "make_classifier", lambda *_, **__: ScriptedClassifier(script)
    )
    second = write_set(tmp_path / "second.jsonl", [{"id": i, "label": LOSS.value} for i in "cd"])
    to, page = tmp_path / "run.json", tmp_path / "run.html"
    arguments = ["run", labelled.path, "--ceiling", str(second)]
    done = CliRunner().invoke(app, [*arguments, "--json", str(to), "--html", str(page)])
    assert done.exit_code == 0, done.output
    assert "annotators" in done.stdout
    assert json.loads(to.read_text())["ceiling"]["accuracy"] == 1.0
    assert "annotators 1.000" in page.read_text()
