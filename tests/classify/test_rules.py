"""The rules-only classifier follows the codebook's precedence on plain cases."""

from __future__ import annotations

import pytest

from auditor.classify.rules import RulesClassifier
from auditor.domain.labels import Label
from auditor.reading.prepared import prepare
from tests.builders import LOSS, MEANINGFUL, VAGUE, a_record, a_transcript


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Call back in three months", VAGUE),
        ("Left vm, will try again Tuesday", VAGUE),
        ("They signed with another supplier, call booked for June anyway", LOSS),
        ("not interested, stop calling", LOSS),
        ("She confirmed the board review on Thursday the 12th and will decide then", MEANINGFUL),
        ("PO is coming today, happy to proceed", MEANINGFUL),
        ("Nice chat over coffee", VAGUE),
    ],
)
def test_plain_cases(text: str, label: Label) -> None:
    opinion = RulesClassifier().opine([prepare(a_record(text))])[0]
    assert max(opinion.probabilities, key=lambda k: opinion.probabilities[k]) is label
    assert opinion.evidence


def test_the_third_unanswered_attempt_is_a_loss_and_the_second_is_not() -> None:
    second = prepare(a_record("left vm", history=("no answer",)))
    third = prepare(a_record("left vm", history=("no answer", "voicemail again, left vm")))
    labels = [
        max(o.probabilities, key=lambda k: o.probabilities[k])
        for o in RulesClassifier().opine([second, third])
    ]
    assert labels == [VAGUE, LOSS]


def test_silence_in_the_history_is_told_by_the_words_that_all_classifiers_count_by() -> None:
    silent = prepare(a_record("left vm", history=("crickets", "still nothing")))
    answered = prepare(a_record("left vm", history=("crickets", "still nothing", "spoke, keen")))
    labels = [
        max(o.probabilities, key=lambda k: o.probabilities[k])
        for o in RulesClassifier().opine([silent, answered])
    ]
    assert labels == [LOSS, VAGUE]


def test_what_the_rep_says_in_a_call_is_no_commitment_of_the_buyer() -> None:
    call = "Agent: I confirmed the demo on Thursday the 12th\nCustomer: hm"
    opinion = RulesClassifier().opine([prepare(a_transcript(call))])[0]
    assert opinion.probabilities[MEANINGFUL] < 0.5


def test_an_empty_text_is_not_judged() -> None:
    assert RulesClassifier().opine([prepare(a_record("  "))])[0].abstains
