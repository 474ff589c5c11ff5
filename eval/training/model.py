"""The multi-task model: acts and evidence for each token, label, reason and tests for each record.

Windows go through the encoder one by one; a window becomes a vector of pooled hidden states and
pooled act probabilities.  The windows of a record are brought together by a learned attention.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from auditor.classify.composition import Role
from auditor.classify.features import FEATURES
from eval.training.bert import HIDDEN, Encoder
from eval.training.data import ACTS, LABELS, REASONS, SIGNS

EMBEDDING = 256
"""Size of the embedding for precedents."""
POSITIONS = 3
"""Numbers that tell a window's place in its record: share before it, is first, is last."""
_TEXT = (Role.NOTE, Role.REP, Role.BUYER, Role.OTHER)
_TAILS = (Role.NOTE_TAIL, Role.REP_TAIL, Role.BUYER_TAIL, Role.OTHER_TAIL)
GROUPS: tuple[tuple[Role, ...], ...] = (
    (*_TEXT, *_TAILS),
    _TAILS,
    (Role.BUYER, Role.BUYER_TAIL),
    (Role.REP, Role.REP_TAIL),
    (Role.HISTORY,),
)
"""The groups of tokens over which act probabilities are pooled by maximum; text first."""
POOLED = HIDDEN * 3 + len(ACTS) * (len(GROUPS) + 2)
"""Length of a window's vector."""


@dataclass(frozen=True)
class Shape:
    """What a model is made of."""

    layers: int = 6
    """Layers of the encoder, counted from the bottom of the base model."""
    dropout: float = 0.1
    """In the encoder."""
    head_dropout: float = 0.25
    """In the record's head."""


class TokenOutput(NamedTuple):
    """What the encoder says of windows."""

    acts: Tensor
    """Logits of each token's act, (windows, tokens, acts)."""
    evidence: Tensor
    """Logits of deciding and of any evidence, (windows, tokens, 2)."""
    pooled: Tensor
    """A vector for each window, (windows, POOLED)."""


class RecordOutput(NamedTuple):
    """What the heads say of records."""

    labels: Tensor
    reasons: Tensor
    signs: Tensor
    embedding: Tensor


class TokenModel(nn.Module):
    """Encoder with the token heads and the pooling of windows."""

    group_table: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.encoder = Encoder(layers=shape.layers, roles=len(Role), dropout=shape.dropout)
        self.acts = nn.Linear(HIDDEN, len(ACTS))
        self.evidence = nn.Linear(HIDDEN, 2)
        table = torch.zeros(len(Role), len(GROUPS))
        for g, group in enumerate(GROUPS):
            table[[int(r) for r in group], g] = 1.0
        self.register_buffer("group_table", table, persistent=False)

    def forward(
        self, ids: Tensor, mask: Tensor, types: Tensor, roles: Tensor, shares: Tensor
    ) -> TokenOutput:
        """Reads windows; all inputs are (windows, tokens)."""
        hidden = self.encoder(ids, mask, types, roles)
        acts, evidence = self.acts(hidden), self.evidence(hidden)
        present = mask.to(hidden.dtype)
        groups = self.group_table[roles] * present[:, :, None]
        pooled = torch.cat(
            [*_pool_hidden(hidden, evidence, present, groups), *_pool_acts(acts, groups, shares)], 1
        )
        return TokenOutput(acts, evidence, pooled)


def _pool_hidden(hidden: Tensor, evidence: Tensor, present: Tensor, groups: Tensor) -> list[Tensor]:
    """Mean of all tokens, of the text's tokens, and by attention to evidence."""
    text = groups[:, :, 0]
    focus = torch.softmax(evidence[:, :, 1].float() - (1 - present) * 1e4, dim=1).to(hidden.dtype)
    return [
        _mean(hidden, present),
        _mean(hidden, text),
        (hidden * focus[:, :, None]).sum(1),
    ]


def _pool_acts(acts: Tensor, groups: Tensor, shares: Tensor) -> list[Tensor]:
    """Maxima by group, mean over the text, and soft counts over the earlier activities."""
    chances = torch.softmax(acts.float(), dim=-1).to(groups.dtype)
    maxima = [(chances * groups[:, :, g, None]).amax(1) for g in range(len(GROUPS))]
    counts = (chances * (groups[:, :, -1] * shares)[:, :, None]).sum(1)
    return [*maxima, _mean(chances, groups[:, :, 0]), counts]


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    total = weights.sum(1, keepdim=True).clamp(min=1.0)
    return (values * weights[:, :, None]).sum(1) / total


class RecordModel(nn.Module):
    """Brings the windows of each record together and judges the record."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.weigh = nn.Sequential(nn.Linear(POOLED + POSITIONS, 64), nn.Tanh(), nn.Linear(64, 1))
        size = POOLED + FEATURES
        self.body = nn.Sequential(
            nn.Dropout(shape.head_dropout), nn.Linear(size, EMBEDDING), nn.GELU()
        )
        self.signs = nn.Linear(size, len(SIGNS))
        self.reasons = nn.Linear(EMBEDDING + len(SIGNS), len(REASONS))
        self.labels = nn.Linear(EMBEDDING + len(SIGNS), len(LABELS))
        self.dropout = nn.Dropout(shape.head_dropout)

    def forward(
        self, pooled: Tensor, places: Tensor, member: Tensor, features: Tensor
    ) -> RecordOutput:
        """Judges records.

        Args:
            pooled: window vectors, (windows, POOLED).
            places: place of each window in its record, (windows, POSITIONS).
            member: 1 where a window belongs to a record, (records, windows).
            features: feature vectors, (records, FEATURES).
        """
        score = self.weigh(torch.cat([pooled, places], 1)).squeeze(1)
        weights = torch.softmax(score[None, :] - (1.0 - member) * 1e4, dim=1)
        whole = torch.cat([weights @ pooled, features], 1)
        embedding = self.body(whole)
        signs = self.signs(whole)
        seen = torch.cat([self.dropout(embedding), torch.sigmoid(signs)], 1)
        unit = torch.nn.functional.normalize(embedding, dim=1)
        return RecordOutput(self.labels(seen), self.reasons(seen), signs, unit)
