"""One item of a docket in words: as a card with quotes and question, or as a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from auditor.digest.links import Links
from auditor.digest.words import (
    ACTION_WORDS,
    DEFECT_WORDS,
    REASON_WORDS,
    count,
    cut,
    money,
    sentence,
    times,
    web_address,
)
from auditor.domain.docket_items import DocketItem
from auditor.domain.docket_lines import DocketLine, OpportunityLine
from auditor.domain.quoted import QuotedWords
from auditor.domain.recommendation import say_date
from auditor.domain.records import Opportunity
from auditor.domain.standing import ClockStart, Standing
from auditor.domain.verdict import Action, Defect
from auditor.domain.week import Week
from auditor.reading.cleaning import clean

_QUOTE_LIMIT = 240


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
    """Link to the record in the CRM."""
    confidence: str
    """How sure, in per cent."""
    is_owed: bool = False
    """Whether a step that was demanded did not come."""
    decide: str | None = None
    """Link to the page on which it is decided; None where there is no such page."""


@dataclass(frozen=True)
class LineView:
    """One line of a list: a change, or a decision that did not fit above."""

    title: str
    """The opportunity."""
    detail: str
    """What there is to say."""
    url: str | None
    """Link to its page, or to the record."""


@dataclass(frozen=True)
class ShownBefore:
    """An item as an earlier digest showed it."""

    action: str
    """What it asked for."""
    since: Week
    """The first digest in a row that asked for it."""


def item_view(number: int, item: DocketItem, as_of: date, links: Links) -> ItemView:
    """An item as a card."""
    opportunity, advice = item.opportunity, item.recommendation
    step = advice.proposed_step or ""
    if advice.close_reason:
        step = f"Close as lost: {REASON_WORDS[advice.close_reason.value]}."
    if step in (advice.question or ""):
        step = ""  # the question names it already
    return ItemView(
        number=number,
        action=advice.action,
        title=title_of(opportunity),
        facts=facts_of(opportunity),
        trouble=_trouble(item.standing),
        quotes=tuple(_quote(q, as_of) for q in item.standing.quotes),
        question=advice.question or "",
        step=step,
        if_nothing=item.if_nothing,
        url=web_address(opportunity.url),
        confidence=f"{item.standing.confidence:.0%}\u00a0sure",
        is_owed=item.is_owed,
        decide=links.opportunity(item.key, decide=True),
    )


def more_line(line: DocketLine, links: Links) -> LineView:
    """An item that did not fit."""
    verb = ACTION_WORDS[line.action].lower()
    return LineView(
        title_of(line.opportunity),
        f"{verb} · {facts_of(line.opportunity)}",
        page_of(line.key, line.opportunity, links),
    )


def waiting_line(item: DocketItem, before: ShownBefore, links: Links) -> LineView:
    """An item that stands as it stood in the digest before."""
    verb = ACTION_WORDS[item.recommendation.action].lower()
    return LineView(
        title_of(item.opportunity),
        f"{verb} · asked since week {before.since.number} · {facts_of(item.opportunity)}",
        links.opportunity(item.key, decide=True) or web_address(item.opportunity.url),
    )


def change_line(line: DocketLine, links: Links) -> LineView:
    """What changed on an item."""
    return LineView(
        title_of(line.opportunity),
        f"{line.changed} · {cut(line.opportunity.owner or 'nobody')}",
        page_of(line.key, line.opportunity, links),
    )


def is_unchanged(item: DocketItem, before: Mapping[int, ShownBefore]) -> bool:
    """Whether the digest before showed it, and nothing that matters is new since."""
    shown = before.get(item.key) if item.key is not None else None
    same = shown is not None and shown.action == item.recommendation.action.value
    return same and item.changed is None and not item.is_owed


def title_of(opportunity: Opportunity | OpportunityLine) -> str:
    """What an opportunity is called."""
    return cut(opportunity.name or opportunity.account or opportunity.id)


def facts_of(opportunity: Opportunity | OpportunityLine) -> str:
    """Value, rep and stage."""
    worth = (
        money(float(opportunity.value), opportunity.currency)
        if opportunity.value is not None
        else ""
    )
    names = (cut(n) for n in (opportunity.owner, opportunity.stage) if n)
    return " · ".join(filter(None, (worth, *names)))


def page_of(
    key: int | None, opportunity: Opportunity | OpportunityLine, links: Links
) -> str | None:
    """Its page in the service, else the record in the CRM."""
    return links.opportunity(key) or web_address(opportunity.url)


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
    parts += [DEFECT_WORDS[d] for d in standing.defects if d is not Defect.KEPT_ROLLING]
    return sentence("; ".join(parts))


def quote_line(quoted: QuotedWords) -> str:
    """The words of a quote in one line, cleaned of markup."""
    return " ".join(clean(quoted.evidence.quote).text.split())


def _quote(quoted: QuotedWords, as_of: date) -> QuoteView:
    words = quote_line(quoted)
    if len(words) > _QUOTE_LIMIT:
        half = _QUOTE_LIMIT // 2
        words = f"{words[:half].rsplit(' ', 1)[0]} … {words[-half:].split(' ', 1)[-1]}"
    where = {"email": "e-mail"}.get(quoted.kind, quoted.kind)
    if quoted.evidence.field == "next_activity.subject":
        where = "pending activity"
    by = cut(quoted.said_by or "note")
    return QuoteView(words, f"{by}, {where}, {say_date(quoted.said_on, as_of=as_of)}")
