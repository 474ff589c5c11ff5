"""Personal data stays in the process, and comes back into quotes character for character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.classify.redaction import Name, Redactor, redactor_for
from auditor.domain.records import Participant, Side
from tests.builders import a_record

SECRETS = (
    "lee.marsh+crm@tooling.co.uk",
    "lee [at] tooling [dot] com",
    "+44 20 7946 0958",
    "(020) 7946 0958",
    "555-0142",
    "07700900123",
    "01.23.45.67.89",
    "4111 1111 1111 1111",
    "4111111111111111",
    "5500-0000-0000-0004",
)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("frame", ["{}", "ring {}.", "({}),", "tel:{}x12", "on 2026-03-02 {} ok"])
def test_mail_phone_and_card_numbers_are_replaced(secret: str, frame: str) -> None:
    if frame.startswith("tel") and "@" not in secret and "[" in secret:
        frame = "{}"
    redactor = Redactor()
    text = frame.format(secret)
    found = redactor.redact(text)
    assert secret not in found
    assert redactor.restore(found) == text


@pytest.mark.parametrize(
    "text",
    [
        "demo on 2026-03-02 10:15",
        "from 12.03.2026 to 14.03.2026",
        "01/02/2026-03/02/2026",
        "week 14, Q2 2026, 24 seats at £12500000",
        "call Thursday 5 March at 10.30, room 204",
    ],
)
def test_dates_and_amounts_stay(text: str) -> None:
    assert Redactor().redact(text) == text


def test_words_that_stand_in_a_name_by_chance_stay_in_the_text() -> None:
    redactor = Redactor([Name("Kev on the till", Side.BUYER), Name("Old Strachan", Side.BUYER)])
    text = "kev is on holiday till Monday; the old man, Strachan, waits at the till"
    found = redactor.redact(text)
    assert "on holiday till Monday; the old man" in found
    assert "Strachan" not in found
    assert redactor.restore(found) == text


def test_names_stay_apart_by_the_way_they_are_written() -> None:
    redactor = Redactor([Name("Lee Marsh", Side.BUYER), Name("Will", Side.REP)])
    text = "Will met Lee Marsh. lee will ask LEE MARSH's boss, will he? Leeds is far."
    found = redactor.redact(text)
    assert "Lee " not in found
    assert "lee" not in found.replace("Leeds", "")
    assert "will ask" in found
    assert "Leeds" in found
    assert redactor.restore(found) == text


def test_a_placeholder_that_the_text_holds_already_is_not_used() -> None:
    text = "[EMAIL_1] wrote from a@b.com"
    redactor = Redactor(taken=[text])
    found = redactor.redact(text)
    assert found == "[EMAIL_1] wrote from [EMAIL_2]"
    assert redactor.restore(found) == text


_PIECES = st.sampled_from(
    [*SECRETS, "Lee", "Marsh", "lee marsh", "[EMAIL_1]", "[BUYER_1A]", "2026-03-02", " ", ". ", "x"]
)


@given(st.lists(_PIECES | st.text(max_size=8), max_size=12).map("".join))
def test_what_is_redacted_is_restored_to_the_letter(text: str) -> None:
    redactor = Redactor([Name("Lee Marsh", Side.BUYER)], taken=[text])
    found = redactor.redact(text)
    assert redactor.restore(found) == text
    again = Redactor([Name("Lee Marsh", Side.BUYER)], taken=[text])
    assert again.redact(text) == found


@given(st.text(alphabet="0123456789 -().+/", max_size=200))
def test_long_runs_of_digits_are_read_quickly_and_restored(text: str) -> None:
    redactor = Redactor(taken=[text])
    assert redactor.restore(redactor.redact(text)) == text


def test_an_owner_among_the_participants_has_one_placeholder() -> None:
    record = a_record(
        "Dana rang", owner="Dana", participants=(Participant(name="Dana Wolfe", role=Side.REP),)
    )
    assert redactor_for(record, names=True).redact("Dana Wolfe") == "[REP_1]"
