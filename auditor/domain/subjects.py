"""Subjects of pending activities: whether anything happens, and whether two are the same plan."""

from __future__ import annotations

import re
from functools import lru_cache

_CONTACT_ONLY = re.compile(
    r"^\W*(?:(?:re)?-?(?:call|ring|phone|chase|ping|nudge|email|e-mail|mail|text|bump|try)(?:\s?back|\s?again|\s?in)?"
    r"|f/?u|f-up|follow[\s-]?up|follow up (?:call|email|with)|check[\s-]?(?:in|ing in|up)"
    r"|touch(?:ing)? base"
    r"|catch[\s-]?up|circle back|keep(?:ing)? in touch|see where (?:they|he|she)\S* at|reminder"
    r"|to-?do|task|next steps?"
    r"|update|status|call|cb|vm|intro|wiedervorlage|rückruf|relance|opvolgen|richiamare|llamar)\b(?P<rest>.*)$",
    re.IGNORECASE,
)
_EVENT_WORD = re.compile(
    r"\b(?:demo|workshop|board|decision|sign(?:ing|ature|s)?|contract|po|order|review|trial|pilot|survey|visit|kick-?off"
    r"|presentation|presenting|tender|award|vote|committee|redlines?|result|install|audit|interview|viewing|test|quote|proposal)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def is_contact_only(subject: str) -> bool:
    """Whether a subject plans contact for its own sake: "Call back", "FU Lee", no event named."""
    return bool(_CONTACT_ONLY.match(subject.strip())) and not _EVENT_WORD.search(subject)


def is_same_plan(before: str, after: str) -> bool:
    """Whether a later pending activity is the earlier one moved, not a new step.

    True for the same words, and for two plans of mere contact whatever their words.
    """
    if before.split() and before.casefold().split() == after.casefold().split():
        return True
    return is_contact_only(before) and is_contact_only(after)
