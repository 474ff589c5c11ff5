"""A session saves after each record, goes on where it stopped, and takes steps back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.domain.labelling import GivenLabel
from auditor.domain.labels import Reason
from auditor.errors import InputError
from eval.labelled import load_labelled
from eval.labelling.sheets import make_sheet
from eval.labelling.store import LabelStore
from tests.eval.labelling.making import a_session, bare, sheets
from tests.eval.making import LOSS, VAGUE, raw_record

CALL_BACK = GivenLabel(VAGUE, Reason.INTERVAL_CALLBACK, ("Call back in three months",))
GONE = GivenLabel(LOSS, Reason.CONTACT_GONE, ("Nice chat",), unsure=True, comment="not sure")


def test_each_record_is_on_disk_as_soon_as_it_is_decided(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    session = a_session(sheets("a", "b"), path, annotator="MK")
    session.keep(CALL_BACK)
    first = json.loads(path.read_text())
    assert (first["id"], first["label"], first["annotator"]) == ("a", "vague_callback", "MK")
    assert (session.labelled, session.total) == (1, 2)
    assert not list(tmp_path.glob("*.part"))


def test_the_file_is_a_labelled_set(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    session = a_session(sheets("a", "b"), path)
    session.keep(CALL_BACK)
    session.keep(GONE)
    labelled = load_labelled(path)
    assert [(r.id, r.label, r.reason) for r in labelled] == [
        ("a", VAGUE, Reason.INTERVAL_CALLBACK),
        ("b", LOSS, Reason.CONTACT_GONE),
    ]
    assert labelled[1].tags == ("unsure",)
    assert labelled[1].raw["comment"] == "not sure"


def test_the_next_session_goes_on_where_this_one_stopped(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    first = a_session(sheets("a", "b", "c"), path)
    first.keep(CALL_BACK)
    first.skip()
    again = a_session(sheets("a", "b", "c"), path)
    assert again.current is not None
    assert (again.current.id, again.labelled, again.skipped) == ("b", 1, 0)


def test_a_record_whose_text_changed_comes_again(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    a_session(sheets("a"), path).keep(CALL_BACK)
    again = a_session([make_sheet(bare("a", text="They signed with Marsh."))], path)
    assert again.current is not None


def test_undo_takes_the_label_out_of_the_file_and_remembers_it(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    session = a_session(sheets("a", "b"), path)
    session.keep(GONE)
    session.skip()
    assert session.undo()
    assert session.current is not None
    assert session.current.id == "b"
    assert session.undo()
    assert path.read_text() == ""
    assert session.former == GONE
    assert not session.undo()


def test_undo_reaches_into_an_earlier_session(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    a_session(sheets("a", "b"), path).keep(CALL_BACK)
    again = a_session(sheets("a", "b"), path)
    assert again.undo()
    assert again.former == CALL_BACK


def test_a_blind_session_neither_shows_nor_keeps_what_others_said(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    raw = raw_record("a", tags=["pair:p", "hard"], labels={"x": "implicit_loss"})
    open_one = a_session([make_sheet(raw)], tmp_path / "open.jsonl")
    assert open_one.former is not None
    assert open_one.said_by_others == {"x": "implicit_loss"}
    blind = a_session([make_sheet(raw)], path, blind=True)
    assert blind.former is None
    assert blind.said_by_others == {}
    blind.keep(CALL_BACK)
    kept = json.loads(path.read_text())
    assert kept["tags"] == ["pair:p"]
    assert "labels" not in kept


def test_what_stands_in_the_file_besides_the_set_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    path.write_text(json.dumps(raw_record("other")) + "\n")
    session = a_session(sheets("a"), path)
    session.keep(CALL_BACK)
    assert list(LabelStore(path)) == ["other", "a"]
    assert session.labelled == 1


def test_a_file_that_someone_else_changed_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    session = a_session(sheets("a", "b"), path)
    session.keep(CALL_BACK)
    theirs = path.read_text() + json.dumps(raw_record("other")) + "\n"
    path.write_text(theirs)
    with pytest.raises(InputError, match="changed meanwhile"):
        session.keep(CALL_BACK)
    assert path.read_text() == theirs
    assert session.current is not None
    assert session.current.id == "b"


@pytest.mark.parametrize("line", ["{", "[]", '{"label": "vague_callback"}'])
def test_a_file_that_holds_no_labels_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "l.jsonl"
    path.write_text(f"{line}\n")
    with pytest.raises(InputError, match=r"l\.jsonl:1"):
        LabelStore(path)
