"""Keys lead from label to reason to evidence; texts can't reach the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from eval.labelling.sheets import make_sheet
from tests.eval.labelling.making import a_session, bare, sheets, type_keys
from tests.eval.making import VAGUE, raw_record


def labelled(path: Path) -> list[dict[str, Any]]:
    """The records of a file of labels."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_label_reason_and_numbered_evidence(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    shown = type_keys(a_session(sheets("a"), path), "va3\n\n")
    assert "[1]Call back" in shown  # the pending subject comes before the text
    assert "[3]Call back in three months" in shown
    (record,) = labelled(path)
    assert (record["label"], record["reason"]) == ("vague_callback", "interval_callback")
    assert record["evidence"] == ["Call back in three months."]


def test_typed_words_are_cut_from_the_record_as_it_has_them(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    shown = type_keys(a_session(sheets("a"), path), "va\nCALL back  in THREE\nnot there\n-\n2\n\n")
    assert "one quote at least" in shown
    assert "do not stand in the record" in shown
    assert labelled(path)[0]["evidence"] == ["Nice chat."]


def test_one_can_go_back_at_each_step(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    type_keys(a_session(sheets("a"), path), "m<vb<\nxa2\n\n")
    (record,) = labelled(path)
    assert (record["label"], record["reason"]) == ("vague_callback", "interval_callback")


def test_unsure_comment_skip_undo_and_quit(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    session = a_session(sheets("a", "b", "c"), path)
    shown = type_keys(session, "ucask Lee\nva2\n\nszz\ns?q")
    assert "Enter keeps it" in shown
    assert "m v l" in shown
    (record,) = labelled(path)
    assert (record["id"], record["tags"], record["comment"]) == ("a", ["unsure"], "ask Lee")
    assert (session.labelled, session.skipped) == (1, 1)


def test_an_end_of_input_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    type_keys(a_session(sheets("a", "b"), path), "va2\n\nvb2")
    assert [r["id"] for r in labelled(path)] == ["a"]


def test_a_given_label_is_kept_with_enter_and_so_are_its_tests(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    tests = dict.fromkeys(("what", "when", "why_then", "agreed", "advances", "loss"), False)
    raw = raw_record("a", VAGUE, tests=tests, evidence=["Call back in three months"])
    type_keys(a_session([make_sheet(raw)], path), "\n")
    (record,) = labelled(path)
    assert record["evidence"] == ["Call back in three months"]
    assert record["tests"] == tests


def test_enter_keeps_nothing_where_nothing_was_given(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    assert "nothing to keep" in type_keys(a_session(sheets("a"), path), "\nq")
    assert not path.exists()


def test_a_quote_of_a_transcript_stays_inside_one_turn(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    text = "Rep: Does Thursday work?\nLee: Thursday it is, and we decide there.\nRep: Great."
    raw = bare("a", text=text, activity={"format": "transcript", "next_activity": None})
    shown = type_keys(a_session([make_sheet(raw)], path), "ma1-2\n2-3\n\n")
    assert "inside one turn" in shown
    assert "Lee: [2]Thursday it is" in shown
    assert labelled(path)[0]["evidence"] == ["Thursday it is, and we decide there."]


def test_control_characters_of_a_note_are_shown_as_signs(tmp_path: Path) -> None:
    hostile = "Paid\x1b[2J\x1b]0;owned\x07 in \u202efull. [bold]Call[/bold] back."
    raw = bare("a\x1b", text=hostile)
    shown = type_keys(a_session([make_sheet(raw)], tmp_path / "l.jsonl"), "q")
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "[bold]Call[/bold]" in shown
