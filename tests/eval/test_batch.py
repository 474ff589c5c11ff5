"""Batch files go out without labels or personal data, and answers find their records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auditor.classify.rules import RulesClassifier
from eval.cli import app
from tests.eval.making import raw_record, write_set

RUNNER = CliRunner()
_TEXT = "Ring lee@marsh.example. The board votes on Thursday and he calls me Friday at 10."
_QUOTE = "The board votes on Thursday"


@pytest.fixture(autouse=True)
def _rules_for_the_local_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The rules stand in for the local model; no settings of the machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("auditor.classify.local.LocalClassifier", lambda **_: RulesClassifier())


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    records = [_record(f"r{i}", f"No {i}. {_TEXT}") for i in range(3)]
    return write_set(tmp_path / "set.jsonl", records)


def _record(record_id: str, text: str) -> dict[str, Any]:
    raw = raw_record(record_id)
    raw["activity"]["text"] = text
    raw["evidence"] = [_QUOTE]
    return raw


def _requests(labelled: Path, out: Path) -> list[dict[str, Any]]:
    done = RUNNER.invoke(app, ["batch", str(labelled), "--out", str(out), "--model", "openai:m"])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def _answer(custom_id: str, **body: Any) -> dict[str, Any]:
    content = {
        "label": "meaningful_next_step",
        "reason": "decision_scheduled",
        "tests": dict.fromkeys(("what", "when", "why_then", "agreed", "advances"), True),
        "quotes": [{"text": _QUOTE, "speaker": None}],
        "question": "What did they decide?",
        "step": None,
        "confidence": 0.95,
    }
    message = {"role": "assistant", "content": json.dumps(content)}
    return {
        "custom_id": custom_id,
        "error": None,
        "response": {
            "status_code": 200,
            "body": {
                "model": "m-1",
                "choices": [{"finish_reason": "stop", "message": message}],
                "usage": {"prompt_tokens": 900, "completion_tokens": 100},
                **body,
            },
        },
    }


def _write(path: Path, entries: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(e) + "\n" for e in entries), encoding="utf-8")
    return path


def test_requests_hold_the_question_and_neither_label_nor_address(
    labelled: Path, tmp_path: Path
) -> None:
    requests = _requests(labelled, tmp_path / "requests.jsonl")
    assert len(requests) == 3
    assert requests[0]["custom_id"].startswith("r0.")
    body = requests[0]["body"]
    assert body["model"] == "m"
    assert body["response_format"]["json_schema"]["strict"] is True
    told = body["messages"][1]["content"]
    assert "[EMAIL_1]" in told
    assert "lee@marsh" not in json.dumps(requests)
    assert "vague_callback" not in told


def test_results_are_judged_and_their_use_is_counted(labelled: Path, tmp_path: Path) -> None:
    requests = _requests(labelled, tmp_path / "requests.jsonl")
    results = _write(tmp_path / "results.jsonl", [_answer(r["custom_id"]) for r in requests[::-1]])
    run = ["run", str(labelled), "--classifier", "llm", "--batch-results", str(results)]
    done = RUNNER.invoke(app, [*run, "--json", str(tmp_path / "run.json")])
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert {i["label"] for i in found["items"]} == {"meaningful_next_step"}
    assert found["items"][0]["evidence"][0]["quote"] == _QUOTE
    assert (found["llm"]["calls"], found["llm"]["tokens"]) == (3, 3000)
    assert "llm-m-1+rules-1" in found["classifier"]


@pytest.mark.parametrize(
    "broken",
    [
        {"error": {"code": "x"}, "response": None},
        {"response": {"status_code": 500, "body": {}}},
        {"response": {"status_code": 200, "body": {"choices": []}}},
        {"response": {"status_code": 200, "body": "<html>"}},
    ],
)
def test_a_request_that_failed_leaves_the_local_opinion(
    broken: dict[str, Any], labelled: Path, tmp_path: Path
) -> None:
    requests = _requests(labelled, tmp_path / "requests.jsonl")
    entries = [_answer(r["custom_id"]) for r in requests[:2]]
    entries[0] |= broken
    results = _write(tmp_path / "results.jsonl", entries)
    run = ["run", str(labelled), "--classifier", "llm", "--batch-results", str(results)]
    done = RUNNER.invoke(app, [*run, "--json", str(tmp_path / "run.json")])
    assert done.exit_code == 0, done.output
    items = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["items"]
    heard = [not any("was not heard" in w for w in i["warnings"]) for i in items]
    assert heard == [False, True, False]


@pytest.mark.parametrize(
    ("classifier", "content", "told"),
    [
        ("llm", "not json\n", "no result of a batch"),
        ("llm", "", "holds no results"),
        ("llm", json.dumps(_answer("r0.0123")) + "\n", "answers no question"),
        ("rules", json.dumps(_answer("r0.0123")) + "\n", "asks no language model"),
    ],
)
def test_results_that_cannot_be_used_exit_two(
    classifier: str, content: str, told: str, labelled: Path, tmp_path: Path
) -> None:
    (tmp_path / "results.jsonl").write_text(content, encoding="utf-8")
    run = ["run", str(labelled), "--classifier", classifier]
    done = RUNNER.invoke(app, [*run, "--batch-results", str(tmp_path / "results.jsonl")])
    assert done.exit_code == 2
    assert told in done.output


def test_a_batch_needs_a_models_name(labelled: Path, tmp_path: Path) -> None:
    done = RUNNER.invoke(app, ["batch", str(labelled), "--out", str(tmp_path / "r.jsonl")])
    assert done.exit_code == 2
    assert "AUDITOR_LLM_MODEL" in done.output
