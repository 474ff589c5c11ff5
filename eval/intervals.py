"""Bootstrap intervals that keep records of one family or pair together.

Records that were written as edits of one another are not independent; whole clusters are drawn with
replacement, so that the interval is not too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditor.domain.labels import Label
from eval.metrics import LABELS, Floats, label_codes

RESAMPLES = 2000
"""Enough for the 2.5 % and 97.5 % points (Efron & Tibshirani 1993, ch. 13, ask for 1,000)."""
SEED = 20260302
LEVEL = 0.95
_CHUNK = 250


class Interval(NamedTuple):
    """A percentile interval."""

    low: float
    """Lower end."""
    high: float
    """Upper end."""

    def as_list(self) -> list[float]:
        """``[low, high]``, rounded for files."""
        return [round(self.low, 6), round(self.high, 6)]


def cluster_codes(clusters: Sequence[str]) -> NDArray[np.int64]:
    """Names of clusters as numbers from 0."""
    _, codes = np.unique(np.asarray(clusters, dtype=object).astype(str), return_inverse=True)
    return codes.astype(np.int64).reshape(-1)


def resampled_counts(
    n_clusters: int, *, resamples: int = RESAMPLES, seed: int = SEED
) -> Iterator[NDArray[np.int64]]:
    """How often each cluster is drawn in each resample, in blocks of shape (b, n_clusters).

    Source: B. Efron (1979), "Bootstrap methods: another look at the jackknife"; drawing whole
    clusters: A. C. Davison & D. V. Hinkley (1997), "Bootstrap Methods and their Application", 3.8.
    """
    rng = np.random.default_rng(seed)
    even = np.full(n_clusters, 1 / n_clusters)
    for start in range(0, resamples, _CHUNK):
        size = min(_CHUNK, resamples - start)
        yield rng.multinomial(n_clusters, even, size=size).astype(np.int64)


def resampled_sums(
    per_record: NDArray[np.number],
    clusters: Sequence[str],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Floats:
    """Sums over the records of each resample.

    Args:
        per_record: shape (n, k), one row a record.
        clusters: which cluster each record belongs to; records of one are drawn together.
        resamples: how many.
        seed: equal seeds and clusters give the same draws, so that two systems can be paired.

    Returns:
        Shape (resamples, k).
    """
    codes = cluster_codes(clusters)
    n_clusters = int(codes.max()) + 1
    totals = np.zeros((n_clusters, per_record.shape[1]), dtype=np.float64)
    np.add.at(totals, codes, per_record)
    draws = resampled_counts(n_clusters, resamples=resamples, seed=seed)
    return np.concatenate([block @ totals for block in draws])


def resampled_confusions(
    gold: Sequence[Label],
    predicted: Sequence[Label],
    clusters: Sequence[str],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Floats:
    """Confusion matrices of the resamples, shape (resamples, 3, 3)."""
    size = len(LABELS)
    cells = label_codes(gold) * size + label_codes(predicted)
    hot = np.zeros((len(cells), size * size))
    hot[np.arange(len(cells)), cells] = 1
    sums = resampled_sums(hot, clusters, resamples=resamples, seed=seed)
    return sums.reshape(-1, size, size)


def percentile_interval(values: NDArray[np.number], *, level: float = LEVEL) -> Interval:
    """The central ``level`` of resampled values.

    Source: B. Efron & R. Tibshirani (1993), "An Introduction to the Bootstrap", ch. 13.
    """
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return Interval(float(low), float(high))


def index_interval(
    statistic: Callable[[NDArray[np.int64]], float],
    clusters: Sequence[str],
    *,
    resamples: int = 500,
    seed: int = SEED,
) -> Interval | None:
    """Interval of any statistic of record numbers, which it gets with repetitions.

    Slower than the sums above, for what is no function of sums.  Resamples on which the statistic
    is not defined (NaN) are left out; None where that leaves under half of them.
    """
    codes = cluster_codes(clusters)
    members = [np.flatnonzero(codes == c) for c in range(int(codes.max()) + 1)]
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(resamples):
        drawn = rng.integers(0, len(members), size=len(members))
        values.append(statistic(np.concatenate([members[c] for c in drawn])))
    finite = np.asarray([v for v in values if np.isfinite(v)])
    return percentile_interval(finite) if len(finite) >= resamples / 2 else None
