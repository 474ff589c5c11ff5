"""Standing: only a verified buyer commitment resets the clock; silence and roll-overs add up."""

from __future__ import annotations

from datetime import date, timedelta

from auditor.domain.findings import Contact
from auditor.domain.labels import Reason
from auditor.domain.records import StageChange
from auditor.domain.stages import StepAnswer
from auditor.domain.standing import ClockStart, Standing, compute_standing
from auditor.domain.verdict import Defect, Status
from tests.builders import (
    LOSS,
    MEANINGFUL,
    VAGUE,
    a_finding,
    a_pending,
    an_opportunity,
)

TODAY = date(2026, 3, 30)


def _before(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_the_clock_counts_from_the_last_commitment_and_not_from_later_notes() -> None:
    findings = [a_finding(_before(40), MEANINGFUL), a_finding(_before(3), VAGUE)]
    standing = compute_standing(an_opportunity(), findings, as_of=TODAY)
    assert (standing.clock_days, standing.clock_from) == (40, ClockStart.COMMITMENT)


def test_an_unproven_commitment_does_not_reset_the_clock() -> None:
    findings = [
        a_finding(_before(40), MEANINGFUL),
        a_finding(_before(9), MEANINGFUL, status=Status.NEEDS_REVIEW),
        a_finding(_before(5), MEANINGFUL, quoted=False),
    ]
    assert compute_standing(an_opportunity(), findings, as_of=TODAY).clock_days == 40


def test_without_a_commitment_the_clock_counts_from_the_opening() -> None:
    opportunity = an_opportunity(opened_on=_before(90))
    standing = compute_standing(opportunity, [a_finding(_before(3))], as_of=TODAY)
    assert (standing.clock_days, standing.clock_from) == (90, ClockStart.OPENED)
    assert standing.out_of_patience


def test_roll_overs_are_moves_to_a_later_day_since_the_last_commitment() -> None:
    findings = [
        a_finding(_before(60), VAGUE, due=_before(50)),
        a_finding(_before(50), VAGUE, due=_before(40)),
        a_finding(_before(40), MEANINGFUL, due=_before(30)),
        a_finding(_before(30), VAGUE, due=_before(10)),
        a_finding(_before(10), VAGUE, due=TODAY + timedelta(5)),
    ]
    standing = compute_standing(an_opportunity(), findings, as_of=TODAY)
    assert standing.roll_overs == 2
    assert Defect.KEPT_ROLLING in standing.defects


def test_the_crms_own_due_history_counts_before_the_guess() -> None:
    opportunity = an_opportunity(
        next_activity=a_pending(TODAY + timedelta(4)),
        next_activity_known=True,
        due_history=(_before(21), _before(10), _before(3)),
    )
    standing = compute_standing(opportunity, [a_finding(_before(30))], as_of=TODAY)
    assert standing.roll_overs == 3


def test_three_unanswered_attempts_in_a_row_turn_a_callback_into_a_loss() -> None:
    tries = [a_finding(_before(d), VAGUE, contact=Contact.ATTEMPT) for d in (20, 12, 4)]
    standing = compute_standing(an_opportunity(), tries, as_of=TODAY)
    assert (standing.unanswered, standing.label, standing.reason) == (3, LOSS, Reason.NO_RESPONSE)
    assert len(standing.quotes) == 3


def test_a_talk_in_between_starts_the_count_anew() -> None:
    findings = [
        a_finding(_before(20), VAGUE, contact=Contact.ATTEMPT),
        a_finding(_before(12), VAGUE),
        a_finding(_before(8), VAGUE, contact=Contact.ATTEMPT),
        a_finding(_before(4), VAGUE, contact=Contact.ATTEMPT),
    ]
    standing = compute_standing(an_opportunity(), findings, as_of=TODAY)
    assert (standing.unanswered, standing.label) == (2, VAGUE)


def test_two_no_shows_are_a_loss() -> None:
    missed = [a_finding(_before(d), VAGUE, contact=Contact.NO_SHOW) for d in (9, 2)]
    assert compute_standing(an_opportunity(), missed, as_of=TODAY).label is LOSS


def test_a_commitment_to_come_outlives_a_later_attempt_but_not_a_later_loss() -> None:
    booked = a_finding(_before(10), MEANINGFUL, commits=(TODAY + timedelta(6),))
    tried = a_finding(_before(2), VAGUE, contact=Contact.ATTEMPT)
    lost = a_finding(_before(1), LOSS)
    alive = compute_standing(an_opportunity(), [booked, tried], as_of=TODAY)
    dead = compute_standing(an_opportunity(), [booked, tried, lost], as_of=TODAY)
    assert (alive.label, alive.activity_id) == (MEANINGFUL, booked.activity.id)
    assert dead.label is LOSS


def test_a_distant_buyer_event_parks_until_its_day() -> None:
    event = TODAY + timedelta(60)
    booked = a_finding(_before(2), MEANINGFUL, commits=(event,))
    for days_before in (58, 27, 1):
        day = event - timedelta(days_before)
        assert compute_standing(an_opportunity(), [booked], as_of=day).parked_until == event
    on_its_day = compute_standing(an_opportunity(), [booked], as_of=event)
    assert on_its_day.parked_until is None
    assert not on_its_day.event_passed
    later = compute_standing(an_opportunity(), [booked], as_of=event + timedelta(7))
    assert later.parked_until is None
    assert later.event_passed


def test_a_near_buyer_event_does_not_park() -> None:
    near = a_finding(_before(2), MEANINGFUL, commits=(_before(2) + timedelta(27),))
    assert compute_standing(an_opportunity(), [near], as_of=TODAY).parked_until is None


def test_what_was_logged_later_is_left_out() -> None:
    findings = [a_finding(_before(10), VAGUE), a_finding(TODAY + timedelta(1), LOSS)]
    assert compute_standing(an_opportunity(), findings, as_of=TODAY).label is VAGUE


def test_nothing_logged_is_said_and_not_judged() -> None:
    standing = compute_standing(an_opportunity(), [], as_of=TODAY)
    assert standing.label is None
    assert standing.warnings


def test_days_in_stage_come_from_the_stage_history() -> None:
    history = (
        StageChange(stage="Discovery", entered_on=_before(80)),
        StageChange(stage="Proposal", entered_on=_before(33)),
    )
    opportunity = an_opportunity(stage_history=history)
    assert compute_standing(opportunity, [], as_of=TODAY).days_in_stage == 33


def test_a_missing_or_overdue_pending_activity_is_a_defect() -> None:
    known = an_opportunity(next_activity_known=True)
    late = an_opportunity(next_activity_known=True, next_activity=a_pending(_before(5)))
    findings = [a_finding(_before(9))]
    assert compute_standing(known, findings, as_of=TODAY).defects == (Defect.MISSING,)
    assert Defect.OVERDUE in compute_standing(late, findings, as_of=TODAY).defects


def test_it_says_whether_the_pending_step_can_answer_the_stage_s_question() -> None:
    def stand(subject: str) -> Standing:
        deal = an_opportunity(
            stage="Proposal",
            next_activity=a_pending(TODAY + timedelta(7), subject),
            next_activity_known=True,
        )
        return compute_standing(deal, [], as_of=TODAY)

    idle, real = stand("Call back"), stand("Review of the offer with the CFO")
    assert (idle.step_answers, real.step_answers) == (StepAnswer.NO, StepAnswer.YES)
    assert "contact for its own sake" in idle.step_reason
    assert "say yes to this offer" in real.step_reason
