"""Scores of predictions on labelled examples: what training runs are compared by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from auditor.classify.composition import FIELD_TEXT
from auditor.classify.evidence import choose_evidence, score_clauses
from eval.training.data import ACTS, IGNORE, LABELS, SIGNS, Example, quote_spans
from eval.training.loop import Prediction


def macro_f1(gold: Sequence[int], said: Sequence[int], classes: int) -> tuple[float, list[float]]:
    """Macro-averaged F1 and the F1 of each class; classes neither told nor said are left out."""
    each = []
    for c in range(classes):
        hit = sum(g == c == s for g, s in zip(gold, said, strict=True))
        total = list(gold).count(c) + list(said).count(c)
        each.append(2 * hit / total if total else float("nan"))
    present = [f for f in each if f == f]
    return (sum(present) / len(present) if present else 0.0), each


def score(examples: Sequence[Example], predictions: Sequence[Prediction]) -> dict[str, Any]:
    """All scores, on all examples and apart for notes and transcripts."""
    pairs = list(zip(examples, predictions, strict=True))
    parts = {
        "all": pairs,
        "notes": [p for p in pairs if not p[0].labelled.is_transcript],
        "transcripts": [p for p in pairs if p[0].labelled.is_transcript],
    }
    return {name: _score_part(part) for name, part in parts.items() if part}


def _score_part(pairs: list[tuple[Example, Prediction]]) -> dict[str, Any]:
    gold = [e.labelled.label for e, _ in pairs]
    said = [int(p.labels.argmax()) for _, p in pairs]
    macro, each = macro_f1(gold, said, len(LABELS))
    out: dict[str, Any] = {
        "n": len(pairs),
        "macro_f1": macro,
        "accuracy": sum(g == s for g, s in zip(gold, said, strict=True)) / len(pairs),
        "per_label": dict(zip(LABELS, each, strict=True)),
        "reasons": sum(_reason_right(e, p) for e, p in pairs) / len(pairs),
        "signs": _signs(pairs),
    }
    return out | _both_right(pairs) | _acts(pairs) | _evidence(pairs)


def _reason_right(example: Example, prediction: Prediction) -> bool:
    return bool(example.reasons[int(prediction.reasons.argmax())] > 0)


def _signs(pairs: list[tuple[Example, Prediction]]) -> dict[str, float]:
    told = np.stack([e.signs for e, _ in pairs])
    said = np.stack([p.signs > 0 for _, p in pairs])
    return {s: float((told[:, i] == said[:, i]).mean()) for i, s in enumerate(SIGNS)}


def _both_right(pairs: list[tuple[Example, Prediction]]) -> dict[str, Any]:
    """Share of pairs within families, of different labels, of which both members are right."""
    families: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    for example, prediction in pairs:
        label = example.labelled.label
        families[example.labelled.family].append((label, int(prediction.labels.argmax()) == label))
    found: dict[str, list[bool]] = defaultdict(list)
    for members in families.values():
        for (a, a_right), (b, b_right) in combinations(members, 2):
            if a != b:
                key = "-".join(LABELS[i].split("_")[0] for i in sorted((a, b)))
                found[key].append(a_right and b_right)
    flat = [r for each in found.values() for r in each]
    return {
        "both_right": sum(flat) / len(flat) if flat else None,
        "both_right_by": {k: sum(v) / len(v) for k, v in sorted(found.items())},
    }


def _acts(pairs: list[tuple[Example, Prediction]]) -> dict[str, float]:
    gold, said = [], []
    for example, prediction in pairs:
        for targets, logits in zip(example.targets, prediction.acts, strict=True):
            told = targets.acts != IGNORE
            gold.append(targets.acts[told])
            said.append(logits[told].argmax(1))
    all_gold, all_said = np.concatenate(gold), np.concatenate(said)
    table = np.zeros((len(ACTS), len(ACTS)), dtype=np.int64)
    np.add.at(table, (all_gold, all_said), 1)
    total = table.sum(0) + table.sum(1)
    each = 2 * np.diag(table) / np.maximum(total, 1)
    return {
        "act_token_accuracy": float((all_gold == all_said).mean()),
        "act_token_macro_f1": float(each[total > 0].mean()),
    }


def _evidence(pairs: list[tuple[Example, Prediction]]) -> dict[str, float]:
    """How often the first quote overlaps a gold quote, and the first gold quote."""
    any_hit = first_hit = in_text = 0
    for example, prediction in pairs:
        clauses = score_clauses(
            example.inputs, example.featured, prediction.acts, prediction.evidence
        )
        chosen = choose_evidence(clauses)
        gold = quote_spans(example.labelled.record["evidence"], example.inputs)
        if not chosen:
            continue
        span = chosen[0].span
        overlaps = [f == span.field and s < span.end and e > span.start for f, s, e in gold]
        any_hit += any(overlaps)
        first_hit += bool(overlaps and overlaps[0])
        in_text += span.field == FIELD_TEXT
    n = len(pairs)
    return {
        "evidence_hit": any_hit / n,
        "evidence_first_hit": first_hit / n,
        "evidence_in_text": in_text / n,
    }


def calibration_temperature(logits: Sequence[np.ndarray[Any, Any]], gold: Sequence[int]) -> float:
    """The temperature that minimises the log loss of the labels, by a search over a grid."""
    rows = np.stack(logits)
    told = np.asarray(gold)
    best, least = 1.0, float("inf")
    for t in np.geomspace(0.4, 4.0, 60):
        scaled = rows / t
        shifted = scaled - scaled.max(1, keepdims=True)
        loss = -(shifted[np.arange(len(told)), told] - np.log(np.exp(shifted).sum(1))).mean()
        if loss < least:
            best, least = float(t), float(loss)
    return best
