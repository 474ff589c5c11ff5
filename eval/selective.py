"""A review threshold with a guarantee: what is decided errs at most so often, so surely.

The method is selection with guaranteed risk (Geifman and El-Yaniv, *Selective Classification for
Deep Neural Networks*, 2017, algorithm 1): on held-out records a binary search over thresholds
bounds the error of what is decided by the exact binomial bound of Clopper and Pearson (1934), each
of its ``ceil(log2 n)`` looks at ``delta / ceil(log2 n)``, so that all bounds hold together.  The
guarantee is for records drawn like the held-out ones; for other people's notes it is a hope.

``python -m eval.selective DEV.json --check TEST.json`` reads runs of ``auditor eval run --json``.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rights = NDArray[np.bool_]
DELTA = 0.05
"""Chance that the guarantee fails."""
RISKS = (0.05, 0.08, 0.10, 0.12, 0.15)
"""Shares of errors among the decided that are asked for."""


class Guaranteed(NamedTuple):
    """A threshold and what it promises."""

    risk: float
    """The most errors among the decided that were asked for, 0 to 1."""
    threshold: float | None
    """Confidence from which a verdict is decided; None where no threshold can promise it."""
    coverage: float
    """Share of the held-out records that are decided."""
    observed: float
    """Share of errors among them."""
    bound: float
    """Upper bound of that share, with certainty 1 - delta."""


class Checked(NamedTuple):
    """What a threshold does on other records."""

    n: int
    """Records."""
    coverage: float
    """Share that is decided."""
    observed: float
    """Share of errors among the decided; 0 where none is decided."""


def upper_bound(errors: int, n: int, delta: float) -> float:
    """Exact upper confidence bound of an error rate (Clopper and Pearson, 1934).

    Args:
        errors: errors seen.
        n: records seen; with none the bound is 1.
        delta: chance that the true rate lies above.
    """
    if errors >= n:
        return 1.0
    from scipy.stats import beta  # only those who fit thresholds need scipy

    return float(beta.ppf(1 - delta, errors + 1, n - errors))


def guaranteed_threshold(
    confidence: Floats, right: Rights, *, risk: float, delta: float = DELTA
) -> Guaranteed:
    """The lowest threshold whose decided records err at most at ``risk``.

    Args:
        confidence: of each held-out record, 0 to 1.
        right: whether its label was right.
        risk: the most errors among the decided, 0 to 1.
        delta: chance that the promise fails.

    Raises:
        ValueError: no records, or numbers out of range.
    """
    if not len(confidence) or len(confidence) != len(right):
        raise ValueError("a threshold needs held-out records, a right or wrong for each")
    if not 0 < risk < 1 or not 0 < delta < 1:
        raise ValueError(f"risk and delta lie between 0 and 1, not {risk} and {delta}")
    levels = np.unique(confidence)
    looks = max(1, math.ceil(math.log2(len(levels))) + 1)
    low, high = 0, len(levels) - 1
    best: Guaranteed | None = None
    for _ in range(looks):
        middle = (low + high) // 2
        found = _at(confidence, right, float(levels[middle]), risk, delta / looks)
        if found.bound <= risk:
            best, high = found, middle - 1
        else:
            low = middle + 1
        if low > high:
            break
    return best or Guaranteed(risk, None, 0.0, 0.0, 1.0)


def _at(confidence: Floats, right: Rights, level: float, risk: float, delta: float) -> Guaranteed:
    decided = confidence >= level
    n, errors = int(decided.sum()), int((decided & ~right).sum())
    return Guaranteed(
        risk, level, n / len(confidence), errors / n if n else 0.0, upper_bound(errors, n, delta)
    )


def check(confidence: Floats, right: Rights, threshold: float) -> Checked:
    """What a threshold does on records that it was not chosen on."""
    decided = confidence >= threshold
    n = int(decided.sum())
    return Checked(
        len(confidence), n / max(1, len(confidence)), int((decided & ~right).sum()) / max(1, n)
    )


def read_run(path: Path) -> tuple[Floats, Rights]:
    """Confidences and rights of a run written by ``auditor eval run --json``."""
    items = json.loads(path.read_text(encoding="utf-8"))["items"]
    confidence = np.array([i["confidence"] for i in items], dtype=np.float64)
    return confidence, np.array([i["label"] == i["gold"] for i in items], dtype=np.bool_)


def main(argv: Sequence[str] | None = None) -> None:
    """Prints a table of thresholds, and what they do on a second run."""
    parser = argparse.ArgumentParser(prog="python -m eval.selective", description=__doc__)
    parser.add_argument("fitted_on", type=Path, help="run on held-out records, JSON")
    parser.add_argument("--check", type=Path, help="run on other records, JSON")
    parser.add_argument("--delta", type=float, default=DELTA, help="chance that it fails")
    given = parser.parse_args(argv)
    held = read_run(given.fitted_on)
    other = read_run(given.check) if given.check else None
    lines = [
        "| errors at most | threshold | decided | errors | bound | checked: decided | errors |"
    ]
    lines.append("|---|---|---|---|---|---|---|")
    for risk in RISKS:
        found = guaranteed_threshold(*held, risk=risk, delta=given.delta)
        lines.append(_line(found, other))
    print("\n".join(lines))  # noqa: T201 (the answer)


def _line(found: Guaranteed, other: tuple[Floats, Rights] | None) -> str:
    if found.threshold is None:
        return f"| {found.risk:.2f} | none | | | | | |"
    told = f"| {found.risk:.2f} | {found.threshold:.3f} | {found.coverage:.2f} "
    told += f"| {found.observed:.3f} | {found.bound:.3f} |"
    if other is None:
        return told + " | |"
    seen = check(*other, found.threshold)
    return told + f" {seen.coverage:.2f} | {seen.observed:.3f} |"


if __name__ == "__main__":
    main()
