"""Opinions kept in memory for records that come again, such as notes that are audited anew.

An opinion is kept as bytes, in a quarter of the memory that its objects take, under a digest of
what was judged: no text is kept.
What is kept is bounded by its size, not by its number alone: an opinion on a transcript of hundreds
of turns takes as much as those on ten notes.
"""

from __future__ import annotations

import pickle
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from threading import Lock
from typing import NamedTuple, TypeAlias

from auditor.classify.encoder_input import EncoderInput
from auditor.classify.protocol import Candidate, ClauseAct, Opinion
from auditor.domain.labels import Act, Label, Reason, Test
from auditor.reading.prepared import Place

MOST_RECORDS = 50_000
"""Records kept."""
MOST_BYTES = 100_000_000
"""Bytes of the opinions kept; one on a note takes some 1,700, of which 1,024 are its embedding."""

Names: TypeAlias = tuple[tuple[Label, ...], tuple[Reason, ...], tuple[Test, ...]]


class RememberedOpinions:
    """The opinions used last; may be shared between threads."""

    def __init__(self, *, most: int = MOST_RECORDS, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._kept: OrderedDict[bytes, _Packed] = OrderedDict()
        self._names: dict[Names, Names] = {}
        self._bytes = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def recall(self, inputs: Iterable[EncoderInput]) -> dict[EncoderInput, Opinion]:
        """Those that are kept."""
        if not self._kept:
            return {}
        asked = {key: _digest(key) for key in inputs}
        with self._lock:
            found = {k: self._kept[digest] for k, digest in asked.items() if digest in self._kept}
            for key in found:
                self._kept.move_to_end(asked[key])
        return {key: _unpack(packed) for key, packed in found.items()}

    def remember(self, new: Mapping[EncoderInput, Opinion]) -> None:
        """Keeps opinions, and drops those not used for longest where there is no room."""
        packed = {_digest(key): _pack(opinion) for key, opinion in new.items()}
        with self._lock:
            for digest, (names, data) in packed.items():
                if digest in self._kept:
                    self._bytes -= len(self._kept[digest].data)
                self._kept[digest] = _Packed(self._names.setdefault(names, names), data)
                self._bytes += len(data)
            while len(self._kept) > self._most or self._bytes > self._most_bytes:
                self._bytes -= len(self._kept.popitem(last=False)[1].data)

    def forget(self) -> int:
        """Drops all; returns how many."""
        with self._lock:
            number = len(self._kept)
            self._kept.clear()
            self._bytes = 0
        return number


class _Packed(NamedTuple):
    names: Names
    """What the numbers are of; one tuple serves all opinions of a model."""
    data: bytes
    """Numbers, clauses, evidence and the rest."""


def _digest(given: EncoderInput) -> bytes:
    return blake2b(repr(given).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _pack(opinion: Opinion) -> _Packed:
    tables = (opinion.probabilities, opinion.reasons, opinion.tests)
    plain = (
        array("d", [number for table in tables for number in table.values()]).tobytes(),
        array("f", opinion.embedding).tobytes(),
        [(*clause.place, clause.act.value, clause.probability) for clause in opinion.clauses],
        [(*candidate.place, candidate.score) for candidate in opinion.evidence],
        opinion.warnings,
        opinion.abstains,
        opinion.asked,
    )
    names = (tuple(opinion.probabilities), tuple(opinion.reasons), tuple(opinion.tests))
    return _Packed(names, pickle.dumps(plain, protocol=pickle.HIGHEST_PROTOCOL))


def _unpack(packed: _Packed) -> Opinion:
    numbers, vector, clauses, evidence, warnings, abstains, asked = pickle.loads(packed.data)  # noqa: S301 - packed in this process
    embedding, values = array("f"), array("d")
    embedding.frombytes(vector)
    values.frombytes(numbers)
    left = iter(values)
    labels, reasons, tests = packed.names
    return Opinion(
        probabilities=dict(zip(labels, left, strict=False)),
        reasons=dict(zip(reasons, left, strict=False)),
        tests=dict(zip(tests, left, strict=False)),
        clauses=tuple(ClauseAct(Place(f, s, e), Act(act), p) for f, s, e, act, p in clauses),
        evidence=tuple(Candidate(Place(f, s, e), score) for f, s, e, score in evidence),
        embedding=tuple(embedding),
        warnings=warnings,
        abstains=abstains,
        asked=asked,
    )
