"""The five tests of a next step, each with the words that show it passed or failed."""

from __future__ import annotations

from auditor.classify.grounding import evidence_at
from auditor.classify.protocol import ClauseAct, Opinion
from auditor.domain.labels import Act, Test
from auditor.domain.policy import Policy
from auditor.domain.verdict import EvidenceRole, TestResult
from auditor.reading.prepared import TEXT, Place, PreparedRecord

_COMMITMENTS = (Act.COMMIT_DATED, Act.COMMIT_UNDATED, Act.YES_TO_BUY)

_SHOWS_PASS: dict[Test, tuple[Act, ...]] = {
    Test.WHAT: (*_COMMITMENTS, Act.EVENT_DATED, Act.EVENT_UNDATED),
    Test.WHEN: (Act.COMMIT_DATED, Act.EVENT_DATED, Act.NO_PURPOSE),
    Test.WHY_THEN: (Act.EVENT_DATED, Act.COMMIT_DATED),
    Test.AGREED: (*_COMMITMENTS, Act.NO_PURPOSE),
    Test.ADVANCES: (*_COMMITMENTS, Act.EVENT_DATED, Act.EVENT_UNDATED),
}
_SHOWS_FAIL: dict[Test, tuple[Act, ...]] = {
    Test.WHAT: (Act.REP_INTENT, Act.DEFER, Act.AVAILABILITY, Act.NO_PURPOSE),
    Test.WHEN: (Act.AWAITING, Act.COMMIT_UNDATED, Act.DEFER, Act.EVENT_UNDATED, Act.OPEN_CONDITION),
    Test.WHY_THEN: (Act.DEFER, Act.REP_INTENT, Act.AVAILABILITY, Act.EVENT_UNDATED),
    Test.AGREED: (Act.REP_INTENT, Act.REP_HOPE, Act.GATEKEEPER, Act.WITHDRAWN, Act.ATTEMPT),
    Test.ADVANCES: (Act.NO_PURPOSE, Act.REP_INTENT, Act.SEND_INFO, Act.OTHER_NEED),
}


def judge_tests(
    prepared: PreparedRecord, opinion: Opinion, policy: Policy
) -> dict[Test, TestResult]:
    """Turns an opinion's probabilities into five results with evidence.

    A probability within ``policy.test_margin`` of the threshold gives None: not known.
    """
    return {test: _judge(prepared, opinion, policy, test, opinion.tests.get(test)) for test in Test}


def _judge(
    prepared: PreparedRecord,
    opinion: Opinion,
    policy: Policy,
    test: Test,
    probability: float | None,
) -> TestResult:
    if probability is None or abs(probability - policy.test_passes) < policy.test_margin:
        return TestResult()
    passed = probability >= policy.test_passes
    place = _place(prepared, opinion, test, passed=passed)
    found = evidence_at(prepared, place, role=EvidenceRole.SUPPORTING) if place else None
    return TestResult(passed=passed, evidence=found)


def _place(prepared: PreparedRecord, opinion: Opinion, test: Test, *, passed: bool) -> Place | None:
    clause = _clause(opinion, (_SHOWS_PASS if passed else _SHOWS_FAIL)[test])
    if clause is None:
        return None
    if test is Test.WHEN and passed and clause.place.field == TEXT:
        return _date_in(prepared, clause.place) or clause.place
    return clause.place


def _clause(opinion: Opinion, acts: tuple[Act, ...]) -> ClauseAct | None:
    """The surest clause of the first act that occurs."""
    for act in acts:
        those = [c for c in opinion.clauses if c.act is act]
        if those:
            return max(those, key=lambda c: c.probability)
    return None


def _date_in(prepared: PreparedRecord, place: Place) -> Place | None:
    for mention in prepared.dates:
        if mention.is_diary and place.start <= mention.start and mention.end <= place.end:
            return Place(TEXT, mention.start, mention.end)
    return None
