"""Audits go through an OpenAI batch: questions out, answers in, the same verdict lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.classify.rules import RulesClassifier

Run = Callable[..., tuple[int, str, str]]
_QUOTE = "The board votes on Thursday"
_CSV = (
    "Opportunity ID,Owner,Activity Date,Type,Full Comments\n"
    f"006A,Dana,2026-03-09,Call,{_QUOTE} and he rings me Friday at 10\n"
    "006B,Lee,2026-03-09,Call,Call back in three months\n"
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the command line with the rules in place of the local model."""
    from auditor.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("auditor.classify.local.LocalClassifier", lambda **_: RulesClassifier())
    (tmp_path / "tasks.csv").write_text(_CSV, encoding="utf-8")

    def go(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["auditor", "audit", "tasks.csv", *arguments])
        capfd.readouterr()
        code = 0
        try:
            main()
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        out, err = capfd.readouterr()
        return code, out, err

    return go


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    meaningful = _QUOTE in request["body"]["messages"][1]["content"]
    content = {
        "label": "meaningful_next_step" if meaningful else "vague_callback",
        "reason": "decision_scheduled" if meaningful else "interval_callback",
        "tests": dict.fromkeys(("what", "when", "why_then", "agreed", "advances"), meaningful),
        "quotes": [{"text": _QUOTE if meaningful else "in three months", "speaker": None}],
        "question": "What then?",
        "step": None,
        "confidence": 0.95,
    }
    choice = {"finish_reason": "stop", "message": {"content": json.dumps(content)}}
    return {
        "custom_id": request["custom_id"],
        "response": {"status_code": 200, "body": {"model": "m-1", "choices": [choice]}},
    }


def test_a_batch_goes_out_and_its_answers_come_back_as_verdicts(run: Run, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUDITOR_LLM_MODEL", "openai:m")
        code, out, err = run("--classifier", "llm", "--batch-out", "requests.jsonl")
    assert (code, out) == (0, "")
    assert "2 requests" in err
    lines = (tmp_path / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(x)["custom_id"][:2] for x in lines] == ["1.", "2."]
    results = "\n".join(json.dumps(_answer(json.loads(line))) for line in lines)
    (tmp_path / "results.jsonl").write_text(results, encoding="utf-8")
    code, out, err = run("--classifier", "llm", "--batch-results", "results.jsonl")
    found = {v["opportunity_id"]: v for v in map(json.loads, out.splitlines())}
    assert code == 0
    assert found["006A"]["label"] == "meaningful_next_step"
    assert found["006A"]["evidence"][0]["quote"] == _QUOTE
    assert "Language model: asked about 2 of 2 records" in err


def test_a_cascade_puts_only_the_undecided_into_a_batch(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITOR_LLM_MODEL", "openai:m")
    monkeypatch.setenv("AUDITOR_LLM_CONTROL_SHARE", "0")
    monkeypatch.setenv("AUDITOR_LLM_ASK_BELOW", "0.1")
    code, _, err = run("--classifier", "cascade", "--batch-out", "requests.jsonl")
    assert code == 0
    assert "0 requests" in err
    assert (tmp_path / "requests.jsonl").read_text(encoding="utf-8") == ""


def test_a_classifier_that_asks_no_model_has_no_batch(run: Run) -> None:
    code, _, err = run("--classifier", "rules", "--batch-out", "requests.jsonl")
    assert code == 2
    assert "asks no language model" in err
