"""Batches as padded tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from auditor.classify.features import Featured, Window, window_places
from eval.training.data import IGNORE, Example


@dataclass(frozen=True)
class Batch:
    """Inputs of the model for some records; windows stand in the order of their records."""

    ids: Tensor
    mask: Tensor
    types: Tensor
    roles: Tensor
    shares: Tensor
    places: Tensor
    member: Tensor
    features: Tensor


@dataclass(frozen=True)
class Answers:
    """Targets of a batch."""

    acts: Tensor
    deciding: Tensor
    quoted: Tensor
    labels: Tensor
    reasons: Tensor
    signs: Tensor
    families: Tensor
    """Number of each record's family."""


Tensors = TypeVar("Tensors", Batch, Answers)


def to_device(tensors: Tensors, device: str) -> Tensors:
    """The same tensors on another device."""
    return type(tensors)(**{f.name: getattr(tensors, f.name).to(device) for f in fields(tensors)})


def pad(rows: Sequence[NDArray[np.generic]], length: int, fill: float = 0) -> Tensor:
    """Rows of differing lengths as one tensor."""
    out = np.full((len(rows), length), fill, dtype=rows[0].dtype)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return torch.from_numpy(out)


def collate(featured: Sequence[Featured]) -> Batch:
    """Inputs of records as tensors."""
    windows: list[Window] = [w for f in featured for w in f.windows]
    length = max(len(w.ids) for w in windows)
    member = np.zeros((len(featured), len(windows)), dtype=np.float32)
    at = 0
    for i, f in enumerate(featured):
        member[i, at : at + len(f.windows)] = 1.0
        at += len(f.windows)
    return Batch(
        ids=pad([w.ids for w in windows], length),
        mask=pad([np.ones(len(w.ids), np.int64) for w in windows], length),
        types=pad([w.types for w in windows], length),
        roles=pad([w.roles for w in windows], length),
        shares=pad([w.shares for w in windows], length),
        places=torch.from_numpy(np.concatenate([window_places(len(f.windows)) for f in featured])),
        member=torch.from_numpy(member),
        features=torch.from_numpy(np.stack([f.features for f in featured])),
    )


def answers(examples: Sequence[Example]) -> Answers:
    """Targets of examples as tensors."""
    targets = [t for e in examples for t in e.targets]
    length = max(len(t.acts) for t in targets)
    numbers = {name: n for n, name in enumerate({e.labelled.family for e in examples})}
    return Answers(
        acts=pad([t.acts for t in targets], length, IGNORE),
        deciding=pad([t.deciding for t in targets], length),
        quoted=pad([t.quoted for t in targets], length),
        labels=torch.tensor([e.labelled.label for e in examples]),
        reasons=torch.from_numpy(np.stack([e.reasons for e in examples])),
        signs=torch.from_numpy(np.stack([e.signs for e in examples])),
        families=torch.tensor([numbers[e.labelled.family] for e in examples]),
    )
