"""Findings are added, found again whole, and never changed."""

from __future__ import annotations

import gc
import tracemalloc
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.exc import DBAPIError

from auditor.domain.findings import Commitment, Contact, Finding
from auditor.domain.labels import Test
from auditor.domain.policy import Policy
from auditor.domain.verdict import TestResult, Verdict
from auditor.storage import Database, DueActivity
from auditor.storage.finding_cache import FindingCache, FindingKey
from tests.builders import (
    MEANINGFUL,
    a_finding,
    a_pending,
    an_activity,
    an_opportunity,
    some_evidence,
)
from tests.storage.making import DAY, POLICY, judge_all, only_open, rows, run_sql, tell

_OTHER = POLICY.model_copy(update={"review_below": 0.1})
_NOW = datetime(2026, 3, 3, 8, tzinfo=UTC)
_LATER = date(2026, 3, 4)


def _due(database: Database, policy: Policy = POLICY) -> list[DueActivity]:
    with database.read() as unit:
        return unit.activities.due(policy.fingerprint, after=0, limit=99, history_limit=12)


def _current(database: Database, policy: Policy = POLICY) -> list[Finding]:
    key = only_open(database).key
    with database.read() as unit:
        return unit.verdicts.current([key], policy.fingerprint).get(key, [])


def _a_finding(due: DueActivity) -> Finding:
    """A finding that uses every field."""
    made = a_finding(DAY, MEANINGFUL, contact=Contact.TWO_WAY)
    verdict = made.verdict.model_copy(
        update={
            "activity_id": due.record.activity.id,
            "policy": POLICY.fingerprint,
            "warnings": ("ünïcode",),
            "five_tests": {
                test: TestResult(passed=None, evidence=some_evidence()) for test in Test
            },
        }
    )
    days = Commitment(date(2026, 3, 9), date(2026, 3, 13), some_evidence())
    return Finding(due.record.activity, verdict, Contact.ATTEMPT, (days,), attempts=3)


def test_a_finding_comes_back_whole(database: Database) -> None:
    tell(database, an_opportunity(), an_activity(DAY, next_activity=a_pending(date(2026, 3, 9))))
    [due] = _due(database)
    finding = _a_finding(due)
    with database.begin() as unit:
        assert unit.verdicts.add([(due, finding)], POLICY, judged_at=_NOW) == 1
    assert _current(database) == [finding]
    with database.read() as unit:
        assert unit.verdicts.policies() == {POLICY.fingerprint: POLICY}
        assert (unit.verdicts.count(), unit.verdicts.count("none")) == (1, 0)


def test_the_same_activity_is_judged_once_under_a_policy(database: Database) -> None:
    tell(database, an_opportunity(), an_activity(DAY))
    [due] = _due(database)
    first, second = _a_finding(due), a_finding(DAY)
    with database.begin() as unit:
        unit.verdicts.add([(due, first)], POLICY, judged_at=_NOW)
        other = second.verdict.model_copy(update={"policy": POLICY.fingerprint})
        again = Finding(second.activity, other, second.contact)
        assert unit.verdicts.add([(due, again)], POLICY, judged_at=_NOW) == 0
    assert _current(database) == [first]


def test_the_database_refuses_to_change_a_verdict(database: Database, url: str) -> None:
    tell(database, an_opportunity(), an_activity(DAY))
    judge_all(database)
    before = rows(url, "SELECT * FROM verdicts")
    with pytest.raises(DBAPIError, match="only added"):
        run_sql(url, "UPDATE verdicts SET label = 'implicit_loss'")
    assert rows(url, "SELECT * FROM verdicts") == before


def test_another_policy_judges_again_and_keeps_the_verdicts_before(database: Database) -> None:
    tell(database, an_opportunity(), an_activity(DAY), an_activity(date(2026, 3, 3)))
    assert judge_all(database) == 2
    assert judge_all(database) == 0
    assert judge_all(database, _OTHER) == 2
    assert judge_all(database) == 0
    with database.read() as unit:
        assert unit.verdicts.count() == 4
        assert set(unit.verdicts.policies()) == {POLICY.fingerprint, _OTHER.fingerprint}


def test_news_make_due_what_rests_on_them_and_nothing_else(database: Database) -> None:
    first, second = an_activity(DAY, id="a1"), an_activity(date(2026, 3, 5), id="a2")
    tell(database, an_opportunity(), first, second)
    tell(database, an_opportunity(id="o2"), an_activity(DAY, id="b1", opportunity_id="o2"))
    judge_all(database)
    tell(database, an_opportunity(stage="Negotiation"), on=date(2026, 3, 6))
    assert _due(database) == []  # a later stage makes no old note new
    tell(database, None, an_activity(date(2026, 3, 9), id="lone", opportunity_id=None))
    assert [d.record.activity.id for d in _due(database)] == ["lone"]
    judge_all(database)
    tell(database, an_opportunity(), an_activity(DAY, "he said no", id="a1"))
    assert [d.record.activity.id for d in _due(database)] == ["a1", "a2"]
    judge_all(database)
    pending = an_opportunity(next_activity=a_pending(date(2026, 4, 1)), next_activity_known=True)
    tell(database, pending)
    assert [d.record.activity.id for d in _due(database)] == ["a2"]


def test_a_verdict_on_older_words_is_not_taken_for_the_present_ones(database: Database) -> None:
    tell(database, an_opportunity(), an_activity(DAY, "spoke to Lee", id="a1"))
    judge_all(database)
    tell(database, an_opportunity(), an_activity(DAY, "Lee", id="a1"))
    assert _current(database) == []
    judge_all(database)
    assert [f.activity.text for f in _current(database)] == ["Lee"]


def test_history_is_the_latest_activities_before_and_no_more(database: Database) -> None:
    days = [an_activity(date(2026, 3, d), id=f"a{d:02}") for d in range(1, 8)]
    tell(database, an_opportunity(), *days)
    with database.read() as unit:
        due = unit.activities.due("none", after=0, limit=99, history_limit=3)
    history = {d.record.activity.id: [p.id for p in d.record.history] for d in due}
    assert history["a02"] == ["a01"]
    assert history["a07"] == ["a04", "a05", "a06"]


def test_a_finding_is_read_once_and_follows_all_that_changes(database: Database) -> None:
    note = an_activity(DAY, "Call back in three months", id="a1")
    tell(database, an_opportunity(next_activity=a_pending(date(2026, 3, 9))), note)
    judge_all(database)
    [first] = _current(database)
    assert _current(database)[0] is first
    tell(database, an_opportunity(next_activity=a_pending(date(2026, 3, 16))), note, on=_LATER)
    assert _current(database) == [], "its pending activity is another one now"
    judge_all(database)
    [second] = _current(database)
    assert second.activity.next_activity == a_pending(date(2026, 3, 16))
    with database.begin() as unit:
        unit.corrections.add(
            {
                "verdict_key": 2,
                "activity_key": 1,
                "input_hash": _hash(database),
                "label": "implicit_loss",
                "record": {},
                "made_by": "user:sam",
                "made_at": _NOW,
            }
        )
    assert _current(database)[0].verdict.label == "implicit_loss"
    with database.begin() as unit:
        unit.corrections.undo(1, by="user:sam", at=_NOW)
    assert _current(database)[0] is second


def test_the_least_used_findings_give_way() -> None:
    cache = FindingCache(most=2)
    keys = [FindingKey(n, _NOW, "sha256:x", "o1", None) for n in range(3)]
    cache.put({key: a_finding(DAY, MEANINGFUL) for key in keys[:2]})
    cache.get(keys[:1])
    cache.put({keys[2]: a_finding(DAY, MEANINGFUL)})
    assert set(cache.get(keys)) == {keys[0], keys[2]}
    cache.clear()
    assert cache.get(keys) == {}


def test_findings_that_are_kept_take_little() -> None:
    def make() -> Finding:
        tests = {test: TestResult(passed=None, evidence=some_evidence()) for test in Test}
        verdict = a_finding(DAY, MEANINGFUL).verdict.model_copy(update={"five_tests": tests})
        days = Commitment(date(2026, 3, 9), date(2026, 3, 13), some_evidence())
        read = Verdict.model_validate_json(verdict.model_dump_json())
        return Finding(an_activity(DAY), read, Contact.ATTEMPT, (days,))

    cache = FindingCache()
    keys = [FindingKey(n, _NOW, "sha256:x", "o1", None) for n in range(201)]
    cache.put({keys[0]: make()})
    tracemalloc.start()
    try:
        cache.put({key: make() for key in keys[1:]})
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] / 200
    finally:
        tracemalloc.stop()
    assert taken < 9_000
    kept = cache.get(keys[:1])[keys[0]]
    assert kept == make()
    assert kept.verdict.model_fields_set == make().verdict.model_fields_set
    kept.verdict.model_copy(update={"confidence": 0.5, "warnings": ("new",)})
    assert cache.get(keys[1:2])[keys[1]].verdict.model_fields_set == make().verdict.model_fields_set


def _hash(database: Database) -> str:
    with database.read() as unit:
        found = unit.browsing.activity(1)
    assert found is not None
    return found.input_hash
