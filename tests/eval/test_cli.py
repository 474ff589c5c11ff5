"""``auditor eval``: exit codes, one-line errors, JSON for machines, an HTML file for people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import auditor.classify.registry
from eval.cli import app
from tests.eval.making import LOSS, MEANINGFUL, VAGUE, ScriptedClassifier, raw_record, write_set

SCRIPT = {"a": (MEANINGFUL, 0.9), "b": (VAGUE, 0.8), "c": (VAGUE, 0.7)}


@pytest.fixture
def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set of three, judged by a script that has two right."""
    monkeypatch.setattr(
        auditor.classify.registry, "make_classifier", lambda *_, **__: ScriptedClassifier(SCRIPT)
    )
    monkeypatch.chdir(tmp_path)
    records = [
        raw_record("a", MEANINGFUL),
        raw_record("b", VAGUE, text="Nice <b>chat</b> & so on. Call back."),
        raw_record("c", LOSS),
    ]
    return write_set(tmp_path / "s.jsonl", records)


def test_run_writes_json_and_html(sound: Path, tmp_path: Path) -> None:
    to, page = tmp_path / "run.json", tmp_path / "run.html"
    done = CliRunner().invoke(app, ["run", str(sound), "--json", str(to), "--html", str(page)])
    assert done.exit_code == 0, done.output
    assert json.loads(to.read_text())["accuracy"] == pytest.approx(2 / 3, abs=1e-6)
    assert "macro-F1" in done.stdout
    html = page.read_text()
    assert "&lt;b&gt;chat&lt;/b&gt; &amp; so on" in html
    assert 'id="item-c"' in html
    assert "http://" not in html
    assert "https://" not in html


def test_json_on_stdout_is_nothing_but_json(sound: Path) -> None:
    done = CliRunner().invoke(app, ["run", str(sound), "--json", "-"])
    assert json.loads(done.stdout)["set"]["n"] == 3


def test_a_broken_floor_exits_one(sound: Path) -> None:
    done = CliRunner().invoke(app, ["run", str(sound), "--fail-under", "accuracy=0.9"])
    assert done.exit_code == 1
    assert "gate failed: accuracy is 0.6667" in done.stderr
    assert (
        CliRunner().invoke(app, ["run", str(sound), "--fail-under", "accuracy=0.6"]).exit_code == 0
    )


@pytest.mark.parametrize(
    "arguments",
    [["run", "nope.jsonl"], ["run", "s.jsonl", "--fail-under", "f9=1"], ["compare", "x", "y"]],
)
def test_what_cannot_be_used_exits_two_with_one_line(sound: Path, arguments: list[str]) -> None:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("auditor: ")


def test_a_set_with_errors_is_refused_unless_skipping(sound: Path) -> None:
    write_set(sound, [raw_record("a", MEANINGFUL), raw_record("b", evidence=["gone"])])
    refused = CliRunner().invoke(app, ["run", str(sound)])
    assert refused.exit_code == 2
    assert "quote not verbatim: 'gone'" in refused.stderr
    done = CliRunner().invoke(app, ["run", str(sound), "--skip-invalid"])
    assert done.exit_code == 0
    assert "1 records with errors were left out" in done.stderr
    assert CliRunner().invoke(app, ["check", str(sound)]).exit_code == 1


def test_check_counts_labels_and_is_strict_when_asked(sound: Path) -> None:
    assert "3 records, no error, 0 odd" in CliRunner().invoke(app, ["check", str(sound)]).stdout
    write_set(sound, [raw_record("a", text="Demo on Friday 3 March. Fine.")])
    assert CliRunner().invoke(app, ["check", str(sound)]).exit_code == 0
    assert CliRunner().invoke(app, ["check", str(sound), "--strict"]).exit_code == 1


def test_compare_and_its_gate(sound: Path, tmp_path: Path) -> None:
    to, worse = tmp_path / "a.json", tmp_path / "b.json"
    CliRunner().invoke(app, ["run", str(sound), "--json", str(to)])
    run = json.loads(to.read_text())
    for item in run["items"]:
        item["gold"] = item["label"]
    to.write_text(json.dumps(run))
    for item in run["items"]:
        item["label"] = "implicit_loss"
    worse.write_text(json.dumps(run))
    same = CliRunner().invoke(app, ["compare", str(to), str(to), "--gate"])
    assert same.exit_code == 0
    assert "same labels" in same.stdout
    assert CliRunner().invoke(app, ["compare", str(to), str(worse)]).exit_code == 0
    assert CliRunner().invoke(app, ["compare", str(to), str(worse), "--gate"]).exit_code == 1


def test_agreement_writes_what_to_adjudicate(sound: Path, tmp_path: Path) -> None:
    other = write_set(
        tmp_path / "o.jsonl", [{"id": i, "label": "implicit_loss"} for i in ("a", "b", "c")]
    )
    apart, to = tmp_path / "apart.jsonl", tmp_path / "agree.json"
    arguments = [str(sound), str(other), "--json", str(to), "--disagreements", str(apart)]
    done = CliRunner().invoke(app, ["agreement", *arguments])
    assert done.exit_code == 0, done.output
    assert "2 records to adjudicate" in done.stdout
    assert [json.loads(x)["id"] for x in apart.read_text().splitlines()] == ["a", "b"]
    assert json.loads(to.read_text())["n"] == 3


def test_a_baseline_says_that_it_needs_sets(sound: Path) -> None:
    done = CliRunner().invoke(app, ["run", str(sound), "--classifier", "tfidf"])
    assert done.exit_code == 2
    assert "--train" in done.stderr


def test_an_unknown_classifier_is_told_all_that_there_are(sound: Path) -> None:
    done = CliRunner().invoke(app, ["run", str(sound), "--classifier", "bert"])
    assert done.exit_code == 2
    assert "choose one of local, rules, llm, cascade, tfidf, knn" in " ".join(done.stderr.split())
