"""A judged activity: the verdict with the facts behind it that standing and flow count.

The verdict answers for one record.  What an opportunity's history needs beyond it is whether there
was a two-way talk or a mere attempt, and which days the buyer committed to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from auditor.domain.labels import Label
from auditor.domain.provenance import Asked, Provenance
from auditor.domain.records import Activity
from auditor.domain.verdict import Evidence, Status, Verdict


class Contact(StrEnum):
    """What kind of contact an activity was."""

    TWO_WAY = "two_way"
    """The buyer spoke or wrote."""
    ATTEMPT = "attempt"
    """The rep tried and got no answer."""
    NO_SHOW = "no_show"
    """The buyer did not turn up."""
    NONE = "none"
    """An internal note or task."""


@dataclass(frozen=True)
class Commitment:
    """A day that the buyer agreed to or set, with the words."""

    earliest: date
    """First day that the words allow."""
    latest: date
    """Last day that they allow."""
    evidence: Evidence
    """The words."""


@dataclass(frozen=True)
class Finding:
    """One judged activity."""

    activity: Activity
    """What was judged."""
    verdict: Verdict
    """What it shows."""
    contact: Contact
    """Talk, attempt, no-show or neither."""
    commitments: tuple[Commitment, ...] = ()
    """Dated buyer commitments in it, in text order."""
    attempts: int = 0
    """Unanswered attempts that the activity itself reports (a note may report several)."""
    provenance: Provenance | None = None
    """What it was made with; None in findings of earlier versions."""

    @property
    def proves_commitment(self) -> bool:
        """Whether it is a verified buyer commitment: the only thing that resets the clock."""
        verdict = self.verdict
        return (
            verdict.status is Status.DECIDED
            and verdict.label is Label.MEANINGFUL_NEXT_STEP
            and bool(verdict.evidence)
        )

    @property
    def asked(self) -> Asked | None:
        """What a language model was asked of it."""
        return self.provenance.asked if self.provenance else None
