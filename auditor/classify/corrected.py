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

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from auditor.classify.precedents import JudgedRecord
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
    """A base classifier under the corrections that stand when it is asked."""

    def __init__(
        self,
        base: Classifier,
        corrections: Callable[[], Sequence[JudgedRecord]],
        *,
        ridge: float = RIDGE,
    ) -> None:
        """Fits nothing until the first record.

        Args:
            base: gives the opinions that are shifted.
            corrections: gives those that stand, oldest first; the same object until they change.
            ridge: strength of the ridge, over 0.
        """
        if ridge <= 0:
            raise ValueError(f"the ridge's strength is over 0, not {ridge}")
        self._base, self._corrections, self._ridge = base, corrections, ridge
        self._lock = Lock()
        self._fitted_to: Sequence[JudgedRecord] | None = None
        self._shift: Shift | None = None

    @property
    def name(self) -> str:
        """The base's: a correction changes no policy, it is told apart by its time."""
        return self._base.name

    @property
    def local_model(self) -> str | None:
        """Hash of the base's files, as stored with verdicts."""
        return getattr(self._base, "local_model", None)

    @property
    def corrections(self) -> str | None:
        """Hash of the corrections that were last put to use, as stored with verdicts."""
        with self._lock:
            if not self._fitted_to:
                return None
            told = "\n".join(f"{j.id} {j.label.value}" for j in self._fitted_to)
        return f"{len(self._fitted_to)}@sha256:{hashlib.sha256(told.encode()).hexdigest()[:16]}"

    def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
        """Gives one opinion a record, in order."""
        shift = self._current()
        opinions = self._base.opine(records)
        if shift is None:
            return opinions
        return [shift.apply(r, o) for r, o in zip(records, opinions, strict=True)]

    def _current(self) -> Shift | None:
        """What the corrections that stand now amount to; fitted anew where they changed."""
        told = self._corrections()
        with self._lock:
            if told is not self._fitted_to:
                judged = list({j.id: j for j in told}.values())[-MOST:]
                self._shift = Shift(self._base, judged, ridge=self._ridge) if judged else None
                self._fitted_to = told
            return self._shift


class Shift:
    """What corrections amount to."""

    def __init__(self, base: Classifier, judged: Sequence[JudgedRecord], *, ridge: float) -> None:
        """Fits the weights; a tenth of a second for a few hundred corrections.

        Args:
            base: whose opinions are to be shifted.
            judged: one or more corrections.
            ridge: strength of the ridge, over 0.
        """
        records = [j.prepared for j in judged]
        gold = np.array([_LABELS.index(j.label) for j in judged])
        self._twins = {_twin_key(j.prepared): j.label for j in judged}
        self._wording = Wording([_words(r) for r in records])
        vectors = self._wording.vectors([_words(r) for r in records])
        likeness = np.asarray(vectors @ vectors.T, dtype=np.float64)
        offsets = _logs([o.probabilities for o in base.opine(records)])
        shares = fit_shift(likeness, offsets, gold, ridge=ridge)
        self._weights = np.asarray(vectors.T.astype(np.float64) @ shares)

    def apply(self, record: PreparedRecord, opinion: Opinion) -> Opinion:
        """The opinion with its probabilities shifted."""
        twin = self._twins.get(_twin_key(record))
        if twin is not None:
            rest = (1 - TWIN) / (len(_LABELS) - 1)
            told = {label: TWIN if label is twin else rest for label in _LABELS}
            return replace(opinion, probabilities=told)
        words = self._wording.vectors([_words(record)])[0]
        if not words.any():
            return opinion
        chances = _softmax(_logs([opinion.probabilities])[0] + words @ self._weights)
        return replace(opinion, probabilities=dict(zip(_LABELS, chances.tolist(), strict=True)))


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
