"""Whole mentions: a date with its bound, its second end, or the days listed with it."""

from __future__ import annotations

from auditor.reading.dates.arithmetic import plus, plus_days
from auditor.reading.dates.bounds import open_towards
from auditor.reading.dates.counts import Duration, read_duration
from auditor.reading.dates.grammar import read
from auditor.reading.dates.lists import elided_days, following_days
from auditor.reading.dates.mention import DateValue, Kind
from auditor.reading.dates.node import Node, one_day
from auditor.reading.dates.numeric import month_day
from auditor.reading.dates.page import Page
from auditor.reading.dates.ranges import UNRANGED, join_ends, read_range
from auditor.reading.dates.words import CONNECTORS, MONTHS

_BOUNDS: dict[str, str] = {
    **dict.fromkeys(("by", "bis"), "by"),
    **dict.fromkeys(("before", "b4", "pre"), "before"),
    **dict.fromkeys(("until", "till", "til", "through", "thru"), "until"),
    **dict.fromkeys(("after", "post"), "after"),
    **dict.fromkeys(("since",), "since"),
    **dict.fromkeys(("starting", "beginning", "commencing", "effective"), "from"),
}


_PHRASES: tuple[tuple[str, str], ...] = (
    ("no later than", "by"),
    ("no earlier than", "from"),
    ("no sooner than", "from"),
    ("earlier than", "before"),
    ("later than", "after"),
    ("not later than", "by"),
    ("on or before", "by"),
    ("prior to", "before"),
    ("ahead of", "before"),
    ("up to", "until"),
    ("up until", "until"),
    ("on or after", "from"),
    ("not before", "from"),
    ("as of", "from"),
    ("as from", "from"),
    ("from", ""),
    ("between", ""),
)


_OPENED: tuple[tuple[str, str], ...] = (
    ("or later", "from"),
    ("or after", "from"),
    ("onwards", "from"),
    ("onward", "from"),
    ("or earlier", "until"),
    ("or before", "until"),
    ("or sooner", "until"),
    ("at the latest", "by"),
    ("latest", "by"),
)


_SOFTENERS = ("on", "around", "about", "approx", "circa", "from", "roughly", "the")


_LASTING = frozenset(
    "runs run valid open out away off leave available extended good covered busy goes lasts last "
    "closed booked free holds him them us".split()
)


BOUND_WORDS = _BOUNDS.keys() | {phrase.split()[0] for phrase, _ in _PHRASES}
"""Words with which a bound or a range begins."""


def expressions(page: Page, index: int) -> list[Node]:
    """The mentions that begin at that word: mostly one, two for "18 and 19 June"."""
    word = page.words[index]
    if word in BOUND_WORDS:
        bounded = _bounded(page, index)
        if bounded:
            return bounded
    pair = _elided(page, index, index, between=False)
    if pair:
        return pair
    node = read(page, index)
    if node is None:
        return []
    following = following_days(page, node)
    return [node, *following] if following else [_lengthened(page, node)]


def _lengthened(page: Page, node: Node) -> Node:
    """A range where another end follows, or a length where "starting Monday" does."""
    for phrase, modifier in _OPENED:
        if node.grain not in UNRANGED and (stop := page.matches(node.stop, phrase)):
            opened = open_towards(page, node, node.start, modifier)
            opened.stop = stop
            return opened
    ranged = read_range(page, node, node.start, between=False)
    if ranged:
        return ranged
    if node.is_day and not node.times and page.words[node.stop] == "for":
        return _lasting(page, node)
    if node.kind is Kind.DURATION and page.words[node.stop] in ("starting", "beginning", "from"):
        return _starting(page, node) or node
    return node


def _starting(page: Page, node: Node) -> Node | None:
    """Reads "3 days starting from next Monday"."""
    duration = read_duration(page, node.start)
    first = read(page, page.skip(node.stop + 1, "from", "on"))
    if duration is None or first is None or not first.is_day:
        return None
    if any(unit == "minute" for _, unit in duration.parts):
        return None
    values = tuple(_for(value, duration) for value in first.values)
    return Node(node.start, first.stop, "range", values, diary=True)


def _lasting(page: Page, node: Node) -> Node:
    """Reads "from 18 December for 10 days"."""
    duration = read_duration(page, node.stop + 1)
    if duration is None or node.interval or page.words[duration.stop - 1].startswith("night"):
        return node
    if any(unit == "minute" for _, unit in duration.parts):
        return node
    values = tuple(_for(value, duration) for value in node.values)
    past = _for(node.past, duration) if node.past else None
    return Node(node.start, duration.stop, "range", values, past, diary=node.diary)


def _for(value: DateValue, duration: Duration) -> DateValue:
    last = value.earliest
    for number, unit in duration.parts:
        last = plus(last, number, unit)
    return DateValue(value.earliest, max(value.earliest, plus_days(last, -1)))


def _bounded(page: Page, index: int) -> list[Node]:
    """Reads "by Friday", "from 4 to 7 May", "no later than month end"."""
    if page.words[index] == "through" and not _is_through_bound(page, index):
        return []
    modifier, after = _modifier_at(page, index)
    between = page.words[index] == "between"
    if between or page.words[index] in ("from", "starting", "beginning"):
        pair = _elided(page, index, after, between=True)
        if pair:
            return pair
    if modifier in ("until", "by") and (stop := _now(page, after)):
        return [open_towards(page, one_day(after, stop, page.today), index, modifier)]
    if not modifier and page.words[after] == "now":
        node: Node | None = one_day(after, after + 1, page.today)
    else:
        node = read(page, after) or read(page, page.skip(after, *_SOFTENERS))
    return _closed(page, node, index, modifier) if node else []


def _modifier_at(page: Page, index: int) -> tuple[str, int]:
    """What the words there bound, empty for "from" and "between", and the index after them."""
    for phrase, modifier in _PHRASES:
        if stop := page.matches(index, phrase):
            return modifier, stop
    return _BOUNDS.get(page.words[index], ""), index + 1


def _closed(page: Page, node: Node, index: int, modifier: str) -> list[Node]:
    """The range where a second end follows, else what the modifier bounds."""
    if node.kind is Kind.RECURRING:
        return []
    ranged = read_range(page, node, index, between=page.words[index] == "between")
    if ranged:
        return [ranged]
    if not modifier:
        return []
    if node.grain in UNRANGED or (node.grain == "range" and modifier == "from"):
        return _timed(node, index)
    return [open_towards(page, node, index, modifier)]


def _now(page: Page, index: int) -> int:
    """The index after "now" or "date" there ("until now", "till date"), else 0."""
    ends = not page.words[index + 1].isalpha()
    return index + 1 if page.words[index] in ("now", "date") and ends else 0


def _is_through_bound(page: Page, index: int) -> bool:
    """Whether "through" bounds a stretch of time, unlike "came through Monday"."""
    after = page.words[index + 1]
    return page.words[index - 1] in _LASTING or after in MONTHS or after[:1].isdigit()


def _timed(node: Node, index: int) -> list[Node]:
    if node.kind is Kind.TIME:
        node.start = index
        return [node]
    return []


def _elided(page: Page, start: int, index: int, *, between: bool) -> list[Node]:
    """Reads "12-14 May" as a range, "18 and 19 June" as two days."""
    found = elided_days(page, index)
    if found is None:
        return []
    days, join = found
    if len(days) == 2 and join in CONNECTORS:
        days = [_before_month(page, *days), days[1]]
    if len(days) == 2 and (join in CONNECTORS or (between and join in ("and", "&"))):
        node = join_ends(page, days[0], days[1], start)
        return [node] if node else []
    return days


def _before_month(page: Page, first: Node, second: Node) -> Node:
    """In "from the 27th to the 3rd of April" the first is in March."""
    start, end = first.values[0].earliest, second.values[0].earliest
    if first.yearly is None or start.day <= end.day:
        return first
    before = month_day(page, first.start, first.stop, (end.month - 2) % 12 + 1, start.day)
    return before or first
