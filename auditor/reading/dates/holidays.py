"""Well-known holidays by computation: Christmas, Easter and its kin, Thanksgiving, New Year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from auditor.reading.dates.arithmetic import easter, make_day, nth_weekday, plus_days
from auditor.reading.dates.grammar import rule
from auditor.reading.dates.mention import DateValue
from auditor.reading.dates.node import Node, Yearly, by_year
from auditor.reading.dates.page import Page

_DayOfYear = Callable[[int], date | None]


def _on(month: int, day: int) -> _DayOfYear:
    return lambda year: make_day(year, month, day)


def _nth(month: int, weekday: int, nth: int, plus: int = 0) -> _DayOfYear:
    def day(year: int) -> date | None:
        found = nth_weekday(year, month, weekday, nth)
        return plus_days(found, plus) if found else None

    return day


def _easter(plus: int) -> _DayOfYear:
    return lambda year: plus_days(easter(year), plus) if 1 <= year <= 9999 else None


_HOLIDAYS: dict[str, _DayOfYear] = {
    **dict.fromkeys(("christmas", "xmas", "christmas day", "xmas day", "noël"), _on(12, 25)),
    **dict.fromkeys(("christmas eve", "xmas eve", "heiligabend"), _on(12, 24)),
    **dict.fromkeys(("boxing day", "st stephen ' s day", "st . stephen ' s day"), _on(12, 26)),
    **dict.fromkeys(("new year", "new years", "new year ' s", "new years day"), _on(1, 1)),
    **dict.fromkeys(("new year day", "new year ' s day", "neujahr"), _on(1, 1)),
    **dict.fromkeys(("new year ' s eve", "new years eve", "new year eve", "nye"), _on(12, 31)),
    **dict.fromkeys(("silvester", "hogmanay"), _on(12, 31)),
    **dict.fromkeys(
        ("valentine ' s day", "valentines day", "valentines", "valentine day"), _on(2, 14)
    ),
    **dict.fromkeys(
        ("st patrick ' s day", "st . patrick ' s day", "st patricks day", "saint patrick ' s day"),
        _on(3, 17),
    ),
    **dict.fromkeys(("april fools", "april fool ' s day", "april fools day"), _on(4, 1)),
    **dict.fromkeys(("independence day",), _on(7, 4)),
    **dict.fromkeys(("bastille day", "quatorze juillet"), _on(7, 14)),
    **dict.fromkeys(("juneteenth",), _on(6, 19)),
    **dict.fromkeys(("halloween", "hallowe ' en", "all hallows eve"), _on(10, 31)),
    **dict.fromkeys(("guy fawkes night", "bonfire night"), _on(11, 5)),
    **dict.fromkeys(("veterans day", "armistice day", "remembrance day"), _on(11, 11)),
    **dict.fromkeys(("earth day",), _on(4, 22)),
    **dict.fromkeys(("groundhog day",), _on(2, 2)),
    **dict.fromkeys(("king ' s day", "koningsdag"), _on(4, 27)),
    **dict.fromkeys(("all saints day", "all saints ' day", "allerheiligen"), _on(11, 1)),
    **dict.fromkeys(("epiphany", "twelfth night"), _on(1, 6)),
    **dict.fromkeys(("easter", "easter sunday", "ostern"), _easter(0)),
    **dict.fromkeys(("easter monday", "ostermontag"), _easter(1)),
    **dict.fromkeys(("good friday", "karfreitag"), _easter(-2)),
    **dict.fromkeys(("maundy thursday",), _easter(-3)),
    **dict.fromkeys(("easter saturday", "holy saturday"), _easter(-1)),
    **dict.fromkeys(("palm sunday",), _easter(-7)),
    **dict.fromkeys(("shrove tuesday", "pancake day", "mardi gras"), _easter(-47)),
    **dict.fromkeys(("ash wednesday",), _easter(-46)),
    **dict.fromkeys(("ascension day", "ascension", "himmelfahrt"), _easter(39)),
    **dict.fromkeys(("pentecost", "whitsun", "whit sunday", "pfingsten"), _easter(49)),
    **dict.fromkeys(("whit monday", "pfingstmontag"), _easter(50)),
    **dict.fromkeys(("corpus christi", "fronleichnam"), _easter(60)),
    **dict.fromkeys(
        ("mlk day", "martin luther king day", "martin luther king jr day"), _nth(1, 0, 3)
    ),
    **dict.fromkeys(("presidents day", "president ' s day", "presidents ' day"), _nth(2, 0, 3)),
    **dict.fromkeys(("memorial day",), _nth(5, 0, -1)),
    **dict.fromkeys(("mother ' s day", "mothers day"), _nth(5, 6, 2)),
    **dict.fromkeys(("father ' s day", "fathers day"), _nth(6, 6, 3)),
    **dict.fromkeys(("labor day", "labour day"), _nth(9, 0, 1)),
    **dict.fromkeys(("columbus day", "indigenous peoples day"), _nth(10, 0, 2)),
    **dict.fromkeys(("thanksgiving", "thanksgiving day"), _nth(11, 3, 4)),
    **dict.fromkeys(("black friday",), _nth(11, 3, 4, 1)),
    **dict.fromkeys(("cyber monday",), _nth(11, 3, 4, 4)),
    **dict.fromkeys(("may bank holiday", "early may bank holiday"), _nth(5, 0, 1)),
    **dict.fromkeys(("spring bank holiday", "late may bank holiday"), _nth(5, 0, -1)),
    **dict.fromkeys(("august bank holiday", "summer bank holiday"), _nth(8, 0, -1)),
}
"""Day of the year, by name. Thanksgiving and Labor Day are those of the United States."""

_BY_WORD: dict[str, list[tuple[str, _DayOfYear]]] = {}
for _name in sorted(_HOLIDAYS, key=len, reverse=True):
    _BY_WORD.setdefault(_name.split()[0], []).append((_name, _HOLIDAYS[_name]))

_OTHER_CALENDARS = frozenset("chinese lunar islamic jewish orthodox persian tamil thai".split())
_VAGUE = frozenset({"new year", "new years"})
"""Names that mean the time after the day as often as the day."""


def _as_days(day_of_year: _DayOfYear) -> Yearly:
    def yearly(year: int) -> DateValue | None:
        day = day_of_year(year)
        return DateValue(day, day) if day else None

    return yearly


@rule(_BY_WORD)
def holiday(page: Page, index: int) -> Node | None:
    """A holiday, of the year named after it or the next one."""
    for name, day_of_year in _BY_WORD[page.words[index]]:
        if stop := page.matches(index, name):
            if page.words[index - 1] in _OTHER_CALENDARS:
                return None
            if page.words[index] in ("epiphany", "ascension") and not page.is_capital(index):
                return None
            node = by_year(page, index, stop, "day", _as_days(day_of_year), diary=True)
            if node and name in _VAGUE:
                if page.words[stop] in ("resolution", "resolutions", "sale", "card"):
                    return None
                node.diary = False
            return node
    return None
