"""Whether the words near a date tell of the past or the future."""

from __future__ import annotations

from auditor.reading.dates.mention import Direction
from auditor.reading.dates.page import Page

_PAST = frozenset(
    "spoke met left sent was were had did went came saw rang bought sold heard lost won began flew "
    "ran wrote gave got took made found thought knew felt paid grew fell rose born held been wasn "
    "weren didn hadn shown voicemail voicemails vm vms".split()
)
"""Past verbs that do not end in -ed, and attempts, which are always past."""
_FUTURE = frozenset(
    "will ll shall going to let lets book booked schedule scheduled rescheduling meet call due "
    "until plan plans planned planning want wants would could can should may might must need "
    "needs expects expect expected upcoming next arrange arranged agreed agrees confirmed "
    "confirms accepted calendar invite tomorrow set pencilled moved pushed postponed is are "
    "runs lapses sits meets gathers falls reports picks locks hears comes rings sees asks goes "
    "stops chooses presents counts lays sets closes opens lands signs run come fall starts "
    "begins expires ends happens takes launches decides votes renews works suits deadline again "
    "later try trying follow send ring chase phone visit pick resume revisit restart kick demo "
    "see speak talk wait waiting available free".split()
)
"""Words that look ahead: modals, plans, and verbs in the present, which reports seldom use."""
_OPEN = frozenset(
    "agreed accepted confirmed promised asked supposed hoped wanted needed offered proposed "
    "invited suggested requested fixed diarised diarized pencilled penciled marked reserved "
    "targeted aimed intended required indeed exceed proceed succeed booked scheduled arranged "
    "planned expected moved pushed postponed allowed interested blocked slated timed united "
    "limited".split()
)
"""Words in -ed that say nothing of when the date near them is."""
_DATED_PAPERS = frozenset(
    "offer quote quotation mail mails email letter price prices proposal order invoice note "
    "message contract call report minutes drawing tender list sample samples outage".split()
)
"""Words after which "of 8 October" tells when a paper was written."""
_MISSED = frozenset({"answer", "reply", "response", "show", "pickup", "ans", "joy", "luck"})
_CLAUSE_ENDS = frozenset({".", "!", "?", ";", "\n", "but", "then"})
_BACK = 10
_AHEAD = 5


def _is_past(page: Page, index: int) -> bool:
    word, before = page.words[index], page.words[index - 1]
    if word in _PAST:
        return True
    if word in _MISSED:
        return before == "no"
    if word == "of":
        return before in _DATED_PAPERS
    return len(word) > 4 and word.endswith("ed") and word not in _OPEN


def tense_near(page: Page, start: int, stop: int) -> Direction:
    """The tense of the clause round a date: the nearest telling word before it, else after.

    Args:
        page: the text.
        start: index of the date's first word.
        stop: index after its last.
    """
    words = page.words
    for index in range(start - 1, max(-1, start - 1 - _BACK), -1):
        word = words[index]
        if word in _CLAUSE_ENDS:
            break
        if word in _FUTURE:
            return Direction.FUTURE
        if _is_past(page, index):
            return Direction.PAST
    for index in range(stop, min(page.count, stop + _AHEAD)):
        word = words[index]
        if word in _CLAUSE_ENDS:
            break
        if _is_past(page, index):
            return Direction.PAST
        if word in _FUTURE:
            return Direction.FUTURE
    return Direction.UNCLEAR
