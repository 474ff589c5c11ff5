"""What the deciding words do, reason by reason, counted over the training records.

A record that is vague for the rep's own plan is decided by the clause that tells the plan, however
loud another clause is.  So at run time the acts of a clause, weighted by how often such acts
decide for the reason that was found, have a say in which clause decides.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from eval.training.data import ACTS, REASONS, Labelled

SMOOTHING = 0.5
"""Added to each count: a pair that was not seen is rare and not impossible."""


def deciding_acts(labelled: Iterable[Labelled]) -> NDArray[np.float64]:
    """Share of each act among the clauses that decide, for each reason.

    Args:
        labelled: records; those without acts or evidence are left out.

    Returns:
        Shares, (reasons, acts), in the order of the model's outputs; a row sums to 1.
    """
    counts = np.full((len(REASONS), len(ACTS)), SMOOTHING)
    for each in labelled:
        reason, quotes = each.record.get("reason"), each.record.get("evidence")
        if reason not in REASONS or not quotes:
            continue
        found = [ACTS.index(act) for clause, act in each.acts if _holds(clause, quotes[0])]
        for act in found:
            counts[REASONS.index(reason), act] += 1 / len(found)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True), dtype=np.float64)


def _holds(clause: str, quote: str) -> bool:
    """Whether one holds the other; authors' clauses and quotes are cut at other places."""
    return quote in clause or clause.strip(" .,;") in quote
