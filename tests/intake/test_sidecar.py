"""What stands beside a transcript, in its name, or on the file tells about it."""

from __future__ import annotations

import json
import os
from datetime import date, datetime
from pathlib import Path

from auditor.domain.records import ActivityKind, NextActivity, Side

from .reading import read, read_text

CALL = (
    "WEBVTT\n\n00:00:01.000 --> 00:00:03.000\nDana: Hello\n\n"
    "00:00:04.000 --> 00:00:05.000\nLee: Hi\n"
)
TOLD = {
    "opportunity": {"id": "D1", "stage": "Proposal", "value": "1200"},
    "occurred_at": "2026-03-02T10:15:00",
    "participants": [{"name": "Dana", "role": "rep"}, {"name": "lee", "role": "buyer"}],
    "next_activity": {"kind": "call", "subject": "Call back", "due_on": "2026-06-02"},
}


def test_a_json_sidecar_tells_opportunity_time_and_pending(tmp_path: Path) -> None:
    (tmp_path / "call.vtt").write_text(CALL)
    (tmp_path / "call.json").write_text(json.dumps(TOLD))
    result = read(tmp_path)
    (activity,), (deal,) = result.activities, result.deals
    assert (deal.id, deal.stage) == ("D1", "Proposal")
    assert activity.opportunity_id == "D1"
    assert activity.occurred_at == datetime(2026, 3, 2, 10, 15)
    assert [p.role for p in activity.participants] == [Side.REP, Side.BUYER]
    assert activity.next_activity == NextActivity(
        kind=ActivityKind.CALL, subject="Call back", due_on=date(2026, 6, 2)
    )
    assert len(result.items) == 2, "the sidecar is no file of its own"


def test_a_toml_sidecar_beside_a_json_transcript(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps([{"speaker": "Dana", "text": "Hi"}]))
    (tmp_path / "c.meta.toml").write_text(
        'opportunity = "D2"\nstage = "Demo"\noccurred_at = "2026-03-02"\nowner = "Dana"\n'
    )
    result = read(tmp_path)
    assert result.deals[0].stage == "Demo"
    assert result.activities[0].opportunity_id == "D2"
    assert result.activities[0].participants[0].role is Side.REP


def test_a_broken_sidecar_is_said_and_the_transcript_kept(tmp_path: Path) -> None:
    (tmp_path / "2026-03-04_c.vtt").write_text(CALL)
    for content in ("{oops", "[1]", '{"occurred_at": "20025-01-01"}', '{"participants": 3}'):
        (tmp_path / "2026-03-04_c.json").write_text(content)
        result = read(tmp_path)
        assert len(result.activities) == 1
        assert len(result.report.flaws) == 1


def test_unknown_keys_are_said(tmp_path: Path) -> None:
    (tmp_path / "c.vtt").write_text(CALL)
    (tmp_path / "c.json").write_text('{"occurred_at": "2026-03-04", "mood": "good"}')
    assert "mood" in read(tmp_path).said


def test_the_name_tells_day_and_time(tmp_path: Path) -> None:
    for name, when in (
        ("2026-03-04_holt.vtt", datetime(2026, 3, 4)),
        ("GMT20260304-101500_Recording.vtt", datetime(2026, 3, 4, 10, 15)),
        ("holt 2026-03-04 10.15.vtt", datetime(2026, 3, 4, 10, 15)),
    ):
        (activity,) = read_text(tmp_path, name, CALL).activities
        assert activity.occurred_at == when


def test_else_the_files_last_change_is_taken_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "holt.vtt"
    path.write_text(CALL)
    moment = datetime(2026, 2, 3, 4, 5, 6)
    os.utime(path, (moment.timestamp(), moment.timestamp()))
    result = read(path)
    assert result.activities[0].occurred_at == moment
    assert "last change" in result.said
