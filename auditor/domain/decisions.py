"""A supervisor's decision: what it needs, and what it means for the dockets that follow.

Advance demands a step by a day, close ends it with a loss reason, park waits for an event in the
buyer's own words, disagree corrects the label.  The latest one that nobody took back is in force.
A step counts as come only when the buyer committed to something since; a rep's note does not do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, field_validator

from auditor.domain.findings import Finding
from auditor.domain.labels import LABEL_OF, Label, Reason
from auditor.domain.records import Activity, Opportunity, OpportunityStatus
from auditor.domain.verdict import Evidence, Status
from auditor.domain.week import Week
from auditor.errors import DecisionConflict, DecisionError

LONGEST_STEP = 500
"""Characters of a demanded step."""
LONGEST_QUOTE = 600
"""Characters of a quote; more is a copy."""
LONGEST_COMMENT = 2_000
"""Characters of a comment."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DecisionAction(StrEnum):
    """What a supervisor decides."""

    ADVANCE = "advance"
    CLOSE = "close"
    PARK = "park"
    DISAGREE = "disagree"


class Choice(_Frozen):
    """What a supervisor asks for; blanks count as not given."""

    action: DecisionAction
    """Advance, close, park or disagree."""
    step: str | None = Field(default=None, max_length=LONGEST_STEP)
    """Advance: the step demanded, such as ``Review of the offer with the CFO``."""
    due_on: date | None = None
    """Advance: the day by which; park: the day on which it comes back."""
    close_reason: Reason | None = None
    """Close: why, one of the loss reasons."""
    event_quote: str | None = Field(default=None, max_length=LONGEST_QUOTE)
    """Park: the buyer's event, word for word from one of the opportunity's activities."""
    event_activity: int | None = None
    """Park: key of the activity that holds the words; looked for in all of them where None."""
    label: Label | None = None
    """Disagree: the right label."""
    reason: Reason | None = None
    """Disagree: the right reason, one of the label's."""
    quote: str | None = Field(default=None, max_length=LONGEST_QUOTE)
    """Disagree: the words that decide, word for word from the activity."""
    comment: str | None = Field(default=None, max_length=LONGEST_COMMENT)
    """In the supervisor's words."""
    week: date | None = None
    """Monday of the docket's week; the last whole week's where None."""

    @field_validator("step", "event_quote", "quote", "comment", mode="after")
    @classmethod
    def _blank_is_none(cls, value: str | None) -> str | None:
        if value is None:
            return None
        return value.replace("\0", "").strip() or None


class QuotedEvent(_Frozen):
    """The buyer's event that a parked opportunity waits for."""

    evidence: Evidence
    """The words, verbatim, and where they stand."""
    activity_key: int
    """The activity that holds them."""
    said_on: date | None = None
    """Day of that activity."""


class Decision(_Frozen):
    """A decision as it was made; one that was taken back stays, marked."""

    key: int
    """Order in which they were made."""
    opportunity_key: int
    """On which opportunity."""
    action: DecisionAction
    """What was decided."""
    step: str | None = None
    """Advance: the step demanded."""
    due_on: date | None = None
    """Advance: by when; park: when it comes back."""
    close_reason: Reason | None = None
    """Close: why."""
    event: QuotedEvent | None = None
    """Park: what it waits for."""
    comment: str | None = None
    """The supervisor's words."""
    verdict_key: int | None = None
    """The verdict that stood."""
    correction_key: int | None = None
    """Disagree: the correction that it made."""
    week: date
    """Monday of the week of the docket in which it was made."""
    made_by: str
    """As in the audit log."""
    made_at: datetime
    """When."""
    undone_by: str | None = None
    """Who took it back."""
    undone_at: datetime | None = None
    """When it was taken back."""

    @property
    def stands(self) -> bool:
        """Whether nobody took it back."""
        return self.undone_at is None


class Became(StrEnum):
    """What became of a decision."""

    WAITING = "waiting"
    """Advance: its day is not over, and the buyer has not committed yet."""
    CAME = "came"
    """Advance: the buyer has committed to something since."""
    DID_NOT_COME = "did_not_come"
    """Advance: its day is over, and the buyer has committed to nothing."""
    LEFT = "left"
    """Closed, or won, in the CRM."""
    STILL_OPEN = "still_open"
    """Close: the CRM still has it open."""
    REVIVED = "revived"
    """Close: the buyer has committed to something since."""
    PARKED = "parked"
    """Park: its day is still to come."""
    RETURNED = "returned"
    """Park: its day has come, or the buyer has said no in the meantime."""
    CORRECTED = "corrected"
    """Disagree: the label was corrected."""


class Followed(_Frozen):
    """A decision with what became of it."""

    decision: Decision
    """As made."""
    became: Became
    """As of the day asked for."""


_NEEDED: dict[DecisionAction, tuple[tuple[str, str], ...]] = {
    DecisionAction.ADVANCE: (
        ("step", "name the step that you demand"),
        ("due_on", "give the day by which it must be there"),
    ),
    DecisionAction.CLOSE: (("close_reason", "say why it is lost"),),
    DecisionAction.PARK: (
        ("event_quote", "quote the buyer's event from a note or call, word for word"),
        ("due_on", "give the day on which it comes back"),
    ),
    DecisionAction.DISAGREE: (("label", "say which label is right"),),
}
_ALLOWED: dict[DecisionAction, frozenset[str]] = {
    DecisionAction.ADVANCE: frozenset({"step", "due_on"}),
    DecisionAction.CLOSE: frozenset({"close_reason"}),
    DecisionAction.PARK: frozenset({"event_quote", "event_activity", "due_on"}),
    DecisionAction.DISAGREE: frozenset({"label", "reason", "quote"}),
}
_OF_ANY = frozenset({"action", "comment", "week"})


def check_choice(choice: Choice, opportunity: Opportunity, *, today: date) -> None:
    """Refuses a choice that lacks something, or that time or the CRM has overtaken.

    Args:
        choice: what is asked for.
        opportunity: as it is known now.
        today: the supervisor's present day.

    Raises:
        DecisionError: something is missing or does not fit; names the field.
        DecisionConflict: the opportunity is closed already.
    """
    action = choice.action
    for name, mend in _NEEDED[action]:
        if getattr(choice, name) is None:
            raise DecisionError(name, f"is needed to {action.value}; {mend}")
    given = {n for n in type(choice).model_fields if getattr(choice, n) is not None}
    surplus = sorted(given - _ALLOWED[action] - _OF_ANY)
    if surplus:
        raise DecisionError(surplus[0], f"does not go with {action.value}; leave it out")
    if opportunity.status is not OpportunityStatus.OPEN and action is not DecisionAction.DISAGREE:
        raise DecisionConflict(
            "action", f"the opportunity is {opportunity.status.value} already; nothing is to decide"
        )
    _check_values(choice, today)


def _check_values(choice: Choice, today: date) -> None:
    due, action = choice.due_on, choice.action
    if action is DecisionAction.ADVANCE and due is not None and due < today:
        raise DecisionError("due_on", f"{due} is past; give today or a later day")
    if action is DecisionAction.PARK and due is not None and due <= today:
        raise DecisionError("due_on", f"{due} is not to come; give the day of the buyer's event")
    if choice.close_reason and LABEL_OF[choice.close_reason] is not Label.IMPLICIT_LOSS:
        raise DecisionError(
            "close_reason",
            f"{choice.close_reason.value!r} is no loss; give one of the loss reasons",
        )
    check_reason(choice.label, choice.reason)
    if choice.week is not None and choice.week.weekday() != 0:
        raise DecisionError("week", f"{choice.week} is no Monday; give the first day of the week")


def check_reason(label: Label | None, reason: Reason | None) -> None:
    """Refuses a reason that is not the label's.

    Raises:
        DecisionError: it is another label's.
    """
    if reason is not None and LABEL_OF[reason] is not label:
        raise DecisionError(
            "reason",
            f"{reason.value!r} is a reason of {LABEL_OF[reason].value!r}; choose the label's",
        )


def check_new_evidence(event: QuotedEvent, earlier: Iterable[Decision]) -> None:
    """Refuses to park again on evidence that was there at the last parking.

    New evidence stands in another activity, of the day of the last parking or later.

    Args:
        event: what it is to wait for.
        earlier: the opportunity's decisions before.

    Raises:
        DecisionConflict: nothing new was said.
    """
    parked = [d for d in earlier if d.stands and d.action is DecisionAction.PARK]
    if not parked:
        return
    last = parked[-1]
    same = last.event is not None and last.event.activity_key == event.activity_key
    old = event.said_on is not None and event.said_on < last.made_at.date()
    if same or old:
        raise DecisionConflict(
            "event_quote",
            f"it was parked on {last.made_at.date()} already, and these words are no newer; "
            "quote what the buyer has said since, or advance or close it",
        )


def week_of(choice: Choice, today: date) -> date:
    """Monday of the week of the docket that a choice belongs to."""
    return choice.week or Week.last_before(today).monday


def in_force(decisions: Sequence[Decision], *, week: date | None = None) -> Decision | None:
    """The latest decision that stands, disagreement apart; that one works through the label.

    Args:
        decisions: an opportunity's, oldest first.
        week: leave out those of dockets after the week of this Monday.
    """
    for decision in reversed(decisions):
        late = week is not None and decision.week > week
        if decision.stands and not late and decision.action is not DecisionAction.DISAGREE:
            return decision
    return None


def follow(
    decision: Decision, opportunity: Opportunity, findings: Sequence[Finding], *, as_of: date
) -> Followed:
    """Tells what became of a decision.

    Args:
        decision: one that stands.
        opportunity: as it is known now.
        findings: its judged activities; those after ``as_of`` are left out.
        as_of: the day to stand on.
    """
    since = [
        f
        for f in findings
        if happened(f.activity) > decision.made_at and f.activity.occurred_at.date() <= as_of
    ]
    return Followed(decision=decision, became=_became(decision, opportunity, since, as_of))


def _became(
    decision: Decision, opportunity: Opportunity, since: Sequence[Finding], as_of: date
) -> Became:
    committed = any(f.proves_commitment for f in since)
    if decision.action is DecisionAction.DISAGREE:
        return Became.CORRECTED
    if opportunity.status is not OpportunityStatus.OPEN:
        return Became.LEFT
    if decision.action is DecisionAction.CLOSE:
        return Became.REVIVED if committed else Became.STILL_OPEN
    over = decision.due_on is None or decision.due_on < as_of
    if decision.action is DecisionAction.PARK:
        comes = decision.due_on is None or decision.due_on <= as_of
        return Became.RETURNED if comes or _said_no(since) else Became.PARKED
    if committed:
        return Became.CAME
    return Became.DID_NOT_COME if over else Became.WAITING


def _said_no(since: Sequence[Finding]) -> bool:
    return any(
        f.verdict.status is Status.DECIDED and f.verdict.label is Label.IMPLICIT_LOSS for f in since
    )


def happened(activity: Activity) -> datetime:
    """When an activity happened, in UTC; a time without a zone counts as UTC."""
    when = activity.occurred_at
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
