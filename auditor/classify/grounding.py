"""Quotes that stand in the record, word for word, or no quotes at all.

Evidence reaches a supervisor only from here.  A classifier that reads the text gives places, which
are snapped to whole words and widened over a negation that they cut off; a language model gives
words, which must be found.  Words that are nearly there are not there: ``find_quote`` says in what
they differ (a negation, a number or date, the speaker), so that the model can be asked again.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from auditor.domain.records import TextFormat
from auditor.domain.verdict import Evidence, EvidenceRole
from auditor.reading.offsets import MappedText
from auditor.reading.prepared import TEXT, Place, PreparedRecord

_NEGATION_WORDS = (
    r"not|never|no|none|nobody|nothing|neither|nor|without|hardly|cannot|cant|dont|doesnt|didnt|wont"
    r"|isnt|wasnt|arent|couldnt|wouldnt|hasnt|havent|\w+n['’]t"
)
_NEGATION = re.compile(rf"\b(?:{_NEGATION_WORDS})\b", re.IGNORECASE)
_CUT_NEGATION = re.compile(rf"\b(?:{_NEGATION_WORDS})(?:[ ]+[\w'’-]+){{0,2}}[ ]+$", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_DATE_WORD = re.compile(
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?\b"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|\b(?:today|tomorrow|week|month|year)\b",
    re.IGNORECASE,
)
_SAME = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\n": " ", "\t": " "}
_TRIM = " \t\n,;"
_WINDOW = 60
MAX_QUOTE = 600
"""A quote longer than this many code points is no quote but a copy; it is refused."""


@dataclass(frozen=True)
class Located:
    """The outcome of looking for a quote: a place, or what is wrong with the quote."""

    place: Place | None = None
    """Where it stands in the clean text, or None."""
    problem: str | None = None
    """Why it was refused, in plain words."""


def evidence_at(prepared: PreparedRecord, place: Place, *, role: EvidenceRole) -> Evidence | None:
    """Makes evidence of a place in the clean text.

    The place is trimmed, snapped to whole words and widened to the left over a negation within
    three words; in a transcript it stays inside one turn and sheds the speaker's name.

    Returns:
        Evidence whose quote is verbatim in the raw field, or None where nothing is left of it.
    """
    mapped = prepared.fields.get(place.field)
    if mapped is None:
        return None
    start, end = _snap(mapped.text, *_inside_turn(prepared, place))
    if end <= start or end - start > MAX_QUOTE:
        return None
    raw_start, raw_end = mapped.raw_span(start, end)
    speaker, _ = prepared.speaker_at(Place(place.field, start, end))
    return Evidence(
        field=place.field,
        start=raw_start,
        end=raw_end,
        quote=mapped.raw[raw_start:raw_end],
        speaker=speaker,
        role=role,
    )


def _inside_turn(prepared: PreparedRecord, place: Place) -> tuple[int, int]:
    start, end = place.start, place.end
    if place.field == TEXT and prepared.conversation is not None:
        turn = prepared.conversation.turn_at(start)
        if turn is not None:
            start, end = max(start, turn.words_start), min(end, turn.end)
    return start, end


def _snap(text: str, start: int, end: int) -> tuple[int, int]:
    """Whole words, no blanks at the ends, no negation cut off on the left."""
    end = min(end, len(text))
    while start < end and text[start] in _TRIM:
        start += 1
    while end > start and text[end - 1] in _TRIM:
        end -= 1
    while start > 0 and start < end and text[start].isalnum() and text[start - 1].isalnum():
        start -= 1
    while 0 < end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    before = text[max(0, start - _WINDOW) : start]
    cut = _CUT_NEGATION.search(before)
    if cut and not _NEGATION.search(text[start : start + 25]):
        start = max(0, start - _WINDOW) + cut.start()
    return start, end


def find_quote(
    prepared: PreparedRecord, quote: str, *, speaker: str | None = None, field: str | None = None
) -> Located:
    """Looks for words that a model says it read.

    Args:
        prepared: the record.
        quote: the words; case, white space, quotation marks and dashes may differ from the text.
        speaker: who is said to have spoken them, in a transcript.
        field: the only field to look in; every field where None, the activity's text first.
    """
    wanted = _folded(quote.strip())[0].strip(" .\"'")
    if not wanted:
        return Located(problem="the quote is empty")
    if len(quote) > MAX_QUOTE:
        return Located(problem=f"the quote is longer than {MAX_QUOTE} characters")
    for name, mapped in prepared.fields.items():
        if field in (None, name):
            place = _search(name, mapped, wanted)
            if place:
                return _guard(prepared, place, quote, speaker)
    return Located(problem=_difference(prepared, wanted))


def _folded(text: str) -> tuple[str, list[int]]:
    """Text with case, blanks, quotes and dashes levelled, and the origin of each character."""
    out: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text):
        level = _SAME.get(char, char).lower()
        if level == " " and out and out[-1] == " ":
            continue
        for piece in level:
            out.append(piece)
            origin.append(at)
    return "".join(out), origin


def _search(name: str, mapped: MappedText, wanted: str) -> Place | None:
    folded, origin = _folded(mapped.text)
    at = folded.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        whole = not (
            (at > 0 and folded[at - 1].isalnum() and folded[at].isalnum())
            or (end < len(folded) and folded[end].isalnum() and folded[end - 1].isalnum())
        )
        if whole:
            return Place(name, origin[at], origin[end - 1] + 1)
        at = folded.find(wanted, at + 1)
    return None


def _guard(prepared: PreparedRecord, place: Place, quote: str, speaker: str | None) -> Located:
    """Refuses a quote that is verbatim and still misleads."""
    text = prepared.fields[place.field].text
    before = text[max(0, place.start - _WINDOW) : place.start]
    if _CUT_NEGATION.search(before) and not _NEGATION.search(quote[:25]):
        return Located(problem="the quote cuts off a negation that stands right before it")
    turned = place.field == TEXT and prepared.record.activity.format is TextFormat.TRANSCRIPT
    if turned and prepared.conversation is not None:
        turn = prepared.conversation.turn_at(place.start)
        if turn and place.end > turn.end:
            return Located(problem="the quote runs over more than one turn")
        if turn and speaker and speaker.strip().lower() != turn.speaker.lower():
            return Located(problem=f"the words were spoken by {turn.speaker!r}, not {speaker!r}")
    return Located(place=place)


def _difference(prepared: PreparedRecord, wanted: str) -> str:
    """Says in what a quote that is not there differs from the nearest words that are."""
    nearest, ratio = "", 0.0
    for mapped in prepared.fields.values():
        folded, _ = _folded(mapped.text[:20_000])
        match = difflib.SequenceMatcher(None, folded, wanted, autojunk=False).find_longest_match()
        start = max(0, match.a - match.b)
        window = folded[start : start + len(wanted)]
        score = match.size / len(wanted)
        if score > ratio:
            nearest, ratio = window, score
    if ratio < 0.3:
        return "the words are not in the record"
    if len(_NEGATION.findall(nearest)) != len(_NEGATION.findall(wanted)):
        return "the quote differs from the record in a negation"
    if _NUMBER.findall(nearest) != _NUMBER.findall(wanted):
        return "the quote differs from the record in a number"
    if _DATE_WORD.findall(nearest) != _DATE_WORD.findall(wanted):
        return "the quote differs from the record in a date"
    return "the quote is not word for word in the record"
