"""The cards of a docket: what is to be decided, and what was decided already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from api.pages.choices import Defaults, defaults_of
from api.pages.marking import quote_anchor
from api.pages.words import decision_words
from auditor.digest.items import ItemView, QuoteView, item_view, title_of
from auditor.digest.links import Links
from auditor.domain.decisions import Decision
from auditor.domain.docket import DocketItem
from auditor.domain.records import Opportunity

LINKS = Links("")
"""Addresses within the pages."""


@dataclass(frozen=True)
class LinkedQuote:
    """A quote with the place where it stands."""

    view: QuoteView
    """The words and their source."""
    href: str
    """The note, at the words."""


@dataclass(frozen=True)
class Card:
    """One decision to be made, or made."""

    key: int
    """The opportunity's."""
    view: ItemView
    """In words."""
    quotes: tuple[LinkedQuote, ...]
    """One to three."""
    defaults: Defaults
    """What its forms are filled with at first."""
    following: int | None
    """The opportunity of the next card that is open."""
    held_until: date | None = None
    """The day until which the rep alone sees it."""


@dataclass(frozen=True)
class Made:
    """A decision made on this docket."""

    decision: Decision
    """As made."""
    title: str
    """The opportunity."""
    words: str
    """What was decided."""


def make_cards(
    items: Sequence[DocketItem], *, as_of: date, today: date, first: int = 1
) -> list[Card]:
    """Cards for the items, in their order."""
    keys = [i.key or 0 for i in items]
    following = [*keys[1:], *keys[:1]] if len(keys) > 1 else [None]
    return [
        make_card(number, item, as_of=as_of, today=today, following=after)
        for number, (item, after) in enumerate(zip(items, following, strict=False), first)
    ]


def make_card(
    number: int, item: DocketItem, *, as_of: date, today: date, following: int | None = None
) -> Card:
    """An item as a card."""
    view = item_view(number, item, as_of, LINKS)
    quotes = tuple(
        LinkedQuote(
            shown,
            f"/opportunities/{item.key}#{quote_anchor(q.activity_id, q.evidence)}"
            if q.evidence.field != "next_activity.subject"
            else f"/opportunities/{item.key}#pending",
        )
        for shown, q in zip(view.quotes, item.standing.quotes, strict=True)
    )
    return Card(
        key=item.key or 0,
        view=view,
        quotes=quotes[:3],
        defaults=defaults_of(item, today=today),
        following=following,
        held_until=item.held_until,
    )


def made_lines(
    decisions: Sequence[Decision], opportunities: Mapping[int, Opportunity], *, as_of: date
) -> list[Made]:
    """The latest decision of each opportunity, in the order in which they were made."""
    latest = {d.opportunity_key: d for d in decisions if d.stands}
    return [
        Made(d, title_of(opportunities[key]), decision_words(d, as_of))
        for key, d in sorted(latest.items(), key=lambda pair: pair[1].key)
        if key in opportunities
    ]
