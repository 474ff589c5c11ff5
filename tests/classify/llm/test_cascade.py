"""A cascade asks about what the local model leaves undecided, and a little for control."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from auditor.classify.llm.classifier import in_control
from auditor.classify.llm.combining import pool, stated
from auditor.classify.llm.making import make_cascade, make_llm
from auditor.classify.registry import make_policy
from auditor.classify.verdicts import judge
from auditor.domain.labels import Label
from auditor.reading.prepared import prepare
from auditor.settings import Settings
from tests.builders import LOSS, MEANINGFUL, VAGUE, a_record
from tests.classify.llm.making import BOOKED, POLICY, Local, booked
from tests.classify.llm.server import ScriptedServer

MakeSettings = Callable[..., Settings]


@pytest.mark.parametrize(("confidence", "asked"), [(0.54, 1), (0.56, 0)])
def test_only_the_undecided_are_asked_about(
    confidence: float, asked: int, server: ScriptedServer, make_settings: MakeSettings
) -> None:
    settings = make_settings(llm_control_share=0.0, llm_ask_below=0.55, review_below=0.5)
    cascade = make_cascade(settings, base=Local(VAGUE, confidence))
    verdict = judge([booked()], cascade, POLICY)[0].verdict
    assert len(server.requests) == asked
    assert verdict.label is (MEANINGFUL if asked else VAGUE)


def test_the_threshold_can_be_set(server: ScriptedServer, make_settings: MakeSettings) -> None:
    settings = make_settings(llm_control_share=0.0, llm_ask_below=0.9)
    judge([booked()], make_cascade(settings, base=Local(VAGUE, 0.8)), POLICY)
    assert len(server.requests) == 1


def test_what_the_local_model_cannot_read_is_asked_about(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    settings = make_settings(llm_control_share=0.0)
    cascade = make_cascade(settings, base=Local(VAGUE, 0.99, abstains=True))
    verdict = judge([booked()], cascade, POLICY)[0].verdict
    assert verdict.label is MEANINGFUL
    assert verdict.status.value == "decided"


def test_a_record_without_words_is_never_asked_about(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    judge([a_record("  ")], make_cascade(make_settings(), base=Local()), POLICY)
    assert not server.requests


def test_the_control_share_is_the_same_each_time_and_about_its_size() -> None:
    records = [prepare(booked(f"{BOOKED} No {i}.")) for i in range(1_000)]
    chosen = [in_control(r, 0.05) for r in records]
    assert chosen == [in_control(r, 0.05) for r in records]
    assert 25 <= sum(chosen) <= 80
    assert not any(in_control(r, 0.0) for r in records)
    assert all(in_control(r, 1.0) for r in records)


def test_what_became_of_each_record_is_counted(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    cascade = make_cascade(make_settings(llm_control_share=1.0), base=Local(VAGUE, 0.95))
    judge([booked(), booked(BOOKED + " Tea.")], cascade, POLICY)
    use = cascade.llm_use
    assert (use["control"], use["decided_locally"], use["asked"]) == (2, 0, 2)
    assert use["disagreed"] == 2
    assert use["asked_per_1000"] == 1_000


def test_order_is_kept_where_questions_run_side_by_side(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    records = [booked(f"{i} first. {BOOKED}") for i in range(12)]
    found = judge(records, make_llm(make_settings(llm_concurrency=6), base=Local()), POLICY)
    assert [f.activity.text for f in found] == [r.activity.text for r in records]
    assert all(f.verdict.label is MEANINGFUL for f in found)


def test_an_unsure_language_model_does_not_overrule_a_sure_local_one() -> None:
    sure = {VAGUE: 0.05, LOSS: 0.9, MEANINGFUL: 0.05}
    assert _top(pool(sure, stated(MEANINGFUL, 0.5), weight=0.7)) is LOSS
    assert _top(pool(sure, stated(MEANINGFUL, 0.95), weight=0.7)) is MEANINGFUL


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.7, 1.0])
def test_a_pool_sums_to_one_and_its_ends_are_each_model_alone(weight: float) -> None:
    local = {VAGUE: 0.2, LOSS: 0.7, MEANINGFUL: 0.1}
    said = stated(MEANINGFUL, 0.9)
    found = pool(local, said, weight=weight)
    assert sum(found.values()) == pytest.approx(1)
    if weight in (0.0, 1.0):
        assert found == pytest.approx(said if weight else local)


def test_a_stated_certainty_is_worth_no_more_than_the_ceiling() -> None:
    assert stated(LOSS, 1.0)[LOSS] == pytest.approx(0.96)
    assert stated(LOSS, 0.0)[LOSS] == pytest.approx(0.40)


def test_weight_prompt_and_names_are_part_of_the_policy(make_settings: MakeSettings) -> None:
    changes: list[dict[str, object]] = [
        {},
        {"llm_weight": 0.5},
        {"llm_prompt": "classify_short.v1"},
        {"llm_redact_names": False},
        {"llm_temperature": 1.0},
    ]
    found = set()
    for change in changes:
        settings = make_settings(**change)
        found.add(make_policy(make_llm(settings, base=Local()), settings).fingerprint)
    assert len(found) == len(changes)
    settings = make_settings()
    assert make_policy(Local(), settings).prompts == "none"


def _top(probabilities: dict[Label, float]) -> Label:
    return max(probabilities, key=lambda k: probabilities[k])
