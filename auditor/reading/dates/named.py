"""Days named by their number: "14 March", "May the 3rd", "the 14th", "tues the 4th"."""

from __future__ import annotations

from auditor.reading.dates.arithmetic import make_day, period, plus_months
from auditor.reading.dates.counts import full_year, read_ordinal, read_small, read_year
from auditor.reading.dates.grammar import DIGITS, rule, suffix
from auditor.reading.dates.node import Node, by_month, in_year, one_day
from auditor.reading.dates.numeric import month_day
from auditor.reading.dates.page import Page
from auditor.reading.dates.words import (
    AFTER_ORDINAL,
    DAY_CUES,
    MONTHS,
    NUMBERS,
    ORDINAL_ENDINGS,
    ORDINALS,
    SHIFTS,
    SHY_MONTHS,
    TENS,
    UNITS,
    WEEKDAYS,
)

_AFTER_VERB = frozenset(
    "be have need not want also well still come go even just take get help work require i we you "
    "they he she it never only make cause differ vary on up out".split()
)
"""Words after "may" or "march" that show it is the verb."""


_SPELLED_ENDS = frozenset({"first", "second", "third"})


_STRONG_CUES = DAY_CUES - {"this", "next", "last", "to", "for", "and", "or", "-", "/", "from"}


def is_verb(page: Page, index: int) -> bool:
    """Whether "may" or "march" there is the verb, by the words beside it and the capital."""
    if page.words[index] not in ("may", "march") or page.words[index + 1] not in _AFTER_VERB:
        return False
    before = page.words[index - 1]
    if before in ("in", "by", "until", "since", "of") or (before and before[0].isdigit()):
        return page.words[index + 1] == "be" and before[0].isdigit()
    return not page.is_capital(index) or before in ("", "\n", ".", "?", "!", ":", '"')


def read_number(page: Page, index: int) -> tuple[int, int, bool] | None:
    """A day of the month as an ordinal or in digits, its stop, and whether it is an ordinal."""
    ordinal = read_ordinal(page, index)
    if ordinal:
        return *ordinal, True
    number = page.number(index)
    if 1 <= number <= 31 and len(page.words[index]) <= 2:
        return number, index + 1, False
    small = read_small(page, index)
    if small is None or small[0] > 31 or page.words[small[1]] in ("thousand", "hundred"):
        return None
    return *small, False


@rule(DIGITS, ORDINALS, TENS, NUMBERS, "the")
def day_of_month(page: Page, index: int) -> Node | None:
    """Reads "14 March", "the 14th of March", "fourteenth March", "14. März"."""
    return day_and_month(page, index) if page.open_left(page.skip(index, "the")) else None


def day_and_month(page: Page, index: int) -> Node | None:
    """A day before its month, wherever it stands ("13 May" in "12/13 May")."""
    number = read_number(page, page.skip(index, "the"))
    if number is None:
        return None
    day, stop, ordinal = number
    if page.words[stop] == ("day" if ordinal else "."):
        stop += 1
    after = page.skip(page.skip(stop, "of", "-"), "de")
    if page.words[after] in ("st", "month"):
        return None
    month = MONTHS.get(page.words[after])
    spelled = not ordinal and page.words[stop - 1].isalpha()
    if spelled and (page.words[after] in SHY_MONTHS and not page.is_capital(after)):
        return None
    if month is None or is_verb(page, after) or (page.words[stop] == "-" and not ordinal):
        return None
    after += 1
    if page.words[after] == "." and len(page.words[after - 1]) <= 4 and _goes_on(page, after + 1):
        after += 1
    return month_day(page, index, after, month, day)


def _goes_on(page: Page, index: int) -> bool:
    """Whether an abbreviation's full stop is followed by more of the date."""
    return page.words[index][:1].isdigit() or page.words[index] == ","


@rule(MONTHS)
def month_then_day(page: Page, index: int) -> Node | None:
    """Reads "March 14", "Mar. 14th", "May the 3rd", "October, 1st", "Jan/3"."""
    words, month = page.words, MONTHS[page.words[index]]
    after = index + 1
    if words[after] == "." and len(words[index]) <= 4:
        after += 1
    comma = words[after] == ","
    if words[after] in ("/", "-") and page.glued(after) and page.glued(after + 1):
        after += 1
    after = page.skip(page.skip(after, ","), "the")
    number = read_number(page, after)
    if number is None or words[after] == "one":
        return None
    day, stop, ordinal = number
    if not ordinal and (comma or not _may_be_day(page, index, after, stop)):
        return None
    return month_day(page, index, stop, month, day)


def _may_be_day(page: Page, month: int, number: int, stop: int) -> bool:
    """Whether a plain number after a month is a day: not 4pm, 12:30, 5%, 3.5 or 5 users."""
    words, after = page.words, page.words[stop]
    if page.glued(stop) and after and after not in "-,;()!?'\"]\n/":
        if after != ".":
            return False
        return not (page.glued(stop + 1) and words[stop + 1][:1].isdigit())
    if after in ("%", "percent", "am", "pm", "k") or (after in UNITS and after not in ("d", "h")):
        return False
    verb = words[month] in ("may", "march", "mars") and not page.is_capital(month)
    plain = not after.isalpha() or after in ("at", "to", "and", "or")
    return not verb or plain or number > month + 1


@rule("the", DIGITS, ORDINALS, TENS, NUMBERS)
def bare_day(page: Page, index: int) -> Node | None:
    """Reads "the 14th", "by 14th", "on the 17", "the 21st of this month", "1st of the month"."""
    first = page.skip(index, "the")
    number = read_number(page, first)
    if number is None or (first == index and not page.open_left(index)):
        return None
    day, stop, ordinal = number
    in_month = day_in_month(page, index, stop, day) if ordinal or page.words[stop] == "of" else None
    if in_month:
        return in_month
    before, spelled = page.words[index - 1], page.words[first].isalpha()
    if not ends_bare(page, stop, spelled=spelled):
        return None
    if spelled and (page.words[first] in ("one", "ten") or not _is_spelled_day(page, index, first)):
        return None
    if ordinal and (first > index or before in DAY_CUES or _is_shown_day(page, stop)):
        return by_month(page, index, stop, day)
    digits = page.words[first].isdigit()
    if (
        digits
        and first > index
        and before in ("on", "by", "until", "til", "till", "before", "since")
    ):
        return by_month(page, index, stop, day)
    return None


def _is_shown_day(page: Page, stop: int) -> bool:
    """Whether a time or another ordinal after it shows that "19th" is a day."""
    words = page.words
    if words[stop] in ("at", "@"):
        return words[stop + 1][:1].isdigit() or words[stop + 1] in ("noon", "midday")
    return words[stop] in ("-", "to", "or", "and") and words[stop + 2] in ORDINAL_ENDINGS


def _is_spelled_day(page: Page, index: int, first: int) -> bool:
    """Whether "the fourteenth" is a day; "the second" is one only after "on", "by" and such."""
    if page.words[first] in ORDINALS and ORDINALS[page.words[first]] < 4:
        return page.words[index - 1] in _STRONG_CUES and first > index
    return first > index or page.words[index - 1] in _STRONG_CUES


def ends_bare(page: Page, stop: int, *, spelled: bool = False) -> bool:
    """Whether a bare ordinal may end a date there: a noun after it makes it "the 14th floor"."""
    after = page.words[stop]
    if not after or after == "\n":
        return True
    if after.isalpha():
        return after in AFTER_ORDINAL or (after in WEEKDAYS and not spelled)
    if after[0].isdigit():
        return not page.glued(stop)
    if after == "-":
        return not page.glued(stop) or not page.words[stop + 1].isalpha()
    return after in ".,;:!?)(]/&'\"@|*_"


def day_in_month(page: Page, start: int, stop: int, day: int) -> Node | None:
    """The "of next month", "this month", "of the month" after an ordinal."""
    after = page.skip(page.skip(stop, "of", "in"), "the")
    if page.words[stop] == "day" and page.words[stop + 1] == "of":
        return day_in_month(page, start, stop + 1, day)
    shift = SHIFTS.get(page.words[after])
    if shift is None:
        is_month = page.words[stop] == "of" and page.words[after] in ("month", "mth")
        return by_month(page, start, after + 1, day) if is_month else None
    if page.words[after + 1] not in ("month", "mth"):
        return None
    begin, end = period(plus_months(page.today, shift), "month", 0)
    found = make_day(begin.year, begin.month, day)
    return one_day(start, after + 2, found or end)


@suffix(0)
def trailing_weekday(page: Page, node: Node) -> Node:
    """The weekday after a date: "12 March (Thu)", "5 March, Thursday"."""
    if not node.is_day or node.weekday is not None or node.monthday is not None or node.interval:
        return node
    if page.words[node.stop - 1] not in MONTHS and not page.words[node.stop - 1].isdigit():
        return node
    first = page.skip(node.stop, "(", ",")
    day = WEEKDAYS.get(page.words[first])
    inside = page.words[first - 1] == "(" and page.words[first + 1] == ")"
    fits = [value for value in node.values if value.earliest.weekday() == day]
    if day is None or not (inside or (fits and first == node.stop)):
        return node
    node.values = (*fits, *(value for value in node.values if value not in fits))
    node.past = node.past if len(fits) != 1 else None
    node.stop = first + 1 + inside
    return node


@suffix(1)
def trailing_year(page: Page, node: Node) -> Node:
    """The year after a day, holiday, month or quarter: "2027", ", 2027", "of next year"."""
    if node.yearly is None:
        return node
    after = page.skip(node.stop, ",")
    after = page.skip(page.skip(after, "of", "in", "de", "/", "-"), "the", "year")
    shifted = _shifted_year(page, after)
    if shifted is None and after > node.stop and page.words[node.stop] in "/-":
        glued = page.glued(node.stop) and page.glued(after)
        found = read_year(page, after) if glued else None
    else:
        found = shifted or read_year(page, after)
    found = found or _short_year(page, node)
    if found is None or page.words[found[1]] in ("users", "seats", "people", "units"):
        return node
    return in_year(node, found[0], found[1]) or node


def _short_year(page: Page, node: Node) -> tuple[int, int] | None:
    """The two digits after "31 Mar", where nothing after them makes them a count."""
    stop, number = node.stop, page.number(node.stop)
    if page.words[stop - 1] not in MONTHS or not node.is_day or not 20 <= number <= 45:
        return None
    if page.glued(stop) or not page.open_right(stop + 1) or not ends_bare(page, stop + 1):
        return None
    return full_year(number), stop + 1


def _shifted_year(page: Page, index: int) -> tuple[int, int] | None:
    shift = SHIFTS.get(page.words[index])
    if shift is None or page.words[index + 1] not in ("year", "yr"):
        return None
    return page.today.year + shift, index + 2
