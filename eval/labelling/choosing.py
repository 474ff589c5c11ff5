"""Chooses the records of a pool that are worth a label most: uncertain, and unlike one another.

Near-duplicates are folded first.  Of the rest, the most uncertain ``BREADTH`` times as many as are
wanted are clustered, the uncertain weighing more, and the record nearest to each centre is taken.
Source: F. Zhdanov (2019), "Diverse mini-batch active learning" (weighted k-means on the informative
part of the pool).  ``python -m eval.bench.suggestions`` measures it against random choice on sets
that are labelled already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.labelling.near_duplicates import ALIKE, fold, resemblance, word_runs
from eval.labelling.outlook import Outlook, Vectors
from eval.labelling.sheets import Sheet
from eval.metrics import Floats, Ints

BREADTH = 3
"""How many times the wanted number is clustered.

On dev, which model 0.3.0 had not learnt from, it has 35 of 100 so chosen records wrong, of 100
chosen with a breadth of 10 it has 26, and of 100 at random 18."""
_ROUNDS = 20
_LEAST_WEIGHT = 0.001


@dataclass(frozen=True)
class Choice:
    """What was chosen, ready to be written and labelled."""

    records: list[dict[str, Any]]
    """In the codebook's format, the most uncertain first; ``suggested`` tells rank, margin and the
    number of near-duplicates that each stands for."""
    pool: int
    """Records to choose from."""
    folded: int
    """Near-duplicates left out."""
    known: int
    """Records left out since a labelled one says the same."""

    @property
    def told(self) -> str:
        """The choice in a sentence."""
        left = [f"{self.folded} near-duplicates folded"] if self.folded else []
        left += [f"{self.known} like a labelled record"] if self.known else []
        return f"{len(self.records)} of {self.pool} records chosen" + (
            f" ({', '.join(left)})" if left else ""
        )


def choose(
    sheets: Sequence[Sheet], outlook: Outlook, *, n: int, known: Sequence[Sheet] = (), seed: int = 0
) -> Choice:
    """Chooses from a pool.

    Args:
        sheets: the pool.
        outlook: the local model's view of it, a row a sheet.
        n: how many to choose; fewer where the pool holds fewer different records.
        known: labelled records; what says the same as one of them is left out.
        seed: of the clusters' starts.
    """
    order = np.argsort(outlook.margins, kind="stable")
    heads = fold([s.record for s in sheets], outlook.embeddings, order)
    labelled = _RunIndex(known)
    fresh = [at for at in heads if not labelled.holds_like(sheets[at])]
    pool = np.asarray(fresh, dtype=np.int64)
    picked = pick_diverse(outlook.embeddings[pool], outlook.margins[pool], n=n, seed=seed)
    chosen = sorted((fresh[int(i)] for i in picked), key=lambda at: (outlook.margins[at], at))
    records = [
        sheets[at].raw
        | {
            "suggested": {
                "rank": rank,
                "margin": round(float(outlook.margins[at]), 4),
                "stands_for": 1 + len(heads[at]),
            }
        }
        for rank, at in enumerate(chosen, 1)
    ]
    folded = len(sheets) - len(heads)
    return Choice(records, len(sheets), folded, len(heads) - len(fresh))


class _RunIndex:
    """Labelled records by their runs of words, so that a like one is found without reading all."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self._runs = [word_runs(s.record) for s in sheets]
        self._holders: dict[str, list[int]] = {}
        for at, runs in enumerate(self._runs):
            for run in runs:
                self._holders.setdefault(run, []).append(at)

    def holds_like(self, sheet: Sheet) -> bool:
        """Whether a labelled record says the same in nearly the same words."""
        own = word_runs(sheet.record)
        shared = Counter(at for run in own for at in self._holders.get(run, ()))
        return any(resemblance(own, self._runs[at]) >= ALIKE for at, _ in shared.most_common(5))


def pick_diverse(embeddings: Vectors, margins: Floats, *, n: int, seed: int = 0) -> Ints:
    """Rows to label: the nearest to each centre of weighted k-means over the most uncertain.

    Args:
        embeddings: unit vectors, shape (m, dimensions).
        margins: of the likeliest label over the next, 0 (torn) to 1 (sure), shape (m,).
        n: how many.
        seed: of the clusters' starts.

    Returns:
        ``min(n, m)`` different row numbers.
    """
    if n >= len(margins):
        return np.arange(len(margins))
    import faiss

    part = np.argsort(margins, kind="stable")[: BREADTH * n]
    vectors = np.ascontiguousarray(embeddings[part], dtype=np.float32)
    kmeans = faiss.Kmeans(
        vectors.shape[1],
        n,
        niter=_ROUNDS,
        seed=seed,
        spherical=True,
        min_points_per_centroid=1,
        max_points_per_centroid=len(part),
    )
    weights = np.maximum(1 - margins[part], _LEAST_WEIGHT).astype(np.float32)
    kmeans.train(vectors, weights=weights)
    return part[_nearest_each(vectors, np.asarray(kmeans.centroids))]


def _nearest_each(vectors: Vectors, centres: Vectors) -> Ints:
    """The row nearest to each centre that no centre before has taken."""
    free = np.ones(len(vectors), dtype=np.bool_)
    found = []
    for row in centres @ vectors.T:
        at = int(np.where(free, row, -np.inf).argmax())
        free[at] = False
        found.append(at)
    return np.asarray(found, dtype=np.int64)
