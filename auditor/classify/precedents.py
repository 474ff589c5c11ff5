"""Judged records as precedents: the nearest of them to a record, by the encoder's embedding.

A supervisor's correction is a precedent from the moment that it is made.  The index is flat (exact
inner product, FAISS): for the few thousand corrections that a floor makes in years nothing that
approximates is faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditor.domain.labels import Label, Reason
from auditor.reading.prepared import PreparedRecord

if TYPE_CHECKING:
    from auditor.classify.protocol import Classifier

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class JudgedRecord:
    """A record with the label that a person gave it."""

    id: str
    """Of the correction or labelled record."""
    prepared: PreparedRecord
    """The record."""
    label: Label
    """The person's."""
    reason: Reason | None = None
    """The person's, where told."""


class Near(NamedTuple):
    """A precedent and how near it is."""

    judged: JudgedRecord
    """The precedent."""
    similarity: float
    """Cosine, -1 to 1."""


class Precedents:
    """Judged records with their embeddings."""

    def __init__(self, classifier: Classifier, judged: Sequence[JudgedRecord]) -> None:
        """Encodes the records.

        Args:
            classifier: one whose opinions carry an embedding.
            judged: the records; of those with one id the last counts.
        """
        self.judged = tuple({j.id: j for j in judged}.values())
        self.opinions = tuple(classifier.opine([j.prepared for j in self.judged]))

    @cached_property
    def vectors(self) -> Floats:
        """Unit vectors, (records, dimensions)."""
        return np.asarray([o.embedding for o in self.opinions], dtype=np.float32)

    @cached_property
    def _index(self) -> Any:
        import faiss  # loads when a precedent is first asked for

        index = faiss.IndexFlatIP(self.vectors.shape[1])
        index.add(np.ascontiguousarray(self.vectors))
        return index

    def nearest(self, embedding: Sequence[float], *, k: int) -> list[Near]:
        """The nearest precedents, nearest first.

        Args:
            embedding: of the record in question.
            k: most to give.
        """
        if not self.judged or not embedding or k < 1:
            return []
        asked = np.asarray([embedding], dtype=np.float32)
        found, places = self._index.search(asked, min(k, len(self.judged)))
        return [
            Near(self.judged[at], float(how)) for how, at in zip(found[0], places[0], strict=True)
        ]
