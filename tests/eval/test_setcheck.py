"""The check that data writers run: all errors of a file, with or without a sound schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.setcheck import main, record_errors
from tests.eval.making import LOSS, VAGUE, raw_record, write_set

_NONE = dict.fromkeys(["what", "when", "why_then", "agreed", "advances", "loss"], False)


def test_a_sound_file_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_set(tmp_path / "s.jsonl", [raw_record("a"), raw_record("b", LOSS)])
    assert main([str(path)]) == 0
    assert "2 records, 0 errors" in capsys.readouterr().out


def test_errors_are_listed_and_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = [raw_record("a"), raw_record("a", evidence=["gone"]), {"id": "b"}]
    assert main([str(write_set(tmp_path / "s.jsonl", records))]) == 1
    out = capsys.readouterr().out
    assert "ERROR a: id occurs twice" in out
    assert "ERROR a: quote not verbatim: 'gone'" in out
    assert "ERROR b: lacks activity" in out


def test_tests_that_contradict_the_label_are_errors() -> None:
    assert record_errors(raw_record("a", VAGUE, tests=_NONE)) == []
    stands = {**_NONE, "what": True, "when": True, "agreed": True, "advances": True}
    assert "five tests stand" in record_errors(raw_record("a", VAGUE, tests=stands))[0]
    assert "loss sign is not set" in record_errors(raw_record("a", LOSS, tests=_NONE))[0]


def test_a_quote_over_two_turns_is_an_error() -> None:
    text = "Dana: Friday?\nLee: yes"
    record = raw_record("a", text=text, evidence=["Friday?\nLee: yes"])
    record["activity"]["format"] = "transcript"
    assert record_errors(record) == ["quote crosses a turn: 'Friday?\\nLee: yes'"]
