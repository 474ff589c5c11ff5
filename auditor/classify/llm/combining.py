"""One opinion of two: a logarithmic pool of what the local model and the language model think.

For each label ``log p = w * log p_llm + (1 - w) * log p_local``, normalised.  Log-odds are averaged
rather than added, since the two read the same words and their errors are not independent; a label
wins by how sure each is, so a language model in doubt does not overrule a sure local one.  A model
states its confidence freely, so it is held between a floor and the accuracy that such models reach
with this codebook.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from auditor.domain.labels import Label

CEILING = 0.96
"""Most that a stated confidence is worth: about as often is a good model right with these rules."""
FLOOR = 0.40
"""Least; under a third the model would have chosen another label."""
_LEAST = 1e-4


def stated(label: Label, confidence: float) -> dict[Label, float]:
    """Probabilities that a label with a stated confidence stands for."""
    held = min(max(confidence, FLOOR), CEILING)
    rest = (1 - held) / (len(Label) - 1)
    return {each: held if each is label else rest for each in Label}


def pool(
    local: Mapping[Label, float], llm: Mapping[Label, float], *, weight: float
) -> dict[Label, float]:
    """The pooled probabilities.

    Args:
        local: the local model's.
        llm: the language model's.
        weight: of the language model, 0 to 1; 1 leaves the local model out.
    """
    logs = {
        label: weight * math.log(max(llm[label], _LEAST))
        + (1 - weight) * math.log(max(local[label], _LEAST))
        for label in Label
    }
    top = max(logs.values())
    raised = {label: math.exp(value - top) for label, value in logs.items()}
    total = sum(raised.values())
    return {label: value / total for label, value in raised.items()}
