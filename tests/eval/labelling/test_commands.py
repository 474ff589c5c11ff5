"""``auditor eval label`` and ``auditor eval suggest`` from end to end, without a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.labelled import load_labelled
from tests.eval.labelling.making import bare
from tests.eval.making import LOSS, MEANINGFUL, raw_record, write_set


def test_label_writes_a_set_and_a_second_start_goes_on(tmp_path: Path) -> None:
    to_label = write_set(tmp_path / "s.jsonl", [bare("a"), bare("b")])
    first = CliRunner().invoke(
        app, ["label", str(to_label), "--annotator", "M K"], input="va2\n\nq"
    )
    assert first.exit_code == 0, first.output
    assert "1 of 2 labelled, 1 left" in first.stderr
    again = CliRunner().invoke(app, ["label", str(to_label), "--annotator", "M K"], input="vb2\n\n")
    assert "2 of 2 labelled, 0 left" in again.stderr
    assert [r.id for r in load_labelled(tmp_path / "s.M-K.jsonl")] == ["a", "b"]


def test_a_blind_pass_ends_with_how_to_compare(tmp_path: Path) -> None:
    labelled = write_set(tmp_path / "s.jsonl", [raw_record("a", LOSS), raw_record("b", MEANINGFUL)])
    second = tmp_path / "second.jsonl"
    arguments = ["label", str(labelled), "--blind", "--out", str(second), "--order", "shuffled"]
    done = CliRunner().invoke(app, arguments, input="la2\n\nla2\n\n")
    assert done.exit_code == 0, done.output
    assert f"auditor eval agreement {labelled} {second}" in done.stderr
    assert "implicit_loss" not in done.stdout
    compared = CliRunner().invoke(app, ["agreement", str(labelled), str(second)])
    assert "1 records to adjudicate" in compared.stdout


def test_the_set_itself_is_never_written_over(tmp_path: Path) -> None:
    path = write_set(tmp_path / "s.jsonl", [bare("a")])
    done = CliRunner().invoke(app, ["label", str(path), "--out", str(path)])
    assert done.exit_code == 2
    assert "is the set itself" in done.stderr


def test_suggest_reads_an_export_and_its_choice_can_be_labelled(tmp_path: Path) -> None:
    export = tmp_path / "notes.csv"
    notes = [
        "Board votes on Thursday, Lee asked us in",
        "Nice chat, call back in three months",
        "They signed with Marsh last week",
        "Maybe after the summer, he will see what the others say",
    ]
    rows = [f'T{i},2026-03-0{i + 1},Call,"{note}"\n' for i, note in enumerate(notes)]
    rows.append(rows[0].replace("T0", "T9"))
    export.write_text("Task ID,Date,Type,Comments\n" + "".join(rows))
    chosen = tmp_path / "to-label.jsonl"
    done = CliRunner().invoke(app, ["suggest", str(export), "--n", "2", "--out", str(chosen)])
    assert done.exit_code == 0, done.output
    assert "2 of 5 records chosen (1 near-duplicates folded)" in done.stderr
    records = [json.loads(line) for line in chosen.read_text().splitlines()]
    assert [r["suggested"]["rank"] for r in records] == [1, 2]
    assert not {"label", "reason", "evidence"} & set(records[0])
    arguments = ["label", str(chosen), "--order", "uncertainty"]
    labelled = CliRunner().invoke(app, arguments, input="va1\n\nvb1\n\n")
    assert "2 of 2 labelled" in labelled.stderr


@pytest.mark.parametrize("arguments", [["label", "nope"], ["suggest", "nope"]])
def test_a_path_that_is_not_there_exits_two_with_one_line(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
