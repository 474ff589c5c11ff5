"""The docket: the few decisions of a supervisor's week, ranked, and each rep's queue at a glance.

Rank is value at stake times certainty: an item's value (the median of the open ones where it has
none) times the confidence of its label, with a lift for what fell due or was moved again last week.

Decisions of earlier weeks count: a demanded step that did not come goes before all else, one that
is still to come and a parked opportunity wait, and a closed one leaves.  What was decided on this
week's own docket keeps its place there, with the decision beside it.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from auditor.domain.after_decision import advise_after
from auditor.domain.coaching import held_until
from auditor.domain.decisions import Became, follow, in_force
from auditor.domain.docket_items import Case, DocketItem, FollowedItem
from auditor.domain.docket_lines import DocketLine, line_of
from auditor.domain.docket_ranks import choose, rank_lines
from auditor.domain.findings import Finding
from auditor.domain.policy import Policy
from auditor.domain.recommendation import asked_of_deciding, recommend, say_date
from auditor.domain.records import Opportunity, OpportunityStatus, Participant
from auditor.domain.rep_queues import RepQueue, rep_queues
from auditor.domain.stages import DEFAULT_STAGES, Stage
from auditor.domain.standing import Earlier, compute_standing, stood_earlier
from auditor.domain.verdict import Action
from auditor.domain.week import Week

__all__ = [
    "build_docket",
    "build_brief_docket",
    "stand_on_docket",
    "Docket",
    "FullDocket",
    "DocketLine",
    "DocketItem",
    "Case",
    "FollowedItem",
    "RepQueue",
    "Certainty",
]

DECISIONS_SHOWN = 12
"""Items that a supervisor can decide in ten minutes."""


@dataclass(frozen=True)
class Certainty:
    """How sure the auditor is."""

    judged: int
    """Opportunities with a label."""
    decided: int
    """Of those, decided rather than left to review."""
    mean_confidence: float | None
    """Mean confidence of the decided ones: the share expected to be right."""


@dataclass(frozen=True, kw_only=True)
class Docket:
    """One week's docket, all open opportunities in brief."""

    week: Week
    """The week it is about."""
    lines: tuple[DocketLine, ...]
    """All open opportunities, ranked."""
    chosen: tuple[int, ...]
    """Those of them that are the week's decisions, in their order, by ``DocketLine.at``."""
    decisions: tuple[DocketItem, ...]
    """The few that matter most this week."""
    queues: tuple[RepQueue, ...]
    """Each rep's queue."""
    certainty: Certainty
    """How sure the auditor is."""
    currency: str | None
    """Where all values share one."""
    followed: tuple[FollowedItem, ...] = ()
    """What became of the decisions on the docket of the week before, and of older closings that
    the CRM still has open."""

    @property
    def as_of(self) -> date:
        """The day that all counts refer to."""
        return self.week.reading_day

    def counts(self) -> dict[Action, int]:
        """Open opportunities by recommended action."""
        found = Counter(line.action for line in self.lines)
        return {action: found.get(action, 0) for action in Action}


@dataclass(frozen=True, kw_only=True)
class FullDocket(Docket):
    """One week's docket with all open opportunities in full: for files and single queues."""

    items: tuple[DocketItem, ...]
    """All open opportunities, ranked."""


def build_docket(
    cases: Iterable[Case | tuple[Opportunity, Sequence[Finding]]],
    *,
    week: Week,
    policy: Policy,
    stages: tuple[Stage, ...] = DEFAULT_STAGES,
    shown: int = DECISIONS_SHOWN,
    coaching_days: int = 0,
) -> FullDocket:
    """Builds the docket of a week.

    Args:
        cases: opportunities with their judged activities and decisions; closed ones only tell what
            became of a decision.
        week: the week it is about; standing is as of the Monday after.
        policy: thresholds.
        stages: kinds of stage.
        shown: how many decisions to show.
        coaching_days: days that a rep alone sees new trouble before it is among the decisions.
    """
    made: list[DocketItem] = []
    lines, followed = _gather(cases, made.append, week, policy, stages, coaching_days)
    ranked = rank_lines(lines)
    items = {line.at: replace(made[line.at], rank=line.rank) for line in ranked}
    chosen = choose(ranked, shown)
    decisions = tuple(items[line.at] for line in chosen)
    docket = _docket(ranked, chosen, decisions, followed, week)
    return FullDocket(**vars(docket), items=tuple(items.values()))


def build_brief_docket(
    cases: Iterable[Case],
    *,
    week: Week,
    policy: Policy,
    stages: tuple[Stage, ...] = DEFAULT_STAGES,
    shown: int = DECISIONS_SHOWN,
    coaching_days: int = 0,
    on_item: Callable[[DocketItem], None],
    read: Callable[[Sequence[int]], Iterable[Case]],
) -> Docket:
    """Builds the docket of a week without holding more than one opportunity whole at a time.

    Args:
        cases: as for ``build_docket``, each with its key.
        week: as there.
        policy: as there.
        stages: as there.
        shown: as there.
        coaching_days: as there.
        on_item: takes each item when it is made, not ranked yet: the one that is made n-th is that
            of the line whose ``at`` is n.
        read: gives the cases of those keys, to show the decisions with all their words.
    """
    lines, followed = _gather(cases, on_item, week, policy, stages, coaching_days)
    ranked = rank_lines(lines)
    chosen = choose(ranked, shown)
    keys = [line.key for line in chosen if line.key is not None]
    whole = {
        case.key: stand_on_docket(case, week=week, policy=policy, stages=stages)
        for case in read(keys)
    }
    decisions = tuple(replace(whole[line.key], rank=line.rank) for line in chosen)
    return _docket(ranked, chosen, decisions, followed, week)


def _gather(
    cases: Iterable[Case | tuple[Opportunity, Sequence[Finding]]],
    on_item: Callable[[DocketItem], None],
    week: Week,
    policy: Policy,
    stages: tuple[Stage, ...],
    coaching_days: int,
) -> tuple[list[DocketLine], list[FollowedItem]]:
    lines: list[DocketLine] = []
    followed: list[FollowedItem] = []
    for each in cases:  # one at a time: findings are far larger than what becomes of them
        case = each if isinstance(each, Case) else Case(*each)
        if case.decisions:
            followed += _followed(case, week)
        if case.opportunity.status is OpportunityStatus.OPEN and not _has_left(case, week):
            item = stand_on_docket(case, week=week, policy=policy, stages=stages)
            item = _held(item, case, coaching_days)
            lines.append(line_of(item, len(lines)))
            on_item(item)
    return lines, followed


def _docket(
    ranked: Sequence[DocketLine],
    chosen: Sequence[DocketLine],
    decisions: tuple[DocketItem, ...],
    followed: Sequence[FollowedItem],
    week: Week,
) -> Docket:
    currencies = {i.opportunity.currency for i in ranked if i.opportunity.currency}
    return Docket(
        week=week,
        lines=tuple(ranked),
        chosen=tuple(line.at for line in chosen),
        decisions=decisions,
        queues=tuple(rep_queues(ranked)),
        certainty=_certainty(ranked),
        currency=currencies.pop() if len(currencies) == 1 else None,
        followed=tuple(followed),
    )


def _followed(case: Case, week: Week) -> Iterator[FollowedItem]:
    """The decision of the week before, if it stands, or an older closing not yet carried out."""
    earlier = [d for d in case.decisions if d.stands and d.week < week.monday]
    if not earlier:
        return
    last = earlier[-1]
    found = follow(last, case.opportunity, case.findings, as_of=week.reading_day)
    if Week.of(last.week) == week.before or found.became is Became.STILL_OPEN:
        yield FollowedItem(case.opportunity, case.key, found)


def _has_left(case: Case, week: Week) -> bool:
    """Whether it was closed on an earlier docket, and the buyer has not come back since."""
    decided = in_force(case.decisions, week=week.monday)
    if decided is None or decided.week >= week.monday:
        return False
    found = follow(decided, case.opportunity, case.findings, as_of=week.reading_day)
    return found.became is Became.STILL_OPEN


def stand_on_docket(
    case: Case,
    *,
    week: Week,
    policy: Policy,
    as_of: date | None = None,
    stages: tuple[Stage, ...] = DEFAULT_STAGES,
) -> DocketItem:
    """One opportunity as it stands on a docket; its rank is left at 0.

    Args:
        case: the opportunity with its findings and decisions.
        week: the week that the docket is about; what is new is told against its Monday.
        policy: thresholds.
        as_of: the day to stand on; the week's reading day where None.
        stages: kinds of stage.
    """
    opportunity, findings = case.opportunity, case.findings
    day = as_of or week.reading_day
    now = compute_standing(opportunity, findings, as_of=day, stages=stages)
    earlier = [f for f in findings if f.activity.occurred_at.date() < week.monday]
    before = _week_before(opportunity, earlier, week) if earlier else None
    advice = recommend(
        opportunity,
        now,
        participants=_people(findings),
        policy=policy,
        stages=stages,
        asked=asked_of_deciding(findings, now),
    )
    last = in_force(case.decisions, week=week.monday)
    decided = follow(last, opportunity, findings, as_of=day) if last else None
    decided_now = last is not None and last.week == week.monday
    if decided is not None and not decided_now:
        advice, now = advise_after(decided, advice, now)
    item = DocketItem(
        key=case.key,
        opportunity=opportunity,
        standing=now,
        before=before,
        recommendation=advice,
        active_last_week=any(f.activity.occurred_at.date() in week for f in findings),
        decided=decided,
        decided_now=decided_now,
    )
    words = _if_nothing(item)
    return replace(item, if_nothing=words) if words else item


def _held(item: DocketItem, case: Case, days: int) -> DocketItem:
    """The item, kept back where its rep sees it first; what was decided on is not kept back."""
    until = held_until(case.trouble_since, days=days, as_of=item.standing.as_of)
    if until is None or item.decided is not None or not item.is_open_question:
        return item
    return replace(item, held_until=until)


def _people(findings: Sequence[Finding]) -> tuple[Participant, ...]:
    """Who is on the latest activity, else on all of them, the latest first."""
    latest = max(findings, key=lambda f: f.activity.occurred_at.replace(tzinfo=None), default=None)
    people = tuple(p for f in reversed(findings) for p in f.activity.participants)
    return latest.activity.participants or people if latest else ()


def _week_before(
    opportunity: Opportunity, earlier: Sequence[Finding], week: Week
) -> Earlier | None:
    """How the opportunity stood a week before, with the pending activity that it had then."""
    if opportunity.due_history:
        dues = tuple(d for d in opportunity.due_history if d <= week.monday)
        opportunity = opportunity.model_copy(update={"due_history": dues})
    pending = earlier[-1].activity.next_activity
    return stood_earlier(opportunity, earlier, pending, as_of=week.monday)


def _certainty(lines: Sequence[DocketLine]) -> Certainty:
    judged = [i for i in lines if i.label is not None]
    decided = [i for i in judged if i.action is not Action.REVIEW]
    mean = statistics.fmean(i.confidence for i in decided) if decided else None
    return Certainty(judged=len(judged), decided=len(decided), mean_confidence=mean)


def _if_nothing(item: DocketItem) -> str:
    """What happens if nothing is decided."""
    opportunity, standing, advice = item.opportunity, item.standing, item.recommendation
    rep = opportunity.owner or "the rep"
    if item.is_owed:
        return f"The step that you asked for is forgotten, and it ages in {rep}'s queue."
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
    if advice.action is Action.REVIEW:
        return f"It stays in {rep}'s queue, and nobody knows what it waits for."
    if advice.action is Action.PARK and standing.parked_until:
        return (
            f"It comes back by itself on {say_date(standing.parked_until, as_of=standing.as_of)}."
        )
    return ""


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
