"""What to ask the supervisor to do: advance it, close it, park it, review it or leave it.

No verified quote, no recommendation to close.  The question is the one that a supervisor asks in
front of the team: what exactly is happening on that date, who agreed to it, and which yes or no
does it settle?
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from auditor.domain.findings import Finding
from auditor.domain.labels import Label, Reason
from auditor.domain.policy import Policy
from auditor.domain.provenance import Asked
from auditor.domain.records import AuditRecord, NextActivity, Opportunity, Participant, Side
from auditor.domain.stages import DEFAULT_STAGES, Stage, find_stage
from auditor.domain.standing import Standing
from auditor.domain.verdict import Action, Recommendation, Status

_VAGUE_QUESTIONS: dict[Reason, str] = {
    Reason.INTERVAL_CALLBACK: "What happens {on_due}, and who on their side agreed to it?",
    Reason.NO_DATE: "By which day does {buyer} decide, and what do we do together before then?",
    Reason.REP_ONLY_INTENT: "Has {buyer} agreed to anything {on_due}, or is it only our own plan?",
    Reason.AWAITING_REPLY: "{buyer_cap} was to come back to us. By which day, and what happens "
    "if they don't?",
    Reason.SEND_INFO: "What will {buyer} decide with what we send, and on which day?",
    Reason.AVAILABILITY_ONLY: "When {buyer} can be reached {on_due}, what is to be settled?",
    Reason.NO_PURPOSE: "What can {buyer} say yes or no to {on_due}?",
    Reason.NO_NEXT_ACTIVITY: "What is the next step with {buyer}, and when did they agree to it?",
}
_LOSS_QUESTIONS: dict[Reason, str] = {
    Reason.COMPETITOR_CHOSEN: "They have chosen somebody else. Is anything left to win here, or "
    "do we close it?",
    Reason.INCUMBENT_RENEWED: "They have renewed with their present supplier. Why is it still "
    "open?",
    Reason.NO_BUDGET: "There is no budget, and no event that would release one. Do we close it?",
    Reason.PRICE: "We lost it on price. Is there a new offer that they asked for, or do we "
    "close it?",
    Reason.NO_NEED: "They say that they don't need it. What has changed since, or do we close it?",
    Reason.NO_FIT: "It does not fit. Who would have to change what for it to fit, or do we "
    "close it?",
    Reason.NOT_A_PRIORITY: "It is not a priority for them. Which event of theirs would make it "
    "one?",
    Reason.PROJECT_CANCELLED: "The project has been stopped. Do we close it?",
    Reason.CONTACT_GONE: "Our contact has left. Who owns it now, and have they spoken to us?",
    Reason.BRUSH_OFF: "They brushed us off. What did {buyer} say that keeps it open?",
    Reason.NO_RESPONSE: "Nobody has answered {attempts}. What makes us think that {buyer} still "
    "wants it?",
    Reason.DO_NOT_CONTACT: "They told us to stop calling. Do we close it and take them off the "
    "list?",
}
_REVIEW_QUESTION = "Read the words and decide: is something booked {on_due}, or is it over?"


def say_date(day: date, *, as_of: date | None = None) -> str:
    """Writes a day as people do: ``5 March``, with the year where it is not the present one."""
    words = f"{day.day} {day:%B}"
    return words if as_of is None or day.year == as_of.year else f"{words} {day.year}"


def name_buyer(participants: tuple[Participant, ...], account: str | None) -> str:
    """The first buyer's name, else the account, else "the buyer"."""
    for person in participants:
        if person.role is Side.BUYER and person.name:
            return person.name
    return account or "the buyer"


def _on_due(pending: NextActivity | None, as_of: date | None) -> str:
    if pending is None or pending.due_on is None:
        return "next, and on which day"
    return f"on {say_date(pending.due_on, as_of=as_of)}"


def _fill(
    template: str, *, buyer: str, pending: NextActivity | None, as_of: date | None, attempts: int
) -> str:
    times = f"{attempts} attempts in a row" if attempts > 1 else "our attempts"
    on_due = _on_due(pending, as_of)
    if on_due.startswith("next") and "{on_due}, and" in template:
        template = template.replace("{on_due}, and", "next, on which day, and")
    return template.format(
        buyer=buyer, buyer_cap=buyer[:1].upper() + buyer[1:], on_due=on_due, attempts=times
    )


def advise_on_verdict(
    record: AuditRecord,
    label: Label,
    reason: Reason,
    *,
    decided: bool,
    stages: tuple[Stage, ...] = DEFAULT_STAGES,
) -> Recommendation:
    """Advises on one record alone, as on the day that it was logged."""
    activity, opportunity = record.activity, record.opportunity
    buyer = name_buyer(activity.participants, opportunity.account)
    day = activity.occurred_at.date()

    def ask(template: str) -> str:
        return _fill(template, buyer=buyer, pending=activity.next_activity, as_of=day, attempts=0)

    if not decided:
        return Recommendation(action=Action.REVIEW, question=ask(_REVIEW_QUESTION))
    if label is Label.MEANINGFUL_NEXT_STEP:
        return Recommendation(action=Action.LEAVE)
    if label is Label.IMPLICIT_LOSS:
        return Recommendation(
            action=Action.CLOSE, question=ask(_LOSS_QUESTIONS[reason]), close_reason=reason
        )
    return Recommendation(
        action=Action.ADVANCE,
        question=ask(_VAGUE_QUESTIONS[reason]),
        proposed_step=_step(opportunity, buyer, stages),
    )


def in_own_words(
    advice: Recommendation, label: Label | None, asked: Asked | None
) -> Recommendation:
    """The advice with the question and step that a language model wrote for this very record.

    They stand in for the fixed wording only where the model gave the label that is advised on, and
    where there is something to ask the rep; what is left to review keeps its own question.

    Args:
        advice: in the fixed wording.
        label: what is advised on.
        asked: what a language model said, its words already held to the record.
    """
    if asked is None or asked.label is not label or not asked.question:
        return advice
    if advice.action is Action.CLOSE:
        return advice.model_copy(update={"question": asked.question})
    if advice.action is Action.ADVANCE:
        step = asked.step or advice.proposed_step
        return advice.model_copy(update={"question": asked.question, "proposed_step": step})
    return advice


def asked_of_deciding(findings: Sequence[Finding], standing: Standing) -> Asked | None:
    """What a language model said of the activity that decides, while its plan is still the plan.

    Once the pending activity was moved, words about the old day would mislead.
    """
    deciding = next((f for f in findings if f.activity.id == standing.activity_id), None)
    if deciding is None:
        return None
    then, now = deciding.activity.next_activity, standing.pending
    moved = then is not None and now is not None and then.due_on != now.due_on
    return None if moved else deciding.asked


def _step(opportunity: Opportunity, buyer: str, stages: tuple[Stage, ...]) -> str:
    return f"Ask {buyer} for {find_stage(opportunity.stage, stages).step}."


def recommend(
    opportunity: Opportunity,
    standing: Standing,
    *,
    participants: tuple[Participant, ...] = (),
    policy: Policy,
    stages: tuple[Stage, ...] = DEFAULT_STAGES,
    asked: Asked | None = None,
) -> Recommendation:
    """Recommends what to do about an opportunity.

    Args:
        opportunity: the opportunity.
        standing: its standing on the day of the audit.
        participants: people on its latest activity, to name the buyer.
        policy: from which confidence on closing is recommended.
        stages: kinds of stage with their steps.
        asked: what a language model said of the activity that decides.
    """
    buyer = name_buyer(participants, opportunity.account)

    def ask(template: str) -> str:
        return _fill(
            template,
            buyer=buyer,
            pending=standing.pending,
            as_of=standing.as_of,
            attempts=standing.unanswered,
        )

    step = _step(opportunity, buyer, stages)
    unproven = standing.status is Status.NEEDS_REVIEW or not standing.quotes
    if standing.label is None or standing.reason is None or unproven:
        return Recommendation(action=Action.REVIEW, question=ask(_REVIEW_QUESTION))
    if standing.label is Label.IMPLICIT_LOSS:
        if standing.confidence < policy.close_above:
            return Recommendation(
                action=Action.REVIEW, question=ask(_LOSS_QUESTIONS[standing.reason])
            )
        closing = Recommendation(
            action=Action.CLOSE,
            question=ask(_LOSS_QUESTIONS[standing.reason]),
            close_reason=standing.reason,
        )
        return in_own_words(closing, standing.label, asked)
    if standing.label is Label.MEANINGFUL_NEXT_STEP:
        return _on_commitment(standing, _ask_outcome(standing), step)
    advancing = Recommendation(
        action=Action.ADVANCE,
        question=ask(_VAGUE_QUESTIONS[standing.reason]),
        proposed_step=step,
    )
    return in_own_words(advancing, standing.label, asked)


def _ask_outcome(standing: Standing) -> str:
    event = say_date(standing.event_on, as_of=standing.as_of) if standing.event_on else "then"
    return f"What they agreed to was for {event}. What came of it?"


def _on_commitment(standing: Standing, question: str, step: str) -> Recommendation:
    """A commitment ahead is left alone or parked; one whose day is over is asked about."""
    if standing.parked_until:
        return Recommendation(action=Action.PARK)
    if standing.event_passed:
        return Recommendation(action=Action.ADVANCE, question=question, proposed_step=step)
    return Recommendation(action=Action.LEAVE)
