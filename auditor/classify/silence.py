"""Counts what an opportunity's earlier activities add up to: silence, no-shows, put-offs.

The codebook decides by counts ("three or more unanswered attempts in a row", "the third such
deferral"); a count is told more surely from each activity's words than from all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

UNANSWERED = re.compile(
    r"\b(?:left (?:a |another |him |her |them )?(?:vm|v/m|voice\s?mail|message|msg)|l/m|lvm|lm\b"
    r"|vm left|vms?\b|no (?:answer|reply|response|ans|pick ?up|word|joy|luck)|nothing back|n/a\b"
    r"|voice\s?mail|went to vm|straight to (?:vm|voicemail)|ra(?:ng|ngs|ings?) out"
    r"|(?:did ?n[o'’]?t|didnt|has ?n[o'’]?t|not|never) (?:answer|answered|pick(?:ed)? up"
    r"|repl(?:y|ied)"
    r"|respond(?:ed)?|called back|reached)"
    r"|(?:not|n[o'’]?t|never|stopped) (?:picking up|answering|replying|responding)"
    r"|nowt|crickets|radio silence|silence since|nothing (?:since|so far)"
    r"|unanswered|engaged tone|busy tone|call not connected|no one (?:answered|picked up)"
    r"|bounced|out[- ]of[- ]office|not in\b|nothing (?:from|heard)|opened,? no|read,? no"
    r"|bump(?:ed)? #?\d?|still (?:nothing|no reply)|no contact|could(?: not|n[’']t) reach)\b",
    re.IGNORECASE,
)
"""Words for an attempt that nobody answered."""
CHASER = re.compile(
    r"\b(?:chas(?:e|ed|er|ing)|follow(?:ed|ing)?[- ]?up|any (?:news|update|thoughts|joy)|just "
    r"checking"
    r"|checking in|did you (?:get|receive|have a chance)|wondering (?:if|whether)|nudg(?:e|ed|ing)"
    r"|bump(?:ed|ing)?|last (?:try|one from me|attempt)|still interested|haven'?t heard|touch base"
    r"|re-?sent|remind(?:er|ed)|reaching out)\b",
    re.IGNORECASE,
)
"""Words of a mail that waits for an answer, as against one that delivers what was asked for."""
NO_SHOW = re.compile(
    r"\bno[- ]?show(?:ed|s)?\b|\b(?:did ?n[o'’]?t|didnt|never) (?:show|turn(?:ed)? up|join(?:ed)?"
    r"|dial(?:led)? in|came on|appear(?:ed)?)\b"
    r"|\b(?:nobody|no one|none of them) (?:joined|came|turned up|showed|dialled in|was there)\b"
    r"|\bstood (?:me|us) up\b|\bsat alone on\b",
    re.IGNORECASE,
)
"""Words for a buyer who did not turn up."""
REPEATED = re.compile(
    r"\b(?:again|twice|still|second|2nd|third|3rd|fourth|4th|fifth|5th|sixth|three|four|five|six"
    r"|[2-9] (?:vms?|voicemails?|calls|tries|attempts|times|mails|e-?mails))\b"
    r"|(?:\bno\.? ?|#|\bx ?)[2-9]\b",
    re.IGNORECASE,
)
"""Words by which one activity tells of more than one attempt."""
PUT_OFF = re.compile(
    r"\b(?:(?:call|ring|try|phone|mail|ask|come|get)\w* (?:me |us |him |her |them )?(?:back "
    r"|again )*"
    r"(?:in|after|next|later|when)\b|leave it (?:till|until|for)|not (?:yet|now|this (?:week"
    r"|month|year))"
    r"|after (?:the )?(?:holidays?|summer|easter|christmas|new year|season|break)"
    r"|in (?:a few|a couple of|\d+|two|three|four|six) (?:weeks|months)|next (?:month|quarter"
    r"|year|season)"
    r"|push(?:ed)? (?:it )?(?:back|out)|postpon\w+|put (?:it )?off|moved (?:it )?to|too busy"
    r"|busy (?:now|season)"
    r"|give (?:me|us|it) (?:a|another|\w+) (?:week|month|fortnight)\w*)\b",
    re.IGNORECASE,
)
"""Words for a put-off."""


@dataclass(frozen=True)
class Silence:
    """Counts over earlier activities, from the latest back to the last answer."""

    unanswered: int
    """Activities in a row up to the latest that report an unanswered attempt or a no-show."""
    no_shows: int
    """No-shows in that row."""
    put_offs: int
    """Activities in a row up to the latest that report a put-off."""
    unanswered_ever: int
    """Activities that report an unanswered attempt, in a row or not."""


def count_silence(texts: Sequence[str]) -> Silence:
    """Counts over the texts of earlier activities, oldest first."""
    missed = [bool(NO_SHOW.search(t)) for t in texts]
    tried = [m or bool(UNANSWERED.search(t)) for m, t in zip(missed, texts, strict=True)]
    row = _row(tried)
    return Silence(
        unanswered=row,
        no_shows=sum(missed[len(missed) - row :]),
        put_offs=_row([bool(PUT_OFF.search(t)) for t in texts]),
        unanswered_ever=sum(tried),
    )


def _row(flags: Sequence[bool]) -> int:
    """How many flags at the end are set without a gap."""
    length = 0
    for flag in reversed(flags):
        if not flag:
            break
        length += 1
    return length
