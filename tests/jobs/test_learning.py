"""Corrections are read from the database when they change; shipped examples are train's only."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from auditor.domain.labels import Label
from auditor.jobs.deciding import Caller, Judging, RightLabel, correct, undo_correction
from auditor.jobs.due import judge_due
from auditor.jobs.learning import LOOKS_EVERY, CorrectionReader, shipped_records
from auditor.storage import Database
from tests.builders import an_activity, an_opportunity
from tests.storage.making import POLICY, RULES, tell

SETS = Path(__file__).parents[2] / "eval" / "sets"
_WHO = Caller("user:boss@example.com")
_JUDGING = Judging(POLICY.fingerprint, date(2026, 3, 2), RULES)


def _ids(name: str) -> set[str]:
    lines = (line for f in (SETS / name).glob("*.jsonl") for line in f.read_text().splitlines())
    return {json.loads(line)["id"] for line in lines if line.strip()}


def _texts(name: str) -> set[str]:
    lines = (line for f in (SETS / name).glob("*.jsonl") for line in f.read_text().splitlines())
    return {json.loads(line)["activity"]["text"] for line in lines if line.strip()}


def test_shipped_examples_are_of_train_and_of_no_other_set() -> None:
    shipped = shipped_records()
    assert shipped
    held_out = {*_ids("dev"), *_ids("test")}
    assert not held_out & {j.id for j in shipped}
    words = _texts("dev") | _texts("test")
    assert not words & {j.prepared.record.activity.text for j in shipped}


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def verdict(database: Database) -> int:
    """The number of a verdict that may be corrected."""
    note = an_activity(date(2026, 3, 2), "Call back in three months", id="a1", opportunity_id="o1")
    tell(database, an_opportunity(id="o1"), note)
    judge_due(database, RULES, POLICY)
    with database.read() as unit:
        return unit.browsing.verdicts(limit=1)[0].key


def test_a_correction_is_read_once_it_is_made_and_gone_once_it_is_taken_back(
    database: Database, verdict: int
) -> None:
    clock = _Clock()
    reader = CorrectionReader(database, clock=clock)
    assert reader() == ()
    made = correct(database, verdict, RightLabel(Label.IMPLICIT_LOSS), _WHO, _JUDGING)
    assert made is not None
    assert reader() == ()
    clock.now += LOOKS_EVERY
    found = reader()
    assert [(j.id, j.label) for j in found] == [(f"correction-{made.key}", Label.IMPLICIT_LOSS)]
    assert "three months" in found[0].prepared.text
    clock.now += LOOKS_EVERY
    assert reader() is found
    undo_correction(database, made.key, _WHO)
    clock.now += LOOKS_EVERY
    assert reader() == ()
