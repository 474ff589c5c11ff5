"""Measures the local model against plain classifiers on one set, in one table.

``python -m eval.bench.classifiers SET --train SET [--plain] [--json FILE]``: rules only, TF-IDF
with logistic regression, nearest neighbours and logistic regression over the frozen base encoder,
and (unless ``--plain``) the shipped model, all through the same grounding, policy and scores.  The
frozen encoder needs extra ``train``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from auditor.classify.protocol import Classifier
from auditor.classify.registry import make_classifier, make_policy
from auditor.settings import Settings
from eval.baselines import Baseline, Embed, fit_baseline
from eval.labelled import LabelledRecord, LabelledSet, load_labelled
from eval.metrics import Floats
from eval.run import run_set

_BATCH = 64
_MAX_TOKENS = 256


def frozen_embed() -> Embed:
    """Mean-pooled unit vectors of the base encoder as it comes, (n, 384)."""
    import torch

    from eval.training.bert import Encoder, load_base
    from eval.training.run import TOKENIZER, WEIGHTS, base_folder, load_tokenizer

    base = base_folder()
    encoder = Encoder(layers=6, roles=1, dropout=0.0).eval()
    load_base(encoder, base / WEIGHTS)
    tokenizer = load_tokenizer(base / TOKENIZER)

    def embed(texts: Sequence[str]) -> Floats:
        rows = [e.ids[:_MAX_TOKENS] for e in tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        out = np.zeros((len(rows), 384))
        with torch.inference_mode():
            for at in range(0, len(order), _BATCH):
                chosen = order[at : at + _BATCH]
                size = max(len(rows[i]) for i in chosen)
                ids = torch.tensor([rows[i] + [0] * (size - len(rows[i])) for i in chosen])
                mask = (ids != 0).long()
                hidden = encoder(ids, mask, torch.zeros_like(ids), torch.zeros_like(ids))
                mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
                out[chosen] = torch.nn.functional.normalize(mean, dim=1).numpy()
        return out

    return embed


def remembering(embed: Embed) -> Embed:
    """Embeds each text once, however often and for however many classifiers it is asked for."""
    known: dict[str, Floats] = {}

    def embed_new(texts: Sequence[str]) -> Floats:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, embed(new), strict=True))
        return np.stack([known[text] for text in texts])

    return embed_new


def classifiers(
    train: Sequence[LabelledRecord], *, plain: bool = False
) -> Iterator[tuple[str, Classifier]]:
    """Each classifier with the name of its row; the plain ones alone where asked."""
    yield "rules only", make_classifier("rules", Settings())
    yield "TF-IDF + LR", fit_baseline(Baseline.TFIDF, train)
    embed = remembering(frozen_embed())
    yield "frozen MiniLM, kNN", fit_baseline(Baseline.KNN, train, embed=embed)
    yield "frozen MiniLM + LR", fit_baseline(Baseline.FROZEN, train, embed=embed)
    if not plain:
        yield "local model", make_classifier("local", Settings())


def row(name: str, classifier: Classifier, labelled: LabelledSet) -> dict[str, Any]:
    """The scores of one classifier on a set, and of its notes, transcripts and pairs."""
    policy = make_policy(classifier, Settings())
    result = run_set(labelled, classifier, policy)
    scores = result.scores
    by_tag = scores["by_tag"]
    return {
        "classifier": name,
        "macro_f1": scores["macro_f1"],
        "ci95": scores["macro_f1_ci95"],
        "notes": by_tag.get("format:note", {}).get("macro_f1"),
        "transcripts": by_tag.get("format:transcript", {}).get("macro_f1"),
        "f1": {label: v["f1"] for label, v in scores["per_label"].items()},
        "pairs_both_right": scores["pairs"]["both_right_rate"],
        "reason_accuracy": scores["reason_accuracy"],
        "deciding_hit": scores["evidence"]["deciding_hit_rate"],
        "ece": scores["ece"],
        "coverage_at_95": scores["coverage_at_95_accuracy"],
        "records_per_second": scores["records_per_second"],
    }


def main() -> None:
    """Prints the table, a line as each classifier is done."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.classifiers", description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--plain", action="store_true", help="without the shipped model")
    parser.add_argument("--json", type=Path, help="also write the rows here")
    given = parser.parse_args()
    labelled = load_labelled(given.set)
    rows = []
    for name, classifier in classifiers(load_labelled(given.train).records, plain=given.plain):
        rows.append(row(name, classifier, labelled))
        sys.stdout.write(_line(rows[-1]) + "\n")
        sys.stdout.flush()
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def _line(scores: dict[str, Any]) -> str:
    def shown(value: float | None) -> str:
        return "" if value is None else f"{value:.3f}"

    low, high = scores["ci95"]
    labels = "/".join(shown(v)[1:] for v in scores["f1"].values())
    cells = [
        scores["classifier"],
        f"{shown(scores['macro_f1'])} ({low:.2f} to {high:.2f})",
        shown(scores["notes"]),
        shown(scores["transcripts"]),
        labels,
        shown(scores["pairs_both_right"]),
        shown(scores["reason_accuracy"]),
        shown(scores["deciding_hit"]),
        shown(scores["ece"]),
        shown(scores["coverage_at_95"]),
        f"{scores['records_per_second']:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
