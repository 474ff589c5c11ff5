"""What a digest says, in words and numbers ready to be set; shared by HTML, text and JSON.

Templates hold layout only: every sentence, sum and date format is made here, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from auditor.domain.docket import Docket, DocketItem, RepQueue
from auditor.domain.labels import Label
from auditor.domain.recommendation import say_date
from auditor.domain.standing import ClockStart, QuotedWords, Standing
from auditor.domain.verdict import Action, Defect
from auditor.reading.cleaning import clean

_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥", "INR": "₹"}
_REASON_WORDS = {
    "competitor_chosen": "another supplier was chosen",
    "incumbent_renewed": "renewed with the present supplier",
    "no_budget": "no budget",
    "price": "lost on price",
    "no_need": "no need",
    "no_fit": "no fit",
    "not_a_priority": "not a priority",
    "project_cancelled": "project stopped",
    "contact_gone": "the contact has left",
    "brush_off": "brushed off",
    "no_response": "no response",
    "do_not_contact": "asked not to be contacted",
}
_DEFECT_WORDS = {
    Defect.MISSING: "no next activity",
    Defect.OVERDUE: "next activity overdue",
    Defect.NO_DUE_DATE: "next activity has no date",
    Defect.NO_SUBJECT: "next activity has no subject",
    Defect.ROUND_INTERVAL: "date is a round interval after the call",
    Defect.NOTHING_HAPPENS: "nothing happens on the date",
    Defect.CONTRADICTS_NOTE: "date contradicts the note",
    Defect.KEPT_ROLLING: "kept rolling",
}
_QUOTE_LIMIT = 240
_MORE_SHOWN = 8
_CHANGES_SHOWN = 10


@dataclass(frozen=True)
class QuoteView:
    """A quote as it is shown."""

    words: str
    """Cleaned of markup; shortened in the middle where it is very long."""
    source: str
    """Who said or wrote it, how, and when."""


@dataclass(frozen=True)
class ItemView:
    """One decision as it is shown."""

    number: int
    """Place in the docket, from 1."""
    action: Action
    """Close, advance or review."""
    title: str
    """The opportunity."""
    facts: str
    """Value, rep, stage."""
    trouble: str
    """Why it is here: clock, roll-overs, attempts, defects."""
    quotes: tuple[QuoteView, ...]
    """The words that show it."""
    question: str
    """To ask the rep."""
    step: str
    """The step to demand, or the reason to close with."""
    if_nothing: str
    """What happens if nothing is decided."""
    url: str | None
    """Link to the record."""
    confidence: str
    """How sure, in per cent."""


@dataclass(frozen=True)
class QueueView:
    """One rep's row."""

    rep: str
    """The rep."""
    open_count: int
    """Open opportunities."""
    real: int
    """With a meaningful step."""
    vague: int
    """Kept open by a callback."""
    lost: int
    """In effect lost."""
    review: int
    """Left to review."""
    parked: int
    """Waiting for a dated event."""
    widths: tuple[int, int, int]
    """Real, vague and lost as per cent of the bar; they sum to 100, or all are 0."""
    at_risk: str
    """Value of vague and lost ones."""
    notes: str
    """Overdue, rolling, clock."""


@dataclass(frozen=True)
class LineView:
    """One line of a list: a change, or a decision that did not fit above."""

    title: str
    """The opportunity."""
    detail: str
    """What there is to say."""
    url: str | None
    """Link to the record."""


@dataclass(frozen=True)
class TeamQueues:
    """The rows of one team."""

    team: str
    """Its name, empty where there is none."""
    rows: tuple[QueueView, ...]
    """One a rep, the most value at risk first."""


@dataclass(frozen=True)
class DigestView:
    """Everything that a digest says."""

    title: str
    """The headline."""
    subtitle: str
    """Week and dates."""
    summary: str
    """What the open pipeline stands on."""
    items: tuple[ItemView, ...]
    """The decisions."""
    more: tuple[LineView, ...]
    """Further ones, a line each."""
    more_left: int
    """How many beyond those."""
    teams: tuple[TeamQueues, ...]
    """Each rep's queue."""
    changes: tuple[LineView, ...]
    """What changed since last week."""
    changes_left: int
    """How many beyond those."""
    certainty: str
    """How sure the auditor is."""
    footer: str
    """Classifier and policy."""
    empty: str
    """What to say where there is nothing to decide; empty otherwise."""


def money(value: float, currency: str | None, *, short: bool = False) -> str:
    """Writes a sum: ``£48,200``, short ``£48k``; a code in front where there is no symbol."""
    sign = _SYMBOLS.get(currency or "", f"{currency} " if currency else "")
    if not short:
        return f"{sign}{value:,.0f}"
    for size, unit in ((1_000_000, "m"), (1_000, "k")):
        if abs(value) >= size:
            amount = value / size
            return (
                f"{sign}{amount:.1f}{unit}"
                if amount < 10 and unit == "m"
                else f"{sign}{amount:.0f}{unit}"
            )
    return f"{sign}{value:.0f}"


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 decision``, ``12 decisions``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def times(number: int) -> str:
    """``once``, ``twice``, ``3 times``."""
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def web_address(url: str | None) -> str | None:
    """The address where it is a plain web address; None where it may not become a link."""
    return url if url and url.startswith(("https://", "http://")) else None


def make_view(docket: Docket, *, classifier: str, policy: str, heading: str = "") -> DigestView:
    """Puts a docket into words.

    Args:
        docket: the week's docket.
        classifier: name of the classifier, for the footer.
        policy: fingerprint of the policy, for the footer.
        heading: firm or team that the digest is about.
    """
    chosen = {i.opportunity.id for i in docket.decisions}
    others = [
        i
        for i in docket.items
        if i.recommendation.action in (Action.CLOSE, Action.ADVANCE, Action.REVIEW)
        and i.opportunity.id not in chosen
    ]
    changed = [i for i in docket.items if i.changed not in (None, "new")]
    number = len(docket.decisions)
    return DigestView(
        title=f"{count(number, 'decision')} for this week"
        if number
        else "Nothing to decide this week",
        subtitle=_subtitle(docket, heading),
        summary=_summary(docket),
        items=tuple(_item(n, i, docket.as_of) for n, i in enumerate(docket.decisions, 1)),
        more=tuple(_more_line(i) for i in others[:_MORE_SHOWN]),
        more_left=max(0, len(others) - _MORE_SHOWN),
        teams=_teams(docket),
        changes=tuple(_change_line(i) for i in changed[:_CHANGES_SHOWN]),
        changes_left=max(0, len(changed) - _CHANGES_SHOWN),
        certainty=_certainty(docket),
        footer=f"Judged by {classifier} under policy {policy}. All counts as of "
        f"{say_date(docket.as_of)} {docket.as_of.year}.",
        empty="" if docket.items else "There are no open opportunities in this audit.",
    )


def _subtitle(docket: Docket, heading: str) -> str:
    first, last = docket.week.monday, docket.week.sunday
    span = f"{first.day} {first:%b} to {last.day} {last:%b %Y}"
    return " · ".join(filter(None, (heading, f"Week {docket.week.number}", span)))


def _summary(docket: Docket) -> str:
    if not docket.items:
        return ""
    labels = {label: [i for i in docket.items if i.standing.label is label] for label in Label}

    def worth(those: Iterable[DocketItem]) -> float:
        return float(sum(i.opportunity.value or 0 for i in those))

    real = labels[Label.MEANINGFUL_NEXT_STEP]
    vague, lost = labels[Label.VAGUE_CALLBACK], labels[Label.IMPLICIT_LOSS]
    total, soft = worth(docket.items), worth([*vague, *lost])
    words = (
        f"Of {count(len(docket.items), 'open opportunity', 'open opportunities')}, {len(real)} "
        f"{'holds' if len(real) == 1 else 'hold'} a real next step, {len(vague)} "
        f"{'is' if len(vague) == 1 else 'are'} kept open by a callback and {len(lost)} "
        f"{'is' if len(lost) == 1 else 'are'} in effect lost."
    )
    if total:
        part, whole = (money(v, docket.currency, short=True) for v in (soft, total))
        words += f" {part} of {whole} in the pipeline rests on no agreed step."
    return words


def _item(number: int, item: DocketItem, as_of: date) -> ItemView:
    opportunity, advice = item.opportunity, item.recommendation
    step = advice.proposed_step or ""
    if advice.close_reason:
        step = f"Close as lost: {_REASON_WORDS[advice.close_reason.value]}."
    return ItemView(
        number=number,
        action=advice.action,
        title=opportunity.name or opportunity.account or opportunity.id,
        facts=_facts(item),
        trouble=_trouble(item.standing),
        quotes=tuple(_quote(q, as_of) for q in item.standing.quotes),
        question=advice.question or "",
        step=step,
        if_nothing=item.if_nothing,
        url=web_address(opportunity.url),
        confidence=f"{item.standing.confidence:.0%} sure",
    )


def _facts(item: DocketItem) -> str:
    opportunity = item.opportunity
    worth = (
        money(float(opportunity.value), opportunity.currency)
        if opportunity.value is not None
        else ""
    )
    return " · ".join(filter(None, (worth, opportunity.owner, opportunity.stage)))


def _trouble(standing: Standing) -> str:
    parts = []
    if standing.roll_overs:
        parts.append(f"callback moved {times(standing.roll_overs)}")
    if standing.unanswered > 1:
        parts.append(f"{standing.unanswered} attempts unanswered in a row")
    if standing.no_shows:
        parts.append(count(standing.no_shows, "no-show"))
    if standing.clock_days is not None:
        since = {
            ClockStart.COMMITMENT: "since the buyer last committed to anything",
            ClockStart.OPENED: "open without a buyer commitment",
        }.get(standing.clock_from, "on record without a buyer commitment")
        parts.append(f"{count(standing.clock_days, 'day')} {since}")
    shown = {Defect.KEPT_ROLLING}
    parts += [_DEFECT_WORDS[d] for d in standing.defects if d not in shown]
    words = "; ".join(parts)
    return words[:1].upper() + words[1:]


def _quote(quoted: QuotedWords, as_of: date) -> QuoteView:
    words = " ".join(clean(quoted.evidence.quote).text.split())
    if len(words) > _QUOTE_LIMIT:
        half = _QUOTE_LIMIT // 2
        words = f"{words[:half].rsplit(' ', 1)[0]} … {words[-half:].split(' ', 1)[-1]}"
    where = {"email": "e-mail"}.get(quoted.kind, quoted.kind)
    if quoted.evidence.field == "next_activity.subject":
        where = "pending activity"
    by = quoted.said_by or "note"
    return QuoteView(words, f"{by}, {where}, {say_date(quoted.said_on, as_of=as_of)}")


def _more_line(item: DocketItem) -> LineView:
    verb = {
        Action.CLOSE: "close",
        Action.ADVANCE: "advance",
        Action.REVIEW: "review",
    }[item.recommendation.action]
    return LineView(
        title=item.opportunity.name or item.opportunity.id,
        detail=f"{verb} · {_facts(item)}",
        url=web_address(item.opportunity.url),
    )


def _change_line(item: DocketItem) -> LineView:
    return LineView(
        title=item.opportunity.name or item.opportunity.id,
        detail=f"{item.changed} · {item.opportunity.owner or 'nobody'}",
        url=web_address(item.opportunity.url),
    )


def _teams(docket: Docket) -> tuple[TeamQueues, ...]:
    names = list(dict.fromkeys(q.team or "" for q in docket.queues))
    return tuple(
        TeamQueues(
            team=name,
            rows=tuple(_queue(q, docket) for q in docket.queues if (q.team or "") == name),
        )
        for name in names
    )


def _queue(queue: RepQueue, docket: Docket) -> QueueView:
    real = queue.by_label[Label.MEANINGFUL_NEXT_STEP]
    vague, lost = queue.by_label[Label.VAGUE_CALLBACK], queue.by_label[Label.IMPLICIT_LOSS]
    notes = []
    if queue.overdue:
        notes.append(f"{queue.overdue} overdue or without a next activity")
    if queue.rolled:
        notes.append(f"{queue.rolled} kept rolling")
    if queue.median_clock_days is not None:
        notes.append(f"median {queue.median_clock_days:.0f} days since a buyer commitment")
    return QueueView(
        rep=queue.rep,
        open_count=queue.open_count,
        real=real,
        vague=vague,
        lost=lost,
        review=queue.to_review,
        parked=queue.parked,
        widths=_widths((real, vague, lost)),
        at_risk=money(queue.value_at_risk, docket.currency, short=True),
        notes="; ".join(notes),
    )


def _widths(parts: Sequence[int]) -> tuple[int, int, int]:
    """Whole per cents of three counts that sum to 100."""
    total = sum(parts)
    if not total:
        return (0, 0, 0)
    first, second = (round(100 * p / total) for p in parts[:2])
    return (first, second, 100 - first - second)


def _certainty(docket: Docket) -> str:
    sure = docket.certainty
    if not sure.judged or sure.mean_confidence is None:
        return "Nothing could be decided from the words alone."
    left = sure.judged - sure.decided
    words = (
        f"The auditor decided {sure.decided} of {sure.judged} opportunities and expects to be "
        f"right "
        f"on about {sure.mean_confidence:.0%} of them."
    )
    if left:
        words += f" It leaves {left} to you, since their words do not settle it."
    return words + " Where it is wrong, say so: the quotes show what it read."
