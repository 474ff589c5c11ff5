"""Records to label come from codebook files, labelled or not, and from any export."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import InputError, LabelledSetError
from auditor.intake.codebook import codebook_record
from eval.labelled import audit_record
from eval.labelling.sheets import read_sheets
from tests.eval.labelling.making import bare
from tests.eval.making import raw_record, write_set


def test_labels_are_parted_from_the_record(tmp_path: Path) -> None:
    path = write_set(tmp_path / "s.jsonl", [raw_record("a"), bare("b")])
    first, second = read_sheets([path])
    assert (first.id, first.given["label"], "label" in first.raw) == ("a", "vague_callback", False)
    assert second.given == {}


def test_every_error_is_listed_or_left_out(tmp_path: Path) -> None:
    broken = [bare("a"), bare("a"), {"id": "c", "activity": {"text": 1}, "opportunity": {}}]
    path = write_set(tmp_path / "s.jsonl", broken)
    with pytest.raises(LabelledSetError, match=r"s\.jsonl:2.*occurs twice") as caught:
        read_sheets([path])
    assert "s.jsonl:3" in str(caught.value)
    told: list[str] = []
    assert [s.id for s in read_sheets([path], skip_invalid=told.append)] == ["a"]
    assert len(told) == str(caught.value).count("\n")


def test_an_export_goes_through_intake(tmp_path: Path) -> None:
    path = tmp_path / "tasks.csv"
    path.write_text(
        "Task ID,Date,Type,Opportunity,Comments,Due Date\n"
        'T1,2026-03-02,Call,O1,"Nice chat, call back in three months",2026-06-02\n'
        "T2,2026-03-05,Call,O1,Left a voicemail,\n"
    )
    first, second = read_sheets([path])
    assert first.raw["activity"]["text"] == "Nice chat, call back in three months"
    assert second.record.history[0].text == first.record.activity.text
    assert audit_record(second.raw).history == audit_record(codebook_record(second.record)).history


def test_ids_of_several_files_are_told_apart(tmp_path: Path) -> None:
    one = write_set(tmp_path / "one.jsonl", [bare("a")])
    two = write_set(tmp_path / "two.jsonl", [bare("a")])
    assert [s.id for s in read_sheets([one, two])] == ["a", "a~2"]


def test_nothing_to_label_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file or folder"):
        read_sheets([tmp_path / "nope.jsonl"])
