"""Recommendations: no verified quote, no close; a question in plain words; a step for the stage."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from auditor.domain.labels import REASONS_OF, Label, Reason
from auditor.domain.policy import Policy
from auditor.domain.recommendation import advise_on_verdict, recommend
from auditor.domain.records import Participant, Side
from auditor.domain.standing import Standing, compute_standing
from auditor.domain.verdict import Action, Recommendation, Status
from tests.builders import (
    LOSS,
    MEANINGFUL,
    VAGUE,
    a_finding,
    a_pending,
    a_record,
    an_opportunity,
)

TODAY = date(2026, 3, 2)
POLICY = Policy(classifier="test")


def _advise(standing: Standing, **opportunity: object) -> Recommendation:
    lee = (Participant(name="Lee", role=Side.BUYER),)
    return recommend(an_opportunity(**opportunity), standing, participants=lee, policy=POLICY)


def _standing(**finding: object) -> Standing:
    label = finding.pop("label", VAGUE)
    assert isinstance(label, Label)
    found = a_finding(TODAY - timedelta(3), label, **finding)  # type: ignore[arg-type]
    return compute_standing(an_opportunity(), [found], as_of=TODAY)


def test_a_loss_with_a_quote_is_closed_with_its_reason() -> None:
    advice = _advise(_standing(label=LOSS))
    assert (advice.action, advice.close_reason) == (Action.CLOSE, Reason.PRICE)


@pytest.mark.parametrize(
    "changes", [{"quoted": False}, {"status": Status.NEEDS_REVIEW}, {"confidence": 0.6}]
)
def test_a_loss_without_proof_is_left_to_review(changes: dict[str, object]) -> None:
    advice = _advise(_standing(label=LOSS, **changes))
    assert advice.action is Action.REVIEW
    assert advice.close_reason is None
    assert advice.question


def test_a_callback_is_advanced_with_the_question_and_a_step_for_its_stage() -> None:
    due = date(2026, 3, 5)
    advice = _advise(_standing(reason=Reason.INTERVAL_CALLBACK, due=due))
    assert advice.action is Action.ADVANCE
    assert advice.question == "What happens on 5 March, and who on their side agreed to it?"
    assert advice.proposed_step
    assert "Lee" in advice.proposed_step
    assert "review of the offer" in advice.proposed_step


def test_a_commitment_ahead_is_left_alone_and_one_passed_is_asked_about() -> None:
    ahead = _standing(label=MEANINGFUL, commits=(TODAY + timedelta(4),))
    assert _advise(ahead).action is Action.LEAVE
    passed = a_finding(TODAY - timedelta(30), MEANINGFUL, commits=(TODAY - timedelta(20),))
    advice = _advise(compute_standing(an_opportunity(), [passed], as_of=TODAY))
    assert advice.action is Action.ADVANCE
    assert advice.question == "What they agreed to was for 10 February. What came of it?"


def test_a_far_event_is_parked() -> None:
    assert (
        _advise(_standing(label=MEANINGFUL, commits=(TODAY + timedelta(90),))).action is Action.PARK
    )


@pytest.mark.parametrize("reason", [r for label in (VAGUE, LOSS) for r in REASONS_OF[label]])
@pytest.mark.parametrize("due", [None, date(2026, 3, 9)])
def test_every_reason_has_a_whole_question(reason: Reason, due: date | None) -> None:
    label = VAGUE if reason in REASONS_OF[VAGUE] else LOSS
    pending = a_pending(due) if due else None
    advice = advise_on_verdict(a_record("x", pending=pending), label, reason, decided=True)
    assert advice.question
    assert advice.question.rstrip().endswith(("?", "."))
    assert "{" not in advice.question
    assert "None" not in advice.question
