"""A cleaned text that knows where each of its characters stood in the raw text.

Cleaning is a list of edits over the raw text.  ``MappedText`` holds the result as pieces, so that
a span of the clean text leads back to the code points of the raw text that it came from.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Edit(NamedTuple):
    """Replace raw[start:end] by ``replacement``."""

    start: int
    """First raw code point replaced."""
    end: int
    """One past the last."""
    replacement: str
    """What stands there in the clean text; often empty."""


class Span(NamedTuple):
    """Half-open range of code points."""

    start: int
    """First code point."""
    end: int
    """One past the last."""


@dataclass(frozen=True)
class MappedText:
    """Clean text with the way back to the raw text."""

    raw: str
    """As received."""
    text: str
    """Cleaned."""
    clean_starts: tuple[int, ...] = field(default=(), repr=False)
    """Where each piece begins in ``text``; empty when text and raw are the same."""
    raw_starts: tuple[int, ...] = field(default=(), repr=False)
    """Where each piece begins in ``raw``."""
    raw_ends: tuple[int, ...] = field(default=(), repr=False)
    """Where each piece ends in ``raw``."""
    copied: tuple[bool, ...] = field(default=(), repr=False)
    """Whether the piece stands in the raw text as it is."""

    def raw_span(self, start: int, end: int) -> Span:
        """Maps a span of ``text`` to the shortest span of ``raw`` that covers it.

        Args:
            start: first code point in ``text``.
            end: one past the last; greater than ``start``.
        """
        if not self.clean_starts:
            return Span(start, end)
        return Span(self._raw_at(start, last=False), self._raw_at(end - 1, last=True))

    def _raw_at(self, at: int, *, last: bool) -> int:
        piece = bisect_right(self.clean_starts, at) - 1
        if not self.copied[piece]:
            return self.raw_ends[piece] if last else self.raw_starts[piece]
        inside = self.raw_starts[piece] + at - self.clean_starts[piece]
        return inside + 1 if last else inside


def unchanged(raw: str) -> MappedText:
    """The raw text as its own clean text."""
    return MappedText(raw=raw, text=raw)


def apply_edits(raw: str, edits: Sequence[Edit]) -> MappedText:
    """Applies edits, which are sorted and do not overlap.

    A replacement that would double white space already standing at the end of the clean text is
    left out: two block tags in a row make one line break, not two.
    """
    if not edits:
        return unchanged(raw)
    build = _Builder(raw)
    at = 0
    for edit in edits:
        build.copy(at, edit.start)
        build.replace(edit)
        at = edit.end
    build.copy(at, len(raw))
    return build.done()


class _Builder:
    """Grows the pieces of a ``MappedText``."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.out: list[str] = []
        self.length = 0
        self.tail = "\n"
        self.rows: list[tuple[int, int, int, bool]] = []

    def _add(self, text: str, start: int, end: int, *, copied: bool) -> None:
        if text:
            self.rows.append((self.length, start, end, copied))
            self.out.append(text)
            self.length += len(text)
            self.tail = text[-1]

    def copy(self, start: int, end: int) -> None:
        if end > start:
            self._add(self.raw[start:end], start, end, copied=True)

    def replace(self, edit: Edit) -> None:
        new = edit.replacement
        if new.isspace() and (self.tail == "\n" or (new == " " and self.tail == " ")):
            return
        self._add(new, edit.start, edit.end, copied=False)

    def done(self) -> MappedText:
        columns = tuple(zip(*self.rows, strict=True)) if self.rows else ((), (), (), ())
        return MappedText(
            raw=self.raw,
            text="".join(self.out),
            clean_starts=columns[0],
            raw_starts=columns[1],
            raw_ends=columns[2],
            copied=columns[3],
        )
