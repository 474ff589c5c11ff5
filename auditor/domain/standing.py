"""An opportunity's standing: what its verdicts over time add up to on a given day.

The clock counts days since the last *verified buyer commitment*; notes, date bumps and the rep's
own e-mails don't reset it.  A roll-over is a pending activity moved later with no new buyer
evidence.  A commitment that is still to come stands, whatever was logged after it, unless the
buyer withdrew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from auditor.domain.findings import Commitment, Contact, Finding
from auditor.domain.labels import Label, Reason
from auditor.domain.pending import count_roll_overs, defects_of, pending_of
from auditor.domain.quoted import QuotedWords, deciding_quotes
from auditor.domain.records import NextActivity, Opportunity
from auditor.domain.stages import DEFAULT_STAGES, Stage, StepAnswer, answer_of_step, find_stage
from auditor.domain.verdict import Defect, Status, Verdict

PARK_AFTER_DAYS = 28
"""A buyer event at least this long after the activity that tells it parks the opportunity until its
day.  Counted from the telling, so that a parked one comes back on that day and not before."""
SILENT_AFTER = 3
"""Unanswered attempts in a row that show a loss (codebook, "What shows a loss")."""
SILENT_CONFIDENCE = 0.8
"""Share of losses where that much silence was counted: 41 of 51 train and 8 of 9 dev records."""
NO_SHOWS_LOST = 2
"""No-shows that show a loss."""
GRACE_DAYS = 3
"""Days after a commitment's date in which its outcome may still come in."""


class ClockStart(StrEnum):
    """What the clock counts from."""

    COMMITMENT = "commitment"
    OPENED = "opened"
    FIRST_ACTIVITY = "first_activity"
    UNKNOWN = "unknown"


class Standing(BaseModel):
    """Where an opportunity stands on a day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opportunity_id: str
    """The opportunity."""
    as_of: date
    """The day that all counts refer to."""
    label: Label | None = None
    """What its history shows; None where nothing was judged."""
    reason: Reason | None = None
    """The deciding reason."""
    status: Status = Status.NEEDS_REVIEW
    """Whether the label may be acted on."""
    confidence: float = 0.0
    """Of the label, 0 to 1."""
    clock_days: int | None = None
    """Days since the last verified buyer commitment, or since the start where there is none."""
    clock_from: ClockStart = ClockStart.UNKNOWN
    """What the clock counts from."""
    patience_days: int = 30
    """Days that the stage allows without a buyer commitment."""
    days_in_stage: int | None = None
    """Days since the last stage change, where known."""
    roll_overs: int = 0
    """Times the pending activity was moved later with no new buyer evidence."""
    unanswered: int = 0
    """Unanswered attempts in a row up to now."""
    no_shows: int = 0
    """No-shows since the buyer was last heard."""
    parked_until: date | None = None
    """The day of the quoted buyer event that it waits for."""
    event_on: date | None = None
    """Latest day of the last commitment, past or to come."""
    pending: NextActivity | None = None
    """The pending next activity now."""
    step_answers: StepAnswer = StepAnswer.UNKNOWN
    """Whether it can answer the question of the opportunity's stage."""
    step_reason: str = ""
    """Why, in a sentence with the question."""
    defects: tuple[Defect, ...] = ()
    """What is wrong with it."""
    quotes: tuple[QuotedWords, ...] = ()
    """The words that show it, the deciding ones first."""
    activity_id: str | None = None
    """The activity that decides."""
    warnings: tuple[str, ...] = ()
    """What the reader should know."""

    @property
    def out_of_patience(self) -> bool:
        """Whether the clock has run past what the stage allows."""
        return self.clock_days is not None and self.clock_days > self.patience_days

    @property
    def event_passed(self) -> bool:
        """Whether the last commitment's day is over and its outcome is due."""
        return self.event_on is not None and self.event_on + timedelta(GRACE_DAYS) < self.as_of


class Earlier(NamedTuple):
    """What a standing on an earlier day is held against."""

    label: Label
    """What its history showed."""
    roll_overs: int
    """Times the pending activity had been moved later with no new buyer evidence."""
    unanswered: int
    """Unanswered attempts in a row."""


def compute_standing(
    opportunity: Opportunity,
    findings: Sequence[Finding],
    *,
    as_of: date,
    stages: tuple[Stage, ...] = DEFAULT_STAGES,
) -> Standing:
    """Adds up an opportunity's findings.

    Args:
        opportunity: with its pending activity as it stands now, where known.
        findings: its judged activities, in any order.
        as_of: the day to stand on; later findings are left out.
        stages: kinds of stage with their patience.
    """
    past = _up_to(as_of, findings)
    clock_days, clock_from = _clock(opportunity, past, as_of)
    unanswered, no_shows = _silence(past)
    pending = pending_of(opportunity, past)
    rolled = count_roll_overs(opportunity, past, pending)
    common = {
        "opportunity_id": opportunity.id,
        "as_of": as_of,
        "clock_days": clock_days,
        "clock_from": clock_from,
        "patience_days": find_stage(opportunity.stage, stages).patience_days,
        "days_in_stage": _days_in_stage(opportunity, as_of),
        "roll_overs": rolled,
        "unanswered": unanswered,
        "no_shows": no_shows,
        "pending": pending,
    }
    if not past:
        answers, why = answer_of_step(opportunity.stage, pending, stages=stages)
        warnings = ("no activity was logged up to this day",)
        return Standing(**common, step_answers=answers, step_reason=why, warnings=warnings)
    deciding, live, silent = _decide(past, as_of, unanswered, no_shows)
    verdict = deciding.verdict
    label, reason, status, confidence = (
        (Label.IMPLICIT_LOSS, _silent_reason(verdict), Status.DECIDED, _silent_confidence(verdict))
        if silent
        else (verdict.label, verdict.reason, verdict.status, verdict.confidence)
    )
    answers, why = answer_of_step(opportunity.stage, pending, label=label, stages=stages)
    return Standing(
        **common,
        step_answers=answers,
        step_reason=why,
        label=label,
        reason=reason,
        status=status,
        confidence=confidence,
        parked_until=_parked_until(label, live, as_of),
        event_on=_event_on(deciding, live),
        defects=defects_of(opportunity, past, pending, rolled, as_of),
        quotes=deciding_quotes(deciding, past, attempts=SILENT_AFTER if silent else 0),
        activity_id=deciding.activity.id,
        warnings=() if silent else verdict.warnings,
    )


def stood_earlier(
    opportunity: Opportunity,
    findings: Sequence[Finding],
    pending: NextActivity | None,
    *,
    as_of: date,
) -> Earlier | None:
    """What ``compute_standing`` would tell of an earlier day; None where nothing was judged then.

    Args:
        opportunity: with the due days that were known then.
        findings: its judged activities, in any order.
        pending: the pending activity then.
        as_of: the day to stand on; later findings are left out.
    """
    past = _up_to(as_of, findings)
    if not past:
        return None
    unanswered, no_shows = _silence(past)
    deciding, _, silent = _decide(past, as_of, unanswered, no_shows)
    label = Label.IMPLICIT_LOSS if silent else deciding.verdict.label
    return Earlier(label, count_roll_overs(opportunity, past, pending), unanswered)


def _up_to(day: date, findings: Sequence[Finding]) -> list[Finding]:
    past = [f for f in findings if f.activity.occurred_at.date() <= day]
    past.sort(key=lambda f: f.activity.occurred_at.replace(tzinfo=None))
    return past


def _decide(
    past: Sequence[Finding], as_of: date, unanswered: int, no_shows: int
) -> tuple[Finding, Finding | None, bool]:
    """The finding that decides, the one with a commitment still to come, and if silence decides."""
    deciding, live = _deciding(past, as_of)
    silent = live is None and (unanswered >= SILENT_AFTER or no_shows >= NO_SHOWS_LOST)
    return deciding, live, silent and not _speaks_otherwise(deciding.verdict)


def _speaks_otherwise(verdict: Verdict) -> bool:
    """Whether the verdict is sure of a real step, which silence does not outweigh."""
    return verdict.status is Status.DECIDED and verdict.label is Label.MEANINGFUL_NEXT_STEP


def _silent_reason(verdict: Verdict) -> Reason:
    """No response, unless the verdict is sure of another loss."""
    sure = verdict.status is Status.DECIDED and verdict.label is Label.IMPLICIT_LOSS
    return verdict.reason if sure else Reason.NO_RESPONSE


def _silent_confidence(verdict: Verdict) -> float:
    return max(SILENT_CONFIDENCE, verdict.probabilities.get(Label.IMPLICIT_LOSS, 0.0))


def _clock(
    opportunity: Opportunity, past: Sequence[Finding], as_of: date
) -> tuple[int | None, ClockStart]:
    proven = next((f for f in reversed(past) if f.proves_commitment), None)
    if proven:
        return (as_of - proven.activity.occurred_at.date()).days, ClockStart.COMMITMENT
    if opportunity.opened_on and opportunity.opened_on <= as_of:
        return (as_of - opportunity.opened_on).days, ClockStart.OPENED
    if past:
        return (as_of - past[0].activity.occurred_at.date()).days, ClockStart.FIRST_ACTIVITY
    return None, ClockStart.UNKNOWN


def _silence(past: Sequence[Finding]) -> tuple[int, int]:
    """Unanswered attempts in a row and no-shows since the buyer was last heard."""
    attempts = no_shows = 0
    for finding in reversed(past):
        if finding.contact is Contact.TWO_WAY:
            break
        attempts += max(1, finding.attempts) if finding.contact is Contact.ATTEMPT else 0
        no_shows += finding.contact is Contact.NO_SHOW
    return attempts, no_shows


def _days_in_stage(opportunity: Opportunity, as_of: date) -> int | None:
    entered = [c.entered_on for c in opportunity.stage_history if c.entered_on <= as_of]
    return (as_of - max(entered)).days if entered else None


def _deciding(past: Sequence[Finding], as_of: date) -> tuple[Finding, Finding | None]:
    """The finding that decides, and the one with a commitment still to come, if any.

    A commitment to come outlives later notes that show neither a loss nor a new commitment.
    """
    latest = _latest_telling(past)
    if latest.verdict.label is Label.IMPLICIT_LOSS:
        return latest, None
    for finding in reversed(past):
        if finding.verdict.label is Label.IMPLICIT_LOSS:
            break
        if finding.proves_commitment and any(c.latest >= as_of for c in finding.commitments):
            withdrawn = any(
                f.contact is Contact.TWO_WAY
                and f.verdict.label is Label.VAGUE_CALLBACK
                and f.activity.occurred_at > finding.activity.occurred_at
                for f in past
            )
            return (latest, None) if withdrawn else (finding, finding)
    return latest, None


def _latest_telling(past: Sequence[Finding]) -> Finding:
    """The latest finding that is a contact with the buyer; the latest of all where none is."""
    for finding in reversed(past):
        if finding.contact is not Contact.NONE or finding.verdict.label is not Label.VAGUE_CALLBACK:
            return finding
    return past[-1]


def _commitments_ahead(live: Finding, as_of: date) -> list[Commitment]:
    return [c for c in live.commitments if c.latest >= as_of]


def _parked_until(label: Label, live: Finding | None, as_of: date) -> date | None:
    if live is None or label is not Label.MEANINGFUL_NEXT_STEP:
        return None
    first = min(c.earliest for c in _commitments_ahead(live, as_of))
    is_far = (first - live.activity.occurred_at.date()).days >= PARK_AFTER_DAYS
    return first if is_far and first > as_of else None


def _event_on(deciding: Finding, live: Finding | None) -> date | None:
    dates = [c.latest for c in (live or deciding).commitments]
    pending = deciding.activity.next_activity
    meaningful = deciding.verdict.label is Label.MEANINGFUL_NEXT_STEP
    if not dates and meaningful and pending and pending.due_on:
        dates = [pending.due_on]
    return max(dates) if dates else None
