"""What a digest says, in words and numbers ready to be set; shared by HTML, text and JSON.

Templates hold layout only: every sentence, sum and date format is made here and beside, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from auditor.digest.flow_lines import FlowLine
from auditor.digest.followed import followed_lines, followed_summary
from auditor.digest.items import (
    ItemView,
    LineView,
    QuoteView,
    change_line,
    is_unchanged,
    item_view,
    more_line,
    waiting_line,
)
from auditor.digest.links import Links
from auditor.digest.notes import Notes, caveats, certainty_words, ruled_words
from auditor.digest.words import count, cut, money
from auditor.domain.docket import Docket, DocketLine, RepQueue
from auditor.domain.labels import Label
from auditor.domain.recommendation import say_date

__all__ = [
    "make_view",
    "DigestView",
    "ItemView",
    "LineView",
    "QuoteView",
    "QueueView",
    "TeamQueues",
    "Notes",
    "Links",
    "count",
    "money",
]

_MORE_SHOWN = 8
_CHANGES_SHOWN = 10
_FOLLOWED_SHOWN = 8
_WAITING_SHOWN = 12


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
    followed: str
    """How the decisions of the week before went; empty where there were none."""
    followed_lines: tuple[LineView, ...]
    """One each, those that ask for something first."""
    followed_left: int
    """How many beyond those."""
    items: tuple[ItemView, ...]
    """The decisions."""
    waiting: tuple[LineView, ...]
    """Decisions that stand as they stood in the digest before, a line each."""
    waiting_left: int
    """How many beyond those."""
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
    ruled: str
    """How often it was right lately; empty where that is not known here."""
    caveats: tuple[str, ...]
    """What the reader should know of this digest."""
    footer: str
    """Classifier and policy."""
    empty: str
    """What to say where there is nothing to decide; empty otherwise."""
    flow: tuple[FlowLine, ...] = ()
    """How the queues stand and how healthy the pipeline is, in a few lines; empty if not asked."""
    team_page: str | None = None
    """Link to the page that shows the whole of it."""
    page: str | None = None
    """Link to the docket's page."""
    settings: str | None = None
    """Link to where the reader sets when it comes."""
    unsubscribe: str | None = None
    """Link to a page that asks whether to send no more."""

    @property
    def has_nothing(self) -> bool:
        """Whether there is nothing to decide and nothing to tell of earlier decisions."""
        return not (self.items or self.waiting or self.followed)

    def briefly(self) -> DigestView:
        """Without all that is there to look up: what an empty week sends."""
        return replace(
            self, followed_lines=(), followed_left=0, teams=(), changes=(), changes_left=0
        )

    def shortened(self) -> DigestView | None:
        """With less of what is least needed; None where nothing is left to leave out."""
        if self.changes:
            return replace(self, changes=(), changes_left=self.changes_left + len(self.changes))
        if self.more:
            return replace(self, more=(), more_left=self.more_left + len(self.more))
        if any(row.notes for team in self.teams for row in team.rows):
            return replace(self, teams=tuple(_plain(t) for t in self.teams))
        if any(len(i.quotes) > 1 for i in self.items):
            return replace(self, items=tuple(replace(i, quotes=i.quotes[:1]) for i in self.items))
        if self.teams:
            return replace(self, teams=())
        if self.flow:
            return replace(self, flow=())
        if len(self.items) > 1:
            kept = self.items[: len(self.items) // 2]
            left = len(self.items) - len(kept)
            return replace(self, items=kept, more_left=self.more_left + left)
        return None


def _plain(team: TeamQueues) -> TeamQueues:
    return replace(team, rows=tuple(replace(row, notes="") for row in team.rows))


def make_view(
    docket: Docket,
    *,
    classifier: str,
    policy: str,
    heading: str = "",
    notes: Notes = Notes(),  # noqa: B008 - it is frozen
    links: Links = Links(),  # noqa: B008 - same
) -> DigestView:
    """Puts a docket into words.

    Args:
        docket: the week's docket.
        classifier: name of the classifier, for the footer.
        policy: fingerprint of the policy, for the footer.
        heading: firm or team that the digest is about.
        notes: what is known beyond the docket.
        links: addresses of the service's pages.
    """
    asked = [i for i in docket.decisions if not i.decided_now]
    waiting = [i for i in asked if is_unchanged(i, notes.shown_before)]
    fresh = [i for i in asked if i not in waiting]
    more = _beyond(docket)
    changed = [i for i in docket.lines if i.changed not in (None, "new")]
    before = notes.shown_before
    lines = followed_lines(
        docket.followed,
        on_cards={i.key for i in fresh if i.key is not None},
        as_of=docket.as_of,
        links=links,
    )
    return DigestView(
        title=f"{count(len(asked), 'decision')} for this week"
        if asked
        else "Nothing to decide this week",
        subtitle=_subtitle(docket, heading),
        summary=_summary(docket),
        followed=followed_summary(docket.followed),
        followed_lines=lines[:_FOLLOWED_SHOWN],
        followed_left=max(0, len(lines) - _FOLLOWED_SHOWN),
        items=tuple(item_view(n, i, docket.as_of, links) for n, i in enumerate(fresh, 1)),
        waiting=tuple(
            waiting_line(i, before[i.key], links)
            for i in waiting[:_WAITING_SHOWN]
            if i.key is not None
        ),
        waiting_left=max(0, len(waiting) - _WAITING_SHOWN),
        more=tuple(more_line(i, links) for i in more[:_MORE_SHOWN]),
        more_left=max(0, len(more) - _MORE_SHOWN),
        teams=_teams(docket),
        changes=tuple(change_line(i, links) for i in changed[:_CHANGES_SHOWN]),
        changes_left=max(0, len(changed) - _CHANGES_SHOWN),
        certainty=certainty_words(docket),
        ruled=ruled_words(notes.ruled),
        caveats=caveats(notes, docket),
        footer=f"Judged by {classifier} under policy {policy}. All counts as of "
        f"{say_date(docket.as_of)} {docket.as_of.year}.",
        empty="" if docket.lines else "There are no open opportunities in this audit.",
        page=links.docket(docket.week),
        settings=links.settings(),
    )


def _beyond(docket: Docket) -> list[DocketLine]:
    """Open questions that are not among the week's decisions."""
    chosen = set(docket.chosen)
    return [
        i
        for i in docket.lines
        if i.is_open_question and i.at not in chosen and not i.decided_now and not i.held_until
    ]


def _subtitle(docket: Docket, heading: str) -> str:
    first, last = docket.week.monday, docket.week.sunday
    span = f"{first.day} {first:%b} to {last.day} {last:%b %Y}"
    return " · ".join(filter(None, (heading, f"Week {docket.week.number}", span)))


def _summary(docket: Docket) -> str:
    if not docket.lines:
        return ""
    labels = {label: [i for i in docket.lines if i.label is label] for label in Label}

    def worth(those: Iterable[DocketLine]) -> float:
        return float(sum(i.opportunity.value or 0 for i in those))

    real = labels[Label.MEANINGFUL_NEXT_STEP]
    vague, lost = labels[Label.VAGUE_CALLBACK], labels[Label.IMPLICIT_LOSS]
    total, soft = worth(docket.lines), worth([*vague, *lost])
    words = (
        f"Of {count(len(docket.lines), 'open opportunity', 'open opportunities')}, {len(real)} "
        f"{'holds' if len(real) == 1 else 'hold'} a real next step, {len(vague)} "
        f"{'is' if len(vague) == 1 else 'are'} kept open by a callback and {len(lost)} "
        f"{'is' if len(lost) == 1 else 'are'} in effect lost."
    )
    if total:
        part, whole = (money(v, docket.currency, short=True) for v in (soft, total))
        words += f" {part} of {whole} in the pipeline rests on no agreed step."
    return words


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
        rep=cut(queue.rep),
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
