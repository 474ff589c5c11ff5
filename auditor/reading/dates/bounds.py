"""Bounds: what "by", "before", "until", "after" and "since" make of a date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from auditor.reading.dates.arithmetic import plus_days
from auditor.reading.dates.mention import DateValue, Direction, Kind
from auditor.reading.dates.node import Node
from auditor.reading.dates.page import Page


def open_towards(page: Page, node: Node, start: int, modifier: str) -> Node:
    """Opens each reading towards the side that the word names."""
    if modifier == "since":
        _prefer_past(page, node)
    opener = _OPENERS["by" if modifier == "before" and node.grain == "end" else modifier]

    def bound(value: DateValue) -> DateValue:
        return opener(value, page.today, node.grain)

    values = tuple(dict.fromkeys(bound(value) for value in node.values))
    past = bound(node.past) if node.past else None
    result = Node(start, node.stop, "range", values, past)
    result.diary = node.diary and modifier not in ("after", "since")
    result.interval, result.ambiguous = node.interval, node.ambiguous
    result.modifier, result.part = modifier, node.part
    result.kind = Kind.DATERANGE
    if modifier == "since":
        result.direction = Direction.PAST
    result.base, result.bound = node, bound
    if node.times and modifier in ("by", "before", "until"):
        result.kind = Kind.DATETIME
    result.times = node.times
    return result


def _prefer_past(page: Page, node: Node) -> None:
    if node.past is not None:
        rest = (value for value in node.values if value != node.past)
        node.values, node.past = (node.past, *rest), None


def _deadline(value: DateValue, grain: str) -> date:
    """The last day of "by": a day itself, a week's or an edge's end, a longer period's start."""
    long = grain in ("month", "quarter", "half", "year", "season", "start")
    return plus_days(value.earliest, -1) if long else value.latest


def _until(value: DateValue, today: date, grain: str) -> DateValue:
    last = _deadline(value, grain)
    return DateValue(min(today, last), last)


def _before(value: DateValue, today: date, grain: str) -> DateValue:
    last = plus_days(value.earliest, -1)
    return DateValue(min(today, last), last)


def _after(value: DateValue, today: date, grain: str) -> DateValue:
    return DateValue(plus_days(value.latest, 1), date.max)


def _since(value: DateValue, today: date, grain: str) -> DateValue:
    return DateValue(value.earliest, max(today, value.earliest))


def _from(value: DateValue, today: date, grain: str) -> DateValue:
    return DateValue(value.earliest, date.max, value.time)


_OPENERS: dict[str, Callable[[DateValue, date, str], DateValue]] = {
    "by": _until,
    "until": _until,
    "before": _before,
    "after": _after,
    "since": _since,
    "from": _from,
}
