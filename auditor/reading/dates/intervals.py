"""Days counted from now or another day: "in ten days", "three weeks ago", "a week on Thursday"."""

from __future__ import annotations

from datetime import date

from auditor.reading.dates.arithmetic import plus, plus_days, week_begin, weekday_in_week
from auditor.reading.dates.counts import Duration, read_count, read_duration
from auditor.reading.dates.grammar import DIGITS, read_day, rule
from auditor.reading.dates.mention import DateValue, Direction, Kind
from auditor.reading.dates.node import DAY, Node, moment, on_weekday, one_day
from auditor.reading.dates.page import Page
from auditor.reading.dates.words import NUMBERS, TENS, TODAYS, WEEKDAY_PLURALS, WEEKDAYS

_MINUTE = "minute"


_EXACT_UNITS = frozenset({"day", "workday", _MINUTE})


_AHEAD = ("from now", "hence", "from today", "after today", "later", "out", "from this point")


_BEHIND = ("ago", "back", "earlier", "before now", "before today", "prior")


def _sum(day: date, duration: Duration, sign: int) -> date:
    for number, unit in duration.parts:
        if unit != _MINUTE:
            day = plus(day, sign * number, unit)
    return day


@rule("in", "within", "inside", "after")
def in_duration(page: Page, index: int) -> Node | None:
    """Reads "in three months", "in 2 wks", "in a fortnight", "within 10 days"."""
    duration = read_duration(page, page.skip(index + 1, "about", "around", "circa", "another"))
    if duration is None or page.words[duration.stop] in ("of", "old"):
        return None
    if page.words[duration.stop - 1] == "night":
        return None
    stop = _after_phrase(page, duration.stop, _AHEAD) or duration.stop
    ranged = page.words[index] in ("within", "inside")
    if not ranged and page.words[stop] in ("from", "after"):
        anchored = _anchored(page, index, duration)
        if anchored:
            return anchored
    if duration.coarsest == _MINUTE:
        point = moment(index, stop, page.now, sum(number for number, _ in duration.parts))
        point.diary = not ranged
        return point
    node = _interval(page, index, stop, duration, 1)
    if ranged:
        node.values = (DateValue(page.today, node.values[0].latest),)
        node.grain, node.kind, node.diary = "range", Kind.DATERANGE, False
    return node


@rule("less", "more", "in", "over", "under")
def bounded_interval(page: Page, index: int) -> Node | None:
    """Reads "less than 3 weeks ago", "more than a month ago", "in less than two weeks"."""
    first = page.skip(index, "in")
    more = page.words[first] in ("more", "over")
    after = page.matches(first, "more than") or page.matches(first, "less than")
    after = after or (first + 1 if page.words[first] in ("over", "under") else 0)
    duration = read_duration(page, after) if after else None
    if duration is None or duration.coarsest == _MINUTE:
        return None
    behind = _after_phrase(page, duration.stop, ("ago", "back", "earlier"))
    ahead = _after_phrase(page, duration.stop, ("from now", "hence", "from today"))
    if not behind and not ahead and first == index:
        return None
    far = _sum(page.today, duration, -1 if behind else 1)
    near = page.today
    if more:
        near = date.min if behind else date.max
    node = Node(
        index,
        behind or ahead or duration.stop,
        "range",
        (DateValue(min(far, near), max(far, near)),),
    )
    node.interval = not behind
    return node


def _interval(page: Page, start: int, stop: int, duration: Duration, sign: int) -> Node:
    """A day counted from now; only counts of days let one write it in a diary."""
    node = one_day(start, stop, _sum(page.today, duration, sign))
    node.interval = sign > 0
    node.direction = Direction.FUTURE if sign > 0 else Direction.PAST
    node.diary = duration.exact and duration.coarsest in _EXACT_UNITS
    return node


def _after_phrase(page: Page, index: int, phrases: tuple[str, ...]) -> int:
    for phrase in phrases:
        if after := page.matches(index, phrase):
            return after
    return 0


@rule(DIGITS, NUMBERS, TENS, "a", "an", "half", "couple", "few", "several", "fortnight")
def counted_day(page: Page, index: int) -> Node | None:
    """Reads "three weeks ago", "10 days from now", "a week on Thursday", "2 days after Easter"."""
    if not page.open_left(index) and page.words[index - 1] != "-":
        return None
    weekdays = _counted_weekdays(page, index)
    if weekdays:
        return weekdays
    duration = _lone_fortnight(page, index) or read_duration(page, index)
    if duration is None:
        return None
    stop = duration.stop
    if after := _after_phrase(page, stop, _BEHIND):
        return _counted_from_now(page, index, after, duration, -1)
    after = _after_phrase(page, stop, _AHEAD)
    if after and (page.words[stop] != "out" or page.words[after] not in ("of", "to", "there")):
        return _counted_from_now(page, index, after, duration, 1)
    anchored = _anchored(page, index, duration) or _on_weekday(page, index, duration)
    if anchored:
        return anchored
    return _plain(page, index, duration)


def _counted_weekdays(page: Page, index: int) -> Node | None:
    """Reads "two Thursdays from now", "3 Mondays ago"."""
    count = read_count(page, index)
    weekday = WEEKDAY_PLURALS.get(page.words[count.stop]) if count else None
    if count is None or weekday is None:
        return None
    for phrase, sign in (("from now", 1), ("ago", -1), ("back", -1)):
        if stop := page.matches(count.stop + 1, phrase):
            first = on_weekday(page, index, stop, weekday).values[0 if sign > 0 else 1].earliest
            return one_day(index, stop, plus_days(first, 7 * sign * (count.number - 1)))
    return None


def _lone_fortnight(page: Page, index: int) -> Duration | None:
    if page.words[index] != "fortnight":
        return None
    return Duration(((2, "week"),), index + 1, True)


def _counted_from_now(page: Page, start: int, stop: int, duration: Duration, sign: int) -> Node:
    if duration.coarsest == _MINUTE:
        minutes = sum(number for number, unit in duration.parts if unit == _MINUTE)
        node = moment(start, stop, page.now, sign * minutes)
        node.interval = node.diary = sign > 0
    else:
        node = _interval(page, start, stop, duration, sign)
    if page.words[stop] in ("on", "this", "next") and page.words[stop + 1] in WEEKDAYS:
        return _in_its_week(page, node, stop + 2, WEEKDAYS[page.words[stop + 1]])
    return node


def _in_its_week(page: Page, node: Node, stop: int, weekday: int) -> Node:
    """Reads "2 weeks from now on Friday": that weekday of the week reached."""
    values = []
    for value in node.values:
        day = weekday_in_week(week_begin(value.earliest, page.week_start), weekday)
        values.append(DateValue(day, day))
    result = Node(node.start, stop, DAY, tuple(values), diary=True)
    result.past = values[node.values.index(node.past)] if node.past in node.values else None
    return result


def _anchored(page: Page, start: int, duration: Duration) -> Node | None:
    """Reads "three weeks from tomorrow", "3 days before the 14th", "a fortnight today"."""
    words, stop = page.words, duration.stop
    sign = 1
    if words[stop] in ("from", "after", "following", "past"):
        stop += 1
    elif words[stop] in ("before", "prior"):
        stop = page.skip(stop + 1, "to")
        sign = -1
    elif words[stop] not in TODAYS:
        return None
    if duration.coarsest == _MINUTE:
        return None
    base = read_day(page, stop)
    if base is None or base.interval:
        return None
    values = tuple(
        DateValue(day, day, value.time)
        for value in base.values
        for day in [_sum(value.earliest, duration, sign)]
    )
    node = Node(start, base.stop, DAY, values, diary=base.diary and duration.exact)
    node.times, node.part, node.ambiguous = base.times, base.part, base.ambiguous
    node.past = values[base.values.index(base.past)] if base.past in base.values else None
    if words[node.stop] == "on" and words[node.stop + 1] in WEEKDAYS:
        return _in_its_week(page, node, node.stop + 2, WEEKDAYS[words[node.stop + 1]])
    return node


def _on_weekday(page: Page, start: int, duration: Duration) -> Node | None:
    """Reads "a week on Thursday", "two weeks Tuesday": counted from the coming one."""
    words = page.words
    first = page.skip(page.skip(duration.stop, "on"), "this")
    if words[first] not in WEEKDAYS or duration.coarsest != "week" or not duration.exact:
        return None
    if first == duration.stop and len(words[first]) < 4:
        return None
    base = read_day(page, first)
    if base is None or base.weekday is None:
        return None
    day = _sum(base.values[0].earliest, duration, 1)
    return one_day(start, base.stop, day)


def _plain(page: Page, index: int, duration: Duration) -> Node | None:
    """A bare length of time, which is no date."""
    if page.words[index] in ("a", "an", "half", "fortnight") and duration.coarsest != "week":
        return None
    here = (DateValue(page.today, page.today),)
    return Node(index, duration.stop, "duration", here, kind=Kind.DURATION)
