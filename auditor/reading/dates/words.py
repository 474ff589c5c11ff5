"""The words of dates: months, weekdays, numbers and units, in English and as they slip in."""

from __future__ import annotations


def _numbered(lines: str, first: int) -> dict[str, int]:
    """Maps each word of line n to ``first + n``."""
    table: dict[str, int] = {}
    for number, line in enumerate(lines.strip().splitlines(), first):
        table.update(dict.fromkeys(line.split(), number))
    return table


MONTHS = _numbered(
    """
    january jan januar jänner janvier enero januari
    february feb februar février fevrier febrero februari febr
    march mar märz maerz mars marzo maart mrz
    april apr avril abril avr
    may mai mei mayo
    june jun juni juin junio
    july jul juli juillet julio juil
    august aug août aout agosto augustus
    september sep sept septembre septiembre
    october oct oktober octobre octubre okt
    november nov novembre noviembre
    december dec dezember décembre decembre diciembre dez
    """,
    1,
)
"""Month words; German, French, Spanish and Dutch ones among them."""

SHY_MONTHS = frozenset(
    "may march mar mars mai mei mayo april june jan august aug jun apr dec avril abril dez okt "
    "sep jul mrz avr".split()
)
"""Month words that are also verbs, names or brands: alone they need a word that cues a date."""

WEEKDAYS = _numbered(
    """
    monday mon montag lundi lunes maandag mondy
    tuesday tue tues dienstag mardi martes dinsdag
    wednesday wed weds mittwoch mercredi miércoles miercoles woensdag wednes wendesday wensday
    thursday thu thur thurs donnerstag jeudi jueves donderdag
    friday fri freitag vendredi viernes vrijdag
    saturday sat samstag samedi sábado sabado zaterdag
    sunday sun sonntag dimanche domingo zondag
    """,
    0,
)
"""Weekday words, Monday is 0."""

SHY_WEEKDAYS = frozenset({"mon", "sat", "sun", "wed"})
"""Weekday words that are also other words."""

WEEKDAY_PLURALS = _numbered(
    "mondays\ntuesdays\nwednesdays\nthursdays\nfridays\nsaturdays\nsundays", 0
)

NUMBERS = _numbered(
    "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\ntwelve\nthirteen\n"
    "fourteen\nfifteen\nsixteen\nseventeen\neighteen\nnineteen",
    1,
)
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
TENS |= {"seventy": 70, "eighty": 80}

ORDINALS = _numbered(
    "first\nsecond\nthird\nfourth\nfifth\nsixth\nseventh\neighth\nninth\ntenth\neleventh\n"
    "twelfth\nthirteenth\nfourteenth\nfifteenth\nsixteenth\nseventeenth\neighteenth\n"
    "nineteenth\ntwentieth",
    1,
)
ORDINALS |= {"thirtieth": 30}

UNITS: dict[str, tuple[str, int]] = {
    **dict.fromkeys("day days d night nights".split(), ("day", 1)),
    **dict.fromkeys("week weeks wk wks w".split(), ("week", 1)),
    **dict.fromkeys("fortnight fortnights".split(), ("week", 2)),
    **dict.fromkeys("month months mth mths mo mos mnth mnths".split(), ("month", 1)),
    **dict.fromkeys("quarter quarters qtr qtrs".split(), ("quarter", 1)),
    **dict.fromkeys("year years yr yrs".split(), ("year", 1)),
    **dict.fromkeys("decade decades".split(), ("year", 10)),
    **dict.fromkeys("hour hours hr hrs h".split(), ("minute", 60)),
    **dict.fromkeys("minute minutes min mins".split(), ("minute", 1)),
}
"""Unit words: the unit that is counted, and how many of it one word stands for."""

TODAYS = {
    **dict.fromkeys("today todays tdy heute vandaag hoy".split(), 0),
    **dict.fromkeys(
        "tomorrow tomorrows tmrw tmr tmrow tomorow tommorow tommorrow tomoz tomo".split(), 1
    ),
    **dict.fromkeys("demain mañana".split(), 1),
    **dict.fromkeys("yesterday yesterdays yday ystdy yest gestern gisteren ayer".split(), -1),
    **dict.fromkeys("übermorgen uebermorgen overmorgen".split(), 2),
    "vorgestern": -2,
}
"""Words for a day counted from today."""

SHIFTS = {
    **dict.fromkeys("this current".split(), 0),
    **dict.fromkeys("next following coming upcoming nxt nächsten nächste prochain".split(), 1),
    **dict.fromkeys("last past previous prior recent lst".split(), -1),
}
"""Words that move a period: this, next, last."""

SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""Meteorological seasons of the northern hemisphere: the month that each begins with."""

PERIOD_CUES = frozenset(
    "in by until till til since before after from to of during for through thru around come "
    "again this next last early late mid start middle end beginning due bis im between "
    "about and or than".split()
)
"""Words before a bare month, year or season that show it is one."""

DAY_CUES = frozenset(
    "on by until till til since before after from to for due this next last every w / "
    "am bis vom zum ab le el den der op het from between and or through thru - commencing "
    "beginning ending starting wb wc we around".split()
)
"""Words before a bare day ("by the 14th") that show it is one."""

CONNECTORS = frozenset({"-", "to", "until", "till", "til", "through", "thru", "bis"})
"""Words that join the two ends of a range."""

AFTER_ORDINAL = frozenset(
    "at for to and or with if when but then so is was works by in after before morning afternoon "
    "evening am pm on we he she they i it not of this next last until as via from which since "
    "because once again works suits would should will could can may might around about lunch "
    "noon latest instead re w too please eod cob still only has her his our my your does there "
    "pending per out all that had are also did booked confirmed agreed through thru till "
    "between where who unless while though although what let lets".split()
)
"""Words that may follow a bare ordinal day ("the 14th works"); nouns make it a plain ordinal."""

ORDINAL_ENDINGS = frozenset({"st", "nd", "rd", "th"})
"""What follows the digits of an ordinal."""

YEAR_WORDS = ("year", "yr")
