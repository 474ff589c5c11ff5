"""Chats with a known outcome become records; the measure is the AUC of giving."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from auditor.errors import InputError
from eval.bench.dialogs import as_labelled_row, as_record, auc, measure, read_dialogs
from eval.labelled import audit_record, load_labelled
from tests.eval.making import MEANINGFUL, VAGUE, ScriptedClassifier, write_set

TALK = "Persuader: Would you give a little?\nPersuadee: Yes, I'll do a dollar."
CHATS = [
    {"id": "a", "text": TALK, "donated_usd": 1.0},
    {"id": "b", "text": TALK.replace("Yes, I'll do a dollar", "Not today"), "donated_usd": 0},
]


def test_a_chat_is_a_transcript_with_both_sides(tmp_path: Path) -> None:
    dialogs = read_dialogs(write_set(tmp_path / "chats.jsonl", CHATS))
    record = audit_record(as_record(dialogs[0]))
    assert [p.role.value for p in record.activity.participants] == ["rep", "buyer"]
    assert record.activity.text == TALK
    assert record.activity.next_activity is None


def test_the_set_that_it_writes_is_one_that_eval_run_reads(tmp_path: Path) -> None:
    dialogs = read_dialogs(write_set(tmp_path / "chats.jsonl", CHATS))
    rows = [as_labelled_row(d) for d in dialogs]
    labelled = load_labelled(write_set(tmp_path / "set.jsonl", rows))
    assert [(r.label, r.tags) for r in labelled] == [
        (MEANINGFUL, ("gave",)),
        (VAGUE, ("gave-nothing",)),
    ]


def test_the_measure_counts_what_was_said_of_each_group(tmp_path: Path) -> None:
    dialogs = read_dialogs(write_set(tmp_path / "chats.jsonl", CHATS))
    found = measure(dialogs, ScriptedClassifier({"a": (MEANINGFUL, 0.9), "b": (VAGUE, 0.8)}))
    assert (found["n"], found["gave"], found["auc"]) == (2, 1, 1.0)
    assert found["said"]["gave"]["meaningful_next_step"] == 1
    assert found["said"]["gave nothing"]["vague_callback"] == 1


def test_auc_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(5)
    scores = np.round(rng.random(80), 1)  # with ties
    positive = rng.random(80) < 0.4
    assert auc(scores, positive) == pytest.approx(roc_auc_score(positive, scores))


@pytest.mark.parametrize("line", ["{", '{"id": "a"}', "[1]"])
def test_what_is_no_chat_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_text(json.dumps(CHATS[0]) + f"\n{line}\n")
    with pytest.raises(InputError, match=r"chats\.jsonl:2"):
        read_dialogs(path)
