"""Reads the dates of a text: one pass over its words, the longest expression at each."""

from __future__ import annotations

from datetime import date, datetime, time

from auditor.reading.dates import (  # noqa: F401  each registers its rules
    edges,
    holidays,
    intervals,
    named,
    nth,
    numeric,
    periods,
    quarters,
    recurring,
    relative,
    seasons,
    times,
    weekday_weeks,
    weekdays,
    weeks,
    years,
)
from auditor.reading.dates.expressions import BOUND_WORDS, expressions
from auditor.reading.dates.grammar import begins
from auditor.reading.dates.mention import DateMention, DateValue, Direction, Kind
from auditor.reading.dates.node import Node
from auditor.reading.dates.numeric import infer_day_first
from auditor.reading.dates.page import Page, cut
from auditor.reading.dates.tense import tense_near
from auditor.reading.dates.weekday_weeks import share_week


def resolve_dates(
    text: str,
    *,
    reference: datetime,
    day_first: bool | None = None,
    week_start: int = 0,
    fiscal_year_start: int = 1,
) -> list[DateMention]:
    """Finds the dates, times and periods that a text names, and resolves them.

    Bare weekdays and days of the month mean the next one after the reference, unless the words
    near them are in the past tense ("spoke Monday").

    Args:
        text: a note, an e-mail or a transcript.
        reference: when it was written; relative dates count from there.
        day_first: whether 03/04 is 3 April. None infers it from those dates of the text that can
            be read one way only; failing that the month comes first and the mention says that it
            is ambiguous. Both readings are among its values.
        week_start: weekday on which weeks begin; 0 is Monday. Numbered weeks are always ISO's.
        fiscal_year_start: month in which the fiscal year begins; it is named for its end.

    Returns:
        Mentions in text order; they do not overlap.
    """
    if day_first is None and "/" in text:
        day_first = infer_day_first(text)
    page = cut(
        text,
        now=reference,
        day_first=day_first,
        week_start=week_start,
        fiscal_start=fiscal_year_start,
    )
    nodes = _nodes(page)
    if len(nodes) > 1:
        share_week(page, nodes)
    return [_mention(page, node) for node in nodes]


def _nodes(page: Page) -> list[Node]:
    nodes: list[Node] = []
    words, index = page.words, 0
    while index < page.count:
        word = words[index]
        found = expressions(page, index) if begins(word) or word in BOUND_WORDS else []
        nodes.extend(found)
        index = max(found[-1].stop, index + 1) if found else index + 1
    return nodes


def _mention(page: Page, node: Node) -> DateMention:
    direction = node.direction
    if direction is Direction.UNCLEAR and node.past is not None:
        direction = tense_near(page, node.start, node.stop)
    chosen = node.preferred(page.today, direction)
    values = (chosen, *(value for value in node.values if value != chosen))
    if node.times:
        values = tuple(
            DateValue(value.earliest, value.latest, at) for value in values for at in node.times
        )
    start, end = page.starts[node.start], page.ends[node.stop - 1]
    return DateMention(
        start=start,
        end=end,
        quote=page.text[start:end],
        kind=node.kind or _kind(node, values[0].time),
        values=values,
        is_diary=node.diary,
        is_interval=node.interval,
        direction=_side(chosen, page.today, direction),
        is_ambiguous=node.ambiguous,
        modifier=node.modifier,
        part=node.part,
    )


def _kind(node: Node, at: time | None) -> Kind:
    if not node.is_day:
        return Kind.DATERANGE
    return Kind.DATETIME if at is not None else Kind.DATE


def _side(value: DateValue, today: date, direction: Direction) -> Direction:
    """Where the chosen reading lies; the tense decides for one that holds today."""
    if value.latest < today:
        return Direction.PAST
    return Direction.FUTURE if value.earliest > today else direction
