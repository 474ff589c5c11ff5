"""What a classifier is: prepared records in, opinions out.

An opinion is not yet a verdict.  It may be wrong, overconfident or quote words that are not there;
grounding and the checks turn it into a verdict or into ``needs_review``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from auditor.domain.labels import Act, Label, Reason, Test
from auditor.domain.provenance import Asked
from auditor.reading.prepared import Place, PreparedRecord


@dataclass(frozen=True)
class ClauseAct:
    """One clause with the act that it does."""

    place: Place
    """Where the clause stands."""
    act: Act
    """The likeliest act."""
    probability: float
    """Of that act, 0 to 1."""


@dataclass(frozen=True)
class Candidate:
    """Words that a classifier takes for evidence."""

    place: Place
    """Where they stand in the clean text."""
    score: float
    """How strongly they speak for the label; higher decides."""


@dataclass(frozen=True)
class Opinion:
    """What a classifier thinks of one record."""

    probabilities: dict[Label, float]
    """Calibrated; they sum to 1."""
    reasons: dict[Reason, float]
    """Score of each reason, higher is likelier."""
    tests: dict[Test, float] = field(default_factory=dict)
    """Probability that each test passes."""
    clauses: tuple[ClauseAct, ...] = ()
    """The clauses with their acts, in text order."""
    evidence: tuple[Candidate, ...] = ()
    """The likeliest evidence, best first."""
    embedding: tuple[float, ...] = ()
    """Unit vector for precedents; empty where the classifier has none."""
    warnings: tuple[str, ...] = ()
    """What the reader should know, in plain words."""
    abstains: bool = False
    """True where the classifier can't judge this text (another language, no text)."""
    asked: Asked | None = None
    """What a language model was asked of it, and what came of that."""


class Classifier(Protocol):
    """Anything that gives opinions on records."""

    @property
    def name(self) -> str:
        """Name and version, as stored on verdicts."""

    def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
        """Gives one opinion a record, in order."""
