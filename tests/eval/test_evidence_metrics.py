"""Evidence scores: verbatim to the character, hits by overlap in one field, words by place."""

from __future__ import annotations

from datetime import date

import pytest

from auditor.domain.records import AuditRecord
from auditor.domain.verdict import Evidence, EvidenceRole
from eval.evidence_metrics import RecordEvidence, score_evidence, summarise_evidence
from tests.builders import a_pending, an_activity, an_opportunity

TEXT = "We talked. They signed with Marsh. Call back in May."


def _record() -> AuditRecord:
    pending = a_pending(date(2026, 5, 4), "signed copy")
    activity = an_activity(date(2026, 3, 2), TEXT, next_activity=pending)
    return AuditRecord(opportunity=an_opportunity(), activity=activity)


def _quote(words: str, *, field: str = "text", role: str = "supporting", at: int = -1) -> Evidence:
    start = TEXT.find(words) if at < 0 else at
    return Evidence(
        field=field, start=start, end=start + len(words), quote=words, role=EvidenceRole(role)
    )


def test_an_exact_quote_scores_full() -> None:
    scored = score_evidence(_record(), ["signed with Marsh"], [_quote("signed with Marsh")])
    assert scored == RecordEvidence((True,), True, 1.0)


def test_one_shared_character_is_a_hit() -> None:
    gold = ["They signed"]
    assert score_evidence(_record(), gold, [_quote("d with")]).deciding_hit
    assert not score_evidence(_record(), gold, [_quote(" with")]).deciding_hit


def test_the_deciding_quote_must_hit_and_a_supporting_one_does_not_help() -> None:
    said = [_quote("signed with Marsh"), _quote("Call back", role="deciding")]
    assert score_evidence(_record(), ["signed with Marsh"], said).deciding_hit is False


def test_the_same_words_in_another_field_are_no_hit() -> None:
    said = [_quote("signed", field="next_activity.subject", at=0)]
    assert score_evidence(_record(), ["signed with"], said).deciding_hit is False
    assert score_evidence(_record(), ["signed copy"], said).deciding_hit is True


def test_words_that_stand_elsewhere_are_not_verbatim() -> None:
    assert score_evidence(_record(), [], [_quote("Call back", at=0)]).verbatim == (False,)
    assert score_evidence(_record(), [], [_quote("We", field="history[0].text")]).verbatim == (
        False,
    )


def test_token_f1_by_hand() -> None:
    scored = score_evidence(
        _record(), ["They signed with Marsh"], [_quote("signed with Marsh. Call")]
    )
    assert scored.token_f1 == pytest.approx(2 * 3 / (4 + 4))


def test_no_quote_is_a_miss_and_no_gold_is_not_scored() -> None:
    assert score_evidence(_record(), ["They signed"], []) == RecordEvidence((), False, 0.0)
    assert score_evidence(_record(), [], []) == RecordEvidence((), None, None)


def test_the_summary_leaves_out_what_was_not_scored() -> None:
    found = summarise_evidence(
        [RecordEvidence((True, False), True, 1.0), RecordEvidence((True,), None, None)]
    )
    assert found.verbatim_rate == pytest.approx(2 / 3)
    assert (found.deciding_hit_rate, found.token_f1, found.n_records) == (1.0, 1.0, 1)
    assert summarise_evidence([]).verbatim_rate is None
