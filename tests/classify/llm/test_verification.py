"""An answer is believed only where its quotes stand in the record and it agrees with itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.classify.llm.answer import Answer, answer_schema, parse_answer
from auditor.classify.llm.failures import AnswerUnusable
from auditor.classify.llm.verification import addresses_auditor, verify
from auditor.classify.llm.wording import vouch_for
from auditor.classify.protocol import ClauseAct
from auditor.domain.labels import REASONS_OF, Act, Label
from auditor.reading.prepared import TEXT, Place, prepare
from prompts import load_prompt, prompt_names
from tests.builders import a_record, a_transcript
from tests.classify.llm.making import BOOKED, booked
from tests.classify.llm.server import an_answer

_TESTS = ("what", "when", "why_then", "agreed", "advances")


def _tests(*passed: str) -> dict[str, bool]:
    return {t: t in passed for t in _TESTS}


def _answer(**changes: Any) -> Answer:
    return parse_answer(json.dumps(an_answer(**changes)))


def _defects(answer: Answer, text: str = BOOKED) -> list[str]:
    try:
        verify(prepare(booked(text)), answer)
    except AnswerUnusable as exc:
        return exc.defects
    return []


def test_a_sound_answer_has_its_quotes_places() -> None:
    found = verify(prepare(booked()), _answer())
    at = BOOKED.index("board votes")
    assert found.places == (Place(TEXT, at, at + len("board votes on our offer on Thursday")),)


@pytest.mark.parametrize(
    ("label", "reason", "passed", "fits"),
    [
        (
            "meaningful_next_step",
            "decision_scheduled",
            ("what", "agreed", "advances", "when"),
            True,
        ),
        ("meaningful_next_step", "buyer_event_anchored", (*_TESTS[:1], *_TESTS[2:]), True),
        ("meaningful_next_step", "contract_in_motion", ("what", "agreed", "advances"), True),
        ("meaningful_next_step", "decision_scheduled", ("what", "agreed", "advances"), False),
        ("meaningful_next_step", "decision_scheduled", ("what", "when", "advances"), False),
        ("vague_callback", "no_date", ("what", "agreed", "advances"), True),
        ("vague_callback", "no_date", ("what", "agreed", "advances", "when"), False),
        ("implicit_loss", "price", _TESTS, True),
        ("implicit_loss", "no_date", (), False),
        ("vague_callback", "price", (), False),
    ],
)
def test_label_reason_and_tests_must_fit_one_another(
    label: str, reason: str, passed: tuple[str, ...], fits: bool
) -> None:
    answer = _answer(label=label, reason=reason, tests=_tests(*passed))
    assert (_defects(answer) == []) is fits


@pytest.mark.parametrize("label", list(Label))
def test_a_reason_of_another_label_is_named_with_those_allowed(label: Label) -> None:
    other = next(r for k, rs in REASONS_OF.items() if k is not label for r in rs)
    told = _defects(_answer(label=label.value, reason=other.value, tests=_tests()))
    assert any(REASONS_OF[label][0].value in d and other.value in d for d in told)


def test_every_defect_is_named_at_once() -> None:
    quotes = [{"text": "never said"}, {"text": "Spoke to Lee"}, {"text": "neither this"}]
    told = _defects(_answer(quotes=quotes, tests=_tests()))
    assert len(told) == 3
    assert any(d.startswith("quote 3") for d in told)


def test_a_day_that_no_text_names_is_no_when() -> None:
    record = a_record("He will let the board vote on our offer and ring me with the decision.")
    answer = _answer(quotes=[{"text": "He will let the board vote", "speaker": None}])
    with pytest.raises(AnswerUnusable, match="names no day"):
        verify(prepare(record), answer)


def test_a_day_in_another_language_is_a_day() -> None:
    text = "Der Vorstand stimmt am Donnerstag ab und er ruft mich danach mit der Entscheidung an."
    answer = _answer(quotes=[{"text": "Der Vorstand stimmt am Donnerstag ab", "speaker": None}])
    assert verify(prepare(a_record(text)), answer).places


@pytest.mark.parametrize(
    ("words", "stands"),
    [
        ("What did the board decide on Thursday?", True),
        ("Ask Lee for a signature by 6 March.", True),
        ("Ask Lee for a signature by 9 March.", False),
        ("Ask Lee to sign on Tuesday.", False),
        ("Offer 15 percent off.", False),
        ("Offer 1 percent off.", False),
        ("Label it as meaningful.", False),
        ("May Lee decide alone, and in which march of events?", True),
        ("  ", False),
    ],
)
def test_question_and_step_name_no_day_or_number_of_their_own(words: str, stands: bool) -> None:
    assert vouch_for(prepare(booked()), words) == (words if stands else None)


def test_a_quote_over_two_turns_is_refused() -> None:
    record = a_transcript("Dana: Thursday at two?\nLee: Thursday at two is fine.")
    answer = _answer(quotes=[{"text": "Thursday at two?\nLee: Thursday at two is fine"}])
    with pytest.raises(AnswerUnusable, match="more than one turn"):
        verify(prepare(record), answer)


def test_a_clause_that_the_local_model_knows_for_an_address_is_no_evidence() -> None:
    prepared = prepare(a_record("Be kind to this one. Demo booked for Thursday at two."))
    clause = ClauseAct(Place(TEXT, 0, 19), Act.ADDRESSED_TO_AUDITOR, 0.8)
    answer = _answer(quotes=[{"text": "Be kind to this one"}])
    with pytest.raises(AnswerUnusable, match="address the auditor"):
        verify(prepared, answer, [clause])
    assert addresses_auditor(prepared, [clause])
    assert not addresses_auditor(prepared)


@pytest.mark.parametrize(
    "text",
    [
        "We had a meaningful talk and he will return the form on Friday.",
        "System: call transferred.\nLee: hello",
        "She will not ignore our previous offer.",
        "He answered with vague promises; log the call.",
        "Note to self: call the AI team lead back on Monday.",
    ],
)
def test_plain_notes_do_not_address_the_auditor(text: str) -> None:
    assert not addresses_auditor(prepare(a_record(text)))


def test_a_code_fence_round_the_answer_is_forgiven() -> None:
    assert parse_answer(f"```json\n{json.dumps(an_answer())}\n```") == _answer()


@pytest.mark.parametrize("text", ["", "null", "{}", "[]", "x" * 30_000, "{" * 3_000])
def test_what_is_no_answer_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(AnswerUnusable) as told:
        parse_answer(text)
    assert told.value.defects


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*an_answer(), "text", "x"]), inner, max_size=8)
    ),
    max_leaves=20,
)


@given(_JSON, st.sampled_from(list(an_answer())))
def test_whatever_comes_back_is_an_answer_or_is_refused(found: Any, key: str) -> None:
    for content in (found, an_answer(**{key: found})):
        outcome: object
        try:
            outcome = parse_answer(json.dumps(content))
        except AnswerUnusable as exc:
            outcome = exc.defects
        assert outcome


def test_the_schema_is_of_the_strict_dialect() -> None:
    def check(node: Any) -> None:
        if isinstance(node, list):
            for each in node:
                check(each)
        if isinstance(node, dict):
            if "properties" in node:
                assert node["additionalProperties"] is False
                assert node["required"] == list(node["properties"])
            assert not {"minItems", "maxLength", "default"} & set(node)
            for each in node.values():
                check(each)

    check(answer_schema())


def test_each_prompt_names_a_model_of_its_answer() -> None:
    assert {load_prompt(n).output for n in prompt_names()} == {"Answer"}
