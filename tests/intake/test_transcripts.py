"""Transcripts of every recorder become turns a line each."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.records import ActivityKind, Side, TextFormat
from auditor.intake.transcripts.text import looks_like_turns, read_text_turns
from auditor.intake.transcripts.turns import Piece, join_pieces, render_turns
from auditor.intake.transcripts.vendors import read_vendor

from .reading import Result, read_text

TURNS = "[00:00:01] Dana Fox: Hello & hi. Are you well?\n[00:00:07] Lee: Fine."


def vtt(tmp_path: Path, body: str) -> Result:
    return read_text(tmp_path, "2026-03-04_call.vtt", "WEBVTT\n\n" + body)


def text_of(result: Result) -> str:
    (activity,) = result.activities
    assert activity.format is TextFormat.TRANSCRIPT
    assert activity.kind is ActivityKind.CALL
    return activity.text


def test_zooms_names_inside_the_cue(tmp_path: Path) -> None:
    body = (
        "1\n00:00:01.000 --> 00:00:03.000\nDana Fox: Hello &amp; hi.\n\n"
        "2\n00:00:03.000 --> 00:00:05.000\nDana Fox: Are you well?\n\n"
        "3\n00:00:07.000 --> 00:00:08.500\nLee: Fine.\n"
    )
    result = vtt(tmp_path, body)
    assert text_of(result) == TURNS
    assert result.activities[0].occurred_at == datetime(2026, 3, 4)
    assert result.activities[0].duration_seconds == 8


def test_teams_voice_spans_over_lines(tmp_path: Path) -> None:
    body = (
        "a/1-0\n00:00:01.000 --> 00:00:03.000\n<v Dana Fox>Hello &amp; hi.\nAre you well?</v>\n\n"
        "a/2-0\n00:00:07.000 --> 00:00:08.000\n<v.loud Lee>Fine.</v>\n"
    )
    assert text_of(vtt(tmp_path, body)) == TURNS


def test_names_on_a_line_of_their_own(tmp_path: Path) -> None:
    body = "".join(
        f"00:00:0{i}.000 --> 00:00:0{i}.900\n{name}\n{words}\n\n"
        for i, name, words in [(1, "Dana Fox", "Hello"), (2, "Lee", "Hi"), (3, "Dana Fox", "So"),
                               (4, "Lee", "Well")]
    )  # fmt: skip
    assert text_of(vtt(tmp_path, body)).splitlines()[1] == "[00:00:02] Lee: Hi"


def test_two_voices_in_one_cue_are_two_turns(tmp_path: Path) -> None:
    body = "00:00:01.000 --> 00:00:03.000\n<v Dana>Hello?</v>\n<v Lee>Yes.</v>\n"
    assert text_of(vtt(tmp_path, body)) == "[00:00:01] Dana: Hello?\n[00:00:01] Lee: Yes."


@pytest.mark.parametrize("times", ["00:00:03.000 --> soon", "00:00:03.000 -> 00:00:04.000"])
def test_a_cue_that_is_dropped_is_reported_with_its_line(tmp_path: Path, times: str) -> None:
    body = f"00:00:01.000 --> 00:00:02.000\nDana: Hi\n\n{times}\nLee: lost words\n"
    result = vtt(tmp_path, body)
    assert "call.vtt:6:" in result.problems[0]
    assert text_of(result) == "[00:00:01] Dana: Hi"


def test_a_vtt_without_its_first_line_is_one_error(tmp_path: Path) -> None:
    result = read_text(tmp_path, "a.vtt", "00:00:01.000 --> 00:00:02.000\nDana: Hi\n")
    assert "WEBVTT" in result.problems[0]


def test_srt(tmp_path: Path) -> None:
    body = (
        "1\n00:00:01,000 --> 00:00:03,000\nDana Fox: Hello & hi.\n\n"
        "2\n00:00:03,000 --> 00:00:05,000\nAre you well?\n\n"
        "3\n00:00:05,000 -> 00:00:05,500\nlost\n\n"
        "4\n00:00:07,000 --> 00:00:08,000\nLee: <i>Fine.</i>\n"
    )
    result = read_text(tmp_path, "call.srt", body)
    assert "[00:00:07] Lee: Fine." in text_of(result)
    assert len(result.problems) == 1


@pytest.mark.parametrize(
    "body",
    [
        "Dana Fox: Hello & hi.\nAre you well?\nLee: Fine.\nDana Fox: So?\n",
        "[00:01] Dana Fox: Hello & hi.\n[00:04] Dana Fox: Are you well?\n[00:07] Lee: Fine.\n",
        "00:00:01 Dana Fox: Hello & hi.\n\nAre you well?\n\n00:00:07 Lee: Fine.\nDana Fox: So?\n",
        "Dana Fox  0:01\nHello & hi.\nAre you well?\n\nLee  0:07\nFine.\n\nDana Fox  0:09\nSo?\n",
        "**Dana Fox:** Hello & hi. Are you well?\n**Lee:** Fine.\n**Dana Fox:** So?\n",
    ],
)
def test_text_transcripts_in_their_usual_forms(tmp_path: Path, body: str) -> None:
    lines = text_of(read_text(tmp_path, "call.txt", body)).split("\n")
    assert [line.split("] ")[-1] for line in lines[:2]] == [
        "Dana Fox: Hello & hi. Are you well?",
        "Lee: Fine.",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "Spoke to Lee. Next step: call in May.\nHe said: maybe.\nNothing else.",
        "Subject: Roof\nFrom: Dana\nTo: Lee\n\nDear Lee, see below.",
        "Pain: leaking roof\nBudget: none\nAuthority: Ann\nTimeline: unknown",
        "Just one line",
    ],
)
def test_notes_with_colons_are_no_transcripts(tmp_path: Path, body: str) -> None:
    (activity,) = read_text(tmp_path, "note.txt", body).activities
    assert activity.format is TextFormat.NOTE
    assert activity.text == body


NAMES = st.sampled_from(["Dana", "Lee", "Ann Holt"])
WORDS = st.text(st.characters(categories=("L", "N", "Zs")), min_size=1, max_size=20).filter(
    str.strip
)


@given(st.lists(st.tuples(NAMES, WORDS, st.integers(0, 86_399)), min_size=1, max_size=12))
def test_rendered_turns_are_read_back(said: list[tuple[str, str, int]]) -> None:
    turns = join_pieces(Piece(name, words, float(start)) for name, words, start in said)
    text = render_turns(turns)
    again = join_pieces(read_text_turns(text))
    assert render_turns(again) == text
    if len(said) > 6 and len({name for name, _, _ in said}) > 1 and len(turns) > 3:
        assert looks_like_turns(text)


GONG = {
    "callTranscripts": [
        {
            "callId": "77",
            "transcript": [
                {"speakerId": "s1", "sentences": [{"start": 1000, "end": 2000, "text": "Hello."}]},
                {"speakerId": "s1", "sentences": [{"start": 2000, "end": 3000, "text": "You?"}]},
                {"speakerId": "s2", "sentences": [{"start": 7000, "end": 8000, "text": "Fine."}]},
            ],
        }
    ],
    "calls": [
        {
            "metaData": {"id": "77", "title": "Roof", "started": "2026-03-04T10:00:00Z"},
            "parties": [
                {"speakerId": "s1", "name": "Dana", "affiliation": "Internal"},
                {"speakerId": "s2", "name": "Lee", "affiliation": "External"},
            ],
        }
    ],
}
FIREFLIES = {
    "data": {
        "transcript": {
            "id": "ff1",
            "title": "Roof",
            "date": 1772618400000,
            "sentences": [
                {"speaker_name": "Dana", "text": "Hello. You?", "start_time": "1.0"},
                {"speaker_name": "Lee", "text": "Fine.", "start_time": "7.1", "end_time": "8"},
            ],
        }
    }
}
WHISPERX = {
    "segments": [
        {"start": 1.2, "end": 3, "text": " Hello. You?", "speaker": "Dana"},
        {"start": 7, "end": 8, "text": " Fine.", "speaker": "Lee"},
    ]
}
CONTACT_LENS = {
    "Participants": [
        {"ParticipantId": "p1", "ParticipantRole": "AGENT"},
        {"ParticipantId": "p2", "ParticipantRole": "CUSTOMER"},
    ],
    "Transcript": [
        {"ParticipantId": "p1", "Content": "Hello. You?", "BeginOffsetMillis": 1000},
        {"ParticipantId": "p2", "Content": "Fine.", "BeginOffsetMillis": 7000},
    ],
}
ASSEMBLY = {
    "id": "aa",
    "utterances": [
        {"speaker": "A", "start": 1000, "end": 2000, "text": "Hello. You?"},
        {"speaker": "B", "start": 7000, "end": 8000, "text": "Fine."},
    ],
}
GENERIC = [
    {"speaker": "Dana", "text": "Hello. You?", "start": 1},
    {"speaker": "Lee", "text": "Fine.", "start": 7},
]
DEEPGRAM = {
    "metadata": {"duration": 9.5, "created": "2026-03-04T10:00:00.000Z"},
    "results": {
        "channels": [
            {
                "alternatives": [
                    {
                        "words": [
                            {
                                "word": "hello",
                                "punctuated_word": "Hello.",
                                "start": 1,
                                "speaker": 0,
                            },
                            {"word": "you", "punctuated_word": "You?", "start": 2, "speaker": 0},
                            {"word": "fine", "punctuated_word": "Fine.", "start": 7, "speaker": 1},
                        ]
                    }
                ]
            }
        ]
    },
}


@pytest.mark.parametrize(
    ("data", "names"),
    [(GONG, ("Dana", "Lee")), (FIREFLIES, ("Dana", "Lee")), (WHISPERX, ("Dana", "Lee")),
     (CONTACT_LENS, ("p1", "p2")), (ASSEMBLY, ("Speaker A", "Speaker B")),
     (GENERIC, ("Dana", "Lee")), ({"title": "x", "turns": GENERIC}, ("Dana", "Lee")),
     (DEEPGRAM, ("Speaker 0", "Speaker 1"))],
    ids=["gong", "fireflies", "whisperx", "contact lens", "assemblyai", "list", "in a key",
         "deepgram"],
)  # fmt: skip
def test_vendors_json_gives_the_same_turns(
    tmp_path: Path, data: Any, names: tuple[str, str]
) -> None:
    result = read_text(tmp_path, "call.json", json.dumps(data))
    first, second = names
    assert text_of(result) == f"[00:00:01] {first}: Hello. You?\n[00:00:07] {second}: Fine."
    assert result.problems == []


def test_roles_come_from_the_source(tmp_path: Path) -> None:
    for name, data in (("g", GONG), ("c", CONTACT_LENS)):
        (activity,) = read_text(tmp_path, f"{name}.json", json.dumps(data)).activities
        assert [p.role for p in activity.participants] == [Side.REP, Side.BUYER]


def test_id_title_and_time_come_from_the_source(tmp_path: Path) -> None:
    (gong,) = read_text(tmp_path, "g.json", json.dumps(GONG)).activities
    assert (gong.id, gong.subject) == ("77", "Roof")
    assert gong.occurred_at == datetime(2026, 3, 4, 10, tzinfo=UTC)
    (deepgram,) = read_text(tmp_path, "d.json", json.dumps(DEEPGRAM)).activities
    assert deepgram.duration_seconds == 10


def test_a_transcript_with_no_words_is_reported(tmp_path: Path) -> None:
    result = read_text(tmp_path, "g.json", json.dumps({"callTranscripts": [{"callId": "1"}]}))
    assert "holds no words" in result.problems[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["results", "channels", "segments", "sentences", "text", "speaker", "data",
                         "transcript", "callTranscripts", "Transcript", "utterances", "start",
                         "metadata", "alternatives", "words", "parties", "calls", "speakerId"]),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_no_shape_of_json_makes_the_reader_fail(data: Any) -> None:
    read_vendor(data)
