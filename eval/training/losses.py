"""What training minimises."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from eval.training.collate import Answers, Batch
from eval.training.data import IGNORE
from eval.training.model import RecordOutput, TokenOutput
from eval.training.settings import Settings


def total_loss(
    tokens: TokenOutput, records: RecordOutput, batch: Batch, answers: Answers, settings: Settings
) -> Tensor:
    """Weighted sum of the tasks' losses."""
    labels = functional.cross_entropy(
        records.labels.float(), answers.labels, label_smoothing=settings.smoothing
    )
    return (
        labels
        + settings.acts_weight * _acts(tokens.acts, answers.acts)
        + settings.signs_weight * _signs(records.signs, answers.signs)
        + settings.reasons_weight
        * functional.cross_entropy(records.reasons.float(), answers.reasons)
        + settings.evidence_weight * _evidence(tokens.evidence, batch.mask, answers)
        + settings.margin_weight * _margins(records.labels.float(), answers, settings.margin)
    )


def disagreement(first: Tensor, second: Tensor) -> Tensor:
    """Mean symmetric Kullback-Leibler divergence of two readings with other dropout.

    Source: X. Liang et al., R-Drop: Regularized Dropout for Neural Networks (2021).
    """
    one, other = (functional.log_softmax(x.float(), dim=1) for x in (first, second))
    each = (one.exp() - other.exp()) * (one - other)
    return each.sum(1).mean() / 2


def _margins(logits: Tensor, answers: Answers, margin: float) -> Tensor:
    """Mean hinge over pairs of a family with different labels.

    Of members a and b with labels A and B, the log odds of A against B must be greater in a than
    in b by ``margin``: what both members share can't move it, only what was edited.
    """
    labels = answers.labels
    related = answers.families[:, None] == answers.families[None, :]
    first, second = torch.nonzero(
        torch.triu(related & (labels[:, None] != labels[None, :])), as_tuple=True
    )
    if not len(first):
        return logits.sum() * 0.0
    one, other = labels[first], labels[second]
    odds = logits[first, one] - logits[first, other] - logits[second, one] + logits[second, other]
    return functional.relu(margin - odds).mean()


def _acts(logits: Tensor, told: Tensor) -> Tensor:
    if not bool((told != IGNORE).any()):
        return logits.sum() * 0.0
    return functional.cross_entropy(
        logits.float().flatten(0, 1), told.flatten(), ignore_index=IGNORE
    )


def _signs(logits: Tensor, told: Tensor) -> Tensor:
    known = ~torch.isnan(told)
    if not bool(known.any()):
        return logits.sum() * 0.0
    return functional.binary_cross_entropy_with_logits(logits.float()[known], told[known])


def _evidence(logits: Tensor, mask: Tensor, answers: Answers) -> Tensor:
    told = torch.stack([answers.deciding, answers.quoted], dim=-1)
    each = functional.binary_cross_entropy_with_logits(logits.float(), told, reduction="none")
    here = mask[:, :, None].float()
    return (each * here).sum() / here.sum()
