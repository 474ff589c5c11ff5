"""A decision needs what makes it one, and the dockets that follow know it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from auditor.domain.corrections import Correction, corrected
from auditor.domain.decisions import (
    Became,
    Choice,
    Decision,
    DecisionAction,
    QuotedEvent,
    check_choice,
    check_new_evidence,
    follow,
    in_force,
)
from auditor.domain.docket import Case, FullDocket, build_docket
from auditor.domain.findings import Finding
from auditor.domain.labels import Reason
from auditor.domain.policy import Policy
from auditor.domain.records import OpportunityStatus
from auditor.domain.verdict import Action, Status
from auditor.domain.week import Week
from auditor.errors import DecisionConflict, DecisionError
from tests.builders import LOSS, MEANINGFUL, VAGUE, a_finding, an_opportunity, some_evidence

TODAY = date(2026, 3, 9)
WEEK = Week.last_before(TODAY)
NEXT = Week.of(WEEK.monday + timedelta(7))
SAID = date(2026, 3, 3)


def _choice(**told: Any) -> Choice:
    return Choice.model_validate(told)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"action": "advance", "due_on": TODAY}, "step"),
        ({"action": "advance", "step": "  ", "due_on": TODAY}, "step"),
        ({"action": "advance", "step": "Demo"}, "due_on"),
        ({"action": "advance", "step": "Demo", "due_on": TODAY - timedelta(1)}, "due_on"),
        ({"action": "close"}, "close_reason"),
        ({"action": "close", "close_reason": "no_date"}, "close_reason"),
        ({"action": "park", "due_on": TODAY + timedelta(9)}, "event_quote"),
        ({"action": "park", "event_quote": "board in May", "due_on": TODAY}, "due_on"),
        ({"action": "disagree"}, "label"),
        ({"action": "disagree", "label": "vague_callback", "reason": "price"}, "reason"),
        ({"action": "close", "close_reason": "price", "step": "Demo"}, "step"),
        ({"action": "close", "close_reason": "price", "week": TODAY + timedelta(1)}, "week"),
    ],
)
def test_a_choice_that_lacks_something_names_the_field(told: dict[str, Any], field: str) -> None:
    with pytest.raises(DecisionError) as caught:
        check_choice(_choice(**told), an_opportunity(), today=TODAY)
    assert caught.value.field == field


def test_a_closed_opportunity_can_only_be_disagreed_about() -> None:
    lost = an_opportunity(status=OpportunityStatus.LOST)
    with pytest.raises(DecisionConflict):
        check_choice(_choice(action="close", close_reason="price"), lost, today=TODAY)
    check_choice(_choice(action="disagree", label="vague_callback"), lost, today=TODAY)


def _decision(action: str, *, week: Week = WEEK, key: int = 1, **told: Any) -> Decision:
    return Decision.model_validate(
        {
            "key": key,
            "opportunity_key": 1,
            "action": action,
            "week": week.monday,
            "made_by": "user:sam@example.com",
            "made_at": datetime.combine(week.reading_day, datetime.min.time(), UTC)
            + timedelta(hours=8),
            **told,
        }
    )


def _event(key: int, said_on: date) -> QuotedEvent:
    return QuotedEvent(evidence=some_evidence(), activity_key=key, said_on=said_on)


def test_parking_is_not_renewed_without_new_evidence() -> None:
    """New is another activity, of the day of the last parking or later."""
    parked = _decision("park", due_on=TODAY + timedelta(9), event=_event(5, SAID))
    for old in (_event(5, SAID), _event(6, SAID)):
        with pytest.raises(DecisionConflict):
            check_new_evidence(old, [parked])
    check_new_evidence(_event(6, TODAY), [parked])
    undone = parked.model_copy(update={"undone_at": parked.made_at})
    check_new_evidence(_event(5, SAID), [undone])


ADVANCE = {"step": "Review with the CFO", "due_on": TODAY + timedelta(3)}


def _docket(
    *decisions: Decision, findings: list[Finding] | None = None, week: Week = NEXT, **deal: Any
) -> FullDocket:
    own = findings if findings is not None else [a_finding(SAID)]
    case = Case(an_opportunity(**deal), own, 1, decisions)
    small = an_opportunity(id="o2", name="rich", value=10_000_000)
    return build_docket(
        [(small, [a_finding(SAID)]), case], week=week, policy=Policy(classifier="t")
    )


def _of(docket: FullDocket) -> Any:
    return next((i for i in docket.items if i.key == 1), None)


def test_a_demanded_step_that_did_not_come_is_at_the_top() -> None:
    docket = _docket(_decision("advance", **ADVANCE))
    first = docket.decisions[0]
    assert first.key == 1
    assert first.is_owed
    assert first.recommendation.action is Action.ADVANCE
    assert "Review with the CFO" in (first.recommendation.question or "")
    assert docket.followed[0].followed.became is Became.DID_NOT_COME


def test_a_demanded_step_still_to_come_is_left_alone() -> None:
    docket = _docket(_decision("advance", step="Demo", due_on=TODAY + timedelta(30)))
    assert _of(docket).recommendation.action is Action.LEAVE
    assert docket.followed[0].followed.became is Became.WAITING


def test_a_step_has_come_when_the_buyer_committed_and_not_before() -> None:
    decision = _decision("advance", **ADVANCE)
    later = TODAY + timedelta(1)
    note = [a_finding(SAID), a_finding(later, VAGUE)]
    assert _docket(decision, findings=note).followed[0].followed.became is Became.DID_NOT_COME
    real = [a_finding(SAID), a_finding(later, MEANINGFUL, commits=(TODAY + timedelta(20),))]
    assert _docket(decision, findings=real).followed[0].followed.became is Became.CAME


def test_a_closed_one_leaves_and_comes_back_when_the_buyer_does() -> None:
    closed = _decision("close", close_reason="price")
    docket = _docket(closed)
    assert _of(docket) is None
    assert docket.followed[0].followed.became is Became.STILL_OPEN
    back = [a_finding(SAID), a_finding(TODAY, MEANINGFUL, commits=(TODAY + timedelta(20),))]
    back[1] = a_finding(TODAY + timedelta(1), MEANINGFUL, commits=(TODAY + timedelta(20),))
    assert _of(_docket(closed, findings=back)) is not None
    left = _docket(closed, status=OpportunityStatus.LOST)
    assert left.followed[0].followed.became is Became.LEFT


def test_a_closing_that_the_crm_never_saw_is_told_week_after_week() -> None:
    closed = _decision("close", close_reason="price")
    far = Week.of(NEXT.monday + timedelta(70))
    assert _docket(closed, week=far).followed[0].followed.became is Became.STILL_OPEN
    waiting = _decision("advance", **ADVANCE)
    assert _docket(waiting, week=far).followed == ()


def test_a_parked_one_returns_on_its_day() -> None:
    day = NEXT.reading_day
    parked = _decision("park", due_on=day, event=_event(5, SAID))
    assert _of(_docket(parked)).decided.became is Became.RETURNED
    later = _decision("park", due_on=day + timedelta(1), event=_event(5, SAID))
    item = _of(_docket(later))
    assert item.recommendation.action is Action.PARK
    assert item.standing.parked_until == day + timedelta(1)


def test_a_parked_one_returns_at_once_when_the_buyer_says_no() -> None:
    parked = _decision("park", due_on=NEXT.reading_day + timedelta(60), event=_event(5, SAID))
    no = [a_finding(SAID), a_finding(TODAY + timedelta(1), LOSS)]
    item = _of(_docket(parked, findings=no))
    assert item.decided.became is Became.RETURNED
    assert item.recommendation.action is Action.CLOSE


def test_what_was_decided_on_this_docket_keeps_its_place_there() -> None:
    before = _docket(week=WEEK)
    after = _docket(_decision("close", close_reason="price"), week=WEEK)
    assert [i.key for i in after.decisions] == [i.key for i in before.decisions]
    item = _of(after)
    assert item.decided_now
    assert item.decided.decision.action is DecisionAction.CLOSE


def test_what_was_taken_back_never_happened() -> None:
    closed = _decision("close", close_reason="price")
    undone = closed.model_copy(update={"undone_at": closed.made_at, "undone_by": "user:sam"})
    docket = _docket(undone)
    assert _of(docket) is not None
    assert docket.followed == ()


def test_a_disagreement_leaves_the_earlier_decision_in_force() -> None:
    advance = _decision("advance", **ADVANCE)
    other = _decision("disagree", key=2)
    assert in_force([advance, other]) is advance
    assert in_force([advance], week=WEEK.before.monday) is None
    found = follow(other, an_opportunity(), [], as_of=TODAY)
    assert found.became is Became.CORRECTED


def test_a_corrected_finding_is_decided_and_sure() -> None:
    finding = a_finding(SAID, VAGUE, status=Status.NEEDS_REVIEW, confidence=0.5)
    correction = Correction(
        key=1,
        verdict_key=1,
        activity_key=1,
        label=LOSS,
        reason=Reason.NO_BUDGET,
        made_by="user:sam",
        made_at=datetime(2026, 3, 9, tzinfo=UTC),
    )
    verdict = corrected(finding, correction).verdict
    assert (verdict.status, verdict.label, verdict.reason) == (
        Status.DECIDED,
        LOSS,
        Reason.NO_BUDGET,
    )
    assert verdict.confidence == 1
    assert verdict.evidence == finding.verdict.evidence
    assert verdict.recommendation.action is Action.CLOSE
