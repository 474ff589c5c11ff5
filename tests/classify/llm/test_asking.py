"""Answers are repaired once, retried, kept, paid for and limited."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.classify.llm.breaker import CircuitBreaker
from auditor.classify.llm.client import Reply, Usage
from auditor.classify.llm.failures import CallFailed, Failure
from auditor.classify.llm.making import make_llm
from auditor.classify.llm.store import CallStore, Limits, Price
from auditor.classify.verdicts import judge
from auditor.errors import ConfigurationError
from auditor.settings import Settings
from tests.builders import MEANINGFUL, VAGUE, a_record
from tests.classify.llm.making import BOOKED, POLICY, Local, booked, verdict_of
from tests.classify.llm.server import ScriptedServer, answers, fails

MakeSettings = Callable[..., Settings]
_WRONG = answers(quotes=[{"text": "board votes on our offer on Friday", "speaker": None}])


def test_a_sound_answer_decides_with_its_own_quotes(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    verdict = verdict_of(make_settings())
    assert verdict.label is MEANINGFUL
    assert verdict.status.value == "decided"
    assert verdict.evidence[0].quote == "board votes on our offer on Thursday"
    assert BOOKED[verdict.evidence[0].start : verdict.evidence[0].end] == verdict.evidence[0].quote
    assert verdict.warnings == ()


def test_the_request_binds_the_answer_to_the_schema(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    verdict_of(make_settings(llm_temperature=0.5, llm_max_answer_tokens=700))
    asked = server.requests[0]
    form = asked["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["strict"] is True
    assert form["json_schema"]["schema"]["additionalProperties"] is False
    assert asked["temperature"] == 0.5
    assert asked["max_completion_tokens"] == 700
    assert [m["role"] for m in asked["messages"]] == ["system", "user"]


def test_a_wrong_quote_gets_one_repair_round_that_names_it(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    server.script(_WRONG, answers())
    verdict = verdict_of(make_settings())
    assert verdict.label is MEANINGFUL
    assert any("this is its second" in w for w in verdict.warnings)
    second = server.requests[1]["messages"]
    assert [m["role"] for m in second] == ["system", "user", "assistant", "user"]
    assert "differs from the record in a date" in second[-1]["content"]
    assert len(server.requests) == 2


def test_there_is_no_third_round(server: ScriptedServer, make_settings: MakeSettings) -> None:
    server.script(_WRONG)
    assert verdict_of(make_settings()).label is VAGUE
    assert len(server.requests) == 2


def test_a_quote_in_another_mouth_is_refused(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    record = a_record(
        "Dana: Shall we say Thursday at two for the demo?\nLee: Thursday at two is fine.",
        format="transcript",
    )
    server.script(answers(quotes=[{"text": "Thursday at two is fine", "speaker": "Dana"}]))
    verdict = verdict_of(make_settings(), record)
    assert verdict.label is VAGUE
    assert any("were spoken by 'Lee', not 'Dana'" in w for w in verdict.warnings)


def test_429_is_retried_when_the_server_says(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    server.script(fails(429, Retry_After="0.01"), fails(503, Retry_After_Ms="5"), answers())
    assert verdict_of(make_settings(llm_retries=2)).label is MEANINGFUL
    assert len(server.requests) == 3


def test_a_long_retry_after_leaves_the_server_alone(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    server.script(fails(429, Retry_After="600"))
    classifier = make_llm(make_settings(llm_concurrency=1, llm_retries=3), base=Local())
    found = judge([booked(), booked(BOOKED + " Then tea.")], classifier, POLICY)
    assert len(server.requests) == 1
    assert any("asked again in" in w for w in found[1].verdict.warnings)


def test_a_failing_server_is_asked_no_more_after_five_failures(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    server.script(fails(500))
    classifier = make_llm(make_settings(llm_concurrency=1), base=Local())
    judge([booked(f"{BOOKED} No {i}.") for i in range(9)], classifier, POLICY)
    assert len(server.requests) == 5
    assert classifier.llm_use["fell_back"] == 9


def test_the_breaker_lets_one_call_try_after_its_rest() -> None:
    now = [0.0]
    breaker = CircuitBreaker(failures=2, rest_seconds=30, clock=lambda: now[0])
    breaker.failed()
    breaker.check()
    breaker.failed()
    with pytest.raises(CallFailed, match="asked again in 30 s"):
        breaker.check()
    now[0] = 31.0
    breaker.check()
    with pytest.raises(CallFailed):
        breaker.check()
    breaker.succeeded()
    breaker.check()


def test_an_answer_is_kept_for_the_same_record_and_question(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    first, again = verdict_of(make_settings()), verdict_of(make_settings())
    assert first == again
    assert len(server.requests) == 1
    verdict_of(make_settings(llm_temperature=0.3))
    verdict_of(make_settings(), booked(BOOKED + " Then tea."))
    assert len(server.requests) == 3
    verdict_of(make_settings(llm_cache_days=0))
    assert len(server.requests) == 4


def test_bad_answers_are_not_kept(server: ScriptedServer, make_settings: MakeSettings) -> None:
    server.script(_WRONG)
    verdict_of(make_settings())
    server.script(answers())
    assert verdict_of(make_settings()).label is MEANINGFUL


def test_a_repaired_answer_is_kept_for_the_first_question(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    server.script(_WRONG, answers())
    first, again = verdict_of(make_settings()), verdict_of(make_settings())
    assert len(server.requests) == 2
    assert first.evidence == again.evidence


def test_calls_tokens_and_cost_are_counted(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    classifier = make_llm(make_settings(), base=Local())
    judge([booked(), booked(BOOKED + " Then tea.")], classifier, POLICY)
    use = classifier.llm_use
    assert use["calls"] == 2
    assert use["tokens"] == 2200
    assert use["cost"] == pytest.approx(2 * (1000 * 1.0 + 100 * 10.0) / 1e6)
    assert use["unpriced_calls"] == 0


def test_an_unknown_price_is_counted_as_such(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    classifier = make_llm(make_settings(llm_prices={}), base=Local())
    judge([booked()], classifier, POLICY)
    assert classifier.llm_use["cost"] == 0
    assert classifier.llm_use["unpriced_calls"] == 1


def test_nothing_is_asked_over_the_days_budget(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    classifier = make_llm(make_settings(llm_daily_budget=0.025, llm_concurrency=4), base=Local())
    found = judge([booked(f"{BOOKED} No {i}.") for i in range(6)], classifier, POLICY)
    told = [f for f in found if any("budget of $0.03 is used up" in w for w in f.verdict.warnings)]
    assert len(server.requests) == 6 - len(told)
    assert 1 <= len(server.requests) <= 2
    assert all(f.verdict.label is VAGUE for f in told)


def test_a_budget_holds_under_many_askers_at_once(tmp_path: Path) -> None:
    limits, booked = Limits(10.0, 10**9), []

    def ask(store: CallStore) -> None:
        for _ in range(5):
            with suppress(CallFailed):
                booked.append(store.reserve("m", _ONE_DOLLAR, price=_PRICE, limits=limits))

    stores = [CallStore(tmp_path / "a.db") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, stores))
    spent = stores[0].spent_today()
    assert (len(booked), len(set(booked)), spent.calls, spent.cost_usd) == (10, 10, 10, 10.0)
    today = datetime.now(UTC).date()
    told = stores[0].exhausted(today - timedelta(1), today + timedelta(1))
    assert sum(t.times for t in told) == 30


def test_the_ledger_tells_on_which_days_a_limit_was_met(tmp_path: Path) -> None:
    clock = _Clock()
    store = CallStore(tmp_path / "a.db", now=clock)
    for limits in (Limits(0.5, 10**9), Limits(9.0, 100), Limits(0.5, 10**9)):
        with pytest.raises(CallFailed):
            store.reserve("m", _ONE_DOLLAR, price=_PRICE, limits=limits)
    clock.now += timedelta(hours=2)
    first, next_day = clock.now.date() - timedelta(1), clock.now.date()
    told = store.exhausted(first, next_day + timedelta(1))
    assert [(t.day, t.limited_by, t.times) for t in told] == [
        (first, "budget", 2),
        (first, "tokens", 1),
    ]
    assert store.exhausted(next_day, next_day + timedelta(1)) == []


def test_a_file_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as db, db:
        db.execute(
            "CREATE TABLE answers (key TEXT PRIMARY KEY, at TEXT NOT NULL, model TEXT NOT NULL, "
            "answer TEXT NOT NULL)"
        )
        at = datetime.now(UTC).isoformat()
        db.execute("INSERT INTO answers VALUES ('k', ?, 'm', '{}')", (at,))
    store = CallStore(tmp_path / "a.db")
    assert store.recall("k") == Reply("{}", "m")
    store.keep("k2", Reply("{}", "m", repaired=True))
    assert store.recall("k2") == Reply("{}", "m", repaired=True)


def test_the_token_limit_holds_without_a_price(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    verdict = verdict_of(make_settings(llm_prices={}, llm_daily_tokens=1_000))
    assert not server.requests
    assert any("limit of 1,000 tokens" in w for w in verdict.warnings)


class _Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 23, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


_ONE_DOLLAR = Usage(1_000_000, 0)
_PRICE = Price(1.0, 1.0)


def test_a_budget_is_a_days_and_is_shared_by_processes(tmp_path: Path) -> None:
    clock = _Clock()
    first = CallStore(tmp_path / "a.db", now=clock)
    second = CallStore(tmp_path / "a.db", now=clock)
    limits = Limits(1.5, 10_000_000)
    first.reserve("m", _ONE_DOLLAR, price=_PRICE, limits=limits)
    with pytest.raises(CallFailed) as told:
        second.reserve("m", _ONE_DOLLAR, price=_PRICE, limits=limits)
    assert told.value.kind is Failure.BUDGET
    clock.now += timedelta(hours=2)
    second.reserve("m", _ONE_DOLLAR, price=_PRICE, limits=limits)


def test_a_failed_call_is_charged_only_where_it_may_be_billed(tmp_path: Path) -> None:
    store = CallStore(tmp_path / "a.db", now=_Clock())
    limits = Limits(9.0, 10_000_000)
    refused = store.reserve("m", _ONE_DOLLAR, price=_PRICE, limits=limits)
    late = store.reserve("m", _ONE_DOLLAR, price=_PRICE, limits=limits)
    store.fail(refused, Failure.RATE_LIMITED)
    store.fail(late, Failure.TIMEOUT)
    assert store.spent_today().cost_usd == 1.0
    settled = store.reserve("m", _ONE_DOLLAR, price=_PRICE, limits=limits)
    store.settle(settled, Usage(500_000, 0), price=_PRICE)
    spent = store.spent_today()
    assert (spent.calls, spent.cost_usd, spent.unpriced) == (3, 1.5, 0)


def test_kept_answers_go_after_their_days(tmp_path: Path) -> None:
    clock = _Clock()
    store = CallStore(tmp_path / "a.db", cache_days=30, now=clock)
    store.keep("k", Reply("{}", "m"))
    clock.now += timedelta(days=29)
    store = CallStore(tmp_path / "a.db", cache_days=30, now=clock)
    assert store.recall("k") == Reply("{}", "m")
    clock.now += timedelta(days=2)
    store = CallStore(tmp_path / "a.db", cache_days=30, now=clock)
    assert store.recall("k") is None


def test_a_damaged_ledger_is_told_with_its_mend(tmp_path: Path) -> None:
    broken = tmp_path / "llm.db"
    broken.write_bytes(b"this is no database at all, and long enough to be read as a header " * 20)
    with pytest.raises(ConfigurationError, match="AUDITOR_LLM_STORE"):
        CallStore(broken)


def test_the_key_is_sent_and_never_told(
    server: ScriptedServer, make_settings: MakeSettings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script(fails(401))
    verdict = verdict_of(make_settings(llm_api_key="sk-secret-1"))
    assert server.headers[0]["authorization"] == "Bearer sk-secret-1"
    assert "sk-secret-1" not in verdict.model_dump_json() + caplog.text
    assert b"sk-secret-1" not in (make_settings().llm_store or Path()).read_bytes()


def test_tracing_by_environment_sends_nothing_elsewhere(
    server: ScriptedServer, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGSMITH_API_KEY", "ls-1")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", server.url)
    assert verdict_of(make_settings()).label is MEANINGFUL
    assert len(server.requests) == 1
    assert "messages" in json.loads(server.bodies[0])
