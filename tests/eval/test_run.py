"""A run gives the contract's JSON, resumes from its cache, and is held to floors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.domain.policy import Policy
from auditor.errors import InputError
from eval.floors import FLOOR_NAMES, broken_floors, parse_floor
from eval.labelled import LabelledSet, load_labelled
from eval.results import read_result
from eval.run import run_set
from eval.verdict_cache import VerdictCache
from tests.eval.making import LOSS, MEANINGFUL, VAGUE, ScriptedClassifier, raw_record, write_set

CONTRACT = (
    "set classifier policy accuracy macro_f1 macro_f1_ci95 per_label confusion needs_review "
    "coverage accuracy_on_decided ece brier reason_accuracy evidence by_tag seconds "
    "records_per_second llm items"
).split()
ITEM = "id gold label status confidence probabilities reason evidence".split()
POLICY = Policy(classifier="scripted-1", review_below=0.6)
SCRIPT = {"a": (MEANINGFUL, 0.9), "b": (VAGUE, 0.8), "c": (VAGUE, 0.7), "d": (LOSS, 0.5)}


@pytest.fixture
def labelled(tmp_path: Path) -> LabelledSet:
    """Four records, two of them a pair; the script has three right and leaves one to review."""
    records = [
        raw_record("a", MEANINGFUL, tags=["pair:p", "terse"]),
        raw_record("b", VAGUE, tags=["pair:p"], reason="no_date", reasons_ok=["interval_callback"]),
        raw_record("c", LOSS, tags=["terse"]),
        raw_record("d", LOSS),
    ]
    return load_labelled(write_set(tmp_path / "s.jsonl", records))


def test_every_key_of_the_contract_is_there(labelled: LabelledSet) -> None:
    found = json.loads(json.dumps(run_set(labelled, ScriptedClassifier(SCRIPT), POLICY).as_json()))
    assert set(CONTRACT) <= set(found)
    assert all(set(ITEM) <= set(item) for item in found["items"])
    assert found["set"]["n"] == 4
    assert set(found["evidence"]) >= {"verbatim_rate", "deciding_hit_rate", "token_f1"}
    assert set(found["llm"]) == {"calls", "tokens", "cost"}
    assert set(found["per_label"]["implicit_loss"]) >= {"precision", "recall", "f1", "n"}
    assert {"commit", "dirty", "versions", "seed"} <= set(found)


def test_the_scores_count_best_guesses_and_coverage_does_not(labelled: LabelledSet) -> None:
    s = run_set(labelled, ScriptedClassifier(SCRIPT), POLICY).scores
    assert s["accuracy"] == 0.75
    assert s["confusion"]["implicit_loss"] == {
        "meaningful_next_step": 0,
        "vague_callback": 1,
        "implicit_loss": 1,
    }
    assert (s["needs_review"], s["coverage"]) == (1, 0.75)
    assert s["accuracy_on_decided"] == pytest.approx(2 / 3, abs=1e-6)
    assert s["reason_accuracy"] == 0.75
    assert s["pairs"] == {"n": 1, "both_right": 1, "both_right_rate": 1.0}
    assert s["by_tag"]["terse"] == {
        "n": 2,
        "accuracy": 0.5,
        "macro_f1": pytest.approx(1 / 3, abs=1e-6),
    }
    assert s["evidence"]["verbatim_rate"] == 1.0
    assert s["evidence"]["deciding_hit_rate"] == 1.0
    low, high = s["macro_f1_ci95"]
    assert low <= s["macro_f1"] <= high


def test_batches_do_not_change_the_result_and_progress_reaches_the_end(
    labelled: LabelledSet,
) -> None:
    seen: list[tuple[int, int]] = []
    small = run_set(
        labelled,
        ScriptedClassifier(SCRIPT),
        POLICY,
        batch=3,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(3, 4), (4, 4)]
    assert small.items == run_set(labelled, ScriptedClassifier(SCRIPT), POLICY).items


def test_a_cached_run_asks_only_for_what_is_missing(labelled: LabelledSet, tmp_path: Path) -> None:
    file = tmp_path / "cache.jsonl"
    first = run_set(labelled, ScriptedClassifier(SCRIPT), POLICY, cache=VerdictCache(file))
    lines = file.read_text().splitlines()
    file.write_text("\n".join(lines[:3]) + "\n" + lines[3][:40])  # killed in mid-line
    again = ScriptedClassifier(SCRIPT)
    second = run_set(labelled, again, POLICY, cache=VerdictCache(file))
    assert again.asked == ["d"]
    assert second.items == first.items
    assert second.scores["cached"] == 3
    other = ScriptedClassifier(SCRIPT)
    run_set(
        labelled, other, POLICY.model_copy(update={"review_below": 0.7}), cache=VerdictCache(file)
    )
    assert other.asked == ["a", "b", "c", "d"]
    assert len(VerdictCache(file)) == 8


def test_a_result_is_read_back_as_it_was_written(labelled: LabelledSet, tmp_path: Path) -> None:
    result = run_set(labelled, ScriptedClassifier(SCRIPT), POLICY)
    path = tmp_path / "run.json"
    path.write_text(json.dumps(result.as_json()))
    assert read_result(path).items == result.items


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"items": [{"id": 1}]}'])
def test_what_is_no_run_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"run\.json"):
        read_result(path)


def test_floors_pass_at_their_value_and_break_under_it(labelled: LabelledSet) -> None:
    scores = run_set(labelled, ScriptedClassifier(SCRIPT), POLICY).scores
    passing = [parse_floor("accuracy=0.75"), parse_floor("evidence.token_f1=0")]
    assert broken_floors(passing, scores) == []
    told = broken_floors([parse_floor("accuracy=0.76")], scores)
    assert told == ["accuracy is 0.7500, under its floor of 0.76"]
    for name in FLOOR_NAMES:
        broken_floors([parse_floor(f"{name}=1")], scores)  # every name is a score of a run


def test_a_score_that_was_not_measured_does_not_pass(labelled: LabelledSet) -> None:
    scores = run_set(labelled, ScriptedClassifier(SCRIPT), POLICY).scores
    assert (
        "could not be measured"
        in broken_floors([parse_floor("families.all_right_rate=0")], scores)[0]
    )


@pytest.mark.parametrize(
    "text", ["macro_f1", "ece=0.1", "macro_f1=", "macro_f1=nan", "accuracy=85"]
)
def test_a_floor_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--fail-under"):
        parse_floor(text)
