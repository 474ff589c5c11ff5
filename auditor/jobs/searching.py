"""Search over notes by meaning, and notes that were copied.

A note's vector is made once and kept (``note_vectors``); an index in memory catches up with them
before each search.  What was erased or changed since falls out, since every hit is looked up again.
The shipped encoder knows situations ("contact has left") better than things ("pallet racking"), so
notes that hold the query's words are weighed in.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import numpy as np

from auditor.jobs.note_index import FloatArray, NoteIndex
from auditor.jobs.search_words import matched_share, query_terms, sentences, word_marks
from auditor.reading.cleaning import clean
from auditor.storage import Database
from auditor.storage.browsing import FoundActivity, Wanted
from auditor.storage.note_vectors import CopiedNote

if TYPE_CHECKING:
    from auditor.storage import UnitOfWork

__all__ = ["Searcher", "TextEncoder", "FloatArray", "Hit", "SearchAnswer", "Copies"]
WORD_WEIGHT = 0.6
"""What a note gains that holds all words of a query, against a likeness of at most 1."""
LIKE_ENOUGH = 0.2
"""Under this score a note is no hit."""
COPIED = 0.985
"""Likeness from which on two notes may be copies of one another."""
_COPIED_WORDS = 0.85
_BATCH = 128
_LOOKS_EVERY = 60.0
"""Seconds after which it is counted anew what has no vector, whatever the counters tell."""
_FIRST = 200
_WIDER = 8
_MOST_SENTENCES = 12


class TextEncoder(Protocol):
    """What makes vectors of texts."""

    @property
    def version(self) -> str:
        """Of the model."""

    def text_vectors(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors, a row a text."""


@dataclass(frozen=True)
class Hit:
    """A note that answers a query."""

    found: FoundActivity
    """The activity, and where it belongs."""
    score: float
    """Likeness in meaning plus weight of the words; higher is nearer."""
    best: tuple[int, int]
    """Span of the sentence that answers best, in code points of the raw text."""
    marks: tuple[tuple[int, int], ...]
    """Spans of the query's words in that sentence."""


@dataclass(frozen=True)
class SearchAnswer:
    """The outcome of a search."""

    hits: tuple[Hit, ...]
    """The nearest first."""
    waiting: int
    """Notes that are not in the index yet."""


@dataclass(frozen=True)
class Copies:
    """Where else a note stands."""

    activities: tuple[FoundActivity, ...]
    """The same text or nearly, this one included, in the order of their keys."""

    @property
    def opportunities(self) -> int:
        """On how many opportunities."""
        return len({a.opportunity_key for a in self.activities if a.opportunity_key is not None})


class Searcher:
    """Holds the index of one database; may be shared between threads."""

    def __init__(self, database: Database, encoder: TextEncoder) -> None:
        self._database, self._encoder = database, encoder
        self._index = NoteIndex(database, self.model)
        self._lock = Lock()
        self._nothing_missing: tuple[object, float] | None = None

    @property
    def model(self) -> str:
        """Name of the vectors' model, as stored beside them."""
        return f"text-{self._encoder.version}"

    def embed_missing(
        self, *, most: int | None = None, on_done: Callable[[int], None] = lambda _: None
    ) -> int:
        """Makes the vectors of notes that have none; each batch is a transaction of its own.

        Args:
            most: stop after so many; all where None.
            on_done: called with the number of notes done since the last call.

        Returns:
            How many were made.
        """
        made = after = 0
        while most is None or made < most:
            size = _BATCH if most is None else min(_BATCH, most - made)
            with self._database.read() as unit:
                notes = unit.note_vectors.missing(self.model, after=after, limit=size)
            if not notes:
                break
            vectors = self._encoder.text_vectors([clean(n.text).text for n in notes])
            rows = [
                (n.activity_key, text_hash(n.text), v.astype("<f2").tobytes())
                for n, v in zip(notes, vectors, strict=True)
            ]
            with self._database.begin() as unit:
                unit.note_vectors.add(self.model, rows)
            made, after = made + len(notes), notes[-1].activity_key
            on_done(len(notes))
        return made

    def search(
        self, query: str, wanted: Wanted, *, limit: int = 20, embed_first: int = _BATCH
    ) -> SearchAnswer:
        """Finds the notes that answer a query.

        Args:
            query: in plain words.
            wanted: whose opportunities; notes on none are left out where teams or owners limit it.
            limit: most hits.
            embed_first: notes without a vector that are taken into the index before searching.
        """
        waiting = self._embed_first(embed_first)
        self._index.catch_up()
        terms = query_terms(query)
        asked = self._encoder.text_vectors([query])[0]
        with self._database.read() as unit:
            notes, holding = unit.notes.holding(terms)
            weights = {t: _weight(holding[t], notes) for t in terms}
            telling = sorted(terms, key=lambda t: -weights[t])
            worded = unit.notes.with_words(telling, limit=_FIRST)
            size, found, likeness = _FIRST, list[FoundActivity](), dict[int, float]()
            while True:  # what the reader may not see falls out: then look further
                likeness = dict(self._index.near(unit, asked, size))
                likeness |= _likeness(unit, asked, [k for k in worded if k not in likeness])
                found = self._visible(unit, list(likeness), wanted)
                if len(found) >= limit or size >= len(self._index):
                    break
                size *= _WIDER
        scored = sorted(
            (
                (likeness[a.key] + WORD_WEIGHT * matched_share(a.activity.text, weights), a)
                for a in found
            ),
            key=lambda pair: (-pair[0], pair[1].key),
        )
        best = [(s, a) for s, a in scored if s >= LIKE_ENOUGH][:limit]
        return SearchAnswer(tuple(self._hits(asked, terms, weights, best)), waiting)

    def copies(self, activity: int, wanted: Wanted, *, near: bool = True) -> Copies:
        """Finds where else the note of an activity stands, word for word or (``near``) nearly.

        Activities on no opportunity, or on one that the reader may not see, are left out.
        """
        if near:
            self._index.catch_up()
        with self._database.read() as unit:
            own = unit.note_vectors.of_activity(activity)
            if own is None:
                return Copies(())
            told, raw = own
            vector = np.frombuffer(raw, "<f2").astype(np.float32)
            rated = self._index.near(unit, vector, _FIRST) if near else []
            like = [k for k, score in rated if score >= COPIED]
            keys = sorted({*unit.note_vectors.same_text(told), *like, activity})
            found = {a.key: a for a in self._visible(unit, keys, wanted)}
        if activity not in found:  # its place is taken by one that may be seen
            return Copies(tuple(found.values()) if not near else ())
        text = found[activity].activity.text
        same = [a for k, a in sorted(found.items()) if _is_copy(text, a.activity.text)]
        return Copies(tuple(same))

    def copied_notes(self, *, at_least: int = 3, limit: int = 50) -> list[CopiedNote]:
        """Texts that stand on several opportunities word for word, the most copied first."""
        with self._database.read() as unit:
            return unit.note_vectors.copied(at_least=at_least, limit=limit)

    def _embed_first(self, most: int) -> int:
        """Makes up to so many missing vectors; returns how many are missing still.

        Looking for them goes through all notes, so it is left where nothing was missing and the
        counters have not moved since.
        """
        with self._lock:
            known = self._nothing_missing
        with self._database.read() as unit:
            mark = unit.note_vectors.mark()
        if known is not None and known[0] == mark and monotonic() - known[1] < _LOOKS_EVERY:
            return 0
        self.embed_missing(most=most)
        with self._database.read() as unit:
            mark = unit.note_vectors.mark()  # first: what comes in between moves it
            waiting = unit.note_vectors.count_missing(self.model)
        with self._lock:
            self._nothing_missing = None if waiting else (mark, monotonic())
        return waiting

    @staticmethod
    def _visible(unit: UnitOfWork, keys: Sequence[int], wanted: Wanted) -> list[FoundActivity]:
        return [a for a in unit.browsing.activities(keys) if may_be_seen(a, wanted)]

    def _hits(
        self,
        asked: FloatArray,
        terms: Sequence[str],
        weights: dict[str, float],
        best: Sequence[tuple[float, FoundActivity]],
    ) -> list[Hit]:
        spans = [sentences(a.activity.text)[:_MOST_SENTENCES] for _, a in best]
        texts = [
            a.activity.text[s:e]
            for (_, a), own in zip(best, spans, strict=True)
            if len(own) > 1
            for s, e in own
        ]
        likeness = iter((self._encoder.text_vectors(texts) @ asked).tolist() if texts else [])
        hits = []
        for (score, found), own in zip(best, spans, strict=True):
            text = found.activity.text
            rated = [(0.0, span) for span in own]
            if len(own) > 1:
                rated = [
                    (next(likeness) + WORD_WEIGHT * matched_share(text[s:e], weights), (s, e))
                    for s, e in own
                ]
            start, end = max(rated, key=lambda pair: pair[0])[1]
            marks = [(start + a, start + b) for a, b in word_marks(text[start:end], terms)]
            hits.append(Hit(found, round(score, 4), (start, end), tuple(marks)))
        return hits


def _likeness(unit: UnitOfWork, vector: FloatArray, activities: Sequence[int]) -> dict[int, float]:
    """Likeness of activities that were found by their words; 0 where they have no vector yet."""
    raw = unit.note_vectors.vectors(activities)
    rows = {k: np.frombuffer(v, "<f2").astype(np.float32) for k, v in raw.items()}
    return {k: float(rows[k] @ vector) if k in rows else 0.0 for k in activities}


def may_be_seen(found: FoundActivity, wanted: Wanted) -> bool:
    """Whether an activity is on an opportunity that is asked for and may be seen."""
    deal = found.opportunity
    owner, team = (deal.owner or "", deal.team or "") if deal else ("", "")
    if wanted.status is not None and (deal is None or deal.status != wanted.status):
        return False
    if wanted.seen_teams is not None and (deal is None or team.casefold() not in wanted.seen_teams):
        return False
    names = [n for n in (wanted.owner, wanted.seen_owner) if n is not None]
    if any(deal is None or owner.casefold() != n.casefold() for n in names):
        return False
    return wanted.team is None or team.casefold() == wanted.team.casefold()


def text_hash(text: str) -> str:
    """Hash of a text with case and white space levelled: the same for copies word for word."""
    levelled = " ".join(clean(text).text.casefold().split())
    return "sha256:" + hashlib.sha256(levelled.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _weight(holding: int, notes: int) -> float:
    """Inverse document frequency, as of BM25 (Robertson and Zaragoza, 2009): rare words tell."""
    return math.log(1 + (notes - holding + 0.5) / (holding + 0.5)) if notes else 0.0


def _is_copy(text: str, other: str) -> bool:
    """Whether two notes share nearly all of their words (Jaccard)."""
    one, two = (set(clean(t).text.casefold().split()) for t in (text, other))
    return not one ^ two or len(one & two) / len(one | two) >= _COPIED_WORDS
