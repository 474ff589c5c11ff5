"""Tells the newest message from what hangs on it: quoted mail, signature, disclaimer, headings.

E-mails are logged with the whole thread below, newest on top.  What is quoted was true when it was
written; it may hold the buyer's yes, but it never speaks for today.  Signatures and disclaimers say
nothing.  Segments are spans of the *clean* text; together they cover it without overlap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class SegmentKind(StrEnum):
    """What a stretch of text is."""

    BODY = "body"
    QUOTED = "quoted"
    SIGNATURE = "signature"
    DISCLAIMER = "disclaimer"
    HEADING = "heading"


@dataclass(frozen=True)
class Segment:
    """A run of lines of one kind."""

    kind: SegmentKind
    """What it is."""
    start: int
    """First code point in the clean text."""
    end: int
    """One past the last (line break included)."""


_QUOTE_OPENS = re.compile(
    r"^(?:>|-{2,}\s?(?:original|forwarded|urspr\w+|weitergeleitete|message d'origine|mensaje)\b"
    r"|_{10,}\s*$"
    r"|(?:on|am|le|el|op|il|em)\b.{4,120}?(?:wrote|schrieb|a écrit|escribi[oó]|schreef|ha "
    r"scritto|escreveu)\s?:?\s*$"
    r"|begin forwarded message)",
    re.IGNORECASE,
)
_HEADER_LINE = re.compile(
    r"^(?:from|sent|to|cc|date|subject|von|gesendet|an|betreff|de|envoyé|à|objet|van|verzonden|aan|onderwerp)\s?:\s?\S",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"^(?:--\s?|(?:kind|best|warm|many|with kind|with best)?\s?(?:regards|wishes)|thanks|thank "
    r"you|cheers|many thanks"
    r"|sincerely|yours\b.{0,14}|rgds|br|mfg|best|mit freundlichen grüßen|viele grüße|cordialement"
    r"|bien à vous|saludos|groeten|met vriendelijke groet(?:en)?|sent from my \w+.*"
    r"|get outlook for \w+)\s?[,.!]?\s*$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"^(?:\W{0,4})(?:confidentiality notice|disclaimer|this (?:e-?mail|message"
    r"|communication)\b.{0,60}\b"
    r"(?:confidential|intended|privileged)|the information (?:contained )?in this (?:e-?mail"
    r"|message)"
    r"|please consider the environment|if you (?:are not|have received) (?:the intended|this)"
    r"|registered (?:in england|office)|diese e-?mail (?:enthält|ist vertraulich)"
    r"|to unsubscribe\b|caution: (?:this|external)|\[?external(?: e-?mail)?\]?:? )",
    re.IGNORECASE,
)
_SIGNATURE_DETAIL = re.compile(
    r"(?:\+?\d[\d ().-]{7,40}\d|\b[\w.+-]{1,64}@[\w-]+\.\w|\bwww\.|https?://|\b(?:ltd|gmbh|inc|llc|plc|b\.?v|s\.?a)\b"
    r"|\b(?:tel|mob|mobile|phone|fax|t|m)\s?[:.]\s?\+?\d)",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"^(?:#{1,4}\s+\S.{0,60}|\*\*[^*]{2,60}\*\*:?|"
    r"(?:meeting |call |ai )?(?:summary|overview|recap|key (?:topics|points|takeaways|takeaway)"
    r"|decisions?|action items?"
    r"|next steps?|follow[- ]?ups?|attendees|participants|agenda|notes|discussion|outcomes?"
    r"|highlights|sentiment"
    r"|topics(?: discussed)?|open questions?|to-?dos?|pain points|budget|timeline"
    r"|background)\s?:?)\s*$",
    re.IGNORECASE,
)
_SHORT_WORDS = 12
_SIGNATURE_LINES = 10


@dataclass(frozen=True)
class _Line:
    start: int
    end: int
    text: str


def _lines(text: str) -> list[_Line]:
    rows, at = [], 0
    for piece in text.splitlines(keepends=True):
        rows.append(_Line(at, at + len(piece), piece.strip()))
        at += len(piece)
    return rows


def segment(text: str) -> list[Segment]:
    """Cuts a clean note or e-mail into segments.

    Args:
        text: clean text; transcripts have turns instead and are not cut.

    Returns:
        Segments in text order that cover the text.  A text that is quoted from the first line on
        is taken as body: somebody pasted a message as the note.
    """
    lines = _lines(text)
    kinds = [SegmentKind.BODY] * len(lines)
    quoted_from = _first_quoted(lines)
    for i in range(quoted_from, len(lines)):
        kinds[i] = SegmentKind.QUOTED
    _mark_tail(lines, kinds, quoted_from)
    for i in range(quoted_from):
        if kinds[i] is SegmentKind.BODY and lines[i].text and _HEADING.match(lines[i].text):
            kinds[i] = SegmentKind.HEADING
    return _runs(lines, kinds)


def _opens_quote(lines: list[_Line], i: int) -> bool:
    line = lines[i].text[:200]
    if _QUOTE_OPENS.match(line):
        return True
    following = [r.text[:80] for r in lines[i : i + 4]]
    return (
        bool(_HEADER_LINE.match(line)) and sum(bool(_HEADER_LINE.match(f)) for f in following) >= 3
    )


def _first_quoted(lines: list[_Line]) -> int:
    """Index of the line from which on the thread is quoted; the number of lines where none is."""
    said = False
    for i, line in enumerate(lines):
        if said and line.text and _opens_quote(lines, i):
            return i
        said = said or bool(line.text and not _HEADER_LINE.match(line.text[:80]))
    return len(lines)


def _mark_tail(lines: list[_Line], kinds: list[SegmentKind], end: int) -> None:
    """Marks disclaimer and signature lines of the newest message."""
    for i in range(1, end):
        if _DISCLAIMER.match(lines[i].text[:200]):
            for j in range(i, end):
                kinds[j] = SegmentKind.DISCLAIMER
            end = i
            break
    for i in range(max(1, end - _SIGNATURE_LINES), end):
        rest = [r.text for r in lines[i + 1 : end] if r.text]
        if _SIGN_OFF.match(lines[i].text) and all(len(r) < 90 for r in rest):
            short = all(len(r.split()) <= _SHORT_WORDS for r in rest)
            if short or any(_SIGNATURE_DETAIL.search(r) for r in rest):
                for j in range(i, end):
                    kinds[j] = SegmentKind.SIGNATURE
                return


def _runs(lines: list[_Line], kinds: list[SegmentKind]) -> list[Segment]:
    runs: list[Segment] = []
    for line, kind in zip(lines, kinds, strict=True):
        if runs and runs[-1].kind is kind:
            runs[-1] = Segment(kind, runs[-1].start, line.end)
        else:
            runs.append(Segment(kind, line.start, line.end))
    return runs
