"""JSON and JSONL: lists, documents, CRM objects and the codebook's records."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.records import OpportunityStatus, StageChange
from auditor.intake.json_stream import JsonStream

from .reading import read_text

RECORD: dict[str, Any] = {
    "id": "r1",
    "label": "vague_callback",
    "reason": "interval_callback",
    "evidence": ["call back in three months"],
    "opportunity": {"stage": "Proposal"},
    "activity": {
        "kind": "call",
        "format": "note",
        "occurred_at": "2026-03-02T10:15:00",
        "text": "call back in three months",
        "next_activity": {"kind": "call", "subject": "Call back", "due_on": "2026-06-02"},
    },
    "history": [{"kind": "call", "occurred_at": "2026-01-02T10:00:00", "text": "no answer"}],
    "tests": {"what": True},
}
ROWS: list[dict[str, Any]] = [
    {"id": "1", "deal_id": "D1", "date": "2026-03-04", "note": "first words"},
    {"id": "2", "deal_id": "D1", "date": "2026-03-05", "note": "second words", "extra": None},
]


@pytest.mark.parametrize("form", ["list", "lines", "one", "records"])
def test_labelled_records_become_records_to_audit(tmp_path: Path, form: str) -> None:
    content = {
        "list": json.dumps([RECORD]),
        "lines": json.dumps(RECORD) + "\n",
        "one": json.dumps(RECORD, indent=2),
        "records": json.dumps({"records": [RECORD]}),
    }[form]
    result = read_text(tmp_path, "set.jsonl" if form == "lines" else "set.json", content)
    (record,) = result.records
    assert record.activity.id == "r1"
    assert record.activity.opportunity_id is None
    assert record.opportunity.stage == "Proposal"
    assert record.activity.occurred_at == datetime(2026, 3, 2, 10, 15)
    assert record.history[0].text == "no answer"
    assert result.problems == []


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"occurred_at": None}, "activity.occurred_at", "is missing"),
        ({"occurred_at": "20025-03-02"}, "activity.occurred_at", "20025"),
        ({"kind": "shout"}, "kind", "'shout'"),
        ({"text": 3}, "activity.text", "no text"),
        ({"text": "a\0b"}, "activity.text", "NUL"),
    ],
)
def test_a_bad_record_names_its_line_id_and_field(
    tmp_path: Path, change: dict[str, Any], field: str, words: str
) -> None:
    bad = RECORD | {"id": "bad", "activity": RECORD["activity"] | change}
    lines = "\n".join(json.dumps(r) for r in (RECORD, bad, RECORD | {"id": "r3"}))
    result = read_text(tmp_path, "set.jsonl", lines)
    assert [r.activity.id for r in result.records] == ["r1", "r3"]
    (problem,) = result.problems
    assert f"set.jsonl:2: field {field!r}" in problem
    assert "'bad'" in problem
    assert words in problem


def test_a_record_in_its_own_history_is_left_out_there(tmp_path: Path) -> None:
    looped = RECORD | {"history": [RECORD["history"][0] | {"id": "r1"}, *RECORD["history"]]}
    result = read_text(tmp_path, "set.json", json.dumps(looped))
    assert len(result.records[0].history) == 1
    assert "its own history" in result.said


@pytest.mark.parametrize("key", ["records", "data", "results", "activities", None])
def test_lists_and_documents_with_a_list_are_read_alike(tmp_path: Path, key: str | None) -> None:
    data = ROWS if key is None else {"done": True, key: ROWS, "paging": {"next": 2}}
    result = read_text(tmp_path, "a.json", json.dumps(data, indent=1))
    assert [a.text for a in result.activities] == ["first words", "second words"]


def test_json_lines_under_any_name(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(row) for row in ROWS)
    for name in ("a.jsonl", "a.json", "a.ndjson"):
        assert len(read_text(tmp_path, name, lines).activities) == 2


def test_a_bad_line_is_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = [json.dumps(ROWS[0]), '{"id": ', "[" * 100_000, "3", json.dumps(ROWS[1])]
    result = read_text(tmp_path, "a.jsonl", "\n".join(lines))
    assert len(result.activities) == 2
    assert [p.split(": ")[0].rsplit(":", 1)[1] for p in result.problems] == ["2", "3", "4"]


def test_a_list_that_breaks_off_keeps_what_came_before(tmp_path: Path) -> None:
    result = read_text(tmp_path, "a.json", json.dumps(ROWS, indent=1)[:-60])
    assert [a.id for a in result.activities] == ["1"]
    assert "no JSON" in result.problems[0]
    assert "a.json:8:" in result.problems[0]


def test_a_list_of_many_records_is_read_whole(tmp_path: Path) -> None:
    rows = [ROWS[0] | {"id": str(i), "note": f"words {i} " * 40} for i in range(3000)]
    result = read_text(tmp_path, "a.json", json.dumps(rows))
    assert [a.id for a in result.activities] == [str(i) for i in range(3000)]


def test_hubspot_objects(tmp_path: Path) -> None:
    deal = {
        "id": "901",
        "properties": {
            "dealname": "Roof",
            "dealstage": "closedlost",
            "amount": "500",
            "hs_is_closed": "true",
            "hs_is_closed_won": "false",
            "closedate": "2026-02-01T00:00:00Z",
            "hs_v2_date_entered_closedlost": "2026-02-01T08:00:00Z",
        },
    }
    call = {
        "id": "1",
        "properties": {
            "hs_timestamp": "2026-02-01T08:00:00Z",
            "hs_call_body": "<p>No.</p>",
            "hs_call_duration": "65000",
            "hs_call_disposition": "f240bbac-87c9-4f6e-bf70-924b57d47db7",
        },
        "associations": {"deals": {"results": [{"id": "901", "type": "call_to_deal"}]}},
    }
    result = read_text(tmp_path, "h.json", json.dumps({"results": [deal, call]}))
    (found,), (made,) = result.deals, result.activities
    assert found.status is OpportunityStatus.LOST
    assert found.closed_on == date(2026, 2, 1)
    assert found.stage_history == (StageChange(stage="closedlost", entered_on=date(2026, 2, 1)),)
    assert (made.opportunity_id, made.duration_seconds) == ("901", 65)
    assert made.text == "<p>No.</p>"


def test_salesforce_query_answers(tmp_path: Path) -> None:
    data = {
        "totalSize": 2,
        "records": [
            {"attributes": {"type": "Opportunity"}, "Id": "006A", "Name": "Roof", "Amount": 5.5,
             "StageName": "Proposal", "Owner": {"attributes": {"type": "User"}, "Name": "Dana"}},
            {"attributes": {"type": "Task"}, "Id": "00T", "WhatId": "006A", "Subject": "Call",
             "Description": "He will think", "ActivityDate": "2026-03-02", "IsClosed": True},
        ],
    }  # fmt: skip
    result = read_text(tmp_path, "q.json", json.dumps(data))
    assert (result.deals[0].owner, result.deals[0].value) == ("Dana", Decimal("5.5"))
    assert result.activities[0].text == "He will think"


def test_pipedrive_answers_and_close_events(tmp_path: Path) -> None:
    activity = {"id": 6, "done": True, "type": "call", "due_date": "2026-05-15", "subject": "Ring",
                "note": "Said no", "deal_id": 9, "owner_name": "Dana"}  # fmt: skip
    result = read_text(tmp_path, "p.json", json.dumps({"success": True, "data": activity}))
    assert (result.activities[0].opportunity_id, result.activities[0].owner) == ("9", "Dana")
    event = {"event": {"data": {"id": "acti_1", "lead_id": "lead_1", "note": "Said no",
                                "date_created": "2026-03-02T10:00:00"}}}  # fmt: skip
    (made,) = read_text(tmp_path, "c.json", json.dumps(event)).activities
    assert (made.id, made.opportunity_id) == ("acti_1", "lead_1")


def test_an_opportunity_with_its_activities_inside(tmp_path: Path) -> None:
    deal = {
        "id": "D1",
        "name": "Roof",
        "stage": "Proposal",
        "stage_history": [{"stage": "Proposal", "entered_on": "2026-01-02"}],
        "next_activity": {"kind": "call", "subject": "Ring", "due_on": "2026-05-01"},
        "activities": [{"id": "1", "occurred_at": "2026-03-04", "text": "words"}],
    }
    result = read_text(tmp_path, "d.json", json.dumps([deal]))
    assert result.activities[0].opportunity_id == "D1"
    found = result.deals[-1]
    assert found.stage_history[0].entered_on == date(2026, 1, 2)
    assert found.next_activity is not None
    assert found.next_activity.due_on == date(2026, 5, 1)


def test_events_that_carry_ids_only_are_told_apart(tmp_path: Path) -> None:
    event = {"eventId": 1, "subscriptionId": 2, "objectId": 3, "subscriptionType": "deal.creation"}
    result = read_text(tmp_path, "e.json", json.dumps([event]))
    assert "without its content" in result.problems[0]


def test_half_a_surrogate_pair_can_be_stored(tmp_path: Path) -> None:
    row = json.dumps(ROWS[0] | {"note": "X words"}).replace("X", "\\ud800")
    result = read_text(tmp_path, "a.jsonl", row)
    assert result.activities[0].text == "\N{REPLACEMENT CHARACTER} words"


class Trickle:
    """A text stream that gives a few characters at a time."""

    def __init__(self, text: str, step: int) -> None:
        self.text, self.step, self.place = text, step, 0

    def read(self, _: int) -> str:
        piece = self.text[self.place : self.place + self.step]
        self.place += len(piece)
        return piece


VALUES = st.lists(
    st.dictionaries(
        st.text(max_size=4), st.none() | st.integers() | st.text(max_size=8), max_size=3
    ),
    max_size=5,
)


@given(VALUES, st.integers(1, 7), st.sampled_from([None, 1]))
def test_the_stream_gives_what_json_gives(values: list[Any], step: int, indent: int | None) -> None:
    text = json.dumps(values, indent=indent)
    stream: Any = Trickle(text, step)
    assert [item.value for item in JsonStream(stream, "f")] == values


def test_pipedrives_flow_gives_stage_changes(tmp_path: Path) -> None:
    def change(key: str, new: str) -> dict[str, Any]:
        data = {"id": 1, "item_id": 77, "field_key": key, "old_value": "1", "new_value": new}
        return {"object": "dealChange", "data": data | {"log_time": "2026-01-02 10:00:00"}}

    flow = {"success": True, "data": [change("stage_id", "4"), change("value", "900")]}
    result = read_text(tmp_path, "flow.json", json.dumps(flow))
    (deal,) = result.deals
    assert deal.id == "77"
    assert deal.stage_history == (StageChange(stage="4", entered_on=date(2026, 1, 2)),)
