"""Floors under which a run counts as failed: ``--fail-under macro_f1=0.85``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.domain.labels import Label
from auditor.errors import InputError

_TOP = (
    "accuracy macro_f1 coverage accuracy_on_decided reason_accuracy coverage_at_95_accuracy".split()
)
_NESTED = ("evidence.verbatim_rate", "evidence.deciding_hit_rate", "evidence.token_f1")
FLOOR_NAMES: tuple[str, ...] = (
    *_TOP,
    *_NESTED,
    "pairs.both_right_rate",
    "families.all_right_rate",
    *(f"per_label.{label.value}.{s}" for label in Label for s in ("precision", "recall", "f1")),
)
"""Scores that may have a floor: those where higher is better."""


@dataclass(frozen=True)
class Floor:
    """One floor."""

    name: str
    """Path of the score in the run's JSON."""
    least: float
    """The least that passes, 0 to 1."""

    def broken_by(self, scores: Mapping[str, Any]) -> str | None:
        """Says how the scores fall short; None where they pass.

        A score that could not be measured on the set does not pass.
        """
        value: Any = scores
        for key in self.name.split("."):
            value = value[key]
        if value is None:
            return f"{self.name} could not be measured on this set; its floor is {self.least:g}"
        if value < self.least:
            return f"{self.name} is {value:.4f}, under its floor of {self.least:g}"
        return None


def parse_floor(text: str) -> Floor:
    """Reads ``macro_f1=0.85``.

    Raises:
        InputError: for an unknown score or a number that is not between 0 and 1.
    """
    name, equals, number = (part.strip() for part in text.partition("="))
    if not equals:
        raise InputError(f"--fail-under {text!r}: write SCORE=NUMBER, as in macro_f1=0.85")
    if name not in FLOOR_NAMES:
        raise InputError(
            f"--fail-under {text!r}: unknown score {name!r}; use one of {', '.join(FLOOR_NAMES)}"
        )
    try:
        least = float(number)
    except ValueError:
        least = math.nan
    if not 0 <= least <= 1:
        raise InputError(f"--fail-under {text!r}: {number!r} is no number from 0 to 1")
    return Floor(name, least)


def broken_floors(floors: Sequence[Floor], scores: Mapping[str, Any]) -> list[str]:
    """What falls short, a sentence a floor."""
    return [told for floor in floors if (told := floor.broken_by(scores))]
