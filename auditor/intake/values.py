"""Single values as exports write them: yes and no, kinds, amounts, lengths, ids, outcomes."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from auditor.domain.records import ActivityKind, OpportunityStatus

_DONE = frozenset(
    "true 1 yes y x done completed complete closed finished held sent logged connected ja wahr "
    "erledigt abgeschlossen beendet oui vrai fait termine terminee effectue si verdadero hecho "
    "hecha terminado completado completada realizada waar gereed voltooid afgerond gedaan "
    "canceled cancelled".split()
)
_NOT_DONE = frozenset(
    "false 0 no n open pending planned scheduled todo waiting deferred overdue active new queued "
    "nein falsch offen geplant non faux ouvert prevu planifie abierta abierto pendiente "
    "planificado falso nee onwaar gepland openstaand not_started in_progress not_completed "
    "waiting_on_someone waiting_on_someone_else to_do nicht_begonnen in_bearbeitung en_cours "
    "a_faire no_iniciada en_curso niet_gestart in_behandeling incomplete not_done".split()
)
_KIND = re.compile(
    r"(?<![^\W_])(?:(?P<meeting>meeting|demo|visit|lunch|event\b|appointment|treffen|termin|"
    r"besprechung|reunion|rendez|rdv|reunión|cita\b|bijeenkomst|afspraak|vergadering|besuch|"
    r"presentation|webinar|workshop|onsite)"
    r"|(?P<email>e-?mail|mail\b|correo|courriel)"
    r"|(?P<call>call|phone|voicemail|vm\b|anruf|telefon|appel|llamada|gesprek|bellen|telefoon|"
    r"conversation)"
    r"|(?P<note>note|notiz|nota\b|notitie|comment|kommentar|sms\b|chat\b)"
    r"|(?P<task>task|to[-_ ]?do\b|aufgabe|tache|tâche|tarea|taak))",
    re.IGNORECASE,
)
_DISPOSITIONS = {
    "f240bbac-87c9-4f6e-bf70-924b57d47db7": "Connected",
    "73a0d17f-1163-4015-bdd5-ec830791da20": "No answer",
    "b2cf5968-551e-4856-9783-52b3da59a7d0": "Left voicemail",
    "9d9162e7-6cf3-4944-bf63-4dff82258764": "Busy",
}
_AMOUNT_WORDS = re.compile(
    r"(?<![^\W\d_])(?:[A-Z]{3}|US|CA|AU|euros?|kr|fr|rs|zł|k|m|mio)(?![^\W\d_])", re.IGNORECASE
)
_CURRENCY_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "$": "USD"}
_MOST_DIGITS = 30
"""Digits of an amount; a database keeps no more."""
_WON = re.compile(
    r"(?:closed?[ _-]*)?\b(?:won|gewonnen|gagnee?|ganad[oa]|gewonnen)\b|closedwon", re.I
)
_LOST = re.compile(
    r"\b(?:lost|verloren|perdue?|perdid[oa]|disqualified|abandoned)\b|closedlost", re.I
)
_ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def parse_yes(value: str) -> bool | None:
    """Reads a yes or no, or a task's status; None where the words are not known."""
    word = re.sub(r"[\s-]+", "_", fold(value.strip()))
    if word in _NOT_DONE:
        return False
    if word in _DONE:
        return True
    return None


def fold(text: str) -> str:
    """Lower case without the accents of Western European letters."""
    lowered = text.lower()
    return lowered if lowered.isascii() else lowered.translate(_FOLDED)


_FOLDED = str.maketrans("àâáäãåçèéêëìíîïñòóôöõùúûüýÿ", "aaaaaaceeeeiiiinooooouuuuyy") | {
    ord("ß"): "ss",
    ord("œ"): "oe",
    ord("æ"): "ae",
}


@lru_cache(maxsize=2048)
def parse_kind(value: str) -> ActivityKind | None:
    """Reads a kind of contact from a type or a subject: the first word that tells one."""
    match = _KIND.search(value)
    return ActivityKind(match.lastgroup) if match and match.lastgroup else None


def parse_amount(value: str) -> tuple[Decimal | None, str | None]:
    """Reads an amount in English or continental writing.

    Returns:
        The amount (None for an empty value), and the currency where the value names one.

    Raises:
        ValueError: it is no number.
    """
    text = value.strip()
    if not text:
        return None, None
    currency = next((code for sign, code in _CURRENCY_SIGNS.items() if sign in text), None)
    if named := re.search(r"(?<![A-Za-z])([A-Z]{3})(?![A-Za-z])", text):
        currency = named[1]
    if re.search(r"[^\W\d_]", _AMOUNT_WORDS.sub("", text)):
        raise ValueError(f"{text[:40]!r} is no amount")
    scale = re.search(r"\d\s*([kKmM])\b", text)
    digits = re.sub(r"[^\d.,()-]", "", re.sub(r"[\s'’\u00a0\u202f]", "", text))
    sign = "-" if digits.startswith(("-", "(")) else ""
    number = _plain_number(digits.strip("()-"))
    if len(number) > _MOST_DIGITS:
        raise ValueError(f"{text[:40]!r} is no amount: it has {len(number)} digits")
    try:
        amount = Decimal(sign + number)
    except InvalidOperation as exc:
        raise ValueError(f"{text[:40]!r} is no amount") from exc
    if scale:
        amount *= 1000 if scale[1] in "kK" else 1_000_000
    return amount, currency


def _plain_number(digits: str) -> str:
    comma, dot = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and dot >= 0:
        decimal, group = (",", ".") if comma > dot else (".", ",")
        return digits.replace(group, "").replace(decimal, ".")
    mark = "," if comma >= 0 else "."
    if re.fullmatch(rf"[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+", digits):
        return digits.replace(mark, "")
    return digits.replace(",", ".")


def parse_probability(value: str, *, percent: bool) -> float | None:
    """Reads a probability as 0 to 1; None where it is no number or out of range."""
    text = value.strip()
    try:
        number = float(text.rstrip("% ").replace(",", "."))
    except ValueError:
        return None
    if percent or text.endswith("%") or number > 1:
        number /= 100
    return number if 0 <= number <= 1 else None


def parse_duration(value: str, unit: str) -> int | None:
    """Reads a length in seconds; ``unit`` (s, min, ms, hh:mm) tells what a bare number is."""
    text = value.strip().lower()
    if clock := re.fullmatch(r"(\d{1,3}):(\d{2})(?::(\d{2}))?", text):
        first, second, third = int(clock[1]), int(clock[2]), clock[3]
        if third is not None or unit == "hh:mm":
            return first * 3600 + second * 60 + int(third or 0)
        return first * 60 + second
    parts = re.findall(r"(?<!\d)(\d{1,9})\s{0,3}(h|m|s)", text)
    if parts:
        return sum(int(n) * {"h": 3600, "m": 60, "s": 1}[letter] for n, letter in parts)
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    scaled = number * {"s": 1.0, "min": 60.0, "ms": 0.001, "hh:mm": 60.0}[unit]
    return round(scaled) if 0 <= scaled < 10**7 else None


def parse_outcome(value: str) -> OpportunityStatus | None:
    """Reads won or lost from a status or stage; None where it tells neither."""
    folded = fold(value)
    if _LOST.search(folded):
        return OpportunityStatus.LOST
    if _WON.search(folded):
        return OpportunityStatus.WON
    return None


def name_disposition(value: str) -> str:
    """Returns a call's outcome in words: HubSpot's ids of outcomes are translated."""
    return _DISPOSITIONS.get(value.strip().lower(), value.strip())


def full_salesforce_id(value: str) -> str:
    """Returns the 18-character form of a Salesforce id of 15, and any other id as it is.

    The three letters added are the vendor's checksum: five bits for the capitals of each five.
    """
    if len(value) != 15 or not value.isalnum() or not value.isascii() or value[0] not in "0a":
        return value
    suffix = ""
    for start in (0, 5, 10):
        bits = sum(char.isupper() << i for i, char in enumerate(value[start : start + 5]))
        suffix += _ID_LETTERS[bits]
    return value + suffix
