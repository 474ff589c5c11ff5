"""An open opportunity in the few facts that flow and health count: 100,000 fit in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from auditor.domain.decisions import Became, Followed
from auditor.domain.labels import Label, Reason
from auditor.domain.records import Opportunity
from auditor.domain.stages import StepAnswer
from auditor.domain.standing import Standing
from auditor.domain.verdict import Action, Recommendation

NOBODY = "nobody"
"""Stands for the rep of an opportunity without an owner."""


@dataclass(frozen=True, slots=True)
class OpenDeal:
    """One open opportunity on a day."""

    key: int
    """The database's number for it; 0 where it comes from files."""
    id: str
    """The source's id."""
    source: str
    """The source."""
    name: str
    """As the CRM shows it."""
    rep: str
    """Who holds it."""
    team: str | None
    """Their team."""
    stage: str
    """Its stage now, as the CRM names it."""
    value: Decimal | None
    """Deal size."""
    currency: str | None
    """Of the value."""
    lead_source: str | None
    """Where the lead came from."""
    age_days: int | None
    """Days since it was opened; None where that is not known."""
    days_in_stage: int | None
    """Days since it entered its stage; None where that is not known."""
    at_least: bool
    """Whether the two are lower bounds, since it was seen before anything told its start."""
    expected_close_on: date | None
    """The rep's forecast."""
    probability: float | None
    """The CRM's probability to close."""
    due_on: date | None
    """Day of the pending activity."""
    label: Label | None
    """What its history shows; None where nothing was judged."""
    reason: Reason | None
    """The deciding reason."""
    action: Action
    """What the docket recommends."""
    clock_days: int | None
    """Days since the last buyer commitment, or since the start."""
    roll_overs: int
    """Times the pending activity was moved later."""
    parked: bool
    """Whether it waits for a dated buyer event: it is not in the queue then."""
    was_parked: bool
    """Whether it did so on the day before the period."""
    left: bool
    """Whether a supervisor closed it and the CRM has it open still: it is not in the queue."""
    left_lately: bool
    """Whether that was within the period."""
    answer: StepAnswer
    """Whether the pending step can answer the stage's question."""

    @property
    def in_queue(self) -> bool:
        """Whether the rep has to work it now."""
        return not (self.parked or self.left)


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """Since when an opportunity is known, where nothing tells its start."""

    seen_on: date | None
    """Day of the first snapshot that holds it."""
    in_stage_on: date | None
    """Day of the first of the last unbroken ones that hold it in its present stage."""


def open_deal(
    opportunity: Opportunity,
    now: Standing,
    before: Standing | None,
    advice: Recommendation,
    *,
    key: int = 0,
    source: str = "",
    seen: FirstSeen | None = None,
    closed_by: Followed | None = None,
    since: date | None = None,
) -> OpenDeal:
    """Makes one of an opportunity with its standing.

    Args:
        opportunity: with its stage history, where known.
        now: its standing on the day.
        before: its standing on the day before the period; None where it did not exist.
        advice: what the docket recommends.
        key: the database's number for it.
        source: where its id is unique.
        seen: since when it is known, for where nothing tells its start.
        closed_by: the decision in force, with what became of it.
        since: first day of the period.
    """
    age, in_stage, at_least = _ages(opportunity, now, seen)
    pending = now.pending
    left = closed_by is not None and closed_by.became is Became.STILL_OPEN
    decided_on = closed_by.decision.made_at.date() if closed_by else None
    return OpenDeal(
        key=key,
        id=opportunity.id,
        source=source,
        name=opportunity.name or opportunity.account or opportunity.id,
        rep=opportunity.owner or NOBODY,
        team=opportunity.team,
        stage=opportunity.stage,
        value=opportunity.value,
        currency=opportunity.currency,
        lead_source=opportunity.lead_source,
        age_days=age,
        days_in_stage=in_stage,
        at_least=at_least,
        expected_close_on=opportunity.expected_close_on,
        probability=opportunity.probability,
        due_on=pending.due_on if pending else None,
        label=now.label,
        reason=now.reason,
        action=Action.CLOSE if left else advice.action,
        clock_days=now.clock_days,
        roll_overs=now.roll_overs,
        parked=now.parked_until is not None and not left,
        was_parked=before is not None and before.parked_until is not None,
        left=left,
        left_lately=left and (since is None or (decided_on is not None and decided_on >= since)),
        answer=now.step_answers,
    )


def _ages(
    opportunity: Opportunity, now: Standing, seen: FirstSeen | None
) -> tuple[int | None, int | None, bool]:
    """Age, days in the stage, and whether one of them is a lower bound."""
    as_of = now.as_of
    first = seen or FirstSeen(None, None)
    opened = opportunity.opened_on
    entered = [c for c in opportunity.stage_history if c.entered_on <= as_of]
    signs = [first.seen_on, *(c.entered_on for c in entered[:1])]
    start = opened or min((day for day in signs if day is not None), default=None)
    in_stage = entered[-1].entered_on if entered else first.in_stage_on
    if in_stage is None and start is not None and not opportunity.stage:
        in_stage = start
    return (
        _days(start, as_of),
        _days(in_stage, as_of),
        opened is None or (not entered and in_stage is not None),
    )


def _days(start: date | None, as_of: date) -> int | None:
    return None if start is None or start > as_of else (as_of - start).days
