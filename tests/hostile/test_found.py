"""What fuzzing found, each as the smallest input that showed it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.domain.records import Activity
from auditor.intake.crm.changes import PayloadError
from auditor.intake.crm.events import Event, Names
from auditor.intake.crm.messages import read_message
from auditor.intake.dates import DateError, parse_when
from auditor.intake.transcripts.cues import read_srt
from auditor.intake.transcripts.vendors import read_vendor
from auditor.intake.values import parse_amount, parse_duration
from tests.hostile.bending import zipped
from tests.hostile.bounds import within
from tests.hostile.samples import workbook
from tests.intake.reading import read, read_text


@pytest.mark.parametrize("seconds", ["1e999", "-1e999", "NaN", "Infinity", "1" + "0" * 400])
def test_times_that_no_clock_shows_are_left_out(seconds: str) -> None:
    data = json.loads(
        '{"metadata": {"duration": %s}, "results": {"channels": [], "utterances": '
        '[{"transcript": "hello", "start": %s, "end": %s}]}}' % ((seconds,) * 3)
    )
    found = read_vendor(data)
    assert found is not None
    assert found[0].duration_seconds is None
    assert found[0].pieces[0].end is None


def test_a_speakers_id_that_is_a_list_is_words_like_any_other() -> None:
    data = {
        "parties": [{"speakerId": ["1"], "name": "Dana"}],
        "callTranscripts": [
            {"transcript": [{"speakerId": ["1"], "sentences": [{"text": "hello"}]}]}
        ],
    }
    found = read_vendor(data)
    assert found is not None
    assert found[0].pieces[0].speaker == "Dana"


def test_a_time_of_a_cue_beyond_any_clock_is_told(tmp_path: Path) -> None:
    body = "1\n99999999999:00:00,000 --> 99999999999:00:01,000\nHello\n\n"
    result = read_text(tmp_path, "2026-03-04_t.srt", body + "2\n00:00:01,0 --> 00:00:02,0\nYes\n")
    assert [a.text for a in result.activities] == ["[00:00:01] Speaker: Yes"]
    assert "can't be read" in result.problems[0]


@pytest.mark.parametrize("pumped", ["1", "\n", "1\n", " ", "00:00:01,0 --> ", "-"])
def test_srt_takes_time_by_its_length_only(pumped: str) -> None:
    from auditor.intake import IntakeReport

    body = "1\n00:00:01,000 --> 00:00:02,000\nHello\n"
    with within(3):
        pieces = read_srt(body + pumped * 50_000, file="t", report=IntakeReport())
    assert pieces[0].text.startswith("Hello")


@pytest.mark.parametrize("part", ["[Content_Types].xml", "xl/workbook.xml", "xl/styles.xml"])
@pytest.mark.parametrize("content", [b"", b"<", b"\x00", b"<a/>", b"<a><b r='x'"])
def test_a_workbook_with_a_broken_part_is_one_clear_error(
    tmp_path: Path, part: str, content: bytes
) -> None:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(workbook())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    path = tmp_path / "t.xlsx"
    path.write_bytes(zipped({**parts, part: content}))
    result = read(path)
    assert result.items or len(result.problems) == 1


def test_a_workbook_without_a_table_says_so(tmp_path: Path) -> None:
    import openpyxl

    path = tmp_path / "t.xlsx"
    openpyxl.Workbook().save(path)
    assert "no sheet of the workbook holds a table" in read(path).problems[0]


def test_a_file_of_calls_without_any_says_so(tmp_path: Path) -> None:
    result = read_text(tmp_path, "t.json", '{"callTranscripts": []}')
    assert "holds no call" in result.problems[0]


def test_half_a_surrogate_pair_beside_a_transcript_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "2026-03-04_t.json").write_text('{"id": "\\ud800", "opportunity": "\\udc00"}')
    result = read_text(tmp_path, "2026-03-04_t.txt", "Lee: hi\nDana: yes\nLee: no\n")
    assert result.activities[0].id == "\N{REPLACEMENT CHARACTER}"


def test_an_amount_of_four_hundred_digits_is_none() -> None:
    with pytest.raises(ValueError, match="digits"):
        parse_amount("9" * 400)


def test_a_date_of_a_megabyte_is_told_at_once() -> None:
    with within(1), pytest.raises(DateError, match="characters"):
        parse_when("1 " * 500_000, None)


def test_lengths_are_read_as_before() -> None:
    assert parse_duration("1h 5m 3s", "s") == timedelta(hours=1, minutes=5, seconds=3).seconds
    with within(1):
        assert parse_duration("0" * 100_000, "s") == 0


@pytest.mark.parametrize("words", ["renewed ", "Tuesday ", "board ", "a (", "<v ", "a." * 20 + " "])
def test_a_note_of_repeated_words_is_judged_in_time(tmp_path: Path, words: str) -> None:
    from auditor.classify.registry import make_classifier, make_policy
    from auditor.classify.verdicts import judge
    from auditor.settings import Settings
    from tests.builders import a_record

    settings = Settings(classifier="rules")
    rules = make_classifier("rules", settings)
    with within(4):
        judge([a_record(words * (60_000 // len(words)))], rules, make_policy(rules, settings))


def test_a_length_that_no_database_holds_is_refused(tmp_path: Path) -> None:
    record = {
        "id": "r",
        "activity": {"occurred_at": "2026-03-04", "text": "x", "duration_seconds": 10**30},
    }
    result = read_text(tmp_path, "t.jsonl", json.dumps(record) + "\n")
    assert "duration_seconds" in result.problems[0]
    assert [a for a in result.items if isinstance(a, Activity)] == []


@pytest.mark.parametrize(
    "told",
    [
        {"type": "opportunity.changed", "data": {"id": "o", "w" * 5_000: 1}},
        {
            "type": "record",
            "data": {
                "activity": {
                    "text": "x",
                    "occurred_at": "2026-03-04",
                    "participants": [{"name": "Lee", "w" * 5_000: 1}],
                }
            },
        },
    ],
)
def test_an_unknown_field_of_five_thousand_letters_is_named_in_short(told: object) -> None:
    with pytest.raises(PayloadError, match=r"field '.*www") as caught:
        read_message(Event("e", "e1", json.dumps(told), datetime(2026, 3, 1, tzinfo=UTC)), Names())
    assert len(str(caught.value)) < 300
