"""How far two people agree on the labels of the same records, beyond chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

_Z95 = 1.959964
"""97.5 % point of the normal distribution."""


class Kappa(NamedTuple):
    """Cohen's kappa with its large-sample interval."""

    value: float | None
    """1 is perfect, 0 what chance gives; None where both used one label only."""
    low: float | None
    """Lower end of the 95 % interval; None where there is no value."""
    high: float | None
    """Upper end."""


def cohen_kappa(matrix: Sequence[Sequence[float]]) -> float:
    """Agreement of two annotators beyond chance; NaN where both use one label only.

    Source: J. Cohen (1960), "A coefficient of agreement for nominal scales".

    Args:
        matrix: counts, first annotator in rows, second in columns; at least one is not 0.
    """
    total = sum(map(sum, matrix))
    observed = sum(row[i] for i, row in enumerate(matrix)) / total
    expected = _expected(matrix, total)
    return math.nan if expected == 1 else (observed - expected) / (1 - expected)


def kappa_with_interval(matrix: Sequence[Sequence[float]]) -> Kappa:
    """Cohen's kappa with its 95 % interval from the large-sample standard error.

    Source: J. Fleiss, J. Cohen & B. Everitt (1969), "Large sample standard errors of kappa and
    weighted kappa", formula 13.  With few records it is a rough guide; the bootstrap of ``auditor
    eval agreement`` counts records of one opportunity as one.

    Args:
        matrix: as for ``cohen_kappa``.
    """
    value = cohen_kappa(matrix)
    if math.isnan(value):
        return Kappa(None, None, None)
    total = sum(map(sum, matrix))
    shares = [[n / total for n in row] for row in matrix]
    rows = [sum(row) for row in shares]
    columns = [sum(column) for column in zip(*shares, strict=True)]
    expected = _expected(matrix, total)
    agree = sum(
        shares[i][i] * (1 - (rows[i] + columns[i]) * (1 - value)) ** 2 for i in range(len(rows))
    )
    differ = (1 - value) ** 2 * sum(
        shares[i][j] * (columns[i] + rows[j]) ** 2
        for i in range(len(rows))
        for j in range(len(rows))
        if i != j
    )
    left = (value - expected * (1 - value)) ** 2
    spread = max(0.0, agree + differ - left)
    error = math.sqrt(spread / total) / (1 - expected)
    return Kappa(value, max(-1.0, value - _Z95 * error), min(1.0, value + _Z95 * error))


def _expected(matrix: Sequence[Sequence[float]], total: float) -> float:
    """Share that would agree by chance."""
    columns = [sum(column) for column in zip(*matrix, strict=True)]
    met = sum(sum(row) * column for row, column in zip(matrix, columns, strict=True))
    return float(met / total**2)
