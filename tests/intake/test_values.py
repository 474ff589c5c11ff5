"""Single values: amounts, kinds, outcomes, lengths, ids."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.records import ActivityKind, OpportunityStatus
from auditor.intake.values import (
    full_salesforce_id,
    parse_amount,
    parse_duration,
    parse_kind,
    parse_outcome,
    parse_probability,
    parse_yes,
)


@pytest.mark.parametrize(
    ("value", "amount", "currency"),
    [
        ("12000", "12000", None),
        ("12,000.50", "12000.50", None),
        ("1.234,56 €", "1234.56", "EUR"),
        ("$1,234", "1234", "USD"),
        ("1 234,50", "1234.50", None),
        ("1'234.50 CHF", "1234.50", "CHF"),
        ("15.000", "15000", None),
        ("0.125", "0.125", None),
        ("15000.000", "15000.000", None),
        ("(500)", "-500", None),
        ("EUR 2.5k", "2500.0", "EUR"),
    ],
)
def test_amounts_are_read_in_english_and_continental_writing(
    value: str, amount: str, currency: str | None
) -> None:
    assert parse_amount(value) == (Decimal(amount), currency)


@given(st.text(max_size=20))
def test_any_text_is_an_amount_or_a_value_error(text: str) -> None:
    try:
        parse_amount(text)
    except ValueError:
        return


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("Outbound call", ActivityKind.CALL),
        ("EMAIL", ActivityKind.EMAIL),
        ("E-mail", ActivityKind.EMAIL),
        ("Treffen", ActivityKind.MEETING),
        ("Appel", ActivityKind.CALL),
        ("To-do", ActivityKind.TASK),
        ("Notiz", ActivityKind.NOTE),
        ("Left voicemail about the demo", ActivityKind.CALL),
        ("Told him the price", None),
        ("", None),
    ],
)
def test_kinds_are_told_by_the_first_telling_word(value: str, kind: ActivityKind | None) -> None:
    assert parse_kind(value) == kind


@pytest.mark.parametrize(
    ("value", "expected"),
    [("Completed", True), ("1", True), ("Erledigt", True), ("Not Started", False),
     ("NOT_STARTED", False), ("In Progress", False), ("To do", False), ("à faire", False),
     ("purple", None), ("", None)],
)  # fmt: skip
def test_task_states_are_read(value: str, expected: bool | None) -> None:
    assert parse_yes(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("Closed Won", OpportunityStatus.WON), ("closedlost", OpportunityStatus.LOST),
     ("verloren", OpportunityStatus.LOST), ("Gewonnen", OpportunityStatus.WON),
     ("Proposal", None), ("Wonderland visit", None)],
)  # fmt: skip
def test_outcomes_are_read_from_stages(value: str, expected: OpportunityStatus | None) -> None:
    assert parse_outcome(value) == expected


@pytest.mark.parametrize(
    ("value", "unit", "seconds"),
    [("120", "s", 120), ("00:02:00", "s", 120), ("2:00", "s", 120), ("0:30", "hh:mm", 1800),
     ("120000", "ms", 120), ("2", "min", 120), ("1h 5m", "s", 3900), ("long", "s", None)],
)  # fmt: skip
def test_lengths_are_read_in_their_unit(value: str, unit: str, seconds: int | None) -> None:
    assert parse_duration(value, unit) == seconds


def test_probabilities_are_brought_to_zero_to_one() -> None:
    assert parse_probability("40", percent=True) == 0.4
    assert parse_probability("40%", percent=False) == 0.4
    assert parse_probability("0.4", percent=False) == 0.4
    assert parse_probability("1", percent=True) == 0.01
    assert parse_probability("140", percent=True) is None


def test_a_short_salesforce_id_gets_the_vendors_suffix() -> None:
    assert full_salesforce_id("0065Y00001Suvw6") == "0065Y00001Suvw6QAB"
    assert full_salesforce_id("0065Y00001Suvw6QAB") == "0065Y00001Suvw6QAB"
    assert full_salesforce_id("deal-123") == "deal-123"
