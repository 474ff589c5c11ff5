"""Records, and a local classifier that says what it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from auditor.classify.llm.making import make_llm
from auditor.classify.protocol import Candidate, Opinion
from auditor.classify.verdicts import judge
from auditor.domain.labels import Label, Reason
from auditor.domain.policy import Policy
from auditor.domain.records import AuditRecord
from auditor.domain.verdict import Verdict
from auditor.reading.prepared import TEXT, Place, PreparedRecord
from auditor.settings import Settings
from tests.builders import MEANINGFUL, VAGUE, a_pending, a_record

BOOKED = (
    "Spoke to Lee, the board votes on our offer on Thursday and he rings me Friday at 10 with the "
    "decision. He was not rude."
)
POLICY = Policy(classifier="test", review_below=0.55)


def booked(text: str = BOOKED) -> AuditRecord:
    """A record that a language model reads better than the local classifier below."""
    return a_record(text, pending=a_pending(date(2026, 3, 6)))


class Local:
    """Gives every record the same opinion, with the first words as evidence."""

    name = "local-test"

    def __init__(
        self, label: Label = VAGUE, confidence: float = 0.6, *, abstains: bool = False
    ) -> None:
        self.label, self.confidence, self.abstains = label, confidence, abstains
        self.seen = 0

    def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
        self.seen += len(records)
        return [self._opine(r) for r in records]

    def _opine(self, prepared: PreparedRecord) -> Opinion:
        rest = (1 - self.confidence) / 2
        reason = Reason.DECISION_SCHEDULED if self.label is MEANINGFUL else Reason.NO_DATE
        if self.label is Label.IMPLICIT_LOSS:
            reason = Reason.COMPETITOR_CHOSEN
        return Opinion(
            probabilities={x: self.confidence if x is self.label else rest for x in Label},
            reasons={reason: 1.0},
            evidence=(Candidate(Place(TEXT, 0, min(12, len(prepared.text))), 0.9),),
            abstains=self.abstains,
        )


def verdict_of(
    settings: Settings, record: AuditRecord | None = None, local: Local | None = None
) -> Verdict:
    """The verdict of the classifier ``llm`` on a record."""
    classifier = make_llm(settings, base=local or Local())
    return judge([record or booked()], classifier, POLICY)[0].verdict


def local_verdict(record: AuditRecord | None = None, local: Local | None = None) -> Verdict:
    """The verdict of the local classifier alone."""
    return judge([record or booked()], local or Local(), POLICY)[0].verdict
