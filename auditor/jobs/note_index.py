"""The vectors of notes in memory, for search by meaning.

The index is flat with 16-bit numbers, which is what the database keeps: exact, with nothing to
train or to build anew, half the memory of 32 bits, and faster, since memory is what it waits for.
Indexes that approximate answer sooner from some hundred thousand notes on, but take minutes to
build at each start; docs/performance.md has them measured.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditor.storage import Database

if TYPE_CHECKING:
    from auditor.storage import UnitOfWork

FloatArray = NDArray[np.float32]
_READ = 5_000


class NoteIndex:
    """Holds a model's vectors of one database; may be shared between threads."""

    def __init__(self, database: Database, model: str) -> None:
        self._database, self._model = database, model
        self._lock = Lock()
        self._index: Any = None
        self._keys: list[int] = []
        self._activities: list[int] = []

    def __len__(self) -> int:
        return len(self._keys)

    def catch_up(self) -> None:
        """Takes in vectors that were made since."""
        with self._lock:
            while True:
                after = self._keys[-1] if self._keys else 0
                with self._database.read() as unit:
                    fresh = unit.note_vectors.since(self._model, after=after, limit=_READ)
                if not fresh:
                    return
                rows = np.stack([np.frombuffer(v.vector, "<f2") for v in fresh])
                if self._index is None:
                    self._index = _empty(rows.shape[1])
                self._index.add(rows.astype(np.float32))
                self._keys += [v.key for v in fresh]
                self._activities += [v.activity_key for v in fresh]

    def near(self, unit: UnitOfWork, vector: FloatArray, limit: int) -> list[tuple[int, float]]:
        """Activities with their likeness, the nearest first; vectors removed since are left out."""
        with self._lock:
            if self._index is None:
                return []
            _use_one_thread()
            scores, places = self._index.search(vector[None, :], min(limit, len(self._keys)))
            pairs = [(int(p), float(s)) for p, s in zip(places[0], scores[0], strict=True)]
            keys = {self._keys[p]: (self._activities[p], s) for p, s in pairs if p >= 0}
        alive = unit.note_vectors.alive(list(keys))
        return [(activity, score) for key, (activity, score) in keys.items() if key in alive]


def _use_one_thread() -> None:
    """One query is one thread's work: the others would only spin, and hold up what else runs."""
    import faiss

    faiss.omp_set_num_threads(1)  # of the calling thread


def _empty(size: int) -> Any:
    import faiss  # loads with the first search

    kind = faiss.ScalarQuantizer.QT_fp16
    return faiss.IndexScalarQuantizer(size, kind, faiss.METRIC_INNER_PRODUCT)
