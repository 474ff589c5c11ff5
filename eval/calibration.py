"""How well probabilities match what happens, and what leaving the uncertain ones out is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditor.domain.labels import Label
from eval.metrics import LABELS, Floats, label_codes

BINS = 15
"""Equal-width bins over [0, 1] of the confidence, as in Guo et al. (2017)."""
TARGET_ACCURACY = 0.95


class ReliabilityBin(NamedTuple):
    """One bin of the reliability curve."""

    low: float
    """Lower end of the bin, exclusive but for the first."""
    high: float
    """Upper end, inclusive."""
    confidence: float
    """Mean confidence of its records."""
    accuracy: float
    """Share of them that is right."""
    n: int
    """Its records."""


class RiskPoint(NamedTuple):
    """One point of the risk-coverage curve."""

    coverage: float
    """Share of records kept."""
    risk: float
    """Share of the kept ones that is wrong."""
    threshold: float
    """The confidence from which on records are kept."""


def probability_matrix(probabilities: Sequence[Mapping[Label, float]]) -> Floats:
    """Probabilities as an array of shape (n, 3), in the order of ``LABELS``."""
    rows = [[float(p.get(label, 0.0)) for label in LABELS] for p in probabilities]
    return np.asarray(rows, dtype=np.float64).reshape(-1, len(LABELS))


def brier_score(gold: Sequence[Label], probabilities: Floats) -> float:
    """Mean squared distance of the probabilities from the truth, 0 (best) to 2.

    Source: G. W. Brier (1950), "Verification of forecasts expressed in terms of probability": the
    sum over all classes, not halved.
    """
    truth = np.eye(len(LABELS))[label_codes(gold)]
    return float(((probabilities - truth) ** 2).sum(axis=1).mean())


def reliability_curve(
    confidence: Floats, right: NDArray[np.bool_], *, bins: int = BINS
) -> list[ReliabilityBin]:
    """Confidence against accuracy in equal-width bins; empty bins are left out.

    Source: A. Niculescu-Mizil & R. Caruana (2005), "Predicting good probabilities with supervised
    learning"; bins ``(low, high]`` as in C. Guo et al. (2017), "On calibration of modern neural
    networks".
    """
    edges = np.linspace(0.0, 1.0, bins + 1)
    at = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    curve = []
    for b in range(bins):
        own = at == b
        n = int(own.sum())
        if n:
            mean, share = float(confidence[own].mean()), float(right[own].mean())
            curve.append(ReliabilityBin(float(edges[b]), float(edges[b + 1]), mean, share, n))
    return curve


def expected_calibration_error(
    confidence: Floats, right: NDArray[np.bool_], *, bins: int = BINS
) -> float:
    """Mean distance of accuracy from confidence over the bins, weighted by their records, 0 to 1.

    Source: M. P. Naeini et al. (2015), "Obtaining well calibrated probabilities using Bayesian
    binning"; on the top label's confidence with 15 equal-width bins as in C. Guo et al. (2017).
    """
    curve = reliability_curve(confidence, right, bins=bins)
    total = sum(b.n for b in curve)
    return sum(b.n * abs(b.accuracy - b.confidence) for b in curve) / total if total else 0.0


def risk_coverage_curve(confidence: Floats, right: NDArray[np.bool_]) -> list[RiskPoint]:
    """Risk of keeping only the most confident records, a point for each distinct confidence.

    Source: R. El-Yaniv & Y. Wiener (2010), "On the foundations of noise-free selective
    classification"; Y. Geifman & R. El-Yaniv (2017), "Selective classification for deep neural
    networks".
    """
    kept, wrong, thresholds = _tied_sums(confidence, right)
    return [
        RiskPoint(float(k / len(confidence)), float(w / k), float(t))
        for k, w, t in zip(kept, wrong, thresholds, strict=True)
    ]


def _tied_sums(confidence: Floats, right: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Records kept and wrong ones among them at each distinct confidence, falling."""
    levels, inverse = np.unique(-confidence, return_inverse=True)
    inverse = inverse.reshape(-1)
    kept = np.cumsum(np.bincount(inverse, minlength=len(levels)))
    wrong = np.cumsum(np.bincount(inverse, weights=~right, minlength=len(levels)))
    return kept.astype(np.float64), wrong.astype(np.float64), -levels


def area_under_risk_coverage(confidence: Floats, right: NDArray[np.bool_]) -> float:
    """Mean risk over the coverages 1/n, 2/n … 1; 0 is best.

    Records of equal confidence are taken in random order on average: the wrong ones among them
    count evenly.  Source: Y. Geifman, G. Uziel & R. El-Yaniv (2019), "Bias-reduced uncertainty
    estimation for deep neural classifiers" (AURC).
    """
    n = len(confidence)
    if not n:
        return 0.0
    kept, wrong, _ = _tied_sums(confidence, right)
    sizes = np.arange(1, n + 1)
    expected = np.interp(sizes, np.concatenate([[0.0], kept]), np.concatenate([[0.0], wrong]))
    return float((expected / sizes).mean())


def coverage_at_accuracy(
    confidence: Floats, right: NDArray[np.bool_], *, target: float = TARGET_ACCURACY
) -> float:
    """Largest share of records that a threshold on the confidence keeps with that accuracy.

    Read off the measured set, so a little optimistic for another.  Source: Y. Geifman & R.
    El-Yaniv (2017), "Selective classification for deep neural networks" (coverage at a risk).
    """
    curve = risk_coverage_curve(confidence, right)
    return max((p.coverage for p in curve if 1 - p.risk >= target - 1e-12), default=0.0)
