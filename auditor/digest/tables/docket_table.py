"""The docket as a table: a row for each open opportunity, this week's decisions first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple, TypeVar

from auditor.digest.item_texts import ItemTexts
from auditor.digest.items import quote_line
from auditor.digest.tables.csv_text import Cell, csv_line, csv_parts
from auditor.digest.words import web_address
from auditor.domain.decisions import Followed
from auditor.domain.docket import Docket, DocketItem
from auditor.domain.quoted import QuotedWords
from auditor.domain.records import NextActivity
from auditor.domain.week import Week

T = TypeVar("T")
_PLACES = 4


class _Row(NamedTuple):
    item: DocketItem
    week: Week


def item_cells(week: Week) -> Callable[[DocketItem], str]:
    """Gives what writes an item's cells of the table of that week, but for the first two."""

    def write(item: DocketItem) -> str:
        row = _Row(item, week)
        return csv_line([of(row) for of in _COLUMNS.values()])

    return write


def docket_csv(docket: Docket, texts: ItemTexts) -> Iterator[bytes]:
    """The table as a file, a line at a time, by rank.

    What its rep alone sees yet is left out, as it is left out of the decisions.

    Args:
        docket: what it is about.
        texts: what ``item_cells`` wrote of each of its lines.
    """
    chosen = {at: n for n, at in enumerate(docket.chosen)}
    asked = sorted((x for x in docket.lines if x.at in chosen), key=lambda x: chosen[x.at])
    rest = (x for x in docket.lines if x.at not in chosen and x.held_until is None)
    cells = (
        f"{csv_line([n, n <= len(asked)])},{texts[line]}"
        for n, line in enumerate(chain(asked, rest), 1)
    )
    return csv_parts(chain([csv_line(("rank", "this_week", *_COLUMNS))], cells))


def _deciding(of: Callable[[QuotedWords], Cell]) -> Callable[[_Row], Cell]:
    """A cell about the quote that decides; empty where there is none."""
    return _where(lambda item: next(iter(item.standing.quotes), None), of)


def _pending(of: Callable[[NextActivity], Cell]) -> Callable[[_Row], Cell]:
    return _where(lambda item: item.standing.pending, of)


def _followed(of: Callable[[Followed], Cell]) -> Callable[[_Row], Cell]:
    return _where(lambda item: item.decided, of)


def _where(
    part: Callable[[DocketItem], T | None], of: Callable[[T], Cell]
) -> Callable[[_Row], Cell]:
    def cell(row: _Row) -> Cell:
        found = part(row.item)
        return None if found is None else of(found)

    return cell


_COLUMNS: Mapping[str, Callable[[_Row], Cell]] = {
    "action": lambda r: r.item.recommendation.action,
    "account": lambda r: r.item.opportunity.account,
    "opportunity": lambda r: r.item.opportunity.name,
    "stage": lambda r: r.item.opportunity.stage,
    "owner": lambda r: r.item.opportunity.owner,
    "team": lambda r: r.item.opportunity.team,
    "value": lambda r: r.item.opportunity.value,
    "currency": lambda r: r.item.opportunity.currency,
    "question": lambda r: r.item.recommendation.question,
    "proposed_step": lambda r: r.item.recommendation.proposed_step,
    "close_reason": lambda r: r.item.recommendation.close_reason,
    "if_nothing": lambda r: r.item.if_nothing,
    "quote": _deciding(quote_line),
    "quote_by": _deciding(lambda q: q.said_by),
    "quote_on": _deciding(lambda q: q.said_on),
    "label": lambda r: r.item.standing.label,
    "confidence": lambda r: round(r.item.standing.confidence, _PLACES),
    "clock_days": lambda r: r.item.standing.clock_days,
    "roll_overs": lambda r: r.item.standing.roll_overs,
    "lead_source": lambda r: r.item.opportunity.lead_source,
    "opened_on": lambda r: r.item.opportunity.opened_on,
    "next_activity": _pending(lambda p: p.subject),
    "next_activity_on": _pending(lambda p: p.due_on),
    "parked_until": lambda r: r.item.standing.parked_until,
    "expected_close_on": lambda r: r.item.opportunity.expected_close_on,
    "decided": _followed(lambda f: f.decision.action),
    "became": _followed(lambda f: f.became),
    "opportunity_id": lambda r: r.item.opportunity.id,
    "activity_id": _deciding(lambda q: q.activity_id),
    "url": lambda r: web_address(r.item.opportunity.url),
    "week": lambda r: str(r.week),
    "as_of": lambda r: r.week.reading_day,
}
