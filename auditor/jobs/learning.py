"""What people judged, put to use: shipped precedents, and corrections that count at once."""

from __future__ import annotations

import json
from importlib.resources import files

from auditor.classify.precedents import JudgedRecord, Precedents
from auditor.classify.protocol import Classifier
from auditor.domain.labels import Label, Reason
from auditor.intake.labelled import read_record
from auditor.intake.options import IntakeOptions
from auditor.intake.report import IntakeReport
from auditor.intake.tables import Intake
from auditor.reading.prepared import prepare

PRECEDENTS_FILE = "precedents.jsonl"
"""Labelled notes beside the shipped model, written for this project."""


def shipped_records() -> list[JudgedRecord]:
    """The labelled notes that are shipped as precedents."""
    told = (files("auditor") / "models" / PRECEDENTS_FILE).read_text(encoding="utf-8")
    intake = Intake(IntakeOptions(), IntakeReport())
    out = []
    for number, line in enumerate(told.splitlines(), 1):
        raw = json.loads(line)
        record = read_record(raw, file=PRECEDENTS_FILE, line=number, intake=intake)
        out.append(
            JudgedRecord(raw["id"], prepare(record), Label(raw["label"]), Reason(raw["reason"]))
        )
    return out


def shipped_precedents(classifier: Classifier) -> Precedents:
    """The shipped precedents, encoded; about a second the first time."""
    return Precedents(classifier, shipped_records())
