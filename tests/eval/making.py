"""Small labelled records, runs and a scripted classifier for the tests of eval."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from auditor.classify.protocol import Candidate, Opinion
from auditor.domain.labels import Label, Reason
from auditor.domain.verdict import Status
from auditor.reading.prepared import TEXT, Place, PreparedRecord
from eval.results import RunItem, RunResult

MEANINGFUL, VAGUE, LOSS = Label
DEFAULTS = {
    MEANINGFUL: ("Board votes on Thursday, Lee asked us in.", Reason.DECISION_SCHEDULED),
    VAGUE: ("Nice chat. Call back in three months.", Reason.INTERVAL_CALLBACK),
    LOSS: ("They signed with Marsh last week. Will call.", Reason.COMPETITOR_CHOSEN),
}


def raw_record(record_id: str, label: Label = VAGUE, **changes: Any) -> dict[str, Any]:
    """A sound record in the codebook's format."""
    text, reason = DEFAULTS[label]
    text = changes.pop("text", text)
    activity = {
        "kind": "call",
        "format": "note",
        "occurred_at": "2026-03-02T10:15:00",
        "text": text,
        "next_activity": {"kind": "call", "subject": "Call back", "due_on": "2026-06-02"},
        **changes.pop("activity", {}),
    }
    return {
        "id": record_id,
        "label": label.value,
        "reason": reason.value,
        "evidence": [text.split(". ")[0]],
        "opportunity": {"stage": "Proposal"},
        "activity": activity,
        **changes,
    }


def write_set(path: Path, records: Sequence[Mapping[str, Any]]) -> Path:
    """Writes records a line each."""
    lines = [json.dumps(r, ensure_ascii=False) + "\n" for r in records]
    path.write_text("".join(lines), encoding="utf-8")
    return path


class ScriptedClassifier:
    """Gives each record the label, confidence and quote that its id is scripted for."""

    name = "scripted-1"

    def __init__(self, script: Mapping[str, tuple[Label, float]]) -> None:
        self.script = script
        self.asked: list[str] = []

    def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
        return [self._opinion(r) for r in records]

    def _opinion(self, prepared: PreparedRecord) -> Opinion:
        self.asked.append(prepared.record.activity.id)
        label, p = self.script[prepared.record.activity.id]
        rest = (1 - p) / 2
        end = max(1, prepared.text.find(".") if "." in prepared.text else len(prepared.text))
        return Opinion(
            probabilities={x: p if x is label else rest for x in Label},
            reasons={DEFAULTS[label][1]: 1.0},
            evidence=(Candidate(Place(TEXT, 0, end), 1.0),),
        )


def an_item(item_id: str, gold: Label, said: Label, **changes: Any) -> RunItem:
    """An item of a run."""
    return RunItem(
        **{
            "id": item_id,
            "gold": gold,
            "label": said,
            "status": Status.DECIDED,
            "confidence": 0.8,
            "probabilities": {x: 0.8 if x is said else 0.1 for x in Label},
            "reason": DEFAULTS[said][1],
            "evidence": (),
            "cluster": f"id:{item_id}",
            **changes,
        }
    )


def a_result(*items: RunItem, sha256: str = "0") -> RunResult:
    """A run with only what a comparison reads."""
    return RunResult({"set": {"sha256": sha256}}, items)
