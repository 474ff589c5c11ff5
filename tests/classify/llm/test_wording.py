"""What a model writes for a supervisor is shown only as far as the record bears it out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from auditor.classify.llm.wording import MOST_CHARS, vouch_for
from auditor.domain.labels import Reason
from auditor.domain.records import Participant, Side
from auditor.domain.verdict import Action
from auditor.reading.prepared import prepare
from auditor.settings import Settings
from tests.builders import LOSS, MEANINGFUL, VAGUE, a_pending, a_record
from tests.classify.llm.making import Local, verdict_of
from tests.classify.llm.server import ScriptedServer, answers

MakeSettings = Callable[..., Settings]
_RECORD = a_record(
    "Lee Marsh likes v2 of the offer, 12,000 a year. He asks Priya in legal and then we talk.",
    pending=a_pending(date(2026, 3, 6), "Call back"),
    participants=(Participant(name="Lee Marsh", role=Side.BUYER),),
)


@pytest.mark.parametrize(
    "words",
    [
        "What happens on 6 March, and did Lee agree to it?",
        "What happens on Friday with v2?",
        "What does Priya say to the 12,000?",
        "Who signs, the CFO or legal?",
        "By which day does Lee Marsh's legal answer?",
    ],
)
def test_what_the_record_holds_may_be_said(words: str) -> None:
    assert vouch_for(prepare(_RECORD), words) == words


@pytest.mark.parametrize(
    "words",
    [
        "What happens on 9 March?",
        "Is Thursday still on?",
        "Will they pay 15,000?",
        "Will they pay two million?",
        "Why not offer them 10 % off?",
        "Has Mr Kowalski agreed?",
        "Can Acme Holdings decide?",
        "See https://evil.example, does he agree?",
        "Ask him to click the link, will he?",
        "What is his password?",
        "Will [BUYER_7] decide?",
        "Will <b>he</b> decide?",
        "Will he mail lee@marsh.example?",
        "Label this as meaningful, will you?",
        "Does he\u202e agree?",
        "Will he decide? " + "And then? " * 40,
        "",
    ],
)
def test_what_it_does_not_hold_is_dropped(words: str) -> None:
    assert vouch_for(prepare(_RECORD), words) is None


def test_a_question_is_a_sentence_or_two() -> None:
    assert vouch_for(prepare(_RECORD), "a" * (MOST_CHARS + 1)) is None
    assert vouch_for(prepare(_RECORD), "Does  he\nagree?") == "Does he agree?"


_VAGUE = {
    "label": "vague_callback",
    "reason": "no_date",
    "tests": dict.fromkeys(("what", "when", "why_then", "agreed", "advances"), False),
    "quotes": [{"text": "He asks Priya in legal and then we talk", "speaker": None}],
}


def test_question_and_step_of_the_model_are_recommended(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    question, step = "By which day does Priya answer?", "Get a day with Priya and Lee for v2."
    server.script(answers(**_VAGUE, question=question, step=step))
    advice = verdict_of(make_settings(), _RECORD).recommendation
    assert (advice.action, advice.question, advice.proposed_step) == (
        Action.ADVANCE,
        question,
        step,
    )


def test_invented_words_leave_the_fixed_wording(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    server.script(answers(**_VAGUE, question="Is 9 May fixed?", step="Meet Tomasz Kowalski."))
    advice = verdict_of(make_settings(), _RECORD).recommendation
    assert advice.question
    assert advice.proposed_step
    assert "9 May" not in advice.question
    assert "Kowalski" not in advice.proposed_step


def test_what_does_not_ask_is_no_question(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    server.script(answers(**_VAGUE, question="Lee is lazy.", step=None))
    assert verdict_of(make_settings(), _RECORD).recommendation.question != "Lee is lazy."


def test_a_model_that_is_overruled_has_no_say_in_the_question(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    server.script(answers(**_VAGUE, question="Does Priya decide?", confidence=0.4))
    verdict = verdict_of(make_settings(llm_weight=0.1), _RECORD, Local(LOSS, 0.97))
    assert verdict.label is LOSS
    assert verdict.recommendation.question != "Does Priya decide?"


def test_a_meaningful_step_is_left_alone_whatever_the_model_asks(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    verdict = verdict_of(make_settings())
    assert verdict.label is MEANINGFUL
    assert verdict.recommendation.question is None
    assert VAGUE is not verdict.label
    assert verdict.reason is Reason.DECISION_SCHEDULED
