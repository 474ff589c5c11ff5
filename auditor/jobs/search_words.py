"""Words of a query and sentences of a note, for the part of a search that goes by words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_WORD = re.compile(r"\w+", re.UNICODE)
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?=\s|$)|[.!?](?=\w)[^.!?\n]*)*[.!?]*")
_STOP = frozenset(
    "a an and any are as at be but by can could did do does for from had has have he her him his "
    "how i if in into is it its me my no not of on or our out she should so some than that the "
    "their them then there they this those to up us was we were what when where which who whom "
    "whose why will with would you your".split()
)
_SHORTEST = 2
MOST_TERMS = 12
_ENDINGS = ("ings", "ing", "ies", "ed", "es", "s")
_ROOT = 3


def query_terms(query: str) -> list[str]:
    """Stems of a query's telling words, each once, in order; all words where none is telling."""
    words = [w for w in _WORD.findall(query.casefold()) if len(w) >= _SHORTEST]
    telling = [w for w in words if w not in _STOP] or words
    return list(dict.fromkeys(_stem(w) for w in telling))[:MOST_TERMS]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _ROOT:
            return word[: -len(ending)]
    return word


def matched_share(text: str, weights: Mapping[str, float]) -> float:
    """Share of the terms' weight whose stems open a word of the text, 0 to 1."""
    whole = sum(weights.values())
    if not whole:
        return 0.0
    words = _WORD.findall(text.casefold())
    return sum(w for t, w in weights.items() if any(x.startswith(t) for x in words)) / whole


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of a text's sentences and lines, blanks at their ends left out."""
    spans = []
    for found in _SENTENCE.finditer(text):
        start, end = found.span()
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if end > start:
            spans.append((start, end))
    return spans or ([(0, len(text))] if text else [])


def word_marks(text: str, terms: Sequence[str]) -> list[tuple[int, int]]:
    """Spans of the words that a query's terms open, in text order."""
    return [
        m.span() for m in _WORD.finditer(text) if any(m[0].casefold().startswith(t) for t in terms)
    ]
