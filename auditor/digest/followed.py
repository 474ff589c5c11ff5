"""What became of the decisions of the week before, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date

from auditor.digest.items import LineView, page_of, title_of
from auditor.digest.links import Links
from auditor.digest.words import count, listing
from auditor.domain.decisions import Became, Decision
from auditor.domain.docket_items import FollowedItem
from auditor.domain.recommendation import say_date
from auditor.domain.records import Opportunity, OpportunityStatus

_ORDER = (
    Became.DID_NOT_COME,
    Became.REVIVED,
    Became.STILL_OPEN,
    Became.RETURNED,
    Became.CAME,
    Became.LEFT,
    Became.WAITING,
    Became.PARKED,
    Became.CORRECTED,
)
_COUNTED = {
    Became.DID_NOT_COME: ("step did not come", "steps did not come"),
    Became.REVIVED: ("was closed and has come back", "were closed and have come back"),
    Became.STILL_OPEN: ("is closed but for the CRM", "are closed but for the CRM"),
    Became.RETURNED: ("is back from parking", "are back from parking"),
    Became.CAME: ("step came", "steps came"),
    Became.LEFT: ("is closed", "are closed"),
    Became.WAITING: ("step is still to come", "steps are still to come"),
    Became.PARKED: ("is parked", "are parked"),
    Became.CORRECTED: ("label was put right", "labels were put right"),
}


def followed_summary(followed: Sequence[FollowedItem]) -> str:
    """How the decisions went, in one sentence; empty where none was made."""
    if not followed:
        return ""
    counts = Counter(f.followed.became for f in followed)
    parts = [f"{counts[b]} {_COUNTED[b][counts[b] > 1]}" for b in _ORDER if counts[b]]
    return f"Of {count(len(followed), 'earlier decision')}, {listing(parts)}."


def followed_lines(
    followed: Sequence[FollowedItem], *, on_cards: Collection[int], as_of: date, links: Links
) -> tuple[LineView, ...]:
    """A line for each decision, those that ask for something first.

    Args:
        followed: decisions with what became of them.
        on_cards: numbers of the opportunities that a card of the digest tells of anyhow.
        as_of: the digest's reading day.
        links: addresses of the service's pages.
    """
    told = [f for f in followed if f.key is None or f.key not in on_cards]
    ranked = sorted(told, key=lambda f: _ORDER.index(f.followed.became))
    return tuple(
        LineView(
            title_of(f.opportunity),
            _said(f.followed.decision, f.followed.became, f.opportunity, as_of),
            page_of(f.key, f.opportunity, links),
        )
        for f in ranked
    )


def _said(decision: Decision, became: Became, opportunity: Opportunity, as_of: date) -> str:
    due = say_date(decision.due_on, as_of=as_of) if decision.due_on else "no day"
    asked = f"“{decision.step}” by {due}"
    closed = "won" if opportunity.status is OpportunityStatus.WON else "closed in the CRM"
    return {
        Became.DID_NOT_COME: f"did not come: {asked}",
        Became.REVIVED: "closed by decision; the buyer has committed to something since",
        Became.STILL_OPEN: "closed by decision; the CRM still has it open",
        Became.RETURNED: f"back from parking, which ended on {due}",
        Became.CAME: f"came: the buyer has committed; asked was {asked}",
        Became.LEFT: closed,
        Became.WAITING: f"still to come: {asked}",
        Became.PARKED: f"parked until {due}",
        Became.CORRECTED: "the label was put right",
    }[became]
