"""Defects of the pending activity: what is missing, late, empty, round, or against the note."""

from __future__ import annotations

from datetime import date

import pytest

from auditor.classify.defects import find_defects
from auditor.domain.findings import Commitment
from auditor.domain.records import NextActivity
from auditor.domain.verdict import Defect
from auditor.reading.prepared import prepare
from tests.builders import MEANINGFUL, VAGUE, a_pending, a_record, some_evidence

LOGGED = date(2026, 3, 2)


def _defects(
    pending: NextActivity | None, text: str = "spoke to Lee", **options: object
) -> set[Defect]:
    record = prepare(a_record(text, day=LOGGED, pending=pending))
    return set(find_defects(record, **{"label": VAGUE, **options}))  # type: ignore[arg-type]


def test_none_pending_is_missing_only_where_the_source_would_tell() -> None:
    assert _defects(None) == {Defect.MISSING}
    assert _defects(None, pending_known=False) == set()


def test_no_date_no_subject_and_overdue() -> None:
    assert _defects(a_pending(None, "")) == {Defect.NO_DUE_DATE, Defect.NO_SUBJECT}
    assert Defect.OVERDUE in _defects(a_pending(date(2026, 3, 9)), as_of=date(2026, 3, 20))


@pytest.mark.parametrize(
    "subject", ["Call back", "FU Lee", "chase", "Touch base", "follow up", "Rückruf"]
)
def test_contact_for_its_own_sake_is_nothing_happening(subject: str) -> None:
    assert Defect.NOTHING_HAPPENS in _defects(a_pending(date(2026, 3, 10), subject))


@pytest.mark.parametrize(
    "subject", ["Board decision", "Call: redlines back", "Demo with CFO", "Site visit"]
)
def test_a_named_event_is_something(subject: str) -> None:
    assert Defect.NOTHING_HAPPENS not in _defects(a_pending(date(2026, 3, 10), subject))


def test_a_round_interval_is_excused_by_a_date_in_the_text() -> None:
    pending = a_pending(date(2026, 6, 2), "Budget review")
    assert Defect.ROUND_INTERVAL in _defects(pending, "spoke to Lee, quiet")
    assert Defect.ROUND_INTERVAL not in _defects(pending, "they meet on 2 June and asked me in")
    assert Defect.ROUND_INTERVAL not in _defects(a_pending(date(2026, 6, 5), "Budget review"))


def test_due_long_after_what_the_buyer_agreed_contradicts_the_note() -> None:
    friday = date(2026, 3, 6)
    commitments = (Commitment(friday, friday, some_evidence()),)
    options = {"label": MEANINGFUL, "commitments": commitments}
    assert Defect.CONTRADICTS_NOTE in _defects(a_pending(date(2026, 9, 2)), **options)
    assert Defect.CONTRADICTS_NOTE not in _defects(a_pending(date(2026, 3, 9)), **options)


def test_rolled_often_is_kept_rolling() -> None:
    assert Defect.KEPT_ROLLING in _defects(a_pending(date(2026, 3, 10)), roll_overs=2)
    assert Defect.KEPT_ROLLING not in _defects(a_pending(date(2026, 3, 10)), roll_overs=1)
