"""Labelled sets: every form is read into the same records, every error is told at once."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.labels import Label, Reason, Test
from auditor.domain.records import Side, TextFormat
from auditor.errors import InputError, LabelledSetError
from eval.labelled import load_labelled
from tests.eval.making import LOSS, MEANINGFUL, VAGUE, raw_record, write_set


def test_a_codebook_record_becomes_typed(tmp_path: Path) -> None:
    raw = raw_record(
        "a",
        MEANINGFUL,
        reasons_ok=["working_session_booked"],
        tags=["fam:f1", "pair:p1", "terse"],
        tests=dict.fromkeys(["what", "when", "why_then", "agreed", "advances"], True)
        | {"loss": False},
        history=[{"kind": "email", "occurred_at": "2026-02-01T09:00:00", "text": "Sent deck"}],
        activity={"participants": [{"name": "Lee", "role": "buyer"}]},
    )
    loaded = load_labelled(write_set(tmp_path / "s.jsonl", [raw]))
    one = loaded[0]
    assert (one.id, one.label, one.reason) == ("a", MEANINGFUL, Reason.DECISION_SCHEDULED)
    assert one.accepts(Reason.WORKING_SESSION_BOOKED)
    assert not one.accepts(Reason.WON)
    assert (one.pair, one.family, one.cluster, one.slices) == ("p1", "f1", "fam:f1", ("terse",))
    assert one.tests[Test.WHAT]
    assert one.loss is False
    assert one.record.activity.participants[0].role is Side.BUYER
    assert one.record.activity.next_activity is not None
    assert one.record.activity.next_activity.due_on == date(2026, 6, 2)
    assert one.record.history[0].text == "Sent deck"
    assert loaded.warnings == ()


def test_every_error_of_a_set_is_listed(tmp_path: Path) -> None:
    broken = [
        raw_record("a"),
        raw_record("label", label=VAGUE) | {"label": "maybe"},
        raw_record("quote", evidence=["not in there"]),
        raw_record("a"),
        raw_record("date", activity={"occurred_at": "2026-02-30T10:00:00"}),
        raw_record("due", activity={"next_activity": {"due_on": "2026-13-01"}}),
        raw_record("reason", reason="price"),
        {k: v for k, v in raw_record("lacks").items() if k != "activity"},
        raw_record("type", activity={"text": 7}),
        raw_record("none", evidence=[]),
        raw_record("kind", activity={"kind": "fax"}),
        raw_record("past", history=[{"kind": "call", "occurred_at": "2027-01-01", "text": "x"}]),
        raw_record("tags", tags=[1]),
    ]
    path = write_set(tmp_path / "s.jsonl", broken)
    with path.open("a", encoding="utf-8") as file:
        file.write("{broken\n[1]\n")
    with pytest.raises(LabelledSetError) as caught:
        load_labelled(path)
    told = str(caught.value)
    for expected in (
        "s.jsonl:2: 'label': unknown label 'maybe'",
        "s.jsonl:3: 'quote': quote not verbatim: 'not in there'",
        "s.jsonl:4: 'a': id occurs twice (first at s.jsonl:1)",
        "s.jsonl:5: 'date': occurred_at '2026-02-30T10:00:00' is no ISO date and time",
        "s.jsonl:6: 'due': due_on '2026-13-01' is no ISO date",
        "s.jsonl:7: 'reason': reason 'price' does not belong to vague_callback",
        "s.jsonl:8: 'lacks': lacks activity",
        "s.jsonl:9: 'type': activity.text is 7; text is wanted",
        "s.jsonl:10: 'none': 0 quotes",
        "s.jsonl:11: 'kind': unknown kind 'fax'",
        "s.jsonl:12: 'past': history out of order",
        "s.jsonl:13: 'tags': tags holds 1",
        "s.jsonl:14: not JSON",
        "s.jsonl:15: [1] is no JSON object",
    ):
        assert expected in told
    assert "14 errors in 14 of 15 records" in told


def test_half_a_surrogate_pair_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text(json.dumps(raw_record("a", text="Nice \ud83d chat. Bye.")))
    with pytest.raises(LabelledSetError, match="surrogate"):
        load_labelled(path)


def test_skip_invalid_goes_on_and_counts(tmp_path: Path) -> None:
    path = write_set(tmp_path / "s.jsonl", [raw_record("a"), raw_record("b", evidence=["gone"])])
    loaded = load_labelled(path, skip_invalid=True)
    assert [r.id for r in loaded] == ["a"]
    assert loaded.n_skipped == 1
    assert "quote not verbatim" in loaded.skipped[0]


def test_a_set_with_no_sound_record_is_refused_even_when_skipping(tmp_path: Path) -> None:
    path = write_set(tmp_path / "s.jsonl", [raw_record("b", evidence=["gone"])])
    with pytest.raises(LabelledSetError, match="gone"):
        load_labelled(path, skip_invalid=True)
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n")
    with pytest.raises(LabelledSetError, match="no record"):
        load_labelled(empty)


def test_oddities_warn_and_do_not_refuse(tmp_path: Path) -> None:
    odd = raw_record("a", text="Demo on Friday 3 March. Fine.")
    loaded = load_labelled(write_set(tmp_path / "s.jsonl", [odd]))
    assert "no such weekday" in loaded.warnings[0]


def test_a_folder_is_one_set_and_acts_are_no_records(tmp_path: Path) -> None:
    write_set(tmp_path / "b.jsonl", [raw_record("b")])
    (tmp_path / "sub").mkdir()
    write_set(tmp_path / "sub" / "acts.jsonl", [{"id": "b", "acts": [["Nice chat", "noise"]]}])
    (tmp_path / "a.json").write_text(json.dumps([raw_record("a", LOSS)]))
    (tmp_path / "README.md").write_text("no set")
    loaded = load_labelled(tmp_path)
    assert [r.id for r in loaded] == ["a", "b"]
    before = loaded.sha256
    write_set(tmp_path / "b.jsonl", [raw_record("c")])
    assert load_labelled(tmp_path).sha256 != before


def test_a_file_hash_is_that_of_its_bytes(tmp_path: Path) -> None:
    path = write_set(tmp_path / "s.jsonl", [raw_record("a")])
    assert load_labelled(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_id_repeated_in_two_files_is_an_error(tmp_path: Path) -> None:
    write_set(tmp_path / "a.jsonl", [raw_record("x")])
    write_set(tmp_path / "b.jsonl", [raw_record("x")])
    with pytest.raises(LabelledSetError, match=r"first at a\.jsonl:1"):
        load_labelled(tmp_path)


def test_a_missing_path_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file or folder"):
        load_labelled(tmp_path / "nope")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_needs_only_text_and_label(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "s.csv"
    rows = [["Text", "Label"], ["call back later", "Vague callback"], ["they signed", "loss"]]
    path.write_text("".join(delimiter.join(r) + "\r\n" for r in rows), encoding="utf-8-sig")
    loaded = load_labelled(path)
    assert [r.label for r in loaded] == [VAGUE, LOSS]
    assert [r.id for r in loaded] == ["s-1", "s-2"]
    assert loaded[0].reason is None
    assert "do not say when" in loaded.warnings[0]


def test_csv_columns_fill_the_record(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text(
        "id,text,label,reason,reasons_ok,evidence,stage,kind,format,occurred_at,participants,"
        "next_kind,next_subject,next_due_on,tags,colour\n"
        '7,"Dana: hi\nLee: Thursday 2pm, bring the contract",meaningful_next_step,'
        'decision_scheduled,won|contract_in_motion,"[""Thursday 2pm""]",Proposal,call,transcript,'
        '2026-03-02T10:00,"Dana=rep, Lee=buyer",meeting,Contract,2026-03-05,fam:x|terse,red\n',
        encoding="utf-8",
    )
    loaded = load_labelled(path)
    one = loaded[0]
    assert one.evidence == ("Thursday 2pm",)
    assert one.reasons_ok == (Reason.WON, Reason.CONTRACT_IN_MOTION)
    assert one.record.activity.format is TextFormat.TRANSCRIPT
    assert [p.role for p in one.record.activity.participants] == [Side.REP, Side.BUYER]
    assert one.record.activity.next_activity is not None
    assert one.record.activity.next_activity.due_on == date(2026, 3, 5)
    assert one.family == "x"
    assert loaded.warnings == ("s.csv: columns not read: colour",)


def test_csv_errors_name_the_line(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text('text,label,evidence\nfine,vague,\n"two\nlines",perhaps,\nx,loss,gone\n')
    with pytest.raises(LabelledSetError) as caught:
        load_labelled(path)
    assert "s.csv:4: 's-2': unknown label 'perhaps'" in str(caught.value)
    assert "s.csv:5: 's-3': quote not verbatim: 'gone'" in str(caught.value)
    path.write_text("note,outcome\nx,loss\n")
    with pytest.raises(LabelledSetError, match="no column 'label'"):
        load_labelled(path)


def _task(
    *results: dict[str, Any], text: str = "👍 They signed with Marsh", **annotation: Any
) -> Any:
    return {
        "id": 5,
        "data": {"text": text, "stage": "Proposal", "occurred_at": "2026-03-02T10:00:00"},
        "annotations": [{"completed_by": 1, "result": list(results), **annotation}],
    }


def _choice(value: str) -> dict[str, Any]:
    return {"type": "choices", "from_name": "q", "to_name": "t", "value": {"choices": [value]}}


def _mark(name: str, start: int, end: int, **more: Any) -> dict[str, Any]:
    return {"type": "labels", "value": {"start": start, "end": end, "labels": [name], **more}}


def test_label_studio_choices_and_spans(tmp_path: Path) -> None:
    task = _task(
        _choice("implicit_loss"),
        _choice("competitor_chosen"),
        _mark("Supporting", 3, 7, text="They"),
        _mark("Deciding", 8, 25),  # UTF-16 units, as a browser counts them
    )
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task]), encoding="utf-8")
    one = load_labelled(path)[0]
    assert (one.id, one.label, one.reason) == ("5", LOSS, Reason.COMPETITOR_CHOSEN)
    assert one.evidence == ("signed with Marsh", "They")


def test_label_studio_min_form(tmp_path: Path) -> None:
    item = {
        "id": 9,
        "text": "They signed with Marsh",
        "verdict": "implicit_loss",
        "why": {"choices": ["competitor_chosen"]},
        "evidence": [{"start": 5, "end": 22, "text": "signed with Marsh", "labels": ["Evidence"]}],
        "annotator": 1,
        "annotation_id": 3,
    }
    path = tmp_path / "min.json"
    path.write_text(json.dumps([item]), encoding="utf-8")
    one = load_labelled(path)[0]
    assert (one.id, one.label, one.reason) == ("9", LOSS, Reason.COMPETITOR_CHOSEN)
    assert one.evidence == ("signed with Marsh",)


def test_disagreeing_annotations_are_an_error_unless_one_is_chosen(tmp_path: Path) -> None:
    task = _task(_choice("implicit_loss"))
    task["annotations"].append({"completed_by": 2, "result": [_choice("vague_callback")]})
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task]), encoding="utf-8")
    with pytest.raises(LabelledSetError, match="annotations disagree"):
        load_labelled(path)
    assert load_labelled(path, annotator="2")[0].label is VAGUE
    task["annotations"][0]["ground_truth"] = True
    path.write_text(json.dumps([task]), encoding="utf-8")
    assert load_labelled(path)[0].label is LOSS


def test_an_unlabelled_or_cancelled_task_is_told(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    tasks = [_task(_choice("loss"), was_cancelled=True), {**_task(_choice("perhaps")), "id": 6}]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    with pytest.raises(LabelledSetError) as caught:
        load_labelled(path)
    assert "export.json#1: '5': no label was given" in str(caught.value)
    assert "export.json#2: '6': unknown label 'perhaps'" in str(caught.value)
    assert "2 errors in 2 of 2 records" in str(caught.value)


@pytest.mark.parametrize("form", ["by question", "by user"])
def test_argilla_records(tmp_path: Path, form: str) -> None:
    span = [{"label": "deciding", "start": 5, "end": 22}]
    answers = {"label": "implicit_loss", "reason": ["competitor_chosen"], "quotes": span}
    if form == "by question":
        responses: Any = {q: [{"value": v, "user_id": "u1"}] for q, v in answers.items()}
    else:
        values = {q: {"value": v} for q, v in answers.items()}
        responses = [
            {"values": {"label": {"value": "vague_callback"}}, "user_id": "u2", "status": "draft"},
            {"values": values, "user_id": "u1", "status": "submitted"},
        ]
    record = {
        "id": "r1",
        "fields": {"text": "They signed with Marsh"},
        "metadata": {"stage": "Proposal", "occurred_at": "2026-03-02T10:00:00"},
        "suggestions": {},
        "responses": responses,
    }
    path = tmp_path / "argilla.json"
    path.write_text(json.dumps([record]), encoding="utf-8")
    one = load_labelled(path)[0]
    assert (one.id, one.label, one.reason) == ("r1", LOSS, Reason.COMPETITOR_CHOSEN)
    assert one.evidence == ("signed with Marsh",)
    assert one.record.opportunity.stage == "Proposal"


def test_an_export_of_another_form_is_an_error_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    tasks = [{"id": 1, "data": {"text": "x"}, "annotations": ["what"]}]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    with pytest.raises(LabelledSetError, match="another form"):
        load_labelled(path)


def test_labels_are_all_read() -> None:
    assert {MEANINGFUL, VAGUE, LOSS} == set(Label)


def test_records_of_one_opportunity_are_drawn_together(tmp_path: Path) -> None:
    deal = {"id": "o1", "stage": "Demo"}
    records = [
        raw_record("a", opportunity=deal),
        raw_record("b", opportunity=deal, tags=["pair:p"]),
        raw_record("c"),
    ]
    labelled = load_labelled(write_set(tmp_path / "s.jsonl", records))
    assert [r.cluster for r in labelled] == ["opportunity:o1", "pair:p", "id:c"]
