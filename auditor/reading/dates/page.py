"""A text cut into words once, so that every rule looks ahead in constant time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime

from auditor.reading.dates.words import MONTHS, ORDINAL_ENDINGS

_WORD = re.compile(r"[^\W\d_]+|[0-9]+|\n|[^\w\s]")
_SAME = {"–": "-", "—": "-", "‒": "-", "‑": "-", "−": "-", "’": "'", "‘": "'", "`": "'"}
_PAD = 16
"""Empty words after the last, so that a look-ahead needs no bounds check (nor one behind)."""

CURRENCIES = frozenset("$£€¥₹")
_BEFORE_DASH = MONTHS.keys() | ORDINAL_ENDINGS
_LONGEST_NUMBER = 8


@dataclass(slots=True)
class Page:
    """The words of a text with their places, and what dates are resolved against."""

    text: str
    """The text as given."""
    now: datetime
    """The reference time."""
    day_first: bool | None
    """Whether 03/04 is 3 April; None where neither caller nor text says."""
    week_start: int
    """Weekday on which weeks begin, Monday is 0."""
    fiscal_start: int
    """Month in which fiscal years begin."""
    words: list[str]
    """Words in lower case; numbers, line breaks and signs are words of their own."""
    starts: list[int]
    """Code point at which each word begins."""
    ends: list[int]
    """Code point after each word."""
    count: int
    """Number of words; empty ones follow."""
    today: date = field(init=False)
    """The day of the reference time."""
    depth: int = 0
    """How deep rules stand inside rules; bounded, so that no text can nest them without end."""

    def __post_init__(self) -> None:
        self.today = self.now.date()

    def glued(self, index: int) -> bool:
        """Whether no space parts the word from the one before."""
        return self.starts[index] == self.ends[index - 1]

    def number(self, index: int) -> int:
        """The number at that word, or -1 where it is none or absurdly long."""
        word = self.words[index]
        if word and word[0] in "0123456789" and len(word) <= _LONGEST_NUMBER:
            return int(word)
        return -1

    def is_capital(self, index: int) -> bool:
        """Whether the word begins with a capital letter in the text."""
        return self.text[self.starts[index]].isupper()

    def skip(self, index: int, *words: str) -> int:
        """Steps over one of the words where it stands there."""
        return index + 1 if self.words[index] in words else index

    def matches(self, index: int, phrase: str) -> int:
        """The index after the phrase where it stands there, else 0."""
        for word in phrase.split():
            if self.words[index] != word:
                return 0
            index += 1
        return index

    def open_left(self, index: int) -> bool:
        """Whether a number may begin a date: not in the middle of an id, price or decimal."""
        if index == 0 or not self.glued(index):
            return index == 0 or self.words[index - 1] not in CURRENCIES
        before = self.words[index - 1]
        if before in "([{\"'\n,;:=<>*~|@!?&":
            return before not in ",:" or not self._digit_before(index)
        if before in "-/.":
            apart = index == 1 or not self.glued(index - 1)
            slashed = before == "-" and self.words[index - 3] == "/" and index > 2
            return apart or slashed or (before == "-" and self.words[index - 2] in _BEFORE_DASH)
        return False

    def _digit_before(self, index: int) -> bool:
        return index > 1 and self.words[index - 2].isdigit() and self.glued(index - 1)

    def open_right(self, stop: int) -> bool:
        """Whether a number may end a date there: not glued to letters, digits, % or a path."""
        if not self.glued(stop) or not (after := self.words[stop]):
            return True
        if after in "%€£$_@\\+=":
            return False
        if after in "-/.:" and self.glued(stop + 1):
            return not self.words[stop + 1][:1].isdigit()
        return not after[0].isalnum()


def cut(
    text: str, *, now: datetime, day_first: bool | None, week_start: int, fiscal_start: int
) -> Page:
    """Cuts a text into words in one pass."""
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _WORD.finditer(text):
        word = match.group()
        words.append(_SAME.get(word) or word.lower())
        start, end = match.span()
        starts.append(start)
        ends.append(end)
    count = len(words)
    words.extend([""] * _PAD)
    starts.extend([len(text) + 9] * _PAD)
    ends.extend([-9] * _PAD)
    return Page(text, now, day_first, week_start, fiscal_start, words, starts, ends, count)
