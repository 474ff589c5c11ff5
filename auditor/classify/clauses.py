"""Cuts a text into the clauses that acts are told of: sentences, comma-clauses, turns.

A cut never parts what belongs together for a reader: decimals and times ("2.30pm"), abbreviations,
a day from its month, a short tail from its clause.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MIN_WORDS = 3
"""A comma-clause of fewer words stays with its neighbour; a sentence may be shorter."""


class Span(NamedTuple):
    """A stretch of a text in code points."""

    start: int
    end: int


# (?<!\s) lets a run of blanks be tried at its beginning only, so the time stays linear.
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?:(?<!\s)\s+)?\n\s*|(?<!\s)\s+[•*]\s+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|st|no|nr|approx|appt|dept|inc|ltd|co|vs|etc|e\.g|i\.e|re|ref|tel|ext|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?|weds?|thurs?|fri|sat|sun|a\.m|p\.m)"
    r"|(?<![\w&])[A-Za-z])\.$",
    re.IGNORECASE,
)
_CLAUSE_BREAK = re.compile(
    r"[;,]\s+|(?<!\s)\s+[-–—]+\s+|(?:(?<!\s)\s+)?[()]\s*|:\s+(?=\D)|"
    r"(?<!\s)\s+(?=(?:but|and then|so|because|though|although|then|while|whereas)\s)|"
    r"(?<!\s)\s+(?=(?:and|&)\s+(?:i|i'll|i'm|he|he'll|she|she'll|they|they'll|we|we'll|it|will|wants?|"
    r"asked|said|says|rings?|call(?:s|ed)?|sent|send|then|the)\b)",
    re.IGNORECASE,
)
_DATE_PART = re.compile(
    r"^(?:\d|(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*\b)",
    re.IGNORECASE,
)
_EDGE = " \t\n\r,;:-–—()•*>|"


def split_clauses(text: str, *, start: int = 0, end: int | None = None) -> list[Span]:
    """Cuts a stretch of prose into clauses.

    Args:
        text: the field's text.
        start: first code point of the stretch.
        end: one past its last; the text's end by default.

    Returns:
        Trimmed, non-empty spans in text order that do not overlap.
    """
    stop = len(text) if end is None else end
    spans: list[Span] = []
    for sentence in _sentences(text, start, stop):
        spans.extend(_clauses(text, sentence))
    return spans


def _sentences(text: str, start: int, end: int) -> list[Span]:
    found, at = [], start
    for gap in _SENTENCE_END.finditer(text, start, end):
        newline = "\n" in gap.group(0)
        if not newline and _ABBREVIATION.search(text[max(at, gap.start() - 8) : gap.start()]):
            continue
        found.append(Span(at, gap.start()))
        at = gap.end()
    found.append(Span(at, end))
    return [s for s in (_trim(text, f) for f in found) if s.end > s.start]


def _clauses(text: str, sentence: Span) -> list[Span]:
    """Comma-clauses of a sentence, the short ones joined to a neighbour."""
    cuts = [sentence.start]
    for gap in _CLAUSE_BREAK.finditer(text, sentence.start, sentence.end):
        after = text[gap.end() : gap.end() + 12]
        if gap.group(0).startswith(",") and _DATE_PART.match(after):
            continue
        if _words(text, cuts[-1], gap.start()) >= MIN_WORDS:
            cuts.append(gap.end())
    if len(cuts) > 1 and _words(text, cuts[-1], sentence.end) < MIN_WORDS:
        cuts.pop()
    pieces = [Span(a, b) for a, b in zip(cuts, [*cuts[1:], sentence.end], strict=True)]
    return [s for s in (_trim(text, p) for p in pieces) if s.end > s.start]


def _words(text: str, start: int, end: int) -> int:
    return len(text[start:end].split())


def _trim(text: str, span: Span) -> Span:
    """Drops space and loose punctuation at both ends; full stops stay with abbreviations."""
    start, end = span
    while start < end and (text[start].isspace() or text[start] in _EDGE):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in ",;:-–—(•*|"):
        end -= 1
    return Span(start, end)
