"""Dates as exports write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.intake.dates import DateError, OrderEvidence, parse_when
from auditor.intake.options import DateOrder

DAY = datetime(2026, 3, 4)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-04", DAY),
        ("2026/3/4", DAY),
        ("20260304", DAY),
        ("2026-03-04T10:15:00", DAY.replace(hour=10, minute=15)),
        ("2026-03-04 10:15", DAY.replace(hour=10, minute=15)),
        ("2026-03-04T10:15:00.000+0000", DAY.replace(hour=10, minute=15, tzinfo=UTC)),
        ("2026-03-04T10:15:00Z", DAY.replace(hour=10, minute=15, tzinfo=UTC)),
        ("2026-03-04 10:15:00 UTC", DAY.replace(hour=10, minute=15, tzinfo=UTC)),
        ("2026-03-04 10:15 PM", DAY.replace(hour=22, minute=15)),
        ("04.03.2026", DAY),
        ("4.3.26", DAY),
        ("04.03.2026 10:15 Uhr", DAY.replace(hour=10, minute=15)),
        ("4 March 2026", DAY),
        ("March 4, 2026", DAY),
        ("Mar 4, 2026, 10:15 AM", DAY.replace(hour=10, minute=15)),
        ("4-Mar-26", DAY),
        ("4. März 2026", DAY),
        ("4 mars 2026", DAY),
        ("4 de marzo de 2026", DAY),
        ("4 maart 2026", DAY),
        ("Wed, 4 Mar 2026 10:15:00 +0100",
         DAY.replace(hour=10, minute=15, tzinfo=timezone(timedelta(hours=1)))),
        ("46085", DAY),
        ("46085.5", DAY.replace(hour=12)),
        ("1772618400", datetime(2026, 3, 4, 10, tzinfo=UTC)),
        ("1772618400000", datetime(2026, 3, 4, 10, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_each_usual_form_is_read(value: str, expected: datetime) -> None:
    assert parse_when(value, None) == expected


@pytest.mark.parametrize(
    ("value", "order", "expected"),
    [
        ("3/4/2026", DateOrder.DAY_FIRST, date(2026, 4, 3)),
        ("3/4/2026", DateOrder.MONTH_FIRST, date(2026, 3, 4)),
        ("3/4/2026", None, date(2026, 3, 4)),
        ("13/4/2026", DateOrder.MONTH_FIRST, date(2026, 4, 13)),
        ("4-13-26", DateOrder.DAY_FIRST, date(2026, 4, 13)),
        ("3.4.2026", DateOrder.MONTH_FIRST, date(2026, 4, 3)),
    ],
)
def test_order_decides_only_what_is_ambiguous(
    value: str, order: DateOrder | None, expected: date
) -> None:
    assert parse_when(value, order).date() == expected


@pytest.mark.parametrize(
    "value",
    ["", "soon", "20025-01-01", "1/1/20025", "2026-02-30", "31/31/2026", "0000-01-01", "99999",
     "1899-01-01", "2026-13-01", "12345", "call 4 March"],
)  # fmt: skip
def test_what_is_no_date_is_an_error(value: str) -> None:
    with pytest.raises(DateError):
        parse_when(value, None)


def test_an_impossible_year_is_named() -> None:
    with pytest.raises(DateError, match="20025"):
        parse_when("20025-01-01", None)


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31)).map(
        lambda d: d.replace(microsecond=0)
    )
)
def test_every_moment_survives_every_form(moment: datetime) -> None:
    day_first = moment.strftime("%d/%m/%Y %H:%M:%S")
    month_first = moment.strftime("%m/%d/%Y %I:%M:%S %p")
    assert parse_when(day_first, DateOrder.DAY_FIRST) == moment
    assert parse_when(month_first, DateOrder.MONTH_FIRST) == moment
    assert parse_when(moment.isoformat(), None) == moment


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_a_date_error(text: str) -> None:
    try:
        parse_when(text, None)
    except DateError:
        return


def test_a_day_over_twelve_decides_a_column() -> None:
    evidence = OrderEvidence()
    evidence.look_at(["3/4/2026", "5/6/2026", "25/6/2026"])
    assert evidence.order is DateOrder.DAY_FIRST


def test_without_such_a_day_a_column_is_undecided() -> None:
    evidence = OrderEvidence()
    evidence.look_at(["3/4/2026", "5/5/2026", "2026-03-25"])
    assert evidence.order is None
    assert evidence.undecided == 1
