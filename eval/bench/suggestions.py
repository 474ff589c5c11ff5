"""Does ``auditor eval suggest`` choose better than chance?  Measured on sets that are labelled.

``python -m eval.bench.suggestions eval/sets/train eval/sets/dev [--start 300] [--n 100]``

Two measures.  The first: of ``n`` records chosen from the second set, which the shipped model has
not learnt from, how many it has wrong, that is, how many labels would teach it something.  The
second: a few whole families of the pool are taken as labelled.  A plain model (TF-IDF with logistic
regression) learns from them and is unsure of some of the rest, by which, and by the shipped
encoder's embeddings, ``n`` records are chosen; then it learns from both and is scored on the other
set.  Each seed draws other families; the ways of choosing share them, so that differences are
paired.  The plain model stands for the shipped one, which knows the labels of the pool already.
``--rare 0.1`` keeps that share of the pool's meaningful steps and losses only, as in an export
where most notes are vague.  Needs scikit-learn (extra ``train``).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from auditor.domain.labels import Label
from auditor.reading.prepared import prepare
from eval.baselines import describe
from eval.labelled import LabelledRecord, load_labelled
from eval.labelling.choosing import pick_diverse
from eval.labelling.outlook import Outlook, Vectors, look_at
from eval.metrics import Floats, Ints, confusion_matrix, macro_f1

Pick = Callable[[Ints, Floats, int], Ints]
"""(pool rows, their margins, seed) to the rows chosen."""


_NOT_VAGUE = ", not vague"


@dataclass(frozen=True)
class Proxy:
    """The plain model and what it learns from and is scored on."""

    vectors: Any
    """TF-IDF of the pool."""
    held_out: Any
    """TF-IDF of the other set."""
    pool: Sequence[LabelledRecord]
    """Records to choose from."""
    gold: Sequence[LabelledRecord]
    """Records of the other set."""

    def fit(self, rows: Ints) -> Any:
        """Learns from some rows of the pool."""
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=10.0, max_iter=300, tol=1e-3, class_weight="balanced")
        return model.fit(self.vectors[rows], [self.pool[i].label.value for i in rows])

    def margins(self, model: Any, rows: Ints) -> Floats:
        """How sure a fitted model is of some rows."""
        chances = np.sort(model.predict_proba(self.vectors[rows]), axis=1)
        margins: Floats = chances[:, -1] - chances[:, -2]
        return margins

    def score(self, model: Any) -> float:
        """Macro-F1 on the other set."""
        by_name = {r.label.value: r.label for r in self.gold}
        said = [by_name[name] for name in model.predict(self.held_out)]
        return float(macro_f1(confusion_matrix([r.label for r in self.gold], said)))


def make_proxy(pool: Sequence[LabelledRecord], gold: Sequence[LabelledRecord]) -> Proxy:
    """Fits the words' weights on the pool, whose texts are known before its labels are."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(sublinear_tf=True, min_df=3)
    vectors = words.fit_transform([describe(prepare(r.record)) for r in pool])
    held_out = words.transform([describe(prepare(r.record)) for r in gold])
    return Proxy(vectors, held_out, pool, gold)


def ways(embeddings: Vectors, n: int) -> dict[str, Pick]:
    """The ways of choosing, by name."""

    def at_random(rows: Ints, _: Floats, seed: int) -> Ints:
        return np.random.default_rng(seed).choice(rows, n, replace=False)

    def uncertain(rows: Ints, margins: Floats, _: int) -> Ints:
        return rows[np.argsort(margins, kind="stable")[:n]]

    def suggested(rows: Ints, margins: Floats, seed: int) -> Ints:
        return rows[pick_diverse(embeddings[rows], margins, n=n, seed=seed)]

    def diverse(rows: Ints, margins: Floats, seed: int) -> Ints:
        even = np.zeros_like(margins)
        mixed = np.random.default_rng(seed).permutation(rows)
        return mixed[pick_diverse(embeddings[mixed], even, n=n, seed=seed)]

    return {
        "random": at_random,
        "suggest": suggested,
        "only uncertain": uncertain,
        "only diverse": diverse,
    }


def measure(
    proxy: Proxy, embeddings: Vectors, *, start: int, n: int, seeds: int
) -> Iterator[dict[str, float]]:
    """Macro-F1 of each way, and the share of its choice that is not vague, a seed at a time."""
    everything = np.arange(len(proxy.pool))
    for seed in range(seeds):
        labelled = _whole_families(proxy.pool, start, seed)
        rest = np.setdiff1d(everything, labelled)
        first = proxy.fit(labelled)
        margins = proxy.margins(first, rest)
        scores = {"none": proxy.score(first)}
        for name, pick in ways(embeddings, n).items():
            chosen = pick(rest, margins, seed)
            scores[name] = proxy.score(proxy.fit(np.concatenate([labelled, chosen])))
            vague = [proxy.pool[i].label is Label.VAGUE_CALLBACK for i in chosen]
            scores[f"{name}{_NOT_VAGUE}"] = 1 - sum(vague) / len(vague)
        yield scores


def _whole_families(pool: Sequence[LabelledRecord], start: int, seed: int) -> Ints:
    """Rows of randomly drawn families, ``start`` or a few more."""
    members: dict[str, list[int]] = {}
    for at, record in enumerate(pool):
        members.setdefault(record.cluster, []).append(at)
    rows: list[int] = []
    for cluster in np.random.default_rng(seed).permutation(sorted(members)):
        rows += members[str(cluster)]
        if len(rows) >= start:
            break
    return np.asarray(rows, dtype=np.int64)


def wrong_shares(
    gold: Sequence[LabelledRecord], view: Outlook, *, n: int, seeds: int
) -> dict[str, float]:
    """Share of the records that each way chooses which the shipped model has wrong."""
    wrong = np.asarray([s is not r.label for s, r in zip(view.labels, gold, strict=True)])
    rows = np.arange(len(gold))
    return {
        name: float(np.mean([wrong[pick(rows, view.margins, s)].mean() for s in range(seeds)]))
        for name, pick in ways(view.embeddings, n).items()
    }


def summarise(scores: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Mean, and mean difference from random with its standard error, of each way."""
    base = np.asarray([s["random"] for s in scores])
    found = {}
    for name in (k for k in scores[0] if not k.endswith(_NOT_VAGUE)):
        own = np.asarray([s[name] for s in scores])
        error = float((own - base).std(ddof=1) / np.sqrt(len(own))) if len(own) > 1 else 0.0
        found[name] = {
            "macro_f1": round(float(own.mean()), 4),
            "over_random": round(float((own - base).mean()), 4),
            "standard_error": round(error, 4),
            "not_vague": round(float(np.mean([s.get(name + _NOT_VAGUE, 0) for s in scores])), 4),
        }
    return found


def thin_out(pool: Sequence[LabelledRecord], share: float) -> Ints:
    """Rows of the pool with all vague records and a share of the others."""
    vague = np.asarray([r.label is Label.VAGUE_CALLBACK for r in pool])
    drawn = np.random.default_rng(0).random(len(pool)) < share
    return np.flatnonzero(vague | drawn)


def _embeddings(pool: Sequence[LabelledRecord], cache: Path | None) -> Vectors:
    if cache is not None and cache.is_file():
        kept: Vectors = np.load(cache)
        if len(kept) == len(pool):
            return kept
    found = _view(pool).embeddings
    if cache is not None:
        np.save(cache, found)
    return found


def _view(records: Sequence[LabelledRecord]) -> Outlook:
    """The shipped model's view."""
    from auditor.classify.registry import make_classifier
    from auditor.settings import Settings

    return look_at([r.record for r in records], make_classifier("local", Settings()))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.suggestions", description=__doc__)
    parser.add_argument("pool", type=Path)
    parser.add_argument("held_out", type=Path)
    parser.add_argument("--start", type=int, default=300, help="records labelled at first")
    parser.add_argument("--n", type=int, default=100, help="records chosen")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--rare", type=float, default=1.0, help="share of the others kept")
    parser.add_argument("--embeddings", type=Path, help="keep the pool's embeddings here (.npy)")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    whole = load_labelled(given.pool).records
    kept = thin_out(whole, given.rare)
    vectors = _embeddings(whole, given.embeddings)[kept]
    gold = load_labelled(given.held_out).records
    proxy = make_proxy([whole[i] for i in kept], gold)
    scores = list(measure(proxy, vectors, start=given.start, n=given.n, seeds=given.seeds))
    found = summarise(scores)
    for name, share in wrong_shares(gold, _view(gold), n=given.n, seeds=given.seeds).items():
        sys.stdout.write(f"{name:16s} the shipped model has wrong {share:.2f}\n")
    for name, row in found.items():
        sys.stdout.write(
            f"{name:16s} macro-F1 {row['macro_f1']:.3f}   over random {row['over_random']:+.3f} "
            f"(standard error {row['standard_error']:.3f})   "
            f"not vague {row['not_vague']:.2f}\n"
        )
    if given.json:
        given.json.write_text(json.dumps({"seeds": scores, "summary": found}, indent=1))


if __name__ == "__main__":
    main()
