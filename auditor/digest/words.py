"""Sums, counts and names as a digest writes them."""

from __future__ import annotations

from auditor.domain.verdict import Action, Defect

_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥", "INR": "₹"}
REASON_WORDS = {
    "competitor_chosen": "another supplier was chosen",
    "incumbent_renewed": "renewed with the present supplier",
    "no_budget": "no budget",
    "price": "lost on price",
    "no_need": "no need",
    "no_fit": "no fit",
    "not_a_priority": "not a priority",
    "project_cancelled": "project stopped",
    "contact_gone": "the contact has left",
    "brush_off": "brushed off",
    "no_response": "no response",
    "do_not_contact": "asked not to be contacted",
}
"""Why an opportunity is lost."""
DEFECT_WORDS = {
    Defect.MISSING: "no next activity",
    Defect.OVERDUE: "next activity overdue",
    Defect.NO_DUE_DATE: "next activity has no date",
    Defect.NO_SUBJECT: "next activity has no subject",
    Defect.ROUND_INTERVAL: "date is a round interval after the call",
    Defect.NOTHING_HAPPENS: "nothing happens on the date",
    Defect.CONTRADICTS_NOTE: "date contradicts the note",
    Defect.KEPT_ROLLING: "kept rolling",
}
"""What is wrong with a pending activity."""
ACTION_WORDS = {
    Action.CLOSE: "Close",
    Action.ADVANCE: "Advance",
    Action.REVIEW: "Review",
    Action.PARK: "Park",
    Action.LEAVE: "Leave",
}
"""How an action is written on a badge."""
LONGEST_NAME = 120
"""Characters of a name that are shown."""


def money(value: float, currency: str | None, *, short: bool = False) -> str:
    """Writes a sum: ``£48,200``, short ``£48k``; a code in front where there is no symbol."""
    sign = _SYMBOLS.get(currency or "", f"{currency} " if currency else "")
    if not short:
        return f"{sign}{value:,.0f}"
    for size, unit in ((1_000_000, "m"), (1_000, "k")):
        if abs(value) >= size:
            amount = value / size
            return (
                f"{sign}{amount:.1f}{unit}"
                if amount < 10 and unit == "m"
                else f"{sign}{amount:.0f}{unit}"
            )
    return f"{sign}{value:.0f}"


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 decision``, ``12 decisions``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def times(number: int) -> str:
    """``once``, ``twice``, ``3 times``."""
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def listing(parts: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def sentence(words: str) -> str:
    """With a capital in front."""
    return words[:1].upper() + words[1:]


def cut(text: str, longest: int = LONGEST_NAME) -> str:
    """A name in one line, shortened at its end where it is very long."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def web_address(url: str | None) -> str | None:
    """The address where it is a plain web address; None where it may not become a link."""
    return url if url and url.startswith(("https://", "http://")) else None


_SIGNS = {
    **{code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A)},
    0x7F: 0x2421,
    **dict.fromkeys([*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0xFFFD),
}


def visible(text: str) -> str:
    """A text of equal length whose control and direction characters are signs.

    So no note can move a terminal's cursor, change its title, or turn the order of what follows.
    """
    return text.translate(_SIGNS)
