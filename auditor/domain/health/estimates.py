"""An estimate with its interval, the number behind it, and where its records are to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z95 = 1.959964
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One figure."""

    value: float | None
    """The figure; None where the data can't tell it."""
    unit: str
    """``days``, ``share`` (0 to 1), ``count`` or a currency code."""
    definition: str
    """Key into ``DEFINITIONS``."""
    low: float | None = None
    """Lower end of the 95 % interval; None where there is none."""
    high: float | None = None
    """Upper end; None where there is none or the data does not bound it."""
    n: int = 0
    """Records that it rests on."""
    records: str = ""
    """What to ask for to see them; empty where they are those of another figure."""
    note: str = ""
    """Why there is no value, or what to know about it."""


def wilson(share: float, n: float, *, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a share.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927).  It stays within 0 and 1 and holds
    for small n, where the normal interval does not.

    Args:
        share: observed or shrunk share, 0 to 1.
        n: trials, whole or effective.
        z: standard normal quantile.
    """
    if n <= 0:
        return 0.0, 1.0
    centre = share + z * z / (2 * n)
    spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
