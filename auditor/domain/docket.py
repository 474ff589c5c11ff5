"""The docket: the few decisions of a supervisor's week, ranked, and each rep's queue at a glance.

Rank is value at stake times certainty: an item's value (the median of the open ones where it has
none) times the confidence of its label, with a lift for what fell due or was moved again last week.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict

from auditor.domain.findings import Finding
from auditor.domain.labels import Label
from auditor.domain.policy import Policy
from auditor.domain.recommendation import recommend, say_date
from auditor.domain.records import Opportunity, OpportunityStatus
from auditor.domain.stages import DEFAULT_STAGES, Stage
from auditor.domain.standing import Standing, compute_standing
from auditor.domain.verdict import Action, Defect, Recommendation
from auditor.domain.week import Week

DECISIONS_SHOWN = 12
"""Items that a supervisor can decide in ten minutes."""
_FRESH_LIFT = 1.25
_MOST_OF_ONE_ACTION = 2 / 3


class DocketItem(BaseModel):
    """One opportunity with its standing and what to do about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opportunity: Opportunity
    """The opportunity."""
    standing: Standing
    """As of the digest's reading day."""
    before: Standing | None = None
    """As of a week earlier; None where it had no activity then."""
    recommendation: Recommendation
    """What to do."""
    rank: float = 0.0
    """Value at stake times certainty; higher comes first."""
    active_last_week: bool = False
    """Whether anything was logged on it in the week."""
    if_nothing: str = ""
    """What happens if nothing is decided."""

    @property
    def changed(self) -> str | None:
        """What changed since the week before, in a few words; None where nothing did."""
        if self.before is None:
            return "new"
        was, now = self.before, self.standing
        if was.label is not now.label and was.label and now.label:
            return f"was {_LABEL_WORDS[was.label]}, is {_LABEL_WORDS[now.label]}"
        if now.roll_overs > was.roll_overs:
            return "moved again"
        if now.unanswered > was.unanswered:
            return "another attempt unanswered"
        return None


_LABEL_WORDS = {
    Label.MEANINGFUL_NEXT_STEP: "a real step",
    Label.VAGUE_CALLBACK: "a vague callback",
    Label.IMPLICIT_LOSS: "a loss",
}


@dataclass(frozen=True)
class RepQueue:
    """One rep's open opportunities at a glance."""

    rep: str
    """The rep."""
    team: str | None
    """Their team."""
    open_count: int
    """Open opportunities, parked ones left out."""
    parked: int
    """Those that wait for a dated buyer event."""
    by_label: dict[Label, int]
    """Open ones by what they show."""
    to_review: int
    """Open ones that the auditor could not decide."""
    value: float
    """Sum of their values."""
    value_at_risk: float
    """Of the vague ones and the losses."""
    overdue: int
    """Pending activities past their day, or missing."""
    rolled: int
    """Opportunities whose pending activity keeps rolling."""
    median_clock_days: float | None
    """Median days since the last buyer commitment."""


@dataclass(frozen=True)
class Certainty:
    """How sure the auditor is."""

    judged: int
    """Opportunities with a label."""
    decided: int
    """Of those, decided rather than left to review."""
    mean_confidence: float | None
    """Mean confidence of the decided ones: the share expected to be right."""


@dataclass(frozen=True)
class Docket:
    """One week's docket."""

    week: Week
    """The week it is about."""
    items: tuple[DocketItem, ...]
    """All open opportunities, ranked."""
    decisions: tuple[DocketItem, ...]
    """The few that matter most this week."""
    queues: tuple[RepQueue, ...]
    """Each rep's queue."""
    certainty: Certainty
    """How sure the auditor is."""
    activities_last_week: int
    """Activities read in the week."""
    currency: str | None
    """Where all values share one."""

    @property
    def as_of(self) -> date:
        """The day that all counts refer to."""
        return self.week.reading_day

    def counts(self) -> dict[Action, int]:
        """Open opportunities by recommended action."""
        found = Counter(i.recommendation.action for i in self.items)
        return {action: found.get(action, 0) for action in Action}


def build_docket(
    dossiers: Iterable[tuple[Opportunity, Sequence[Finding]]],
    *,
    week: Week,
    policy: Policy,
    stages: tuple[Stage, ...] = DEFAULT_STAGES,
    shown: int = DECISIONS_SHOWN,
) -> Docket:
    """Builds the docket of a week.

    Args:
        dossiers: opportunities with their judged activities; closed ones are left out.
        week: the week it is about; standing is as of the Monday after.
        policy: thresholds.
        stages: kinds of stage.
        shown: how many decisions to show.
    """
    open_ones = [(o, tuple(fs)) for o, fs in dossiers if o.status is OpportunityStatus.OPEN]
    items = [_item(o, fs, week=week, policy=policy, stages=stages) for o, fs in open_ones]
    values = [float(i.opportunity.value) for i in items if i.opportunity.value is not None]
    typical = statistics.median(values) if values else 1.0
    items = sorted(
        (i.model_copy(update={"rank": _rank(i, typical)}) for i in items), key=lambda i: -i.rank
    )
    currencies = {i.opportunity.currency for i in items if i.opportunity.currency}
    return Docket(
        week=week,
        items=tuple(items),
        decisions=tuple(_choose(items, shown)),
        queues=tuple(_queues(items)),
        certainty=_certainty(items),
        activities_last_week=sum(
            f.activity.occurred_at.date() in week for _, fs in open_ones for f in fs
        ),
        currency=currencies.pop() if len(currencies) == 1 else None,
    )


def _item(
    opportunity: Opportunity,
    findings: Sequence[Finding],
    *,
    week: Week,
    policy: Policy,
    stages: tuple[Stage, ...],
) -> DocketItem:
    now = compute_standing(opportunity, findings, as_of=week.reading_day, stages=stages)
    earlier = [f for f in findings if f.activity.occurred_at.date() < week.monday]
    then = _week_before(opportunity, earlier, week)
    before = compute_standing(then, earlier, as_of=week.monday, stages=stages) if earlier else None
    latest = max(findings, key=lambda f: f.activity.occurred_at.replace(tzinfo=None), default=None)
    people = tuple(p for f in reversed(findings) for p in f.activity.participants)
    advice = recommend(
        opportunity,
        now,
        participants=latest.activity.participants or people if latest else (),
        policy=policy,
        stages=stages,
    )
    return DocketItem(
        opportunity=opportunity,
        standing=now,
        before=before,
        recommendation=advice,
        active_last_week=any(f.activity.occurred_at.date() in week for f in findings),
        if_nothing=_if_nothing(opportunity, now, advice),
    )


def _week_before(opportunity: Opportunity, earlier: Sequence[Finding], week: Week) -> Opportunity:
    """The opportunity with the pending activity that it had a week before."""
    pending = earlier[-1].activity.next_activity if earlier else None
    dues = tuple(d for d in opportunity.due_history if d <= week.monday)
    return opportunity.model_copy(
        update={"next_activity": pending, "due_history": dues, "next_activity_known": True}
    )


def _rank(item: DocketItem, typical: float) -> float:
    value = float(item.opportunity.value) if item.opportunity.value is not None else typical
    fresh = item.active_last_week or Defect.OVERDUE in item.standing.defects or item.changed
    weight = {
        Action.CLOSE: 1.0,
        Action.ADVANCE: 1.0,
        Action.REVIEW: 0.6,
        Action.PARK: 0.1,
        Action.LEAVE: 0.0,
    }[item.recommendation.action]
    return value * item.standing.confidence * weight * (_FRESH_LIFT if fresh else 1.0)


def _choose(items: Sequence[DocketItem], shown: int) -> list[DocketItem]:
    """The highest ranks, with no single action taking more than two thirds of the places."""
    wanted = [
        i for i in items if i.recommendation.action in (Action.CLOSE, Action.ADVANCE, Action.REVIEW)
    ]
    limit = max(1, round(shown * _MOST_OF_ONE_ACTION))
    taken: list[DocketItem] = []
    count: Counter[Action] = Counter()
    for item in wanted:
        if len(taken) < shown and count[item.recommendation.action] < limit:
            taken.append(item)
            count[item.recommendation.action] += 1
    rest = [i for i in wanted if i not in taken]
    taken += rest[: shown - len(taken)]
    return sorted(taken, key=lambda i: -i.rank)


def _queues(items: Sequence[DocketItem]) -> list[RepQueue]:
    reps: dict[str, list[DocketItem]] = {}
    for item in items:
        reps.setdefault(item.opportunity.owner or "nobody", []).append(item)
    queues = [_queue(rep, own) for rep, own in reps.items()]
    return sorted(queues, key=lambda q: (q.team or "", -q.value_at_risk))


def _queue(rep: str, own: Sequence[DocketItem]) -> RepQueue:
    def value(those: Iterable[DocketItem]) -> float:
        return float(sum(i.opportunity.value or 0 for i in those))

    active = [i for i in own if i.recommendation.action is not Action.PARK]
    labels = Counter(i.standing.label for i in active if i.standing.label)
    clocks = [i.standing.clock_days for i in active if i.standing.clock_days is not None]
    late = {Defect.OVERDUE, Defect.MISSING}
    return RepQueue(
        rep=rep,
        team=own[0].opportunity.team,
        open_count=len(active),
        parked=len(own) - len(active),
        by_label={label: labels.get(label, 0) for label in Label},
        to_review=sum(i.recommendation.action is Action.REVIEW for i in active),
        value=value(active),
        value_at_risk=value(
            i for i in active if i.standing.label is not Label.MEANINGFUL_NEXT_STEP
        ),
        overdue=sum(bool(late & set(i.standing.defects)) for i in active),
        rolled=sum(Defect.KEPT_ROLLING in i.standing.defects for i in active),
        median_clock_days=statistics.median(clocks) if clocks else None,
    )


def _certainty(items: Sequence[DocketItem]) -> Certainty:
    judged = [i for i in items if i.standing.label is not None]
    decided = [i for i in judged if i.recommendation.action is not Action.REVIEW]
    mean = statistics.fmean(i.standing.confidence for i in decided) if decided else None
    return Certainty(judged=len(judged), decided=len(decided), mean_confidence=mean)


def _if_nothing(opportunity: Opportunity, standing: Standing, advice: Recommendation) -> str:
    """What happens if nothing is decided."""
    rep = opportunity.owner or "the rep"
    due = standing.pending.due_on if standing.pending else None
    if advice.action is Action.CLOSE:
        kept = "its value stays in the forecast" if opportunity.value else "it stays in the count"
        return f"It stays in {rep}'s queue and {kept}."
    if advice.action is Action.ADVANCE:
        if due is None:
            return f"Nothing is planned: it ages in {rep}'s queue."
        when = say_date(due, as_of=standing.as_of)
        if due < standing.as_of:
            return f"The contact planned for {when} is overdue, and nothing else is planned."
        rolled = standing.roll_overs
        times = f"; it has been moved {_times(rolled)} already" if rolled else ""
        return f"{rep} makes contact on {when} with nothing to decide{times}."
    if advice.action is Action.PARK and standing.parked_until:
        return (
            f"It comes back by itself on {say_date(standing.parked_until, as_of=standing.as_of)}."
        )
    return ""


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
