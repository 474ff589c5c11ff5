"""What counts as growth in a soak, and what the model of the benchmarks answers."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from auditor.classify.llm.answer import Answer
from eval.bench.scripted_model import answer_to
from eval.bench.soak import SLACK_MB, Sample, find_growth

_FLAT = [
    Sample(float(n), rss_mb=300.0, handles=40, threads=9, waiting=n % 3, notes=5 * n)
    for n in range(0, 600, 5)
]


def test_what_is_flat_has_not_grown() -> None:
    assert find_growth(_FLAT) == []


def test_growth_in_the_warm_up_counts_for_nothing() -> None:
    warm = [replace(s, rss_mb=min(300.0, 100 + s.seconds * 2)) for s in _FLAT]
    assert find_growth(warm) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [("rss_mb", "memory"), ("handles", "handles"), ("threads", "threads"), ("waiting", "wait")],
)
def test_what_grows_without_end_is_told(name: str, told: str) -> None:
    grown = [replace(s, **{name: int(s.seconds * 2)}) for s in _FLAT]
    problems = find_growth(grown)
    assert len(problems) == 1
    assert told in problems[0]


def test_memory_may_grow_by_what_is_kept_of_notes() -> None:
    kept = [replace(s, rss_mb=300 + s.notes * 0.01) for s in _FLAT]
    assert find_growth(kept) == []
    lost = [replace(s, rss_mb=300 + s.seconds / 300 * (SLACK_MB + 40)) for s in _FLAT]
    assert find_growth(lost)


def test_few_samples_tell_nothing() -> None:
    assert find_growth([]) == []
    assert find_growth(_FLAT[:4]) == []


def test_the_model_answers_by_the_schema_and_quotes_the_text() -> None:
    question = "earlier: <<<not this>>>\ntext of this call: <<<Called Lee. No answer.>>>\n\nJudge."
    told = answer_to({"messages": [{"role": "user", "content": question}]})
    assert Answer.model_validate(json.loads(told)).quotes[0].text == "Called Lee"
