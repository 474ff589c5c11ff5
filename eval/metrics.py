"""Scores of labels against gold labels: accuracy, F1, confusion, reasons, contrast pairs, slices.

All of it is numpy, so that ``auditor eval run`` needs nothing more; the tests hold it against
scikit-learn.  Confusion matrices have gold labels in rows and predictions in columns, in the order
of ``LABELS``, and may be stacked: the functions take any leading axes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditor.domain.labels import Label

LABELS: tuple[Label, ...] = tuple(Label)
"""Order of rows, columns and probabilities."""
_AT = {label: i for i, label in enumerate(LABELS)}

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class LabelScores(NamedTuple):
    """Scores of one label."""

    precision: float
    """Share of its predictions that are right, 0 to 1; 0 where it was never predicted."""
    recall: float
    """Share of its gold records that were found, 0 to 1; 0 where it has none."""
    f1: float
    """Harmonic mean of the two."""
    n: int
    """Gold records."""


class Consistency(NamedTuple):
    """How many groups of records were judged right as a whole."""

    n: int
    """Groups of two or more records."""
    all_right: int
    """Groups whose every record is right."""

    @property
    def rate(self) -> float | None:
        """Share of groups that are all right; None where there is no group."""
        return self.all_right / self.n if self.n else None


def label_codes(labels: Iterable[Label]) -> Ints:
    """Labels as their positions in ``LABELS``."""
    return np.fromiter((_AT[label] for label in labels), dtype=np.int64)


def confusion_matrix(gold: Sequence[Label], predicted: Sequence[Label]) -> Ints:
    """Counts of (gold, predicted), shape (3, 3).

    Source: K. Pearson (1904), "On the theory of contingency"; rows are gold as in scikit-learn's
    ``confusion_matrix``.

    Raises:
        ValueError: where the two differ in length.
    """
    if len(gold) != len(predicted):
        raise ValueError(f"{len(gold)} gold labels and {len(predicted)} predictions")
    size = len(LABELS)
    cells = label_codes(gold) * size + label_codes(predicted)
    return np.bincount(cells, minlength=size * size).reshape(size, size).astype(np.int64)


def _ratio(over: NDArray[np.number], under: NDArray[np.number]) -> Floats:
    """``over / under``, 0 where ``under`` is 0."""
    out: Floats = np.zeros(np.broadcast(over, under).shape, dtype=np.float64)
    np.divide(over, under, out=out, where=under != 0)
    return out


def accuracy(matrix: NDArray[np.number]) -> Floats:
    """Share of records whose label is right, of each matrix of a stack; 0 for an empty one."""
    right = np.trace(matrix, axis1=-2, axis2=-1)
    return _ratio(np.asarray(right), np.asarray(matrix.sum(axis=(-2, -1))))


def f1_scores(matrix: NDArray[np.number]) -> Floats:
    """F1 of each label, shape (..., 3): ``2 TP / (gold + predicted)``, 0 where both are none.

    Source: C. J. van Rijsbergen (1979), "Information Retrieval", ch. 7 (F with equal weights).
    """
    right = np.diagonal(matrix, axis1=-2, axis2=-1)
    return _ratio(2 * right, matrix.sum(axis=-1) + matrix.sum(axis=-2))


def macro_f1(matrix: NDArray[np.number]) -> Floats:
    """Mean of the labels' F1 over the labels that occur as gold or prediction.

    Source: D. D. Lewis (1991), "Evaluating text categorization"; the arithmetic mean of F1s, which
    Opitz & Burst (2019), "Macro F1 and Macro F1", recommend; labels as scikit-learn's ``f1_score``
    takes them by default.
    """
    occurs = (matrix.sum(axis=-1) + matrix.sum(axis=-2)) > 0
    return _ratio(f1_scores(matrix).sum(axis=-1), np.asarray(occurs.sum(axis=-1)))


def label_scores(matrix: NDArray[np.number]) -> dict[Label, LabelScores]:
    """Precision, recall, F1 and count of each label of one matrix.

    Source: A. Kent et al. (1955), "Machine literature searching VIII" (precision and recall).
    """
    right = np.diagonal(matrix)
    precision, recall = _ratio(right, matrix.sum(axis=0)), _ratio(right, matrix.sum(axis=1))
    scores = f1_scores(matrix)
    return {
        label: LabelScores(
            float(precision[i]), float(recall[i]), float(scores[i]), int(matrix[i].sum())
        )
        for label, i in _AT.items()
    }


def confusion_table(matrix: NDArray[np.number]) -> dict[str, dict[str, int]]:
    """A matrix as ``{gold: {predicted: n}}`` by the labels' names."""
    return {
        gold.value: {said.value: int(matrix[i, j]) for said, j in _AT.items()}
        for gold, i in _AT.items()
    }


def reason_accuracy(right: Iterable[bool | None]) -> float | None:
    """Share of records whose reason is the gold one or an accepted alternate.

    Source: the project's codebook, "Reasons"; scoring against several valid references follows
    P. Rajpurkar et al. (2016), "SQuAD: 100,000+ questions for machine comprehension of text".

    Args:
        right: whether each record's reason is accepted; None, left out, where it has no gold one.

    Returns:
        0 to 1, or None where no record has a gold reason.
    """
    scored = [r for r in right if r is not None]
    return sum(scored) / len(scored) if scored else None


def group_consistency(groups: Iterable[str | None], right: Iterable[bool]) -> Consistency:
    """Counts the groups (contrast pairs, families) whose every record is right.

    Records without a group, and groups of one, are left out.  Source: M. Gardner et al. (2020),
    "Evaluating models' local decision boundaries via contrast sets" (contrast consistency).
    """
    members: dict[str, list[bool]] = defaultdict(list)
    for group, one in zip(groups, right, strict=True):
        if group is not None:
            members[group].append(one)
    whole = [all(m) for m in members.values() if len(m) > 1]
    return Consistency(len(whole), sum(whole))


class SliceScores(NamedTuple):
    """Scores of the records with one tag."""

    n: int
    """Records with the tag."""
    accuracy: float
    """Share with the right label."""
    macro_f1: float
    """Macro-F1 over the labels that occur in the slice."""


def slice_scores(
    tags: Sequence[Iterable[str]], gold: Sequence[Label], predicted: Sequence[Label]
) -> dict[str, SliceScores]:
    """Scores of each tag's records, by the tag's name; a record counts under each of its tags.

    Source: per-slice reporting follows M. Mitchell et al. (2019), "Model cards for model
    reporting" (disaggregated evaluation).
    """
    members: dict[str, list[int]] = defaultdict(list)
    for at, own in enumerate(tags):
        for tag in dict.fromkeys(own):
            members[tag].append(at)
    scores = {}
    for tag in sorted(members):
        of = members[tag]
        matrix = confusion_matrix([gold[i] for i in of], [predicted[i] for i in of])
        scores[tag] = SliceScores(len(of), float(accuracy(matrix)), float(macro_f1(matrix)))
    return scores
