"""The scores of a run as rows, for the terminal and the page alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

_NAMES = {
    "macro_f1": "macro-F1",
    "accuracy": "accuracy",
    "accuracy_on_decided": "accuracy on decided",
    "coverage_at_95_accuracy": "coverage at 95 % accuracy",
    "ece": "ECE",
    "brier": "Brier",
    "aurc": "AURC",
    "reason_accuracy": "reason accuracy",
    "pairs.both_right_rate": "pairs with both right",
    "evidence.verbatim_rate": "evidence verbatim",
    "evidence.deciding_hit_rate": "deciding quote hits",
    "evidence.token_f1": "evidence token F1",
}
_MEANINGS = {
    "macro_f1": "Mean of the three labels' F1, the best guess counted everywhere",
    "accuracy": "Share of records whose best guess is the gold label",
    "accuracy_on_decided": "The same, of the records that were not left to review",
    "coverage_at_95_accuracy": "Largest share that a confidence threshold keeps 95 % right",
    "ece": "Mean distance of confidence from accuracy over 15 bins; 0 is best",
    "brier": "Mean squared distance of the probabilities from the truth, 0 (best) to 2",
    "aurc": "Mean share wrong over all coverages, most confident first; 0 is best",
    "reason_accuracy": "Share whose reason is the gold one or an accepted alternate",
    "pairs.both_right_rate": "Share of contrast pairs with both records right",
    "evidence.verbatim_rate": "Share of quotes that stand word for word where they are said to",
    "evidence.deciding_hit_rate": "Share whose deciding quote overlaps a quote of the annotator",
    "evidence.token_f1": "Mean F1 of the quoted words",
}


class ScoreRow(NamedTuple):
    """One score."""

    name: str
    """In words."""
    meaning: str
    """What it is, in a line."""
    value: float | None
    """None where it could not be measured."""
    interval: list[float] | None
    """95 % interval, where there is one."""
    ceiling: float | None
    """What a second annotator reaches, where a person has such a score and it was measured."""


def score_rows(scores: Mapping[str, Any]) -> list[ScoreRow]:
    """The scores of the whole set, in the order of the reports."""
    ceiling = scores.get("ceiling") or {}
    return [
        ScoreRow(
            _name(key, scores),
            _MEANINGS[key],
            _at(scores, key),
            scores.get(f"{key}_ci95"),
            _at(ceiling, key),
        )
        for key in _NAMES
    ]


def _name(key: str, scores: Mapping[str, Any]) -> str:
    if key == "accuracy_on_decided":
        return f"{_NAMES[key]} ({scores['coverage']:.0%})"
    if key == "pairs.both_right_rate":
        return f"{_NAMES[key]} (n {scores['pairs']['n']})"
    return _NAMES[key]


def _at(scores: Mapping[str, Any], path: str) -> float | None:
    found: Any = scores
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, float | int) else None
