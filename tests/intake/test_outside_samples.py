"""Real transcripts, payloads and records, where the test data stands beside this checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.domain.records import Side, TextFormat

from .reading import Result, read

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the outside test data is not here")


def sample(name: str) -> Result:
    return read(DATA / "webhooks" / name)


def test_meetings_are_long_transcripts() -> None:
    result = read(DATA / "meetings")
    assert len(result.activities) == 12
    assert {a.format for a in result.activities} == {TextFormat.TRANSCRIPT}
    assert all(len(a.participants) == 4 for a in result.activities)
    assert result.problems == []


def test_labelled_records_are_all_read() -> None:
    result = read(*sorted((DATA / "records").glob("fam_*.jsonl")))
    assert len(result.records) == 2700
    assert result.problems == []


@pytest.mark.parametrize(
    ("name", "turns", "roles"),
    [
        ("aws_contact_lens_turns.json", 3, {Side.REP, Side.BUYER}),
        ("deepgram_words_excerpt.json", 1, {Side.UNKNOWN}),
        ("gong_transcript_shape.json", 1, {Side.UNKNOWN}),
        ("teams_transcript_shape.vtt", 2, {Side.UNKNOWN}),
        ("zoom_transcript_excerpt.vtt", 2, {Side.UNKNOWN}),
    ],
)
def test_recorders_samples_are_read(name: str, turns: int, roles: set[Side]) -> None:
    (activity,) = sample(name).activities
    assert activity.text.count("\n") + 1 == turns
    assert {p.role for p in activity.participants} == roles


def test_payloads_without_content_are_reported_never_a_crash() -> None:
    result = read(DATA / "webhooks")
    assert result.report.error_count > 10
    assert all("webhooks" in problem for problem in result.problems)
