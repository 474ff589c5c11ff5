"""The training loop and prediction in torch."""

from __future__ import annotations

import copy
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from eval.training.bert import load_base
from eval.training.collate import Batch, answers, collate, to_device
from eval.training.data import Example, batches
from eval.training.losses import disagreement, total_loss
from eval.training.model import RecordModel, RecordOutput, TokenModel, TokenOutput
from eval.training.settings import Settings

Log = Callable[[str], None]
CLIP = 1.0
WARM = 0.1
"""Share of the steps in which the learning rate rises."""


class Model(nn.Module):
    """Both halves together, as they are trained."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.tokens = TokenModel(settings.shape)
        self.records = RecordModel(settings.shape)


@dataclass(frozen=True)
class Prediction:
    """What a model says of one record."""

    labels: NDArray[np.float32]
    """Logits."""
    reasons: NDArray[np.float32]
    signs: NDArray[np.float32]
    embedding: NDArray[np.float32]
    acts: tuple[NDArray[np.float32], ...]
    """Logits (tokens, acts) of each window."""
    evidence: tuple[NDArray[np.float32], ...]
    """Logits (tokens, 2) of each window."""


def run_batch(model: Model, batch: Batch, *, mixed: bool) -> tuple[TokenOutput, RecordOutput]:
    """One forward pass; model and batch are on one device."""
    with torch.autocast(batch.ids.device.type, dtype=torch.bfloat16, enabled=mixed):
        tokens = model.tokens(batch.ids, batch.mask, batch.types, batch.roles, batch.shares)
    records = model.records(tokens.pooled.float(), batch.places, batch.member, batch.features)
    return tokens, records


def fit(
    train: Sequence[Example],
    settings: Settings,
    weights: Path,
    log: Log,
    *,
    bare: Mapping[str, Example] | None = None,
) -> Model:
    """Trains a model.

    Args:
        train: examples to learn from.
        settings: how.
        weights: the base model's ``model.safetensors``.
        log: takes a line of progress.
        bare: by id, examples without their pending activity, to learn from in some epochs.

    Returns:
        The trained model in evaluation mode.
    """
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    rng = random.Random(settings.seed)  # noqa: S311 (shuffling, not secrets)
    model = Model(settings)
    load_base(model.tokens.encoder, weights)
    model.to(settings.device)
    plan = [
        _epoch(_hide(train, bare or {}, settings, rng), settings, rng)
        for _ in range(settings.epochs)
    ]
    steps = sum(len(p) for p in plan)
    optimiser = torch.optim.AdamW(_groups(model, settings), weight_decay=settings.decay, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda n: _rate(n, steps))
    average = copy.deepcopy(model) if settings.average else None
    step = 0
    for epoch, made in enumerate(plan):
        model.train()
        began, losses = time.perf_counter(), 0.0
        for batch in made:
            losses += _step(model, batch, settings, optimiser)
            schedule.step()
            step += 1
            if average is not None:
                _blend(average, model, min(settings.average, (1 + step) / (10 + step)))
        took = time.perf_counter() - began
        log(f"epoch {epoch + 1}/{settings.epochs} loss {losses / len(made):.4f} {took:.0f} s")
    return (average if average is not None else model).cpu().eval()


def _hide(
    train: Sequence[Example], bare: Mapping[str, Example], settings: Settings, rng: random.Random
) -> list[Example]:
    """Examples, some of them in their form without the pending activity."""
    return [
        bare[e.labelled.key]
        if e.labelled.key in bare and rng.random() < settings.pending_drop
        else e
        for e in train
    ]


def _epoch(train: Sequence[Example], settings: Settings, rng: random.Random) -> list[list[Example]]:
    return batches(
        train,
        size=settings.batch,
        tokens=settings.batch_tokens,
        rng=rng,
        by_family=settings.by_family,
    )


def _step(
    model: Model, examples: list[Example], settings: Settings, optimiser: torch.optim.Optimizer
) -> float:
    twice = examples * 2 if settings.consistency_weight else examples
    batch = to_device(collate([e.featured for e in twice]), settings.device)
    told = to_device(answers(twice), settings.device)
    tokens, records = run_batch(model, batch, mixed=settings.bfloat16)
    loss = total_loss(tokens, records, batch, told, settings)
    if settings.consistency_weight:
        first, second = records.labels.chunk(2)
        loss = loss + settings.consistency_weight * disagreement(first, second)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimiser.step()
    return float(loss.detach())


def _rate(step: int, steps: int) -> float:
    """One cycle: a linear rise, then a cosine fall to nearly nothing."""
    warm = max(1, int(steps * WARM))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm))) + 1e-3


def _groups(model: Model, settings: Settings) -> Iterator[dict[str, object]]:
    encoder = model.tokens.encoder
    depth = len(encoder.layers)
    for n, layer in enumerate(encoder.layers):
        rate = settings.encoder_rate * settings.layer_decay ** (depth - 1 - n)
        yield {"params": list(layer.parameters()), "lr": rate}
    bottom = [encoder.words, encoder.positions, encoder.types, encoder.norm]
    rate = settings.encoder_rate * settings.layer_decay**depth
    yield {"params": [p for m in bottom for p in m.parameters()], "lr": rate}
    heads = [encoder.roles, model.tokens.acts, model.tokens.evidence, model.records]
    yield {"params": [p for m in heads for p in m.parameters()], "lr": settings.head_rate}


def _blend(average: Model, model: Model, keep: float) -> None:
    with torch.no_grad():
        for ours, theirs in zip(average.parameters(), model.parameters(), strict=True):
            ours.mul_(keep).add_(theirs, alpha=1 - keep)


def predict(
    model: Model, examples: Sequence[Example], *, tokens: int = 8192, mixed: bool = False
) -> list[Prediction]:
    """What a model says of examples, in order."""
    device = next(model.parameters()).device.type
    order = sorted(range(len(examples)), key=lambda i: examples[i].featured.length)
    out: dict[int, Prediction] = {}
    with torch.inference_mode():
        for chunk in _chunks(order, examples, tokens):
            chosen = [examples[i] for i in chunk]
            batch = to_device(collate([e.featured for e in chosen]), device)
            result = run_batch(model, batch, mixed=mixed)
            for i, prediction in zip(chunk, _unpack(chosen, *result), strict=True):
                out[i] = prediction
    return [out[i] for i in range(len(examples))]


def _chunks(order: list[int], examples: Sequence[Example], tokens: int) -> Iterator[list[int]]:
    chunk: list[int] = []
    used = 0
    for i in order:
        cost = sum(len(w.ids) for w in examples[i].featured.windows)
        if chunk and used + cost > tokens:
            yield chunk
            chunk, used = [], 0
        chunk.append(i)
        used += cost
    if chunk:
        yield chunk


def _unpack(
    examples: Sequence[Example], tokens: TokenOutput, records: RecordOutput
) -> Iterator[Prediction]:
    def array(tensor: Tensor) -> NDArray[np.float32]:
        return tensor.float().cpu().numpy()

    acts, evidence = array(tokens.acts), array(tokens.evidence)
    at = 0
    for i, example in enumerate(examples):
        sizes = [len(w.ids) for w in example.featured.windows]
        yield Prediction(
            array(records.labels[i]),
            array(records.reasons[i]),
            array(records.signs[i]),
            array(records.embedding[i]),
            tuple(acts[at + n, :size] for n, size in enumerate(sizes)),
            tuple(evidence[at + n, :size] for n, size in enumerate(sizes)),
        )
        at += len(sizes)
