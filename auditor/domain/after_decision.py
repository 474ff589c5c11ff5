"""What an earlier decision makes of a recommendation."""

from __future__ import annotations

from auditor.domain.decisions import Became, Decision, Followed
from auditor.domain.recommendation import say_date
from auditor.domain.standing import Standing
from auditor.domain.verdict import Action, Recommendation


def advise_after(
    decided: Followed, advice: Recommendation, standing: Standing
) -> tuple[Recommendation, Standing]:
    """The recommendation and the standing once an earlier decision is weighed.

    A step still to come is left alone, a parked opportunity stays parked, a step that did not come
    is asked for, and so is the event that a parked one waited for.

    Args:
        decided: the decision in force, of an earlier docket.
        advice: what the standing alone recommends.
        standing: as of the docket's reading day.
    """
    decision = decided.decision
    if decided.became is Became.WAITING:
        return Recommendation(action=Action.LEAVE), standing
    if decided.became is Became.PARKED:
        parked = standing.model_copy(update={"parked_until": decision.due_on})
        return Recommendation(action=Action.PARK), parked
    if decided.became is Became.DID_NOT_COME:
        return _asked_again(advice, _ask_step(decision, standing), decision.step), standing
    if decided.became is Became.RETURNED and advice.action is Action.LEAVE:
        return _asked_again(advice, _ask_event(decision, standing), None), standing
    return advice, standing


def _asked_again(advice: Recommendation, question: str, step: str | None) -> Recommendation:
    """The same advice with the supervisor's own question; what was left alone is to be advanced."""
    settled = advice.action in (Action.LEAVE, Action.PARK)
    action = Action.ADVANCE if settled else advice.action
    return advice.model_copy(
        update={
            "action": action,
            "question": question,
            "proposed_step": step if action is Action.ADVANCE else advice.proposed_step,
        }
    )


def _ask_step(decision: Decision, standing: Standing) -> str:
    by = say_date(decision.due_on, as_of=standing.as_of) if decision.due_on else "now"
    return (
        f"You asked for this by {by}: {decision.step}. It did not come. What is left to win here?"
    )


def _ask_event(decision: Decision, standing: Standing) -> str:
    quote = decision.event.evidence.quote if decision.event else "their event"
    on = say_date(decision.due_on, as_of=standing.as_of) if decision.due_on else "now"
    return f"It was parked until {on} for “{quote}”. What came of it?"
