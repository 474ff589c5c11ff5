"""Verdicts: grounded, doubted where they must be, and in the contract's form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from auditor.classify.protocol import Candidate, ClauseAct, Opinion
from auditor.classify.verdicts import judge
from auditor.domain.findings import Contact
from auditor.domain.labels import Act, Label, Reason, Test
from auditor.domain.policy import Policy
from auditor.domain.records import ActivityKind, AuditRecord
from auditor.domain.verdict import Action, EvidenceRole, Status, Verdict
from auditor.reading.prepared import TEXT, Place, PreparedRecord
from tests.builders import LOSS, MEANINGFUL, VAGUE, a_pending, a_record, a_transcript

POLICY = Policy(classifier="scripted")


@dataclass
class Scripted:
    """A classifier that says what it is told."""

    label: Label = VAGUE
    confidence: float = 0.9
    quote: str | None = None
    acts: tuple[tuple[str, Act], ...] = ()
    tests: dict[Test, float] = field(default_factory=dict)
    abstains: bool = False
    name: str = "scripted"

    def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
        return [self._one(r) for r in records]

    def _one(self, record: PreparedRecord) -> Opinion:
        def place(words: str) -> Place:
            start = record.text.index(words)
            return Place(TEXT, start, start + len(words))

        rest = (1 - self.confidence) / 2
        return Opinion(
            probabilities={k: self.confidence if k is self.label else rest for k in Label},
            reasons={Reason.PRICE: 0.4, Reason.NO_DATE: 0.5, Reason.WON: 0.9},
            tests=self.tests,
            clauses=tuple(ClauseAct(place(w), a, 0.9) for w, a in self.acts),
            evidence=(Candidate(place(self.quote), 1.0),) if self.quote else (),
            abstains=self.abstains,
        )


def _verdict(record: AuditRecord, classifier: Scripted) -> Verdict:
    return judge([record], classifier, POLICY)[0].verdict


def test_the_reason_is_the_best_of_the_labels_own() -> None:
    record = a_record("too dear, they stay")
    assert _verdict(record, Scripted(LOSS, quote="too dear")).reason is Reason.PRICE
    assert _verdict(record, Scripted(VAGUE, quote="too dear")).reason is Reason.NO_DATE


@pytest.mark.parametrize(
    ("classifier", "why"),
    [
        (Scripted(quote=None), "no words"),
        (Scripted(quote="vm", confidence=0.4), "confidence"),
        (Scripted(quote="vm", abstains=True), "can't judge"),
    ],
)
def test_what_cannot_be_shown_is_left_to_review_and_never_closed(
    classifier: Scripted, why: str
) -> None:
    verdict = _verdict(a_record("vm"), classifier)
    assert verdict.status is Status.NEEDS_REVIEW
    assert verdict.recommendation.action is Action.REVIEW
    assert any(why in w for w in verdict.warnings)


def test_a_line_has_every_key_of_the_contract_and_is_json() -> None:
    line = _verdict(a_record("vm", pending=a_pending(None)), Scripted(quote="vm")).as_line()
    assert set(line) == {
        "activity_id",
        "opportunity_id",
        "status",
        "label",
        "reason",
        "confidence",
        "probabilities",
        "evidence",
        "five_tests",
        "next_activity_defects",
        "recommendation",
        "classifier",
        "policy",
        "warnings",
    }
    assert set(line["evidence"][0]) == {"field", "start", "end", "quote", "speaker", "role"}
    assert set(line["five_tests"]) == {"what", "when", "why_then", "agreed", "advances"}
    assert set(line["recommendation"]) == {"action", "question", "proposed_step", "close_reason"}
    assert json.loads(json.dumps(line)) == line
    assert sum(line["probabilities"].values()) == pytest.approx(1, abs=1e-3)


def test_quotes_do_not_overlap_and_the_best_decides() -> None:
    record = a_record("They signed with Acme today, sorry")
    verdict = _verdict(record, Scripted(LOSS, quote="signed with Acme"))
    assert [e.role for e in verdict.evidence] == [EvidenceRole.DECIDING]
    assert verdict.evidence[0].quote == "signed with Acme"


def test_tests_near_the_threshold_are_not_known() -> None:
    tests = {Test.WHAT: 0.95, Test.WHEN: 0.5, Test.AGREED: 0.1}
    acts = (("board votes Thursday", Act.COMMIT_DATED),)
    verdict = _verdict(
        a_record("board votes Thursday"), Scripted(quote="board", tests=tests, acts=acts)
    )
    passed = {t: r.passed for t, r in verdict.five_tests.items()}
    assert passed[Test.WHAT] is True
    assert passed[Test.WHEN] is None
    assert passed[Test.AGREED] is False
    assert passed[Test.ADVANCES] is None
    evidence = verdict.five_tests[Test.WHAT].evidence
    assert evidence is not None
    assert evidence.quote == "board votes Thursday"


def test_a_dated_commitment_becomes_a_fact_with_its_day() -> None:
    record = a_record("board votes Thursday, he wants us in")
    acts = (("board votes Thursday", Act.COMMIT_DATED),)
    finding = judge([record], Scripted(MEANINGFUL, quote="board votes", acts=acts), POLICY)[0]
    assert [c.earliest.isoformat() for c in finding.commitments] == ["2026-03-05"]
    assert finding.proves_commitment


@pytest.mark.parametrize(
    ("record", "acts", "contact"),
    [
        (a_record("left vm"), (("left vm", Act.ATTEMPT),), Contact.ATTEMPT),
        (a_record("rang out"), (), Contact.ATTEMPT),
        (a_record("no show on the link"), (), Contact.NO_SHOW),
        (a_record("spoke to Lee, too dear"), (("too dear", Act.OBJECTION),), Contact.TWO_WAY),
        (a_record("hm", duration_seconds=8), (), Contact.ATTEMPT),
        (a_record("moved the date", kind=ActivityKind.TASK), (), Contact.NONE),
        (a_transcript("Dana: hello?\nDana: anyone?"), (), Contact.ATTEMPT),
        (a_transcript("Dana: hello?\nLee: yes, Lee here"), (), Contact.TWO_WAY),
    ],
)
def test_contacts_are_told_from_attempts(
    record: AuditRecord, acts: tuple[tuple[str, Act], ...], contact: Contact
) -> None:
    assert judge([record], Scripted(acts=acts), POLICY)[0].contact is contact


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("Quote sent, £186k ex nights.", Contact.NONE),
        ("Hi Neil, just checking you got the quote?", Contact.ATTEMPT),
        ("Re: quote\nFine, thanks.", Contact.TWO_WAY),
    ],
)
def test_a_mail_that_delivers_is_no_attempt_and_a_chaser_is(text: str, contact: Contact) -> None:
    record = a_record(text, kind=ActivityKind.EMAIL)
    assert judge([record], Scripted(), POLICY)[0].contact is contact


def test_where_nobody_answered_the_words_that_say_so_decide() -> None:
    record = a_record("Lovely prospect. Rang twice, left vm. Will bring the big drawing")
    acts = (("left vm", Act.ATTEMPT),)
    verdict = _verdict(record, Scripted(quote="Lovely prospect", acts=acts))
    assert verdict.evidence[0].quote == "left vm"
    assert verdict.evidence[0].role is EvidenceRole.DECIDING
