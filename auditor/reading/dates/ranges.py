"""Ranges and bounds: "12-14 May", "between the 3rd and the 5th", "by Friday", "since August"."""

from __future__ import annotations

from datetime import date

from auditor.reading.dates.arithmetic import plus_days
from auditor.reading.dates.grammar import read
from auditor.reading.dates.lists import following_day
from auditor.reading.dates.mention import DateValue, Kind
from auditor.reading.dates.named import trailing_year
from auditor.reading.dates.node import DAY, Node, Yearly, by_year, in_week, in_year, one_day
from auditor.reading.dates.page import Page
from auditor.reading.dates.words import CONNECTORS, MONTHS

_SHORT_RANGE_DAYS = 7


_MOVED = frozenset(
    "moved pushed rescheduled postponed shifted changed slipped delayed forward back bumped "
    "move push reschedule postpone shift change moving pushing slid".split()
)


UNRANGED = frozenset({"duration", "recurring", "time"})


def read_range(page: Page, node: Node, start: int, *, between: bool) -> Node | None:
    """The range that a second end makes of a node."""
    join = page.words[node.stop]
    joined = join in CONNECTORS or (between and join in ("and", "&"))
    if not joined or node.grain in UNRANGED or node.kind is Kind.RECURRING or node.interval:
        return None
    if (join == "-" and page.words[node.stop + 1] == "-") or _is_move(page, start):
        return None
    index = page.skip(node.stop + 1, "until", "on", "by")
    second = _second_end(page, node, index)
    if second is None or second.grain in UNRANGED or second.interval:
        return None
    if join == "-" and not _alike(node, second):
        return None
    if node.weekday is not None and second.week is not None and node.week is None:
        in_week(node, second.week, node.stop)
    return join_ends(page, node, second, start)


def _is_move(page: Page, start: int) -> bool:
    """Whether "moved from Tuesday to Thursday" names two days and no range."""
    return any(word in _MOVED for word in page.words[max(0, start - 4) : start])


def _alike(first: Node, second: Node) -> bool:
    """Whether a dash between two dates makes a range, and is no mere pause."""
    return first.grain == second.grain and not (first.times and second.times)


def _second_end(page: Page, node: Node, index: int) -> Node | None:
    word = page.words[index]
    if word in ("now", "date", "present"):
        return one_day(index, index + 1, page.today)
    if page.matches(index, "current date"):
        return one_day(index, index + 2, page.today)
    if node.is_day and node.weekday is None and node.monthday is None:
        bare = following_day(page, node, index)
        if bare:
            return bare
    if page.words[index] in MONTHS or node.grain == "month":
        second = read(page, index)
        return second or None
    return read(page, index)


def join_ends(page: Page, first: Node, second: Node, start: int) -> Node | None:
    """From the first day of one to the last day of the other, as readings go together."""
    if first.yearly and not second.yearly and second.grain not in ("week",) and first.grain != DAY:
        first = in_year(first, second.values[0].earliest.year, first.stop) or first
    elif first.yearly and not second.yearly and second.values:
        first = _before_end(first, second)
    elif second.yearly and not first.yearly and first.grain in (DAY, "month"):
        second = _after_start(first, second)
    if second.grain == "start":
        second = _to_start(second)
    yearly = _yearly_pair(first, second)
    pairs = _recurring_pairs(page, yearly, second) or _pairs(first, second)
    if not pairs:
        return None
    node = Node(start, second.stop, "range", tuple(dict.fromkeys(pairs)), yearly=yearly)
    node = trailing_year(page, node)
    pairs = list(node.values)
    past = [pair for pair in pairs if pair.latest < page.today]
    node.past = past[-1] if past and first.past else None
    days = (pairs[0].latest - pairs[0].earliest).days
    node.diary = first.diary and second.diary and days <= _SHORT_RANGE_DAYS
    node.ambiguous = first.ambiguous or second.ambiguous
    return node


def _to_start(second: Node) -> Node:
    """Reads "to the start of 2028" ends where it starts."""
    values = tuple(DateValue(value.earliest, value.earliest) for value in second.values)
    return Node(second.start, second.stop, "range", values, diary=False)


def _before_end(first: Node, second: Node) -> Node:
    """A start with no year takes the end's, or the year before where it would lie after it."""
    end = second.values[0].earliest
    value = first.yearly(end.year) if first.yearly else None
    if value and value.earliest > end and first.yearly:
        value = first.yearly(end.year - 1)
    if value:
        first.values, first.yearly = (value,), None
    return first


def _after_start(first: Node, second: Node) -> Node:
    """An end with no year takes the start's ("10 August 2026 - 12 September"), or the next."""
    begin = first.values[0].earliest
    for year in (begin.year, begin.year + 1):
        value = second.yearly(year) if second.yearly and year <= date.max.year else None
        if value and value.latest >= begin:
            second.values, second.past, second.yearly = (value,), None, None
            break
    return second


def _yearly_pair(first: Node, second: Node) -> Yearly | None:
    """Both ends without a year: the range in any year."""
    if first.yearly is None or second.yearly is None:
        return None
    begin, finish = first.yearly, second.yearly

    def yearly(year: int) -> DateValue | None:
        one, other = begin(year), finish(year)
        if one and other and other.latest < one.earliest:
            other = finish(year + 1)
        return DateValue(one.earliest, other.latest) if one and other else None

    return yearly


def _recurring_pairs(page: Page, yearly: Yearly | None, second: Node) -> list[DateValue]:
    """The range that holds today or comes next, and the one before."""
    node = by_year(page, 0, 0, "range", yearly, diary=False) if yearly else None
    values = list(node.values) if node else []
    return values + _exclusive(values, second)


def _exclusive(values: list[DateValue], second: Node) -> list[DateValue]:
    """Reads "from May to September" may stop where September begins."""
    if second.grain != "month":
        return []
    return [
        DateValue(value.earliest, begin)
        for value in values
        if (begin := value.latest.replace(day=1)) > value.earliest
    ]


def _to_weekday(value: DateValue, weekday: int) -> DateValue:
    """From a day to the next such weekday."""
    gap = (weekday - value.earliest.weekday()) % 7
    return DateValue(value.earliest, plus_days(value.earliest, gap), value.time)


def _pairs(first: Node, second: Node) -> list[DateValue]:
    """Each start with the nearest end after it."""
    pairs: list[DateValue] = []
    if second.weekday is not None and second.week is None:
        return [_to_weekday(value, second.weekday) for value in first.values]
    for start in first.values:
        ends = [end.latest for end in second.values if end.latest >= start.earliest]
        if ends:
            pairs.append(DateValue(start.earliest, min(ends), start.time))
    end = second.values[0].earliest
    same = second.grain in ("month", "quarter", "year") and first.grain == second.grain
    if same and pairs and end > pairs[0].earliest:
        pairs.append(DateValue(pairs[0].earliest, end))
    return pairs
