"""Exports that Label Studio's own converter made of three annotated tasks are read as sets.

The files under ``tests/data/label_studio`` were written by ``label_studio_sdk`` 2.1.2
(``Converter(config).convert``) as JSON, JSON-MIN and CSV; their texts are this project's own.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import auditor.classify.registry
from eval.cli import app
from eval.labelled import load_labelled
from tests.eval.making import LOSS, MEANINGFUL, VAGUE, ScriptedClassifier

EXPORTS = Path(__file__).parents[1] / "data" / "label_studio"
IDS = {
    "export.json": ("ls-1", "ls-2", "ls-3"),
    "export_min.json": ("1", "2", "3"),  # the converter puts the task's number over the data's id
    "export.csv": ("ls-1", "ls-2", "ls-3"),
}


@pytest.mark.parametrize("name", IDS)
def test_each_form_holds_the_same_labels_reasons_and_quotes(name: str) -> None:
    labelled = load_labelled(EXPORTS / name)
    assert tuple(r.id for r in labelled) == IDS[name]
    assert [r.label for r in labelled] == [MEANINGFUL, VAGUE, LOSS]
    assert [r.reason.value for r in labelled if r.reason] == [
        "decision_scheduled",
        "interval_callback",
        "competitor_chosen",
    ]
    assert [r.evidence for r in labelled] == [
        ("Board votes on Thursday 12 March", "Lee asked us in 🙂"),
        ("Call back in three months",),
        ("signed with Marsh last week",),
    ]
    assert {r.record.opportunity.stage for r in labelled} == {"Proposal"}


@pytest.mark.parametrize("name", IDS)
def test_eval_run_scores_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = dict(zip(IDS[name], ((MEANINGFUL, 0.9), (VAGUE, 0.8), (VAGUE, 0.7)), strict=True))
    monkeypatch.setattr(
        auditor.classify.registry, "make_classifier", lambda *_, **__: ScriptedClassifier(script)
    )
    done = CliRunner().invoke(app, ["run", str(EXPORTS / name)])
    assert done.exit_code == 0, done.output
    assert "3 records" in done.stdout
