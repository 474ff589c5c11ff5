"""What corrections are worth: macro-F1 on a team's other notes after 0, 10, 30 and 100 of them.

``python -m eval.bench.corrections TEAM.jsonl [--beside eval/sets/dev]`` draws corrections at random
from one team's labelled notes, families kept whole, and scores the rest; with ``--beside`` also a
general set under the most corrections, which must not suffer.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from auditor.classify.corrected import RIDGE, CorrectedClassifier
from auditor.classify.local import LocalClassifier
from auditor.classify.precedents import JudgedRecord
from auditor.classify.protocol import Classifier
from auditor.domain.labels import Label
from auditor.reading.prepared import prepare
from eval.labelled import LabelledRecord, load_labelled
from eval.metrics import confusion_matrix, macro_f1

COUNTS = (0, 10, 30, 100)
"""Corrections."""
DRAWS = 20
HELD = 0.35
"""Share of the families that is scored."""
_FAMILY = ("fam:", "pair:")


class Point(NamedTuple):
    """One point of the learning curve."""

    corrections: int
    mean: float
    """Mean macro-F1 over the draws."""
    low: float
    """2.5th percentile over the draws."""
    high: float


def judged_records(paths: Sequence[Path]) -> list[tuple[JudgedRecord, str]]:
    """Labelled records, prepared, each with its family."""
    out = []
    for path in paths:
        for labelled in load_labelled(path).records:
            told = JudgedRecord(labelled.id, prepare(labelled.record), labelled.label)
            out.append((told, _family(labelled)))
    return out


def _family(labelled: LabelledRecord) -> str:
    return next((t for t in labelled.tags if t.startswith(_FAMILY)), labelled.id)


def learning_curve(
    base: Classifier,
    team: Sequence[tuple[JudgedRecord, str]],
    *,
    ridge: float = RIDGE,
    counts: Sequence[int] = COUNTS,
    draws: int = DRAWS,
    seed: int = 0,
) -> list[Point]:
    """Scores the base classifier under so many corrections, over random draws."""
    rng = random.Random(seed)  # noqa: S311 (shuffling, not secrets)
    scores: dict[int, list[float]] = {n: [] for n in counts}
    for _ in range(draws):
        pool, held = _split(team, rng)
        for n in counts:
            scores[n].append(_score(base, pool[:n], held, ridge))
    return [
        Point(n, float(np.mean(s)), *map(float, np.percentile(s, [2.5, 97.5])))
        for n, s in scores.items()
    ]


def _split(
    team: Sequence[tuple[JudgedRecord, str]], rng: random.Random
) -> tuple[list[JudgedRecord], list[JudgedRecord]]:
    families = sorted({family for _, family in team})
    rng.shuffle(families)
    held = set(families[: round(len(families) * HELD)])
    pool = [judged for judged, family in team if family not in held]
    rng.shuffle(pool)
    return pool, [judged for judged, family in team if family in held]


def _score(
    base: Classifier,
    corrections: Sequence[JudgedRecord],
    held: Sequence[JudgedRecord],
    ridge: float,
) -> float:
    learned = CorrectedClassifier(base, lambda: corrections, ridge=ridge)
    opinions = learned.opine([j.prepared for j in held])
    predicted = [max(o.probabilities, key=o.probabilities.__getitem__) for o in opinions]
    return float(macro_f1(confusion_matrix([j.label for j in held], predicted)))


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the curve."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.corrections", description=__doc__)
    parser.add_argument("team", type=Path, nargs="+", help="one team's labelled notes")
    parser.add_argument("--ridge", type=float, nargs="+", default=[RIDGE])
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--beside", type=Path, help="a general set that must not suffer")
    given = parser.parse_args(argv)
    base = LocalClassifier()
    team = judged_records(given.team)
    labels = {label: sum(j.label is label for j, _ in team) for label in Label}
    print(len(team), {k.value: v for k, v in labels.items()})  # noqa: T201
    others = [j for j, _ in judged_records([given.beside])] if given.beside else []
    for ridge in given.ridge:
        points = learning_curve(base, team, ridge=ridge, draws=given.draws)
        told = "  ".join(
            f"{p.corrections}: {p.mean:.3f} ({p.low:.2f}-{p.high:.2f})" for p in points
        )
        print(f"ridge {ridge}: {told}")  # noqa: T201
        if others:
            before = _score(base, [], others, ridge)
            after = _score(base, [j for j, _ in team][: COUNTS[-1]], others, ridge)
            print(f"  {given.beside}: {before:.3f} without, {after:.3f} with 100")  # noqa: T201


if __name__ == "__main__":
    main()
