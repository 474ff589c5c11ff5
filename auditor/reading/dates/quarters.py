"""Parts of a year: "Q3", "H1", "third quarter", "1Q26", and the fiscal year they belong to."""

from __future__ import annotations

from datetime import date

from auditor.reading.dates.arithmetic import (
    make_day,
    month_end,
    period,
    plus,
    plus_days,
    plus_months,
)
from auditor.reading.dates.counts import full_year, read_count, read_ordinal, read_year
from auditor.reading.dates.grammar import DIGITS, rule
from auditor.reading.dates.mention import DateValue
from auditor.reading.dates.node import Node, Yearly, by_year, fixed, in_year
from auditor.reading.dates.page import Page
from auditor.reading.dates.words import (
    ORDINALS,
    SHIFTS,
    YEAR_WORDS,
)

_FISCAL = frozenset({"fiscal", "financial", "fy", "tax", "trading", "new"})


def months_of_year(first_month: int, months: int, day: int = 1) -> Yearly:
    """Some months of a year, reaching into the next where the last is past December."""

    def yearly(year: int) -> DateValue | None:
        first = make_day(year, first_month, day)
        if first is None or year >= date.max.year:
            return None
        last = plus_months(first, months - 1)
        return DateValue(first, month_end(last.year, last.month))

    return yearly


def shifted_fiscal_year(page: Page, start: int, index: int, shift: int) -> Node | None:
    """Reads "next fiscal year", "this FY", "last financial year"."""
    if page.words[index] not in _FISCAL:
        return None
    stop = index + 1
    if page.words[index] != "fy":
        if page.words[stop] not in (*YEAR_WORDS, "quarter"):
            return None
        stop += 1
    unit = "quarter" if page.words[stop - 1] == "quarter" else "year"
    if unit == "quarter":
        begin, end = period(plus(page.today, shift, unit), unit, page.week_start)
        return fixed(start, stop, unit, begin, end, False)
    begin = page.today.replace(month=page.fiscal_start, day=1)
    begin = begin if begin <= page.today else plus_months(begin, -12)
    begin = plus_months(begin, 12 * shift)
    return fixed(start, stop, "year", begin, plus_days(plus_months(begin, 12), -1), False)


@rule("q")
def quarter(page: Page, index: int) -> Node | None:
    """Reads "Q3", "q1 of 2017", "Q4 FY27", "Q2 '26"."""
    number = _quarter_number(page, index)
    if not number or (page.glued(index) and page.words[index - 1].isalpha()):
        return None
    return _part_of_year(page, index, index + 2, 3 * (number - 1), 3, "quarter")


def _quarter_number(page: Page, index: int) -> int:
    number = page.number(index + 1)
    joined = page.words[index] == "q" and page.glued(index + 1)
    return number if joined and 1 <= number <= 4 and len(page.words[index + 1]) == 1 else 0


@rule("h")
def half(page: Page, index: int) -> Node | None:
    """Reads "H1", "H2 2026"; only with a capital."""
    number = page.number(index + 1)
    if not 1 <= number <= 2 or len(page.words[index + 1]) > 1 or not page.glued(index + 1):
        return None
    dated = page.number(index - 2) > 1900 if index > 1 else False
    if not (page.is_capital(index) or dated) or (
        page.glued(index) and page.words[index - 1] in "<#"
    ):
        return None
    return _part_of_year(page, index, index + 2, 6 * (number - 1), 6, "half")


def _part_of_year(
    page: Page, start: int, stop: int, months_in: int, months: int, grain: str
) -> Node | None:
    """A part of a fiscal year, by default the calendar's."""
    first0 = (page.fiscal_start - 1 + months_in) % 12
    node = by_year(page, start, stop, grain, months_of_year(first0 + 1, months), diary=False)
    found = _fy(page, page.skip(page.skip(stop, "of"), "-", "/"))
    if node and found:
        year = found[0] - (page.fiscal_start > 1 and first0 + 1 >= page.fiscal_start)
        return in_year(node, year, found[1])
    return node


def _fy(page: Page, index: int) -> tuple[int, int] | None:
    """The year in which the fiscal year named there ends: "FY27", "FY 2026", "fiscal 2027"."""
    words = page.words
    if words[index] not in ("fy", "cy", "fiscal", "financial"):
        return None
    after = page.skip(page.skip(index + 1, "year"), "'")
    number = page.number(after)
    if number < 0 or len(words[after]) not in (2, 4):
        return None
    stop = after + 1
    later = page.number(stop + 1)
    if words[stop] in ("/", "-") and len(words[stop + 1]) == 2 and later == number % 100 + 1:
        return full_year(later), stop + 2
    return (full_year(number) if number < 100 else number), stop


@rule("fy", "cy", "fiscal", "financial")
def fiscal_year(page: Page, index: int) -> Node | None:
    """Reads "FY27", "fiscal 2027", "FY26/27": named for the year in which it ends."""
    found = _fy(page, index)
    if found is None:
        return None
    year, stop = found
    begin = 1 if page.words[index] == "cy" else page.fiscal_start
    first = make_day(year - (begin > 1), begin, 1)
    if first is None:
        return None
    last = plus_days(plus_months(first, 12), -1)
    return fixed(index, stop, "year", first, last, False)


@rule("quarter", "qtr")
def numbered_quarter(page: Page, index: int) -> Node | None:
    """Reads "quarter 3 of 2026", "quarter three"."""
    number = read_count(page, index + 1)
    if number is None or not 1 <= number.number <= 4:
        return None
    if page.words[number.stop].isalpha() and page.words[number.stop] != "of":
        return None
    return _part_of_year(page, index, number.stop, 3 * (number.number - 1), 3, "quarter")


@rule(ORDINALS, DIGITS, "the")
def spoken_part(page: Page, index: int) -> Node | None:
    """Reads "third quarter", "the 1st half of 2026", "second half of next year"."""
    ordinal = read_ordinal(page, page.skip(index, "the"))
    if ordinal is None:
        return None
    number, after = ordinal
    word = page.words[page.skip(after, "fiscal")]
    if word in ("quarter", "qtr") and number <= 4:
        months_in, months, grain = 3 * (number - 1), 3, "quarter"
    elif word == "half" and number <= 2:
        months_in, months, grain = 6 * (number - 1), 6, "half"
    else:
        return None
    stop = page.skip(after, "fiscal") + 1
    tail = page.skip(page.skip(stop, "of"), "the")
    year = read_year(page, tail)
    if page.words[tail] == "year" and page.words[stop] == "of":
        stop = tail + 1
    elif grain == "half" and not year and page.words[page.skip(tail, *SHIFTS)] not in YEAR_WORDS:
        return None
    return _part_of_year(page, index, stop, months_in, months, grain)


@rule(DIGITS)
def short_quarter(page: Page, index: int) -> Node | None:
    """Reads "1Q26", "4Q 2026"."""
    number, words = page.number(index), page.words
    year = page.number(index + 2)
    if len(words[index]) != 1 or not 1 <= number <= 4 or words[index + 1] != "q":
        return None
    if (
        not page.glued(index + 1)
        or not page.open_left(index)
        or len(words[index + 2]) not in (2, 4)
    ):
        return None
    node = _part_of_year(page, index, index + 3, 3 * (number - 1), 3, "quarter")
    return in_year(node, full_year(year) if year < 100 else year, index + 3) if node else None
