"""A time of day beside a day: "Thursday 2pm", "noon on Friday", "first thing Monday", "EOD"."""

from __future__ import annotations

from datetime import time

from auditor.reading.dates.clock import (
    PARTS,
    PHRASE_WORDS,
    Clock,
    may_end_hour,
    read_clock,
    read_part,
)
from auditor.reading.dates.grammar import DIGITS, read_day, rule, suffix
from auditor.reading.dates.lists import elided_days
from auditor.reading.dates.mention import DateValue, Kind
from auditor.reading.dates.named import trailing_year
from auditor.reading.dates.node import Node, with_times
from auditor.reading.dates.page import Page
from auditor.reading.dates.weekday_weeks import narrowed_weekday
from auditor.reading.dates.words import NUMBERS, TODAYS, WEEKDAYS

_CUES = frozenset(
    {"at", "@", "um", "om", "à", "around", "about", "circa", "ca", "approx", "approximately"}
)
_LOOSE_CUES = frozenset({"from", "between", "by", "before", "after", "for", "until", "till"})
_JOINS = frozenset({"-", "to", "until", "till", "and", "through", "or"})
_HOUR_ENDS = frozenset({",", ".", ";", "w", "with", "\n", ")", "sharp"})
_EVENING = frozenset({"evening", "night", "afternoon"})
_CLOCK_WORDS = frozenset({"half", "quarter", "twenty", "a"}) | NUMBERS.keys() | PHRASE_WORDS


@suffix(4)
def with_clock(page: Page, node: Node) -> Node:
    """The part of the day and the time after a day, then the week or year after those."""
    if not node.is_day or node.times or node.kind is Kind.DATETIME:
        return node
    _add_part(page, node)
    clock = _clock_after(page, node)
    if clock is not None:
        _add_clock(page, node, clock)
        if not node.part:
            _add_part(page, node)
    if node.part or node.times:
        node = trailing_year(page, narrowed_weekday(page, node))
    return node


def _add_part(page: Page, node: Node) -> None:
    """Reads "Tuesday in the morning", "tomorrow pm", "Friday EOD", "Monday first thing"."""
    at = page.skip(page.skip(node.stop, ",", "-"), "at", "by")
    if at > node.stop and page.words[at - 1] == "," and _opens_next(page, at):
        return
    part = read_part(page, node.stop) or read_part(page, at)
    if part is None and page.words[at] in PHRASE_WORDS:
        named = read_clock(page, at, cued=True)
        part = named if named and not named.times else None
    if part is None:
        return
    if page.words[part.stop - 1] == "am" and page.words[part.stop].isdigit():
        return
    apart = at > node.stop and page.words[at - 1] == ","
    if apart and page.words[part.stop].isalpha() and page.words[part.stop] not in _CUES:
        return
    node.part, node.stop = part.part, part.stop


def _clock_after(page: Page, node: Node) -> Clock | None:
    words, after = page.words, page.skip(node.stop, ",", "-", "(", "/")
    after = page.skip(page.skip(after, "any"), "time", "sometime")
    cue = words[after]
    if cue in _CUES:
        return read_clock(page, page.skip(after + 1, *_CUES), cued=True)
    if cue in _LOOSE_CUES:
        clock = read_clock(page, after + 1, cued=True)
        ranged = clock is not None and words[clock.stop] in _JOINS
        return clock if clock and (clock.explicit or (ranged and _range_end(page, clock))) else None
    if after > node.stop and _opens_next(page, after):
        return None
    if after > node.stop and words[after - 1] in ("-", "/"):
        clock = read_clock(page, after, cued=False)
        return clock if clock and clock.explicit else None
    return _uncued(page, node, after)


def _opens_next(page: Page, index: int) -> bool:
    """Whether the time after a comma belongs to the day after it: "Monday, 2pm Tuesday"."""
    clock = read_clock(page, index, cued=False) or _lone_part(page, index)
    return clock is not None and _day_after(page, clock.stop) is not None


def _uncued(page: Page, node: Node, index: int) -> Clock | None:
    """A time right after the day: "Thursday 1430", "Monday 12-4", "March tenth nine thirty"."""
    word = page.words[index]
    if (page.glued(index) and index == node.stop) or elided_days(page, index):
        return None
    clock = read_clock(page, index, cued=True)
    if clock is None or clock.explicit:
        return clock
    if page.words[index + 1] == "." and clock.stop == index + 3:
        return clock if may_end_hour(page, clock.stop) else None
    if word.isdigit() and len(word) == 4:
        return clock if clock.times[0].minute % 5 == 0 else None
    if not word.isdigit() and word in _CLOCK_WORDS:
        return clock if clock.stop - index > 1 or word in ("half", "quarter") else None
    if node.weekday is not None and 7 <= page.number(index) <= 12:
        after = page.words[clock.stop]
        if index == node.stop and (not after or after in _HOUR_ENDS):
            return clock
    ranged = page.words[clock.stop] == "-" and _range_end(page, clock)
    return clock if ranged and node.weekday is not None else None


def _range_end(page: Page, clock: Clock) -> Clock | None:
    """The end of "2-3pm", "between 10 and 11:30"."""
    if page.words[clock.stop] not in _JOINS:
        return None
    return read_clock(page, clock.stop + 1, cued=True)


def _add_clock(page: Page, node: Node, clock: Clock) -> None:
    end = _range_end(page, clock)
    start = page.words[node.stop]
    times, stop = clock.times, clock.stop
    if end is not None and (end.explicit or clock.explicit or page.words[stop] == "-"):
        times, stop = _like_end(times, end.times), end.stop
    if page.words[stop] == ")" and start == "(":
        stop += 1
    node.part = node.part or clock.part
    with_times(node, _in_part(times, node.part), stop)


def _like_end(times: tuple[time, ...], ends: tuple[time, ...]) -> tuple[time, ...]:
    """In "2-3pm" the end's afternoon holds for the start, unless that puts it after the end."""
    if len(ends) == 1 and len(times) == 2:
        return tuple(sorted(times, key=lambda at: (at > ends[0], ends[0].hour - at.hour)))
    return times


def _in_part(times: tuple[time, ...], part: str) -> tuple[time, ...]:
    """Reads "tonight around 7" is 19:00."""
    if len(times) < 2 or not part:
        return times
    late = part in _EVENING
    return tuple(at for at in times if (at.hour >= 12) == late) or times


@rule(DIGITS, _CLOCK_WORDS, PARTS.keys() - {"am", "pm"}, "at", "@")
def clock_first(page: Page, index: int) -> Node | None:
    """Reads "2pm Thurs", "half six Wednesday", "noon on Friday", "first thing Monday", "at 4pm"."""
    cued = page.words[index] in ("at", "@")
    before_day = page.words[index + cued + 1] in TODAYS and page.open_left(index)
    joined = page.words[index + 1] in ("-", "to") and page.open_left(index)
    clock = read_clock(page, index + cued, cued=cued or before_day or joined)
    clock = clock or _lone_part(page, index + cued) or _spoken_before_day(page, index)
    if clock is None:
        return None
    if not page.words[index + cued].isdigit() and index and page.words[index - 1] == "-":
        return None
    times, stop = clock.times, clock.stop
    end = (
        _range_end(page, clock) if page.words[stop] in ("-", "to", "and", "until", "till") else None
    )
    if end is not None and (end.explicit or clock.explicit):
        times, stop = _like_end(times, end.times), end.stop
        clock = Clock(times, stop, True, clock.part)
    day = _day_after(page, stop)
    if day is not None and not day.interval and not day.times:
        day.start, day.part = index, day.part or clock.part
        return with_times(day, _in_part(times, day.part), day.stop)
    if cued and len(page.words[index + 1]) == 4 and _is_office_hour(clock):
        clock = clock._replace(explicit=True)
    return _alone(page, index, clock)


def _is_office_hour(clock: Clock) -> bool:
    """Whether "at 1430" is likely a time: in the day, on a multiple of five minutes."""
    return all(6 <= at.hour <= 21 and at.minute % 5 == 0 for at in clock.times)


def _spoken_before_day(page: Page, index: int) -> Clock | None:
    """Reads "seven thirty tomorrow": hour and minute in words, right before a day."""
    if page.words[index] not in NUMBERS:
        return None
    clock = read_clock(page, index, cued=True)
    if clock is None or clock.stop - index < 2:
        return None
    after = page.words[page.skip(clock.stop, "on")]
    return clock if after in TODAYS or after in WEEKDAYS else None


def _lone_part(page: Page, index: int) -> Clock | None:
    """A part of the day that may stand before a day: "EOD Friday", "lunchtime Tuesday"."""
    part = PARTS.get(page.words[index]) if page.words[index] != "lunch" else None
    return Clock((), index + 1, part == "close of business", part) if part else None


def _day_after(page: Page, index: int) -> Node | None:
    after = page.skip(page.skip(index, ","), "on", "of", "(")
    if page.words[after - 1] == "of" and page.words[after] == "the":
        return None
    day = read_day(page, after)
    return day if day is not None and day.kind is not Kind.TIME else None


def _alone(page: Page, index: int, clock: Clock) -> Node | None:
    """A time with no day: today's, and no day for a diary, but for "by EOD"."""
    if not clock.explicit or _is_stamp(page, index):
        return None
    here = DateValue(page.today, page.today)
    if not clock.times:
        if clock.part != "close of business":
            return None
        return Node(index, clock.stop, "day", (here,), diary=True, part=clock.part)
    node = Node(index, clock.stop, "time", (here,), kind=Kind.TIME, part=clock.part)
    return with_times(node, clock.times, clock.stop)


def _is_stamp(page: Page, index: int) -> bool:
    """Whether a time is a transcript's stamp: "[00:03:10]", or "00:03:10" at a line's start."""
    words = page.words
    if words[index - 1] in ("[", "<", "{"):
        return True
    line_start = index == 0 or words[index - 1] == "\n"
    return words[index + 3] == ":" and (line_start or words[index - 1] == "(")
