"""A classifier that has listened: its probabilities shifted by what supervisors corrected.

What a supervisor teaches is mostly wording: what this floor means by "amber", "parked with Jo" or a
code.  So over the base classifier's log probabilities lies a shift that is linear in a record's
uncommon words and pairs of words, fitted to the corrections: multinomial logistic regression with
an offset and a ridge (Cox, 1958; Hoerl and Kennard, 1970).  Words that everybody writes, or that no
correction holds, move nothing.  Twin records, the same words with the same pending activity, take
the corrected label itself.

The ridge was chosen on one team's jargon and measured on another's
(``python -m eval.bench.corrections``; docs/corrections.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from auditor.classify.precedents import Precedents
from auditor.classify.protocol import Classifier, Opinion
from auditor.classify.wording import Wording
from auditor.domain.labels import Label
from auditor.reading.prepared import SUBJECT, PreparedRecord

Array = NDArray[np.float64]
RIDGE = 0.002
"""Strength of the ridge; larger lets corrections matter less."""
TWIN = 0.97
"""Probability of a corrected label for the same words again."""
MOST = 2_000
"""Corrections fitted, the latest; the work grows with their square."""
_LABELS = tuple(Label)
_STEPS = 400
_LEAST = 1e-6


class CorrectedClassifier:
    """A base classifier under corrections."""

    def __init__(
        self,
        base: Classifier,
        corrections: Precedents,
        *,
        ridge: float = RIDGE,
    ) -> None:
        """Fits nothing until the first record.

        Args:
            base: gives the opinions that are shifted.
            corrections: judged records, encoded by the same base, oldest first.
            ridge: strength of the ridge, over 0.
        """
        if ridge <= 0:
            raise ValueError(f"the ridge's strength is over 0, not {ridge}")
        self._base, self._ridge = base, ridge
        self._judged = corrections.judged[-MOST:]
        self._offsets = corrections.opinions[-MOST:]

    @property
    def name(self) -> str:
        """The base's: a correction changes no policy, it is told apart by its time."""
        return self._base.name

    def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
        """Gives one opinion a record, in order."""
        opinions = self._base.opine(records)
        if not self._judged:
            return opinions
        return [self._shift(r, o) for r, o in zip(records, opinions, strict=True)]

    def _shift(self, record: PreparedRecord, opinion: Opinion) -> Opinion:
        twin = self._twins.get(_twin_key(record))
        if twin is not None:
            rest = (1 - TWIN) / (len(_LABELS) - 1)
            told = {label: TWIN if label is twin else rest for label in _LABELS}
            return replace(opinion, probabilities=told)
        words = self._wording.vectors([_words(record)])[0]
        chances = _softmax(_logs([opinion.probabilities])[0] + words @ self._weights)
        shifted = dict(zip(_LABELS, chances.tolist(), strict=True))
        return replace(opinion, probabilities=shifted)

    @cached_property
    def _twins(self) -> dict[tuple[str, str], Label]:
        return {_twin_key(j.prepared): j.label for j in self._judged}

    @cached_property
    def _wording(self) -> Wording:
        return Wording([_words(j.prepared) for j in self._judged])

    @cached_property
    def _weights(self) -> Array:
        """How much each word speaks for each label, (words, labels)."""
        vectors = self._wording.vectors([_words(j.prepared) for j in self._judged])
        gold = np.array([_LABELS.index(j.label) for j in self._judged])
        offsets = _logs([o.probabilities for o in self._offsets])
        shares = fit_shift(_likeness(vectors), offsets, gold, ridge=self._ridge)
        return np.asarray(vectors.T.astype(np.float64) @ shares)


def fit_shift(kernel: Array, offsets: Array, gold: NDArray[np.int64], *, ridge: float) -> Array:
    """Fits the shift in its dual form by accelerated gradient descent (Nesterov, 1983).

    Args:
        kernel: inner products of the corrections' vectors, (records, records).
        offsets: the base's log probabilities, (records, labels).
        gold: the right labels' numbers, (records,).
        ridge: strength of the penalty on the weights' squared length.

    Returns:
        Shares (records, labels); the weights are the vectors times these.
    """
    truth = np.eye(offsets.shape[1])[gold]
    # Half the kernel's largest eigenvalue bounds the curvature of the softmax loss.
    steepest = 0.5 * float(np.linalg.norm(kernel, 2)) + ridge
    shares = ahead = np.zeros_like(offsets)
    momentum = 1.0
    for _ in range(_STEPS):
        moved = ahead - (_softmax(offsets + kernel @ ahead) - truth + ridge * ahead) / steepest
        faster = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        ahead = moved + (momentum - 1) / faster * (moved - shares)
        shares, momentum = moved, faster
    return shares


def _likeness(vectors: NDArray[np.float32]) -> Array:
    return np.asarray(vectors @ vectors.T, dtype=np.float64)


def _logs(probabilities: Sequence[Mapping[Label, float]]) -> Array:
    told = np.array([[p[label] for label in _LABELS] for p in probabilities], dtype=np.float64)
    return np.log(np.maximum(told, _LEAST))


def _softmax(logits: Array) -> Array:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def _words(prepared: PreparedRecord) -> str:
    """What a record's shift rests on: its text and the pending activity's subject."""
    return " ".join(_twin_key(prepared))


def _twin_key(prepared: PreparedRecord) -> tuple[str, str]:
    subject = prepared.fields[SUBJECT].text if SUBJECT in prepared.fields else ""
    return (" ".join(prepared.text.casefold().split()), " ".join(subject.casefold().split()))
