"""Judged records as examples in a question: this floor's corrections first, then shipped ones.

What a supervisor ruled is news to a language model; the shipped examples only repeat the codebook.
So corrections that resemble a record always go with its question, and shipped ones where that is
set.  Names and numbers in an example are blotted out before it goes anywhere.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from auditor.classify.llm.questions import Precedent
from auditor.classify.llm.view import cut_middle
from auditor.classify.precedents import JudgedRecord, Precedents
from auditor.classify.protocol import Classifier
from auditor.classify.redaction import redactor_for
from auditor.reading.prepared import PreparedRecord

LIKE_ENOUGH = 0.6
"""Least cosine of a correction's embedding to a record's; what is less like it teaches nothing."""
MOST_CHARS = 600
"""Longest text of an example; of a longer one the middle is left out."""
MOST_CORRECTIONS = 2_000
"""Corrections searched, the latest."""
_HOLDER = re.compile(r"\[(REP|BUYER|PERSON|EMAIL|PHONE|CARD|NUMBER)_\w+\]")
_BLOTTED = {"REP": "the rep", "BUYER": "the buyer", "PERSON": "a person", "EMAIL": "a mail address"}


def _none() -> Sequence[JudgedRecord]:
    return ()


@dataclass(frozen=True)
class JudgedSources:
    """Where judged records come from; each is asked anew for every question, so must be quick."""

    corrections: Callable[[], Sequence[JudgedRecord]] = _none
    """Supervisors' corrections that stand, oldest first; the same sequence until they change."""
    shipped: Callable[[], Sequence[JudgedRecord]] = _none
    """The examples shipped with the package."""


@dataclass(frozen=True)
class ExampleCounts:
    """How many examples a question carries."""

    most: int = 3
    """At most, of all kinds."""
    shipped: int = 0
    """Of those, shipped ones at most."""


class Examples:
    """Finds the examples that go with a record."""

    def __init__(self, base: Classifier, sources: JudgedSources, counts: ExampleCounts) -> None:
        """Encodes nothing until the first question.

        Args:
            base: the classifier whose opinions carry an embedding.
            sources: judged records.
            counts: how many of each go with a question.
        """
        self._base, self._sources, self._counts = base, sources, counts
        self._lock = threading.Lock()
        self._held: Sequence[JudgedRecord] = ()
        self._corrections: Precedents | None = None

    def __call__(self, prepared: PreparedRecord) -> tuple[Precedent, ...]:
        """The examples for a record, the nearest last.

        Each id tells its source: ``correction-`` or ``shipped-`` and the record's own.
        """
        if not self._counts.most:
            return ()
        corrections, shipped = self._of_floor(), self._counts.shipped
        if corrections is None and not shipped:
            return ()
        embedding = self._base.opine([prepared])[0].embedding
        near = corrections.nearest(embedding, k=self._counts.most) if corrections else []
        found = [shown_example("correction", n.judged) for n in near if n.similarity >= LIKE_ENOUGH]
        room = min(shipped, self._counts.most - len(found))
        if room > 0:
            like = self._shipped.nearest(embedding, k=room)
            found += [shown_example("shipped", n.judged) for n in like]
        return tuple(reversed(found))

    def _of_floor(self) -> Precedents | None:
        """The corrections, encoded anew once they have changed."""
        told = self._sources.corrections()
        with self._lock:
            if told is not self._held:
                self._held = told
                latest = told[-MOST_CORRECTIONS:]
                self._corrections = Precedents(self._base, latest) if latest else None
            return self._corrections

    @cached_property
    def _shipped(self) -> Precedents:
        return Precedents(self._base, self._sources.shipped())


def shown_example(kind: str, judged: JudgedRecord) -> Precedent:
    """A judged record as a question shows it, its names and numbers blotted out.

    Args:
        kind: ``correction`` or ``shipped``, for the id.
        judged: the record.
    """
    text = redactor_for(judged.prepared.record, names=True).redact(judged.prepared.text)
    blotted = _HOLDER.sub(lambda m: f"[{_BLOTTED.get(m[1], 'a number')}]", text)
    return Precedent(
        text=cut_middle(blotted, MOST_CHARS),
        label=judged.label.value,
        reason=judged.reason.value if judged.reason else "not told",
        id=judged.id if judged.id.startswith(kind) else f"{kind}-{judged.id}",
    )
