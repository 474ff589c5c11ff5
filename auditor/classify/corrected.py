"""A classifier that has listened: its probabilities shifted by what supervisors corrected.

Over the base classifier's log probabilities lies a shift that is smooth in the embedding, fitted to
the corrections with a penalty that holds it near zero: kernel logistic regression with an offset
(Zhu and Hastie, *Kernel Logistic Regression and the Import Vector Machine*, 2005) and a Gaussian
kernel, so that a correction moves what resembles it and leaves the rest alone.  Twin records, the
same words with the same pending activity, take the corrected label itself.

Width and strength were chosen on one team's jargon and measured on another's
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
from auditor.domain.labels import Label
from auditor.reading.prepared import SUBJECT, PreparedRecord

Array = NDArray[np.float64]
PRIOR = 1.0
"""Strength of the penalty; larger lets corrections matter less."""
WIDTH = 0.1
"""Cosine distance over which a correction's pull falls to 1/e."""
TWIN = 0.97
"""Probability of a corrected label for the same words again."""
_LABELS = tuple(Label)
_STEPS = 300
_LEAST = 1e-6


class CorrectedClassifier:
    """A base classifier under corrections."""

    def __init__(
        self,
        base: Classifier,
        corrections: Precedents,
        *,
        prior: float = PRIOR,
        width: float = WIDTH,
    ) -> None:
        """Fits nothing until the first record.

        Args:
            base: gives the opinions that are shifted.
            corrections: judged records, encoded by the same base.
            prior: strength of the penalty, over 0.
            width: cosine distance over which a correction's pull falls to 1/e, over 0.
        """
        if prior <= 0 or width <= 0:
            raise ValueError(f"prior and width are over 0, not {prior} and {width}")
        self._base, self._corrections = base, corrections
        self._prior, self._width = prior, width

    @property
    def name(self) -> str:
        """The base's: a correction changes no policy, it is told apart by its time."""
        return self._base.name

    def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
        """Gives one opinion a record, in order."""
        opinions = self._base.opine(records)
        if not self._corrections.judged:
            return opinions
        return [self._shift(r, o) for r, o in zip(records, opinions, strict=True)]

    def _shift(self, record: PreparedRecord, opinion: Opinion) -> Opinion:
        twin = self._twins.get(_words(record))
        if twin is not None:
            rest = (1 - TWIN) / (len(_LABELS) - 1)
            told = {label: TWIN if label is twin else rest for label in _LABELS}
            return replace(opinion, probabilities=told)
        if not opinion.embedding:
            return opinion
        asked = np.asarray([opinion.embedding])
        near = _kernel(asked, self._corrections.vectors, self._width)
        chances = _softmax(_logs([opinion.probabilities])[0] + (near @ self._weights)[0])
        shifted = dict(zip(_LABELS, chances.tolist(), strict=True))
        return replace(opinion, probabilities=shifted)

    @cached_property
    def _twins(self) -> dict[tuple[str, str], Label]:
        return {_words(j.prepared): j.label for j in self._corrections.judged}

    @cached_property
    def _weights(self) -> Array:
        """How much each correction speaks for each label, (corrections, labels)."""
        told = [o.probabilities for o in self._corrections.opinions]
        gold = np.array([_LABELS.index(j.label) for j in self._corrections.judged])
        vectors = self._corrections.vectors
        kernel = _kernel(vectors, vectors, self._width)
        return fit_shift(kernel, _logs(told), gold, prior=self._prior)


def fit_shift(kernel: Array, offsets: Array, gold: NDArray[np.int64], *, prior: float) -> Array:
    """Fits the shift by accelerated gradient descent (Nesterov, 1983) on a convex loss.

    Args:
        kernel: likeness of the corrections to one another, (records, records).
        offsets: the base's log probabilities, (records, labels).
        gold: the right labels' numbers, (records,).
        prior: strength of the penalty on the shift's norm.

    Returns:
        Weights (records, labels); a record's shift is its likenesses times these.
    """
    truth = np.eye(offsets.shape[1])[gold]
    # Half the kernel's largest eigenvalue bounds the curvature of the softmax loss.
    steepest = 0.5 * float(np.linalg.norm(kernel, 2)) + prior
    weights = ahead = np.zeros_like(offsets)
    momentum = 1.0
    for _ in range(_STEPS):
        moved = ahead - (_softmax(offsets + kernel @ ahead) - truth + prior * ahead) / steepest
        faster = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        ahead = moved + (momentum - 1) / faster * (moved - weights)
        weights, momentum = moved, faster
    return weights


def _kernel(one: NDArray[np.floating], other: NDArray[np.floating], width: float) -> Array:
    """Gaussian likeness of unit vectors, 0 to 1, (one, other)."""
    cosine = one.astype(np.float64) @ other.astype(np.float64).T
    return np.asarray(np.exp((cosine - 1) / width))


def _logs(probabilities: Sequence[Mapping[Label, float]]) -> Array:
    told = np.array([[p[label] for label in _LABELS] for p in probabilities], dtype=np.float64)
    return np.log(np.maximum(told, _LEAST))


def _softmax(logits: Array) -> Array:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def _words(prepared: PreparedRecord) -> tuple[str, str]:
    subject = prepared.fields[SUBJECT].text if SUBJECT in prepared.fields else ""
    return (" ".join(prepared.text.casefold().split()), " ".join(subject.casefold().split()))
