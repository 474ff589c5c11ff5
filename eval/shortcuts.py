"""Looks for shortcuts in a labelled set: models that see only what must not decide.

Run ``python -m eval.shortcuts FILE-OR-FOLDER...``.  Each probe sees one surface trait and is scored
by cross-validation in which a family never stands on both sides.  A sound set leaves them near
chance (a third).  Source: S. Gururangan et al. (2018), "Annotation artifacts in natural language
inference data"; R. Geirhos et al. (2020), "Shortcut learning in deep neural networks".
"""

from __future__ import annotations

import argparse
import json
import math
import re
import string
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from auditor.domain.labels import Label
from auditor.errors import AuditorError, ConfigurationError, InputError
from eval.intervals import Interval, percentile_interval, resampled_confusions
from eval.labelled import LabelledRecord, load_labelled
from eval.metrics import confusion_matrix, macro_f1

FOLDS = 5
_DAY_WORD = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|today|next week|this week)\b", re.I
)
_MONTH_WORD = re.compile(
    r"\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b",
    re.I,
)
_CLOCK = re.compile(r"\b\d{1,2}(?::\d{2}|\s?[ap]m)\b", re.I)
_ORDINAL = re.compile(r"\b\d{1,2}(?:st|nd|rd|th)\b", re.I)


def see_length(record: LabelledRecord) -> list[float]:
    """Characters, words, lines and mean word length of the text."""
    text = record.record.activity.text
    words = text.split()
    mean = sum(map(len, words)) / len(words) if words else 0.0
    return [math.log1p(len(text)), math.log1p(len(words)), float(text.count("\n")), mean]


def see_punctuation(record: LabelledRecord) -> list[float]:
    """Each mark's share of the characters, and that of capitals."""
    text = record.record.activity.text
    size = max(1, len(text))
    counts = Counter(text)
    marks = [100 * counts[mark] / size for mark in string.punctuation + "–—’“”…"]
    return [*marks, 100 * sum(c.isupper() for c in text) / size]


def see_dates(record: LabelledRecord) -> list[float]:
    """How many digits, day words, months, clock times and ordinals the text holds."""
    text = record.record.activity.text
    digits = sum(c.isdigit() for c in text)
    found = [len(p.findall(text)) for p in (_DAY_WORD, _MONTH_WORD, _CLOCK, _ORDINAL)]
    return [float(digits > 0), float(digits), *map(float, found)]


def see_context(record: LabelledRecord) -> str:
    """Stage, kind, format and number of earlier activities, without any text."""
    own = record.record
    return (
        f"stage_{own.opportunity.stage.replace(' ', '_')} kind_{own.activity.kind.value} "
        f"format_{own.activity.format.value} past_{min(len(own.history), 5)}"
    )


def see_pending(record: LabelledRecord) -> str:
    """Only the pending activity: kind, subject, and the distance of its due day."""
    pending = record.record.activity.next_activity
    if pending is None:
        return "pending_none"
    if pending.due_on is None:
        due = "due_none"
    else:
        days = (pending.due_on - record.record.activity.occurred_at.date()).days
        due = f"due_{sum(days > edge for edge in (-1, 0, 2, 7, 14, 31, 93, 200))}"
    return f"pending_{pending.kind.value} {due} {pending.subject}"


PROBES: dict[str, Callable[[LabelledRecord], list[float]] | Callable[[LabelledRecord], str]] = {
    "length": see_length,
    "punctuation": see_punctuation,
    "dates": see_dates,
    "context": see_context,
    "pending": see_pending,
}
"""What each probe sees of a record: numbers, or words."""


@dataclass(frozen=True)
class ProbeScore:
    """How far one probe gets."""

    name: str
    """What it sees."""
    macro_f1: float
    """By cross-validation."""
    interval: Interval
    """95 % interval, families drawn together."""


def probe(records: Sequence[LabelledRecord], name: str, *, folds: int = FOLDS) -> ProbeScore:
    """Scores one probe.

    Numbers go through boosted trees, which find any cut; words through logistic regression.

    Raises:
        ConfigurationError: without scikit-learn.
        InputError: where there are fewer families than folds.
    """
    gold = [r.label for r in records]
    clusters = [r.cluster for r in records]
    if len(set(clusters)) < folds:
        raise InputError(f"{len(set(clusters))} families are too few for {folds} folds")
    seen = [PROBES[name](r) for r in records]
    said = [Label(str(v)) for v in _cross_predict(seen, gold, clusters, folds)]
    score = float(macro_f1(confusion_matrix(gold, said)))
    drawn = macro_f1(resampled_confusions(gold, said, clusters))
    return ProbeScore(name, score, percentile_interval(drawn))


def _words(seen: str) -> list[str]:
    """Words and pairs of neighbours, cut at blanks."""
    words = seen.lower().split()
    return words + [f"{a} {b}" for a, b in pairwise(words)]


def _cross_predict(
    seen: Sequence[Any], gold: Sequence[Label], clusters: Sequence[str], folds: int
) -> Sequence[str]:
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import GroupKFold, cross_val_predict
        from sklearn.pipeline import make_pipeline
    except ImportError as exc:
        raise ConfigurationError(
            "the probes need scikit-learn; install call-notes-auditor[train]"
        ) from exc
    if isinstance(seen[0], str):
        words = TfidfVectorizer(sublinear_tf=True, analyzer=_words)
        model = make_pipeline(words, LogisticRegression(max_iter=2000))
        inputs: Any = list(seen)
    else:
        model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8, random_state=0)
        inputs = np.asarray(seen)
    targets = np.asarray([g.value for g in gold])
    said: Sequence[str] = cross_val_predict(
        model, inputs, targets, groups=list(clusters), cv=GroupKFold(folds)
    )
    return said


def main(argv: Sequence[str]) -> int:
    """Prints the score of each probe on the sets named."""
    parser = argparse.ArgumentParser(prog="python -m eval.shortcuts", description=__doc__)
    parser.add_argument("sets", nargs="+", help="labelled sets, taken together")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args(argv)
    try:
        records = [r for s in args.sets for r in load_labelled(s, skip_invalid=True)]
        scores = [probe(records, name) for name in PROBES]
    except AuditorError as exc:
        sys.stderr.write(f"{exc}\n")
        return 2
    if args.json:
        rows = {s.name: {"macro_f1": s.macro_f1, "ci95": s.interval.as_list()} for s in scores}
        sys.stdout.write(json.dumps({"n": len(records), "probes": rows}, indent=1) + "\n")
        return 0
    sys.stdout.write(f"{len(records)} records; chance is 0.333\n")
    for s in scores:
        low, high = s.interval
        sys.stdout.write(f"{s.name:12} macro-F1 {s.macro_f1:.3f}  95 % {low:.3f} to {high:.3f}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
