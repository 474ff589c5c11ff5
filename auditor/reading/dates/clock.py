"""Times of day: "2pm", "14h30", "half six", "quarter past eight", "noon", "first thing"."""

from __future__ import annotations

from datetime import time
from typing import NamedTuple

from auditor.reading.dates.counts import read_small
from auditor.reading.dates.page import Page
from auditor.reading.dates.words import UNITS

PARTS = {
    **dict.fromkeys(("morning", "mornings", "forenoon", "vormittag", "am"), "morning"),
    **dict.fromkeys(("afternoon", "pm", "arvo", "nachmittag", "aft"), "afternoon"),
    **dict.fromkeys(("evening", "eve", "abend"), "evening"),
    **dict.fromkeys(("night", "tonight"), "night"),
    **dict.fromkeys(("lunchtime", "lunch"), "lunchtime"),
    **dict.fromkeys(("eod", "cob", "cop", "eob"), "close of business"),
}
"""Words for parts of the day, and the part."""

_PHRASES = (
    ("first thing", "morning", None),
    ("close of business", "close of business", None),
    ("close of play", "close of business", None),
    ("end of business", "close of business", None),
    ("end of the day", "close of business", None),
    ("end of day", "close of business", None),
    ("end of play", "close of business", None),
    ("noon", "lunchtime", time(12)),
    ("lunchtime", "lunchtime", time(12)),
    ("midday", "lunchtime", time(12)),
    ("mid - day", "lunchtime", time(12)),
    ("midnight", "night", time(0)),
)
_PHRASES_BY_WORD: dict[str, list[tuple[str, str, time | None]]] = {}
for _phrase in _PHRASES:
    _PHRASES_BY_WORD.setdefault(_phrase[0].split()[0], []).append(_phrase)
PHRASE_WORDS = frozenset(_PHRASES_BY_WORD)
"""Words with which a named time of day begins."""

_LATE_PARTS = frozenset({"afternoon", "evening", "night"})
_FRACTIONS = {"half": 30, "quarter": 15, "twenty": 20, "ten": 10, "five": 5}
_QUALIFIERS = frozenset({"early", "late", "mid", "later"})


class Clock(NamedTuple):
    """A time of day."""

    times: tuple[time, ...]
    """Readings, the likelier in office hours first; empty for a mere part of the day."""
    stop: int
    explicit: bool
    """Whether it is a time even with no day beside it."""
    part: str = ""


def read_clock(page: Page, index: int, *, cued: bool) -> Clock | None:
    """The time of day that begins at that word.

    Args:
        page: the text.
        index: the first word.
        cued: whether "at" or a day stands before it, so that "4" and "1430" are times.
    """
    word = page.words[index]
    if not word:
        return None
    if word[0] in "0123456789":
        return _read_digits(page, index, cued=cued)
    return (
        _read_named(page, index)
        or _read_fraction(page, index)
        or _read_spoken(page, index, cued=cued)
    )


def _read_named(page: Page, index: int) -> Clock | None:
    for phrase, part, at in _PHRASES_BY_WORD.get(page.words[index], ()):
        if after := page.matches(index, phrase):
            return Clock((at,) if at else (), after, True, part)
    return None


def read_part(page: Page, index: int) -> Clock | None:
    """A part of the day after a day: "morning", "in the afternoon", "late evening", "pm"."""
    after = page.skip(page.skip(index, "in", "at", "during", "by"), "the")
    if page.words[after] in _QUALIFIERS:
        after = page.skip(after + 1, "-", "in")
        after = page.skip(after, "the")
    part = PARTS.get(page.words[after])
    if part is None:
        return None
    meridiem = _read_meridiem(page, after)
    return Clock((), meridiem[1] if meridiem else after + 1, False, part)


def _readings(hour: int, minute: int, second: int, meridiem: str) -> tuple[time, ...]:
    """Times an hour can mean; without am or pm, one to six are in the afternoon first."""
    if hour > 24 or minute > 59 or second > 59:
        return ()
    if meridiem:
        if hour > 12:
            return (time(hour % 24, minute, second),)
        return (time(hour % 12 + (12 if meridiem == "p" else 0), minute, second),)
    hour %= 24
    if not 1 <= hour <= 12:
        return (time(hour, minute, second),)
    early, late = time(hour % 12, minute, second), time(hour % 12 + 12, minute, second)
    return (late, early) if hour <= 6 or hour == 12 else (early, late)


def _read_meridiem(page: Page, index: int) -> tuple[str, int] | None:
    """The "am", "p.m.", "p", "in the morning" at that word, as "a" or "p"."""
    words, word = page.words, page.words[index]
    if word in ("am", "pm"):
        return word[0], index + 1
    if word in ("a", "p"):
        after = page.skip(index + 1, ".")
        if words[after] == "m" and (after > index + 1 or word == "p"):
            return word, page.skip(after + 1, ".") if after > index + 1 else after + 1
        return (word, index + 1) if page.glued(index) else None
    for phrase in ("in the", "at"):
        if after := page.matches(index, phrase):
            part = PARTS.get(words[after], "")
            if part in ("morning", "afternoon", "evening", "night"):
                return "a" if part == "morning" else "p", after + 1
    return None


def _finish(
    page: Page, stop: int, hms: tuple[int, int, int], *, explicit: bool, part: str = ""
) -> Clock | None:
    """Adds am or pm, "o'clock" and "ish" to an hour, and says what times it can mean."""
    for word in ("o ' clock", "oclock", "uhr"):
        if after := page.matches(stop, word):
            stop, explicit = after, True
            break
    for word in ("ish", "- ish"):
        if (after := page.matches(stop, word)) and page.glued(stop):
            stop, explicit = after, True
    meridiem = _read_meridiem(page, stop)
    if meridiem and (hms[0] == 0 or hms[0] > 12) and meridiem[0] == "a":
        return None
    stop = meridiem[1] if meridiem else stop
    times = _readings(*hms, meridiem[0] if meridiem else "")
    return Clock(times, stop, explicit or bool(meridiem), part) if times else None


def _two_digits(page: Page, index: int) -> int:
    word = page.words[index]
    return int(word) if len(word) == 2 and word.isascii() and word.isdigit() else -1


def _read_digits(page: Page, index: int, *, cued: bool) -> Clock | None:
    words, word = page.words, page.words[index]
    number = page.number(index)
    if not page.open_left(index) and words[index - 1] != "-":
        return None
    sign, minute = words[index + 1], _two_digits(page, index + 2)
    joined = page.glued(index + 1) and page.glued(index + 2)
    if len(word) <= 2 and joined and minute >= 0:
        if sign == ":" and word != "0":
            return _read_colon(page, index, number, minute)
        if sign == "h" and number < 24:
            return _finish(page, index + 3, (number, minute, 0), explicit=True)
        if sign == ".":
            clock = _finish(page, index + 3, (number, minute, 0), explicit=False)
            return clock if clock and (cued or clock.explicit) else None
    if sign == "h" and page.glued(index + 1) and cued and 6 < number < 24:
        return Clock((time(number),), index + 2, True)
    return _read_bare(page, index, number, cued=cued)


def _read_colon(page: Page, index: int, hour: int, minute: int) -> Clock | None:
    second, stop = 0, index + 3
    if page.words[stop] == ":" and page.glued(stop) and page.glued(stop + 1):
        second, stop = _two_digits(page, stop + 1), stop + 2
    if page.words[index] == "00" and stop > index + 3:
        return None
    if second < 0 or (page.glued(stop) and page.words[stop] == ":"):
        return None
    return _finish(page, stop, (hour, minute, second), explicit=True)


def _read_bare(page: Page, index: int, number: int, *, cued: bool) -> Clock | None:
    word, stop = page.words[index], index + 1
    if len(word) in (3, 4):
        military = page.skip(stop, "hrs", "hours") if len(word) == 4 else stop
        clock = _finish(page, military, (number // 100, number % 100, 0), explicit=military > stop)
        if clock is None or clock.explicit:
            return clock
        return clock if cued and may_end_hour(page, clock.stop) else None
    if number > 24 or len(word) > 2:
        return None
    clock = _finish(page, stop, (number, 0, 0), explicit=False)
    if clock is None or clock.explicit:
        return clock
    return clock if cued and may_end_hour(page, clock.stop) else None


def may_end_hour(page: Page, stop: int) -> bool:
    """Whether "at 4" can end there: no unit, percent or counted noun may follow."""
    after = page.words[stop]
    if not after or after == "\n":
        return True
    if page.glued(stop) and (after in "%.:/€$£+" or after[0].isalnum()):
        return after == "." and not page.words[stop + 1][:1].isdigit()
    if after in ("%", "k", "percent") or after in UNITS:
        return False
    counted = len(after) > 4 and after.endswith("s") and after.isalpha()
    return not counted or after in ("works", "suits", "unless", "always")


def _hour_word(page: Page, index: int) -> tuple[int, int] | None:
    number = page.number(index)
    if 1 <= number <= 12:
        return number, index + 1
    small = read_small(page, index)
    return small if small and small[0] <= 12 else None


def _read_fraction(page: Page, index: int) -> Clock | None:
    """Reads "half past seven", "quarter to nine", "ten past 4", and British "half six" (6:30)."""
    words = page.words
    start = page.skip(index, "a") if words[index] == "a" else index
    minutes, after = _FRACTIONS.get(words[start]), start + 1
    if minutes is None:
        small = read_small(page, start)
        if small is None or words[small[1]] != "minutes":
            return None
        minutes, after = small
    after = page.skip(after, "minutes")
    side = words[after]
    hour = _hour_word(page, after + 1) if side in ("past", "to", "after", "before") else None
    if hour:
        back = side in ("to", "before")
        value = (hour[0] - 1 or 12) if back else hour[0]
        minute = 60 - minutes if back else minutes
        sure = words[start] in ("half", "quarter")
        return _finish(page, hour[1], (value, minute, 0), explicit=sure)
    if words[start] == "half" and start == index:
        hour = _hour_word(page, after)
        return _finish(page, hour[1], (hour[0], 30, 0), explicit=False) if hour else None
    return None


def _read_spoken(page: Page, index: int, *, cued: bool) -> Clock | None:
    """Reads "seven p.m.", "nine thirty" after a cue."""
    hour = _hour_word(page, index)
    if hour is None:
        return None
    minute = read_small(page, page.skip(hour[1], "-", "oh"))
    if minute and (minute[0] >= 10 or page.words[minute[1] - 2] == "oh") and minute[0] < 60:
        clock = _finish(page, minute[1], (hour[0], minute[0], 0), explicit=False)
    else:
        clock = _finish(page, hour[1], (hour[0], 0, 0), explicit=False)
    if clock is None or not (clock.explicit or cued):
        return None
    return clock if clock.explicit or may_end_hour(page, clock.stop) else None
