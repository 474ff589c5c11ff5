"""What the local model thinks of records: how unsure it is, and where they lie to one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from auditor.classify.protocol import Classifier
from auditor.domain.labels import Label
from auditor.domain.records import AuditRecord
from auditor.reading.prepared import prepare
from eval.labelling.sheets import Sheet
from eval.metrics import Floats

Vectors = NDArray[np.float32]

_BATCH = 64

Tick = Callable[[int], None]
"""Called with the number of records judged since the last call."""


@dataclass(frozen=True)
class Outlook:
    """A classifier's view of some records."""

    margins: Floats
    """Probability of the likeliest label less that of the next, 0 (torn) to 1 (sure), shape (n,).

    Source: T. Scheffer, C. Decomain & S. Wrobel (2001), "Active hidden Markov models for
    information extraction" (margin sampling).  A record that the model can't judge counts as 1:
    what is empty or in another language is not worth a label.
    """
    labels: tuple[Label, ...]
    """The likeliest label of each."""
    embeddings: Vectors
    """Unit vectors, shape (n, dimensions)."""


def look_at(
    records: Sequence[AuditRecord], classifier: Classifier, *, tick: Tick = lambda _: None
) -> Outlook:
    """Judges records with a classifier that gives embeddings."""
    margins: list[float] = []
    labels: list[Label] = []
    vectors: list[tuple[float, ...]] = []
    for start in range(0, len(records), _BATCH):
        batch = records[start : start + _BATCH]
        for opinion in classifier.opine([prepare(r) for r in batch]):
            second, first = sorted(opinion.probabilities.values())[-2:]
            margins.append(1.0 if opinion.abstains else first - second)
            labels.append(max(opinion.probabilities, key=lambda k: opinion.probabilities[k]))
            vectors.append(opinion.embedding)
        tick(len(batch))
    return Outlook(np.asarray(margins), tuple(labels), np.asarray(vectors, dtype=np.float32))


def by_uncertainty(sheets: Sequence[Sheet], outlook: Outlook) -> list[Sheet]:
    """Sheets with the most uncertain first; equals stay in order."""
    return [sheets[i] for i in np.argsort(outlook.margins, kind="stable")]


def shuffled(sheets: Sequence[Sheet], seed: int) -> list[Sheet]:
    """Sheets in a random order that the seed repeats."""
    mixed = list(sheets)
    Random(seed).shuffle(mixed)  # noqa: S311 - an order, no secret
    return mixed
