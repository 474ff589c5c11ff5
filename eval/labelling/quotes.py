"""Evidence picked by a person: by the number of a clause, or by typing its words.

Whatever is picked is cut from the raw field, so that it is verbatim, character for character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from auditor.classify.clauses import split_clauses
from auditor.domain.records import AuditRecord, TextFormat
from auditor.reading.prepared import TEXT, raw_fields
from auditor.reading.turns import read_conversation

_NUMBERS = re.compile(r"\d+(?:\s*-\s*\d+)?(?:[\s,]+\d+(?:\s*-\s*\d+)?)*")
_ONE = re.compile(r"(\d+)(?:\s*-\s*(\d+))?")
_LIKE = {"'": "['’‘]", "’": "['’‘]", "‘": "['’‘]", '"': '["“”]', "“": '["“”]', "”": '["“”]'}
_QUOTED = re.compile(r"""\A\s*(["'])(.*)\1\s*""", re.DOTALL)


class QuoteError(ValueError):
    """Words or numbers that pick nothing; the message says why."""


@dataclass(frozen=True)
class NumberedClause:
    """A clause with the number that it is shown and picked by."""

    number: int
    """From 1, in the order shown."""
    field: str
    """``text``, ``next_activity.subject`` or ``history[i].text``."""
    start: int
    """First code point in the raw field."""
    end: int
    """One past the last."""


def number_clauses(record: AuditRecord) -> list[NumberedClause]:
    """The clauses of a record in the order of the screen: history, pending activity, text."""
    fields = dict(raw_fields(record))
    order = [*(f for f in fields if f.startswith("history")), *(f for f in fields if "." in f)]
    names = [*dict.fromkeys(order), TEXT]
    spans = [(name, *span) for name in names for span in _spans(record, name, fields[name])]
    return [NumberedClause(n, *span) for n, span in enumerate(spans, 1)]


def _spans(record: AuditRecord, name: str, text: str) -> list[tuple[int, int]]:
    """Clauses of a field; those of a transcript never cross a turn or hold the speaker's name."""
    activity = record.activity
    talk = None
    if name == TEXT and activity.format is TextFormat.TRANSCRIPT:
        talk = read_conversation(text, participants=activity.participants, owner=activity.owner)
    if talk is None or not talk.turns:
        return [(s.start, s.end) for s in split_clauses(text)]
    return [
        (span.start, span.end)
        for turn in talk.turns
        for span in split_clauses(text, start=turn.words_start, end=turn.end)
    ]


def pick_quotes(typed: str, record: AuditRecord, clauses: list[NumberedClause]) -> list[str]:
    """The quotes that a line asks for.

    ``3`` is clause 3, ``3 7`` two quotes, ``3-4`` one quote from 3 to the end of 4; anything else,
    or anything in quotation marks, is words of the record.  Case, space and the form of quotation
    marks need not match; the quote is cut from the record as it stands there.

    Raises:
        QuoteError: where a number or the words are not in the record, or cross a turn.
    """
    fields = dict(raw_fields(record))
    if _NUMBERS.fullmatch(typed.strip()):
        picks = [(int(a), int(b or a)) for a, b in _ONE.findall(typed)]
        quotes = [_joined(first, last, fields, clauses) for first, last in picks]
    else:
        quotes = [find_words(typed, fields)]
    if record.activity.format is TextFormat.TRANSCRIPT and any("\n" in q for q in quotes):
        raise QuoteError("a quote stays inside one turn; pick a shorter one")
    return quotes


def _joined(first: int, last: int, fields: dict[str, str], clauses: list[NumberedClause]) -> str:
    if not 1 <= first <= last <= len(clauses):
        raise QuoteError(
            f"no clause {first if first == last else f'{first}-{last}'}; "
            f"they go from 1 to {len(clauses)}"
        )
    start, end = clauses[first - 1], clauses[last - 1]
    if start.field != end.field:
        raise QuoteError(f"clauses {first} and {last} stand in different texts; pick one text")
    return fields[start.field][start.start : end.end]


def find_words(typed: str, fields: dict[str, str]) -> str:
    """Typed words as the record has them; its own text is searched first.

    Raises:
        QuoteError: where no field holds them.
    """
    typed = typed.strip()
    if typed and any(typed in text for text in fields.values()):
        return typed
    bare = _QUOTED.fullmatch(typed)
    for words in (typed, bare.group(2) if bare else ""):
        pattern = r"\s+".join(_like(word) for word in words.split())
        for text in fields.values():
            if pattern and (found := re.search(pattern, text, re.IGNORECASE)):
                return found.group(0)
    raise QuoteError("these words do not stand in the record; type them as they are, or a number")


def _like(word: str) -> str:
    return "".join(_LIKE.get(c, re.escape(c)) for c in word)
