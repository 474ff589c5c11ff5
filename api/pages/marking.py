"""A note as it is shown: cleaned of markup, with the evidence marked where it stands.

Spans are told in the raw text; what cleaning left out or replaced has no place of its own, and a
mark then begins at the nearest character that is shown.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from auditor.domain.records import Activity, TextFormat
from auditor.domain.verdict import Evidence, EvidenceRole
from auditor.reading.cleaning import clean
from auditor.reading.offsets import MappedText

_SPEAKER = re.compile(r"^(?:\[[\d:.]{1,15}\]\s*)?[^:\n]{1,60}:(?=\s)", re.MULTILINE)
LONG_TEXT = 1_200
"""Characters from which a note without a mark is folded."""


@dataclass(frozen=True)
class Piece:
    """A run of a text that is shown alike."""

    words: str
    """The characters."""
    kind: str = ""
    """``deciding``, ``supporting``, ``hit``, ``word``, ``who`` or empty."""
    anchor: str | None = None
    """For links."""


@dataclass(frozen=True)
class Mark:
    """A span of the raw text to be marked."""

    start: int
    """First code point."""
    end: int
    """One past the last."""
    kind: str
    """As in ``Piece``."""
    anchor: str | None = None
    """For links."""


def quote_anchor(activity_id: str, evidence: Evidence) -> str:
    """Where a quote of an activity stands on the opportunity's page."""
    return f"q-{zlib.crc32(activity_id.encode('utf-8', 'replace')):08x}-{evidence.start}"


def evidence_marks(activity: Activity, evidence: Iterable[Evidence]) -> list[Mark]:
    """Marks for the quotes of an activity's own text."""
    found: dict[tuple[int, int], Mark] = {}
    for each in evidence:
        if each.field != "text":
            continue
        kind = "deciding" if each.role is EvidenceRole.DECIDING else "supporting"
        place = (each.start, each.end)
        if place not in found or kind == "deciding":
            found[place] = Mark(each.start, each.end, kind, quote_anchor(activity.id, each))
    return list(found.values())


def show_text(text: str, marks: Sequence[Mark], form: TextFormat) -> list[Piece]:
    """The text in pieces, marks where they belong."""
    mapped = clean(text)
    placed = [
        Mark(_clean_at(mapped, m.start), _clean_at(mapped, m.end, is_end=True), m.kind, m.anchor)
        for m in marks
    ]
    if form is TextFormat.TRANSCRIPT:
        placed += [Mark(*m.span(), "who") for m in _SPEAKER.finditer(mapped.text)]
    return list(_pieces(mapped.text, placed))


def _pieces(text: str, marks: Sequence[Mark]) -> Iterator[Piece]:
    at = 0
    for mark in sorted(marks, key=lambda m: (m.start, -m.end)):
        start, end = max(at, mark.start), min(mark.end, len(text))
        if start > at:
            yield Piece(text[at:start])
        if end > start or mark.anchor:  # one inside another keeps its place for links
            yield Piece(text[start : max(start, end)], mark.kind, mark.anchor)
        at = max(at, start, end)
    if at < len(text):
        yield Piece(text[at:])


def _clean_at(mapped: MappedText, raw_at: int, *, is_end: bool = False) -> int:
    """Where a place of the raw text stands in the clean one."""
    if not mapped.clean_starts:
        return min(raw_at, len(mapped.text))
    if is_end:
        return _clean_at(mapped, raw_at - 1) + 1 if raw_at > 0 else 0
    piece = bisect_right(mapped.raw_starts, raw_at) - 1
    if piece < 0:
        return 0
    ends = (*mapped.clean_starts[1:], len(mapped.text))
    if raw_at >= mapped.raw_ends[piece]:  # left out: what comes after it
        return ends[piece]
    if not mapped.copied[piece]:
        return mapped.clean_starts[piece]
    return mapped.clean_starts[piece] + raw_at - mapped.raw_starts[piece]
