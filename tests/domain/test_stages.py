"""A stage asks a yes/no question, and a pending step can answer it or not."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from auditor.domain.labels import Label
from auditor.domain.stages import DEFAULT_STAGES, Stage, StepAnswer, answer_of_step
from tests.builders import a_pending

DUE = date(2026, 3, 9)


@pytest.mark.parametrize(
    ("stage", "subject", "answer"),
    [
        ("Proposal", "Review of the offer with the CFO", StepAnswer.YES),
        ("Negotiation", "Redlines back from legal", StepAnswer.YES),
        ("Proposal", "Call back", StepAnswer.NO),
        ("Negotiation", "Site survey with Lee", StepAnswer.NO),
        ("Proposal", "Lunch at the Crown", StepAnswer.UNKNOWN),
    ],
)
def test_the_words_of_a_step_tell_whether_it_can_answer(
    stage: str, subject: str, answer: StepAnswer
) -> None:
    assert answer_of_step(stage, a_pending(DUE, subject))[0] is answer


def test_nothing_pending_and_no_day_can_answer_nothing() -> None:
    assert answer_of_step("Proposal", None)[0] is StepAnswer.NO
    found, why = answer_of_step("Proposal", a_pending(None, "Review of the offer"))
    assert found is StepAnswer.NO
    assert "no day" in why


def test_a_verified_commitment_counts_whatever_its_subject() -> None:
    found, why = answer_of_step(
        "Proposal", a_pending(DUE, "Call"), label=Label.MEANINGFUL_NEXT_STEP
    )
    assert found is StepAnswer.YES
    assert "say yes to this offer" in why


def test_every_default_stage_has_a_question_and_steps() -> None:
    assert all(s.objective.endswith("?") and s.answers for s in DEFAULT_STAGES)


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="no regular expression"):
        Stage(key="x", names="(", objective="?", step="s", patience_days=1)
